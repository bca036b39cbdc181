/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SPD_HOSTS_H
#define XFRMD_SPD_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/local_addr.h"
#include "xfrmd/net/pair.h"
#include "xfrmd/spd/policy.h"
#include "xfrmd/spd/wait_spis.h"

/*
 * The known hosts: peers with a standing policy of their own (out, LOCAL/32 -> REMOTE/32) beside
 * the subnet policy. It gives each of them a hold queue of its own and, pinned to the SPI of the
 * outbound SA in use, a rekeying without loss. Pure: kernel notifications and time in, policy
 * writes out. A host is in one phase at any time (enum host_phase).
 *
 * Pinning. The kernel would use the newest SA as soon as it is there, and the end that began a
 * negotiation has its inbound SA only after the answer: what the other end sent meanwhile would be
 * lost. So a host stays pinned to the SA in use, which lives on beside the new one, until the peer
 * has the new SA, too: at once if we began (and GREET tells the peer so, should no held packet do
 * that); else when something was received with it, which LISTEN finds out: a peer that gave its
 * negotiation up has only the older SA. A newer SA whose inbound one is not known takes over when
 * it has lived beside the pinned one for HOSTS_SETTLE_MS. Where both ends began, each may send
 * with another SA: the end with the higher address then follows, so that nothing is under way by
 * the others when the other end terminates them (duplicates.h). An SA that ends while a host is
 * pinned to it, as in a rekeying that charon or a foreign peer makes, leaves a moment in which
 * packets are held (xfrm_larval_drop = 0) or lost: hosts_lost_pins() counts them.
 *
 * Holding. The policy of a host without an SA names an SPI that no SA has (but in
 * HOSTS_MODE_DROP): whatever SA appears, packets are held until it takes over, HOSTS_WAIT_MS after
 * it appeared at the latest; or they go on in clear where templates are optional, which a peer that
 * has no SA yet still takes, so for HOSTS_WAIT_CLEAR_MS there. It is so before
 * anybody asks, too: a policy that is written while packets are held makes the kernel drop those
 * whose route another policy has replaced since. The larval SA that such a policy raises does not
 * end with the coming of an SA, as others do, but with END_ACQUIRE: as long as the larval SA lives
 * the kernel does not ask again. Subnet policies hold by the same SPI (plan.h), so that the SA of
 * a first contact is not used before its host policy is there, either. The kernel cannot hold its
 * own answers to ICMPv6: those to pings go by the SA at once (answer_spi), since who pings has it.
 *
 * Together (HOSTS_MODE_HOLD only). The first packets to a first contact, from before it had a
 * policy of its own, are in the queue of the subnet policy. When the kernel can send the packet at
 * the head of that queue, it takes out all and drops what cannot be sent yet. So first contacts
 * that hold at the same time take over together: when the last of them is READY, when none became
 * so for HOSTS_TOGETHER_MS, or after HOSTS_TOGETHER_MAX_MS.
 *
 * Silence (HOSTS_MODE_HOLD only). A hold queue is one per policy and blocks on its head, and what
 * is held is charged to its socket: a program that sends to several silent addresses would stand
 * still for the living, too. So an address that has no SA HOSTS_SILENT_MS after traffic asked for
 * one, or whose negotiation failed before, gets a policy that blocks. It is not silent before
 * charon has sent it anything, nor once it has answered (hosts_on_progress()), for
 * HOSTS_HELD_MAX_MS at most. Once a first contact holds no more, the subnet policy is written
 * again (REFRESH), which makes the kernel look at its queue: sent, or purged. A blocked policy
 * asks for nothing, but the kernel notes its use: PROBE reads that, and traffic since the last
 * PROBE counts as an acquire. The first SA, whoever negotiated it, ends the blocking.
 */
/* Nobody is silent that was not asked: while charon is down no silence ends, for so long at most,
 * since what is held may block its sender. */
#define HOSTS_GRACE_MS        10000
/* duplicates.h waits for longer: negotiator_actions.c asserts it. */
#define HOSTS_SETTLE_MS       3000
#define HOSTS_WAIT_MS         500
#define HOSTS_WAIT_CLEAR_MS   3000
/* After the last one that got ready, and in all. */
#define HOSTS_TOGETHER_MS     200
#define HOSTS_TOGETHER_MAX_MS 1000
/* To the first LISTEN for a new SA, doubling up to the pause between looks while the peer is awaited,
 * and then up to that between looks at those that live beside the pinned one. */
