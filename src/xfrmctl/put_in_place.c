/* SPDX-License-Identifier: MIT */
/* The last step of a try: what was confirmed becomes the configuration file. */
#include "put_in_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/conf/conf_ini.h"

int put_in_place(const char *tried, const char *file, struct err *err)
{
	_cleanup_(cleanup_free) char *text = NULL, *old_text = NULL, *old = NULL;
	size_t len, old_len;
	struct stat status;
	int error = file_read(tried, CONF_FILE_MAX, &text, &len, err);

	if (!error)
		error = file_read(file, CONF_FILE_MAX, &old_text, &old_len, err);
	if (error)
		return error;
	if (asprintf(&old, "%s" PUT_IN_PLACE_OLD, file) < 0) {
		old = NULL;
		return err_set(err, -ENOMEM, "out of memory");
	}
	if (stat(file, &status) < 0)
		return err_set(err, -errno, "%s: cannot examine: %s", file, strerror(errno));
	error = file_write_atomic(old, status.st_mode & 07777, old_text, old_len, err);
	if (!error)
		error = file_write_atomic(file, status.st_mode & 07777, text, len, err);
	if (error)
		return error;
	if (chown(file, status.st_uid, status.st_gid) < 0)
		return err_set(err, -errno, "%s: cannot give it its owner: %s", file,
		               strerror(errno));
	unlink(tried);
	return 0;
}
