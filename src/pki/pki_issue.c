/* SPDX-License-Identifier: MIT */
#include "xfrmd/pki_issue.h"
