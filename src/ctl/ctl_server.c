/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl_server.h"
