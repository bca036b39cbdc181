/* SPDX-License-Identifier: MIT */
#include "xfrmd/prefixset.h"
