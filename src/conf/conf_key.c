/* SPDX-License-Identifier: MIT */
/*
 * The table of all configuration keys, and the conversion of each kind of value from text. A value
 * that does not convert leaves the field alone (lists may be left half-filled) and adds a problem,
 * so that one run finds everything; whoever asked then throws the configuration away.
 */
#include "xfrmd/conf/conf_key.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/conf/proposal.h"

/* Problems and notes about one subnet file that are shown; the rest is counted. */
#define SUBNET_FILE_SHOWN 20
/* Escaped text of a value in a message. */
#define SHOWN_MAX         256

/* Ranges of the numbers. */
#define WAIT_MAX_S        3600u
#define INTERVAL_MIN_S    5u /* unless 0, off */
#define INTERVAL_MAX_S    (30u * 86400)
#define DAYS_MAX          3650u
/* Below 32 even one processor's queues reorder by more; the kernel's bitmap has XFRMA_REPLAY_ESN_MAX
 * bytes (linux/xfrm.h, 4096). */
#define REPLAY_WINDOW_MIN 32u
#define REPLAY_WINDOW_MAX 32768u

#define PATH_EXPECTED   "an absolute path"
#define SUBNET_EXPECTED "a CIDR such as 10.0.0.0/8 or fd00::/8"

static void *field(struct conf_reader *reader, const struct conf_key *key)
{
	return (char *)reader->conf + key->offset;
}

void conf_key_complain(struct conf_reader *reader, const struct conf_key *key, const char *what,
                       const char *found, const char *expected)
{
	char shown[SHOWN_MAX];

	problems_add(reader->problems, "%s: [%s] %s: %s, found \"%s\", expected %s", reader->file,
	             key->section, key->name, what, str_escape(found, shown, sizeof(shown)),
	             expected);
}

/* Notes are said once, however often their cause occurs. */
static void drop_repeated_note(struct problems *notes)
{
	for (size_t i = 0; i + 1 < notes->count; i++) {
		if (strcmp(notes->items[i], notes->items[notes->count - 1]) == 0) {
			free(notes->items[--notes->count]);
			return;
		}
	}
}

static void read_bool(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	if (str_parse_bool(value, field(reader, key)) < 0)
		conf_key_complain(reader, key, "not a truth value", value, "true or false");
}

static void read_number(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	uint32_t *number = field(reader, key);
	char expected[64];
	uint64_t parsed;
	int error = str_parse_u64(value, key->min, key->max, &parsed);

	if (error == 0) {
		*number = (uint32_t)parsed;
		return;
	}
	snprintf(expected, sizeof(expected), "%u to %u", key->min, key->max);
	conf_key_complain(reader, key, error == -ERANGE ? "out of range" : "not a number", value,
	                  expected);
}

static void read_seconds(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	bool may_be_off = key->flags & CONF_KEY_MAY_BE_OFF;
	uint32_t *seconds = field(reader, key);
	char expected[64];
	uint64_t parsed;
	int error = str_parse_seconds(value, key->max, &parsed);

	if (error == 0 && (parsed >= key->min || (may_be_off && parsed == 0))) {
		*seconds = (uint32_t)parsed;
		return;
	}
	snprintf(expected, sizeof(expected), "%s%u to %u seconds (units: s, m, h, d)",
	         may_be_off ? "0 (off) or " : "", key->min, key->max);
	conf_key_complain(reader, key, error == -EINVAL ? "not a duration" : "out of range", value,
	                  expected);
}

static void set_text(struct conf_reader *reader, char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	reader->out_of_memory |= !*text;
}

static bool is_path(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	if (value[0] == '/')
		return true;
	conf_key_complain(reader, key, "not an absolute path", value, PATH_EXPECTED);
	return false;
}

static void read_path(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	if (is_path(reader, key, value))
		set_text(reader, field(reader, key), value);
}

/* Replaces the default list by the pieces of @value. */
static void split(struct conf_reader *reader, const struct conf_key *key, const char *value,
                  const char *separators)
{
	struct strlist *list = field(reader, key);

	strlist_fini(list);
	if (strlist_split(list, value, separators) < 0)
		reader->out_of_memory = true;
	if (list->count == 0 && key->min > 0)
		conf_key_complain(reader, key, "empty list", value, "at least one entry");
}

void conf_key_trim(char *text)
{
	size_t blank = strspn(text, " \t"), len = strlen(text);

	while (len > blank && isspace((unsigned char)text[len - 1]))
		len--;
	memmove(text, text + blank, len - blank);
	text[len - blank] = '\0';
}

static void take_paths(struct conf_reader *reader, const struct conf_key *key, const char *value,
                       const char *separators)
{
	struct strlist *list = field(reader, key);

	split(reader, key, value, separators);
	for (size_t i = 0; i < list->count; i++) {
		conf_key_trim(list->items[i]);
		is_path(reader, key, list->items[i]);
	}
}

