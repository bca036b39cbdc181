/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DAEMON_H
#define XFRMD_DAEMON_H

#include "xfrmd/base/log.h"
#include "xfrmd/charon/charon.h"
#include "xfrmd/charon/flood.h"
#include "xfrmd/charon/negotiator.h"
#include "xfrmd/conf/conf.h"
#include "xfrmd/ctl/ctl_server.h"
#include "xfrmd/net/addr_watch.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/sad/idle.h"
#include "xfrmd/sad/orphans.h"
#include "xfrmd/spd/first_contacts.h"
#include "xfrmd/spd/hosts.h"
#include "xfrmd/xfrm/installed_spd.h"
#include "xfrmd/xfrm/xfrm_sock.h"
#include "xfrmd/xfrmd/recent_peers.h"

/*
 * Everything that one xfrmd owns. Only src/xfrmd sees this. Order of members: order of creation;
 * daemon_close() goes backwards.
 */
struct daemon {
	const char *conf_path;
	const char *run_dir;
	int lock_fd;  /* of the run directory, or -1 */
	int ready_fd; /* the waiting parent's pipe, or -1 */

	struct conf conf;
	struct pki_bundle bundle;
	char config_hash[65];
	struct pki_certs peer_certs; /* as seen in IKE, none of ours */

	struct loop *loop;
	struct addr_watch *addrs;
	struct hosts *hosts;
	struct orphans *orphans;
	struct recent_peers recent;
	struct idle *idle;
	struct installed_spd *spd;
	struct xfrm_monitor *monitor;
	struct negotiator *negotiator;
	struct charon *charon;
	struct ctl_server *ctl;

	struct loop_signal *signals[3];
	struct loop_timer *hosts_timer;
	struct loop_timer *resync_timer;
	struct loop_timer *orphans_timer;
	struct loop_timer *recent_timer;
	struct loop_timer *idle_timer;
	struct loop_timer *expiry_timer;
	struct loop_timer *list_certs_timer;
	struct loop_timer *ready_timer;
	struct loop_timer *watchdog_timer;
	struct loop_timer *repeats_timer; /* of the log */
	struct policies *policies;
	struct foreign_policies *foreign_policies;
	struct foreign_sa_changes *foreign_sa_changes;
	struct ike_flood *ike_flood;

	struct err sysctl_problem; /* empty: they are as [kernel] says */
	struct err log_problem;    /* empty: it goes where [log] says */

	bool ready;
	bool flushed; /* `xfrmctl flush`: nothing is installed until the next reload */
	int exit_status;
	int64_t started; /* epoch */
	struct traffic *traffic;
	struct {
		struct first_contacts *first_contacts;
		uint64_t ignored; /* those that no negotiation is due for */
		uint64_t put_off; /* those of first_contacts that are too many at once */
		uint64_t lost;    /* times that the kernel's notifications overran */
		struct log_limit put_off_log;
	} acquires;
	struct log_limit overruns;

	int64_t reload_time;
	uint64_t reloads_ok, reloads_failed;
	struct strlist reload_errors;

	struct shutdown *shutdown; /* under way; NULL: none */
	struct try *try;           /* likewise */
};

/*
 * Brings everything up in the order of the contract: lock, netlink, sysctls, policies, charon,
 * control socket. @daemon: conf_path, run_dir and ready_fd are set, the rest is zero. 0 or negative
 * errno and @err; daemon_close() is due in any case. Policies that were applied stay.
 */
int daemon_open(struct daemon *daemon, struct err *err);
/* Leaves policies, SAs and charon as they are, but for the pins of known hosts. */
void daemon_close(struct daemon *daemon);

/*
 * `xfrmd --lockdown`: blocks what is protected, with no more than conf, conf_path and run_dir of
 * @daemon. Adds and updates policies, deletes none. Where another xfrmd runs they are that one's
 * business: they are waited for, and -EEXIST tells that some are not in the kernel. A run directory
 * that cannot be locked is no reason to leave the host open. 0, or negative errno and @err;
 * daemon_close() is due in any case.
 */
int lockdown_run(struct daemon *daemon, struct err *err);

/* After a new configuration or new addresses: ends the SAs of peers that are not protected any more,
 * or whose local address is gone, and forgets them. */
void daemon_retain_peers(struct daemon *daemon);
/* Whether it is one that charon negotiated for us, and no larval one. */
bool daemon_owns_sa(const struct daemon *daemon, const struct sa *sa);

/*
 * The wanted SPD. What cannot be applied is told by the error once, by status as long as it lasts,
 * and tried again until it is. open: 0 or negative errno.
 */
