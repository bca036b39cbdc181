/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_XFRMD_SETTINGS_SWAP_H
#define XFRMD_XFRMD_SETTINGS_SWAP_H

#include "xfrmd/xfrmd/state.h"

/* Reads and checks everything, whether it can be put in force now included, and changes nothing. 0, or
 * negative errno and every reason in @errors; @ret_settings is empty then. */
int settings_read(struct daemon *daemon, const char *path, struct settings *ret_settings,
                  struct strlist *errors);
/* Sends the log where @settings say, which checking them may not have shown to be impossible: then it
 * goes where it went, and negative errno and the reasons in @errors. */
int settings_open_log(struct daemon *daemon, const struct settings *settings,
                      struct strlist *errors);
/* Puts @settings in force and leaves in them those that were in force before. What was done goes to
 * @changes; what fails now is among the @errors, and is retried. */
void settings_swap(struct daemon *daemon, struct settings *settings, struct strlist *changes,
                   struct strlist *errors);
/* Each of them in a line of its own. */
void settings_log(const char *who, const struct strlist *changes, const struct strlist *errors);
/* What is different with the second ones, as far as it concerns the operator, in sentences. @unit:
 * charon is a unit of systemd. Pure. */
void settings_describe(const struct settings *from, const struct settings *to, bool unit,
                       struct strlist *changes);

#endif
