/* SPDX-License-Identifier: MIT */
/* What the paths to live peers carry: the only thing for which the doctor sends packets. */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A few show what all are like. */
#define PATHS_MAX 16
#define WAIT_MS   400

int doctor_gather_paths(struct doctor_facts *facts)
{
	facts->paths = calloc(PATHS_MAX, sizeof(*facts->paths));
	if (!facts->paths)
		return -ENOMEM;
	for (size_t i = 0; i < facts->route_count && facts->path_count < PATHS_MAX; i++) {
		const struct doctor_route *route = &facts->routes[i];
		struct path_probe *path = &facts->paths[facts->path_count];

		if (!route->peer || !route->source.family)
			continue;
		path->pair = (struct pair){.local = route->source, .remote = route->remote};
		memcpy(path->ifname, route->ifname, sizeof(path->ifname));
		facts->path_count++;
	}
	path_probes_run(facts->paths, facts->path_count, WAIT_MS);
	return 0;
}
