/* SPDX-License-Identifier: MIT */
/* Packets on the wire. */
#include "src/xfrmctl/sighting.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "test.h"

#define IPV4(protocol) 0x45, 0, 0, 84, 0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 1, 1, 10, 0, 1, 2
#define IPV6(next)                                                                               \
	0x60, 0, 0, 0, 0, 40, next, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, \
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2

static const struct {
	const char *what;
	uint8_t packet[96];
	size_t len;
	enum sighting_kind kind;
	uint32_t spi;
	uint16_t id;
} cases[] = {
	{"ESP", {IPV4(50), 0xc1, 2, 3, 4, 0, 0, 0, 1}, 28, SIGHTING_ESP, 0xc1020304, 0},
	{"ESP, cut off", {IPV4(50), 0xc1, 2, 3}, 23, SIGHTING_OTHER, 0, 0},
	{"ESP in UDP",
         {IPV4(17), 0x11, 0x94, 0x11, 0x94, 0, 60, 0, 0, 0xc1, 2, 3, 4},
         32,
         SIGHTING_ESP,
         0xc1020304,
         0},
	{"ESP in UDP from behind a NAT",
         {IPV4(17), 0x80, 0, 0x11, 0x94, 0, 60, 0, 0, 0xc1, 2, 3, 4},
         32,
         SIGHTING_ESP,
         0xc1020304,
         0},
	{"IKE on port 4500",
         {IPV4(17), 0x11, 0x94, 0x11, 0x94, 0, 60, 0, 0, 0, 0, 0, 0},
         32,
         SIGHTING_OTHER,
         0,
         0},
	{"keepalive",
         {IPV4(17), 0x11, 0x94, 0x11, 0x94, 0, 9, 0, 0, 0xff},
         29,
         SIGHTING_OTHER,
         0,
         0},
	{"other UDP",
         {IPV4(17), 0x11, 0x93, 0x11, 0x95, 0, 60, 0, 0, 0xc1, 2, 3, 4},
         32,
         SIGHTING_OTHER,
         0,
         0},
	{"echo request",
         {IPV4(1), 8, 0, 1, 2, 0x12, 0x34, 0, 1},
         28,
         SIGHTING_ECHO_REQUEST,
         0,
         0x1234},
	{"echo reply", {IPV4(1), 0, 0, 1, 2, 0x12, 0x34, 0, 1}, 28, SIGHTING_ECHO_REPLY, 0, 0x1234},
	{"unreachable", {IPV4(1), 3, 1, 1, 2, 0x12, 0x34, 0, 1}, 28, SIGHTING_OTHER, 0, 0x1234},
	{"unreachable port of IKE",
         {IPV4(1), 3, 3, 0, 0, 0, 0, 0, 0, IPV4(17), 0x80, 1, 0x01, 0xf4},
         52,
         SIGHTING_NO_IKE,
         0,
         0},
	{"unreachable port of IKE, behind options",
         {IPV4(1), 3, 3,  0, 0, 0, 0,  0, 0, 0x46, 0, 0, 84, 0, 0,    0, 0,    64,  17,
          0,       0, 10, 0, 1, 1, 10, 0, 1, 2,    1, 1, 1,  1, 0x80, 1, 0x01, 0xf4},
         56,
         SIGHTING_NO_IKE,
         0,
         0},
	{"unreachable port of others",
         {IPV4(1), 3, 3, 0, 0, 0, 0, 0, 0, IPV4(17), 0x01, 0xf4, 0x01, 0xf5},
         52,
         SIGHTING_OTHER,
         0,
         0},
	{"unreachable port of IKE, cut off",
         {IPV4(1), 3, 3, 0, 0, 0, 0, 0, 0, IPV4(17), 0x80, 1, 0x01},
         51,
         SIGHTING_OTHER,
         0,
         0},
	{"echo, cut off", {IPV4(1), 8, 0, 1, 2, 0x12}, 25, SIGHTING_OTHER, 0, 0},
	{"TCP", {IPV4(6), 8, 0, 1, 2, 0x12, 0x34, 0, 1}, 28, SIGHTING_OTHER, 0, 0},
	{"ESP, IPv6", {IPV6(50), 0xc1, 2, 3, 4, 0, 0, 0, 1}, 48, SIGHTING_ESP, 0xc1020304, 0},
	{"echo request, IPv6",
         {IPV6(58), 128, 0, 1, 2, 0x12, 0x34, 0, 1},
         48,
         SIGHTING_ECHO_REQUEST,
         0,
         0x1234},
	{"echo reply, IPv6",
         {IPV6(58), 129, 0, 1, 2, 0x12, 0x34, 0, 1},
         48,
         SIGHTING_ECHO_REPLY,
         0,
         0x1234},
	{"echo request of IPv4 in IPv6",
         {IPV6(58), 8, 0, 1, 2, 0x12, 0x34, 0, 1},
         48,
         SIGHTING_OTHER,
         0,
         0x1234},
	{"unreachable port of IKE, IPv6",
         {IPV6(58), 1, 4, 0, 0, 0, 0, 0, 0, IPV6(17), 0x80, 1, 0x01, 0xf4},
         92,
         SIGHTING_NO_IKE,
         0,
         0},
};

