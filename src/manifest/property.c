/* SPDX-License-Identifier: MIT */
/*
 * The table of all properties of the add-on, and the way of each kind of value into a line of
 * xfrmd.conf. Whether a value is any good is left to the reader of that file (judge.c), which would
 * be asked in the end anyway; here is what YAML adds to the ways of writing it.
 */
#include "xfrmd/manifest/property.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"
#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/str.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/net/prefix.h"

/* Escaped text of a value in a message. */
#define SHOWN_MAX      128
/* Longer names are like no other. */
#define NAME_MAX_LEN   64
#define LIST_SEPARATOR ", \t\n"

void property_complain(struct property_reader *reader, size_t line, const char *what,
                       const char *found, const char *expected)
{
	char name[SHOWN_MAX], shown[SHOWN_MAX];

	reader->row->result = IMPORT_REFUSED;
	str_escape(reader->row->name, name, sizeof(name));
	problems_add(reader->problems, "%s:%zu: %s: %s%s%s%s, expected %s", reader->file, line,
	             name, what, found ? ", found \"" : "",
	             found ? str_escape(found, shown, sizeof(shown)) : "", found ? "\"" : "",
	             expected);
}

static void set_text(struct property_reader *reader, char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	reader->out_of_memory |= !*text;
}

static void set_value(struct property_reader *reader, struct buf *value)
{
	free(reader->row->value);
	buf_str(value, "");
	reader->row->value = buf_take_str(value);
	reader->out_of_memory |= !reader->row->value;
}

static void drop(struct property_reader *reader, const struct node *value)
{
	(void)value;
	reader->row->result = IMPORT_DROPPED;
	set_text(reader, &reader->row->remark, reader->row->property->remark);
}

static void refuse_kind(struct property_reader *reader, const struct node *node,
                        const char *expected)
{
	property_complain(reader, node->line,
	                  node->kind == NODE_LIST      ? "is a list"
	                  : node->kind == NODE_MAPPING ? "is a mapping"
	                                               : "is an item without a value",
	                  NULL, expected);
}

/* Hands over @value if it is a text, and each of its items if it is a list of texts. */
static void each_text(struct property_reader *reader, const struct node *value,
                      void (*take)(struct property_reader *reader, const struct node *text,
                                   void *ctx),
                      void *ctx)
{
	if (value->kind == NODE_TEXT)
		take(reader, value, ctx);
	else if (value->kind != NODE_LIST)
		refuse_kind(reader, value, "a text or a list of texts");
	for (size_t i = 0; value->kind == NODE_LIST && i < value->count; i++) {
		struct node item = node_item(value, i);

		if (item.kind == NODE_TEXT)
			take(reader, &item, ctx);
		else
			refuse_kind(reader, &item, "a text");
	}
}

/* What means the same in xfrmd.conf as here: no comment sign, quote, backslash or line end. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || strchr("#;\"'\\", *text))
			return false;
	return true;
}

static void read_plain(struct property_reader *reader, const struct node *value)
{
	if (value->kind != NODE_TEXT)
		refuse_kind(reader, value, "one value");
	else if (!is_plain(value->text))
		property_complain(reader, value->line, "malformed value", value->text,
		                  "letters and digits in one line");
	else
		set_text(reader, &reader->row->value, value->text);
}

static void append(struct buf *list, const char *item)
{
	buf_printf(list, "%s%s", list->len ? ", " : "", item);
}

static void take_subnets(struct property_reader *reader, const struct node *text, void *ctx)
{
	struct strlist list = {0};
	struct prefix prefix;
	bool host_bits;

	if (strlist_split(&list, text->text, LIST_SEPARATOR) < 0)
		reader->out_of_memory = true;
	for (size_t i = 0; i < list.count; i++) {
		if (prefix_parse(list.items[i], &prefix, &host_bits) < 0)
			property_complain(reader, text->line, "malformed subnet", list.items[i],
			                  "a CIDR such as 10.0.0.0/8 or fd00::/8");
		else
			append(ctx, list.items[i]);
	}
	strlist_fini(&list);
}

static void read_subnets(struct property_reader *reader, const struct node *value)
{
	struct buf list = {.limit = CONF_FILE_MAX};

	each_text(reader, value, take_subnets, &list);
	set_value(reader, &list);
}

static void take_proposals(struct property_reader *reader, const struct node *text, void *ctx)
{
	struct strlist list = {0};

	if (!is_plain(text->text)) {
		property_complain(reader, text->line, "malformed proposal", text->text,
		                  "one such as aes128gcm16");
		return;
	}
	if (strlist_split(&list, text->text, LIST_SEPARATOR) < 0)
		reader->out_of_memory = true;
	for (size_t i = 0; i < list.count; i++) {
		char *end = list.items[i] + strlen(list.items[i]) - 1;

		if (*end == '!') {
			*end = '\0';
			set_text(reader, &reader->row->remark,
			         "without the !: xfrmd proposes nothing else anyway");
		}
		append(ctx, list.items[i]);
	}
	strlist_fini(&list);
}

static void read_proposals(struct property_reader *reader, const struct node *value)
{
	struct buf list = {.limit = CONF_FILE_MAX};

	each_text(reader, value, take_proposals, &list);
	set_value(reader, &list);
}

/* Of strongSwan, which the add-on hands it to: -1 silent, 0 audit, 1 control flow, 2 detailed, 3 raw
 * bytes, 4 secrets too. */
