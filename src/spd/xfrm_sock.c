/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrm_sock.h"
