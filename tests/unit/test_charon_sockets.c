/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/charon_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"
#include "xfrmd/charon/charon.h"

/* Sockets on loopback, with the filter that charon's would have. */

#define ROUNDS 4096u

static int receiver, sender;

static void set_up(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);

	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	sender = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(receiver, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(getsockname(receiver, (struct sockaddr *)&address, &len), 0);
	ck_assert_int_eq(connect(sender, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void tear_down(void)
{
	close(receiver);
	close(sender);
}

enum message {
	FIRST,       /* IKE_SA_INIT */
	WITH_COOKIE, /* the same, again, with what we answered */
	ANSWER,      /* IKE_SA_INIT of somebody whom we asked */
	HALF_ANSWER, /* whose SPI has but one half that is not zero */
	ESTABLISHED, /* INFORMATIONAL */
};

/* How many of ROUNDS arrive. */
static unsigned arrived(enum message kind, uint16_t port)
{
	unsigned char packet[64] = {0}, *ike = packet;
	unsigned count = 0;

	if (port == CHARON_PORT_NATT)
		ike += 4;
	memset(ike, 7, 8);
	if (kind == ANSWER || kind == ESTABLISHED)
		memset(ike + 8, 9, 8);
	if (kind == HALF_ANSWER)
		ike[15] = 1;
	ike[16] = kind == WITH_COOKIE ? 41 : 33;
	ike[17] = 0x20;
	ike[18] = kind == ESTABLISHED ? 37 : 34;
	for (unsigned i = 0; i < ROUNDS; i++) {
		char found[64];

		ck_assert_int_eq(send(sender, packet, sizeof(packet), 0), sizeof(packet));
		count += recv(receiver, found, sizeof(found), 0) == sizeof(packet);
	}
	return count;
}

static const struct {
	uint16_t port;
	unsigned one_in, cookies_one_in;
} rows[] = {
	{CHARON_PORT_IKE, 1, 1},      {CHARON_PORT_NATT, 1, 1}, {CHARON_PORT_IKE, 2, 1},
	{CHARON_PORT_NATT, 16, 1},    {CHARON_PORT_IKE, 64, 1}, {CHARON_PORT_IKE, 256, 4},
	{CHARON_PORT_NATT, 4096, 64},
};

/* By chance, but less than six standard deviations from what is to be expected. */
static void check_share(unsigned count, unsigned one_in)
{
	double expected = (double)ROUNDS / one_in, off = count - expected;

	if (one_in == 1)
		ck_assert_uint_eq(count, ROUNDS);
	else
		ck_assert_msg(off * off < 36 * expected, "%u, expected about %g", count, expected);
}

START_TEST(socket_lets_in_one_in_so_many_who_begin)
{
	ck_assert_int_eq(charon_socket_admit(receiver, rows[_i].port, rows[_i].one_in), 0);
	check_share(arrived(FIRST, rows[_i].port), rows[_i].one_in);
	check_share(arrived(WITH_COOKIE, rows[_i].port), rows[_i].cookies_one_in);
	ck_assert_uint_eq(arrived(ANSWER, rows[_i].port), ROUNDS);
	ck_assert_uint_eq(arrived(HALF_ANSWER, rows[_i].port), ROUNDS);
	ck_assert_uint_eq(arrived(ESTABLISHED, rows[_i].port), ROUNDS);
	ck_assert_int_eq(charon_socket_admit(receiver, rows[_i].port, 1), 0);
	ck_assert_uint_eq(arrived(FIRST, rows[_i].port), ROUNDS);
	/* nothing to take away is no error */
	ck_assert_int_eq(charon_socket_admit(receiver, rows[_i].port, 1), 0);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("charon_sockets", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, socket_lets_in_one_in_so_many_who_begin, 0,
	                    sizeof(rows) / sizeof(rows[0]));
	return test_run(suite);
}
