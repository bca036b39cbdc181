/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_LOG_SINK_H
#define XFRMD_XFRMD_LOG_SINK_H

#include "xfrmd/xfrmd/parts.h"

/* Sends the log where @conf says; on failure the old sink stays. 0, or negative errno and @err. */
int log_sink_open(struct daemon *daemon, const struct conf *conf, struct err *err);
/* The same at the start, where nothing may keep us from protecting: on failure it goes to stderr,
 * and that is a problem. */
void log_sink_begin(struct daemon *daemon);

/* Lines that come again are told of in time. */
extern const struct part log_repeats_part;

#endif
