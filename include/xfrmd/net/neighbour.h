/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_NEIGHBOUR_H
#define XFRMD_NET_NEIGHBOUR_H

#include "xfrmd/net/addr.h"

/*
 * What the kernel's words on neighbours mean for those that it was asked to resolve. Pure. An address
 * may have a host on one link and none on another: only the link that its packets take counts.
 */
enum neighbour {
	NEIGHBOUR_UNTOLD, /* reached by a gateway, needs no resolving, or the kernel has no room for it */
	NEIGHBOUR_ASKED,
	NEIGHBOUR_THERE,  /* its link layer address is known */
	NEIGHBOUR_ABSENT, /* nobody answered */
};

/* Those that are asked for and not told of; beyond, the oldest is forgotten. More than
 * PEERS_RESOLVING_MAX. */
#define NEIGHBOUR_QUESTIONS_MAX 1024
/* Zeroed: nothing is asked. */
struct neighbour_questions {
	struct neighbour_question {
		struct addr remote; /* AF_UNSPEC: unused */
		unsigned ifindex;
	} items[NEIGHBOUR_QUESTIONS_MAX];
	size_t next;
};

/* The kernel is asked to resolve @remote by this link, where its state is @state (NUD_*) now; 0: there is
 * no room for it. UNTOLD, THERE, or ASKED: neighbour_told() is to follow. A question of the same address
 * by another link has an end. */
enum neighbour neighbour_ask(struct neighbour_questions *questions, const struct addr *remote,
                             unsigned ifindex, unsigned state);
/* The state of whatever neighbour has changed. THERE or ABSENT, which answers a question; ASKED: it is
 * still being resolved; UNTOLD: nobody asks. */
enum neighbour neighbour_told(struct neighbour_questions *questions, const struct addr *remote,
                              unsigned ifindex, unsigned state);

#endif
