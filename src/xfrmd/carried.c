/* SPDX-License-Identifier: MIT */
/* Whoever reads rates relies on totals that never fall while we run. */
#include "xfrmd/xfrmd/carried.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/xfrmd/sas.h"

struct carried {
	struct traffic *traffic;
};

static bool is_local(const struct daemon *daemon, const struct addr *addr)
{
	size_t count;
	const struct local_addr *addrs = addr_watch_list(daemon->addrs, &count);

	for (size_t i = 0; i < count; i++)
		if (local_addr_has(&addrs[i], addr))
			return true;
	return false;
}

static struct traffic_sa as_traffic(const struct daemon *daemon, const struct sa *sa)
{
	return (struct traffic_sa){.dst = sa->dst,
	                           .spi = sa->spi,
	                           .out = is_local(daemon, &sa->src),
	                           .bytes = sa->bytes,
	                           .packets = sa->packets};
}

int carried_read(struct daemon *daemon, struct carried_total ret_totals[2])
{
	struct traffic *traffic = daemon->parts.carried->traffic;
	_cleanup_(cleanup_free) struct traffic_sa *list = NULL;
	_cleanup_(sas_fini) struct sas all = {0};
	size_t count = 0;
	struct err err;
	int error = sas_read(daemon, &all, &err);

	if (error)
		return error;
	list = calloc(all.count + 1, sizeof(*list));
	ret_totals[false].sas = ret_totals[true].sas = 0;
	for (size_t i = 0; list && i < all.count; i++)
		if (sa_is_negotiated(&all.items[i]) && sa_has_keys(&all.items[i])) {
			list[count] = as_traffic(daemon, &all.items[i]);
			ret_totals[list[count++].out].sas++;
		}
	error = list ? traffic_on_list(traffic, list, count) : -ENOMEM;
	ret_totals[false].traffic = traffic_total(traffic, false);
	ret_totals[true].traffic = traffic_total(traffic, true);
	return error;
}

void carried_on_gone(struct daemon *daemon, const struct sa *sa)
{
	const struct traffic_sa gone = as_traffic(daemon, sa);

	traffic_on_gone(daemon->parts.carried->traffic, &gone);
}

static int open_part(struct daemon *daemon, struct err *err)
{
	int error = traffic_new(&daemon->parts.carried->traffic);
	struct carried_total totals[2];

	if (!error)
		error = carried_read(daemon, totals);
	return error ? err_set(err, error, "traffic: %s", strerror(-error)) : 0;
}

static void close_part(struct daemon *daemon)
{
	traffic_free(daemon->parts.carried->traffic);
}

const struct part carried_part = {PART(carried), .open = open_part, .close = close_part};
