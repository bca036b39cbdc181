/* SPDX-License-Identifier: MIT */
#include "xfrmd/str.h"
