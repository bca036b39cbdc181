/* SPDX-License-Identifier: MIT */
/*
 * The typed configuration: defaults, checks across keys, and the questions that the rest of the
 * daemon asks of it. Knows nothing of files or their syntax.
 */
#include "xfrmd/conf/conf.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "build_config.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"

/* Prefixes named one by one when both lists hold them; the rest is counted. */
#define CONFLICTS_SHOWN 20

int conf_set_defaults(struct conf *conf)
{
	conf->prestart_timeout_s = 30;
	conf->stop_timeout_s = 30;
	conf->protect_forwarded = true;
	conf->xfrm_acq_expires_s = 6;
	conf->xfrm_larval_drop = false;
	conf->replay_window = CONF_REPLAY_WINDOW_DEFAULT;
	conf->reqid = CONF_REQID_DEFAULT;
	conf->dpd_delay_s = 30;
	conf->idle_timeout_s = 60 * 60;
	conf->rekey_time_s = 4 * 60 * 60;
	conf->ike_rekey_time_s = 12 * 60 * 60;
	conf->info_days = 30;
	conf->warn_days = 14;
	conf->error_days = 7;
	conf->critical_days = 3;
	conf->log_target = LOG_TARGET_SYSLOG;
	conf->log_level = LOG_LEVEL_INFO;
	if (strlist_add(&conf->ike_proposals, "aes128-sha256-modp2048") < 0 ||
	    strlist_add(&conf->esp_proposals, "aes128gcm16") < 0)
		return -ENOMEM;
	conf->charon_binary = strdup(XFRMD_CHARON);
	return conf->charon_binary ? 0 : -ENOMEM;
}

void conf_fini(struct conf *conf)
{
	if (!conf)
		return;
	problems_fini(&conf->distrust);
	problems_fini(&conf->notes);
	free(conf->log_path);
	free(conf->charon_binary);
	strlist_fini(&conf->interfaces);
	strlist_fini(&conf->stop_wait_for);
	strlist_fini(&conf->esp_proposals);
	strlist_fini(&conf->ike_proposals);
	strlist_fini(&conf->ca_certificates);
	free(conf->instance_private_key);
	free(conf->instance_certificate);
	prefixset_fini(&conf->allow);
	prefixset_fini(&conf->protect);
	*conf = (struct conf){0};
}

static void check_conflicts(const struct conf *conf, const char *file, struct problems *problems)
{
	size_t conflicts = 0;

	for (size_t i = 0; i < conf->allow.count; i++) {
		const struct prefix *prefix = &conf->allow.items[i];
		char text[PREFIX_TEXT_MAX];

		if (!prefixset_has(&conf->protect, prefix) || ++conflicts > CONFLICTS_SHOWN)
			continue;
		problems_add(problems,
		             "%s: [ipsec] no_ipsec_subnets: %s is in ipsec_subnets too, expected "
		             "every prefix in one list only",
		             file, prefix_format(prefix, text));
	}
	if (conflicts > CONFLICTS_SHOWN)
		problems_add(problems, "%s: [ipsec] no_ipsec_subnets: ... and %zu more", file,
		             conflicts - CONFLICTS_SHOWN);
}

static void check_days(const struct conf *conf, const char *file, struct problems *problems)
{
	if (conf->info_days > conf->warn_days && conf->warn_days > conf->error_days &&
	    conf->error_days > conf->critical_days)
		return;
	problems_add(
		problems,
		"%s: [certificates] info_days: out of order, found info %u, warn %u, error %u, "
		"critical %u, expected each to be more days than the next",
		file, conf->info_days, conf->warn_days, conf->error_days, conf->critical_days);
}

void conf_check(const struct conf *conf, const char *file, struct problems *problems)
{
	if (conf->protect.count == 0)
		problems_add(
			problems,
			"%s: [ipsec] ipsec_subnets: nothing to protect, found no valid subnet, "
			"expected at least one CIDR here or in ipsec_subnets_file",
			file);
	check_conflicts(conf, file, problems);
	check_days(conf, file, problems);
}

enum conf_verdict conf_verdict(const struct conf *conf, const struct addr *addr)
{
	const struct prefix *protect = prefixset_longest(&conf->protect, addr);
	const struct prefix *allow = prefixset_longest(&conf->allow, addr);

