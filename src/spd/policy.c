/* SPDX-License-Identifier: MIT */
#include "xfrmd/policy.h"
