/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_config.h"
#include "test.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/charon/charon_spawn.h"
#include "xfrmd/charon/swan_conf.h"

/* Runs a real charon in a network namespace of its own; skipped without root or charon. */

#define DEADLINE_MS 15000

static struct loop *loop;
static struct loop_timer *poll_timer;
static struct charon *charon;
static char run_dir[64], script[96];
static char *config_text;
static bool needs_encapsulation;
static struct err err;

/* What the callbacks heard. */
static struct {
	unsigned ready, died, lines;
	char how[256];
	char first_line[4096], last_line[4096];
	/* of the first one: it is started again at once, and may speak and die again before we look */
	unsigned lines_at_death;
	char last_words[4096];
} seen;

static void on_ready(void *ctx)
{
	(void)ctx;
	seen.ready++;
}

static void on_died(void *ctx, const char *how)
{
	(void)ctx;
	if (!seen.died++) {
		seen.lines_at_death = seen.lines;
		strcpy(seen.last_words, seen.last_line);
	}
	snprintf(seen.how, sizeof(seen.how), "%s", how);
}

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	if (!seen.lines++)
		snprintf(seen.first_line, sizeof(seen.first_line), "%s", line);
	snprintf(seen.last_line, sizeof(seen.last_line), "%s", line);
}

static int open_charon_as(const char *binary, const char *unit)
{
	static const struct charon_callbacks callbacks = {
		.ready = on_ready,
		.died = on_died,
		.log_line = on_line,
	};
	struct charon_options options = {
		.binary = binary,
		.unit = unit,
		.run_dir = run_dir,
		.config_text = config_text,
		.needs_encapsulation = needs_encapsulation,
	};

	return charon_open(loop, &options, &callbacks, NULL, &charon, &err);
}

static int open_charon(const char *binary)
{
	return open_charon_as(binary, NULL);
}

static const char *in_run_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", run_dir, name);
	return path;
}

static void set_up(void)
{
	struct conf conf = {0};

	memset(&seen, 0, sizeof(seen));
	err.text[0] = '\0';
	strcpy(run_dir, "/tmp/test-charon-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	snprintf(script, sizeof(script), "%s/script", run_dir);
	ck_assert_int_eq(conf_set_defaults(&conf), 0);
	config_text = swan_conf_text(&conf, run_dir);
	ck_assert_ptr_nonnull(config_text);
	conf_fini(&conf);
	ck_assert_int_eq(loop_new(&loop), 0);
	charon = NULL;
	needs_encapsulation = false;
}

static void tear_down(void)
{
	static const char *const names[] = {"charon.vici",     "charon.pid", "charon.log",
	                                    "strongswan.conf", "script",     "systemctl",
	                                    "stopped"};

	if (charon)
		charon_kill(charon);
	charon_close(charon);
	loop_free(loop);
	free(config_text);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_run_dir(names[i]));
	ck_assert_int_eq(rmdir(run_dir), 0);
}

/* A program that stands for charon. */
static void write_script(const char *text)
{
	ck_assert_int_eq(file_write_atomic(script, 0700, text, strlen(text), &err), 0);
}

static struct {
	const unsigned *counter;
	unsigned wanted;
	uint64_t deadline_ms;
} waiting;

static void on_poll(void *ctx)
{
	(void)ctx;
	if (*waiting.counter >= waiting.wanted || clock_now_ms() > waiting.deadline_ms)
		loop_stop(loop);
	else
		loop_timer_start(poll_timer, 2);
}

static void wait_for(const unsigned *counter, unsigned wanted)
{
	waiting.counter = counter;
	waiting.wanted = wanted;
	waiting.deadline_ms = clock_now_ms() + DEADLINE_MS;
	ck_assert_int_eq(loop_timer_new(loop, on_poll, NULL, &poll_timer), 0);
	loop_timer_start(poll_timer, 0);
	ck_assert_int_eq(loop_run(loop), 0);
	loop_timer_free(poll_timer);
	ck_assert_uint_ge(*counter, wanted);
}