static void read_log_level(struct property_reader *reader, const struct node *value)
{
	static const char *const theirs[] = {"-1", "0", "1", "2", "3", "4", NULL};
	static const enum log_level ours[] = {LOG_LEVEL_WARNING, LOG_LEVEL_INFO,  LOG_LEVEL_INFO,
	                                      LOG_LEVEL_DEBUG,   LOG_LEVEL_DEBUG, LOG_LEVEL_DEBUG};
	int level = value->kind == NODE_TEXT ? str_index(value->text, theirs) : -1;

	if (level < 0)
		property_complain(reader, value->line, "unknown level", value->text,
		                  "a number from -1 to 4");
	else
		set_text(reader, &reader->row->value, log_level_names[ours[level]]);
}

static void read_ike_version(struct property_reader *reader, const struct node *value)
{
	static const char *const good[] = {"ike", "ikev2", "2", NULL};

	if (value->kind == NODE_TEXT && str_index(value->text, good) >= 0)
		drop(reader, value);
	else
		property_complain(reader, value->line, "not a version that xfrmd speaks",
		                  value->text, "ike or ikev2");
}

/* What YAML did to a PEM text whose line ends are gone; NULL: they are there. */
static const char *find_joined(const struct node *text)
{
	if (!strstr(text->text, "-----BEGIN") || strcspn(text->text, "\n") + 1 < strlen(text->text))
		return NULL;
	if (strstr(text->text, "\\n"))
		return "\\n stands for a line end in double quotes only";
	if (text->style == NODE_STYLE_PLAIN)
		return "without `|` before it, YAML joins the lines of a text";
	return text->style == NODE_STYLE_FOLDED ? "behind `>`, YAML joins the lines of a text"
	                                        : "its line ends are missing";
}

/* A property that stands as deep as a text, and has become a part of it; or NULL. */
static const struct property *find_swallowed(const char *text)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		const char *name = strstr(text, property_table[i].name);

		if (name && name[strlen(property_table[i].name)] == ':')
			return &property_table[i];
	}
	return NULL;
}

static bool is_whole(struct property_reader *reader, const struct node *text, bool in_list)
{
	const struct property *swallowed = find_swallowed(text->text);
	const char *joined = find_joined(text);
	char what[128];

	if (joined) {
		property_complain(reader, text->line, joined, NULL,
		                  in_list ? "`- |` and the certificate below it, deeper"
		                          : "`|` and the text below it, deeper");
	} else if (swallowed) {
		snprintf(what, sizeof(what), "holds the property %s, which is indented as deep",
		         swallowed->name);
		property_complain(reader, text->line, what, NULL,
		                  "it indented as the other properties");
	}
	return !joined && !swallowed;
}

/* Empty lines, so that it begins where it does in the manifest. */
static char *place(const struct node *text)
{
	struct buf placed = {0};

	if (text->style == NODE_STYLE_LITERAL)
		for (size_t i = 0; i < text->line; i++)
			buf_u8(&placed, '\n');
	buf_str(&placed, text->text);
	return buf_take_str(&placed);
}