#define HOSTS_LISTEN_MIN_MS   5
#define HOSTS_AWAIT_MAX_MS    100
#define HOSTS_LOOK_MAX_MS     1000
#define HOSTS_SILENT_MS       1000
/* Of what is held for one that answers slowly, since it was asked for. */
#define HOSTS_HELD_MAX_MS     10000
/* From one probe of a blocked host to the next, doubling. */
#define HOSTS_PROBE_MIN_MS    500
#define HOSTS_PROBE_MAX_MS    8000
/* A blocked host that nothing was sent to for so long is forgotten. */
#define HOSTS_FORGET_MS       600000
/* Beyond, those that were silent longest are forgotten: anybody's traffic can make hosts known,
 * while one with an SA has a certificate. */
#define HOSTS_WITHOUT_SA_MAX  4096
/* CHILD_SAs remembered per host, newest last; the oldest but the pinned one is forgotten. */
#define HOSTS_CHILDREN_MAX    16

struct known_host {
	struct pair pair;
	uint32_t spi; /* of its template; up to SPI_RESERVED_MAX: it holds; 0: any */
	bool blocked; /* it is silent: what is sent to it is dropped */
	/* IPv6, awaits its peer: the SA that answers to its pings go by, which the kernel cannot
	 * hold; 0: none */
	uint32_t answer_spi;
};
/* Its template names a reserved SPI, so that its packets queue. */
bool known_host_holds(const struct known_host *host);

enum host_phase {
	HOST_PHASE_NONE,      /* not known */
	HOST_PHASE_IDLE,      /* no SA, and nobody asks for one */
	HOST_PHASE_ACQUIRING, /* no SA, and packets are held: it is silent when that takes too long */
	HOST_PHASE_BLOCKED,   /* no SA, and it was silent */
	HOST_PHASE_AWAITS_PEER, /* has SAs, and holds until the peer is known to have one of them, too */
	HOST_PHASE_READY,       /* likewise; its SA takes over together with those of others */
	HOST_PHASE_PINNED,      /* goes by one of its SAs */
};
#define HOST_PHASE_COUNT (HOST_PHASE_PINNED + 1)
const char *host_phase_name(enum host_phase phase); /* "none", "idle", ... */

enum host_action_kind {
	HOST_ACTION_PUT,         /* write the host's policy as the entry says, new or changed */
	HOST_ACTION_REMOVE,      /* delete the host's policy */
	HOST_ACTION_NEGOTIATE,   /* traffic asks, and there was no acquire that told so */
	HOST_ACTION_QUIET,       /* nobody asks for the blocked host any more */
	HOST_ACTION_PROBE,       /* read when the host's policy was used, call hosts_on_probed() */
	HOST_ACTION_LISTEN,      /* read what the inbound SA @spi received: hosts_on_looked() */
	HOST_ACTION_GREET,       /* send the peer a packet, which goes by the pinned SA */
	HOST_ACTION_END_ACQUIRE, /* delete the larval SA @spi, if there is one */
	/* write the subnet policy that decides about the pair again; may wait for the PUTs behind
	 * it, and once for all pairs of one policy is enough */
	HOST_ACTION_REFRESH,
};
struct host_action {
	enum host_action_kind kind;
	struct known_host host;
	uint32_t spi;
};
struct host_actions {
	struct host_action *items;
	size_t count, capacity;
	bool out_of_memory; /* actions were lost: call hosts_sync() again */
};
void host_actions_fini(struct host_actions *actions);

/* What becomes of packets for which there is no SA. */
enum hosts_mode {
	HOSTS_MODE_DROP,  /* xfrm_larval_drop = 1; nobody holds or is blocked */
	HOSTS_MODE_HOLD,  /* xfrm_larval_drop = 0 */
	HOSTS_MODE_CLEAR, /* templates are optional; nobody is blocked */
};

struct hosts;
int hosts_new(struct hosts **ret_hosts); /* HOSTS_MODE_DROP */
void hosts_free(struct hosts *hosts);
/* Without actions: the caller then applies a whole new plan. */
void hosts_set_mode(struct hosts *hosts, enum hosts_mode mode);

/* The addresses of this host, of which each holds by an SPI of its own (wait_spis.h). Likewise
 * without actions. 0 or -ENOMEM: nothing is changed. */
