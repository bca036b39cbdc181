/* SPDX-License-Identifier: MIT */
/*
 * The one log sink of a process: stderr until log_open() says otherwise. A line is built once and
 * handed to the sink whole; nothing here fails towards the caller, since a daemon that cannot log
 * must still protect.
 */
#include "xfrmd/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/repeats.h"

#define LOG_LINE_MAX       2048
#define LOG_FILE_MODE      0640
/* The native socket of systemd-journald (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

static struct {
	enum log_target target;
	enum log_level level;
	char program[32];
	char *path;
	int fd; /* FILE and JOURNAL */
} sink = {.target = LOG_TARGET_STDERR, .level = LOG_LEVEL_INFO, .fd = -1};

static struct {
	struct repeats lines;
	log_due_fn due; /* NULL: repeats are written */
	void *ctx;
} repeats;

static struct {
	log_tap_fn fn;
	void *ctx;
	bool busy;
} tap;

const char *const log_level_names[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",     NULL,
};

static const int syslog_priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,     [LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

static int open_fd(enum log_target target, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOG_JOURNAL_SOCKET};
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
	_cleanup_(cleanup_fd) int fd = -1;

	/* O_NONBLOCK: a FIFO without reader in the place of a file must not stop the daemon */
	if (target == LOG_TARGET_FILE)
		fd = open(path, flags, LOG_FILE_MODE);
	else
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (target == LOG_TARGET_JOURNAL &&
	               connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0))
		return -errno;
	return steal_fd(&fd);
}

static void close_sink(void)
{
	if (sink.target == LOG_TARGET_SYSLOG)
		closelog();
	if (sink.fd >= 0)
		close(sink.fd);
	free(sink.path);
	sink.path = NULL;
	sink.fd = -1;
	sink.target = LOG_TARGET_STDERR;
}

