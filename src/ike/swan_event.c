/* SPDX-License-Identifier: MIT */
#include "xfrmd/swan_event.h"
