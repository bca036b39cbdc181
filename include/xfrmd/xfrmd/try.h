/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_TRY_H
#define XFRMD_XFRMD_TRY_H

#include "xfrmd/ctl/ctl_proto.h"
#include "xfrmd/xfrmd/parts.h"

/*
 * `xfrmctl try`: puts other settings in force, and after @timeout_s the former ones again, unless
 * try_confirm() comes before. @copied: not the configuration file, but CTL_TRY_NEW in the run
 * directory, which becomes CTL_TRY_FILE. What was done, or every reason why not, in sentences.
 */
void try_begin(struct daemon *daemon, uint32_t timeout_s, bool copied, struct strlist *changes,
               struct strlist *errors);
void try_confirm(struct daemon *daemon, struct strlist *changes, struct strlist *errors);
void try_back(struct daemon *daemon, struct strlist *changes, struct strlist *errors);
/* Whether no other settings may be put in force: @why, as a try under way says it, or a shutdown is,
 * goes to @errors. */
bool try_refuses(const struct daemon *daemon, const char *why, struct strlist *errors);
bool try_is_under_way(const struct daemon *daemon);
void try_status(const struct daemon *daemon, struct ctl_status *status);
/* close: what is in force stays, until xfrmd reads its configuration file at the next start. */
extern const struct part try_part;

#endif
