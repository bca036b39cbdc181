/* SPDX-License-Identifier: MIT */
/* A configuration file: refused with a reason, or accepted with everything that it must have. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/conf/conf_ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char lost[] = "fuzz: iniparser ";
	struct problems problems = {0};
	struct conf conf;
	int result;

	result = conf_ini_parse("fuzz", (const char *)data, size, &conf, &problems);
	if ((result == 0) == problems_any(&problems))
		abort();
	if (result == 0 && (conf.protect.count == 0 || !conf.instance_certificate ||
	                    !conf.instance_private_key || conf.ca_certificates.count == 0))
		abort();
	for (size_t i = 0; i < problems.count; i++) {
		if (strncmp(problems.items[i], lost, strlen(lost)) == 0)
			abort();
	}
	problems_fini(&problems);
	conf_fini(&conf);
	return 0;
}