START_TEST(sighting_tells_what_a_packet_is)
{
	struct sighting sighting;

	ck_assert_int_eq(sighting_read(cases[_i].packet, cases[_i].len, &sighting), 0);
	ck_assert_msg(sighting.kind == cases[_i].kind, "%s", cases[_i].what);
	if (sighting.kind == SIGHTING_ESP) {
		ck_assert_uint_eq(sighting.spi, cases[_i].spi);
		ck_assert_int_eq(sighting.udp, cases[_i].packet[9] == IPPROTO_UDP);
	}
	ck_assert_uint_eq(sighting.id, cases[_i].id);
	ck_assert_uint_eq(sighting.src.bytes[0], sighting.src.family == AF_INET ? 10 : 0xfd);
	ck_assert_uint_eq(sighting.dst.bytes[addr_len(&sighting.dst) - 1], 2);
}
END_TEST

START_TEST(sighting_leaves_later_fragments_alone)
{
	uint8_t packet[] = {IPV4(1), 8, 0, 1, 2, 0x12, 0x34, 0, 1};
	struct sighting sighting;

	packet[7] = 1;
	ck_assert_int_eq(sighting_read(packet, sizeof(packet), &sighting), 0);
	ck_assert_int_eq(sighting.kind, SIGHTING_OTHER);
}
END_TEST

START_TEST(sighting_reads_no_byte_too_many)
{
	struct sighting sighting;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t len = 0; len <= cases[i].len; len++) {
			uint8_t *packet = malloc(len ? len : 1);
			size_t header = cases[i].packet[0] >> 4 == 6 ? 40 : 20;

			ck_assert_ptr_nonnull(packet);
			memcpy(packet, cases[i].packet, len);
			ck_assert_int_eq(sighting_read(packet, len, &sighting),
			                 len < header ? -EBADMSG : 0);
			free(packet);
		}
	}
}
END_TEST

START_TEST(sighting_refuses_what_is_no_ip)
{
	uint8_t short_header[20] = {0x44}, other[40] = {0x50};
	struct sighting sighting;

	ck_assert_int_eq(sighting_read(short_header, sizeof(short_header), &sighting), -EBADMSG);
	ck_assert_int_eq(sighting_read(other, sizeof(other), &sighting), -EBADMSG);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("sighting", &tcase);

	tcase_add_loop_test(tcase, sighting_tells_what_a_packet_is, 0,
	                    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tcase, sighting_leaves_later_fragments_alone);
	tcase_add_test(tcase, sighting_reads_no_byte_too_many);
	tcase_add_test(tcase, sighting_refuses_what_is_no_ip);
	return test_run(suite);
}
