/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_PEERS_H
#define XFRMD_IKE_PEERS_H

#include "xfrmd/base/histogram.h"
#include "xfrmd/ike/lifetimes.h"
#include "xfrmd/ike/reason.h"
#include "xfrmd/net/neighbour.h"
#include "xfrmd/net/pair.h"

/*
 * The acquire machine: one entry per (pair) pair, events in, actions out. Pure: time is an
 * argument, randomness comes from a seed. Every event function appends what has to be done to
 * @actions, in order; the adapter does it.
 */
enum peer_state {
	PEER_STATE_IDLE,        /* no SA, nobody asks */
	PEER_STATE_QUEUED,      /* waits for a free slot, or for charon */
	PEER_STATE_NEGOTIATING, /* initiated, result open */
	PEER_STATE_UP,          /* at least one CHILD_SA */
	PEER_STATE_FAILED,      /* waits for next_retry_ms; then retried only if traffic asks */
};
const char *peer_state_name(enum peer_state state);

/* Negotiations that charon works on at once, which has 16 threads; one that is silent is no work. */
#define PEERS_WORKING_MAX       64
/* How many of these there may be now follows from how long they take, so that two ends, or a fleet, that
 * have more to do than they can do at once do not repeat their messages and then give up: as TCP it
 * begins with few, adds one for each, and halves, at most once in that time and down to two, for one that
 * took so long that charon has sent a message again. Those that no traffic waits for get half of it: the
 * ones that it waits for come first. */
#define PEERS_WINDOW_START      4
#define PEERS_WINDOW_MIN        2
#define PEERS_SLOW_MS           1000
/* So many more, in a smaller window fewer, for who had an SA before or is asked for again, and has not
 * failed: the others may all be dead. */
#define PEERS_WORKING_EARNEST   16
/* A negotiation whose first message is out so long and not answered is silent: charon does nothing for it
 * but send that message three times more. On a link the living answer sooner, elsewhere they count
 * again when they do. */
#define PEERS_SILENT_AFTER_MS   50
/* The same of one that is there for certain, which has much to do: charon sends again then. Halved, down to
 * the above, when such ones do not answer, until one answers later than that: where a proxy or a cloud's
 * network answers for every address, being there tells nothing. */
#define PEERS_BUSY_AFTER_MS     1000
/* One that has answered and goes no further is silent after this, or it would hold its place until charon
 * gives up (6.2 s). What follows an answer is work for both ends: in a model of a mesh of 16 that share a
 * processor, half as much costs the mesh a tenth of its time, and this nothing. */
#define PEERS_ANSWERED_AFTER_MS 2000
/* Those that are silent at once; beyond, they count as work until they end: some 20 KB of charon's memory
 * each, and its sockets' buffers hold what waits for as many dead neighbours (CHARON_SENDING_MAX). */
#define PEERS_SILENT_MAX        512
/* A pair that has to be negotiated with waits so long for the negotiation that the peer has begun: anybody can
 * pretend that it has, so little longer than one takes (30 ms; in User-Mode Linux 100). */
#define PEERS_GIVE_WAY_MS       300
/* While more are negotiated with, or wait for it, it takes longer; and the end with the higher address waits so long for
 * the other one to begin: when a fleet starts, both are asked in the same moment. */
#define PEERS_CROWD             8
#define PEERS_CROWD_GIVE_WAY_MS 2000
#define PEERS_CROWD_WAIT_MS     300
/* In such a crowd an address of the link is resolved before charon hears
 * of it: who is not there costs charon nothing. So many at once, three quarters of what the kernel has room
 * for by default (gc_thresh3), and not much longer than it takes by default (3 s), in case its word was
 * lost. */
#define PEERS_RESOLVING_MAX     768
#define PEERS_RESOLVE_MS        4000
/* Peers that began lately, of which that is remembered. */
#define PEERS_BEGUN_REMEMBERED  64
/* Gives a negotiation up that charon never reports on: above its own retransmission total (6.2 s)
 * for IKE_SA_INIT, IKE_AUTH and a retry with another group each. */