int policies_open(struct daemon *daemon);
void policies_close(struct daemon *daemon);
/* Plans for the present configuration and network and applies the difference. */
int policies_apply(struct daemon *daemon, struct spd_change *ret_change, struct err *err);
/* The same, where configuration or addresses are new: known hosts first. */
int policies_refresh(struct daemon *daemon, struct spd_change *ret_change, struct err *err);
/* One that was written beside the plan could not be: due like a plan that failed. */
void policies_failed(struct daemon *daemon, const struct err *err);
/* Why not all is applied; empty: it is. */
const char *policies_problem(const struct daemon *daemon);

/* The kernel asks for an SA, an xfrm_events callback. open: 0 or -ENOMEM. */
int acquires_open(struct daemon *daemon);
void acquires_close(struct daemon *daemon);
void acquires_on_acquire(void *ctx, const struct xfrm_acquire *acquire);

/*
 * Known hosts. open: takes over what a predecessor left, before the first plan; reload: after a new
 * configuration or new addresses, before the plan, and reloaded after it, which empties @actions.
 * What reload could not do is done soon. The others are events.
 */
int known_hosts_open(struct daemon *daemon, struct err *err);
int known_hosts_reload(struct daemon *daemon, struct host_actions *ret_actions, struct err *err);
void known_hosts_reloaded(struct daemon *daemon, struct host_actions *actions);
void known_hosts_resync(void *ctx);
void known_hosts_resync_soon(struct daemon *daemon);
void known_hosts_due(void *ctx);
void known_hosts_on_sa(void *ctx, const struct sa *sa);
void known_hosts_on_fresh_sas(void *ctx, const struct fresh_sas *fresh);
void known_hosts_on_sa_gone(void *ctx, const struct sa *sa);
void known_hosts_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in,
                              uint32_t spi_out);
