/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl verify`: what the kernel and the daemon know about each peer, a probe to it, and what
 * they know afterwards. The sentence is made by verdict.c. Works without the daemon, for one
 * address.
 */
#include <errno.h>
#include <string.h>

#include "probe.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/ctl/ctl_verify.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/net/path_probe.h"
#include "xfrmd/net/route.h"
#include "xfrmd/spd/explain.h"
#include "xfrmd/spd/role.h"
#include "xfrmd/xfrm/xfrm_sock.h"

/* The kernel takes three to know that there is no neighbour. */
#define VERIFY_DEFAULT_S 4
/* At a time: file descriptors, and pings that no router takes for an attack. */
#define BATCH_MAX        64
/* Large packets are waited for this long, or for as many times as the small one took. */
#define LARGE_WAIT_MS    300
#define LARGE_WAIT_TIMES 4

/* What the kernel says, read once before the first probe. */
struct scene {
	struct xfrm_sock *sock;
	struct policy_rows rows;
	struct xfrm_defaults defaults;
	struct local_addr *addrs;
	size_t addr_count;
	struct sa *sas;
	size_t sa_count;
	bool holds;
	unsigned timeout_ms;
};

static void scene_fini(struct scene *scene)
{
	xfrm_sock_close(scene->sock);
	policy_rows_fini(&scene->rows);
	free(scene->addrs);
	free(scene->sas);
}

static int scene_read(struct scene *scene, struct err *err)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0};
	_cleanup_(cleanup_free) char *drops =
		file_read_small("/proc/sys/net/core/xfrm_larval_drop");
	struct forwarding forwarding;
	int error = xfrm_sock_open(&scene->sock, err);

	if (!error)
		error = xfrm_sock_dump_policies(scene->sock, &have, err);
	if (!error && policy_rows_build(&have, NULL, &scene->rows) < 0)
		error = err_set(err, -ENOMEM, "policies: out of memory");
	if (!error)
		error = xfrm_sock_dump_sas(scene->sock, &scene->sas, &scene->sa_count, err);
	if (!error && xfrm_sock_read_defaults(scene->sock, &scene->defaults) < 0)
		error = err_set(err, -EIO, "xfrm socket: the default cannot be read");
	if (!error)
		error = addr_watch_dump(&scene->addrs, &scene->addr_count, &forwarding, err);
	scene->holds = drops && *drops == '0';
	return error;
}

/* What it is that cannot be asked. */
static const char *const why_not[] = {
	[EXPLAIN_KIND_REMOTE] = NULL,
	[EXPLAIN_KIND_OWN] = "an address of this host itself",
	[EXPLAIN_KIND_LOOPBACK] = "an address of this host itself",
	[EXPLAIN_KIND_BROADCAST] = "a broadcast address",
	[EXPLAIN_KIND_MULTICAST] = "a multicast address",
	[EXPLAIN_KIND_ANY] = "no address that a host can have",
};

static enum verdict_rule rule_of(const struct policy *policy, const struct xfrm_defaults *defaults)
{
	if (!policy)
		return defaults->out_blocked ? VERDICT_RULE_REFUSE : VERDICT_RULE_NONE;
	switch ((enum policy_action)policy->action) {
	case POLICY_ACTION_PROTECT:
		return policy->optional ? VERDICT_RULE_OPTIONAL : VERDICT_RULE_REQUIRED;
	case POLICY_ACTION_ALLOW:
		return role_of(policy) == ROLE_FOREIGN ? VERDICT_RULE_FOREIGN : VERDICT_RULE_ALLOW;
	case POLICY_ACTION_BLOCK:
		return role_of(policy) == ROLE_KNOWN_HOST ? VERDICT_RULE_SILENT
		                                          : VERDICT_RULE_BLOCK;
	}
	return VERDICT_RULE_NONE;
}

static bool is_between(const struct sa *sa, const struct verdict_input *input, bool outbound)
{
	return sa_is_negotiated(sa) && sa_goes(sa, &input->pair, outbound);
}

/* Packets of the peer that came as ESP, by all SAs that there are. */
static uint64_t count_received(const struct sa *sas, size_t count,
                               const struct verdict_input *input)
{
	uint64_t received = 0;

	for (size_t i = 0; i < count; i++)
		if (is_between(&sas[i], input, false))
			received += sas[i].packets;
	return received;
}

static bool has_sa(const struct sa *sas, size_t count, const struct verdict_input *input)
{
	for (size_t i = 0; i < count; i++)
		if (is_between(&sas[i], input, true))
			return true;
	return false;
}

/* What is known before the probe. The local address is set, or AF_UNSPEC: as the kernel chooses. */
static int prepare(const struct scene *scene, struct verdict_input *input, struct err *err)
{
	const struct addr *address = &input->pair.remote;
	struct explain_way way = {0};
	struct route route = {0};

	input->timeout_ms = scene->timeout_ms;
	input->holds = scene->holds;
	input->other = why_not[explain_kind_of(address, scene->addrs, scene->addr_count)];
	if (input->other)
		return 0;
	if (route_lookup(address, &route, err) < 0)
		return -EIO;
	input->routed = route.found && *route.ifname;
	if (!input->pair.local.family)
		input->pair.local = route.source;
	input->routed &= input->pair.local.family == address->family;
	memcpy(input->ifname, route.ifname, sizeof(input->ifname));
	if (!input->routed)
		return 0;
	if (explain_way_build(&scene->rows, POLICY_DIR_OUT, &input->pair.local, address, &way) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	input->rule = rule_of(explain_rule(&way), &scene->defaults);
	if (explain_rule(&way))
		input->policy = *explain_rule(&way);
	explain_way_fini(&way);
	input->had_sa = has_sa(scene->sas, scene->sa_count, input);
	input->disable_xfrm = route.disable_xfrm;
	return 0;
}

/* Also those from before: an SA may be replaced while the probe is under way. */
static void mark_known(struct verdict_esp *list, size_t count, const struct sa *sas,
                       size_t sa_count, const struct verdict_input *input, bool outbound)
{
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < sa_count; s++)
			list[i].known |= sas[s].spi == list[i].spi &&
			                 is_between(&sas[s], input, outbound);
}

static void take_peer(const struct ctl_peers *peers, struct verdict_input *input)
{
	for (size_t i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];

		if (!pair_equal(&peer->pair, &input->pair))
			continue;
		input->peer_known = true;
		memcpy(input->peer_state, peer->state, sizeof(input->peer_state));
		input->last_error = peer->last_error;
		input->retry_in_s = peer->next_retry ? peer->next_retry - clock_now_epoch() : 0;
		return;
	}
}

/* What is known after the probes. */
static int conclude(const struct options *options, const struct scene *scene,
                    struct verdict_input *inputs, size_t count, struct err *err)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	_cleanup_(cleanup_free) struct sa *sas = NULL;
	struct err away;
	size_t sa_count = 0;
	bool daemon_known;
	int error = xfrm_sock_dump_sas(scene->sock, &sas, &sa_count, err);

	if (error)
		return error;
	/* without the daemon there is less to say about what failed */
	daemon_known = ask_peers(options, &peers, &away) == EXIT_OK;
	for (size_t i = 0; i < count; i++) {
		struct verdict_input *input = &inputs[i];
		struct verdict_seen *seen = &input->seen;

		input->has_sa = has_sa(sas, sa_count, input);
		input->received = count_received(sas, sa_count, input);
		input->daemon_known = daemon_known;
		mark_known(seen->out, seen->out_count, sas, sa_count, input, true);
		mark_known(seen->out, seen->out_count, scene->sas, scene->sa_count, input, true);
		mark_known(seen->in, seen->in_count, sas, sa_count, input, false);
		mark_known(seen->in, seen->in_count, scene->sas, scene->sa_count, input, false);
		take_peer(&peers, input);
	}
	return 0;
}

static int verify_batch(const struct options *options, const struct scene *scene,
                        struct verdict_input *inputs, size_t count, struct err *err)
{
	struct probe probes[BATCH_MAX];
	size_t used[BATCH_MAX], probe_count = 0;
	int error = 0;

	for (size_t i = 0; !error && i < count; i++) {
		struct verdict_input *input = &inputs[i];

		error = prepare(scene, input, err);
		if (error || !input->routed)
			continue;
		used[probe_count] = i;
		/* without an SA it is worth knowing whether anybody speaks IKE there */
		probes[probe_count] = (struct probe){.pair = input->pair,
		                                     .knock = !input->had_sa &&
		                                              verdict_is_protected(input)};
		memcpy(probes[probe_count++].ifname, input->ifname, sizeof(input->ifname));
	}
	if (!error)
		error = probes_run(probes, probe_count, scene->timeout_ms, err);
	for (size_t i = 0; !error && i < probe_count; i++)
		inputs[used[i]].seen = probes[i].seen;
	return error ? error : conclude(options, scene, inputs, count, err);
}

/* Of those that answer to small packets by ESP: whether large ones pass as well. */
static void try_large(struct ctl_verify *rows, size_t count, unsigned timeout_ms)
{
	struct path_probe probes[BATCH_MAX];
	uint64_t wait_ms = LARGE_WAIT_MS;
	size_t used[BATCH_MAX], probe_count = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t times_ms = rows[i].answer_us * LARGE_WAIT_TIMES / 1000;

		if (!rows[i].well || rows[i].sent != CTL_WAY_ESP)
			continue;
		if (wait_ms < times_ms)
			wait_ms = times_ms;
		used[probe_count] = i;
		probes[probe_count] = (struct path_probe){.pair = rows[i].pair};
		memcpy(probes[probe_count++].ifname, rows[i].ifname, sizeof(rows[i].ifname));
	}
	path_probes_run(probes, probe_count, wait_ms < timeout_ms ? (unsigned)wait_ms : timeout_ms);
	for (size_t i = 0; i < probe_count; i++)
		verdict_add_path(&rows[used[i]], &probes[i].search, probes[i].link_mtu);
}

static int verify_all(const struct options *options, struct verdict_input *inputs, size_t count,
                      struct ctl_verify *rows, struct err *err)
{
	_cleanup_(scene_fini) struct scene scene = {
		.timeout_ms = (options->timeout_s ? options->timeout_s : VERIFY_DEFAULT_S) * 1000};
	int error = scene_read(&scene, err);

	for (size_t done = 0; !error && done < count; done += BATCH_MAX) {
		size_t some = count - done < BATCH_MAX ? count - done : BATCH_MAX;

		error = verify_batch(options, &scene, inputs + done, some, err);
		for (size_t i = done; !error && i < done + some; i++)
			verdict_make(&inputs[i], &rows[i]);
		if (!error)
			try_large(rows + done, some, scene.timeout_ms);
	}
	return error;
}

/* The address of the command line, or all peers that are up. The caller frees. */
static int choose(const struct options *options, struct verdict_input **ret_inputs,
                  size_t *ret_count, struct err *err)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
	struct verdict_input *inputs;
	size_t count = 0;
	int ret = options->all ? ask_peers(options, &peers, err) : EXIT_OK;

	if (ret != EXIT_OK)
		return ret;
	inputs = calloc(peers.count + 1, sizeof(*inputs));
	if (!inputs) {
		err_set(err, -ENOMEM, "out of memory");
		return EXIT_FAILED;
	}
	if (!options->all)
		(void)addr_parse(options->argument, &inputs[count++].pair.remote);
	for (size_t i = 0; i < peers.count; i++) {
		if (strcmp(peers.items[i].state, "up") != 0)
			continue;
		inputs[count++].pair = peers.items[i].pair;
	}
	*ret_inputs = inputs;
	*ret_count = count;
	return EXIT_OK;
}

static int put_rows(const struct options *options, const struct ctl_verify *rows, size_t count,
                    struct output *output)
{
	char text[ADDR_TEXT_MAX];
	bool well = true;

	for (size_t i = 0; i < count; i++) {
		well &= rows[i].well;
		if (!options->json)
			buf_printf(&output->text, "%s: %s\n",
			           addr_format(&rows[i].pair.remote, text), rows[i].sentence);
	}
	if (options->json)
		output_json(output, ctl_proto_verify(rows, count));
	else if (!count)
		buf_str(&output->text, "no peer is up\n");
	return well ? EXIT_OK : EXIT_FAILED;
}

int cmd_verify(const struct options *options, struct output *output)
{
	_cleanup_(cleanup_free) struct verdict_input *inputs = NULL;
	_cleanup_(cleanup_free) struct ctl_verify *rows = NULL;
	struct addr address;
	struct err err = {0};
	size_t count = 0;
	int ret;

	if (options->all == (options->argument != NULL) ||
	    (options->argument && addr_parse(options->argument, &address) < 0))
		return output_complain(output, EXIT_USAGE,
		                       "verify: expected an IP address or --all, found \"%s\"",
		                       options->argument ? options->argument : "");
	ret = choose(options, &inputs, &count, &err);
	if (ret == EXIT_OK) {
		rows = calloc(count + 1, sizeof(*rows));
		if (!rows)
			err_set(&err, -ENOMEM, "out of memory");
		if (!rows || verify_all(options, inputs, count, rows, &err) < 0)
			ret = EXIT_FAILED;
	}
	if (ret != EXIT_OK)
		return output_complain(output, ret, "verify: %s", err.text);
	return put_rows(options, rows, count, output);
}
