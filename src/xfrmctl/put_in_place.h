/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_PUT_IN_PLACE_H
#define XFRMCTL_PUT_IN_PLACE_H

#include "xfrmd/base/err.h"

/* Beside the configuration file: what it was before. */
#define PUT_IN_PLACE_OLD ".before-try"

/*
 * Replaces the configuration @file by the content of @tried, as a whole and with the owner and mode
 * that it has, and keeps the old one beside it. Then @tried is deleted. Negative errno and @err.
 */
int put_in_place(const char *tried, const char *file, struct err *err);

#endif
