/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/pair.h"

#include <errno.h>
#include <string.h>

int pair_parse(const char *text, char separator, struct pair *ret_pair)
{
	const char *end = strchr(text, separator);
	char local[ADDR_TEXT_MAX];
	struct pair pair;

	if (!end || (size_t)(end - text) >= sizeof(local))
		return -EINVAL;
	memcpy(local, text, (size_t)(end - text));
	local[end - text] = '\0';
	if (addr_parse(local, &pair.local) < 0 || addr_parse(end + 1, &pair.remote) < 0 ||
	    pair.local.family != pair.remote.family)
		return -EINVAL;
	*ret_pair = pair;
	return 0;
}

bool pair_equal(const struct pair *a, const struct pair *b)
{
	return addr_equal(&a->remote, &b->remote) && addr_equal(&a->local, &b->local);
}

int pair_compare(const struct pair *a, const struct pair *b)
{
	int order = addr_compare(&a->remote, &b->remote);

	return order ? order : addr_compare(&a->local, &b->local);
}

int pair_compare_items(const void *a, const void *b)
{
	return pair_compare(a, b);
}
