/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/plan_input.h"

bool plan_addr_chosen(const struct conf *conf, const struct local_addr *addr)
{
	return addr->global && conf_interface_chosen(conf, addr->ifname);
}