static void take_pem(struct property_reader *reader, const struct node *text, void *ctx)
{
	const enum pem_role *role = ctx;
	struct import *import = reader->import;
	struct pem pem = {.role = *role, .row = (size_t)(reader->row - import->rows)};

	if (!is_whole(reader, text, *role == PEM_CA))
		return;
	if (reader->pem_len > PKI_FILE_MAX) {
		if (reader->row->result == IMPORT_TAKEN)
			property_complain(reader, text->line, "too many certificates", NULL,
			                  "no more than 1 MiB");
		return;
	}
	if (array_grow(&import->pems, import->pem_count, sizeof(*import->pems)) < 0 ||
	    asprintf(&pem.label, "%s:%zu: %s", reader->file, text->line, reader->row->name) < 0) {
		reader->out_of_memory = true;
		return;
	}
	pem.text = place(text);
	import->pems[import->pem_count++] = pem;
	if (!pem.text)
		reader->out_of_memory = true;
	else
		reader->pem_len += strlen(pem.text);
}

static void read_pem(struct property_reader *reader, const struct node *value, enum pem_role role,
                     const char *name)
{
	struct buf path = {0};

	each_text(reader, value, take_pem, &role);
	buf_printf(&path, "%s/%s", reader->dir, name);
	set_value(reader, &path);
	if (reader->row->result == IMPORT_TAKEN && role == PEM_CA && value->kind == NODE_TEXT)
		set_text(reader, &reader->row->remark, "one text, taken as a list of one");
}

static void read_certificate(struct property_reader *reader, const struct node *value)
{
	read_pem(reader, value, PEM_CERTIFICATE, "instance.pem");
}

static void read_key(struct property_reader *reader, const struct node *value)
{
	if (value->kind == NODE_LIST && value->count != 1)
		refuse_kind(reader, value, "one private key");
	else
		read_pem(reader, value, PEM_KEY, "instance.key");
}

static void read_cas(struct property_reader *reader, const struct node *value)
{
	read_pem(reader, value, PEM_CA, "ca.pem");
}

const struct property property_table[PROPERTY_COUNT] = {
	{"optional", "ipsec", "optional", read_plain, NULL, false},
	{"ipsec_subnets", "ipsec", "ipsec_subnets", read_subnets, NULL, true},
	{"no_ipsec_subnets", "ipsec", "no_ipsec_subnets", read_subnets, NULL, false},
	{"instance_certificate", "ipsec", "instance_certificate", read_certificate, NULL, true},
	{"instance_private_key", "ipsec", "instance_private_key", read_key, NULL, true},
	{"ca_certificates", "ipsec", "ca_certificates", read_cas, NULL, true},
	{"prestart_timeout", "ipsec", "prestart_timeout", read_plain, NULL, false},
	{"stop_timeout", "ipsec", "stop_timeout", read_plain, NULL, false},
	{"esp_proposals", "ipsec", "esp_proposals", read_proposals, NULL, false},
	{"ike_proposals", "ipsec", "ike_proposals", read_proposals, NULL, false},
	{"force_udp_encapsulation", "ipsec", "force_udp_encapsulation", read_plain, NULL, false},
	{"log_level", "log", "level", read_log_level, NULL, false},
	{"instance_certificate_info_period", "certificates", "info_days", read_plain, NULL, false},
	{"instance_certificate_warn_period", "certificates", "warn_days", read_plain, NULL, false},
	{"instance_certificate_error_period", "certificates", "error_days", read_plain, NULL,
         false},
	{"instance_certificate_critical_period", "certificates", "critical_days", read_plain, NULL,
         false},
	{"ike_version", NULL, NULL, read_ike_version, "xfrmd speaks IKEv2 only", false},
	{"optional_warn_interval", NULL, NULL, drop,
         "xfrmctl status and metrics always say whether IPsec is optional", false},
	{"dpdaction", NULL, NULL, drop,
         "a peer that is gone is negotiated with again when something is sent to it", false},
};

const struct property *property_find(const char *name)
{
	for (size_t i = 0; i < PROPERTY_COUNT; i++)
		if (strcmp(name, property_table[i].name) == 0)
			return &property_table[i];
	return NULL;
}

/* How many letters are put in, taken out or exchanged between two names (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t before = row[0]++;

		for (size_t j = 0; j < len; j++) {
			size_t best = before + (a[i] != b[j]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			before = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[len];
}

const struct property *property_nearest(const char *name)
{
	const struct property *nearest = NULL;
	size_t least = strlen(name) / 2;

	for (size_t i = 0; i < PROPERTY_COUNT; i++) {
		size_t far = distance(name, property_table[i].name);

		if (far < least) {
			nearest = &property_table[i];
			least = far;
		}
	}
	return nearest;
}
