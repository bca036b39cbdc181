/* SPDX-License-Identifier: MIT */
#include "xfrmd/conf_ini.h"
