/* SPDX-License-Identifier: MIT */
/* ICMP echo: the requests that are sent to find out about a path, and their answers. */
#include "xfrmd/net/echo.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "xfrmd/base/wire.h"

/* RFC 1071. */
static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_be16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

void echo_build(uint8_t family, uint16_t id, uint16_t sequence, uint8_t *message, size_t len)
{
	static const char text[] = "xfrmctl verify";
	size_t room = len - ECHO_HEADER_LEN, used = sizeof(text) - 1;

	memset(message, 0, len);
	message[0] = family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put_be16(message + 4, id);
	put_be16(message + 6, sequence);
	memcpy(message + ECHO_HEADER_LEN, text, used < room ? used : room);
	if (family != AF_INET6)
		put_be16(message + 2, checksum(message, len));
}

bool echo_is_answer(uint8_t family, const uint8_t *packet, size_t len, uint16_t id,
                    uint16_t *ret_sequence)
{
	struct wire wire;
	uint8_t type, code;
	uint16_t found, sequence;

	wire_init(&wire, packet, len);
	if (family == AF_INET)
		wire_bytes(&wire, len ? (size_t)(packet[0] & 0xf) * 4 : 0);
	type = wire_u8(&wire);
	code = wire_u8(&wire);
	wire_be16(&wire);
	found = wire_be16(&wire);
	sequence = wire_be16(&wire);
	if (wire.error || code || found != id ||
	    type != (family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
		return false;
	*ret_sequence = sequence;
	return true;
}
