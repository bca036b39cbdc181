/* SPDX-License-Identifier: MIT */
/*
 * Fields that are not needed are skipped, so that newer charons with more of them are understood; fields
 * that are needed and missing make the message malformed.
 */
#include "xfrmd/charon/swan_event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "xfrmd/base/str.h"
#include "xfrmd/charon/vici_msg.h"

/* Longer than any value that is parsed here. */
#define FIELD_MAX 64

static int parse_id(const char *text, uint32_t *ret_id)
{
	uint64_t id;

	if (str_parse_u64(text, 1, UINT32_MAX, &id) < 0)
		return -EBADMSG;
	*ret_id = (uint32_t)id;
	return 0;
}

static int parse_spi(const char *text, uint32_t *ret_spi)
{
	if (strlen(text) != 8 || strspn(text, "0123456789abcdefABCDEF") != 8)
		return -EBADMSG;
	*ret_spi = (uint32_t)strtoul(text, NULL, 16);
	return 0;
}

/* "%any" and "%any6" are no address: the IKE_SA has not got so far. */
static int parse_host(const char *text, struct addr *ret_addr)
{
	if (!strncmp(text, "%any", strlen("%any"))) {
		*ret_addr = (struct addr){.family = AF_UNSPEC};
		return 0;
	}
	return addr_parse(text, ret_addr) < 0 ? -EBADMSG : 0;
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return !strcmp(text, a) || !strcmp(text, b);
}

/*
 * We propose transport mode for all that the two hosts send. A peer that wants less, or another mode,
 * gets it from charon; the kernel would find such an SA for packets that it does not fit.
 */
static void judge_field(const char *key, const char *value, enum reason *unlike)
{
	if (!strcmp(key, "mode") && strcmp(value, "TRANSPORT") != 0)
		*unlike = !strcmp(value, "TUNNEL") ? REASON_TUNNEL_MODE
		          : !strcmp(value, "BEET") ? REASON_BEET_MODE
		                                   : REASON_UNKNOWN_MODE;
	else if (!strcmp(key, "cpi-in") || !strcmp(key, "cpi-out"))
		*unlike = REASON_IPCOMP;
}

static bool is_selectors(const char *list)
{
	return is_one_of(list, "local-ts", "remote-ts");
}

/* "10.0.1.1/32", but "10.0.1.1/32[tcp/80]". */
static void judge_selector(const struct vici_elem *item, enum reason *unlike)
{
	if (memchr(item->value, '[', item->value_len))
		*unlike = REASON_NARROW_SELECTORS;
}

static int child_field(const char *key, const char *value, struct swan_child *child)
{
	uint64_t age_s;

	judge_field(key, value, &child->unlike);
	if (!strcmp(key, "uniqueid"))
		return parse_id(value, &child->id);
	if (!strcmp(key, "state"))
		child->installed = is_one_of(value, "INSTALLED", "REKEYING");
	else if (!strcmp(key, "spi-in"))
		return parse_spi(value, &child->spi_in);
	else if (!strcmp(key, "spi-out"))
		return parse_spi(value, &child->spi_out);
	else if (!strcmp(key, "install-time") && !str_parse_u64(value, 0, UINT32_MAX, &age_s))
		child->age_s = (uint32_t)age_s;
	return 0;
}

static int ike_field(const char *key, const char *value, struct swan_ike *ike)
{
	if (!strcmp(key, "uniqueid"))
		return parse_id(value, &ike->id);
	if (!strcmp(key, "local-host"))
		return parse_host(value, &ike->pair.local);
	if (!strcmp(key, "remote-host"))
		return parse_host(value, &ike->pair.remote);
	if (!strcmp(key, "state"))
		ike->established = is_one_of(value, "ESTABLISHED", "REKEYING");
	return 0;
}

/* The innermost section that an element of an SA event belongs to. */
enum sa_level {
	SA_LEVEL_ROOT = 0,
	SA_LEVEL_IKE = 1,
	SA_LEVEL_CHILDREN = 2,
	SA_LEVEL_CHILD = 3,
};

struct sa_parser {
	struct swan_ike ike;
	struct swan_child child;
	unsigned level; /* sections entered; deeper and other ones are skipped */
	bool in_selectors;
	bool up;
	bool has_ike, has_local, has_remote;
};