#define PEERS_NEGOTIATION_MS    30000
/* charon sends its log lines, which alone tell reasons, a little later than its events. */
#define PEERS_REASON_MS         250
/* One that failed before, is QUEUED this long, and is not asked for any more, is forgotten: a scan of
 * dead addresses must not make the living ones wait for all of them. Others keep their one try. */
#define PEERS_QUEUE_MS          10000
/* Backoff after the n-th failure in a row: 1 s doubling to 60 s, times a random 0.75 to 1.25. */
#define PEERS_BACKOFF_MIN_MS    1000
#define PEERS_BACKOFF_MAX_MS    60000
/* An acquire for a peer that has been up this long means that the kernel lost its SAs while charon
 * still lists them: charon refuses `initiate` then, `rekey` repairs. */
#define PEERS_LOST_AFTER_MS     2000
/* Somebody else deletes the SAs of a peer again and again: it is rekeyed once in this time. */
#define PEERS_REPAIR_PAUSE_MS   300
/* ... and the SAs of all peers: charon rekeys some 500 a second. */
#define PEERS_REPAIR_SPACING_MS 2
/* Spread of the negotiations that follow a restart of charon: so much for each, at most so much. */
#define PEERS_SPREAD_EACH_MS    20
#define PEERS_RESTART_SPREAD_MS 1000
/* How often a peer is tried that no traffic asks for: with the backoff half a minute of silence,
 * which a switch may take to let a host in that has just booted. */
#define PEERS_UNASKED_TRIES     4
/* Reasons that come so soon behind another one are its consequences. */
#define PEERS_CAUSE_MS          5000
/* From a renewal that was due to the next attempt, while the old SAs live. */
#define PEERS_RENEW_AGAIN_MS    20000
/* A peer that is IDLE, or FAILED and not asked for, this long is forgotten. */
#define PEERS_FORGET_AFTER_MS   600000
/* The same where packets go in clear meanwhile, which somebody will want to know. */
#define PEERS_PATIENT_MS        86400000
/* Peers that are neither up nor negotiated with: anybody's traffic can ask for them. Beyond, those that
 * have the least claim to a negotiation are forgotten. As many as hosts without an SA. */
#define PEERS_WITHOUT_SA_MAX    4096
/* A peer that tries us in vain gets an entry while there are no more than so many that are IDLE:
 * anybody may try. */
#define PEERS_UNINVITED_MAX     256

struct peer_child {
	uint32_t ike_id, child_id;
	uint32_t spi_out, spi_in; /* host byte order */
	uint64_t since_ms;        /* installed */
	uint64_t packets;         /* both ways, at the last look */
	uint64_t used_ms;         /* of the last look that found more of them; 0: there was none */
};

#define PEERS_CHILDREN_MAX        16
/* Of one IKE_SA; we want one, and rekeyings that collide leave a few for a while. */
#define PEERS_CHILDREN_OF_IKE_MAX 8
struct peer {
	struct pair pair;
	enum peer_state state;
	uint64_t since_ms; /* of the state, monotonic */
	uint64_t
		next_retry_ms; /* FAILED, QUEUED that is not to start before, UP and lost; else 0 */
	uint64_t deadline_ms;  /* NEGOTIATING: gives up */
	uint64_t silent_ms;    /* NEGOTIATING: silent from then on; UINT64_MAX: not known */
	bool silent;           /* NEGOTIATING: it does not count as work */
	bool answered;         /* NEGOTIATING: what it was sent last as the first message */
	uint64_t give_way_ms;  /* QUEUED: the peer begins, or has until then to begin */
	uint64_t resolve_ms;   /* QUEUED: its address is being resolved, until then; else 0 */
	bool resolved;         /* QUEUED: it was, or need not be */
	bool there;            /* resolved, and somebody has the address */
	bool gave_way;         /* QUEUED: to the peer's beginning */
	uint64_t repaired_ms;  /* UP: since then, or since the last REKEY */
	uint64_t queue_order;  /* QUEUED: first in, first out by this */
	uint64_t reap_ms;      /* UP: looks for duplicates */
	uint64_t renew_ms;     /* UP: its SAs are due to be replaced */
	unsigned failures;     /* in a row */
	bool asked_by_traffic; /* acquired, and the larval SA has not expired since */
	bool asked_again;      /* by more than one acquire since it was up */
	bool had_sa;           /* was up before */
	unsigned tries_left_unasked; /* negotiations that are due even if nobody asks */
	bool asked_by_operator;      /* QUEUED: peers_retry() */
	bool closed;                 /* NEGOTIATING: its IKE_SA is gone, the reason may follow */
	bool lost;                   /* UP: the kernel lost SAs of it, rekeying is due */
	bool seen_out, seen_in;      /* scratch of peers_on_sas_listed() */
	bool outranked;              /* scratch: makes room */
	struct failure hint;         /* why the running negotiation is failing */
	struct failure alert;        /* the same, unless there is a hint */
	struct failure last_error;   /* since it was up */
	uint64_t failed_ms;          /* of last_error; 0: none */
	uint64_t acquired_ms;        /* of the last acquire since it was up; 0: none */
	struct peer_child children[PEERS_CHILDREN_MAX]; /* newest last; of more than fit the oldest
	                                                 * is left out */
	size_t child_count;
	uint32_t last_ike_id; /* the greatest it had; charon counts upwards */
};

