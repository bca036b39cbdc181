/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_VERIFY_H
#define XFRMD_CTL_CTL_VERIFY_H

#include <net/if.h>

#include "xfrmd/net/pair.h"

/* How a packet crossed the wire. */
enum ctl_way {
	CTL_WAY_NONE, /* it did not */
	CTL_WAY_ESP,
	CTL_WAY_CLEAR,
};

/* What `xfrmctl verify` found out about one peer. A value type. */
struct ctl_verify {
	struct pair pair;         /* the local address AF_UNSPEC: null */
	char ifname[IF_NAMESIZE]; /* empty: null */
	bool well;                /* it went and came back as it should */
	enum ctl_way sent, answered;
	uint32_t spi_out, spi_in; /* 0: null */
	uint64_t answer_us;       /* between both; 0: null */
	bool udp;                 /* the ESP that was sent was inside UDP */
	unsigned mtu, mtu_sent;   /* that pass, and that the kernel would send; 0: null */
	char sentence[512];
};

/* `verify --json`. The caller frees; NULL: out of memory. */
char *ctl_proto_verify(const struct ctl_verify *rows, size_t count);

#endif
