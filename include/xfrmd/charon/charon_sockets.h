/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_CHARON_SOCKETS_H
#define XFRMD_CHARON_CHARON_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xfrmd/base/err.h"
#include "xfrmd/net/udp_sockets.h"

/*
 * charon's UDP sockets from outside: room for what waits there, and who is let in.
 *
 * charon answers whoever asks, and an answer to an address of the link that nobody has waits three
 * seconds for ARP, charged to the one socket that all answers leave by. With what a socket has by
 * default (net.core.wmem_default: 212,992 bytes) some 300 such answers stop charon, for as long as
 * others come. And where more comes in than the processor can answer, the messages of established peers
 * are lost with the rest, unless the rest is thinned out before it gets there.
 */

/* As the kernel counts. An answer takes some 800 bytes: enough for 10,000 a second that wait for ARP;
 * more than 1,024 addresses that it asks for the kernel does not keep (gc_thresh3). What waits to be read
 * is some 2,300 bytes a message: enough for a pause of 90 ms at 5,000 a second, and more would only make
 * the messages of peers old where charon cannot keep up. */
#define CHARON_SENDING_MAX   (32 * 1024 * 1024)
#define CHARON_RECEIVING_MAX (1024 * 1024)

/* One per IKE port and family, and one more where families have their own. */
#define CHARON_SOCKETS_MAX 8

struct charon_sockets {
	int pidfd;                       /* borrowed */
	int numbers[CHARON_SOCKETS_MAX]; /* descriptors of charon's */
	size_t count;
};

/*
 * Finds the sockets that @pid (its @pidfd) has at the IKE ports, gives them that room and lets everybody
 * in, whatever a predecessor of ours did. Wants what ptrace() does, and CAP_NET_ADMIN. 0, or negative
 * errno and @err ("its sockets ..."), and @ret_sockets are none.
 */
int charon_sockets_open(int pidfd, pid_t pid, struct charon_sockets *ret_sockets, struct err *err);

/* Which descriptors of a process, at most @max, are one of @sockets: how many, or negative errno. */
int charon_sockets_find(pid_t pid, const struct udp_socket *sockets, size_t count, int *ret_numbers,
                        int max);

struct charon_waiting {
	uint32_t sending, receiving; /* bytes in the fullest of the sockets */
	uint32_t dropped; /* messages so far, for want of room or not let in, by all; it wraps */
};
/* Of none, and of one that cannot be asked: nothing waits. */
struct charon_waiting charon_sockets_waiting(const struct charon_sockets *sockets);

/*
 * Of the first messages of negotiations that others begin one in @one_in is let in, a power of two; 1:
 * all. Those with a cookie (or what looks like one, charon will tell) are all let in until @one_in is
 * more than CHARON_COOKIES_FROM, and then one in @one_in / CHARON_COOKIES_FROM. Everything else passes.
 * 0 or negative errno.
 */
#define CHARON_COOKIES_FROM 64u
int charon_sockets_admit(const struct charon_sockets *sockets, unsigned one_in);
/* The same for one UDP socket @fd of ours or of charon's at @port. */
int charon_socket_admit(int fd, uint16_t port, unsigned one_in);

#endif
