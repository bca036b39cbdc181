/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl explain IP`: gathers what the kernel and the daemon know; explanation.c does the rest.
 * Everything is read by netlink: not one packet is sent, and no policy notices the question.
 */
#include <string.h>

#include "explanation.h"
#include "out_explain.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/doctor/doctor.h"
#include "xfrmd/doctor/doctor_gather.h"
#include "xfrmd/net/addr_watch.h"

/* Owned, where the input only borrows. */
struct gathered {
	struct policy_rows rows;
	struct local_addr *addrs;
	struct sa *sas;
	struct ctl_peers peers;
};

static void gathered_fini(struct gathered *gathered)
{
	policy_rows_fini(&gathered->rows);
	free(gathered->addrs);
	free(gathered->sas);
	ctl_peers_fini(&gathered->peers);
}

/* What the kernel knows about IPsec besides its policies. */
static int read_kernel(struct gathered *gathered, struct explanation_input *input, struct err *err)
{
	struct xfrm_sock *sock = NULL;
	int ret = xfrm_sock_open(&sock, err);

	if (ret == 0)
		ret = xfrm_sock_dump_sas(sock, &gathered->sas, &input->sa_count, err);
	if (ret == 0)
		ret = xfrm_sock_read_defaults(sock, &input->defaults);
	if (ret < 0 && !*err->text)
		err_set(err, ret, "xfrm socket: the default cannot be read: %s", strerror(-ret));
	xfrm_sock_close(sock);
	if (ret == 0)
		ctl_sas_sort(gathered->sas, input->sa_count);
	return ret;
}

/* Of the kernel everything must be known, of the daemon what it likes to say. */
static int gather(const struct options *options, struct gathered *gathered,
                  struct explanation_input *input, struct output *output)
{
	struct forwarding forwarding;
	struct err err = {0};
	int ret = ask_policies(options, &gathered->rows, &input->drift_known, output);

	if (ret != EXIT_OK)
		return ret;
	if (addr_watch_dump(&gathered->addrs, &input->addr_count, &forwarding, &err) < 0 ||
	    route_lookup(&input->address, &input->route, &err) < 0 ||
	    read_kernel(gathered, input, &err) < 0)
		return output_complain(output, EXIT_FAILED, "%s", err.text);
	input->rows = &gathered->rows;
	input->addrs = gathered->addrs;
	input->sas = gathered->sas;
	if (input->drift_known && ask_peers(options, &gathered->peers, &err) == EXIT_OK)
		input->peers = &gathered->peers;
	return EXIT_OK;
}

/* A server that the host depends on, and that the lists cut off unless it speaks IPsec. */
static bool is_server(const struct addr *address)
{
	_cleanup_(doctor_facts_fini) struct doctor_facts facts = {0};
	bool found = false;

	/* of what could be read */
	(void)doctor_gather_servers(&facts);
	for (size_t i = 0; i < facts.server_count; i++)
		found |= addr_equal(&facts.servers[i].addr, address);
	return found;
}

/* What traffic that stands still means, and what to do. */
static void advise(struct ctl_explain *explain)
{
	const struct policy *rule = explain_rule(&explain->out);
	const struct doctor_advice *advice;

	if (explain->kind != EXPLAIN_KIND_REMOTE || !rule || rule->action == POLICY_ACTION_ALLOW ||
	    ctl_explain_has_sa(explain))
		return;
	if (is_server(&explain->pair.remote)) {
		explain->why = "it is a gateway, DNS or DHCP server of this host, inside "
			       "ipsec_subnets; it answers only if it speaks IPsec";
		explain->action = "add it to no_ipsec_subnets on all hosts, then `xfrmctl reload`";
	} else if (explain->peer && explain->peer->last_error.reason) {
		advice = &doctor_advices[explain->peer->last_error.reason];
		explain->why = advice->why;
		explain->action = advice->action;
	}
}

int cmd_explain(const struct options *options, struct output *output)
{
	_cleanup_(gathered_fini) struct gathered gathered = {0};
	_cleanup_(ctl_explain_fini) struct ctl_explain explain = {0};
	struct explanation_input input = {0};
	int ret;

	if (!options->argument || addr_parse(options->argument, &input.address) < 0)
		return output_complain(output, EXIT_USAGE,
		                       "explain: expected an IP address, found \"%s\"",
		                       options->argument ? options->argument : "");
	ret = gather(options, &gathered, &input, output);
	if (ret != EXIT_OK)
		return ret;
	if (explanation_make(&input, &explain) < 0)
		return output_complain(output, EXIT_FAILED, "explain: out of memory");
	advise(&explain);
	if (options->json)
		output_json(output, ctl_proto_explain(&explain));
	else
		out_explain(&explain, clock_now_epoch(), options->coloured, &output->text);
	return EXIT_OK;
}