static void start_charon(void)
{
	ck_assert_int_eq(open_charon(XFRMD_CHARON), 0);
	ck_assert_msg(charon_start(charon, &err) == 0, "%s", err.text);
	wait_for(&seen.ready, 1);
}

START_TEST(charon_becomes_ready_and_its_log_arrives)
{
	start_charon();
	ck_assert_int_gt(charon_pid(charon), 0);
	ck_assert_uint_eq(charon_restarts(charon), 0);
	ck_assert(!charon_adopted(charon));
	wait_for(&seen.lines, 1);
	/* which part of charon speaks first depends on its version */
	ck_assert_int_eq(strncmp(seen.first_line, "00[", 3), 0);
}
END_TEST

START_TEST(charon_that_is_killed_is_started_again)
{
	pid_t before;
	uint64_t killed_ms;

	start_charon();
	before = charon_pid(charon);
	killed_ms = clock_now_ms();
	ck_assert_int_eq(kill(before, SIGKILL), 0);
	wait_for(&seen.died, 1);
	ck_assert_str_eq(seen.how, "killed by signal 9");
	wait_for(&seen.ready, 2);
	ck_assert_uint_lt(clock_now_ms() - killed_ms, 5000);
	ck_assert_uint_eq(charon_restarts(charon), 1);
	ck_assert_int_ne(charon_pid(charon), before);
}
END_TEST

START_TEST(charon_that_outlives_us_is_adopted)
{
	pid_t before;

	start_charon();
	before = charon_pid(charon);
	charon_close(charon);
	charon = NULL;

	ck_assert_int_eq(open_charon(XFRMD_CHARON), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	ck_assert(charon_adopted(charon));
	ck_assert_int_eq(charon_pid(charon), before);
	wait_for(&seen.ready, 2);
	ck_assert_int_eq(kill(before, SIGKILL), 0);
	wait_for(&seen.ready, 3);
	ck_assert(!charon_adopted(charon));
}
END_TEST

/* How many sockets of this network namespace hear acquires. */
static unsigned hearers(void)
{
	FILE *file = fopen("/proc/self/net/netlink", "r");
	unsigned protocol, groups, count = 0;
	char line[256];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		count += sscanf(line, "%*x %u %*u %x", &protocol, &groups) == 2 &&
		         protocol == NETLINK_XFRM && (groups & 1u << (XFRMNLGRP_ACQUIRE - 1));
	fclose(file);
	return count;
}

START_TEST(charon_hears_acquires_by_a_stand_in_and_again_itself_without_us)
{
	start_charon();
	ck_assert_uint_eq(hearers(), 1);
	charon_close(charon);
	charon = NULL;
	ck_assert_uint_eq(hearers(), 2);
	start_charon();
	ck_assert(charon_adopted(charon));
	wait_for(&seen.ready, 2);
	ck_assert_uint_eq(hearers(), 1);
}
END_TEST

START_TEST(charon_is_gone_after_kill)
{
	pid_t pid;

	start_charon();
	pid = charon_pid(charon);
	charon_kill(charon);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(charon_pid(charon), 0);
	ck_assert_int_eq(access(in_run_dir("charon.pid"), F_OK), -1);
	ck_assert_uint_eq(seen.died, 0);
	charon_kill(charon);
}
END_TEST

START_TEST(charon_of_a_reused_pid_is_not_adopted)
{
	char text[64];

	snprintf(text, sizeof(text), "%d 1\n", (int)getpid());
	ck_assert_int_eq(
		file_write_atomic(in_run_dir("charon.pid"), 0644, text, strlen(text), &err), 0);
	start_charon();
	ck_assert(!charon_adopted(charon));
	ck_assert_int_ne(charon_pid(charon), getpid());
}
END_TEST

static const char *const broken_pid_files[] = {"", "nonsense\n", "-1 5\n", "0 5\n", "17\n"};

START_TEST(charon_broken_pid_file_counts_as_none)
{
	const char *text = broken_pid_files[_i];

	ck_assert_int_eq(
		file_write_atomic(in_run_dir("charon.pid"), 0644, text, strlen(text), &err), 0);
	write_script("#!/bin/sh\nexec sleep 100\n");
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	ck_assert(!charon_adopted(charon));
	ck_assert_int_gt(charon_pid(charon), 0);
}
END_TEST

static int take_port(int family, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	ck_assert_int_ge(fd, 0);
	if (family == AF_INET) {
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&v4, sizeof(v4)), 0);
		return fd;
	}
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&v6, sizeof(v6)), 0);
	return fd;
}