enum peer_action_kind {
	PEER_ACTION_INITIATE,        /* load the connection and initiate it */
	PEER_ACTION_UNLOAD,          /* the connection is not needed any more */
	PEER_ACTION_TERMINATE,       /* the IKE_SA ike_id */
	PEER_ACTION_ABANDON,         /* likewise, without waiting for the peer, who is dead */
	PEER_ACTION_TERMINATE_CHILD, /* the CHILD_SA child_id */
	PEER_ACTION_REKEY,           /* the CHILD_SA child_id */
	PEER_ACTION_REAP,    /* all its IKE_SAs but one: duplicates_choose(), peers_on_looked() */
	PEER_ACTION_RENEW,   /* negotiate anew beside the SAs that it has */
	PEER_ACTION_RESOLVE, /* the remote address: peers_on_resolved() is to follow */
	PEER_ACTION_CHANGED, /* state changed: old_state -> peer's; for the log and the kernel refresh */
};
struct peer_action {
	enum peer_action_kind kind;
	struct pair pair;
	uint32_t ike_id, child_id;
	bool in_doubt; /* of INITIATE: renew_on_doubt() */
	enum peer_state old_state, new_state;
	const char *why; /* of CHANGED but to FAILED; of TERMINATE and TERMINATE_CHILD what the peer
	                  * did that is to be told, else NULL; static */
	struct failure failure; /* of CHANGED to FAILED */
};
struct peer_actions {
	struct peer_action *items;
	size_t count;
	bool out_of_memory; /* actions were lost: reconnect to charon and take its list again */
};
void peer_actions_fini(struct peer_actions *actions);

struct peers;
int peers_new(uint64_t seed, struct peers **ret_peers);
void peers_free(struct peers *peers);

/* Forgets after PEERS_PATIENT_MS instead; off at first. */
void peers_set_patient(struct peers *peers, bool patient);
/* Whether addresses can be resolved; off at first. */
void peers_set_resolver(struct peers *peers, bool resolver);
/* When SAs are renewed; at first never. For those that are there it counts from the next change among
 * the SAs of their peer on. */
void peers_set_lifetimes(struct peers *peers, const struct lifetimes *lifetimes);

struct peers_counters {
	uint64_t acquires,
		deduplicated; /* received; those that caused no negotiation of their own */
	uint64_t in_backoff;  /* of the deduplicated: until the next retry of a peer that failed */
	uint64_t negotiations, failures;
	struct histogram up, failed; /* negotiations that ended so, by duration */
	uint64_t abandoned;          /* those without a result: charon ended, no longer protected */
	uint64_t repairs;            /* of peers whose SAs the kernel had lost */
	uint64_t renewals;           /* that this end began because of the age of SAs */
	uint64_t renewals_failed;    /* of all, also of those that the operator asked for */
};
void peers_counters(const struct peers *peers, struct peers_counters *ret_counters);
/* How many may be worked on at once now: PEERS_WINDOW_MIN to PEERS_WORKING_MAX. */
size_t peers_window(const struct peers *peers);

