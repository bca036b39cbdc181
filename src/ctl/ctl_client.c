/* SPDX-License-Identifier: MIT */
#include "xfrmd/ctl_client.h"
