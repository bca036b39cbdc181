/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#include <stdio.h>

#include "daemon.h"
#include "xfrmd/base/log.h"

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

void commands_remove_policies(struct daemon *daemon, struct strlist *changes,
                              struct strlist *errors)
{
	struct spd_change change = {0};
	char text[128];
	struct err err;

	daemon->flushed = true;
	if (policies_apply(daemon, &change, &err) < 0)
		(void)strlist_add(errors, err.text);
	snprintf(text, sizeof(text), "policies: %zu removed, nothing is protected", change.deleted);
	(void)strlist_add(changes, text);
	log_notice("%s", text);
}

static char *try(struct daemon *daemon, const struct ctl_ask *ask)
{
	struct strlist changes = {0}, errors = {0};

	try_begin(daemon, ask->timeout_s, ask->copied, &changes, &errors);
	return result_json(&changes, &errors);
}

static char *end_try(struct daemon *daemon, bool confirmed)
{
	struct strlist changes = {0}, errors = {0};

	if (confirmed)
		try_confirm(daemon, &changes, &errors);
	else
		try_back(daemon, &changes, &errors);
	return result_json(&changes, &errors);
}

static char *flush(struct daemon *daemon)
{
	struct strlist changes = {0}, errors = {0};

	commands_remove_policies(daemon, &changes, &errors);
	return result_json(&changes, &errors);
}

/* There is an entry for each local address that the peer was talked to from. */
static char *retry(struct daemon *daemon, const struct addr *remote)
{
	struct strlist changes = {0}, errors = {0};
	struct pair found[RETRY_PAIRS_MAX];
	size_t count, pairs = 0;
	const struct peer *const *list = peers_list(negotiator_peers(daemon->negotiator), &count);
	char peer[ADDR_TEXT_MAX], text[256];

	/* the list changes while its peers are retried */
	for (size_t i = 0; i < count && pairs < RETRY_PAIRS_MAX; i++)
		if (addr_equal(&list[i]->pair.remote, remote))
			found[pairs++] = list[i]->pair;
	addr_format(remote, peer);
	for (size_t i = 0; i < pairs; i++)
		negotiator_retry(daemon->negotiator, &found[i]);
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

static char *rekey(struct daemon *daemon, const struct addr *remote)
{
	struct strlist changes = {0}, errors = {0};
	char peer[ADDR_TEXT_MAX] = "all peers", text[256];
	size_t count = negotiator_rekey(daemon->negotiator, remote->family ? remote : NULL);

	if (remote->family)
		addr_format(remote, peer);
	if (count) {
		log_notice("peer: %s: negotiation anew asked for by xfrmctl", peer);
		snprintf(text, sizeof(text), "%s: asked for", peer);
		(void)strlist_add(&changes, text);
	} else {
		snprintf(text, sizeof(text), "%s: not up: see xfrmctl peers", peer);
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
		ctl_request_reply(request, metrics_json(daemon));
		break;
	case CTL_COMMAND_MONITOR:
		monitor_begin(daemon, request);
		break;
	case CTL_COMMAND_DESIRED:
		ctl_request_reply(request, ctl_proto_desired(installed_spd_want(daemon->spd)));
		break;
	case CTL_COMMAND_RELOAD:
		ctl_request_reply(request, reload(daemon));
		break;
	case CTL_COMMAND_SHUTDOWN:
		shutdown_ask(daemon, request, ask->now);
		break;
	case CTL_COMMAND_FLUSH:
		ctl_request_reply(request, flush(daemon));
		break;
	case CTL_COMMAND_RETRY:
		ctl_request_reply(request, retry(daemon, &ask->address));
		break;
	case CTL_COMMAND_REKEY:
		ctl_request_reply(request, rekey(daemon, &ask->address));
		break;
	case CTL_COMMAND_TRY:
		ctl_request_reply(request, try(daemon, ask));
		break;
	case CTL_COMMAND_CONFIRM:
		ctl_request_reply(request, end_try(daemon, true));
		break;
	case CTL_COMMAND_BACK:
		ctl_request_reply(request, end_try(daemon, false));
		break;
	}
}