/* Separated by commas only: a path may hold blanks. */
static void read_paths(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	take_paths(reader, key, value, ",");
}

static void read_globs(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	take_paths(reader, key, value, ", \t");
}

static void read_proposals(struct conf_reader *reader, const struct conf_key *key,
                           const char *value)
{
	struct strlist *list = field(reader, key);

	split(reader, key, value, ", \t");
	for (size_t i = 0; i < list->count; i++) {
		char *text = list->items[i];
		size_t len = strlen(text);
		struct err err;

		if (text[len - 1] == '!')
			text[len - 1] = '\0';
		if (proposal_check((enum proposal_kind)key->max, text, &err) < 0)
			problems_add(reader->problems, "%s: [%s] %s: %s", reader->file,
			             key->section, key->name, err.text);
	}
}

static void read_interfaces(struct conf_reader *reader, const struct conf_key *key,
                            const char *value)
{
	struct strlist *list = field(reader, key);

	split(reader, key, value, ", \t");
	if (!strlist_contains(list, "auto"))
		return;
	if (list->count > 1)
		conf_key_complain(reader, key, "auto beside other names", value,
		                  "auto alone, or names of interfaces");
	strlist_fini(list);
}

static void read_stop_action(struct conf_reader *reader, const struct conf_key *key,
                             const char *value)
{
	static const char *const actions[] = {"block", "clear", NULL};
	int action = str_index(value, actions);

	if (action < 0)
		conf_key_complain(reader, key, "unknown action", value, "block or clear");
	else
		*(bool *)field(reader, key) = action;
}

static void read_log_target(struct conf_reader *reader, const struct conf_key *key,
                            const char *value)
{
	enum log_target *target = field(reader, key);

	if (strcmp(value, "syslog") == 0)
		*target = LOG_TARGET_SYSLOG;
	else if (strcmp(value, "journal") == 0)
		*target = LOG_TARGET_JOURNAL;
	else if (strcmp(value, "stderr") == 0)
		*target = LOG_TARGET_STDERR;
	else if (strncmp(value, "file:/", 6) == 0) {
		*target = LOG_TARGET_FILE;
		set_text(reader, &reader->conf->log_path, value + 5);
	} else
		conf_key_complain(reader, key, "unknown target", value,
		                  "syslog, journal, stderr or file: with an absolute path");
}

static void read_log_level(struct conf_reader *reader, const struct conf_key *key,
                           const char *value)
{
	int level = str_index(value, log_level_names);

	if (level >= 0 && level != LOG_LEVEL_NOTICE)
		*(enum log_level *)field(reader, key) = (enum log_level)level;
	else
		conf_key_complain(reader, key, "unknown level", value,
		                  "error, warning, info or debug");
}

static void add_prefix(struct conf_reader *reader, const struct conf_key *key,
                       const struct prefix *prefix)
{
	if (prefixset_add(field(reader, key), prefix) < 0)
		reader->out_of_memory = true;
}

/* "10.0.1.1/20 has host bits set, 10.0.0.0/20 is used", behind @where. */
static void note_host_bits(struct conf_reader *reader, const char *where, const char *text,
                           const struct prefix *used)
{
	struct problems *notes = &reader->conf->notes;
	char used_text[PREFIX_TEXT_MAX];

	problems_add(notes, "%s: %s has host bits set, %s is used", where, text,
	             prefix_format(used, used_text));
	drop_repeated_note(notes);
}

#define MAPPED_LEN 96

/* What is wrong with an entry of a list, NULL: nothing; and in @ret_expected what would be right, if
 * that can be told. */
static const char *read_prefix(const char *text, struct prefix *ret_prefix, bool *ret_host_bits,
                               char ret_expected[SHOWN_MAX])
{
	char right_text[PREFIX_TEXT_MAX];
	struct prefix right = {0};
	struct addr addr;

	ret_expected[0] = '\0';
	if (prefix_parse(text, ret_prefix, ret_host_bits) < 0)
		return "malformed subnet";
	if (ret_prefix->len < MAPPED_LEN || !addr_is_mapped(&ret_prefix->addr))
		return NULL;
	if (addr_from_bytes(AF_INET, ret_prefix->addr.bytes + 12, &addr) == 0)
		right = prefix_make(&addr, ret_prefix->len - MAPPED_LEN);
	snprintf(ret_expected, SHOWN_MAX, "%s", prefix_format(&right, right_text));
	return "IPv4 inside IPv6, which no packet has";
}

