/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/str.h"
#include "xfrmd/base/trust.h"

/* Of 4 KB pages, which it takes when there are lines in them; the kernel's limit for anybody. */
#define FIFO_SIZE (1024 * 1024)
/* Who goes on to write is not listened to for ever. */
#define DRAIN_MAX (2 * FIFO_SIZE)

struct charon_log {
	charon_log_fn fn;
	void *ctx;
	int fd;
	struct loop_fd *watch;
	char line[CHARON_LOG_LINE_MAX + 1];
	size_t line_len;
};

static void finish_line(struct charon_log *log)
{
	char escaped[4 * CHARON_LOG_LINE_MAX + 1];

	log->line[log->line_len] = '\0';
	if (log->line_len)
		log->fn(log->ctx, str_escape(log->line, escaped, sizeof(escaped)));
	log->line_len = 0;
}

static void take(struct charon_log *log, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' || !data[i])
			finish_line(log);
		else if (log->line_len < CHARON_LOG_LINE_MAX)
			log->line[log->line_len++] = data[i];
	}
}

/* The bytes that were there. */
static size_t read_some(struct charon_log *log)
{
	char data[4096];
	ssize_t len = read(log->fd, data, sizeof(data));

	if (len <= 0)
		return 0;
	take(log, data, (size_t)len);
	return (size_t)len;
}

static void on_readable(void *ctx, unsigned ready)
{
	(void)ready;
	read_some(ctx);
}

void charon_log_drain(struct charon_log *log)
{
	size_t total = 0, len;

	while (total < DRAIN_MAX && (len = read_some(log)))
		total += len;
	finish_line(log);
}

static int open_fifo(const char *path, int *ret_fd, struct err *err)
{
	struct problems problems = {0};
	struct stat status;

	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return err_set(err, -errno, "%s: cannot create: %s", path, strerror(errno));
	/* For writing as well: without any writer a FIFO would always be readable. */
	*ret_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (*ret_fd < 0)
		return err_set(err, -errno, "%s: cannot open: %s", path, strerror(errno));
	if (fstat(*ret_fd, &status) < 0 || !S_ISFIFO(status.st_mode))
		return err_set(err, -EEXIST, "%s: is not a FIFO, remove it", path);
	/* the default is enough for a few hundred negotiations while nobody reads */
	(void)fcntl(*ret_fd, F_SETPIPE_SZ, FIFO_SIZE);
	trust_judge(path, &status, geteuid(), TRUST_PRIVATE, &problems);
	return trust_refuse(&problems, err);
}

int charon_log_open(struct loop *loop, const char *path, charon_log_fn fn, void *ctx,
                    struct charon_log **ret_log, struct err *err)
{
	struct charon_log *log = calloc(1, sizeof(*log));
	int error;

	if (!log)
		return err_set(err, -ENOMEM, "charon: out of memory");
	log->fn = fn;
	log->ctx = ctx;
	log->fd = -1;
	error = open_fifo(path, &log->fd, err);
	if (!error) {
		error = loop_fd_new(loop, log->fd, LOOP_READ, on_readable, log, &log->watch);
		if (error)
			err_set(err, error, "charon: %s", strerror(-error));
	}
	if (error) {
		charon_log_close(log);
		return error;
	}
	*ret_log = log;
	return 0;
}

static int unblock(int pidfd, int number)
{
	_cleanup_(cleanup_fd) int fd = pidfd_getfd(pidfd, number, 0);
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int charon_log_unblock(const struct charon_log *log, int pidfd, pid_t pid)
{
	struct stat fifo, other;
	const struct dirent *entry;
	char path[64];
	int error = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir || fstat(log->fd, &fifo) < 0)
		error = -errno;
	while (!error && (entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &other, 0) == 0 && S_ISFIFO(other.st_mode) &&
		    other.st_dev == fifo.st_dev && other.st_ino == fifo.st_ino)
			error = unblock(pidfd, atoi(entry->d_name));
	}
	if (dir)
		closedir(dir);
	return error;
}

void charon_log_close(struct charon_log *log)
{
	if (!log)
		return;
	loop_fd_free(log->watch);
	if (log->fd >= 0)
		close(log->fd);
	free(log);
}
