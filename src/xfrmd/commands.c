/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#include <stdio.h>

#include "daemon.h"
#include "xfrmd/log.h"
#include "xfrmd/notify.h"

/* How long `shutdown` waits for the peers' answers to our DELETEs: one retransmission and a half. */
#define COMMANDS_TERMINATE_MS 2000

/* Of one peer: more than a host has addresses. */
#define RETRY_PAIRS_MAX 64

static char *result_json(struct strlist *changes, struct strlist *errors)
{
	char *json = ctl_proto_result(!errors->count, changes, errors);

	strlist_fini(changes);
	strlist_fini(errors);
	return json;
}

static char *reload(struct daemon *daemon)
{
	struct strlist changes = {0}, errors = {0};

	reload_run(daemon, &changes, &errors);
	return result_json(&changes, &errors);
}

static void remove_policies(struct daemon *daemon, struct strlist *changes, struct strlist *errors)
{
	struct spd_change change = {0};
	char text[128];
	struct err err;

	daemon->flushed = true;
	if (daemon_apply_spd(daemon, &change, &err) < 0)
		(void)strlist_add(errors, err.text);
	snprintf(text, sizeof(text), "policies: %zu removed, nothing is protected", change.deleted);
	(void)strlist_add(changes, text);
	log_notice("%s", text);
}

static char *flush(struct daemon *daemon)
{
	struct strlist changes = {0}, errors = {0};

	remove_policies(daemon, &changes, &errors);
	return result_json(&changes, &errors);
}

/* All DELETEs are answered, or the time for that is over. */
static void finish_shutdown(void *ctx)
{
	struct daemon *daemon = ctx;
	struct strlist changes = {0}, errors = {0};

	charon_kill(daemon->charon);
	/* charon tells of an SA's end before it deletes it */
	spd_keeper_delete_sas(daemon->spd, daemon->conf.reqid);
	(void)strlist_add(&changes, "charon and its SAs: ended");
	if (daemon->conf.stop_clear || daemon->flushed)
		remove_policies(daemon, &changes, &errors);
	else
		(void)strlist_add(&changes, "policies: stay in the kernel, protected traffic is "
		                            "blocked (stop_action = block)");
	log_notice("shutdown: done");
	ctl_request_reply(daemon->shutdown_request, result_json(&changes, &errors));
	daemon->shutdown_request = NULL;
	loop_stop(daemon->loop);
}

static void begin_shutdown(struct daemon *daemon, struct ctl_request *request)
{
	struct strlist none = {0}, errors = {0};

	if (daemon->shutdown_request) {
		(void)strlist_add(&errors, "a shutdown is under way already");
		ctl_request_reply(request, result_json(&none, &errors));
		return;
	}
	log_notice("shutdown: asked for by xfrmctl");
	notify_send("STOPPING=1");
	daemon->shutdown_request = request;
	recent_peers_freeze(daemon);
	negotiator_terminate_all(daemon->negotiator, COMMANDS_TERMINATE_MS, finish_shutdown,
	                         daemon);
}

/* There is an entry for each local address that the peer was talked to from. */
static char *retry(struct daemon *daemon, const struct addr *remote)
{
	struct strlist changes = {0}, errors = {0};
	struct addr locals[RETRY_PAIRS_MAX];
	size_t count, pairs = 0;
	const struct peer *const *list = peers_list(negotiator_peers(daemon->negotiator), &count);
	char peer[ADDR_TEXT_MAX], text[256];

	/* the list changes while its peers are retried */
	for (size_t i = 0; i < count && pairs < RETRY_PAIRS_MAX; i++)
		if (addr_equal(&list[i]->remote, remote))
			locals[pairs++] = list[i]->local;
	addr_format(remote, peer);
	for (size_t i = 0; i < pairs; i++)
		negotiator_retry(daemon->negotiator, &locals[i], remote);
	if (pairs) {
		log_notice("peer: %s: negotiation asked for by xfrmctl", peer);
		snprintf(text, sizeof(text), "%s: asked for", peer);
		(void)strlist_add(&changes, text);
	} else {
		snprintf(text, sizeof(text),
		         "%s: no such peer: no traffic asked for it, send it some", peer);
		(void)strlist_add(&errors, text);
	}
	return result_json(&changes, &errors);
}

void commands_handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask)
{
	struct daemon *daemon = ctx;

	switch (ask->command) {
	case CTL_COMMAND_STATUS:
		ctl_request_reply(request, status_json(daemon));
		break;
	case CTL_COMMAND_PEERS:
		ctl_request_reply(request, status_peers_json(daemon));
		break;
	case CTL_COMMAND_METRICS:
		ctl_request_reply(request, measure_json(daemon));
		break;
	case CTL_COMMAND_MONITOR:
		monitor_begin(daemon, request);
		break;
	case CTL_COMMAND_DESIRED:
		ctl_request_reply(request, ctl_proto_desired(spd_keeper_want(daemon->spd)));
		break;
	case CTL_COMMAND_RELOAD:
		ctl_request_reply(request, reload(daemon));
		break;
	case CTL_COMMAND_SHUTDOWN:
		begin_shutdown(daemon, request);
		break;
	case CTL_COMMAND_FLUSH:
		ctl_request_reply(request, flush(daemon));
		break;
	case CTL_COMMAND_RETRY:
		ctl_request_reply(request, retry(daemon, &ask->address));
		break;
	}
}
