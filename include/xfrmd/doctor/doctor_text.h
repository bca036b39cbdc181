/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DOCTOR_DOCTOR_TEXT_H
#define XFRMD_DOCTOR_DOCTOR_TEXT_H

#include "xfrmd/doctor/facts.h"

/* Files that the doctor reads, from text to facts. Pure; what is not understood is passed over. */

/* Adds a server unless it is there already, is no host's address, or is loopback. 0 or -ENOMEM. */
int doctor_add_server(struct doctor_facts *facts, const char *role, const struct addr *addr);
/* /etc/resolv.conf. 0 or -ENOMEM. */
int doctor_read_resolv(struct doctor_facts *facts, const char *text);
/* A lease of systemd-networkd or NetworkManager (SERVER_ADDRESS=), or the last one of a file of
 * dhclient (dhcp-server-identifier). 0 or -ENOMEM. */
int doctor_read_lease(struct doctor_facts *facts, const char *text);
/* /proc/net/xfrm_stat. 0 or -ENOMEM. */
int doctor_read_counters(struct doctor_facts *facts, const char *text);
/* /proc/net/igmp or igmp6: groups but those that the kernel itself joins (RFC 1112, RFC 4291,
 * RFC 4286). 0 or -ENOMEM. */
int doctor_read_groups(struct doctor_facts *facts, const char *text);
/* /proc/net/softnet_stat: what all processors dropped. */
uint64_t doctor_read_softnet(const char *text);
/* /proc/cpuinfo: whether the first processor has instructions for AES; 1, 0 or DOCTOR_UNKNOWN. */
int doctor_read_cpu(const char *text);
/* What the firmware (DMI) says of the machine. */
enum doctor_cloud doctor_cloud_of(const char *vendor, const char *product, const char *asset_tag);

#endif
