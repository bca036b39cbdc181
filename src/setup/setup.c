/* SPDX-License-Identifier: MIT */
/* Configuration and certificates in one step, so that every program checks alike. */
#include "xfrmd/setup.h"

#include <errno.h>

#include "xfrmd/conf_ini.h"

int setup_load(const char *path, int64_t now, struct conf *ret_conf,
	       struct pki_bundle *ret_bundle, struct problems *problems)
{
	int error = conf_ini_load(path, ret_conf, problems), pki_error;

	*ret_bundle = (struct pki_bundle){0};
	/* a missing key was reported by then: nothing to open */
	if (error == -ENOMEM || !ret_conf->instance_certificate ||
	    !ret_conf->instance_private_key || !ret_conf->ca_certificates.count)
		return error;
	pki_error = pki_load(ret_conf->instance_certificate, ret_conf->instance_private_key,
			     &ret_conf->ca_certificates, now, ret_bundle, problems);
	return error ? error : pki_error;
}
