/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon.h"
