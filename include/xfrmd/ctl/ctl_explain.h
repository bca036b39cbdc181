/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_EXPLAIN_H
#define XFRMD_CTL_CTL_EXPLAIN_H

#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/net/route.h"
#include "xfrmd/spd/explain.h"
#include "xfrmd/xfrm/xfrm_sock.h"

/* What the policies say when the traffic uses another local address. */
struct ctl_explain_other {
	struct addr local;
	const char *out, *in; /* what the rules do; NULL: there is none */
	bool same;            /* as with the local address that the kernel would choose */
};

/* Everything that `xfrmctl explain` says about one address. */
struct ctl_explain {
	struct pair
		pair; /* the local address: that the kernel would choose; AF_UNSPEC: this host has none */
	enum explain_kind kind;
	struct route route;
	bool drift_known;
	/* Of what comes from the address in `forward`, for any destination behind this host. */
	struct explain_way out, in, forward;
	struct xfrm_defaults defaults; /* for a way without a rule */
	struct ctl_explain_other *others;
	size_t other_count;
	struct ctl_sa *sas; /* between the two, from the kernel */
	size_t sa_count;
	const struct ctl_peer *peer; /* borrowed; NULL: none, or the daemon was not asked */
	char reason[512];            /* the answer in one sentence */
	const char *why, *action;    /* what a failure means, and what to do; NULL: none */
};
void ctl_explain_fini(struct ctl_explain *explain);
/* What the rule does; NULL: there is none. */
const char *ctl_explain_action(const struct explain_way *way);
/* Of an outgoing protect rule: whether there is an SA that it can use. */
bool ctl_explain_has_sa(const struct ctl_explain *explain);

/* `explain IP --json`. The caller frees; NULL: out of memory. */
char *ctl_proto_explain(const struct ctl_explain *explain);

#endif