static int sa_section_start(struct sa_parser *parser, const struct vici_elem *elem)
{
	switch (parser->level) {
	case SA_LEVEL_ROOT:
		if (parser->has_ike)
			return -EBADMSG;
		parser->has_ike = true;
		snprintf(parser->ike.name, sizeof(parser->ike.name), "%s", elem->name);
		break;
	case SA_LEVEL_IKE:
		if (strcmp(elem->name, "child-sas") != 0)
			return 0;
		break;
	case SA_LEVEL_CHILDREN:
		parser->child = (struct swan_child){0};
		break;
	default:
		return 0;
	}
	parser->level++;
	return 0;
}

static int sa_section_end(struct sa_parser *parser)
{
	const struct swan_child *child = &parser->child;
	struct swan_ike *ike = &parser->ike;

	parser->level--;
	if (parser->level == SA_LEVEL_ROOT)
		return ike->id && parser->has_local && parser->has_remote ? 0 : -EBADMSG;
	if (parser->level != SA_LEVEL_CHILDREN)
		return 0;
	if (!child->id || (child->installed && (!child->spi_in || !child->spi_out)))
		return -EBADMSG;
	if (ike->child_count < SWAN_CHILDREN_MAX)
		ike->children[ike->child_count++] = *child;
	return 0;
}

static int sa_key_value(struct sa_parser *parser, const struct vici_elem *elem)
{
	char value[FIELD_MAX];

	if (vici_elem_text(elem, value, sizeof(value)) < 0)
		value[0] = '\0'; /* too long for any field of ours: identities, for example */
	switch (parser->level) {
	case SA_LEVEL_ROOT:
		if (!strcmp(elem->name, "up"))
			parser->up = !strcmp(value, "yes");
		return 0;
	case SA_LEVEL_IKE:
		parser->has_local |= !strcmp(elem->name, "local-host");
		parser->has_remote |= !strcmp(elem->name, "remote-host");
		return ike_field(elem->name, value, &parser->ike);
	case SA_LEVEL_CHILD:
		return child_field(elem->name, value, &parser->child);
	default:
		return 0;
	}
}

static int sa_element(struct sa_parser *parser, const struct vici_elem *elem)
{
	bool own = elem->depth == parser->level;

	switch (elem->type) {
	case VICI_ELEM_SECTION_START:
		return own ? sa_section_start(parser, elem) : 0;
	case VICI_ELEM_SECTION_END:
		return elem->depth + 1 == parser->level ? sa_section_end(parser) : 0;
	case VICI_ELEM_KEY_VALUE:
		return own ? sa_key_value(parser, elem) : 0;
	case VICI_ELEM_LIST_START:
		parser->in_selectors = own && parser->level == SA_LEVEL_CHILD &&
		                       is_selectors(elem->name);
		break;
	case VICI_ELEM_LIST_ITEM:
		if (parser->in_selectors)
			judge_selector(elem, &parser->child.unlike);
		break;
	case VICI_ELEM_LIST_END:
		parser->in_selectors = false;
		break;
	case VICI_ELEM_END:
		break;
	}
	return 0;
}

static bool is_child_task(const struct vici_elem *item)
{
	char task[FIELD_MAX];

	return vici_elem_text(item, task, sizeof(task)) == 0 &&
	       is_one_of(task, "CHILD_CREATE", "CHILD_REKEY");
}

/*
 * Whether the CHILD_SA that an event tells of comes from an exchange that we began. charon tells of
 * it in the middle of that exchange, which is in the lists of the IKE_SA's tasks; while the peer's
 * is being answered, one of ours may be under way, too.
 */
static bool is_asked(const void *message, size_t len)
{
	bool active = false, passive = false;
	char list[VICI_NAME_MAX + 1] = "";
	struct vici_reader reader;
	struct vici_elem elem;

	vici_reader_init(&reader, message, len);
	while (vici_next(&reader, &elem) == 0 && elem.type != VICI_ELEM_END) {
		if (elem.type == VICI_ELEM_LIST_START) {
			memcpy(list, elem.name, sizeof(list));
		} else if (elem.type == VICI_ELEM_LIST_ITEM && is_child_task(&elem)) {
			active |= !strcmp(list, "tasks-active");
			passive |= !strcmp(list, "tasks-passive");
		}
	}
	return active && !passive;
}

