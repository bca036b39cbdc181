/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#include "xfrmd/xfrmd/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "xfrmd/base/log.h"
#include "xfrmd/ctl/ctl_server.h"
#include "xfrmd/xfrmd/metrics_report.h"
#include "xfrmd/xfrmd/monitor.h"
#include "xfrmd/xfrmd/policies.h"
#include "xfrmd/xfrmd/reload.h"
#include "xfrmd/xfrmd/shutdown.h"
#include "xfrmd/xfrmd/status.h"
#include "xfrmd/xfrmd/try.h"

struct commands {
	struct ctl_server *ctl;
};

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

	policies_remove_all(daemon, &changes, &errors);
	return result_json(&changes, &errors);
}

/* There is an entry for each local address that the peer was talked to from. */
static char *retry(struct daemon *daemon, const struct addr *remote)
{
	struct strlist changes = {0}, errors = {0};
	struct pair found[RETRY_PAIRS_MAX];
	size_t count, pairs = 0;
	const struct peer *const *list = peers_list(negotiator_peers(daemon->negotiator), &count);
	char peer[ADDR_TEXT_MAX];

	/* the list changes while its peers are retried */
	for (size_t i = 0; i < count && pairs < RETRY_PAIRS_MAX; i++)
		if (addr_equal(&list[i]->pair.remote, remote))
			found[pairs++] = list[i]->pair;
	addr_format(remote, peer);
	for (size_t i = 0; i < pairs; i++)
		negotiator_retry(daemon->negotiator, &found[i]);
	if (pairs) {
		log_notice("peer: %s: negotiation asked for by xfrmctl", peer);
		strlist_addf(&changes, "%s: asked for", peer);
	} else {
		strlist_addf(&errors, "%s: no such peer: no traffic asked for it, send it some",
		             peer);
	}
	return result_json(&changes, &errors);
}

static char *rekey(struct daemon *daemon, const struct addr *remote)
{
	struct strlist changes = {0}, errors = {0};
	char peer[ADDR_TEXT_MAX] = "all peers";
	size_t count = negotiator_rekey(daemon->negotiator, remote->family ? remote : NULL);

	if (remote->family)
		addr_format(remote, peer);
	if (count) {
		log_notice("peer: %s: negotiation anew asked for by xfrmctl", peer);
		strlist_addf(&changes, "%s: asked for", peer);
	} else {
		strlist_addf(&errors, "%s: not up: see xfrmctl peers", peer);
	}
	return result_json(&changes, &errors);
}

static void handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask)
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
		ctl_request_reply(request, metrics_report(daemon));
		break;
	case CTL_COMMAND_MONITOR:
		monitor_begin(daemon->parts.commands->ctl, request);
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

int commands_open(struct daemon *daemon, struct err *err)
{
	struct commands *self = calloc(1, sizeof(*self));
	char *path;
	int error;

	daemon->parts.commands = self;
	if (!self || asprintf(&path, "%s/%s", daemon->run_dir, CTL_SOCKET_NAME) < 0)
		return err_set(err, -ENOMEM, "control socket: out of memory");
	error = ctl_server_open(daemon->loop, path, handle, daemon, &self->ctl, err);
	free(path);
	return error;
}

void commands_close(struct daemon *daemon)
{
	if (!daemon->parts.commands)
		return;
	monitor_end();
	ctl_server_close(daemon->parts.commands->ctl);
	free(daemon->parts.commands);
	daemon->parts.commands = NULL;
}