static const struct {
	int family;
	uint16_t port;
} taken_ports[] = {{AF_INET, 500}, {AF_INET, 4500}, {AF_INET6, 500}, {AF_INET6, 4500}};

START_TEST(charon_open_names_who_holds_its_port)
{
	int fd = take_port(taken_ports[_i].family, taken_ports[_i].port);
	char expected[128];

	snprintf(expected, sizeof(expected), "UDP port %u is taken by pid %d (test_charon)",
	         taken_ports[_i].port, (int)getpid());
	needs_encapsulation = true;
	ck_assert_int_eq(open_charon(XFRMD_CHARON), -EADDRINUSE);
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(charon_check_port(taken_ports[_i].port, getpid(), NULL, &err), 0);
	ck_assert_int_eq(charon_check_port(taken_ports[_i].port, 1, NULL, &err), -EADDRINUSE);
	close(fd);
	ck_assert_int_eq(charon_check_port(taken_ports[_i].port, 0, NULL, &err), 0);
}
END_TEST

static const int families[] = {AF_INET, AF_INET6};

START_TEST(charon_does_without_the_port_that_any_user_can_take)
{
	int fd = take_port(families[_i], 4500);
	char expected[128];

	snprintf(expected, sizeof(expected), "UDP port 4500 is taken by pid %d (test_charon)",
	         (int)getpid());
	start_charon();
	ck_assert_str_eq(charon_port_problem(charon), expected);

	charon_close(charon);
	charon = NULL;
	seen.ready = 0;
	start_charon();
	ck_assert(charon_adopted(charon));
	ck_assert_str_eq(charon_port_problem(charon), expected);

	/* only a new charon asks for it again */
	close(fd);
	ck_assert_str_eq(charon_port_problem(charon), expected);
	charon_restart(charon);
	wait_for(&seen.ready, 2);
	ck_assert_str_eq(charon_port_problem(charon), "");
}
END_TEST

START_TEST(charon_last_words_come_before_the_news_of_its_death)
{
	write_script("#!/bin/sh\necho first\nprintf 'bad \\033[31m\\n'\nprintf 'no end'\nexit 3\n");
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	wait_for(&seen.died, 1);
	ck_assert_str_eq(seen.how, "exited with status 3");
	ck_assert_str_eq(seen.first_line, "first");
	ck_assert_str_eq(seen.last_words, "no end");
	ck_assert_uint_eq(seen.lines_at_death, 3);
}
END_TEST

START_TEST(charon_long_lines_are_cut_and_control_bytes_escaped)
{
	write_script("#!/bin/sh\nprintf '\\033%05000d\\n' 0\nexec sleep 100\n");
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	wait_for(&seen.lines, 1);
	ck_assert_int_eq(strncmp(seen.first_line, "\\x1b000", 7), 0);
	ck_assert_uint_eq(strlen(seen.first_line), 1024 + 3);
}
END_TEST

START_TEST(charon_that_keeps_dying_is_started_ever_more_slowly)
{
	uint64_t begin_ms = clock_now_ms();

	write_script("#!/bin/sh\nexit 1\n");
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	wait_for(&seen.died, 4);
	ck_assert_uint_eq(charon_restarts(charon), 3);
	/* at once, 250 ms, 500 ms */
	ck_assert_uint_ge(clock_now_ms() - begin_ms, 750);
}
END_TEST

