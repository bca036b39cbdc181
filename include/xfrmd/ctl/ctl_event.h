/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_EVENT_H
#define XFRMD_CTL_CTL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/log.h"

/* One line of MONITOR's endless answer, as ctl_proto.h has documents. */
struct ctl_event {
	int64_t time_ms; /* epoch */
	enum log_level level;
	char *text; /* a line of the log */
};
char *ctl_event_write(const struct ctl_event *event);
/* A refusal, which ends the answer, is -EBADMSG as well. The caller calls ctl_event_fini(). */
int ctl_event_parse(const char *text, size_t len, struct ctl_event *ret_event, struct err *err);
void ctl_event_fini(struct ctl_event *event);

#endif
