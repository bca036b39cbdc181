/* SPDX-License-Identifier: MIT */
#include "xfrmd/net/udp_sockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"

/* 128 bytes per socket. */
#define TABLE_MAX (16 * 1024 * 1024)

static int add_table(const char *path, int family, uint16_t port,
                     struct udp_socket sockets[UDP_SOCKETS_MAX], size_t *count)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char *line, *rest;
	size_t len;
	int error = file_read(path, TABLE_MAX, &text, &len, NULL);

	if (error)
		return error == -ENOENT ? 0 : error;
	for (line = strtok_r(text, "\n", &rest); line && *count < UDP_SOCKETS_MAX;
	     line = strtok_r(NULL, "\n", &rest)) {
		struct udp_socket *found = &sockets[*count];
		unsigned local;

		/* sl: local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode */
		if (sscanf(line, " %*[^:]: %*[^:]:%x %*s %*s %*s %*s %*s %*s %*s %lu", &local,
		           &found->inode) != 2 ||
		    local != port)
			continue;
		found->family = family;
		(*count)++;
	}
	return 0;
}

int udp_sockets_of(uint16_t port, struct udp_socket ret_sockets[UDP_SOCKETS_MAX], size_t *ret_count)
{
	int error;

	*ret_count = 0;
	error = add_table("/proc/net/udp", AF_INET, port, ret_sockets, ret_count);
	return error ? error : add_table("/proc/net/udp6", AF_INET6, port, ret_sockets, ret_count);
}
