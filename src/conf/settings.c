/* SPDX-License-Identifier: MIT */
/* Configuration and certificates in one step, so that every program checks alike. */
#include "xfrmd/conf/settings.h"

#include <errno.h>
#include <string.h>

#include "build_config.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
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

int settings_check_charon(const char *path, const struct conf *conf, struct problems *problems)
{
	int error = conf->charon_binary ? file_check_program(conf->charon_binary) : 0;

	if (error)
		problems_add(problems,
		             "%s: [charon] binary: cannot be executed (%s), found \"%s\", expected "
		             "the charon to start, as " XFRMD_CHARON,
		             path, strerror(-error), conf->charon_binary);
	return error;
}

/* 0 or -ENOMEM. */
static int hash(struct settings *settings)
{
	const struct pki_certs *chain = &settings->bundle.chain, *cas = &settings->bundle.cas;
	_cleanup_(cleanup_free) char *canonical = conf_canonical(&settings->conf);
	_cleanup_(cleanup_free) char *text = NULL;
	struct buf all = {0};

	if (!canonical)
		return -ENOMEM;
	buf_str(&all, canonical);
	for (size_t i = 0; i < chain->count; i++)
		buf_printf(&all, "certificate %s\n", chain->items[i].fingerprint);
	for (size_t i = 0; i < cas->count; i++)
		buf_printf(&all, "ca %s\n", cas->items[i].fingerprint);
	text = buf_take_str(&all);
	return text ? pki_sha256(text, strlen(text), settings->hash) : -ENOMEM;
}

/* A missing key was reported by then: nothing to open. */
static int load_pki(const char *path, int64_t now, struct settings *settings,
                    struct problems *problems)
{
	const struct conf *conf = &settings->conf;
	struct problems found = {0};
	int error;

	if (!conf->instance_certificate || !conf->instance_private_key ||
	    !conf->ca_certificates.count)
		return 0;
	error = pki_load(conf->instance_certificate, conf->instance_private_key,
	                 &conf->ca_certificates, now, &settings->bundle, &found);
	add_pki_problems(path, conf, &found, problems);
	problems_fini(&found);
	return error;
}

int settings_load(const char *path, int64_t now, struct settings *ret_settings,
                  struct problems *problems)
{
	size_t before = problems->count;
	int error, pki_error;

	*ret_settings = (struct settings){0};
	error = conf_ini_load(path, &ret_settings->conf, problems);
	if (error == -ENOMEM || check_trust(path, &ret_settings->conf, problems) == -ENOMEM)
		return -ENOMEM;
	if (problems->count > before)
		error = -EINVAL;
	pki_error = load_pki(path, now, ret_settings, problems);
	if (!error)
		error = pki_error;
	return error ? error : hash(ret_settings);
}

void settings_fini(struct settings *settings)
{
	pki_bundle_fini(&settings->bundle);
	conf_fini(&settings->conf);
}
