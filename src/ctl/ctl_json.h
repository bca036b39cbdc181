/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_JSON_H
#define XFRMD_CTL_JSON_H

#include "json_fields.h"
#include "xfrmd/ctl/ctl_proto.h"

/* Parts that several documents have in common. */
extern const struct field ctl_sa_fields[], ctl_peer_fields[];
/* NULL: out of memory. */
json_t *ctl_json_row(const struct policy_row *row);

#endif