START_TEST(charon_that_cannot_be_started_again_is_tried_again)
{
	write_script("#!/bin/sh\nexit 1\n");
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	ck_assert_int_eq(unlink(script), 0);
	wait_for(&seen.died, 3);
	ck_assert_ptr_nonnull(strstr(seen.how, "cannot be started again: charon: cannot start "));
	write_script("#!/bin/sh\necho back\nexec sleep 100\n");
	wait_for(&seen.lines, 1);
}
END_TEST

START_TEST(charon_inherits_neither_signals_nor_files_nor_environment)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN}, before;
	unsigned long long blocked_seen, ignored_seen;
	unsigned variables, files;
	sigset_t blocked, mask;

	write_script("#!/bin/sh\n"
	             "echo $(sed -n 's/Sig\\(Blk\\|Ign\\):\t//p' /proc/$$/status) "
	             "$(env | grep -c XFRMD_TEST) $(ls /proc/$$/fd | grep -c 77)\n"
	             "exec sleep 100\n");
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &blocked, &mask), 0);
	ck_assert_int_eq(sigaction(SIGPIPE, &ignored, &before), 0);
	ck_assert_int_eq(setenv("XFRMD_TEST", "1", 1), 0);
	ck_assert_int_eq(dup2(STDOUT_FILENO, 77), 77);
	ck_assert_int_eq(open_charon(script), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	close(77);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGPIPE, &before, NULL);
	wait_for(&seen.lines, 1);
	ck_assert_int_eq(sscanf(seen.first_line, "%llx %llx %u %u", &blocked_seen, &ignored_seen,
	                        &variables, &files),
	                 4);
	ck_assert_uint_eq(blocked_seen, 0);
	ck_assert_uint_eq(ignored_seen & (1ull << (SIGPIPE - 1)), 0);
	ck_assert_uint_eq(variables, 0);
	ck_assert_uint_eq(files, 0);
}
END_TEST

START_TEST(charon_whose_pid_was_not_written_down_never_runs)
{
	char config[] = "/nonexistent";
	int gate, status;
	pid_t pid;

	write_script("#!/bin/sh\nexit 5\n");
	ck_assert_int_eq(charon_spawn(script, config, "/dev/null", -1, &pid, &gate), 0);
	close(gate);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 1);

	ck_assert_int_eq(charon_spawn(script, config, "/dev/null", -1, &pid, &gate), 0);
	ck_assert_int_eq(charon_spawn_go(gate), 0);
	close(gate);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
}
END_TEST

/* Does what systemd does for a unit with Restart=always, as long as nobody says stop. */
static void write_systemctl(void)
{
	char text[1024];

	snprintf(text, sizeof(text),
	         "#!/bin/sh\n"
	         "cd %s\n"
	         "case $2 in\n"
	         "start)\n"
	         "	rm -f stopped\n"
	         "	while ! [ -e stopped ]; do\n"
	         "		STRONGSWAN_CONF=%s/strongswan.conf %s 2>charon.log\n"
	         "	done </dev/null >/dev/null &\n"
	         "	;;\n"
	         "stop)\n"
	         "	touch stopped\n"
	         "	kill -KILL $(cut -d ' ' -f 1 charon.pid)\n"
	         "	;;\n"
	         "esac\n",
	         run_dir, run_dir, XFRMD_CHARON);
	ck_assert_int_eq(file_write_atomic(in_run_dir("systemctl"), 0700, text, strlen(text), &err),
	                 0);
	snprintf(text, sizeof(text), "%s:/usr/sbin:/usr/bin:/sbin:/bin", run_dir);
	ck_assert_int_eq(setenv("PATH", text, 1), 0);
}