int hosts_set_addresses(struct hosts *hosts, const struct local_addr *addrs, size_t count);
/* Borrowed until the next hosts_set_addresses(). */
const struct wait_spis *hosts_wait_spis(const struct hosts *hosts);

/* Whether charon can be told to negotiate; the machine begins with no. */
void hosts_on_charon(struct hosts *hosts, bool up, uint64_t now_ms);

/* A host policy that the kernel still has from before our start; no action. Whether traffic waits
 * there its larval SA tells: hosts_on_acquire(). 0 or -ENOMEM. Beyond HOSTS_WITHOUT_SA_MAX it
 * is left out. */
int hosts_restore(struct hosts *hosts, const struct known_host *host, uint64_t now_ms);

/* An outbound SA of ours appeared or was updated (again: no change), or is gone. */
void hosts_on_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                 struct host_actions *actions);
void hosts_on_sa_gone(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions);
/* A pair of SAs that live is new; the outbound one may be known already. */
struct fresh_sas {
	struct pair pair;
	uint32_t spi_out, spi_in; /* host byte order */
	bool initiator;           /* we asked for them: the peer had both before us */
	bool rekeyed;             /* they replace others: ends AWAITS_PEER, but no pin */
};
void hosts_on_fresh_sas(struct hosts *hosts, const struct fresh_sas *fresh, uint64_t now_ms,
                        struct host_actions *actions);
/* The inbound SA of an outbound one that is known; told by hosts_on_fresh_sas(), too. */
void hosts_on_inbound_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi,
                         uint32_t spi_in, uint64_t now_ms);
enum host_phase hosts_phase(const struct hosts *hosts, const struct pair *pair);
/* Whether the host with this index in hosts_list() is pinned to its newest SA, which the kernel
 * would use by itself. */
bool hosts_goes_by_newest(const struct hosts *hosts, size_t index);
/* The answer to LISTEN: packets that the inbound SA has received so far. */
void hosts_on_looked(struct hosts *hosts, const struct pair *pair, uint32_t spi_in,
                     uint64_t packets, uint64_t now_ms, struct host_actions *actions);
/* All outbound SAs of ours, oldest first (dump after the start, or after lost notifications): what
 * is not among them is gone. */
struct host_sa {
	struct pair pair;
	uint32_t spi;
};
void hosts_sync(struct hosts *hosts, const struct host_sa *sas, size_t count, uint64_t now_ms,
                struct host_actions *actions);

/*
 * The kernel asks for an SA with the pair, for a policy that is pinned to @spi (0: to none); the
 * caller has checked plan_negotiable(). Returns whether a negotiation is due. It is not while an SA
 * lives: the kernel asks whenever a packet comes between the end of the pinned SA and the next pin.
 * Should that SA have been the last one, NEGOTIATE follows.
 */
bool hosts_on_acquire(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions);
/* What is known of a negotiation that has no result yet. */
enum ike_progress {
	IKE_PROGRESS_BEGUN,    /* charon was told, and has sent nothing so far */
	IKE_PROGRESS_SENT,     /* the first message is on its way */
	IKE_PROGRESS_ANSWERED, /* the peer is alive */
};
void hosts_on_progress(struct hosts *hosts, const struct pair *pair, enum ike_progress progress,
                       uint64_t now_ms);
/* A negotiation failed. */
void hosts_on_failed(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                     struct host_actions *actions);
/* The answer to PROBE: epoch seconds at which the kernel last looked at the policy, 0: never. */
void hosts_on_probed(struct hosts *hosts, const struct pair *pair, int64_t used_s, uint64_t now_ms,
                     struct host_actions *actions);
void hosts_on_timer(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions);
/* When hosts_on_timer() is due, monotonic; UINT64_MAX: never. */
uint64_t hosts_next_ms(const struct hosts *hosts);

/* Forgets hosts for which @keep says false; without actions: the caller applies a whole new
 * plan. */
void hosts_retain(struct hosts *hosts, bool (*keep)(void *ctx, const struct pair *pair), void *ctx);
/* How often an SA ended while a host was pinned to it and another one was there. */
uint64_t hosts_lost_pins(const struct hosts *hosts);
/* All known hosts, in order of their remote, then their local addresses; borrowed until the next
 * event. */
const struct known_host *hosts_list(const struct hosts *hosts, size_t *ret_count);

#endif
