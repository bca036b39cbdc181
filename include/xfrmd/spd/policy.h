/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_POLICY_H
#define XFRMD_SPD_POLICY_H

#include "xfrmd/net/prefix.h"
#include "xfrmd/net/spi.h"

enum policy_dir {
	POLICY_DIR_OUT,
	POLICY_DIR_IN,
	POLICY_DIR_FWD,
};

enum policy_action {
	POLICY_ACTION_PROTECT, /* one ESP transport template */
	POLICY_ACTION_ALLOW,
	POLICY_ACTION_BLOCK,
};

/*
 * Our priorities lie in one band, which also marks a policy as ours; lower wins in the kernel.
 * Clear of charon's port_bypass (32), of its own traps (68,541 to 200,000) and of 0, which is what
 * `ip xfrm policy` writes when no priority is given.
 */
#define POLICY_PRIORITY_MIN        30000u
#define POLICY_PRIORITY_MAX        30999u
/* Neighbour discovery, broadcast, own addresses: before every subnet. An own IPv6 address as source
 * comes before what it is allowed to if that is multicast. */
#define POLICY_PRIORITY_HOST       30010u
#define POLICY_PRIORITY_OWN_TO_ALL 30011u
#define POLICY_PRIORITY_OWN        30012u
/* The policy of one known host, and before it that of its answers to pings: before every subnet,
 * and before nothing of the above. */
#define POLICY_PRIORITY_ANSWERS    30019u
#define POLICY_PRIORITY_KNOWN_HOST 30020u
/* Plus the number of address bits that the prefix leaves open: a longer prefix has a lower
 * number. */
#define POLICY_PRIORITY_SUBNET     30100u
/* Beneath all of them: what the fallback leaves alone, and what it decides, plus open bits
 * likewise. */
#define POLICY_PRIORITY_EXEMPT     30600u
#define POLICY_PRIORITY_FALLBACK   30700u

/*
 * One entry of the SPD, as far as it matters to us. A value type, zero-padded, so that equal
 * policies are equal bytes.
 */
struct policy {
	struct prefix src;
	struct prefix dst;
	uint8_t dir;       /* enum policy_dir */
	uint8_t action;    /* enum policy_action */
	uint8_t proto;     /* selector protocol, 0: any */
	uint8_t icmp_type; /* with proto ICMPv6: this type only */
	bool optional;     /* PROTECT: template level use instead of required */
	bool unsupported; /* read from the kernel with what we never write: marks, if_id, ports, more
			       templates, tunnel mode, ... so it is never equal to a desired one */
	bool unsupported_key; /* unsupported in what the kernel counts as identity (mark, if_id, ports, ...):
			       lives beside a policy of ours with the same prefixes, and is not ours */
	bool interface; /* unsupported_key: sees the packets of one XFRM interface (if_id), no others */
	uint32_t priority;
	uint32_t reqid; /* PROTECT: of the template */
	uint32_t spi;   /* PROTECT: the template is pinned to this SPI, host byte order; 0: none;
	                 * up to SPI_RESERVED_MAX: to one that no SA has, so what is
	                 * sent is held, and the larval SA of an acquire that it raises has it */
	uint32_t index; /* the kernel's, 0 in desired policies; not part of comparisons */
	int64_t used;   /* likewise: epoch seconds of the last packet that met it, 0: none */
};

/* The lowest priority number of a protect or allow policy for @peers: longer prefixes come
 * first. */
uint32_t policy_priority(const struct prefix *peers);
/* Its priority is in our band and its selector is of the kind that we write. */
bool policy_is_ours(const struct policy *policy);

/*
 * Total order of identity: direction, selector. Two policies that compare 0 can not both be in the
 * kernel (it ignores the priority there). Among unsupported keys the index decides.
 */
int policy_compare_key(const struct policy *a, const struct policy *b);
/* The kernel's order of decision: direction, then priority, then key. */
int policy_compare_order(const struct policy *a, const struct policy *b);
/* Same key and same content (action, template, priority); the index does not count. */
bool policy_equal(const struct policy *a, const struct policy *b);
/* Whether a packet @src -> @dst in direction @dir meets the selector (protocol not looked at). */
bool policy_matches(const struct policy *policy, enum policy_dir dir, const struct addr *src,
                    const struct addr *dst);

/* For str_index(). */
extern const char *const policy_dir_names[];    /* "out", "in", "fwd" */
extern const char *const policy_action_names[]; /* "protect", "allow", "block" */

#define POLICY_TEXT_MAX 192
/* One line for logs: `out protect 10.0.1.1/32 -> 10.0.0.0/20 priority 30112 required`. */
const char *policy_format(const struct policy *policy, char text[POLICY_TEXT_MAX]);

/* A growing array of policies, owned. Zero-initialise. */
struct policy_list {
	struct policy *items;
	size_t count;
	bool out_of_memory; /* a policy that was added is missing */
};
/* 0 or -ENOMEM, which the list notes: who builds one of many may ask it once, at the end. */
int policy_list_add(struct policy_list *list, const struct policy *policy);
void policy_list_sort_key(struct policy_list *list);
/* Replaces the policy of the same key in a list sorted by key, or inserts. 0 or -ENOMEM. */
int policy_list_put(struct policy_list *list, const struct policy *policy);
/* Deletes the policy of the same key from a list sorted by key, if there is one. */
void policy_list_remove(struct policy_list *list, const struct policy *key);
/* Binary search in a list sorted by key; NULL if absent. */
struct policy *policy_list_find(const struct policy_list *list, const struct policy *key);
void policy_list_fini(struct policy_list *list);

#endif
