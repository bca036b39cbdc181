/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_conf.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/charon/vici_msg.h"
#include "xfrmd/conf/spd_thresholds.h"
#include "xfrmd/ike/lifetimes.h"

/*
 * Owns every word that charon hears from us. Written so that charon negotiates and installs SAs and
 * does nothing else: no policies, no routes, no restarts of its own, no uniqueness. All hosts share
 * one identity, hence unique = never and no remote id: any other setting lets the login of one host
 * destroy the SAs of the others.
 */

/*
 * Given up after 1 + 1.3 + 1.69 + 2.2 = 6.2 seconds; the default of 165 would keep a dead peer
 * "negotiating" and the SAs of a rebooted one alive for minutes.
 */
static const char timing[] = "  retransmit_tries = 3\n"
			     "  retransmit_timeout = 1.0\n"
			     "  retransmit_base = 1.3\n";

/*
 * Who negotiates must answer a cookie, which costs him a round trip and us no memory, once so many are
 * half open, or as many from his address as one xfrmd begins at once; hosts behind one NAT may be a hundred.
 * Whoever answers cookies cannot have more than some 2,000 half open (20 KB each) for 30 s; established
 * peers need none of it. Not less: charon takes no cookie at all until it has run for up to 10 s if the
 * machine has just booted (its receiver subtracts a random part of the time since then, and the lifetime
 * of cookies, from that time), which is when a whole fleet asks.
 */
static const char admission[] = "  dos_protection = yes\n"
				"  cookie_threshold = %u\n"
				"  cookie_threshold_ip = 80\n"
				"  block_threshold = 100\n"
				"  init_limit_half_open = 2000\n"
				"  half_open_timeout = 30\n";

const char swan_conf_plugins[] = "nonce pem constraints openssl kernel-netlink socket-default vici";

/* Inside quotes, where charon's lexer knows backslash escapes. */
static void add_escaped(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_str(buf, "\\");
		buf_append(buf, text, 1);
	}
}

static void add_threshold(struct buf *text, const char *family, struct spd_threshold threshold)
{
	buf_printf(text,
	           "        %s {\n"
	           "          lbits = %u\n"
	           "          rbits = %u\n"
	           "        }\n",
	           family, threshold.local, threshold.remote);
}

/* charon writes them to the kernel at its start: the default if not told otherwise. */
static void add_thresholds(struct buf *text, const struct conf *conf)
{
	struct spd_thresholds thresholds = spd_thresholds_choose(conf);

	buf_str(text, "      spdh_thresh {\n");
	add_threshold(text, "ipv4", thresholds.ipv4);
	add_threshold(text, "ipv6", thresholds.ipv6);
	buf_str(text, "      }\n");
}

char *swan_conf_text(const struct conf *conf, const char *run_dir)
{
	struct buf text = {0};
	char *result;

	buf_str(&text, "# Written by xfrmd; changes are lost.\n"
	               "charon-systemd {\n"
	               "  load = ");
	buf_str(&text, swan_conf_plugins);
	/* that of openssl fails in 5.9; later charons have none but that of openssl */
	buf_str(&text, " kdf\n"
	               "  routing_table = 0\n"
	               "  install_routes = no\n"
	               "  install_virtual_ip = no\n"
	               "  process_route = no\n"
	               "  close_ike_on_child_failure = yes\n"
	               "  reuse_ikesa = no\n");
	buf_str(&text, timing);
	buf_printf(&text, admission, SWAN_CONF_COOKIE_THRESHOLD);
	buf_str(&text, "  threads = 16\n"
	               "  ikesa_table_size = 1024\n"
	               "  ikesa_table_segments = 16\n"
	               "  plugins {\n"
	               "    kernel-netlink {\n");
	buf_printf(&text, "      xfrm_acq_expires = %u\n", conf->xfrm_acq_expires_s);
	add_thresholds(&text, conf);
	buf_str(&text, "    }\n"
	               "    vici {\n"
	               "      socket = \"unix://");
	add_escaped(&text, run_dir);
	buf_str(&text, "/charon.vici\"\n"
	               "    }\n"
	               "  }\n"
	               "  journal {\n"
	               "    default = -1\n"
	               "  }\n"
	               /* by its path: what goes to stderr is written in two pieces a line */
	               "  filelog {\n"
	               "    fifo {\n"
	               "      path = \"");
	add_escaped(&text, run_dir);
	buf_str(&text, "/charon.log\"\n"
	               "      default = 1\n"
	               "      ike_name = yes\n"
	               "      flush_line = yes\n"
	               "    }\n"
	               "  }\n"
	               "}\n");
	result = buf_take_str(&text);
	buf_fini(&text);
	return result;
}

const char *swan_conf_peer_name(const struct pair *pair, char name[SWAN_NAME_MAX])
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

	snprintf(name, SWAN_NAME_MAX, "%s-%s", addr_format(&pair->local, from),
	         addr_format(&pair->remote, to));
	return name;
}

int swan_conf_parse_peer_name(const char *name, struct pair *ret_pair)
{
	return pair_parse(name, '-', ret_pair);
}

static void add_flag(struct buf *message, const char *key, bool value)
{
	vici_text(message, key, value ? "yes" : "no");
}

static void add_list_of_one(struct buf *message, const char *name, const void *data, size_t len)
{
	vici_list_start(message, name);
	vici_item_data(message, data, len);
	vici_list_end(message);
}

