/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_H
#define XFRMD_CHARON_CHARON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "xfrmd/base/err.h"
#include "xfrmd/base/loop.h"
#include "xfrmd/charon/charon_sockets.h"

/*
 * Supervision of the private charon: one process in its own session, that outlives us. In the run
 * directory: strongswan.conf, charon.vici, charon.pid (pid and start time, so that a reused pid is
 * not taken for charon), charon.log (a FIFO that charon writes to, so that its lines reach us and our
 * successor). Under systemd it may be a unit of its own instead, which systemd starts, with charon.log
 * for its stderr, and starts again when it dies.
 */
struct charon;

#define CHARON_PORT_IKE  500
#define CHARON_PORT_NATT 4500

/* None of them may call charon_close(). */
struct charon_callbacks {
	/* The VICI socket takes connections, and it is the process itself that does. */
	void (*ready)(void *ctx);
	/* It ended; it is started again at once, or later when it keeps dying. */
	void (*died)(void *ctx, const char *how);
	/* One line of its log, without line end, escaped. */
	void (*log_line)(void *ctx, const char *line);
};

struct charon_options {
	const char *binary;
	const char
		*unit; /* the unit of systemd that runs charon, @binary is not used; NULL: none */
	const char *run_dir;
	const char *config_text;  /* strongswan.conf */
	bool needs_encapsulation; /* without UDP port 4500 it is not started */
};

/* Restarted at once; when it dies within CHARON_STABLE_MS again and again, after a delay that
 * doubles. */
#define CHARON_STABLE_MS      10000
#define CHARON_BACKOFF_MIN_MS 250
#define CHARON_BACKOFF_MAX_MS 30000

/* The delay after so many lives in a row that were shorter than CHARON_STABLE_MS. */
uint64_t charon_restart_delay_ms(unsigned short_lives);

/*
 * Prepares and starts nothing. Options are copied. Refuses with @err when the binary is missing,
 * the run directory cannot be used, or, with no charon of ours to adopt, a UDP port that is needed is
 * taken (the sentence names the process that holds it): 500, and 4500 if encapsulation is.
 */
int charon_open(struct loop *loop, const struct charon_options *options,
                const struct charon_callbacks *callbacks, void *ctx, struct charon **ret_charon,
                struct err *err);
/*
 * Writes strongswan.conf and adopts a charon of this run directory that still runs (with the
 * settings it has: VICI reload-settings is the caller's), else starts one or asks systemd to.
 * Refuses with @err when a UDP port that is needed is taken, as charon_open() does. @ready follows
 * from the loop.
 */
int charon_start(struct charon *charon, struct err *err);
/* Stops watching and leaves the process running. */
void charon_close(struct charon *charon);

/* New text for strongswan.conf, used from the next start; -EALREADY when it is the same. The
 * running charon takes it by VICI reload-settings, which is the caller's. */
int charon_set_config(struct charon *charon, const char *config_text, struct err *err);

/* Whether UDP port 4500 is needed from the next start on. */
void charon_set_needs_encapsulation(struct charon *charon, bool needed);

/* SIGKILL and no restart, the unit is stopped; returns when the process is gone (at most a second).
 * charon's own deletes, if wanted, come before, over VICI. SIGTERM would delete every SA. */
void charon_kill(struct charon *charon);

/* SIGKILL to one that does not answer; it is started again as after any other death. */
void charon_restart(struct charon *charon);

/*
 * To be called when charon has read its settings: from now on it loses lines instead of waiting for us
 * when the FIFO is full. It opens charon.log at its start and whenever it reads its settings, without
 * waiting, since it has the FIFO open for reading, too. Until this call what it writes there can wait:
 * after its start, when it has no peers yet; later only if we die or hang before we have the answer to
 * reload-settings, and more lines come than the FIFO holds. Our successor's reading ends that.
 */
void charon_settings_read(struct charon *charon);

pid_t charon_pid(const struct charon *charon); /* 0: not running */
/* Who listens at the VICI socket while another process is charon, which therefore does not get
 * ready; 0: nobody. */
pid_t charon_impostor(const struct charon *charon);
/* Who has UDP port 4500 in the place of the charon that runs, in words; empty: nobody. Any user can
 * take it, so charon does without it unless encapsulation is needed. */
const char *charon_port_problem(const struct charon *charon);
/* For every second or so: of what stand_in.h is about. */
void charon_drain_acquires(struct charon *charon);
/* Its UDP sockets, as charon_sockets.h says; all are let in when it gets ready, and by charon_close(). */
struct charon_waiting charon_waiting(const struct charon *charon);
int charon_admit(const struct charon *charon, unsigned one_in);
/* Why they cannot be reached; empty: they can. */
const char *charon_socket_problem(const struct charon *charon);
unsigned charon_restarts(const struct charon *charon);
bool charon_adopted(const struct charon *charon);

/*
 * 0, or -EADDRINUSE and @err naming the holder when a process holds the UDP port that is neither
 * @own (0: none) nor belongs to @unit of systemd (NULL: none); -EBUSY when no process that we can
 * see holds it.
 */
int charon_check_port(uint16_t port, pid_t own, const char *unit, struct err *err);

#endif
