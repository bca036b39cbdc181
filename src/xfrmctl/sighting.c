/* SPDX-License-Identifier: MIT */
/* Reads the packets that `xfrmctl verify` sees on the wire, and writes the one that it sends. */
#include "sighting.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>

#include "xfrmd/wire.h"

#define IPV6_HEADER_LEN 40
/* RFC 3948: ESP in UDP has the port of IKE behind a NAT; four zero bytes stand before IKE. */
#define PORT_ESP_IN_UDP 4500

static void read_esp(struct wire *wire, struct sighting *sighting)
{
	sighting->spi = wire_be32(wire);
	if (!wire->error && sighting->spi)
		sighting->kind = SIGHTING_ESP;
}

static void read_udp(struct wire *wire, struct sighting *sighting)
{
	uint16_t source = wire_be16(wire), destination = wire_be16(wire);

	wire_be32(wire);
	if (source == PORT_ESP_IN_UDP || destination == PORT_ESP_IN_UDP)
		read_esp(wire, sighting);
}

static void read_echo(struct wire *wire, uint8_t request, uint8_t reply, struct sighting *sighting)
{
	uint8_t type = wire_u8(wire), code = wire_u8(wire);

	wire_be16(wire);
	sighting->id = wire_be16(wire);
	if (wire->error || code)
		return;
	if (type == request)
		sighting->kind = SIGHTING_ECHO_REQUEST;
	else if (type == reply)
		sighting->kind = SIGHTING_ECHO_REPLY;
}

static void read_payload(struct wire *wire, uint8_t protocol, struct sighting *sighting)
{
	switch (protocol) {
	case IPPROTO_ESP:
		read_esp(wire, sighting);
		break;
	case IPPROTO_UDP:
		read_udp(wire, sighting);
		break;
	case IPPROTO_ICMP:
		read_echo(wire, ICMP_ECHO, ICMP_ECHOREPLY, sighting);
		break;
	case IPPROTO_ICMPV6:
		read_echo(wire, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY, sighting);
		break;
	default:
		break;
	}
}

static int read_ipv4(const uint8_t *packet, size_t len, struct sighting *sighting)
{
	size_t header_len = (size_t)(packet[0] & 0xf) * 4;
	struct wire wire;

	if (header_len < sizeof(struct iphdr) || len < header_len)
		return -EBADMSG;
	addr_from_bytes(AF_INET, packet + 12, &sighting->src);
	addr_from_bytes(AF_INET, packet + 16, &sighting->dst);
	/* later fragments have no header of their protocol */
	if ((packet[6] & 0x1f) || packet[7])
		return 0;
	wire_init(&wire, packet + header_len, len - header_len);
	read_payload(&wire, packet[9], sighting);
	return 0;
}

static int read_ipv6(const uint8_t *packet, size_t len, struct sighting *sighting)
{
	struct wire wire;

	if (len < IPV6_HEADER_LEN)
		return -EBADMSG;
	addr_from_bytes(AF_INET6, packet + 8, &sighting->src);
	addr_from_bytes(AF_INET6, packet + 24, &sighting->dst);
	wire_init(&wire, packet + IPV6_HEADER_LEN, len - IPV6_HEADER_LEN);
	read_payload(&wire, packet[6], sighting);
	return 0;
}

int sighting_read(const void *packet, size_t len, struct sighting *ret_sighting)
{
	struct sighting sighting = {.kind = SIGHTING_OTHER};
	const uint8_t *bytes = packet;
	int error = -EBADMSG;

	if (len && bytes[0] >> 4 == 4)
		error = read_ipv4(bytes, len, &sighting);
	else if (len && bytes[0] >> 4 == 6)
		error = read_ipv6(bytes, len, &sighting);
	if (!error)
		*ret_sighting = sighting;
	return error;
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void sighting_build_echo(uint8_t family, uint16_t id, uint8_t ret_message[SIGHTING_ECHO_LEN])
{
	static const char text[] = "xfrmctl verify";
	uint16_t sum;

	memset(ret_message, 0, SIGHTING_ECHO_LEN);
	ret_message[0] = family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	ret_message[4] = (uint8_t)(id >> 8);
	ret_message[5] = (uint8_t)id;
	ret_message[7] = 1;
	memcpy(ret_message + 8, text, sizeof(text) - 1);
	if (family == AF_INET6)
		return;
	sum = checksum(ret_message, SIGHTING_ECHO_LEN);
	ret_message[2] = (uint8_t)(sum >> 8);
	ret_message[3] = (uint8_t)sum;
}
