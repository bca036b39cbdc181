/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DAEMON_H
#define XFRMD_DAEMON_H

#include "xfrmd/addr_watch.h"
#include "xfrmd/charon.h"
#include "xfrmd/conf.h"
#include "xfrmd/ctl_server.h"
#include "xfrmd/negotiator.h"
#include "xfrmd/pki_load.h"
#include "xfrmd/spd_keeper.h"
#include "xfrmd/xfrm_sock.h"

/*
 * Everything that one xfrmd owns. Only src/xfrmd sees this. Order of members: order of creation;
 * daemon_close() goes backwards.
 */
struct daemon {
	const char *conf_path;
	const char *run_dir;
	char *pid_path;
	int pid_fd;
	int ready_fd; /* the waiting parent's pipe, or -1 */

	struct conf conf;
	struct pki_bundle bundle;
	char config_hash[65];

	struct loop *loop;
	struct addr_watch *addrs;
	struct spd_keeper *spd;
	struct xfrm_monitor *monitor;
	struct negotiator *negotiator;
	struct charon *charon;
	struct ctl_server *ctl;

	struct loop_signal *signals[3];
	struct loop_timer *repair_timer; /* gathers foreign changes, then compares once */
	struct loop_timer *ready_timer;
	struct loop_timer *watchdog_timer;

	bool ready;
	bool flushed; /* `xfrmctl flush`: nothing is installed until the next reload */
	int exit_status;
	uint64_t acquires_lost; /* times that the kernel's notifications overran */

	int64_t reload_time;
	struct strlist reload_errors;

	struct ctl_request *shutdown_request;
};

/*
 * Brings everything up in the order of the contract: lock, netlink, sysctls, policies, charon,
 * control socket. @daemon: conf_path, run_dir and ready_fd are set, the rest is zero. 0 or negative
 * errno and @err; daemon_close() is due in any case. Policies that were applied stay.
 */
int daemon_open(struct daemon *daemon, struct err *err);
/* Leaves policies, SAs and charon as they are. */
void daemon_close(struct daemon *daemon);

/* Plans for the present configuration and addresses and applies the difference. */
int daemon_apply_spd(struct daemon *daemon, struct spd_change *ret_change, struct err *err);
/* Writes the sysctls of [kernel]. */
int daemon_write_sysctls(const struct conf *conf, struct err *err);
/* Hash of the effective configuration and certificates, in hexadecimal. 0 or -ENOMEM. */
int daemon_hash(const struct conf *conf, const struct pki_bundle *bundle, char ret_hex[65]);

/*
 * Reads and checks everything, then swaps and applies. @ret_changes: what was done, in sentences;
 * @ret_errors: every reason why nothing was (what runs stays). 0 or -EINVAL.
 */
int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors);

/* Answers of the control socket; NULL: out of memory. */
char *status_json(struct daemon *daemon);
char *status_peers_json(struct daemon *daemon);

/* The control socket's commands. */
void commands_handle(void *ctx, struct ctl_request *request, enum ctl_command command);

#endif
