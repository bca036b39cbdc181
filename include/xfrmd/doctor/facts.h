/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DOCTOR_FACTS_H
#define XFRMD_DOCTOR_FACTS_H

#include "xfrmd/conf/conf.h"
#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/doctor/esp_suite.h"
#include "xfrmd/net/children.h"
#include "xfrmd/net/local_addr.h"
#include "xfrmd/net/path_probe.h"
#include "xfrmd/pki/pki_load.h"

/* What `xfrmctl doctor` looks at. Gathered once (doctor_gather.h), then judged (doctor.h). */

/* Before this nobody had an xfrmd: a clock that says so is wrong. 2026-01-01. */
#define DOCTOR_TIME_MIN 1767225600

/* One algorithm of esp_proposals, tried in a network namespace of its own. */
struct doctor_algorithm {
	struct esp_suite suite;
	int error; /* 0: the kernel has it; else its negative errno */
};

struct doctor_link {
	char name[IF_NAMESIZE];
	unsigned mtu;
	bool up, loopback;
	bool bridge; /* without a port to the outside: for containers or virtual machines */
	bool disable_policy, disable_xfrm;
};

/* A server that this host depends on, and what for: "DNS", "DHCP" or "gateway". */
struct doctor_server {
	const char *role;
	struct addr addr;
};

/* What routing says about packets to one address: a live peer, or one of a protected prefix. */
struct doctor_route {
	struct addr remote, source;
	char ifname[IF_NAMESIZE];
	unsigned mtu; /* learned, smaller than the interface's; 0: none */
	bool peer;    /* a live one */
};

/* A multicast group that this host listens to. */
struct doctor_group {
	struct addr addr;
	char ifname[IF_NAMESIZE];
};

struct doctor_counter {
	char name[40];
	uint64_t value;
};

enum doctor_cloud {
	DOCTOR_CLOUD_NONE, /* or not known */
	DOCTOR_CLOUD_GCP,
	DOCTOR_CLOUD_AZURE,
	DOCTOR_CLOUD_OPENSTACK,
};

#define DOCTOR_UNKNOWN (-1)
struct doctor_facts {
	int64_t now;
	int clock_synchronised; /* 1, 0 or DOCTOR_UNKNOWN */

	const char *conf_path, *run_dir;
	struct conf conf;
	struct pki_bundle bundle;
	struct problems conf_problems; /* any: conf and bundle are not to be used */

	bool daemon_answers;
	struct err daemon_error;
	struct ctl_status status;
	struct ctl_peers peers;

	bool plugins_known;
	struct strlist plugins; /* of charon, loaded */
	struct strlist ports;   /* each a sentence: who else holds an IKE port */

	struct doctor_algorithm *algorithms; /* without duplicates */
	size_t algorithm_count;
	int64_t acq_expires, larval_drop; /* DOCTOR_UNKNOWN: no such sysctl */
	struct doctor_counter *counters;  /* of /proc/net/xfrm_stat, those above 0 */
	size_t counter_count;

	struct local_addr *addrs;
	size_t addr_count;
	struct forwarding forwarding;
	struct doctor_link *links;
	size_t link_count;
	struct child_link *children;
	size_t child_count;
	struct doctor_group *groups; /* without those that the kernel itself joins */
	size_t group_count;
	struct doctor_server *servers;
	size_t server_count;
	struct doctor_route *routes;
	size_t route_count;
	struct path_probe *paths; /* to some live peers, asked */
	size_t path_count;
	int cpu_aes;                /* it has instructions for it: 1, 0 or DOCTOR_UNKNOWN */
	uint64_t backlog_drops;     /* packets that came faster than a processor took them */
	struct policy_list foreign; /* that defeat ours, foreign_find() */
	enum doctor_cloud cloud;
};
void doctor_facts_fini(struct doctor_facts *facts);

/* The link that @name stands for; NULL: none. */
const struct doctor_link *doctor_find_link(const struct doctor_facts *facts, const char *name);
/* The largest packet that every suite of esp_proposals brings through @link_mtu. */
unsigned doctor_esp_mtu(const struct doctor_facts *facts, uint8_t family, unsigned link_mtu);

#endif
