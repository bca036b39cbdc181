/* SPDX-License-Identifier: MIT */
/* Configuration and certificates in one step, so that every program checks alike. */
#include "xfrmd/conf/settings.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/base/log.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/conf/conf_ini.h"

static bool starts_with(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) == 0 && text[len] == ':';
}

/* Says which key of the configuration names the file that a sentence begins with. */
static void add_pki_problems(const char *path, const struct conf *conf,
                             const struct problems *found, struct problems *problems)
{
	for (size_t i = 0; i < found->count; i++) {
		const char *text = found->items[i], *key = "ca_certificates";

		if (starts_with(text, conf->instance_certificate))
			key = "instance_certificate";
		else if (starts_with(text, conf->instance_private_key))
			key = "instance_private_key";
		problems_add(problems, "%s: [ipsec] %s: %s", path, key, text);
	}
	problems->out_of_memory |= found->out_of_memory;
}

/* Whether others than root decide what the files are that @conf, read from @path, names. */
static int check_trust(const char *path, struct conf *conf, struct problems *problems)
{
	struct problems cert = {0}, key = {0}, cas = {0}, binary = {0};
	int error = pki_trust(conf->instance_certificate, conf->instance_private_key,
	                      &conf->ca_certificates, &cert, &key, &cas);

	if (conf->charon_binary)
		trust_check_file(conf->charon_binary, TRUST_FILE, &binary);
	problems_move(&conf->distrust, problems, "%s", "");
	problems_move(&cert, problems, "%s: [ipsec] instance_certificate: ", path);
	problems_move(&key, problems, "%s: [ipsec] instance_private_key: ", path);
	problems_move(&cas, problems, "%s: [ipsec] ca_certificates: ", path);
	problems_move(&binary, problems, "%s: [charon] binary: ", path);
	return problems->out_of_memory ? -ENOMEM : error;
}

int settings_check_log(const char *path, const struct conf *conf, struct problems *problems)
{
	struct err err;
	int error = log_check(conf->log_target, conf->log_path, &err);

	if (error)
		problems_add(problems, "%s: [log] target: %s", path, err.text);
	return error;
}

int settings_load(const char *path, int64_t now, struct conf *ret_conf,
                  struct pki_bundle *ret_bundle, struct problems *problems)
{
	int error = conf_ini_load(path, ret_conf, problems), pki_error;
	size_t before = problems->count;
	struct problems found = {0};

	*ret_bundle = (struct pki_bundle){0};
	if (error == -ENOMEM || check_trust(path, ret_conf, problems) == -ENOMEM)
		return -ENOMEM;
	if (problems->count > before)
		error = -EINVAL;
	/* a missing key was reported by then: nothing to open */
	if (!ret_conf->instance_certificate || !ret_conf->instance_private_key ||
	    !ret_conf->ca_certificates.count)
		return error;
	pki_error = pki_load(ret_conf->instance_certificate, ret_conf->instance_private_key,
	                     &ret_conf->ca_certificates, now, ret_bundle, &found);
	add_pki_problems(path, ret_conf, &found, problems);
	problems_fini(&found);
	return error ? error : pki_error;
}
