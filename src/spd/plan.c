/* SPDX-License-Identifier: MIT */
#include "xfrmd/plan.h"
