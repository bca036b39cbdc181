/* SPDX-License-Identifier: MIT */
#include "xfrmd/peers.h"
