/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_NETWORK_H
#define XFRMD_XFRMD_NETWORK_H

#include "xfrmd/xfrmd/parts.h"

/* The addresses and routes of this host: when they change, so does all that depends on them. */
extern const struct part network_part;

/* Addresses or settings are others: known hosts first, then the SPD. 0, or negative errno and @err. */
int network_refresh(struct daemon *daemon, struct spd_change *ret_change, struct err *err);
/* The first time, which the log tells, and the sysctls. */
int network_begin(struct daemon *daemon, struct err *err);
/* Ends the SAs of peers that are not protected any more, or whose local address is gone, and forgets
 * them. */
void network_retain_peers(struct daemon *daemon);

#endif
