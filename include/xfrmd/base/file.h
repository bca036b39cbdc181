/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_FILE_H
#define XFRMD_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "xfrmd/base/err.h"

/*
 * Reads a regular file of at most @max bytes. *ret_data is NUL-terminated behind its *ret_len
 * bytes; the caller frees. Negative errno; -EFBIG when longer; @err says which and why.
 */
int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err);
/* For /proc and the like: its text up to FILE_SMALL_MAX, which the caller frees; NULL: not there, or not to be read. */
#define FILE_SMALL_MAX (1024 * 1024)
char *file_read_small(const char *path);
/* The same as file_read() of an open one, which @path names in @err and which stays open. */
int file_read_fd(int fd, const char *path, size_t max, char **ret_data, size_t *ret_len,
                 struct err *err);

/*
 * Replaces @path as a whole: temporary file in the same directory with @mode, fsync, rename, fsync
 * of the directory. On failure the old file is untouched and no temporary file is left.
 */
int file_write_atomic(const char *path, mode_t mode, const void *data, size_t len, struct err *err);
/* The same without waiting for the disk: for what a crash of the machine may take. */
int file_write_quickly(const char *path, mode_t mode, const void *data, size_t len,
                       struct err *err);
/* Whether it is a file that we may execute: 0, or the negative errno that says why not. */
int file_check_program(const char *path);
/* Makes the names in the folder of @path durable: a rename is so only with it. 0 or negative errno. */
int file_sync_folder(const char *path);
/* Removes the temporary files of writers of @path that were killed; nobody may be writing it
 * now. */
void file_remove_temporaries(const char *path);

/* Writes @text to an existing kernel file such as a sysctl, in one write(2), unless that is its value:
 * then it may be read-only. @err says what it is and what it should be. */
int file_write_value(const char *path, const char *text, struct err *err);

#endif
