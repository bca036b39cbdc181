/* SPDX-License-Identifier: MIT */
/* The servers that this host depends on: where it sends names, leases, and what leaves its
 * networks. */
#include "xfrmd/doctor/doctor_gather.h"

#include <glob.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/doctor/doctor_text.h"
#include "xfrmd/net/route.h"

/* Nobody has these (RFC 5737, RFC 3849), so their route is the default one. */
static const char *const outside[] = {"192.0.2.1", "2001:db8::1"};

static int gather_leases(struct doctor_facts *facts)
{
	static const char *const patterns[] = {
		"/run/systemd/netif/leases/*",
		"/var/lib/NetworkManager/internal-*.lease",
		"/var/lib/dhcp/dhclient*.leases",
		"/var/lib/dhclient/*.lease*",
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found = {0};

		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (size_t j = 0; j < found.gl_pathc && !error; j++) {
			_cleanup_(cleanup_free) char *text = file_read_small(found.gl_pathv[j]);

			if (text)
				error = doctor_read_lease(facts, text);
		}
		globfree(&found);
	}
	return error;
}

/* systemd-resolved writes those that it asks itself into a file of its own. */
static int gather_resolvers(struct doctor_facts *facts)
{
	static const char *const paths[] = {"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"};
	int error = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && !error; i++) {
		_cleanup_(cleanup_free) char *text = NULL;
		size_t before = facts->server_count;

		text = file_read_small(paths[i]);
		if (text)
			error = doctor_read_resolv(facts, text);
		if (facts->server_count > before)
			break;
	}
	return error;
}

/* The way out leads to a default gateway; it is none to protected traffic. */
static int gather_gateways(struct doctor_facts *facts)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]) && !error; i++) {
		struct route route;
		struct addr addr;
		struct err err;

		if (addr_parse(outside[i], &addr) == 0 && route_lookup(&addr, &route, &err) == 0 &&
		    route.gateway.family)
			error = doctor_add_server(facts, "gateway", &route.gateway);
	}
	return error;
}

int doctor_gather_servers(struct doctor_facts *facts)
{
	int error = gather_gateways(facts);

	if (!error)
		error = gather_resolvers(facts);
	if (!error)
		error = gather_leases(facts);
	return error;
}
