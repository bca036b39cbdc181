/* SPDX-License-Identifier: MIT */
/* What /proc tells about a process of somebody else. */
#include "xfrmd/base/process.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

#define STAT_MAX 8192

int process_start_ticks(pid_t pid, uint64_t *ret_ticks)
{
	_cleanup_(cleanup_free) char *text = NULL;
	unsigned long long ticks;
	const char *rest;
	char path[64], state;
	size_t len;
	int error;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	error = file_read(path, STAT_MAX, &text, &len, NULL);
	if (error)
		return error;
	/* proc(5): the second field is a name in parentheses that may hold anything, parentheses
	 * too; the third is the state, the 22nd the start time. */
	rest = strrchr(text, ')');
	if (!rest ||
	    sscanf(rest + 1,
	           " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
	           " %*s %llu",
	           &state, &ticks) != 2)
		return -EBADMSG;
	if (state == 'Z' || state == 'X')
		return -ESRCH;
	*ret_ticks = ticks;
	return 0;
}

int process_start_epoch(pid_t pid, int64_t *ret_epoch)
{
	struct timespec now, up;
	uint64_t ticks = 0;
	int error = process_start_ticks(pid, &ticks);

	if (error)
		return error;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0 || clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return -errno;
	*ret_epoch = now.tv_sec - up.tv_sec + (int64_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK));
	return 0;
}
