/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_RECENT_PEERS_H
#define XFRMD_XFRMD_RECENT_PEERS_H

#include "xfrmd/base/err.h"
#include "xfrmd/ike/peers_file.h"

struct daemon;

/* What the daemon keeps for it. */
struct recent_peers {
	char *path;
	char *written;             /* the file's text, NULL: there is none */
	struct peers_file waiting; /* read, and not protected yet: no such address */
	uint64_t waiting_until_ms;
	bool changed, frozen;
	uint64_t earliest_ms; /* of the next writing, but for the last */
	bool failed;          /* to write, and said so */
};

/* Reads the file; what is wrong with it is logged and ignored. 0 or -ENOMEM and @err. */
int recent_peers_open(struct daemon *daemon, struct err *err);
/* The present state is written once more. */
void recent_peers_close(struct daemon *daemon);
/* Those that are protected by now become known hosts and are negotiated with; before a new plan.
 * 0 or -ENOMEM. */
int recent_peers_apply(struct daemon *daemon);
/* A peer changed its state. */
void recent_peers_on_change(void *ctx);
void recent_peers_due(void *ctx);
/* From here on the SAs end because we do: the peers stay remembered. */
void recent_peers_freeze(struct daemon *daemon);

#endif
