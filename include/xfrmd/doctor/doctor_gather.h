/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DOCTOR_DOCTOR_GATHER_H
#define XFRMD_DOCTOR_DOCTOR_GATHER_H

#include "xfrmd/doctor/facts.h"

/*
 * Reads all facts. Nothing is changed, no acquire is raised, and
 * nothing is sent but pings to peers that are up, by their SAs. What cannot be read stays unknown.
 * Both paths are borrowed. 0 or -ENOMEM; the caller finis in any case.
 */
int doctor_gather(const char *conf_path, const char *run_dir, struct doctor_facts *ret_facts);

/* Its parts; each 0 or -ENOMEM. */
/* Tries all suites of esp_proposals in a network namespace of its own, which then ends. */
int doctor_gather_algorithms(struct doctor_facts *facts);
/* Asks the charon of the run directory for its plug-ins. */
int doctor_gather_plugins(struct doctor_facts *facts);
/* Gateways of default routes, DNS and DHCP servers. */
int doctor_gather_servers(struct doctor_facts *facts);
/* Interfaces, addresses, and routes to peers and protected prefixes. */
int doctor_gather_net(struct doctor_facts *facts);
/* Asks the paths to those peers what they carry; needs the routes. */
int doctor_gather_paths(struct doctor_facts *facts);

#endif
