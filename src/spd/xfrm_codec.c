/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrm_codec.h"
