/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_PROTO_H
#define XFRMD_CTL_CTL_PROTO_H

#include "xfrmd/base/err.h"
#include "xfrmd/base/str.h"
#include "xfrmd/ike/reason.h"
#include "xfrmd/net/pair.h"
#include "xfrmd/spd/policy_rows.h"

/*
 * The JSON of the control socket and of every --json: fields may be added, never renamed; absent
 * values are null, lists are always lists, times are epoch seconds. The only user of jansson.
 * Encoders return an owned string (NULL: out of memory); decoders refuse what they do not know how
 * to read: -EBADMSG (-ENOMEM) and @err, and leave *ret zeroed. xfrmctl may be older or newer than
 * the daemon: unknown members of answers are skipped, missing ones that came later count as null or
 * zero.
 *
 * One request per connection: the client sends {"command": NAME}, with the members that this
 * command takes, and ends its side; the daemon answers with one document and closes. A request that
 * failed answers {"errors": [sentence, ...]}.
 */
#define CTL_REQUEST_MAX  (64u * 1024)
#define CTL_RESPONSE_MAX (256u * 1024 * 1024)
#define CTL_SOCKET_NAME  "control.sock"

enum ctl_command {
	CTL_COMMAND_STATUS,
	CTL_COMMAND_PEERS,
	CTL_COMMAND_METRICS, /* ctl_metrics.h */
	CTL_COMMAND_MONITOR, /* answered with ctl_event.h, one a line, until one end closes */
	CTL_COMMAND_DESIRED, /* the policies that the daemon wants: for drift in `xfrmctl list` */
	CTL_COMMAND_RELOAD,
	CTL_COMMAND_SHUTDOWN,
	CTL_COMMAND_FLUSH,
	CTL_COMMAND_RETRY, /* with an address: negotiate with this peer now */
	CTL_COMMAND_REKEY, /* with an address or without: negotiate anew with it, or all that are up */
	CTL_COMMAND_TRY,
	CTL_COMMAND_CONFIRM, /* what is tried stays */
	CTL_COMMAND_BACK,    /* ... goes */
};
extern const char *const ctl_command_names[];

struct ctl_ask {
	enum ctl_command command;
	struct addr address; /* RETRY, REKEY: of the peer; else, and for all, AF_UNSPEC */
	uint64_t unless;    /* DESIRED: policy_digest() of policies that need not be sent; else 0 */
	bool now;           /* SHUTDOWN: waits for no job */
	uint32_t timeout_s; /* TRY: until it goes back; else 0 */
	bool copied;        /* TRY: CTL_TRY_NEW of the run directory, not the configuration file */
};
/* The copy of what is to be tried, and what the daemon makes of its name once it tries it: it stays
 * until the end of the try, or for who confirms it. Both in the run directory. */
#define CTL_TRY_NEW   "try.new"
#define CTL_TRY_FILE  "try.conf"
#define CTL_TRY_MAX_S 3600u

char *ctl_proto_request(const struct ctl_ask *ask);
int ctl_proto_parse_request(const char *text, size_t len, struct ctl_ask *ret_ask, struct err *err);

struct ctl_certificate {
	char *file;
	const char *role; /* "instance", "ca", "peer": static */
	char *subject;
	int64_t not_after;
	int64_t days_left;
};

struct ctl_status {
	bool ready, healthy;
	struct strlist problems; /* any: unhealthy */
	struct strlist warnings; /* the fault of others, or of the future */
	bool optional;
	bool charon_running;
	int64_t charon_pid; /* 0: null */
	uint64_t charon_restarts;
	uint64_t policies_desired, policies_installed, policies_drift, policies_repaired;
	uint64_t policies_foreign; /* that defeat ours */
	uint64_t peers_up, peers_negotiating, peers_failed;
	uint64_t peers_repaired; /* times that one was rekeyed because the kernel lost SAs */
	uint64_t acquires_received, acquires_deduplicated, acquires_lost;
	struct ctl_certificate *certificates;
	size_t certificate_count;
	int64_t reload_time; /* 0: never, last_reload is null then */
	bool reload_ok;
	struct strlist reload_errors;
	char config_hash[65];
	char *config_file; /* absolute; NULL: null */
	bool trying;       /* a configuration that goes if nobody confirms it */
	int64_t try_ends;
	bool try_copied; /* it is not the configuration file */
	bool stopping;
	int64_t stopping_ends;        /* the wait for jobs; 0: it is over */
	struct strlist stopping_jobs; /* waited for */
	/* Of the last SPD change: netlink writes by kind and how long it took. */
	uint64_t last_added, last_updated, last_deleted, last_apply_us;
};
char *ctl_proto_status(const struct ctl_status *status);
int ctl_proto_parse_status(const char *text, size_t len, struct ctl_status *ret_status,
                           struct err *err);
void ctl_status_fini(struct ctl_status *status);

struct ctl_sa {
	uint32_t spi_in, spi_out; /* 0: that direction is missing, null */
	char algorithm[64];
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	int64_t installed, rekey; /* 0: null */
};
struct ctl_peer {
	struct pair pair; /* the local address AF_UNSPEC: null */
	char state[16];   /* "up", "negotiating", "failed", "idle" */
	int64_t since;
	struct ctl_sa *sas;
	size_t sa_count;
	struct failure last_error; /* none: null */
	int64_t next_retry;        /* 0: null */
	/* Since it was up: when traffic last asked for an SA, when a negotiation failed; 0:
	 * null. */
	int64_t last_acquire, last_failure;
};
struct ctl_peers {
	struct ctl_peer *items;
	size_t count;
};
char *ctl_proto_peers(const struct ctl_peers *peers);
int ctl_proto_parse_peers(const char *text, size_t len, struct ctl_peers *ret_peers,
                          struct err *err);
void ctl_peers_fini(struct ctl_peers *peers);

/* `list --json`. Without @drift_known (the daemon was not asked) the drift of every row is null
 * because nobody knows. */
char *ctl_proto_list(const struct policy_rows *rows, bool drift_known);

/* DESIRED: policies as they are, without loss; or that they are those of `unless`. An older daemon refuses
 * that. */
char *ctl_proto_desired(const struct policy_list *policies);
int ctl_proto_parse_desired(const char *text, size_t len, struct policy_list *ret_policies,
                            struct err *err);

char *ctl_proto_unchanged(void);
bool ctl_proto_is_unchanged(const char *text, size_t len);

/* RELOAD, SHUTDOWN, FLUSH, RETRY, REKEY, CHECK: what was done, in sentences, or every reason why not. */
char *ctl_proto_result(bool ok, const struct strlist *changes, const struct strlist *errors);
int ctl_proto_parse_result(const char *text, size_t len, bool *ret_ok, struct strlist *ret_changes,
                           struct strlist *ret_errors, struct err *err);

#endif
