/* SPDX-License-Identifier: MIT */
#include "xfrmd/swan_conf.h"