	if (!protect && !allow)
		return CONF_VERDICT_NONE;
	if (!allow || (protect && protect->len >= allow->len))
		return CONF_VERDICT_PROTECT;
	return CONF_VERDICT_ALLOW;
}

bool conf_interface_chosen(const struct conf *conf, const char *ifname)
{
	if (conf->interfaces.count == 0)
		return true;
	for (size_t i = 0; i < conf->interfaces.count; i++) {
		if (fnmatch(conf->interfaces.items[i], ifname, 0) == 0)
			return true;
	}
	return false;
}

static void append_number(struct buf *buf, const char *key, unsigned long value)
{
	buf_printf(buf, "%s=%lu\n", key, value);
}

static void append_text(struct buf *buf, const char *key, const char *value)
{
	buf_printf(buf, "%s=%s\n", key, value ? value : "");
}

static void append_prefixes(struct buf *buf, const char *key, const struct prefixset *set)
{
	for (size_t i = 0; i < set->count; i++) {
		char text[PREFIX_TEXT_MAX];

		append_text(buf, key, prefix_format(&set->items[i], text));
	}
}

static void append_list(struct buf *buf, const char *key, const struct strlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		append_text(buf, key, list->items[i]);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* For lists whose order means nothing. */
static void append_sorted(struct buf *buf, const char *key, const struct strlist *list)
{
	_cleanup_(cleanup_free) char **items = NULL;

	if (list->count == 0)
		return;
	items = reallocarray(NULL, list->count, sizeof(*items));
	if (!items) {
		buf->error = -ENOMEM;
		return;
	}
	memcpy(items, list->items, list->count * sizeof(*items));
	qsort(items, list->count, sizeof(*items), compare_strings);
	for (size_t i = 0; i < list->count; i++)
		append_text(buf, key, items[i]);
}

static void append_ipsec(struct buf *buf, const struct conf *conf)
{
	append_prefixes(buf, "ipsec.ipsec_subnets", &conf->protect);
	append_prefixes(buf, "ipsec.no_ipsec_subnets", &conf->allow);
	append_number(buf, "ipsec.optional", conf->optional);
	append_text(buf, "ipsec.instance_certificate", conf->instance_certificate);
	append_text(buf, "ipsec.instance_private_key", conf->instance_private_key);
	append_sorted(buf, "ipsec.ca_certificates", &conf->ca_certificates);
	append_list(buf, "ipsec.ike_proposals", &conf->ike_proposals);
	append_list(buf, "ipsec.esp_proposals", &conf->esp_proposals);
	append_number(buf, "ipsec.prestart_timeout", conf->prestart_timeout_s);
	append_number(buf, "ipsec.stop_timeout", conf->stop_timeout_s);
	append_sorted(buf, "ipsec.stop_wait_for", &conf->stop_wait_for);
	append_number(buf, "ipsec.stop_clear", conf->stop_clear);
	append_number(buf, "ipsec.force_udp_encapsulation", conf->force_udp_encapsulation);
	append_number(buf, "ipsec.protect_forwarded", conf->protect_forwarded);
	append_sorted(buf, "ipsec.interfaces", &conf->interfaces);
}

char *conf_canonical(const struct conf *conf)
{
	struct buf buf = {0};

	append_ipsec(&buf, conf);
	append_number(&buf, "kernel.xfrm_acq_expires", conf->xfrm_acq_expires_s);
	append_number(&buf, "kernel.xfrm_larval_drop", conf->xfrm_larval_drop);
	append_number(&buf, "kernel.replay_window", conf->replay_window);
	append_number(&buf, "kernel.reqid", conf->reqid);
	append_text(&buf, "charon.binary", conf->charon_binary);
	append_number(&buf, "charon.dpd_delay", conf->dpd_delay_s);
	append_number(&buf, "charon.idle_timeout", conf->idle_timeout_s);
	append_number(&buf, "charon.rekey_time", conf->rekey_time_s);
	append_number(&buf, "charon.ike_rekey_time", conf->ike_rekey_time_s);
	append_number(&buf, "certificates.info_days", conf->info_days);
	append_number(&buf, "certificates.warn_days", conf->warn_days);
	append_number(&buf, "certificates.error_days", conf->error_days);
	append_number(&buf, "certificates.critical_days", conf->critical_days);
	append_number(&buf, "log.target", conf->log_target);
	append_text(&buf, "log.path", conf->log_path);
	append_number(&buf, "log.level", conf->log_level);
	return buf_take_str(&buf);
}
