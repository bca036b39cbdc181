/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_TRUST_H
#define XFRMD_BASE_TRUST_H

#include <sys/stat.h>
#include <sys/types.h>

#include "xfrmd/base/err.h"

/*
 * Whether others than root and we can decide what a file holds. Of a file its owner and mode count,
 * and those of the folder that it lies in: who can write there can put another in its place. What
 * is further up is not looked at.
 */
enum trust {
	TRUST_FILE,    /* nobody else can change it */
	TRUST_PRIVATE, /* nor read it */
	TRUST_FOLDER,  /* nobody else can replace what we have in it: /tmp is such a one */
	TRUST_OURS,    /* a folder that nobody else can add anything to */
};

/*
 * Adds a sentence for each reason why @path with this @status falls short of @trust, with the
 * command that mends it: another owner than root and @own, a mode that lets others in. Pure.
 */
void trust_judge(const char *path, const struct stat *status, uid_t own, enum trust trust,
                 struct problems *problems);

/* trust_judge() of what is there now, for our effective user; what cannot be examined, or is no file
 * where one is expected, is left to whoever opens it. */
void trust_check(const char *path, enum trust trust, struct problems *problems);

/* trust_check() of the folders that decide which file @path is: the one that it is named in, and, of
 * a symbolic link, the one that it leads to. */
void trust_check_folders(const char *path, struct problems *problems);
/* trust_check() of the file and of these folders. */
void trust_check_file(const char *path, enum trust trust, struct problems *problems);

/* 0 without problems, else -EPERM and all of them in one sentence, or -ENOMEM. Frees them. */
int trust_refuse(struct problems *problems, struct err *err);

/*
 * Opens a regular file that the daemon itself has written: no symbolic link, no other name, owned
 * by our effective user, changed by nobody else. @flags of open(2), 0600 for O_CREAT. A descriptor;
 * or negative errno and @err, -EPERM for what is not such a file.
 */
int trust_open(const char *path, int flags, struct err *err);
/* file_read() of such a file. */
int trust_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err);

#endif