int swan_event_sa(const void *message, size_t len, bool *ret_up, struct swan_ike *ret_ike)
{
	struct sa_parser parser = {0};
	struct vici_reader reader;
	struct vici_elem elem;

	vici_reader_init(&reader, message, len);
	do {
		if (vici_next(&reader, &elem) < 0 || sa_element(&parser, &elem) < 0)
			return -EBADMSG;
	} while (elem.type != VICI_ELEM_END);
	if (!parser.has_ike)
		return -EBADMSG;
	if (ret_up)
		*ret_up = parser.up;
	parser.ike.asked = is_asked(message, len);
	*ret_ike = parser.ike;
	return 0;
}

static int find_id(const void *message, size_t len, const char *path, uint32_t *ret_id)
{
	char text[FIELD_MAX];

	if (vici_find_text(message, len, path, text, sizeof(text)) < 0)
		return -EBADMSG;
	return parse_id(text, ret_id);
}

static int find_spi(const void *message, size_t len, const char *path, uint32_t *ret_spi)
{
	char text[FIELD_MAX];

	if (vici_find_text(message, len, path, text, sizeof(text)) < 0)
		return -EBADMSG;
	return parse_spi(text, ret_spi);
}

static int find_host(const void *message, size_t len, const char *path, struct addr *ret_addr)
{
	char text[FIELD_MAX];

	if (vici_find_text(message, len, path, text, sizeof(text)) < 0)
		return -EBADMSG;
	return parse_host(text, ret_addr);
}

/* Of the section `new`, which a CHILD_SA that is rekeyed has. */
static enum reason judge_new(const void *message, size_t len)
{
	bool in_new = false, in_selectors = false;
	enum reason unlike = REASON_NONE;
	struct vici_reader reader;
	struct vici_elem elem;
	char value[FIELD_MAX];

	vici_reader_init(&reader, message, len);
	while (vici_next(&reader, &elem) == 0 && elem.type != VICI_ELEM_END) {
		if (elem.type == VICI_ELEM_SECTION_START || elem.type == VICI_ELEM_SECTION_END)
			in_new = elem.type == VICI_ELEM_SECTION_START && !strcmp(elem.name, "new");
		else if (elem.type == VICI_ELEM_LIST_START)
			in_selectors = in_new && is_selectors(elem.name);
		else if (elem.type == VICI_ELEM_LIST_ITEM && in_selectors)
			judge_selector(&elem, &unlike);
		else if (elem.type == VICI_ELEM_KEY_VALUE && in_new &&
		         vici_elem_text(&elem, value, sizeof(value)) == 0)
			judge_field(elem.name, value, &unlike);
	}
	return unlike;
}

int swan_event_child_rekey(const void *message, size_t len, struct swan_child_rekey *ret_rekey)
{
	struct swan_child_rekey rekey = {.asked = is_asked(message, len),
	                                 .new_unlike = judge_new(message, len)};

	if (find_host(message, len, "*/local-host", &rekey.pair.local) < 0 ||
	    find_host(message, len, "*/remote-host", &rekey.pair.remote) < 0 ||
	    find_id(message, len, "*/uniqueid", &rekey.ike_id) < 0 ||
	    find_id(message, len, "*/child-sas/*/old/uniqueid", &rekey.old_child_id) < 0 ||
	    find_id(message, len, "*/child-sas/*/new/uniqueid", &rekey.new_child_id) < 0 ||
	    find_spi(message, len, "*/child-sas/*/new/spi-in", &rekey.new_spi_in) < 0 ||
	    find_spi(message, len, "*/child-sas/*/new/spi-out", &rekey.new_spi_out) < 0)
		return -EBADMSG;
	*ret_rekey = rekey;
	return 0;
}

int swan_event_ike_rekey(const void *message, size_t len, uint32_t *ret_old_id,
                         uint32_t *ret_new_id)
{
	uint32_t old_id, new_id;

	if (find_id(message, len, "*/old/uniqueid", &old_id) < 0 ||
	    find_id(message, len, "*/new/uniqueid", &new_id) < 0)
		return -EBADMSG;
	*ret_old_id = old_id;
	*ret_new_id = new_id;
	return 0;
}

int swan_event_cert(const void *message, size_t len, const void **ret_der, size_t *ret_len)
{
	struct vici_elem elem;
	char type[16];
	int error = vici_find_text(message, len, "type", type, sizeof(type));

	if (error)
		return error;
	if (strcmp(type, "X509") != 0)
		return -ENOENT;
	if (vici_find(message, len, "data", &elem) < 0)
		return -EBADMSG;
	*ret_der = elem.value;
	*ret_len = elem.value_len;
	return 0;
}
