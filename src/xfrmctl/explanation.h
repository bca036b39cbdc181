/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_EXPLANATION_H
#define XFRMCTL_EXPLANATION_H

#include "xfrmd/ctl/ctl_explain.h"
#include "xfrmd/ctl/ctl_sas.h"

/* All that is known; borrowed. */
struct explanation_input {
	struct addr address;
	const struct policy_rows *rows;
	bool drift_known; /* the daemon said what it desires */
	const struct local_addr *addrs;
	size_t addr_count;
	struct xfrm_defaults defaults;
	struct route route;
	const struct sa *sas; /* sorted by ctl_sas_sort() */
	size_t sa_count;
	const struct ctl_peers *peers; /* NULL: the daemon did not answer */
};

/* What happens to traffic with the address, and why. Pure. The caller finis; the peer in it is
 * borrowed from @input. 0 or -ENOMEM. */
int explanation_make(const struct explanation_input *input, struct ctl_explain *ret_explain);

#endif
