/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_READINESS_H
#define XFRMD_XFRMD_READINESS_H

#include "xfrmd/xfrmd/parts.h"

/* Whether new peers can be reached yet, and who waits for that: the service manager, which is also told
 * that we live, the parent, monit. */
extern const struct part readiness_part;
/* From now on charon has prestart_timeout to get ready; after it xfrmd ends. */
void readiness_expect(struct daemon *daemon);
/* It is; the first time that is told. */
void readiness_reached(struct daemon *daemon);
bool readiness_is_reached(const struct daemon *daemon);
/* It was not in time. */
bool readiness_failed(const struct daemon *daemon);

#endif