/* The kernel asks for an SA; the caller has checked plan_negotiable(). @again: not for the first time,
 * though the pair may have no entry yet. */
void peers_on_acquire(struct peers *peers, const struct pair *pair, bool again, uint64_t now_ms,
                      struct peer_actions *actions);
/* The operator asks: ends the backoff of a known pair and queues it, whether or not traffic waits
 * for it. Without effect while it is negotiated with, and when it is up. -ENOENT: unknown. */
int peers_retry(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                struct peer_actions *actions);
/* The peer had SAs in an earlier life of charon or of the host: negotiate even if nobody asks,
 * PEERS_UNASKED_TRIES times at most. Nothing to do for one that is up. */
void peers_on_remembered(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                         struct peer_actions *actions);
/* Whether there is a host with this address, as far as the link can tell; ASKED changes nothing. */
void peers_on_resolved(struct peers *peers, const struct addr *remote, enum neighbour neighbour,
                       uint64_t now_ms, struct peer_actions *actions);
/* Of a negotiation that we began: its first message goes out, the peer's first one is here. Both again
 * when the peer asks for a cookie or for another group. */
void peers_on_sent(struct peers *peers, const struct pair *pair, uint64_t now_ms);
void peers_on_answered(struct peers *peers, const struct pair *pair, uint64_t now_ms);
/* The peer has begun a negotiation, with whatever address of ours: what it says by one packet, so
 * anybody may have sent that. */
void peers_on_begun(struct peers *peers, const struct addr *remote, uint64_t now_ms);
/* The larval SA expired: traffic has to ask again before it counts, but for one negotiation that is still to
 * come. */
void peers_on_larval_expired(struct peers *peers, const struct pair *pair);
/* Likewise for all that are not among these, all that traffic asks for, in order of
 * pair_compare(). */
void peers_on_larvals_listed(struct peers *peers, const struct pair *asked, size_t count);
/*
 * Somebody else than charon deleted an SA of ours, of which is known from where to where it went, here
 * as if it went out (sa_pair()): the peer's CHILD_SAs will be rekeyed, since
 * charon refuses to initiate what it lists. False: no peer that is up has it.
 */
bool peers_on_sa_lost(struct peers *peers, const struct pair *ends, uint64_t now_ms);
/* Likewise from a list of all SAs of ours in the kernel, after a flush or lost notifications: of
 * every peer that is up there must be one in each direction. Returns how many peers lack some that
 * were not known to. */
size_t peers_on_sas_listed(struct peers *peers, const struct pair *sas, size_t count,
                           uint64_t now_ms);
/* From charon. A pair unknown so far (the peer initiated) gets an entry. A REKEY or TERMINATE that
 * charon refuses because it has no such SA is reported as child_down or ike_down. */
void peers_on_child_up(struct peers *peers, const struct pair *pair, const struct peer_child *child,
                       uint64_t now_ms, struct peer_actions *actions);
void peers_on_child_down(struct peers *peers, uint32_t ike_id, uint32_t child_id, uint64_t now_ms,
                         struct peer_actions *actions);
/* charon has one that must not be (@unlike: why), instead of child_up: it is ended, and its IKE_SA
 * if that has no other. A negotiation with the pair that is running has failed. */
void peers_on_child_unlike(struct peers *peers, const struct pair *pair, uint32_t ike_id,
                           uint32_t child_id, enum reason unlike, uint64_t now_ms,
                           struct peer_actions *actions);
/* charon lists an IKE_SA that is established and has no CHILD_SA: it is ended. The last event of those
 * that it had may have been one of a rekeying, so this is asked for, and not concluded. */
void peers_on_ike_empty(struct peers *peers, uint32_t ike_id, const struct pair *pair,
                        struct peer_actions *actions);
/* Whether a CHILD_SA of the IKE_SA is known. */
bool peers_has_child_of(const struct peers *peers, uint32_t ike_id, const struct pair *pair);
/* @child is the new one. */
void peers_on_child_rekeyed(struct peers *peers, uint32_t old_child_id,
                            const struct peer_child *child, uint64_t now_ms);
