/* SPDX-License-Identifier: MIT */
/* Readers of the small text files that others write. */
#include "xfrmd/doctor/doctor_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/array.h"

/* chassis_asset_tag of every machine of Azure, which Hyper-V elsewhere does not have. */
#define AZURE_ASSET_TAG "7783-7084-3265-9085-8269-3286-77"

int doctor_add_server(struct doctor_facts *facts, const char *role, const struct addr *addr)
{
	if (addr_is_any(addr) || addr_is_loopback(addr) || addr_is_multicast(addr))
		return 0;
	for (size_t i = 0; i < facts->server_count; i++)
		if (strcmp(facts->servers[i].role, role) == 0 &&
		    addr_equal(&facts->servers[i].addr, addr))
			return 0;
	if (array_grow(&facts->servers, facts->server_count, sizeof(*facts->servers)) < 0)
		return -ENOMEM;
	facts->servers[facts->server_count++] = (struct doctor_server){role, *addr};
	return 0;
}

/* The first @len bytes at @text, without what follows a '%' (an IPv6 zone). */
static bool parse_addr(const char *text, size_t len, struct addr *ret_addr)
{
	char copy[ADDR_TEXT_MAX];

	if (memchr(text, '%', len))
		len = strcspn(text, "%");
	return snprintf(copy, sizeof(copy), "%.*s", (int)len, text) < (int)sizeof(copy) &&
	       addr_parse(copy, ret_addr) == 0;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : NULL;
}

int doctor_read_resolv(struct doctor_facts *facts, const char *text)
{
	static const char key[] = "nameserver";
	struct addr addr;
	int error = 0;

	for (const char *line = text; line && !error; line = next_line(line)) {
		const char *value = line + strspn(line, " \t");
		size_t blanks;

		if (strncmp(value, key, strlen(key)) != 0)
			continue;
		value += strlen(key);
		blanks = strspn(value, " \t");
		value += blanks;
		if (blanks && parse_addr(value, strcspn(value, " \t\r\n"), &addr))
			error = doctor_add_server(facts, "DNS", &addr);
	}
	return error;
}

int doctor_read_lease(struct doctor_facts *facts, const char *text)
{
	static const char *const keys[] = {"SERVER_ADDRESS=", "dhcp-server-identifier "};
	struct addr addr, last = {0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *found = text;

		while ((found = strstr(found, keys[i]))) {
			found += strlen(keys[i]);
			if (parse_addr(found, strcspn(found, ";\r\n"), &addr))
				last = addr;
		}
	}
	return last.family ? doctor_add_server(facts, "DHCP", &last) : 0;
}

int doctor_read_counters(struct doctor_facts *facts, const char *text)
{
	for (const char *line = text; line; line = next_line(line)) {
		struct doctor_counter counter;

		if (sscanf(line, "%39s %" SCNu64, counter.name, &counter.value) != 2 ||
		    !counter.value)
			continue;
		if (array_grow(&facts->counters, facts->counter_count, sizeof(counter)) < 0)
			return -ENOMEM;
		facts->counters[facts->counter_count++] = counter;
	}
	return 0;
}

static bool is_own_of_kernel(uint8_t last)
{
	return last <= 2 || last == 106;
}

/* All hosts, all routers, all snoopers (of bridges, RFC 4286), solicited nodes: the kernel joins them. */
static bool is_group_of_all(const struct addr *addr)
{
	static const uint8_t solicited[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};
	static const uint8_t zero[13] = {0};
	const uint8_t *bytes = addr->bytes;

	if (addr->family == AF_INET)
		return bytes[0] == 224 && memcmp(bytes + 1, zero, 2) == 0 &&
		       is_own_of_kernel(bytes[3]);
	return memcmp(bytes, solicited, sizeof(solicited)) == 0 ||
	       (memcmp(bytes + 2, zero, sizeof(zero)) == 0 && is_own_of_kernel(bytes[15]));
}

static int add_group(struct doctor_facts *facts, const struct addr *addr, const char *ifname)
{
	if (!addr_is_multicast(addr) || is_group_of_all(addr))
		return 0;
	if (array_grow(&facts->groups, facts->group_count, sizeof(*facts->groups)) < 0)
		return -ENOMEM;
	facts->groups[facts->group_count].addr = *addr;
	snprintf(facts->groups[facts->group_count++].ifname, IF_NAMESIZE, "%s", ifname);
	return 0;
}

/* False: not the 32 digits of an IPv6 address. */
static bool parse_hex_addr(const char *hex, struct addr *ret_addr)
{
	struct addr addr = {.family = AF_INET6};

	for (size_t i = 0; i < sizeof(addr.bytes); i++)
		if (sscanf(hex + 2 * i, "%2hhx", &addr.bytes[i]) != 1)
			return false;
	*ret_addr = addr;
	return true;
}

int doctor_read_groups(struct doctor_facts *facts, const char *text)
{
	char ifname[IF_NAMESIZE] = "", hex[33];
	int error = 0;

	for (const char *line = text; line && !error; line = next_line(line)) {
		struct addr addr;
		uint32_t ipv4;

		/* IPv4 has the interface in a line of its own, and its groups in lines below */
		if (*line == '\t' && sscanf(line, " %8" SCNx32, &ipv4) == 1) {
			addr_from_bytes(AF_INET, &ipv4, &addr);
			error = add_group(facts, &addr, ifname);
		} else if (sscanf(line, "%*u %15s %32[0-9a-f]", ifname, hex) == 2 &&
		           strlen(hex) == 32 && parse_hex_addr(hex, &addr)) {
			error = add_group(facts, &addr, ifname);
		}
	}
	return error;
}

uint64_t doctor_read_softnet(const char *text)
{
	uint64_t drops = 0;
	unsigned processed, dropped;

	for (const char *line = text; line; line = next_line(line))
		if (sscanf(line, "%x %x", &processed, &dropped) == 2)
			drops += dropped;
	return drops;
}

int doctor_read_cpu(const char *text)
{
	/* of x86, and of ARM */
	static const char *const keys[] = {"flags", "Features"};

	for (const char *line = text; line; line = next_line(line)) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const char *found = line, *end = line + strcspn(line, "\n");

			if (strncmp(line, keys[i], strlen(keys[i])) != 0)
				continue;
			while ((found = strstr(found, " aes")) && found < end) {
				found += strlen(" aes");
				if (!*found || strchr(" \n", *found))
					return 1;
			}
			return 0;
		}
	}
	return DOCTOR_UNKNOWN;
}

enum doctor_cloud doctor_cloud_of(const char *vendor, const char *product, const char *asset_tag)
{
	if (strcmp(product, "Google Compute Engine") == 0)
		return DOCTOR_CLOUD_GCP;
	if (strcmp(asset_tag, AZURE_ASSET_TAG) == 0)
		return DOCTOR_CLOUD_AZURE;
	if (strncmp(vendor, "OpenStack", strlen("OpenStack")) == 0 ||
	    strncmp(product, "OpenStack", strlen("OpenStack")) == 0)
		return DOCTOR_CLOUD_OPENSTACK;
	return DOCTOR_CLOUD_NONE;
}