START_TEST(charon_of_a_unit_is_started_and_adopted_and_stopped_by_systemd)
{
	struct pollfd ended = {.events = POLLIN};
	pid_t first, second;

	write_systemctl();
	ck_assert_int_eq(open_charon_as("/nonexistent", "xfrmd-charon.service"), 0);
	ck_assert_msg(charon_start(charon, &err) == 0, "%s", err.text);
	ck_assert_int_eq(charon_pid(charon), 0);
	wait_for(&seen.ready, 1);
	wait_for(&seen.lines, 1);
	first = charon_pid(charon);
	ck_assert_int_gt(first, 0);
	ck_assert(!charon_adopted(charon));

	charon_restart(charon);
	wait_for(&seen.ready, 2);
	second = charon_pid(charon);
	ck_assert_int_ne(second, first);
	ck_assert_uint_eq(seen.died, 1);
	ck_assert_str_eq(seen.how, "ended");
	ck_assert_uint_eq(charon_restarts(charon), 1);

	charon_close(charon);
	ck_assert_int_eq(open_charon_as("/nonexistent", "xfrmd-charon.service"), 0);
	ck_assert_int_eq(charon_start(charon, &err), 0);
	ck_assert(charon_adopted(charon));
	ck_assert_int_eq(charon_pid(charon), second);
	wait_for(&seen.ready, 3);

	/* one that has ended, but was not waited for by its parent yet, has its number still */
	ended.fd = pidfd_open(second, 0);
	ck_assert_int_ge(ended.fd, 0);
	charon_kill(charon);
	ck_assert_int_eq(poll(&ended, 1, 0), 1);
	close(ended.fd);
	ck_assert_int_eq(access(in_run_dir("stopped"), F_OK), 0);
}
END_TEST

START_TEST(charon_of_a_unit_that_systemd_refuses_is_refused)
{
	static const char text[] = "#!/bin/sh\nexit 1\n";

	write_systemctl();
	ck_assert_int_eq(file_write_atomic(in_run_dir("systemctl"), 0700, text, strlen(text), &err),
	                 0);
	ck_assert_int_eq(open_charon_as("/nonexistent", "xfrmd-charon.service"), 0);
	ck_assert_int_eq(charon_start(charon, &err), -EIO);
}
END_TEST

START_TEST(charon_missing_binary_is_refused)
{
	ck_assert_int_eq(open_charon("/nonexistent/charon"), -ENOENT);
	ck_assert_str_eq(err.text, "charon: /nonexistent/charon: cannot be executed: "
	                           "No such file or directory");
}
END_TEST

START_TEST(charon_log_that_is_no_fifo_is_refused)
{
	char expected[160];

	ck_assert_int_eq(file_write_atomic(in_run_dir("charon.log"), 0600, "x", 1, &err), 0);
	ck_assert_int_eq(open_charon(XFRMD_CHARON), -EEXIST);
	snprintf(expected, sizeof(expected), "%s: is not a FIFO, remove it",
	         in_run_dir("charon.log"));
	ck_assert_str_eq(err.text, expected);
}
END_TEST

