/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/charon/charon_find.h"
#include "xfrmd/charon/charon_log.h"
#include "xfrmd/charon/charon_spawn.h"
#include "xfrmd/charon/charon_unit.h"
#include "xfrmd/charon/stand_in.h"

/*
 * Owns the process of the private charon through a pidfd, so that a reused pid is never watched or
 * killed, whether we started the process or adopted it. Invariants: pid, pidfd and pid_watch are
 * set together; while there is no process, either restart_timer runs or charon was told to stay
 * away. As a unit of systemd it is started by others: who listens at the VICI socket is adopted.
 * Nothing here logs: all is said through the callbacks.
 */

#define READY_POLL_MS    20
#define KILL_WAIT_MS     1000
#define PORT_WAIT_MS     500
/* systemd starts its unit again without being asked, unless it gave up. */
#define UNIT_PATIENCE_MS 5000

struct charon {
	struct loop *loop;
	struct charon_callbacks callbacks;
	void *ctx;
	char *binary, *config_text;
	char *unit; /* NULL: started by ourselves */
	char *config_path, *vici_path, *pid_path, *log_path;

	pid_t pid;               /* 0: none */
	pid_t impostor;          /* listens in the place of that one; 0: none */
	struct err port_problem; /* of that one, or of the one that is about to be started */
	struct charon_sockets sockets;
	struct err socket_problem;
	bool needs_encapsulation;
	int pidfd;
	struct stand_in stand_in;
	struct loop_fd *pid_watch;
	bool adopted;
	uint64_t started_ms;
	unsigned short_lives; /* in a row */
	unsigned restarts;
	struct loop_timer *ready_timer;
	struct loop_timer *restart_timer;
	uint64_t ports_by_ms;             /* what holds them until then may be the one before */
	struct charon_unit_job *unit_job; /* asks systemd to start it; NULL: none */
	struct charon_log *log;
};

uint64_t charon_restart_delay_ms(unsigned short_lives)
{
	uint64_t delay_ms = CHARON_BACKOFF_MIN_MS;

	if (short_lives < 2)
		return 0;
	while (short_lives-- > 2 && delay_ms < CHARON_BACKOFF_MAX_MS)
		delay_ms *= 2;
	return delay_ms < CHARON_BACKOFF_MAX_MS ? delay_ms : CHARON_BACKOFF_MAX_MS;
}

static void forget_process(struct charon *charon)
{
	loop_timer_stop(charon->ready_timer);
	loop_fd_free(charon->pid_watch);
	charon->pid_watch = NULL;
	charon->sockets.count = 0;
	if (charon->pidfd >= 0)
		close(steal_fd(&charon->pidfd));
	charon->pid = 0;
	charon->impostor = 0;
	/* systemd starts the next one without asking us */
	charon->port_problem = (struct err){0};
	charon->adopted = false;
}

/* Reaps a child of ours; of an adopted process nobody tells us more than that it ended. */
static void reap(const struct charon *charon, char *ret_how, size_t size)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)charon->pidfd, &info, WEXITED | WNOHANG) < 0 || !info.si_pid)
		snprintf(ret_how, size, "ended");
	else if (info.si_code == CLD_EXITED)
		snprintf(ret_how, size, "exited with status %d", info.si_status);
	else
		snprintf(ret_how, size, "killed by signal %d", info.si_status);
}

static void plan_restart(struct charon *charon)
{
	uint64_t delay_ms;

	if (clock_now_ms() - charon->started_ms < CHARON_STABLE_MS)
		charon->short_lives++;
	else
		charon->short_lives = 0;
	delay_ms = charon_restart_delay_ms(charon->short_lives);
	if (charon->unit) {
		loop_timer_start(charon->ready_timer, READY_POLL_MS);
		if (delay_ms < UNIT_PATIENCE_MS)
			delay_ms = UNIT_PATIENCE_MS;
	}
	loop_timer_start(charon->restart_timer, delay_ms);
	charon->ports_by_ms = clock_now_ms() + delay_ms + PORT_WAIT_MS;
}

static void on_exit_seen(void *ctx, unsigned ready)
{
	struct charon *charon = ctx;
	char how[64];

	(void)ready;
	/* its last words come before the news of its death */
	charon_log_drain(charon->log);
	reap(charon, how, sizeof(how));
	forget_process(charon);
	if (charon->unit)
		charon->restarts++;
	plan_restart(charon);
	charon->callbacks.died(charon->ctx, how);
}

