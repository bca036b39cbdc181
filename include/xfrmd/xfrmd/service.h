/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SERVICE_H
#define XFRMD_XFRMD_SERVICE_H

#include "xfrmd/xfrmd/state.h"

/*
 * The whole life of a daemon: opens the log and all parts, gives up privileges, and goes on until
 * somebody ends it. @background: nobody is at our terminal once we protect. False: it failed, which is
 * in the log and on stderr.
 */
bool service_run(struct daemon *daemon, bool background);
/* `xfrmd --lockdown` likewise: without its log rather than without the protection. */
bool service_lock_down(struct daemon *daemon);

#endif