START_TEST(charon_log_that_others_can_read_is_refused)
{
	ck_assert_int_eq(mkfifo(in_run_dir("charon.log"), 0600), 0);
	ck_assert_int_eq(chmod(in_run_dir("charon.log"), 0644), 0);
	ck_assert_int_eq(open_charon(XFRMD_CHARON), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod 0600"));
}
END_TEST

START_TEST(charon_run_dir_too_long_for_a_socket_is_refused)
{
	static const struct charon_callbacks callbacks = {0};
	char long_dir[160];
	struct charon_options options = {
		.binary = "/bin/true",
		.run_dir = long_dir,
		.config_text = "",
	};

	memset(long_dir, 'x', sizeof(long_dir));
	long_dir[0] = '/';
	long_dir[sizeof(long_dir) - 1] = '\0';
	ck_assert_int_eq(charon_open(loop, &options, &callbacks, NULL, &charon, &err),
	                 -ENAMETOOLONG);
}
END_TEST

START_TEST(charon_new_config_is_written_for_the_next_start)
{
	char *text;
	size_t len;

	ck_assert_int_eq(open_charon("/bin/true"), 0);
	ck_assert_int_eq(charon_set_config(charon, config_text, &err), -EALREADY);
	ck_assert_int_eq(charon_set_config(charon, "other", &err), 0);
	ck_assert_int_eq(charon_set_config(charon, "other", &err), -EALREADY);
	ck_assert_int_eq(file_read(in_run_dir("strongswan.conf"), 100, &text, &len, &err), 0);
	ck_assert_str_eq(text, "other");
	free(text);
}
END_TEST

static const struct {
	unsigned short_lives;
	uint64_t delay_ms;
} delays[] = {{0, 0},     {1, 0},     {2, 250},    {3, 500},           {4, 1000},
              {8, 16000}, {9, 30000}, {10, 30000}, {4000000000, 30000}};

START_TEST(charon_restart_delay_doubles_up_to_the_bound)
{
	ck_assert_uint_eq(charon_restart_delay_ms(delays[_i].short_lives), delays[_i].delay_ms);
}
END_TEST

START_TEST(charon_close_accepts_null)
{
	charon_close(NULL);
}
END_TEST

/* A network of our own with nothing but loopback. */
static const char *enter_namespace(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (getuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return "needs root";
	if (access(XFRMD_CHARON, X_OK) < 0)
		return "needs " XFRMD_CHARON;
	fd = pidfd_open(getpid(), 0);
	if (fd < 0)
		return "needs pidfd_open, which valgrind may not know";
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return "cannot set loopback up";
	close(fd);
	return NULL;
}

int main(void)
{
	const char *missing = enter_namespace();
	TCase *tcase;
	Suite *suite;

	if (missing) {
		printf("1..0 # SKIP %s\n", missing);
		return EXIT_SUCCESS;
	}
	suite = test_suite("charon", &tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, charon_becomes_ready_and_its_log_arrives);
	tcase_add_test(tcase, charon_that_is_killed_is_started_again);
	tcase_add_test(tcase, charon_that_outlives_us_is_adopted);
	tcase_add_test(tcase, charon_hears_acquires_by_a_stand_in_and_again_itself_without_us);
	tcase_add_test(tcase, charon_is_gone_after_kill);
	tcase_add_test(tcase, charon_of_a_reused_pid_is_not_adopted);
	tcase_add_loop_test(tcase, charon_broken_pid_file_counts_as_none, 0,
	                    sizeof(broken_pid_files) / sizeof(broken_pid_files[0]));
	tcase_add_loop_test(tcase, charon_open_names_who_holds_its_port, 0,
	                    sizeof(taken_ports) / sizeof(taken_ports[0]));
	tcase_add_loop_test(tcase, charon_does_without_the_port_that_any_user_can_take, 0,
	                    sizeof(families) / sizeof(families[0]));
	tcase_add_test(tcase, charon_last_words_come_before_the_news_of_its_death);
	tcase_add_test(tcase, charon_long_lines_are_cut_and_control_bytes_escaped);
	tcase_add_test(tcase, charon_that_keeps_dying_is_started_ever_more_slowly);
	tcase_add_test(tcase, charon_that_cannot_be_started_again_is_tried_again);
	tcase_add_test(tcase, charon_inherits_neither_signals_nor_files_nor_environment);
	tcase_add_test(tcase, charon_whose_pid_was_not_written_down_never_runs);
	tcase_add_test(tcase, charon_of_a_unit_is_started_and_adopted_and_stopped_by_systemd);
	tcase_add_test(tcase, charon_of_a_unit_that_systemd_refuses_is_refused);
	tcase_add_test(tcase, charon_missing_binary_is_refused);
	tcase_add_test(tcase, charon_log_that_is_no_fifo_is_refused);
	tcase_add_test(tcase, charon_log_that_others_can_read_is_refused);
	tcase_add_test(tcase, charon_run_dir_too_long_for_a_socket_is_refused);
	tcase_add_test(tcase, charon_new_config_is_written_for_the_next_start);
	tcase_add_loop_test(tcase, charon_restart_delay_doubles_up_to_the_bound, 0,
	                    sizeof(delays) / sizeof(delays[0]));
	tcase_add_test(tcase, charon_close_accepts_null);
	return test_run(suite);
}
