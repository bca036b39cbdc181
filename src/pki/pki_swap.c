/* SPDX-License-Identifier: MIT */
/*
 * Two exchanges of names. A copy of the folder, made of hard links, takes the folder's place with
 * the new files; the folder, out of sight now, gets them too and takes its place back. What a
 * killed run leaves tells how far it came: the copy has a mark, and stands either beside the folder
 * or in its place.
 */
#include "xfrmd/pki/pki_swap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

/* Only the copy has it. */
#define MARK ".copy-of-xfrmpki"

static const char *const swapped[] = {"ca.pem",        "ca.key",          "ca.next.key",
                                      "instance.pem",  "instance.key",    "xfrmd.conf",
                                      "ipsec_subnets", "no_ipsec_subnets"};

/* For what some file systems, and folders of others, do not allow. */
static int refuse(const struct pki_swap *swap, const char *what, struct err *err)
{
	int code = -errno;

	return err_set(err, code,
	               "%s: cannot %s: %s, expected a directory that can be replaced as a whole: "
	               "work on a copy (cp -a) in another place and bring its files back",
	               swap->dir, what, strerror(-code));
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static DIR *list_folder(int folder)
{
	_cleanup_(cleanup_fd) int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		steal_fd(&fd);
	return dir;
}

/* NULL: no more, or errno is set. */
static const char *next_entry(DIR *dir)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
	                   strcmp(entry->d_name, MARK) == 0));
	return entry ? entry->d_name : NULL;
}

