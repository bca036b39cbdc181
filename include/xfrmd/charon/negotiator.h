/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_NEGOTIATOR_H
#define XFRMD_CHARON_NEGOTIATOR_H

#include "xfrmd/base/loop.h"
#include "xfrmd/charon/swan_log.h"
#include "xfrmd/conf/conf.h"
#include "xfrmd/ike/peers.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/spd/hosts.h"

/*
 * Drives charon over VICI: credentials and connections in, acquires to negotiations, events to the
 * acquire machine. Knows nothing of policies or processes.
 */
struct negotiator;

struct negotiator_callbacks {
	/* charon has read its file anew. */
	void (*settings_read)(void *ctx);
	/* Credentials and the responder connection are loaded; peers can be negotiated with. */
	void (*ready)(void *ctx);
	/* Whether the pair may have SAs: one that we began to negotiate need not any more. */
	bool (*wants)(void *ctx, const struct pair *pair);
	/* A peer came up: sockets that began in clear may move to ESP now. */
	void (*peer_up)(void *ctx, uint8_t family);
	/* A negotiation has made SAs, or a rekeying. */
	void (*fresh_sas)(void *ctx, const struct fresh_sas *fresh);
	/* A peer changed its state. */
	void (*peer_changed)(void *ctx);
	/* One SA of charon, when it lists what it has after the connection was made. */
	void (*listed_sa)(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
	/* That was all; @complete: and all of it was understood. Negotiations begin behind this. */
	void (*listed)(void *ctx, bool complete);
	/* One certificate that charon holds, DER: the answer to negotiator_list_certs(). */
	void (*cert)(void *ctx, const void *der, size_t len);
	/* charon runs and does not answer. */
	void (*stuck)(void *ctx);
	/* A negotiation that we began gets on. */
	void (*progress)(void *ctx, const struct pair *pair, enum ike_progress progress);
	/* A negotiation failed. */
	void (*peer_failed)(void *ctx, const struct pair *pair);
	/* A negotiation anew failed; @answered: the peer refused it. */
	void (*renewal_failed)(void *ctx, const struct pair *pair, bool answered);
	/* The outbound SA that the kernel sends with; 0: the newest. */
	uint32_t (*spi_in_use)(void *ctx, const struct pair *pair);
	/* What a pair of SAs has sent and received; UINT64_MAX: it can receive nothing. */
	uint64_t (*packets)(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
	/* Sends the peer a packet by that outbound SA. */
	void (*greet)(void *ctx, const struct pair *pair);
};

/* @conf and @bundle are borrowed until negotiator_set() replaces them. */
int negotiator_open(struct loop *loop, const char *vici_path, const struct conf *conf,
                    const struct pki_bundle *bundle, const struct negotiator_callbacks *callbacks,
                    void *ctx, struct negotiator **ret_negotiator);
void negotiator_close(struct negotiator *negotiator);

/* The process @charon listens: connect, take its list of SAs, load everything. Negative errno;
 * -EPERM: another answers, who gets nothing. */
int negotiator_connect(struct negotiator *negotiator, pid_t charon);
/* One line of charon's log. */
void negotiator_take_line(struct negotiator *negotiator, const struct swan_log *line);
/* charon is gone. */
void negotiator_disconnect(struct negotiator *negotiator);

/*
 * A new configuration: charon reads its strongswan.conf again, gets the credentials and the
 * responder connection, and loses those that are no longer listed. @distrust: a CA is among those;
 * all peers are authenticated anew, make before break, and IKE_SAs from before end.
 */
void negotiator_set(struct negotiator *negotiator, const struct conf *conf,
                    const struct pki_bundle *bundle, bool distrust);

void negotiator_acquire(struct negotiator *negotiator, const struct pair *pair, bool again);
/* See peers_retry(). */
int negotiator_retry(struct negotiator *negotiator, const struct pair *pair);
/* Negotiates anew with all peers that are up, or with @remote (NULL: all) alone; @distrust: what they
 * have is to end, for they have to show a certificate of a CA that we still trust. Returns how many
 * pairs. */
size_t negotiator_renew(struct negotiator *negotiator, const struct addr *remote, bool distrust);
/* The peer may be dead: negotiates anew with it, beside what it has. */
void negotiator_doubt(struct negotiator *negotiator, const struct pair *pair);
/* It is dead: its SAs end at once. */
void negotiator_give_up(struct negotiator *negotiator, const struct pair *pair);
/* The peer had SAs before charon or this host began: peers_on_remembered(). */
void negotiator_remember(struct negotiator *negotiator, const struct pair *pair);
void negotiator_larval_expired(struct negotiator *negotiator, const struct pair *pair);
/* peers_on_larvals_listed(). */
void negotiator_larvals_listed(struct negotiator *negotiator, const struct pair *larvals,
                               size_t count);
/* See peers_on_sa_lost() and peers_on_sas_listed(). */
bool negotiator_sa_lost(struct negotiator *negotiator, const struct pair *ends);
size_t negotiator_sas_listed(struct negotiator *negotiator, const struct pair *sas, size_t count);
/* No packet for long: terminates its SAs. The next acquire negotiates at once. */
void negotiator_close_unused(struct negotiator *negotiator, const struct pair *pair);
/* Forgets every peer for which @keep says false; its SAs are terminated. */
void negotiator_retain(struct negotiator *negotiator,
                       bool (*keep)(void *ctx, const struct peer *peer), void *ctx);
/* Sends DELETEs for all IKE_SAs and lets no new ones come up. @done is called when they are gone,
 * or after @timeout_ms. */
void negotiator_terminate_all(struct negotiator *negotiator, uint64_t timeout_ms, loop_fn done,
                              void *ctx);

/* Asks charon for the certificates that it holds; each comes by the callback `cert`. */
void negotiator_list_certs(struct negotiator *negotiator);

const struct peers *negotiator_peers(const struct negotiator *negotiator);
/* Negotiations that others began, about: charon was asked within the last ten seconds. */
size_t negotiator_half_open(const struct negotiator *negotiator);
/* See loader_check(). */
int negotiator_check(const struct negotiator *negotiator, const struct conf *conf, struct err *err);
/* Why credentials or connections could not be loaded; empty: they are. */
const char *negotiator_problem(const struct negotiator *negotiator);

#endif
