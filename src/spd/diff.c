/* SPDX-License-Identifier: MIT */
#include "xfrmd/diff.h"
