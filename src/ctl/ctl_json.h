/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_JSON_H
#define XFRMD_CTL_JSON_H

#include <jansson.h>

#include "xfrmd/ctl/ctl_proto.h"

/* Parts that several documents have in common. NULL: out of memory. */
json_t *ctl_json_row(const struct policy_row *row);
json_t *ctl_json_sa(const struct ctl_sa *sa);
json_t *ctl_json_peer(const struct ctl_peer *peer);

#endif
