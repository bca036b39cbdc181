/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_VERSION_H
#define XFRMD_BASE_VERSION_H

/* The version of all programs, as tools/version gave it when they were built. */
extern const char version_text[];

#endif
