/* SPDX-License-Identifier: MIT */
#include "xfrmd/conf.h"
