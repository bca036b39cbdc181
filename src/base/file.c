/* SPDX-License-Identifier: MIT */
/* Files: size-limited read, atomic replacement, kernel values. */
#include "xfrmd/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"

int file_read(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err)
{
	/* O_NONBLOCK: a FIFO in the place of a file must not stop the daemon */
	_cleanup_(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_cannot(err, path, "open");
	return file_read_fd(fd, path, max, ret_data, ret_len, err);
}

char *file_read_small(const char *path)
{
	char *text = NULL;
	size_t len;

	return file_read(path, FILE_SMALL_MAX, &text, &len, NULL) ? NULL : text;
}

int file_read_fd(int fd, const char *path, size_t max, char **ret_data, size_t *ret_len,
                 struct err *err)
{
	_cleanup_(cleanup_free) char *data = NULL;
	struct stat status;
	size_t len = 0, size;

	if (fstat(fd, &status) < 0)
		return err_cannot(err, path, "examine");
	if (!S_ISREG(status.st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", path);
	if (status.st_size < 0 || (uint64_t)status.st_size > max)
		return err_set(err, -EFBIG, "%s: %lld bytes, expected at most %zu", path,
		               (long long)status.st_size, max);
	/* files of /proc and /sys show no size */
	size = status.st_size ? (size_t)status.st_size : max;
	data = malloc(size + 1);
	if (!data)
		return err_set(err, -ENOMEM, "%s: out of memory", path);
	while (len <= size) {
		ssize_t got = read(fd, data + len, size + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_cannot(err, path, "read");
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len > size)
		return err_set(err, -EFBIG, "%s: more than %zu bytes, expected at most as many",
		               path, size);
	data[len] = '\0';
	*ret_data = steal_ptr(data);
	*ret_len = len;
	return 0;
}

static bool write_all(int fd, const void *data, size_t len)
{
	const char *next = data;

	while (len) {
		ssize_t done = write(fd, next, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		next += done;
		len -= (size_t)done;
	}
	return true;
}

int file_check_program(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	/* nothing else executes, whatever its mode */
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return access(path, X_OK) < 0 ? -errno : 0;
}

int file_sync_folder(const char *path)
{
	_cleanup_(cleanup_free) char *copy = strdup(path);
	_cleanup_(cleanup_fd) int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *path, mode_t mode, const void *data, size_t len, bool durable,
                   struct err *err)
{
	_cleanup_(cleanup_free) char *temporary = NULL;
	_cleanup_(cleanup_fd) int fd = -1;
	int code;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return err_set(err, -ENOMEM, "%s: out of memory", path);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_cannot(err, path, "create a temporary file beside it");
	if (fchmod(fd, mode) == 0 && write_all(fd, data, len) && (!durable || fsync(fd) == 0) &&
	    rename(temporary, path) == 0)
		return 0;
	code = err_cannot(err, path, "write");
	unlink(temporary);
	return code;
}

int file_write_atomic(const char *path, mode_t mode, const void *data, size_t len, struct err *err)
{
	int code = replace(path, mode, data, len, true, err);

	if (code)
		return code;
	code = file_sync_folder(path);
	return code ? err_set(err, code, "%s: cannot sync its directory: %s", path, strerror(-code))
	            : 0;
}

int file_write_quickly(const char *path, mode_t mode, const void *data, size_t len, struct err *err)
{
	return replace(path, mode, data, len, false, err);
}

void file_remove_temporaries(const char *path)
{
	_cleanup_(cleanup_free) char *pattern = NULL;
	glob_t found;

	if (asprintf(&pattern, "%s.??????", path) < 0) {
		pattern = NULL;
		return;
	}
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
}

#define VALUE_MAX 64

/* Empty: it cannot be read. */
static void read_value(const char *path, char ret_value[VALUE_MAX])
{
	_cleanup_(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, ret_value, VALUE_MAX - 1);

	ret_value[len < 0 ? 0 : len] = '\0';
	ret_value[strcspn(ret_value, "\n")] = '\0';
}

int file_write_value(const char *path, const char *text, struct err *err)
{
	_cleanup_(cleanup_fd) int fd = -1;
	char value[VALUE_MAX];
	int code;

	read_value(path, value);
	if (strcmp(value, text) == 0)
		return 0;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
		return 0;
	code = -errno;
	if (!*value)
		return err_set(err, code, "%s: cannot be written: %s, expected %s", path,
		               strerror(-code), text);
	return err_set(err, code, "%s: is %s and cannot be written: %s, expected %s", path, value,
	               strerror(-code), text);
}
