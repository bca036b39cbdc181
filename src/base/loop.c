/* SPDX-License-Identifier: MIT */
#include "xfrmd/loop.h"
