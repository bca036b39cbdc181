/* SPDX-License-Identifier: MIT */
#include "xfrmd/hosts.h"
