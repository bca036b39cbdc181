/* SPDX-License-Identifier: MIT */
#include "xfrmd/log.h"