/* What becomes of a whole subnet that is not like others; NULL: it is. */
static const char *oddity(const struct prefix *prefix)
{
	bool ipv4 = prefix->addr.family == AF_INET;

	if (addr_is_loopback(&prefix->addr) && prefix->len >= (ipv4 ? 8 : 128))
		return "is loopback, which never leaves this host: nothing is protected there";
	if (addr_is_multicast(&prefix->addr) && prefix->len >= (ipv4 ? 4 : 8))
		return "is multicast or broadcast, for which nobody can negotiate: nothing is "
		       "encrypted there";
	if (addr_is_link_local(&prefix->addr) && prefix->len >= (ipv4 ? 16 : 10))
		return "is link-local, and such addresses of this host have no policies: what they "
		       "send is not protected";
	return NULL;
}

/* An entry of no_ipsec_subnets may except a part of such a subnet from a protected one. */
static bool note_oddity(struct conf_reader *reader, const struct conf_key *key, const char *where,
                        const struct prefix *prefix)
{
	struct problems *notes = &reader->conf->notes;
	const char *what = oddity(prefix);
	char text[PREFIX_TEXT_MAX];

	if (!what || field(reader, key) != (void *)&reader->conf->protect)
		return false;
	problems_add(notes, "%s: %s %s", where, prefix_format(prefix, text), what);
	drop_repeated_note(notes);
	return true;
}

static void read_subnets(struct conf_reader *reader, const struct conf_key *key, const char *value)
{
	_cleanup_(cleanup_free) char *where = NULL;
	struct strlist list = {0};

	if (asprintf(&where, "%s: [%s] %s", reader->file, key->section, key->name) < 0) {
		where = NULL;
		reader->out_of_memory = true;
		return;
	}
	if (strlist_split(&list, value, ", \t") < 0)
		reader->out_of_memory = true;
	for (size_t i = 0; i < list.count; i++) {
		char expected[SHOWN_MAX];
		struct prefix prefix;
		bool host_bits;
		const char *wrong = read_prefix(list.items[i], &prefix, &host_bits, expected);

		if (wrong) {
			conf_key_complain(reader, key, wrong, list.items[i],
			                  *expected ? expected : SUBNET_EXPECTED);
			continue;
		}
		add_prefix(reader, key, &prefix);
		if (host_bits)
			note_host_bits(reader, where, list.items[i], &prefix);
		note_oddity(reader, key, where, &prefix);
	}
	strlist_fini(&list);
}

/* What was said about one subnet file so far. */
struct told {
	size_t malformed;
	size_t host_bits;
	size_t odd; /* no more of them are told */
};

static void read_subnet_line(struct conf_reader *reader, const struct conf_key *key,
                             const char *path, size_t number, const char *text, struct told *told)
{
	char shown[SHOWN_MAX], expected[SHOWN_MAX];
	struct prefix prefix;
	bool host_bits;
	const char *wrong = read_prefix(text, &prefix, &host_bits, expected);

	if (!wrong) {
		add_prefix(reader, key, &prefix);
		if (host_bits && told->host_bits++ < SUBNET_FILE_SHOWN)
			note_host_bits(reader, path, text, &prefix);
		if (told->odd < SUBNET_FILE_SHOWN && note_oddity(reader, key, path, &prefix))
			told->odd++;
	} else if (told->malformed++ < SUBNET_FILE_SHOWN) {
		problems_add(reader->problems, "%s:%zu: %s, found \"%s\", expected %s", path,
		             number, wrong, str_escape(text, shown, sizeof(shown)),
		             *expected ? expected : "one per line, each " SUBNET_EXPECTED);
	}
}

static void judge_subnet_file(struct conf_reader *reader, const struct conf_key *key,
                              const char *path)
{
	struct problems found = {0};

	trust_check_file(path, TRUST_FILE, &found);
	problems_move(&found, &reader->conf->distrust, "%s: [%s] %s: ", reader->file, key->section,
	              key->name);
}

static void read_subnet_file(struct conf_reader *reader, const struct conf_key *key,
                             const char *path)
{
	_cleanup_(cleanup_free) char *data = NULL;
	char shown[sizeof(struct err)];
	struct told told = {0};
	size_t len, number = 1;
	struct err err;

	if (!path[0] || !is_path(reader, key, path))
		return;
	if (file_read(path, CONF_FILE_MAX, &data, &len, &err) < 0) {
		problems_add(reader->problems,
		             "%s: [%s] %s: %s, expected a readable list of subnets", reader->file,
		             key->section, key->name, str_escape(err.text, shown, sizeof(shown)));
		return;
	}
	judge_subnet_file(reader, key, path);
	if (strlen(data) != len) {
		conf_key_complain(reader, key, "file with NUL bytes", path, "a list of subnets");
		return;
	}
	for (char *line = data, *next; line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "#")] = '\0';
		conf_key_trim(line);
		if (*line)
			read_subnet_line(reader, key, path, number, line, &told);
	}
	if (told.malformed > SUBNET_FILE_SHOWN)
		problems_add(reader->problems, "%s: ... and %zu more malformed subnets", path,
		             told.malformed - SUBNET_FILE_SHOWN);
	if (told.host_bits > SUBNET_FILE_SHOWN)
		problems_add(&reader->conf->notes, "%s: ... and %zu more with host bits set", path,
		             told.host_bits - SUBNET_FILE_SHOWN);
}

