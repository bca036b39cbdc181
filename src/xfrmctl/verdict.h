/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_VERDICT_H
#define XFRMCTL_VERDICT_H

#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/ctl/ctl_verify.h"
#include "xfrmd/net/path_mtu.h"
#include "xfrmd/spd/policy.h"

/* What the policies say about the probe before it is sent. */
enum verdict_rule {
	VERDICT_RULE_REQUIRED, /* protect */
	VERDICT_RULE_OPTIONAL, /* protect, or else in clear */
	VERDICT_RULE_ALLOW,
	VERDICT_RULE_FOREIGN, /* allow, by a policy that is not ours */
	VERDICT_RULE_BLOCK,
	VERDICT_RULE_SILENT, /* block: it did not answer when an SA was wanted */
	VERDICT_RULE_NONE,   /* no policy speaks of it, the kernel's default lets it pass */
	VERDICT_RULE_REFUSE, /* likewise, the default blocks */
};

/* ESP with one SPI that passed after the probe was sent. Times are microseconds after that. */
struct verdict_esp {
	uint32_t spi;
	uint64_t first_us;
	bool known; /* an SA of this pair has this SPI */
	bool udp;
};
#define VERDICT_ESP_MAX 8

/* What was seen of one probe. */
struct verdict_seen {
	int send_error;  /* errno of the sending; 0: taken */
	int later_error; /* errno that came back by ICMP; 0: none */
	struct verdict_esp out[VERDICT_ESP_MAX], in[VERDICT_ESP_MAX];
	size_t out_count, in_count;
	bool out_clear, in_clear; /* the probe, and its answer, readable on the wire */
	uint64_t out_clear_us, in_clear_us;
	bool answered;    /* the answer came through all policies */
	bool no_ike;      /* the peer says that its ports of IKE are closed */
	bool unreachable; /* the kernel says so, also about IKE */
};

/* Everything that one sentence depends on. */
struct verdict_input {
	struct pair pair;
	const char *other; /* what it is instead of a peer; NULL: nothing */
	bool routed;
	char ifname[IF_NAMESIZE];
	enum verdict_rule rule;
	struct policy policy; /* that is the rule, if it is one */
	bool had_sa, has_sa;  /* for the probe, before it and at the end */
	uint64_t received;    /* packets, by the SAs that it has at the end */
	bool holds;           /* net.core.xfrm_larval_drop = 0 */
	bool disable_xfrm;    /* of the interface */
	unsigned timeout_ms;
	bool daemon_known;   /* it answers */
	bool peer_known;     /* and knows about it: */
	char peer_state[16]; /* "up", "negotiating", "failed", "idle" */
	struct failure last_error;
	int64_t retry_in_s; /* 0: none is planned */
	struct verdict_seen seen;
};

/* The rule wants an SA. */
bool verdict_is_protected(const struct verdict_input *input);
/* Pure. */
void verdict_make(const struct verdict_input *input, struct ctl_verify *ret_verify);
/* Adds what is known about large packets, by an interface with @link_mtu. Pure. */
void verdict_add_path(struct ctl_verify *verify, const struct path_mtu *path, unsigned link_mtu);

#endif
