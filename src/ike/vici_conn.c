/* SPDX-License-Identifier: MIT */
#include "xfrmd/vici_conn.h"
