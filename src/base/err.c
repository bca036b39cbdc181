/* SPDX-License-Identifier: MIT */
#include "xfrmd/err.h"
