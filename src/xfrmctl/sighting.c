/* SPDX-License-Identifier: MIT */
/* Reads the packets that `xfrmctl verify` sees on the wire. */
#include "sighting.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

#include "xfrmd/base/wire.h"

#define IPV6_HEADER_LEN 40
/* RFC 3948: ESP in UDP has the port of IKE behind a NAT; four zero bytes stand before IKE. */
#define PORT_ESP_IN_UDP 4500
#define PORT_IKE        500

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
	sighting->udp = source == PORT_ESP_IN_UDP || destination == PORT_ESP_IN_UDP;
	if (sighting->udp)
		read_esp(wire, sighting);
}

/* What ICMP says of a packet that could not be delivered begins with this packet. */
static void read_closed(struct wire *wire, bool six, struct sighting *sighting)
{
	const uint8_t *inner;
	size_t header_len;
	uint8_t protocol;
	uint16_t port;

	wire_be16(wire);
	inner = wire->error ? NULL : wire_bytes(wire, six ? IPV6_HEADER_LEN : sizeof(struct iphdr));
	if (!inner)
		return;
	header_len = (size_t)(inner[0] & 0xf) * 4;
	protocol = six ? inner[6] : inner[9];
	if (!six && header_len > sizeof(struct iphdr))
		wire_bytes(wire, header_len - sizeof(struct iphdr));
	wire_be16(wire);
	port = wire_be16(wire);
	if (protocol == IPPROTO_UDP && (port == PORT_IKE || port == PORT_ESP_IN_UDP))
		sighting->kind = SIGHTING_NO_IKE;
}

/* The types and the code that matter, of ICMP and of ICMPv6. */
struct icmp_kind {
	uint8_t request, reply, unreachable, port;
};
static const struct icmp_kind icmp = {ICMP_ECHO, ICMP_ECHOREPLY, ICMP_DEST_UNREACH,
                                      ICMP_PORT_UNREACH};
static const struct icmp_kind icmp6 = {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY, ICMP6_DST_UNREACH,
                                       ICMP6_DST_UNREACH_NOPORT};

static void read_icmp(struct wire *wire, const struct icmp_kind *kind, struct sighting *sighting)
{
	uint8_t type = wire_u8(wire), code = wire_u8(wire);

	wire_be16(wire);
	sighting->id = wire_be16(wire);
	if (wire->error)
		return;
	if (type == kind->unreachable && code == kind->port)
		read_closed(wire, kind == &icmp6, sighting);
	else if (type == kind->request && !code)
		sighting->kind = SIGHTING_ECHO_REQUEST;
	else if (type == kind->reply && !code)
		sighting->kind = SIGHTING_ECHO_REPLY;
}

static void read_payload(struct wire *wire, uint8_t protocol, struct sighting *sighting)
{
	if (protocol == IPPROTO_ESP)
		read_esp(wire, sighting);
	else if (protocol == IPPROTO_UDP)
		read_udp(wire, sighting);
	else if (protocol == IPPROTO_ICMP)
		read_icmp(wire, &icmp, sighting);
	else if (protocol == IPPROTO_ICMPV6)
		read_icmp(wire, &icmp6, sighting);
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
