/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_JUDGE_H
#define XFRMD_MANIFEST_JUDGE_H

#include "xfrmd/manifest/import.h"

/*
 * Whether xfrmd would take what @import has become, by the very checks of conf and pki: fills its
 * bundle and its notes. Problems speak of the manifest's properties and lines. 0, or -EINVAL with problems, or -ENOMEM.
 */
int import_judge(const struct import_source *source, struct import *import,
                 struct problems *problems);

#endif
