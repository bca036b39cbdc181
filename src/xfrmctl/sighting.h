/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_SIGHTING_H
#define XFRMCTL_SIGHTING_H

#include "xfrmd/net/addr.h"

/* What one packet on the wire is, as far as its first bytes tell. */
enum sighting_kind {
	SIGHTING_OTHER,
	SIGHTING_ESP, /* inside UDP too */
	SIGHTING_ECHO_REQUEST,
	SIGHTING_ECHO_REPLY,
	SIGHTING_NO_IKE, /* ICMP: nothing listens on UDP port 500 or 4500 */
};

struct sighting {
	enum sighting_kind kind;
	struct addr src, dst;
	uint32_t spi; /* of ESP, host byte order */
	bool udp;     /* ESP inside UDP */
	uint16_t id;  /* of an echo */
};

/* @packet begins with its IPv4 or IPv6 header and may be cut off. 0, or -EBADMSG. Pure. */
int sighting_read(const void *packet, size_t len, struct sighting *ret_sighting);

/* As much of a packet as it needs. */
#define SIGHTING_LEN 128

#endif
