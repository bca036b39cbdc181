/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_SAD_LIVENESS_H
#define XFRMD_SAD_LIVENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xfrmd/net/pair.h"

/*
 * Finds peers that do not take any more what we send, from dumps of the kernel's SAs: one that came back
 * without its memory, or an address that is another host's now. Pure: looks, events and time in, actions
 * out.
 *
 * What comes in is the only sign of life, by whatever SA of the pair, and who gives it needs no check.
 * Something goes out and nothing comes in: after LIVENESS_SILENT_MS the peer is sent an ICMP echo, whose answer shows in the SA's counter.
 * No answer: the pair is in doubt, and is negotiated with anew beside its SAs, again and again until that
 * is answered or something comes in. A pair that nobody uses is sent an echo once in dpd_delay. A peer
 * that answers IKE while nothing comes in filters ICMP, and takes what has no answer by nature: its next
 * doubt comes late, and later each time; charon checks it instead. One that answers neither is given up
 * when charon would have given it up by a check every dpd_delay.
 *
 * Whoever in doubt turns out to live after all was only slow, as all are where processors are short, and
 * new negotiations would make it worse: the patience with answers doubles then, as TCP's does, once for
 * all that were doubted with the same patience, and comes down again by and by.
 *
 * By whatever SA: each end goes over to a new one at its own time, so answers come by the older one for a
 * while. A peer that lost the very SA that we send by, and still sends by an older one, hears nothing from
 * us and is the one that doubts; and an older SA lasts DUPLICATES_DRAIN_MS beside the newer one at most.
 */

/* From one look to the next while something goes out or a pair is silent, and else; with many SAs the
 * looks are rarer, since each costs some microseconds an SA. */
#define LIVENESS_LOOK_MS       400
#define LIVENESS_REST_MS       1000
#define LIVENESS_SAS_PER_MS    2
/* From the last sign of life to an echo: two looks. From that to the doubt: the next look, or what our
 * patience has come to. */
#define LIVENESS_SILENT_MS     800
#define LIVENESS_ANSWER_MS     300
#define LIVENESS_ANSWER_MAX_MS 9600
/* Our patience is halved after so long without a doubt that was wrong. */
#define LIVENESS_CALM_MS       30000
/* From one renewal that came to nothing to the next, for so long: a host that boots refuses, or does not
 * answer. Then an eighth of the doubt's age. Never sooner than our patience. */
#define LIVENESS_RETRY_MS      1000
#define LIVENESS_RETRY_FOR_MS  30000
/* A renewal of which nobody tells what became of it, as RENEW_DEADLINE_MS. */
#define LIVENESS_RENEWAL_MS    20000
/* After a renewal that was answered while nothing came in: doubling. */
#define LIVENESS_HOLD_MIN_MS   8000
#define LIVENESS_HOLD_MAX_MS   3600000
/* Given up so long after dpd_delay without a sign of life, charon's retransmissions of one request; and
 * when renewals have gone unanswered for so long, or for four times our patience. */
#define LIVENESS_GIVE_UP_MS    6200
#define LIVENESS_UNANSWERED_MS 5000
/* A look asks so many; and renewals under way at once, as PEERS_WORKING_MAX, of which a look begins a few:
 * those that are begun before it shows that the doubts are wrong cost time that a slow host lacks. As many
 * more as doubts have turned out to be right since one was wrong. */
#define LIVENESS_ECHOES_MAX    64
#define LIVENESS_RENEWALS_MAX  64
#define LIVENESS_BEGUN_MAX     4

struct liveness_sa {
	struct pair pair;
	uint32_t spi;
	bool out;
	uint64_t packets;
};

enum liveness_kind {
	LIVENESS_ECHO,    /* send the peer an echo by its SA */
	LIVENESS_RENEW,   /* negotiate anew beside the SAs that it has */
	LIVENESS_GIVE_UP, /* end its SAs, the peer is dead */
};
struct liveness_action {
	enum liveness_kind kind;
	struct pair pair;
	uint64_t silent_ms; /* since the last sign of life, or an answer by IKE */
	bool again;         /* RENEW: not the first one of this doubt */
};

struct liveness_counters {
	uint64_t echoes, doubts, renewals, given_up;
};

struct liveness;
int liveness_new(struct liveness **ret_liveness); /* 0 or -ENOMEM */
void liveness_free(struct liveness *liveness);

/*
 * One look at all SAs of peers that are up, in any order; @sas gets sorted. *ret_actions: what to do, at
 * most one a pair, borrowed until the next call. Pairs seen for the first time, and all of them after
 * -ENOMEM, are alive now. @dpd_delay_ms is not 0.
 */
int liveness_look(struct liveness *liveness, struct liveness_sa *sas, size_t count, uint64_t now_ms,
                  uint64_t dpd_delay_ms, const struct liveness_action **ret_actions,
                  size_t *ret_count);
/* Nobody looks for now: what was seen tells nothing when looking begins again. */
void liveness_forget(struct liveness *liveness);
/* From the last look to the next. */
uint64_t liveness_interval_ms(const struct liveness *liveness);

/* The pair has new SAs by a negotiation, whoever began it: the peer lives. */
void liveness_on_negotiated(struct liveness *liveness, const struct pair *pair, uint64_t now_ms);
/* A renewal failed; @answered: the peer refused it, so it lives. */
void liveness_on_failed(struct liveness *liveness, const struct pair *pair, bool answered,
                        uint64_t now_ms);

struct liveness_counters liveness_counters(const struct liveness *liveness);

#endif