int log_open(const char *program, enum log_target target, const char *path, enum log_level level)
{
	_cleanup_(cleanup_free) char *copy = target == LOG_TARGET_FILE ? strdup(path) : NULL;
	int fd = -1;

	if (target == LOG_TARGET_FILE && !copy)
		return -ENOMEM;
	if (target == LOG_TARGET_FILE || target == LOG_TARGET_JOURNAL) {
		fd = open_fd(target, path);
		if (fd < 0)
			return fd;
	}
	close_sink();
	snprintf(sink.program, sizeof(sink.program), "%s", program);
	sink.target = target;
	sink.level = level;
	sink.path = steal_ptr(copy);
	sink.fd = fd;
	if (target == LOG_TARGET_SYSLOG)
		openlog(sink.program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	return 0;
}

static int check_file(const char *path, struct err *err)
{
	_cleanup_(cleanup_free) char *copy = strdup(path);
	const char *what = path;
	struct stat status;

	if (!copy)
		return err_set(err, -ENOMEM, "%s: out of memory", path);
	if (lstat(path, &status) == 0) {
		if (!S_ISREG(status.st_mode))
			return err_set(err, -EINVAL, "%s: is a %s, expected a file", path,
			               S_ISDIR(status.st_mode)   ? "directory"
			               : S_ISLNK(status.st_mode) ? "symbolic link"
			                                         : "device, a FIFO or a socket");
	} else {
		what = dirname(copy);
		if (stat(what, &status) < 0)
			return err_set(err, -errno, "%s: cannot be made: %s: %s", path, what,
			               strerror(errno));
		if (!S_ISDIR(status.st_mode))
			return err_set(err, -ENOTDIR, "%s: cannot be made: %s: not a directory",
			               path, what);
	}
	if (geteuid() == 0 && access(what, W_OK) < 0)
		return err_cannot(err, path, "be written");
	return 0;
}

int log_check(enum log_target target, const char *path, struct err *err)
{
	struct stat status;

	switch (target) {
	case LOG_TARGET_FILE:
		return path ? check_file(path, err) : 0;
	case LOG_TARGET_JOURNAL:
		if (stat(LOG_JOURNAL_SOCKET, &status) < 0)
			return err_set(err, -errno, "%s: %s", LOG_JOURNAL_SOCKET, strerror(errno));
		return 0;
	case LOG_TARGET_SYSLOG:
	case LOG_TARGET_STDERR:
		return 0;
	}
	return 0;
}

int log_reopen(void)
{
	int fd;

	if (sink.target != LOG_TARGET_FILE)
		return 0;
	fd = open_fd(LOG_TARGET_FILE, sink.path);
	if (fd < 0)
		return fd;
	close(sink.fd);
	sink.fd = fd;
	return 0;
}

static void write_file(const char *line)
{
	char stamp[32], text[LOG_LINE_MAX + 96];
	time_t now = time(NULL);
	struct tm local;
	int len;

	localtime_r(&now, &local);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S%z", &local);
	len = snprintf(text, sizeof(text), "%s %s[%d]: %s\n", stamp, sink.program, (int)getpid(),
	               line);
	if (write(sink.fd, text, (size_t)len) < 0)
		return; /* nowhere left to say so */
}

static void write_journal(int priority, const char *line)
{
	char text[LOG_LINE_MAX + 96];
	int len = snprintf(text, sizeof(text),
	                   "PRIORITY=%d\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n",
	                   priority, sink.program, line);

	if (send(sink.fd, text, (size_t)len, MSG_NOSIGNAL) < 0)
		return; /* nowhere left to say so */
}

static void write_stderr(int priority, const char *line)
{
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s%s%s\n", sink.program, *sink.program ? ": " : "", line);
}

static void write_sink(enum log_level level, const char *line)
{
	int priority = syslog_priorities[level];

	switch (sink.target) {
	case LOG_TARGET_STDERR:
		write_stderr(priority, line);
		break;
	case LOG_TARGET_SYSLOG:
		syslog(priority, "%s", line);
		break;
	case LOG_TARGET_JOURNAL:
		write_journal(priority, line);
		break;
	case LOG_TARGET_FILE:
		write_file(line);
		break;
	}
}

static void tell_repeats(void)
{
	struct repeats_sum sum;
	char line[LOG_LINE_MAX];

	while (repeats_tell(&repeats.lines, clock_now_ms(), &sum)) {
		snprintf(line, sizeof(line), "%s (repeated %llu times in %llu s)", sum.line,
		         (unsigned long long)sum.times, (unsigned long long)sum.over_ms / 1000);
		write_sink(sum.level, line);
	}
}

static void arm_repeats(void)
{
	uint64_t due_ms = repeats_due_ms(&repeats.lines);
	log_due_fn due = repeats.due;

	if (due_ms == UINT64_MAX)
		return;
	/* what it has to log itself is written */
	repeats.due = NULL;
	due(repeats.ctx, due_ms);
	repeats.due = due;
}

/* Whether the line is one more of those that are counted. */
static bool is_repeat(enum log_level level, const char *line)
{
	bool counted;

	if (!repeats.due || level > LOG_LEVEL_INFO)
		return false;
	counted = !repeats_take(&repeats.lines, level, line, clock_now_ms());
	tell_repeats();
	arm_repeats();
	return counted;
}

void log_count_repeats(log_due_fn due, void *ctx)
{
	if (!due) {
		repeats_flush(&repeats.lines);
		tell_repeats();
		repeats_fini(&repeats.lines);
	}
	repeats.due = due;
	repeats.ctx = ctx;
}

void log_tell_repeats(void)
{
	tell_repeats();
	arm_repeats();
}

void log_set_tap(log_tap_fn fn, void *ctx)
{
	tap.fn = fn;
	tap.ctx = ctx;
}

void log_close(void)
{
	log_count_repeats(NULL, NULL);
	close_sink();
}

static void hand_over(enum log_level level, const char *line)
{
	/* what it has to log itself goes to the sink alone */
	if (!tap.fn || tap.busy)
		return;
	tap.busy = true;
	tap.fn(tap.ctx, level, line);
	tap.busy = false;
}

void log_at(enum log_level level, const char *format, ...)
{
	int saved = errno;
	char line[LOG_LINE_MAX];
	va_list args;

	if (level > sink.level && !tap.fn)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* one event is one line, whatever text of others it carries */
	for (char *byte = line; *byte; byte++)
		if (*byte == '\n' || *byte == '\r')
			*byte = ' ';
	hand_over(level, line);
	if (level <= sink.level && !is_repeat(level, line))
		write_sink(level, line);
	errno = saved;
}

bool log_allowed(struct log_limit *limit, uint64_t now_ms, const char *what)
{
	if (!limit->logged || now_ms - limit->started_ms >= limit->interval_ms) {
		if (limit->suppressed)
			log_warning("%s: suppressed %u lines", what, limit->suppressed);
		limit->started_ms = now_ms;
		limit->logged = 0;
		limit->suppressed = 0;
	}
	if (limit->logged < limit->burst) {
		limit->logged++;
		return true;
	}
	limit->suppressed++;
	return false;
}