/* Watches @pid, which must not have been waited for. */
static int watch_process(struct charon *charon, pid_t pid, struct err *err)
{
	int error;

	charon->pidfd = pidfd_open(pid, 0);
	if (charon->pidfd < 0)
		return err_set(err, -errno, "charon: cannot watch pid %d: %s", (int)pid,
		               strerror(errno));
	error = loop_fd_new(charon->loop, charon->pidfd, LOOP_READ, on_exit_seen, charon,
	                    &charon->pid_watch);
	if (error) {
		close(steal_fd(&charon->pidfd));
		return err_set(err, error, "charon: cannot watch pid %d: %s", (int)pid,
		               strerror(-error));
	}
	charon->pid = pid;
	charon->started_ms = clock_now_ms();
	loop_timer_start(charon->ready_timer, 0);
	return 0;
}

/* 0: there is none that others started. */
static pid_t find_process(const struct charon *charon)
{
	return charon->unit ? charon_find_listener(charon->vici_path)
	                    : charon_find_recorded(charon->pid_path);
}

/* Whether there is a process that others started, which is watched from now on. */
static bool adopt(struct charon *charon)
{
	pid_t pid = find_process(charon);
	struct err err;

	if (!pid || watch_process(charon, pid, &err) < 0)
		return false;
	/* Asked again because only now the pid cannot be reused. */
	if (find_process(charon) != pid || charon_find_record(charon->pid_path, pid, &err) < 0) {
		forget_process(charon);
		return false;
	}
	loop_timer_stop(charon->restart_timer);
	return true;
}

static bool is_ready(struct charon *charon)
{
	pid_t listener;

	if (!charon->pid)
		return adopt(charon);
	listener = charon_find_listener(charon->vici_path);
	charon->impostor = listener == charon->pid ? 0 : listener;
	return listener == charon->pid;
}

static void on_ready_poll(void *ctx)
{
	struct charon *charon = ctx;

	if (is_ready(charon)) {
		loop_timer_stop(charon->ready_timer);
		/* of one that was adopted, too; what a port check has found is not undone by a port
		 * that is free by now, since charon asks for it once */
		(void)charon_check_port(CHARON_PORT_NATT, charon->pid, charon->unit,
		                        &charon->port_problem);
		charon->socket_problem = (struct err){0};
		(void)charon_sockets_open(charon->pidfd, charon->pid, &charon->sockets,
		                          &charon->socket_problem);
		stand_in_spare_charon(&charon->stand_in, charon->pidfd, charon->pid);
		charon->callbacks.ready(charon->ctx);
	} else {
		loop_timer_start(charon->ready_timer, READY_POLL_MS);
	}
}

/* Before charon is started. A process that was killed holds its ports a little longer than it can be
 * seen: -EBUSY as long as that can be, which is until @end_ms. */
static int check_ports(struct charon *charon, uint64_t end_ms, struct err *err)
{
	bool patient = clock_now_ms() < end_ms;
	int error = charon_check_port(CHARON_PORT_IKE, 0, charon->unit, err);

	charon->port_problem = (struct err){0};
	if (error)
		return error == -EBUSY && !patient ? -EADDRINUSE : error;
	error = charon_check_port(CHARON_PORT_NATT, 0, charon->unit, &charon->port_problem);
	if (!error || (!charon->needs_encapsulation && !(error == -EBUSY && patient)))
		return 0;
	return err_set(err, patient ? error : -EADDRINUSE, "%s", charon->port_problem.text);
}

/* For a start, when nothing else is to be done. */
static int await_ports(struct charon *charon, struct err *err)
{
	uint64_t end_ms = clock_now_ms() + PORT_WAIT_MS;
	int error;

	while ((error = check_ports(charon, end_ms, err)) == -EBUSY)
		poll(NULL, 0, READY_POLL_MS);
	return error;
}

static int start_unit(struct charon *charon, struct err *err)
{
	int error = await_ports(charon, err);

	if (!error)
		error = charon_unit_command("start", charon->unit, err);
	if (error)
		return error;
	charon->started_ms = clock_now_ms();
	plan_restart(charon);
	return 0;
}

