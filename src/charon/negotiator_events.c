/* SPDX-License-Identifier: MIT */
/* What charon tells, as events of the acquire machine. */
#include <string.h>

#include "negotiator_state.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/charon/swan_event.h"

static void take_sa(struct negotiator *negotiator, const struct swan_ike *ike,
                    struct peer_actions *actions)
{
	uint64_t now_ms = clock_now_ms();

	for (size_t i = 0; i < ike->child_count; i++) {
		const struct swan_child *child = &ike->children[i];
		uint64_t age_ms = (uint64_t)child->age_s * 1000;
		struct peer_child up = {.ike_id = ike->id,
		                        .child_id = child->id,
		                        .spi_out = child->spi_out,
		                        .spi_in = child->spi_in,
		                        .since_ms = now_ms > age_ms ? now_ms - age_ms : 0};

		if (!child->installed)
			continue;
		if (child->unlike) {
			peers_on_child_unlike(negotiator->peers, &ike->pair, ike->id, child->id,
			                      child->unlike, now_ms, actions);
			continue;
		}
		peers_on_child_up(negotiator->peers, &ike->pair, &up, now_ms, actions);
		renew_on_child_up(negotiator->renew, &ike->pair, ike->id, now_ms);
	}
	negotiator_arm_renew(negotiator);
}

static void tell_fresh(struct negotiator *negotiator, const struct swan_ike *ike)
{
	for (size_t i = 0; i < ike->child_count; i++) {
		const struct fresh_sas fresh = {
			.pair = ike->pair,
			.spi_out = ike->children[i].spi_out,
			.spi_in = ike->children[i].spi_in,
			.initiator = ike->asked,
		};

		if (ike->children[i].installed && !ike->children[i].unlike)
			negotiator->callbacks->fresh_sas(negotiator->ctx, &fresh);
	}
}

/* Colliding rekeyings leave SAs that no event told of: charon lists them. */
static void ask_what_is_left(struct negotiator *negotiator, const struct swan_ike *ike)
{
	if (!peers_has_child_of(negotiator->peers, ike->id, &ike->pair))
		negotiator_list_ike_sa(negotiator, ike->id);
}

/* The CHILD_SAs first, as peers_retain() does. */
static void end_unwanted(struct negotiator *negotiator, const struct swan_ike *ike)
{
	for (size_t i = 0; i < ike->child_count; i++)
		negotiator_terminate(negotiator, "child-id", ike->children[i].id);
	negotiator_terminate(negotiator, "ike-id", ike->id);
}

static void on_child(struct negotiator *negotiator, const struct swan_ike *ike, bool up,
                     struct peer_actions *actions)
{
	if (up && ike->asked && !negotiator->callbacks->wants(negotiator->ctx, &ike->pair)) {
		end_unwanted(negotiator, ike);
		return;
	}
	if (up) {
		tell_fresh(negotiator, ike);
		take_sa(negotiator, ike, actions);
		if (negotiator->terminate_done)
			negotiator_terminate(negotiator, "ike-id", ike->id);
		return;
	}
	for (size_t i = 0; i < ike->child_count; i++)
		peers_on_child_down(negotiator->peers, ike->id, ike->children[i].id, clock_now_ms(),
		                    actions);
	ask_what_is_left(negotiator, ike);
}

static void on_listed_sa(struct negotiator *negotiator, const struct swan_ike *ike,
                         struct peer_actions *actions)
{
	for (size_t i = 0; i < ike->child_count; i++)
		negotiator->callbacks->listed_sa(negotiator->ctx, &ike->pair,
		                                 ike->children[i].spi_in, ike->children[i].spi_out);
	if (ike->child_count == SWAN_CHILDREN_MAX)
		negotiator->list_incomplete = true;
	take_sa(negotiator, ike, actions);
	if (ike->established && !ike->child_count)
		peers_on_ike_empty(negotiator->peers, ike->id, &ike->pair, actions);
}

static void on_sa(struct negotiator *negotiator, const char *name, const void *message, size_t len,
                  struct peer_actions *actions)
{
	struct swan_ike ike;
	bool up;

	if (swan_event_sa(message, len, &up, &ike) < 0) {
		log_warning("charon: %s: event not understood, ignored", name);
		negotiator->list_incomplete = true;
		return;
	}
	if (strcmp(name, "list-sa") == 0) {
		on_listed_sa(negotiator, &ike, actions);
	} else if (strcmp(name, "child-updown") == 0) {
		on_child(negotiator, &ike, up, actions);
	} else if (!up) {
		peers_on_ike_down(negotiator->peers, ike.id, &ike.pair, clock_now_ms(), actions);
		renew_on_ike_down(negotiator->renew, ike.id);
		negotiator_arm_renew(negotiator);
	}
}

static void on_child_rekey(struct negotiator *negotiator, const void *message, size_t len,
                           struct peer_actions *actions)
{
	struct swan_child_rekey rekey;
	struct fresh_sas fresh;
	struct peer_child child;

	if (swan_event_child_rekey(message, len, &rekey) < 0)
		return;
	if (rekey.new_unlike) {
		peers_on_child_down(negotiator->peers, rekey.ike_id, rekey.old_child_id,
		                    clock_now_ms(), actions);
		peers_on_child_unlike(negotiator->peers, &rekey.pair, rekey.ike_id,
		                      rekey.new_child_id, rekey.new_unlike, clock_now_ms(),
		                      actions);
		return;
	}
	fresh = (struct fresh_sas){.pair = rekey.pair,
	                           .spi_out = rekey.new_spi_out,
	                           .spi_in = rekey.new_spi_in,
	                           .initiator = rekey.asked,
	                           .rekeyed = true};
	negotiator->callbacks->fresh_sas(negotiator->ctx, &fresh);
	child = (struct peer_child){.ike_id = rekey.ike_id,
	                            .child_id = rekey.new_child_id,
	                            .spi_out = rekey.new_spi_out,
	                            .spi_in = rekey.new_spi_in,
	                            .since_ms = clock_now_ms()};
	peers_on_child_rekeyed(negotiator->peers, rekey.old_child_id, &child, child.since_ms);
}