void peers_on_ike_rekeyed(struct peers *peers, uint32_t old_ike_id, uint32_t new_ike_id);
/* All CHILD_SAs of the IKE_SA are gone; a negotiation of the pair that was running has failed, with
 * the reason known by now or with one that follows within PEERS_REASON_MS. */
void peers_on_ike_down(struct peers *peers, uint32_t ike_id, const struct pair *pair,
                       uint64_t now_ms, struct peer_actions *actions);
/* Why a negotiation is failing; @final: it has failed. Ignored unless NEGOTIATING. Of
 * several the first become last_error: causes are told before their consequences. The adapter also
 * reports an INITIATE that charon refused so. */
void peers_on_reason(struct peers *peers, const struct pair *pair, const struct failure *failure,
                     bool final, uint64_t now_ms, struct peer_actions *actions);
/* The same by an alert, the last of which counts at the end if no reason was told. */
void peers_on_alert(struct peers *peers, const struct pair *pair, const struct failure *failure);
/* Why a negotiation anew with a peer that is UP is failing: its last error, until it has a
 * new SA. Whether it counts: the first of several within PEERS_CAUSE_MS does. */
bool peers_on_renewal_failed(struct peers *peers, const struct pair *pair,
                             const struct failure *failure, uint64_t now_ms);
/* Why a negotiation failed that the peer began: the last error of a pair that is neither
 * UP nor NEGOTIATING. */
void peers_on_vain_attempt(struct peers *peers, const struct pair *pair,
                           const struct failure *failure, uint64_t now_ms,
                           struct peer_actions *actions);
/*
 * charon is gone: peers that were up or negotiating are queued again, their children forgotten.
 * charon takes requests: those that no traffic waits for (their SAs live on in the kernel) start
 * spread over a time. Before peers_on_charon_up() the adapter feeds list-sas as child_up events:
 * peers whose SAs charon still has are UP then and not negotiated anew.
 * The machine begins with charon down.
 */
void peers_on_charon_up(struct peers *peers, uint64_t now_ms, struct peer_actions *actions);
void peers_on_charon_down(struct peers *peers, uint64_t now_ms, struct peer_actions *actions);
/* Due retries, timeouts, free slots. To be called at peers_next_ms(). */
void peers_on_timer(struct peers *peers, uint64_t now_ms, struct peer_actions *actions);
/* When peers_on_timer() is due, monotonic; UINT64_MAX: never. May be early, never late. */
uint64_t peers_next_ms(const struct peers *peers);
/* After REAP: the packets of each child, sent and received, in the order of the children; UINT64_MAX:
 * it can receive none. */
void peers_on_looked(struct peers *peers, const struct pair *pair,
                     const uint64_t packets[PEERS_CHILDREN_MAX], uint64_t now_ms);
/* Some that are to end are still used: REAP again soon. */
void peers_look_again(struct peers *peers, const struct pair *pair, uint64_t now_ms);
/* No packet for long: its SAs are terminated, and it is IDLE already while they end. */
void peers_on_unused(struct peers *peers, const struct pair *pair, uint64_t now_ms,
                     struct peer_actions *actions);
/* It answers nothing: its SAs are ended without it, as charon's own check would. */
void peers_on_dead(struct peers *peers, const struct pair *pair, struct peer_actions *actions);
/* Forgets every peer for which @keep says false: its SAs are terminated, the
 * CHILD_SAs first, so that nothing is lost where the peer goes on in clear. One that is negotiated
 * right now may still report child_up later, as a new entry. */
void peers_retain(struct peers *peers, bool (*keep)(void *ctx, const struct peer *peer), void *ctx,
                  struct peer_actions *actions);

/* All entries, in order of pair_compare(); borrowed until the next event. */
const struct peer *const *peers_list(const struct peers *peers, size_t *ret_count);
/* The same for people, by their local address first; the caller frees. NULL, with a count of 0: out of
 * memory. */
const struct peer **peers_list_by_local(const struct peers *peers, size_t *ret_count);
const struct peer *peers_find(const struct peers *peers, const struct pair *pair);

#endif
