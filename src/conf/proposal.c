/* SPDX-License-Identifier: MIT */
#include "xfrmd/proposal.h"