static void on_rekey(struct negotiator *negotiator, const char *name, const void *message,
                     size_t len, struct peer_actions *actions)
{
	uint32_t old_id, new_id;

	if (strcmp(name, "child-rekey") == 0) {
		on_child_rekey(negotiator, message, len, actions);
	} else if (!swan_event_ike_rekey(message, len, &old_id, &new_id)) {
		peers_on_ike_rekeyed(negotiator->peers, old_id, new_id);
		renew_on_ike_rekeyed(negotiator->renew, old_id, new_id);
	}
}

/* The old SAs go on, so it is no failure of the peer. */
static void tell_renewal(struct negotiator *negotiator, const struct failed_negotiation *failed)
{
	char text[ADDR_TEXT_MAX], words[FAILURE_WORDS_MAX];

	renew_on_failed(negotiator->renew, &failed->pair);
	negotiator_arm_renew(negotiator);
	negotiator->callbacks->renewal_failed(negotiator->ctx, &failed->pair,
	                                      !reason_is_silence(failed->failure.reason));
	if (peers_on_renewal_failed(negotiator->peers, &failed->pair, &failed->failure,
	                            clock_now_ms()) &&
	    log_allowed(&negotiator->refusals, clock_now_ms(), "peer: refused"))
		log_warning("peer: %s: a negotiation anew failed, its SAs go on: %s",
		            addr_format(&failed->pair.remote, text),
		            failure_words(&failed->failure, words));
}

static void tell_progress(struct negotiator *negotiator, const struct swan_log *log)
{
	enum swan_progress progress = swan_progress(log->text);
	struct pair pair;

	if (progress == SWAN_PROGRESS_NONE || swan_conf_parse_peer_name(log->ike_name, &pair) < 0)
		return;
	if (progress == SWAN_PROGRESS_SENT)
		peers_on_sent(negotiator->peers, &pair, clock_now_ms());
	else
		peers_on_answered(negotiator->peers, &pair, clock_now_ms());
	negotiator->callbacks->progress(negotiator->ctx, &pair,
	                                progress == SWAN_PROGRESS_SENT ? IKE_PROGRESS_SENT
	                                                               : IKE_PROGRESS_ANSWERED);
}

static void tell_begun(struct negotiator *negotiator, const struct swan_log *log)
{
	struct addr remote;

	if (swan_begun(log->text, &remote))
		peers_on_begun(negotiator->peers, &remote, clock_now_ms());
}

static void tell_failed(struct negotiator *negotiator, const struct failed_negotiation *failed,
                        struct peer_actions *actions)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], words[FAILURE_WORDS_MAX];

	if (failed->ours) {
		tell_renewal(negotiator, failed);
		peers_on_reason(negotiator->peers, &failed->pair, &failed->failure, failed->final,
		                clock_now_ms(), actions);
		return;
	}
	peers_on_vain_attempt(negotiator->peers, &failed->pair, &failed->failure, clock_now_ms(),
	                      actions);
	if (log_allowed(&negotiator->refusals, clock_now_ms(), "peer: refused"))
		log_warning("peer: %s: a negotiation that it began failed: %s local=%s",
		            addr_format(&failed->pair.remote, from),
		            failure_words(&failed->failure, words),
		            addr_format(&failed->pair.local, to));
}

void negotiator_take_line(struct negotiator *negotiator, const struct swan_log *line)
{
	struct failed_negotiation failed;
	struct peer_actions actions = {0};

	ike_link_heard(negotiator->link, line->ike_name);
	tell_progress(negotiator, line);
	tell_begun(negotiator, line);
	negotiator_arm_peers(negotiator);
	if (!reasons_take(&negotiator->reasons, line, negotiator->bundle, clock_now_epoch, &failed))
		return;
	tell_failed(negotiator, &failed, &actions);
	negotiator_run(negotiator, &actions);
	negotiator_check_terminated(negotiator);
}

static void on_alert(struct negotiator *negotiator, const void *message, size_t len)
{
	struct failed_negotiation failed;
	struct swan_alert alert;

	if (swan_event_alert(message, len, &alert) == 0 &&
	    reasons_take_alert(&negotiator->reasons, &alert, negotiator->bundle, clock_now_epoch(),
	                       &failed))
		peers_on_alert(negotiator->peers, &failed.pair, &failed.failure);
}

static void on_cert(struct negotiator *negotiator, const void *message, size_t len)
{
	const void *der;
	size_t der_len;

	if (swan_event_cert(message, len, &der, &der_len) == 0)
		negotiator->callbacks->cert(negotiator->ctx, der, der_len);
}

void negotiator_take_event(void *ctx, const char *name, const void *message, size_t len)
{
	struct negotiator *negotiator = ctx;
	struct peer_actions actions = {0};

	if (strcmp(name, "alert") == 0)
		on_alert(negotiator, message, len);
	else if (strcmp(name, "list-cert") == 0)
		on_cert(negotiator, message, len);
	else if (strcmp(name, "child-rekey") == 0 || strcmp(name, "ike-rekey") == 0)
		on_rekey(negotiator, name, message, len, &actions);
	else
		on_sa(negotiator, name, message, len, &actions);
	negotiator_run(negotiator, &actions);
	negotiator_check_terminated(negotiator);
}
