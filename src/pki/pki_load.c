/* SPDX-License-Identifier: MIT */
#include "xfrmd/pki_load.h"
