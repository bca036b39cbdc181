/* SPDX-License-Identifier: MIT */
/* The kernel's values that hold for all IPsec of a network namespace. */
#include "xfrmd/xfrmd/sysctls.h"

#include <stdio.h>

#include "xfrmd/base/file.h"
#include "xfrmd/base/log.h"

#define ACQ_EXPIRES "/proc/sys/net/core/xfrm_acq_expires"
#define LARVAL_DROP "/proc/sys/net/core/xfrm_larval_drop"

struct sysctls {
	struct err problem; /* empty: they are as [kernel] says */
};

int sysctls_write(struct daemon *daemon, struct err *err)
{
	struct err *problem = &daemon->parts.sysctls->problem, second;
	const struct conf *conf = &daemon->settings.conf;
	char expires[16];
	int error, other;

	snprintf(expires, sizeof(expires), "%u", conf->xfrm_acq_expires_s);
	*problem = (struct err){0};
	error = file_write_value(ACQ_EXPIRES, expires, problem);
	other = file_write_value(LARVAL_DROP, conf->xfrm_larval_drop ? "1" : "0",
	                         error ? &second : problem);
	if (error || other)
		*err = *problem;
	return error ? error : other;
}

const char *sysctls_problem(const struct daemon *daemon)
{
	return daemon->parts.sysctls->problem.text;
}

void sysctls_stop_holding(void)
{
	struct err err;

	if (file_write_value(LARVAL_DROP, "1", &err) < 0)
		log_warning("shutdown: %s", err.text);
}

const struct part sysctls_part = {PART(sysctls)};
