/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#include "xfrmd/xfrmd/commands.h"

#include <errno.h>
#include <stdlib.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/ctl/ctl_server.h"
#include "xfrmd/spd/policy_digest.h"
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

/* There is an entry for each local address that the peer was talked to from. */
static void retry(struct daemon *daemon, const struct addr *remote, struct strlist *changes,
                  struct strlist *errors)
{
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
	if (!pairs) {
		strlist_addf(errors, "%s: no such peer: no traffic asked for it, send it some",
		             peer);
		return;
	}
	log_notice("peer: %s: negotiation asked for by xfrmctl", peer);
	strlist_addf(changes, "%s: asked for", peer);
}

/* @remote AF_UNSPEC: all. */
static void rekey(struct daemon *daemon, const struct addr *remote, struct strlist *changes,
                  struct strlist *errors)
{
	char peer[ADDR_TEXT_MAX] = "all peers";

	if (remote->family)
		addr_format(remote, peer);
	if (!negotiator_renew(daemon->negotiator, remote->family ? remote : NULL, false)) {
		strlist_addf(errors, "%s: not up: see xfrmctl peers", peer);
		return;
	}
	log_notice("peer: %s: negotiation anew asked for by xfrmctl", peer);
	strlist_addf(changes, "%s: asked for", peer);
}

static char *desired(const struct daemon *daemon, uint64_t unless)
{
	const struct policy_list *want = installed_spd_want(daemon->spd);

	return unless && unless == policy_digest(want) ? ctl_proto_unchanged()
	                                               : ctl_proto_desired(want);
}

/* What shows something answers with its document, what does something in sentences. */
static char *answer(struct daemon *daemon, const struct ctl_ask *ask)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};

	switch (ask->command) {
	case CTL_COMMAND_STATUS:
		return status_json(daemon);
	case CTL_COMMAND_PEERS:
		return status_peers_json(daemon);
	case CTL_COMMAND_METRICS:
		return metrics_report(daemon);
	case CTL_COMMAND_DESIRED:
		return desired(daemon, ask->unless);
	case CTL_COMMAND_RELOAD:
		reload_run(daemon, &changes, &errors);
		break;
	case CTL_COMMAND_FLUSH:
		policies_remove_all(daemon, &changes, &errors);
		break;
	case CTL_COMMAND_RETRY:
		retry(daemon, &ask->address, &changes, &errors);
		break;
	case CTL_COMMAND_REKEY:
		rekey(daemon, &ask->address, &changes, &errors);
		break;
	case CTL_COMMAND_TRY:
		try_begin(daemon, ask->timeout_s, ask->copied, &changes, &errors);
		break;
	case CTL_COMMAND_CONFIRM:
		try_confirm(daemon, &changes, &errors);
		break;
	case CTL_COMMAND_BACK:
		try_back(daemon, &changes, &errors);
		break;
	case CTL_COMMAND_MONITOR:
	case CTL_COMMAND_SHUTDOWN:
		break; /* answered later */
	}
	return ctl_proto_result(!errors.count, &changes, &errors);
}

static void handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask)
{
	struct daemon *daemon = ctx;

	if (ask->command == CTL_COMMAND_MONITOR)
		monitor_begin(daemon->parts.commands->ctl, request);
	else if (ask->command == CTL_COMMAND_SHUTDOWN)
		shutdown_ask(daemon, request, ask->now);
	else
		ctl_request_reply(request, answer(daemon, ask));
}

static int open_part(struct daemon *daemon, struct err *err)
{
	_cleanup_(cleanup_free) char *path = run_dir_file(daemon->run_dir, CTL_SOCKET_NAME);

	if (!path)
		return err_set(err, -ENOMEM, "control socket: out of memory");
	return ctl_server_open(daemon->loop, path, handle, daemon, &daemon->parts.commands->ctl,
	                       err);
}

static void close_part(struct daemon *daemon)
{
	monitor_end();
	ctl_server_close(daemon->parts.commands->ctl);
}

const struct part commands_part = {PART(commands), .open = open_part, .close = close_part};
