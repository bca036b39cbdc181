/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_find.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/process.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/charon/vici_conn.h"

int charon_find_record(const char *pid_path, pid_t pid, struct err *err)
{
	uint64_t start_time;
	char text[64];

	if (process_start_ticks(pid, &start_time))
		return 0;
	snprintf(text, sizeof(text), "%d %llu\n", (int)pid, (unsigned long long)start_time);
	return file_write_quickly(pid_path, 0644, text, strlen(text), err);
}

pid_t charon_find_recorded(const char *pid_path)
{
	_cleanup_(cleanup_free) char *text = NULL;
	unsigned long long recorded;
	uint64_t start_time;
	size_t len;
	int pid;

	if (trust_read(pid_path, 64, &text, &len, NULL) ||
	    sscanf(text, "%d %llu", &pid, &recorded) != 2 || pid <= 0)
		return 0;
	if (process_start_ticks(pid, &start_time) || start_time != recorded)
		return 0;
	return pid;
}

pid_t charon_find_listener(const char *vici_path)
{
	pid_t pid;
	_cleanup_(cleanup_fd) int fd = vici_connect(vici_path, &pid);

	return fd < 0 ? 0 : pid;
}