/* Returns whether a negotiation is due. */
bool known_hosts_on_acquire(struct daemon *daemon, const struct xfrm_acquire *acquire);
/* Traffic asks no longer, unless the host is blocked, which is seen otherwise. */
void known_hosts_on_larval_expired(struct daemon *daemon, const struct pair *pair);
/* charon takes commands now, or is gone. */
void known_hosts_on_charon(struct daemon *daemon, bool up);
void known_hosts_on_progress(void *ctx, const struct pair *pair, enum ike_progress progress);
void known_hosts_on_failed(void *ctx, const struct pair *pair);
/* Of the outbound SA that the pair is pinned to, 0: none. */
uint32_t known_hosts_spi(void *ctx, const struct pair *pair);
/* What a pair of SAs has sent and received; UINT64_MAX: it can receive nothing. */
uint64_t known_hosts_packets(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
void known_hosts_greet(void *ctx, const struct pair *pair);
/* The last event: without us nobody would move the pins when SAs are replaced. The kernel takes the
 * newest SA then. */
void known_hosts_unpin(struct daemon *daemon);

/* Peers that are silent for idle_timeout. arm: at the start and after a new configuration. */
void idle_peers_arm(struct daemon *daemon);
void idle_peers_due(void *ctx);

/* What others ask of charon, for log, status and metrics. open: 0 or negative errno. */
int ike_flood_open(struct daemon *daemon);
void ike_flood_close(struct daemon *daemon);
/* A charon is ready, with sockets that let everybody in. */
void ike_flood_on_charon(struct daemon *daemon);
/* As it is now; half_open as charon said last. */
enum flood ike_flood_look(const struct daemon *daemon, struct flood_facts *ret_facts,
                          char ret_words[FLOOD_WORDS_MAX]);

/* What others do to the policies: repaired, or told of. 0 or negative errno. */
int foreign_policies_open(struct daemon *daemon);
void foreign_policies_close(struct daemon *daemon);
/* They may differ from the wanted ones: read and repair, as soon as the pace of repairs allows. */
void foreign_policies_touched(void *ctx);
/* The remembered policies, the wanted ones or the configuration are others now. */
void foreign_policies_look(struct daemon *daemon);
/* Foreign policies that defeat ours; borrowed until the next turn of the loop. */
const struct policy_list *foreign_policies_foreign(const struct daemon *daemon);
/* Whether somebody changes ours all the time. */
bool foreign_policies_fights(const struct daemon *daemon);

/* What others do to the SAs: their peers are rekeyed. 0 or negative errno. */
int foreign_sa_changes_open(struct daemon *daemon);
void foreign_sa_changes_close(struct daemon *daemon);
void foreign_sa_changes_on_new(struct daemon *daemon, const struct sa *sa, uint32_t port);
void foreign_sa_changes_on_gone(struct daemon *daemon, const struct sa *sa, uint32_t port);
/* All SAs may be others now: looks for peers that are up without SAs in the kernel. */
void foreign_sa_changes_check(struct daemon *daemon, bool flushed);

/*
 * Orphaned SAs. begin: charon takes connections, before it is connected to; on_change: the kernel
 * has new SAs. The others are callbacks.
 */
void orphan_sas_begin(struct daemon *daemon);
void orphan_sas_on_change(struct daemon *daemon);
void orphan_sas_on_listed_sa(void *ctx, const struct pair *pair, uint32_t spi_in, uint32_t spi_out);
void orphan_sas_on_listed(void *ctx, bool complete);
void orphan_sas_due(void *ctx);

/* Expiry of certificates: log now and once a day; peers' certificates are learned from charon. */
void certificates_log(void *ctx);
void certificates_on_peer_up(struct daemon *daemon);
void certificates_list(void *ctx);
void certificates_on_cert(void *ctx, const void *der, size_t len);

/*
 * The unit of systemd that runs charon ($XFRMD_CHARON_UNIT), which names its own binary: a warning
 * if @conf has another one. NULL: none, xfrmd starts charon itself.
 */
const char *daemon_charon_unit(const struct conf *conf);
/* Writes the sysctls of [kernel] that differ; what cannot be is told, and a problem. */
int daemon_write_sysctls(struct daemon *daemon, struct err *err);
/* Sends the log where @conf says; on failure the old sink stays. */
int daemon_open_log(struct daemon *daemon, const struct conf *conf, struct err *err);
/* The same at the start, where nothing may keep us from protecting: on failure it goes to stderr,
 * and that is a problem. */
void daemon_begin_log(struct daemon *daemon);
/* Hash of the effective configuration and certificates, in hexadecimal. 0 or -ENOMEM. */
int daemon_hash(const struct conf *conf, const struct pki_bundle *bundle, char ret_hex[65]);

/*
 * Opens the log file anew, reads and checks everything, then swaps and applies. @ret_changes: what
 * was done, in sentences; @ret_errors: every reason why nothing was (what runs stays). 0 or
 * -EINVAL.
 */
int reload_run(struct daemon *daemon, struct strlist *ret_changes, struct strlist *ret_errors);

/* The caller calls ctl_status_fini(). */
void status_fill(struct daemon *daemon, struct ctl_status *ret_status);

/* Metrics. open: what SAs carried before now does not count. 0 or negative errno and @err. */
int metrics_open(struct daemon *daemon, struct err *err);
void metrics_on_sa_gone(struct daemon *daemon, const struct sa *sa);

/* Takes the request: its client gets every line of the log from now on. */
void monitor_begin(struct daemon *daemon, struct ctl_request *request);

/* A configuration with all that was read for it. */
struct setting {
	struct conf conf;
	struct pki_bundle bundle;
	char hash[65];
};
void setting_fini(struct setting *setting);
/* Reads and checks everything; the log goes where it says from then on. 0, or negative errno and
 * every reason in @errors. */
int reload_read(struct daemon *daemon, const char *path, struct setting *ret_setting,
                struct strlist *errors);
/* Puts @setting in force and leaves in it what was in force before. What fails now is among the
 * @errors, and is retried. */
void settings_swap(struct daemon *daemon, struct setting *setting, struct strlist *changes,
                   struct strlist *errors);

/*
 * `xfrmctl try`: puts another configuration in force, and after @timeout_s the former one again,
 * unless try_confirm() comes before. @copied: not the configuration file, but CTL_TRY_NEW in the
 * run directory, which becomes CTL_TRY_FILE. What was done, or every reason why not, in sentences.
 */
void try_begin(struct daemon *daemon, uint32_t timeout_s, bool copied, struct strlist *changes,
               struct strlist *errors);
void try_confirm(struct daemon *daemon, struct strlist *changes, struct strlist *errors);
void try_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors);
void try_status(const struct daemon *daemon, struct ctl_status *status);
/* What is in force stays, until xfrmd reads its configuration file at the next start. */
void try_close(struct daemon *daemon);

/* Answers of the control socket; NULL: out of memory. */
char *status_json(struct daemon *daemon);
char *metrics_json(struct daemon *daemon);
char *status_peers_json(struct daemon *daemon);

/*
 * `xfrmctl shutdown`: begins, or joins the one under way; @now: no job is waited for any longer.
 * Takes @request, which is answered at the end.
 */
void shutdown_ask(struct daemon *daemon, struct ctl_request *request, bool now);
void shutdown_status(const struct daemon *daemon, struct ctl_status *status);
/* A signal ends xfrmd. If the end of the protection has begun, it is done at once: the peers have
 * their DELETEs, so it cannot go on. False: it goes on. */
bool shutdown_finish(struct daemon *daemon);
/* Answers those who still wait. */
void shutdown_close(struct daemon *daemon);

/* The control socket's commands. */
void commands_handle(void *ctx, struct ctl_request *request, const struct ctl_ask *ask);
/* Until the next reload; what was done, and what failed, in sentences. */
void commands_remove_policies(struct daemon *daemon, struct strlist *changes,
                              struct strlist *errors);

#endif