static int start_process(struct charon *charon, struct err *err)
{
	int gate, error;
	pid_t pid;

	/* A stale socket would refuse connections, which is what on_ready_poll() expects, but its
	 * absence is clearer to everybody else. */
	unlink(charon->vici_path);
	error = charon_spawn(charon->binary, charon->config_path, charon->log_path,
	                     charon->stand_in.fd, &pid, &gate);
	if (error)
		return err_set(err, error, "charon: cannot start %s: %s", charon->binary,
		               strerror(-error));
	error = watch_process(charon, pid, err);
	if (!error)
		error = charon_find_record(charon->pid_path, pid, err);
	if (!error && charon_spawn_go(gate) < 0)
		error = err_set(err, -ESRCH, "charon: was killed at its birth");
	close(gate);
	if (error) {
		/* Not yet reaped, so the pid is still its own. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		forget_process(charon);
	}
	return error;
}

static void tell_failed_restart(struct charon *charon, const struct err *err)
{
	char how[sizeof(struct err) + 32];

	snprintf(how, sizeof(how), "cannot be started again: %s", err->text);
	charon->callbacks.died(charon->ctx, how);
}

static void on_unit_asked(void *ctx, const struct err *err)
{
	struct charon *charon = ctx;

	charon->unit_job = NULL;
	if (err->text[0])
		tell_failed_restart(charon, err);
}

static int restart_unit(struct charon *charon, struct err *err)
{
	if (charon->unit_job)
		return 0;
	return charon_unit_begin_start(charon->loop, charon->unit, on_unit_asked, charon,
	                               &charon->unit_job, err);
}

static int restart(struct charon *charon, struct err *err)
{
	int error = check_ports(charon, charon->ports_by_ms, err);

	if (error)
		return error;
	charon->started_ms = clock_now_ms();
	if (!charon->unit) {
		error = start_process(charon, err);
		charon->restarts += !error;
		return error;
	}
	error = restart_unit(charon, err);
	/* it is asked again should nobody come */
	if (!error)
		plan_restart(charon);
	return error;
}

static void on_restart(void *ctx)
{
	struct charon *charon = ctx;
	struct err err;
	int error = restart(charon, &err);

	if (error == -EBUSY)
		loop_timer_start(charon->restart_timer, READY_POLL_MS);
	if (!error || error == -EBUSY)
		return;
	charon->started_ms = clock_now_ms();
	plan_restart(charon);
	tell_failed_restart(charon, &err);
}

int charon_start(struct charon *charon, struct err *err)
{
	int error = file_write_quickly(charon->config_path, 0600, charon->config_text,
	                               strlen(charon->config_text), err);

	if (error)
		return error;
	stand_in_open(&charon->stand_in, charon->unit);
	charon->adopted = adopt(charon);
	if (charon->adopted)
		return 0;
	if (charon->unit)
		return start_unit(charon, err);
	error = await_ports(charon, err);
	return error ? error : start_process(charon, err);
}

static int copy_options(struct charon *charon, const struct charon_options *options)
{
	const struct {
		const char *name;
		char **path;
	} files[] = {
		{"strongswan.conf", &charon->config_path},
		{"charon.vici", &charon->vici_path},
		{"charon.pid", &charon->pid_path},
		{"charon.log", &charon->log_path},
	};

	charon->needs_encapsulation = options->needs_encapsulation;
	charon->binary = strdup(options->binary);
	charon->config_text = strdup(options->config_text);
	if (options->unit)
		charon->unit = strdup(options->unit);
	if (!charon->binary || !charon->config_text || (options->unit && !charon->unit))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (asprintf(files[i].path, "%s/%s", options->run_dir, files[i].name) < 0) {
			*files[i].path = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

static int set_up(struct charon *charon, const struct charon_options *options, struct err *err)
{
	int error = copy_options(charon, options);

	if (!error)
		error = loop_timer_new(charon->loop, on_ready_poll, charon, &charon->ready_timer);
	if (!error)
		error = loop_timer_new(charon->loop, on_restart, charon, &charon->restart_timer);
	if (error)
		return err_set(err, error, "charon: %s", strerror(-error));
	error = charon->unit ? 0 : file_check_program(charon->binary);
	if (error)
		return err_set(err, error, "charon: %s: cannot be executed: %s", charon->binary,
		               strerror(-error));
	if (strlen(charon->vici_path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(err, -ENAMETOOLONG, "charon: %s: is too long for a socket",
		               charon->vici_path);
	file_remove_temporaries(charon->config_path);
	file_remove_temporaries(charon->pid_path);
	return charon_log_open(charon->loop, charon->log_path, charon->callbacks.log_line,
	                       charon->ctx, &charon->log, err);
}

int charon_open(struct loop *loop, const struct charon_options *options,
                const struct charon_callbacks *callbacks, void *ctx, struct charon **ret_charon,
                struct err *err)
{
	struct charon *charon = calloc(1, sizeof(*charon));
	int error;

	if (!charon)
		return err_set(err, -ENOMEM, "charon: out of memory");
	charon->loop = loop;
	charon->callbacks = *callbacks;
	charon->ctx = ctx;
	charon->pidfd = -1;
	charon->stand_in.fd = -1;
	error = set_up(charon, options, err);
	if (!error && !charon_find_recorded(charon->pid_path))
		error = await_ports(charon, err);
	if (error) {
		charon_close(charon);
		return error;
	}
	*ret_charon = charon;
	return 0;
}

void charon_close(struct charon *charon)
{
	if (!charon)
		return;
	/* without us nobody would do it later */
	(void)charon_sockets_admit(&charon->sockets, 1);
	if (charon->pid) {
		stand_in_unspare_charon(charon->pidfd, charon->pid);
		forget_process(charon);
	}
	stand_in_close(&charon->stand_in);
	charon_log_close(charon->log);
	charon_unit_job_free(charon->unit_job);
	loop_timer_free(charon->restart_timer);
	loop_timer_free(charon->ready_timer);
	free(charon->log_path);
	free(charon->pid_path);
	free(charon->vici_path);
	free(charon->config_path);
	free(charon->config_text);
	free(charon->unit);
	free(charon->binary);
	free(charon);
}

int charon_set_config(struct charon *charon, const char *config_text, struct err *err)
{
	char *copy;
	int error;

	if (strcmp(charon->config_text, config_text) == 0)
		return -EALREADY;
	copy = strdup(config_text);
	if (!copy)
		return err_set(err, -ENOMEM, "charon: out of memory");
	error = file_write_quickly(charon->config_path, 0600, copy, strlen(copy), err);
	if (error) {
		free(copy);
		return error;
	}
	free(charon->config_text);
	charon->config_text = copy;
	return 0;
}

void charon_kill(struct charon *charon)
{
	struct pollfd watched = {.fd = charon->pidfd, .events = POLLIN};
	struct err err;
	char how[64];

	loop_timer_stop(charon->restart_timer);
	loop_timer_stop(charon->ready_timer);
	charon_unit_job_free(charon->unit_job);
	charon->unit_job = NULL;
	/* Before its death, which would make systemd start it again. */
	if (charon->unit)
		charon_unit_command("stop", charon->unit, &err);
	if (!charon->pid)
		return;
	pidfd_send_signal(charon->pidfd, SIGKILL, NULL, 0);
	while (poll(&watched, 1, KILL_WAIT_MS) < 0 && errno == EINTR)
		;
	charon_log_drain(charon->log);
	reap(charon, how, sizeof(how));
	forget_process(charon);
	unlink(charon->pid_path);
	unlink(charon->vici_path);
}

void charon_restart(struct charon *charon)
{
	if (charon->pid)
		pidfd_send_signal(charon->pidfd, SIGKILL, NULL, 0);
}

void charon_settings_read(struct charon *charon)
{
	/* what cannot be done here is told of its sockets */
	if (charon->pid)
		(void)charon_log_unblock(charon->log, charon->pidfd, charon->pid);
}

pid_t charon_pid(const struct charon *charon)
{
	return charon->pid;
}

void charon_set_needs_encapsulation(struct charon *charon, bool needed)
{
	charon->needs_encapsulation = needed;
}

const char *charon_port_problem(const struct charon *charon)
{
	return charon->port_problem.text;
}

void charon_drain_acquires(struct charon *charon)
{
	stand_in_drain(&charon->stand_in);
}

struct charon_waiting charon_waiting(const struct charon *charon)
{
	return charon_sockets_waiting(&charon->sockets);
}

int charon_admit(const struct charon *charon, unsigned one_in)
{
	return charon_sockets_admit(&charon->sockets, one_in);
}

const char *charon_socket_problem(const struct charon *charon)
{
	return charon->socket_problem.text;
}

pid_t charon_impostor(const struct charon *charon)
{
	return charon->impostor;
}

unsigned charon_restarts(const struct charon *charon)
{
	return charon->restarts;
}

bool charon_adopted(const struct charon *charon)
{
	return charon->adopted;
}