static bool is_marked(int folder)
{
	return faccessat(folder, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The mark goes last: a copy without it could be anybody's folder. */
static int remove_copy(struct pki_swap *swap, struct err *err)
{
	_cleanup_(cleanup_dir) DIR *dir = list_folder(swap->copy);
	const char *name;

	if (!dir)
		return err_cannot(err, swap->stage, "read");
	while ((name = next_entry(dir)))
		if (unlinkat(swap->copy, name, 0) < 0)
			return err_cannot(err, swap->stage, "empty");
	if (errno)
		return err_cannot(err, swap->stage, "read");
	if ((unlinkat(swap->copy, MARK, 0) < 0 && errno != ENOENT) || rmdir(swap->stage) < 0)
		return err_cannot(err, swap->stage, "remove");
	return 0;
}

static int exchange(struct pki_swap *swap, struct err *err)
{
	int r;

	if (renameat2(AT_FDCWD, swap->stage, AT_FDCWD, swap->dir, RENAME_EXCHANGE) < 0)
		return refuse(swap, "exchange with its copy", err);
	swap->staged = false;
	r = file_sync_folder(swap->dir);
	return r < 0 ? err_set(err, r, "%s: cannot synchronise: %s", swap->dir, strerror(-r)) : 0;
}

/* Files that came into the copy while it was in force, after a kill, are kept. */
static int update_original(const struct pki_swap *swap, struct err *err)
{
	_cleanup_(cleanup_dir) DIR *dir = list_folder(swap->copy);
	const char *name;

	if (!dir)
		return err_cannot(err, swap->dir, "read");
	for (size_t i = 0; i < sizeof(swapped) / sizeof(swapped[0]); i++)
		if (unlinkat(swap->original, swapped[i], 0) < 0 && errno != ENOENT)
			return err_cannot(err, swap->stage, "remove old files");
	while ((name = next_entry(dir)))
		if (linkat(swap->copy, name, swap->original, name, 0) < 0 && errno != EEXIST)
			return err_cannot(err, swap->stage, "link new files");
	if (errno)
		return err_cannot(err, swap->dir, "read");
	return fsync(swap->original) < 0 ? err_cannot(err, swap->stage, "synchronise") : 0;
}

/* The copy is in force. Whatever was done here can be done again. */
static int finish(struct pki_swap *swap, struct err *err)
{
	int r = update_original(swap, err);

	if (r == 0)
		r = exchange(swap, err);
	return r < 0 ? r : remove_copy(swap, err);
}

/* Whatever stands in the folder's place is locked, be it the copy. */
static int open_locked(const char *path, int *ret_fd)
{
	_cleanup_(cleanup_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static bool is_at(int folder, const char *path)
{
	struct stat here, there;

	return fstat(folder, &here) == 0 && stat(path, &there) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int lock(struct pki_swap *swap, struct err *err)
{
	int r;

	/* another run may have ended, with an exchange, between open and lock */
	do {
		cleanup_fd(&swap->original);
		swap->original = -1;
		r = open_locked(swap->dir, &swap->original);
	} while (r == 0 && !is_at(swap->original, swap->dir));
	if (r == -EWOULDBLOCK)
		return err_set(err, -EBUSY, "%s: locked, another xfrmpki is at work", swap->dir);
	return r < 0 ? err_set(err, r, "%s: cannot lock: %s", swap->dir, strerror(-r)) : 0;
}

/* The folder stands where its copy should. */
static int resume(struct pki_swap *swap, struct err *err)
{
	int folder = swap->copy;

	swap->copy = swap->original;
	swap->original = folder;
	return finish(swap, err);
}

static int recover(struct pki_swap *swap, struct err *err)
{
	int r = open_locked(swap->stage, &swap->copy);

	if (r == -ENOENT) {
		/* the folder itself was taken away, or this is a copy of a copy */
		if (is_marked(swap->original) && unlinkat(swap->original, MARK, 0) < 0)
			return err_cannot(err, swap->dir, "remove the mark of a copy");
		return 0;
	}
	swap->resumed = true;
	if (r == 0 && is_marked(swap->original) && !is_marked(swap->copy))
		return resume(swap, err);
	if (r == 0 && is_marked(swap->copy) && !is_marked(swap->original))
		return remove_copy(swap, err);
	/* not marked yet, or not any more */
	if (r == 0 && rmdir(swap->stage) == 0)
		return 0;
	return err_set(err, -EEXIST, "%s: is in the way, expected nothing there", swap->stage);
}

int pki_swap_open(struct pki_swap *swap, const char *dir, struct err *err)
{
	int r;

	*swap = (struct pki_swap){.original = -1, .copy = -1};
	swap->dir = realpath(dir, NULL);
	if (!swap->dir)
		return err_set(err, -errno, "%s: %s, expected a directory", dir, strerror(errno));
	if (asprintf(&swap->stage, "%s" PKI_SWAP_SUFFIX, swap->dir) < 0) {
		swap->stage = NULL;
		return err_set(err, -ENOMEM, "out of memory");
	}
	r = lock(swap, err);
	if (r == 0)
		r = recover(swap, err);
	cleanup_fd(&swap->copy);
	swap->copy = -1;
	return r;
}

/* A sub-folder stays where it is, and is reached through a symbolic link while it is not there. */
static int copy_entry(const struct pki_swap *swap, const char *name)
{
	_cleanup_(cleanup_free) char *target = NULL;
	struct stat status;

	if (fstatat(swap->original, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode))
		return linkat(swap->original, name, swap->copy, name, 0);
	if (asprintf(&target, "..%s/%s", strrchr(swap->stage, '/'), name) < 0) {
		target = NULL;
		errno = ENOMEM;
		return -1;
	}
	return symlinkat(target, swap->copy, name);
}

static int copy_entries(const struct pki_swap *swap, struct err *err)
{
	_cleanup_(cleanup_dir) DIR *dir = list_folder(swap->original);
	const char *name;

	if (!dir)
		return err_cannot(err, swap->dir, "read");
	while ((name = next_entry(dir)))
		if (copy_entry(swap, name) < 0)
			return refuse(swap, "make links to its files", err);
	return errno ? err_cannot(err, swap->dir, "read") : 0;
}

int pki_swap_stage(struct pki_swap *swap, struct err *err)
{
	_cleanup_(cleanup_fd) int mark = -1;
	int r;

	if (mkdir(swap->stage, 0700) < 0)
		return refuse(swap, "make a folder beside it", err);
	r = open_locked(swap->stage, &swap->copy);
	if (r < 0)
		return err_set(err, r, "%s: cannot lock: %s", swap->stage, strerror(-r));
	swap->staged = true;
	mark = openat(swap->copy, MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return mark < 0 ? err_cannot(err, swap->stage, "mark") : copy_entries(swap, err);
}

int pki_swap_commit(struct pki_swap *swap, struct err *err)
{
	struct stat status;
	int r;

	if (fstat(swap->original, &status) < 0)
		return err_cannot(err, swap->dir, "examine");
	if (fchown(swap->copy, status.st_uid, status.st_gid) < 0 ||
	    fchmod(swap->copy, status.st_mode & 07777) < 0)
		return refuse(swap, "give its copy the same owner and mode", err);
	if (fsync(swap->copy) < 0)
		return err_cannot(err, swap->stage, "synchronise");
	r = exchange(swap, err);
	return r < 0 ? r : finish(swap, err);
}

void pki_swap_close(struct pki_swap *swap)
{
	struct err ignored;

	if (!swap)
		return;
	if (swap->staged)
		remove_copy(swap, &ignored);
	cleanup_fd(&swap->original);
	cleanup_fd(&swap->copy);
	free(swap->stage);
	free(swap->dir);
	*swap = (struct pki_swap){.original = -1, .copy = -1};
}
