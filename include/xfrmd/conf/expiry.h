/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CONF_EXPIRY_H
#define XFRMD_CONF_EXPIRY_H

#include "xfrmd/conf/conf.h"

/* How near a certificate's end is, by the thresholds of [certificates]. */
enum expiry {
	EXPIRY_FAR,
	EXPIRY_INFO,
	EXPIRY_WARNING,
	EXPIRY_ERROR,
	EXPIRY_CRITICAL,
	EXPIRY_OVER,
};

/* Pure. A threshold of N days is reached when fewer than N whole days are left; 0 switches it
 * off. */
enum expiry expiry_of(const struct conf *conf, int64_t not_after, int64_t now);
/* At which level it is logged; never called for EXPIRY_FAR. */
enum log_level expiry_log_level(enum expiry expiry);

#endif
