/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_IKE_FLOOD_H
#define XFRMD_XFRMD_IKE_FLOOD_H

#include "xfrmd/charon/flood.h"
#include "xfrmd/xfrmd/parts.h"

/* What others ask of charon, for log, status and metrics. */
extern const struct part ike_flood_part;
/* A charon is ready, with sockets that let everybody in. */
void ike_flood_on_charon(struct daemon *daemon);
/* As it is now; half_open as charon said last. */
enum flood ike_flood_look(const struct daemon *daemon, struct flood_facts *ret_facts,
                          char ret_words[FLOOD_WORDS_MAX]);

#endif
