/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_PEERS_H
#define XFRMCTL_OUT_PEERS_H

#include "xfrmd/base/buf.h"
#include "xfrmd/ctl/ctl_proto.h"

/* Peers for people, appended to @out, whose sticky error says whether it is complete. Pure: times
 * are shown relative to @now, epoch seconds. Texts of others are escaped. */

/* One line each. */
void out_peers_table(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out);
/* A block for each, with its SAs. */
void out_peers_each(const struct ctl_peers *peers, int64_t now, bool coloured, struct buf *out);

/* Lines out of such a block: of one SA, and of what the peer is at. */
void out_peers_sa(const struct ctl_sa *sa, int64_t now, struct buf *out);
void out_peers_state(const struct ctl_peer *peer, int64_t now, bool coloured, struct buf *out);

#endif
