/* SPDX-License-Identifier: MIT */
/*
 * Whose the run directory is, and its lock: an open-file-description lock, that survives the
 * daemon's fork. flock(2) needs no more than read access, hence a file of its own with 0600:
 * everybody may read xfrmd.pid, and so lock it.
 */
#include "xfrmd/base/run_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/str.h"
#include "xfrmd/base/trust.h"

#define MODE     0755
#define PID_MODE 0644
#define COMM_MAX 16 /* of a process, with its line end (proc(5)) */

static int out_of_memory(const char *path, struct err *err)
{
	return err_set(err, -ENOMEM, "%s: out of memory", path);
}

char *run_dir_file(const char *path, const char *name)
{
	char *file;

	return asprintf(&file, "%s/%s", path, name) < 0 ? NULL : file;
}

static int make(const char *path, struct err *err)
{
	_cleanup_(cleanup_free) char *copy = strdup(path);
	_cleanup_(cleanup_fd) int fd = -1;
	struct problems problems = {0};
	struct stat status;

	if (!copy)
		return out_of_memory(path, err);
	if (mkdir(path, MODE) < 0 && errno != EEXIST)
		return err_cannot(err, path, "create");
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return err_cannot(err, path, "be used as run directory");
	trust_judge(path, &status, geteuid(), TRUST_OURS, &problems);
	trust_check(dirname(copy), TRUST_FOLDER, &problems);
	return trust_refuse(&problems, err);
}

/* What the holder of a lock has written into its file; 0: nothing that is a pid. */
static pid_t read_pid(int fd)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t pid;

	text[len > 0 ? strcspn(text, "\n") : 0] = '\0';
	return str_parse_u64(text, 1, INT_MAX, &pid) < 0 ? 0 : (pid_t)pid;
}

static int refuse_busy(const char *path, pid_t pid, struct err *err)
{
	if (!pid)
		return err_set(err, -EEXIST, "%s: another xfrmd runs in this run directory", path);
	return err_set(err, -EEXIST, "%s: another xfrmd with pid %d runs in this run directory",
	               path, (int)pid);
}

static int lock(const char *path, int *ret_fd, struct err *err)
{
	_cleanup_(cleanup_free) char *file = run_dir_file(path, "lock");
	_cleanup_(cleanup_fd) int fd = -1;

	if (!file)
		return out_of_memory(path, err);
	fd = trust_open(file, O_RDWR | O_CREAT, err);
	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return refuse_busy(file, read_pid(fd), err);
	/* the mode again: it may come from a backup */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0 ||
	    dprintf(fd, "%d\n", (int)getpid()) < 0)
		return err_cannot(err, file, "lock");
	*ret_fd = steal_fd(&fd);
	return 0;
}

static bool is_xfrmd(pid_t pid)
{
	_cleanup_(cleanup_free) char *name = NULL;
	struct stat status;
	char path[64];
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return pid && stat(path, &status) == 0 && status.st_uid == geteuid() &&
	       file_read(path, COMM_MAX, &name, &len, NULL) == 0 && strcmp(name, "xfrmd\n") == 0;
}

/* Everybody can hold this lock, so whoever does must be an xfrmd by its name as well. */
static int refuse_older(const char *file, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = trust_open(file, O_RDONLY, NULL);
	pid_t pid;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0;
	pid = read_pid(fd);
	return is_xfrmd(pid) ? refuse_busy(file, pid, err) : 0;
}

int run_dir_open(const char *path, int *ret_lock_fd, struct err *err)
{
	_cleanup_(cleanup_free) char *pid_file = run_dir_file(path, "xfrmd.pid");
	_cleanup_(cleanup_fd) int fd = -1;
	int error = pid_file ? make(path, err) : out_of_memory(path, err);

	if (!error)
		error = lock(path, &fd, err);
	if (!error)
		error = refuse_older(pid_file, err);
	if (error)
		return error;
	file_remove_temporaries(pid_file);
	if (unlink(pid_file) < 0 && errno != ENOENT)
		return err_cannot(err, pid_file, "remove");
	*ret_lock_fd = steal_fd(&fd);
	return 0;
}

int run_dir_write_pid(const char *path, struct err *err)
{
	_cleanup_(cleanup_free) char *file = run_dir_file(path, "xfrmd.pid");
	char text[32];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (!file)
		return out_of_memory(path, err);
	return file_write_atomic(file, PID_MODE, text, (size_t)len, err);
}

void run_dir_close(const char *path, int lock_fd)
{
	_cleanup_(cleanup_free) char *file = lock_fd < 0 ? NULL : run_dir_file(path, "xfrmd.pid");

	if (file)
		unlink(file);
	/* last: a successor has its own by then */
	if (lock_fd >= 0)
		close(lock_fd);
}
