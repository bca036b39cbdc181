/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl_proto.h"
