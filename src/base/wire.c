/* SPDX-License-Identifier: MIT */
#include "xfrmd/wire.h"
