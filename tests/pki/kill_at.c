/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into xfrmpki: SIGKILL before the call number $KILL_AT of those that change files, so
 * that every state in which it can die is reached. These are all that it uses.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void count(void)
{
	static int calls;
	const char *last = getenv("KILL_AT");

	if (last && ++calls == atoi(last))
		kill(getpid(), SIGKILL);
}

/* Counts creations, and the mkstemp() that is not seen by its first change of the new file. */
int openat64(int folder, const char *path, int flags, ...)
{
	if (flags & O_CREAT)
		count();
	return (int)syscall(SYS_openat, folder, path, flags, 0600);
}

int mkdir(const char *path, mode_t mode)
{
	count();
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int rmdir(const char *path)
{
	count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

int unlink(const char *path)
{
	count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
	count();
	return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
	count();
	return (int)syscall(SYS_linkat, from, old, to, new, flags);
}

int symlinkat(const char *target, int folder, const char *path)
{
	count();
	return (int)syscall(SYS_symlinkat, target, folder, path);
}

int rename(const char *old, const char *new)
{
	count();
	return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	count();
	return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}

int fchmod(int fd, mode_t mode)
{
	count();
	return (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t owner, gid_t group)
{
	count();
	return (int)syscall(SYS_fchown, fd, owner, group);
}

ssize_t write(int fd, const void *data, size_t len)
{
	count();
	return syscall(SYS_write, fd, data, len);
}
