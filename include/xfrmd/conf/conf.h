/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_CONF_H
#define XFRMD_CONF_CONF_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/str.h"
#include "xfrmd/net/prefixset.h"

/* Several processors, and the queues that the kernel lets go at once, reorder packets by more than the
 * kernel's usual 32: with 1024 none was lost to it (XfrmInStateSeqError). The bitmaps take 256 bytes
 * an SA. */
#define CONF_REPLAY_WINDOW_DEFAULT 1024u

/* The one reqid of every policy and SA of ours: "xfr" in ASCII, clear of charon's own (1
 * upward). */
#define CONF_REQID_DEFAULT 0x786672u

/*
 * The whole configuration (/etc/xfrmd/xfrmd.conf), typed. Filled by conf_ini; strings are owned.
 * Zero-initialise, then conf_set_defaults(); conf_fini() accepts half-built values.
 */
struct conf {
	/* [ipsec] */
	struct prefixset protect; /* ipsec_subnets and ipsec_subnets_file, sealed */
	struct prefixset allow;   /* no_ipsec_subnets and no_ipsec_subnets_file, sealed */
	bool optional;
	char *instance_certificate;
	char *instance_private_key;
	struct strlist ca_certificates; /* files or directories */
	struct strlist ike_proposals;   /* without trailing '!' */
	struct strlist esp_proposals;
	uint32_t prestart_timeout_s;
	uint32_t stop_timeout_s;
	struct strlist stop_wait_for; /* globs of pid files */
	bool stop_clear;              /* stop_action = clear */
	bool force_udp_encapsulation;
	bool protect_forwarded;
	struct strlist interfaces; /* globs; empty means auto */

	/* [kernel] */
	uint32_t xfrm_acq_expires_s;
	bool xfrm_larval_drop;
	uint32_t replay_window; /* packets */
	uint32_t reqid;

	/* [charon] */
	char *charon_binary;
	uint32_t dpd_delay_s; /* 0 switches off, here and in the next three */
	uint32_t idle_timeout_s;
	uint32_t rekey_time_s;
	uint32_t ike_rekey_time_s;

	/* [certificates]: days before expiry, info > warn > error > critical */
	uint32_t info_days, warn_days, error_days, critical_days;

	/* [log] */
	enum log_target log_target;
	char *log_path; /* target = file:PATH */
	enum log_level log_level;

	/* Remarks that do not refuse the file: such as masked host bits. */
	struct problems notes;
	/* Why the file, or one that it lists subnets in, may be another's: owners and modes. */
	struct problems distrust;
};

int conf_set_defaults(struct conf *conf); /* 0 or -ENOMEM */
void conf_fini(struct conf *conf);

/*
 * Checks that need more than one key: the same prefix in both lists, order of the expiry days,
 * an empty protect list. Every problem is added as `file: [section] key: ...`.
 */
void conf_check(const struct conf *conf, const char *file, struct problems *problems);

/* What the lists say about one address: the longest prefix of both lists wins. */
enum conf_verdict {
	CONF_VERDICT_NONE,
	CONF_VERDICT_PROTECT,
	CONF_VERDICT_ALLOW,
};
enum conf_verdict conf_verdict(const struct conf *conf, const struct addr *addr);

/* Whether policies are made for addresses of the interface @ifname (`interfaces`). */
bool conf_interface_chosen(const struct conf *conf, const char *ifname);

/*
 * The effective configuration in one canonical text: equal texts mean equal behaviour. Input of
 * the configuration hash. The caller frees; NULL: out of memory.
 */
char *conf_canonical(const struct conf *conf);

#endif
