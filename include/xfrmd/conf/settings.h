/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_SETTINGS_H
#define XFRMD_CONF_SETTINGS_H

#include "xfrmd/conf/conf.h"
#include "xfrmd/pki/pki_load.h"

/* A configuration with all that was read for it. Zero-initialise. */
struct settings {
	struct conf conf;
	struct pki_bundle bundle;
	/* of the effective configuration and the certificates, in hexadecimal: equal ones behave alike */
	char hash[65];
};
void settings_fini(struct settings *settings);

/*
 * Reads a configuration file and everything that it names, as xfrmd does at its start, in a reload
 * and for --check, and as `xfrmctl check` does: all problems of one run. Files that others than root
 * and our effective user can change or replace are among the problems (trust.h), the program that
 * is run as charon too. @now: epoch seconds, for the certificates' dates. 0, or -EINVAL with
 * problems, or -ENOMEM; @ret_settings must be finished by the caller in any case.
 */
int settings_load(const char *path, int64_t now, struct settings *ret_settings,
                  struct problems *problems);

/*
 * Whether the log can go where @conf says: a problem for who checks and for who reloads, but not for
 * who starts, since the host is to be protected without a log, too. 0, or negative errno and a
 * sentence in @problems.
 */
int settings_check_log(const char *path, const struct conf *conf, struct problems *problems);
/*
 * Whether the charon of @conf can be executed, likewise. Who starts it finds out, and who does not, as
 * systemd has a unit for it, need not know.
 */
int settings_check_charon(const char *path, const struct conf *conf, struct problems *problems);

#endif