#define FIELD(name) offsetof(struct conf, name)

/* For lists, min is the least number of entries; for proposals, max is their kind. */
const struct conf_key conf_keys[CONF_KEY_COUNT] = {
	{"ipsec", "ipsec_subnets", read_subnets, FIELD(protect), 0, 0, 0},
	{"ipsec", "ipsec_subnets_file", read_subnet_file, FIELD(protect), 0, 0, 0},
	{"ipsec", "no_ipsec_subnets", read_subnets, FIELD(allow), 0, 0, 0},
	{"ipsec", "no_ipsec_subnets_file", read_subnet_file, FIELD(allow), 0, 0, 0},
	{"ipsec", "optional", read_bool, FIELD(optional), 0, 0, 0},
	{"ipsec", "instance_certificate", read_path, FIELD(instance_certificate), 0, 0,
         CONF_KEY_REQUIRED},
	{"ipsec", "instance_private_key", read_path, FIELD(instance_private_key), 0, 0,
         CONF_KEY_REQUIRED},
	{"ipsec", "ca_certificates", read_paths, FIELD(ca_certificates), 1, 0, CONF_KEY_REQUIRED},
	{"ipsec", "ike_proposals", read_proposals, FIELD(ike_proposals), 1, PROPOSAL_IKE, 0},
	{"ipsec", "esp_proposals", read_proposals, FIELD(esp_proposals), 1, PROPOSAL_ESP, 0},
	{"ipsec", "prestart_timeout", read_seconds, FIELD(prestart_timeout_s), 1, WAIT_MAX_S, 0},
	{"ipsec", "stop_timeout", read_seconds, FIELD(stop_timeout_s), 0, WAIT_MAX_S, 0},
	{"ipsec", "stop_wait_for", read_globs, FIELD(stop_wait_for), 0, 0, 0},
	{"ipsec", "stop_action", read_stop_action, FIELD(stop_clear), 0, 0, 0},
	{"ipsec", "force_udp_encapsulation", read_bool, FIELD(force_udp_encapsulation), 0, 0, 0},
	{"ipsec", "protect_forwarded", read_bool, FIELD(protect_forwarded), 0, 0, 0},
	{"ipsec", "interfaces", read_interfaces, FIELD(interfaces), 1, 0, 0},
	{"kernel", "xfrm_acq_expires", read_seconds, FIELD(xfrm_acq_expires_s), 1, WAIT_MAX_S, 0},
	{"kernel", "xfrm_larval_drop", read_bool, FIELD(xfrm_larval_drop), 0, 0, 0},
	{"kernel", "replay_window", read_number, FIELD(replay_window), REPLAY_WINDOW_MIN,
         REPLAY_WINDOW_MAX, 0},
	{"kernel", "reqid", read_number, FIELD(reqid), 1, UINT32_MAX, 0},
	{"charon", "binary", read_path, FIELD(charon_binary), 0, 0, 0},
	{"charon", "dpd_delay", read_seconds, FIELD(dpd_delay_s), INTERVAL_MIN_S, INTERVAL_MAX_S,
         CONF_KEY_MAY_BE_OFF},
	{"charon", "idle_timeout", read_seconds, FIELD(idle_timeout_s), INTERVAL_MIN_S,
         INTERVAL_MAX_S, CONF_KEY_MAY_BE_OFF},
	{"charon", "rekey_time", read_seconds, FIELD(rekey_time_s), INTERVAL_MIN_S, INTERVAL_MAX_S,
         CONF_KEY_MAY_BE_OFF},
	{"charon", "ike_rekey_time", read_seconds, FIELD(ike_rekey_time_s), INTERVAL_MIN_S,
         INTERVAL_MAX_S, CONF_KEY_MAY_BE_OFF},
	{"certificates", "info_days", read_number, FIELD(info_days), 0, DAYS_MAX, 0},
	{"certificates", "warn_days", read_number, FIELD(warn_days), 0, DAYS_MAX, 0},
	{"certificates", "error_days", read_number, FIELD(error_days), 0, DAYS_MAX, 0},
	{"certificates", "critical_days", read_number, FIELD(critical_days), 0, DAYS_MAX, 0},
	{"log", "target", read_log_target, FIELD(log_target), 0, 0, 0},
	{"log", "level", read_log_level, FIELD(log_level), 0, 0, 0},
};

const struct conf_key *conf_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		if ((!section || strcmp(section, conf_keys[i].section) == 0) &&
		    strcasecmp(name, conf_keys[i].name) == 0)
			return &conf_keys[i];
	}
	return NULL;
}
