/* SPDX-License-Identifier: MIT */
#include "xfrmd/addr.h"