static void add_list(struct buf *message, const char *name, const struct strlist *list)
{
	vici_list_start(message, name);
	for (size_t i = 0; i < list->count; i++)
		vici_item(message, list->items[i]);
	vici_list_end(message);
}

/* rand_time is subtracted from rekey_time, so that two ends rarely rekey in the same moment. */
static void add_child(struct buf *message, const struct conf *conf, const char *name)
{
	struct lifetimes lifetimes = lifetimes_of(conf->rekey_time_s);

	vici_section_start(message, name);
	vici_text(message, "mode", "transport");
	vici_text(message, "policies", "no");
	vici_number(message, "reqid", conf->reqid);
	add_list(message, "esp_proposals", &conf->esp_proposals);
	add_list_of_one(message, "local_ts", "dynamic", 7);
	add_list_of_one(message, "remote_ts", "dynamic", 7);
	vici_number(message, "replay_window", conf->replay_window);
	vici_number(message, "rekey_time", lifetimes.rekey_s);
	vici_number(message, "rand_time", lifetimes.rekey_spread_s);
	vici_number(message, "life_time", lifetimes.life_s);
	vici_text(message, "start_action", "none");
	vici_text(message, "close_action", "none");
	vici_text(message, "dpd_action", "clear");
	vici_section_end(message);
}

static void add_connection(struct buf *message, const struct conf *conf, const void *cert,
                           size_t cert_len, const char *name, const char *local, const char *remote,
                           uint64_t dpd_delay_s)
{
	struct lifetimes lifetimes = lifetimes_of(conf->ike_rekey_time_s);

	vici_section_start(message, name);
	vici_text(message, "version", "2");
	vici_text(message, "unique", "never");
	add_flag(message, "mobike", false);
	/* an IKE_SA without SAs is of no use, and nothing would end it */
	vici_text(message, "childless", "never");
	add_flag(message, "encap", conf->force_udp_encapsulation);
	add_list_of_one(message, "local_addrs", local, strlen(local));
	add_list_of_one(message, "remote_addrs", remote, strlen(remote));
	add_list(message, "proposals", &conf->ike_proposals);
	vici_text(message, "send_cert", "always");
	vici_text(message, "keyingtries", "1");
	vici_number(message, "dpd_delay", dpd_delay_s);
	vici_number(message, "reauth_time", 0);
	vici_number(message, "rekey_time", lifetimes.rekey_s);
	vici_number(message, "rand_time", lifetimes.rekey_spread_s);
	vici_number(message, "over_time", lifetimes.life_s - lifetimes.rekey_s);

	vici_section_start(message, "local");
	vici_text(message, "auth", "pubkey");
	add_list_of_one(message, "certs", cert, cert_len);
	vici_section_end(message);

	/* Any certificate of our CAs: the private charon holds no other trust anchors. */
	vici_section_start(message, "remote");
	vici_text(message, "auth", "pubkey");
	vici_section_end(message);

	vici_section_start(message, "children");
	add_child(message, conf, name);
	vici_section_end(message);
	vici_section_end(message);
}

static uint64_t rare_checks_s(const struct conf *conf)
{
	return (uint64_t)conf->dpd_delay_s * SWAN_CONF_CHECKS_RARER;
}

void swan_conf_load_peer(struct buf *message, const struct conf *conf, const void *cert,
                         size_t cert_len, const struct pair *pair, bool in_doubt)
{
	char name[SWAN_NAME_MAX], from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

	add_connection(message, conf, cert, cert_len, swan_conf_peer_name(pair, name),
	               addr_format(&pair->local, from), addr_format(&pair->remote, to),
	               in_doubt ? conf->dpd_delay_s : rare_checks_s(conf));
}

void swan_conf_load_responder(struct buf *message, const struct conf *conf, const void *cert,
                              size_t cert_len)
{
	add_connection(message, conf, cert, cert_len, SWAN_RESPONDER, "%any", "%any",
	               rare_checks_s(conf));
}

void swan_conf_load_key(struct buf *message, const void *key, size_t len)
{
	vici_text(message, "type", "any");
	vici_data(message, "data", key, len);
}

void swan_conf_load_cert(struct buf *message, const void *cert, size_t len)
{
	vici_text(message, "type", "X509");
	vici_text(message, "flag", "NONE");
	vici_data(message, "data", cert, len);
}

void swan_conf_load_authority(struct buf *message, const char *name, const void *cert, size_t len)
{
	vici_section_start(message, name);
	vici_data(message, "cacert", cert, len);
	vici_section_end(message);
}

void swan_conf_name(struct buf *message, const char *name)
{
	vici_text(message, "name", name);
}

void swan_conf_initiate(struct buf *message, const struct pair *pair)
{
	char name[SWAN_NAME_MAX];

	swan_conf_peer_name(pair, name);
	vici_text(message, "ike", name);
	vici_text(message, "child", name);
	vici_text(message, "timeout", "-1");
}

void swan_conf_terminate(struct buf *message, const char *kind, uint32_t id)
{
	vici_number(message, kind, id);
	vici_text(message, "timeout", "-1");
}

void swan_conf_abandon(struct buf *message, uint32_t ike_id)
{
	vici_number(message, "ike-id", ike_id);
	add_flag(message, "force", true);
	vici_text(message, "timeout", "-1");
}

void swan_conf_rekey_child(struct buf *message, uint32_t child_id)
{
	vici_number(message, "child-id", child_id);
}
