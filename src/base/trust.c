/* SPDX-License-Identifier: MIT */
/* Owners and modes of the files that are believed, and of the folders around them. */
#include "xfrmd/base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define OTHERS       (S_IRWXG | S_IRWXO)

static bool lets_others_write(mode_t mode, enum trust trust)
{
	if (!(mode & OTHERS_WRITE))
		return false;
	/* there only owners rename and remove */
	return trust != TRUST_FOLDER || !(mode & S_ISVTX);
}

void trust_judge(const char *path, const struct stat *status, uid_t own, enum trust trust,
                 struct problems *problems)
{
	unsigned mode = (unsigned)status->st_mode & 07777;

	if (status->st_uid != 0 && status->st_uid != own)
		problems_add(problems, "%s: owned by uid %u, expected root: chown root %s", path,
		             (unsigned)status->st_uid, path);
	if (trust == TRUST_PRIVATE && mode & OTHERS)
		problems_add(problems,
		             "%s: %s by group or others (mode %04o), expected 0600: chmod 0600 %s",
		             path, mode & OTHERS_WRITE ? "writable" : "readable", mode, path);
	else if (lets_others_write(mode, trust))
		problems_add(
			problems,
			"%s: writable by group or others (mode %04o), expected %04o: chmod go-w %s",
			path, mode, mode & ~(unsigned)OTHERS_WRITE, path);
}

void trust_check(const char *path, enum trust trust, struct problems *problems)
{
	bool folder = trust == TRUST_FOLDER || trust == TRUST_OURS;
	struct stat status;

	if (stat(path, &status) == 0 && (folder || S_ISREG(status.st_mode)))
		trust_judge(path, &status, geteuid(), trust, problems);
}

void trust_check_folders(const char *path, struct problems *problems)
{
	_cleanup_(cleanup_free) char *copy = strdup(path), *real = realpath(path, NULL);
	_cleanup_(cleanup_free) char *real_folder = NULL;
	const char *folder, *target;

	if (!copy) {
		problems->out_of_memory = true;
		return;
	}
	folder = dirname(copy);
	trust_check(folder, TRUST_FOLDER, problems);
	real_folder = realpath(folder, NULL);
	if (!real || !real_folder)
		return;
	target = dirname(real);
	if (strcmp(target, real_folder) != 0)
		trust_check(target, TRUST_FOLDER, problems);
}

void trust_check_file(const char *path, enum trust trust, struct problems *problems)
{
	trust_check(path, trust, problems);
	trust_check_folders(path, problems);
}

int trust_refuse(struct problems *problems, struct err *err)
{
	int code = problems->out_of_memory ? -ENOMEM : problems->count ? -EPERM : 0;
	struct err all = {.text = "out of memory"};

	for (size_t i = 0; code == -EPERM && i < problems->count; i++) {
		struct err before = all;

		err_set(&all, 0, "%s%s%s", i ? before.text : "", i ? "; " : "", problems->items[i]);
	}
	problems_fini(problems);
	return code ? err_set(err, code, "%s", all.text) : 0;
}

int trust_open(const char *path, int flags, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = -1;
	struct problems problems = {0};
	struct stat status;
	int code;

	/* O_NONBLOCK: a FIFO in its place must not stop the daemon */
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ELOOP)
		return err_set(err, -EPERM, "%s: is a symbolic link, expected a file: rm %s", path,
		               path);
	if (fd < 0 || fstat(fd, &status) < 0)
		return err_cannot(err, path, "open");
	if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != geteuid())
		return err_set(err, -EPERM,
		               "%s: is not a file of ours (uid %u, %lu names), expected one that "
		               "only xfrmd made: rm %s",
		               path, (unsigned)status.st_uid, (unsigned long)status.st_nlink, path);
	trust_judge(path, &status, geteuid(), TRUST_FILE, &problems);
	code = trust_refuse(&problems, err);
	return code ? code : steal_fd(&fd);
}

int trust_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = trust_open(path, O_RDONLY, err);

	return fd < 0 ? fd : file_read_fd(fd, path, max, ret_data, ret_len, err);
}
