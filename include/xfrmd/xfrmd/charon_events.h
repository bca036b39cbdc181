/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_CHARON_EVENTS_H
#define XFRMD_XFRMD_CHARON_EVENTS_H

#include "xfrmd/xfrmd/state.h"

/* What charon and its negotiations tell, and who is told. open: charon can be started, and is not yet.
 * 0, or negative errno and @err. */
int charon_events_open(struct daemon *daemon, struct err *err);
void charon_events_close(struct daemon *daemon);
/*
 * The unit of systemd that runs charon ($XFRMD_CHARON_UNIT), which names its own binary: a warning
 * if @conf has another one. NULL: none, xfrmd starts charon itself.
 */
const char *charon_events_unit(const struct conf *conf);

#endif
