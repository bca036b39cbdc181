/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_ADDON_H
#define XFRMD_MANIFEST_ADDON_H

#include "xfrmd/manifest/tree.h"

/*
 * The mapping with the properties of the job `ipsec`: in a runtime configuration or deployment with
 * addons or instance groups, of which @name chooses one (NULL: the only one, or all say the same),
 * or in a file with nothing but properties. 0, or -EINVAL and a problem that says what is there
 * instead, or -ENOMEM.
 */
int addon_find(const char *file, const struct node *root, const char *name,
               struct node *ret_properties, struct problems *problems);

#endif
