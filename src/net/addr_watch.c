/* SPDX-License-Identifier: MIT */
#include "xfrmd/addr_watch.h"
