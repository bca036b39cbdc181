/* SPDX-License-Identifier: MIT */
#include "xfrmd/prefix.h"
