/* SPDX-License-Identifier: MIT */
/* The gentle end: the peers hear that their SAs go. */
#include "negotiator_state.h"
#include "xfrmd/charon/swan_conf.h"

void negotiator_terminated(void *ctx)
{
	struct negotiator *negotiator = ctx;
	loop_fn done = negotiator->terminate_done;

	negotiator->terminate_done = NULL;
	loop_timer_stop(negotiator->terminate_timer);
	done(negotiator->terminate_ctx);
}

void negotiator_check_terminated(struct negotiator *negotiator)
{
	size_t count;
	const struct peer *const *list;

	if (!negotiator->terminate_done)
		return;
	list = peers_list(negotiator->peers, &count);
	for (size_t i = 0; i < count; i++)
		if (list[i]->child_count)
			return;
	/* from the loop: this is called inside an event of the connection */
	loop_timer_start(negotiator->terminate_timer, 0);
}

void negotiator_terminate_all(struct negotiator *negotiator, uint64_t timeout_ms, loop_fn done,
                              void *ctx)
{
	size_t count;
	const struct peer *const *list = peers_list(negotiator->peers, &count);
	struct buf message = {0};

	/* or the peers' traffic would have them begin anew while we wait */
	swan_conf_name(&message, SWAN_RESPONDER);
	/* what cannot be sent the timer makes up for: charon ends then in any case */
	(void)ike_link_request(negotiator->link, "unload-conn", &message, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < list[i]->child_count; c++)
			negotiator_terminate(negotiator, "ike-id", list[i]->children[c].ike_id);
	negotiator->terminate_done = done;
	negotiator->terminate_ctx = ctx;
	loop_timer_start(negotiator->terminate_timer,
	                 ike_link_is_up(negotiator->link) ? timeout_ms : 0);
	negotiator_check_terminated(negotiator);
}
