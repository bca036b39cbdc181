/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_READINESS_H
#define XFRMCTL_OUT_READINESS_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

/* What `xfrmctl readiness` shows of the peers that readiness_keep() has left; see out_text.h. */
void out_readiness(bool optional, const struct ctl_peers *peers, int64_t now, bool coloured,
                   struct buf *out);

#endif
