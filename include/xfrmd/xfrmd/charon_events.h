/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_CHARON_EVENTS_H
#define XFRMD_XFRMD_CHARON_EVENTS_H

#include "xfrmd/xfrmd/parts.h"

/* What charon and its negotiations tell, and who is told. open: charon can be started, and is not yet.
 */
extern const struct part charon_events_part;
/*
 * The unit of systemd that runs charon ($XFRMD_CHARON_UNIT), which names its own binary: a warning
 * if @conf has another one. NULL: none, xfrmd starts charon itself.
 */
const char *charon_events_unit(const struct conf *conf);

#endif
