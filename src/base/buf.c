/* SPDX-License-Identifier: MIT */
#include "xfrmd/buf.h"
