/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_HEALTH_H
#define XFRMD_XFRMD_HEALTH_H

#include "xfrmd/charon/flood.h"
#include "xfrmd/conf/conf.h"
#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/net/children.h"
#include "xfrmd/net/local_addr.h"
#include "xfrmd/spd/policy.h"

/*
 * What makes a host unhealthy: facts in, problems and warnings of @status out, in sentences, in the
 * order of their weight. Pure. A problem is what this host does wrong now; a warning is the fault of
 * others, or of the future. Problems in words: empty for none.
 */

/* @status: ready. */
void health_of_start(struct ctl_status *status);

struct health_policies {
	const struct conf *conf;
	size_t drift;
	const struct policy_list *foreign; /* that defeat ours */
	bool fights;                       /* somebody changes ours all the time */
	bool flushed;
	const char *apply_problem;
	const struct local_addr *addrs;
	size_t addr_count;
	/* whether what leaves by the interface does so in clear, whatever the policies say */
	bool (*disables_xfrm)(uint8_t family, const char *ifname);
	const struct child_link
		*children; /* interfaces in other network namespaces that send by ours */
	size_t child_count;
};
void health_of_policies(const struct health_policies *facts, struct ctl_status *status);

void health_of_certificate(const struct conf *conf, const struct ctl_certificate *certificate,
                           int64_t now, struct ctl_status *status);

struct health_charon {
	pid_t pid; /* 0: it does not run */
	const char *problem, *port_problem, *socket_problem;
	enum flood flood;
	const char *flood_words;
};
void health_of_charon(const struct health_charon *facts, struct ctl_status *status);

/* What is not as the settings say. @status: reload_errors. */
void health_of_settings(const char *sysctl_problem, const char *log_problem,
                        struct ctl_status *status);

#endif
