/* SPDX-License-Identifier: MIT */
#include "xfrmd/file.h"
