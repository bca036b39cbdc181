/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_EVENT_H
#define XFRMCTL_OUT_EVENT_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_event.h"

/* `2026-11-22 07:01:02.345 TEXT` in local time, appended to @out. Pure but for the time zone. */
void out_event(const struct ctl_event *event, bool coloured, struct buf *out);

#endif
