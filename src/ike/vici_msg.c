/* SPDX-License-Identifier: MIT */
#include "xfrmd/vici_msg.h"
