/* SPDX-License-Identifier: MIT */
/*
 * CIDR blocks as plain values. Every prefix made here is masked, so that equal blocks are equal
 * bytes whatever host bits the text had.
 */
#include "xfrmd/net/prefix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

/* The bits of byte @index that belong to a prefix of @len bits. */
static uint8_t byte_mask(uint8_t len, size_t index)
{
	size_t first_bit = index * 8;

	if (len <= first_bit)
		return 0;
	if (len >= first_bit + 8)
		return 0xff;
	return (uint8_t)(0xff << (8 - (len - first_bit)));
}

int prefix_parse(const char *text, struct prefix *ret_prefix, bool *ret_host_bits)
{
	const char *slash = strchr(text, '/');
	size_t addr_text_len = slash ? (size_t)(slash - text) : strlen(text);
	char addr_text[ADDR_TEXT_MAX];
	struct prefix prefix;
	struct addr addr;
	uint64_t len;

	if (addr_text_len >= sizeof(addr_text))
		return -EINVAL;
	memcpy(addr_text, text, addr_text_len);
	addr_text[addr_text_len] = '\0';
	if (addr_parse(addr_text, &addr) < 0)
		return -EINVAL;
	len = addr_bits(&addr);
	if (slash && str_parse_u64(slash + 1, 0, len, &len) < 0)
		return -EINVAL;
	prefix = prefix_make(&addr, (uint8_t)len);
	if (ret_host_bits)
		*ret_host_bits = !addr_equal(&prefix.addr, &addr);
	*ret_prefix = prefix;
	return 0;
}

const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	char *end = text + strlen(addr_format(&prefix->addr, text));

	*end++ = '/';
	str_decimal(prefix->len, end);
	return text;
}

struct prefix prefix_make(const struct addr *addr, uint8_t len)
{
	uint8_t bits = addr_bits(addr);
	struct prefix prefix = {.addr = *addr, .len = len < bits ? len : bits};

	for (size_t i = prefix.len / 8; i < addr_len(addr); i++)
		prefix.addr.bytes[i] &= byte_mask(prefix.len, i);
	return prefix;
}

struct prefix prefix_host(const struct addr *addr)
{
	return prefix_make(addr, addr_bits(addr));
}

struct prefix prefix_any(uint8_t family)
{
	return (struct prefix){.addr = {.family = family}};
}

struct addr prefix_last(const struct prefix *prefix)
{
	struct addr last = prefix->addr;

	for (size_t i = prefix->len / 8; i < addr_len(&last); i++)
		last.bytes[i] |= (uint8_t)~byte_mask(prefix->len, i);
	return last;
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	struct prefix masked = prefix_make(addr, prefix->len);

	return addr_equal(&masked.addr, &prefix->addr);
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_contains(outer, &inner->addr);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	if (a->addr.family != b->addr.family)
		return a->addr.family < b->addr.family ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return addr_compare(&a->addr, &b->addr);
}

int prefix_compare_items(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return prefix_compare(a, b) == 0;
}
