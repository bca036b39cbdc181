/* SPDX-License-Identifier: MIT */
/* FNV-1a, 64 bits, over what policy_equal() compares: its constants are those of its authors. */
#include "xfrmd/spd/policy_digest.h"

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t take(uint64_t digest, const void *bytes, size_t len)
{
	for (const uint8_t *byte = bytes; len > 0; byte++, len--)
		digest = (digest ^ *byte) * FNV_PRIME;
	return digest;
}

static uint64_t take_policy(uint64_t digest, const struct policy *policy)
{
	const uint8_t small[] = {policy->dir,       policy->action,   policy->proto,
	                         policy->icmp_type, policy->optional, policy->unsupported};
	const uint32_t numbers[] = {policy->priority, policy->reqid, policy->spi};

	digest = take(digest, &policy->src, sizeof(policy->src));
	digest = take(digest, &policy->dst, sizeof(policy->dst));
	digest = take(digest, small, sizeof(small));
	return take(digest, numbers, sizeof(numbers));
}

uint64_t policy_digest(const struct policy_list *list)
{
	uint64_t digest = FNV_BASIS;

	for (size_t i = 0; i < list->count; i++)
		if (policy_is_ours(&list->items[i]))
			digest = take_policy(digest, &list->items[i]);
	return digest;
}
