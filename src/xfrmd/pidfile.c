/* SPDX-License-Identifier: MIT */
/* The lock of a run directory. An open-file-description lock: it survives the daemon's fork. */
#include "xfrmd/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/cleanup.h"

static int refuse_busy(int fd, const char *path, struct err *err)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? strcspn(text, "\n") : 0] = '\0';
	return err_set(err, -EEXIST, "%s: another xfrmd%s%s runs in this run directory", path,
	               *text ? " with pid " : "", text);
}

int pidfile_lock(const char *path, int *ret_fd, struct err *err)
{
	for (;;) {
		_cleanup_(cleanup_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		struct stat ours, named;

		if (fd < 0)
			return err_set(err, -errno, "%s: cannot open: %s", path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK ? refuse_busy(fd, path, err)
			                            : err_set(err, -errno, "%s: cannot lock: %s",
			                                      path, strerror(errno));
		/* the predecessor may have removed the file between our open and our lock */
		if (fstat(fd, &ours) == 0 && stat(path, &named) == 0 &&
		    ours.st_ino == named.st_ino && ours.st_dev == named.st_dev) {
			/* until we are ready it names nobody */
			if (ftruncate(fd, 0) < 0)
				return err_set(err, -errno, "%s: cannot truncate: %s", path,
				               strerror(errno));
			*ret_fd = steal_fd(&fd);
			return 0;
		}
	}
}

int pidfile_write(int fd, const char *path, struct err *err)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return err_set(err, -errno, "%s: cannot write: %s", path, strerror(errno));
	return 0;
}

void pidfile_remove(int fd, const char *path)
{
	if (fd < 0)
		return;
	unlink(path);
	close(fd);
}
