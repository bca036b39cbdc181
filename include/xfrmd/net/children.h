/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_CHILDREN_H
#define XFRMD_NET_CHILDREN_H

#include <net/if.h>
#include <stddef.h>

#include "xfrmd/base/err.h"

/*
 * An interface in another network namespace that sends by one of ours: macvlan, macvtap, ipvlan, ipvtap,
 * VLAN. The policies
 * of this namespace say nothing about its packets. A value type.
 */
struct child_link {
	char name[IF_NAMESIZE];
	char kind[16];            /* as `ip link` has it, shortened */
	char parent[IF_NAMESIZE]; /* ours */
};

#define CHILD_LINK_TEXT_MAX 64
/* "macvlan NAME of PARENT". Returns @buf. */
const char *child_link_format(const struct child_link *child, char buf[static CHILD_LINK_TEXT_MAX]);

/*
 * Those in all network namespaces of which the kernel has told this one (`ip netns list-id`), and it does
 * so when an interface moves there. The caller frees *ret_list. 0, or negative errno and @err.
 */
int child_links_dump(struct child_link **ret_list, size_t *ret_count, struct err *err);

#endif
