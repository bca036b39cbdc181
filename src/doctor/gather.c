/* SPDX-License-Identifier: MIT */
/*
 * The doctor's facts: configuration, daemon, and small files of the kernel and of others. Every
 * reader is on its own, so that what is broken does not hide the rest.
 */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/charon/charon.h"
#include "xfrmd/conf/settings.h"
#include "xfrmd/ctl/ctl_client.h"
#include "xfrmd/doctor/doctor_text.h"
#include "xfrmd/spd/foreign.h"
#include "xfrmd/xfrm/xfrm_sock.h"

#define DAEMON_TIMEOUT_MS 10000
/* As systemd/xfrmd-charon.service is named; without systemd nothing belongs to it. */
#define CHARON_UNIT       "xfrmd-charon.service"

static const uint16_t ike_ports[] = {500, 4500};

static int64_t read_number(const char *path)
{
	_cleanup_(cleanup_free) char *text = file_read_small(path);
	uint64_t value;

	if (!text)
		return DOCTOR_UNKNOWN;
	text[strcspn(text, "\n")] = '\0';
	return str_parse_u64(text, 0, INT64_MAX, &value) ? DOCTOR_UNKNOWN : (int64_t)value;
}

static int gather_conf(struct doctor_facts *facts)
{
	struct settings settings;
	int error = settings_load(facts->conf_path, facts->now, &settings, &facts->conf_problems);

	facts->conf = settings.conf;
	facts->bundle = settings.bundle;
	if (error && !facts->conf_problems.count)
		problems_add(&facts->conf_problems, "%s: %s", facts->conf_path, strerror(-error));
	return error == -ENOMEM ? error : 0;
}

/* One answer of the daemon, for the caller to free; NULL, and why. */
static char *ask(const struct doctor_facts *facts, enum ctl_command command, size_t *ret_len,
                 struct err *err)
{
	const struct ctl_ask question = {.command = command};
	char *text = NULL;

	return ctl_client_request(facts->run_dir, &question, DAEMON_TIMEOUT_MS, &text, ret_len, err)
	               ? NULL
	               : text;
}

/* The policies that the daemon wants are only needed to find those of others that defeat them. */
static int gather_foreign(struct doctor_facts *facts)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0}, want = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	struct xfrm_sock *sock = NULL;
	struct err err;
	size_t len;
	int error;

	if (problems_any(&facts->conf_problems))
		return 0;
	text = ask(facts, CTL_COMMAND_DESIRED, &len, &err);
	if (text && ctl_proto_parse_desired(text, len, &want, &err) == 0)
		policy_list_sort_key(&want);
	error = xfrm_sock_open(&sock, &err);
	if (!error)
		error = xfrm_sock_dump_policies(sock, &have, &err);
	xfrm_sock_close(sock);
	if (error)
		return error == -ENOMEM ? error : 0;
	return foreign_find(&have, &want, &facts->conf, facts->addrs, facts->addr_count,
	                    &facts->foreign);
}

static void gather_daemon(struct doctor_facts *facts)
{
	_cleanup_(cleanup_free) char *status = NULL, *peers = NULL;
	struct err *err = &facts->daemon_error;
	size_t len;

	status = ask(facts, CTL_COMMAND_STATUS, &len, err);
	if (!status || ctl_proto_parse_status(status, len, &facts->status, err) < 0)
		return;
	peers = ask(facts, CTL_COMMAND_PEERS, &len, err);
	if (peers && ctl_proto_parse_peers(peers, len, &facts->peers, err) == 0)
		facts->daemon_answers = true;
}

/* A charon that outlives its daemon is still ours. */
static pid_t charon_pid_of(const struct doctor_facts *facts)
{
	_cleanup_(cleanup_free) char *path = run_dir_file(facts->run_dir, "charon.pid"),
				     *text = NULL;

	if (facts->status.charon_pid)
		return (pid_t)facts->status.charon_pid;
	text = path ? file_read_small(path) : NULL;
	return text ? (pid_t)strtol(text, NULL, 10) : 0;
}

static int gather_ports(struct doctor_facts *facts)
{
	pid_t own = charon_pid_of(facts);
	int error = 0;

	for (size_t i = 0; i < sizeof(ike_ports) / sizeof(ike_ports[0]) && !error; i++) {
		struct err err;

		if (charon_check_port(ike_ports[i], own, CHARON_UNIT, &err) == -EADDRINUSE)
			error = strlist_add(&facts->ports, err.text);
	}
	return error;
}

static int gather_clock(void)
{
	struct timex timex = {.modes = 0};

	if (adjtimex(&timex) < 0)
		return DOCTOR_UNKNOWN;
	return !(timex.status & STA_UNSYNC);
}

static int gather_counters(struct doctor_facts *facts)
{
	_cleanup_(cleanup_free) char *text = file_read_small("/proc/net/xfrm_stat");

	return text ? doctor_read_counters(facts, text) : 0;
}

static void gather_load(struct doctor_facts *facts)
{
	_cleanup_(cleanup_free) char *softnet = file_read_small("/proc/net/softnet_stat");
	_cleanup_(cleanup_free) char *cpu = file_read_small("/proc/cpuinfo");

	facts->backlog_drops = softnet ? doctor_read_softnet(softnet) : 0;
	facts->cpu_aes = cpu ? doctor_read_cpu(cpu) : DOCTOR_UNKNOWN;
}

static int gather_groups(struct doctor_facts *facts)
{
	_cleanup_(cleanup_free) char *ipv4 = file_read_small("/proc/net/igmp");
	_cleanup_(cleanup_free) char *ipv6 = file_read_small("/proc/net/igmp6");
	int error = ipv4 ? doctor_read_groups(facts, ipv4) : 0;

	return !error && ipv6 ? doctor_read_groups(facts, ipv6) : error;
}

static enum doctor_cloud gather_cloud(void)
{
	static const char *const names[] = {"sys_vendor", "product_name", "chassis_asset_tag"};
	char values[3][128] = {"", "", ""}, path[64];

	for (size_t i = 0; i < 3; i++) {
		_cleanup_(cleanup_free) char *text = NULL;

		snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", names[i]);
		text = file_read_small(path);
		if (text)
			snprintf(values[i], sizeof(values[i]), "%.*s", (int)strcspn(text, "\n"),
			         text);
	}
	return doctor_cloud_of(values[0], values[1], values[2]);
}

int doctor_gather(const char *conf_path, const char *run_dir, struct doctor_facts *ret_facts)
{
	/* in this order: the later ones need what the earlier ones found */
	static int (*const parts[])(struct doctor_facts * facts) = {
		gather_conf,
		doctor_gather_net,
		gather_groups,
		doctor_gather_servers,
		gather_ports,
		doctor_gather_plugins,
		doctor_gather_algorithms,
		gather_counters,
		gather_foreign,
		doctor_gather_paths,
	};
	struct doctor_facts *facts = ret_facts;
	int error = 0;

	*facts = (struct doctor_facts){
		.now = clock_now_epoch(), .conf_path = conf_path, .run_dir = run_dir};
	facts->clock_synchronised = gather_clock();
	facts->acq_expires = read_number("/proc/sys/net/core/xfrm_acq_expires");
	facts->larval_drop = read_number("/proc/sys/net/core/xfrm_larval_drop");
	facts->cloud = gather_cloud();
	gather_load(facts);
	gather_daemon(facts);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !error; i++)
		error = parts[i](facts);
	return error;
}
