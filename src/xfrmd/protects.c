/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrmd/protects.h"

#include "xfrmd/spd/plan.h"
#include "xfrmd/xfrmd/state.h"

bool protects(void *ctx, const struct pair *pair)
{
	const struct daemon *daemon = ctx;
	size_t count;
	const struct local_addr *addrs = addr_watch_list(daemon->addrs, &count);

	return plan_negotiable(&daemon->settings.conf, addrs, count, pair);
}
