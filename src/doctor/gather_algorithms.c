/* SPDX-License-Identifier: MIT */
/*
 * Whether the kernel has the algorithms of esp_proposals. Only an attempt to add an SA tells, and
 * loads modules as charon's would; it is made by a child in a network namespace that ends with it.
 */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xfrmd/base/array.h"

#define FIRST_SPI 0x1000u

/* Reserves one of the structs that end in a key, and fills the key. NULL: no room. */
static void *put_algorithm(struct nl_msg *msg, int type, size_t head_len, unsigned key_bits)
{
	size_t key_len = key_bits / 8;
	struct nlattr *attr = nla_reserve(msg, type, (int)(head_len + key_len));
	char *head;

	if (!attr)
		return NULL;
	head = nla_data(attr);
	memset(head, 0, head_len);
	/* not all zero: some ciphers refuse weak keys */
	for (size_t i = 0; i < key_len; i++)
		head[head_len + i] = (char)(i + 1);
	return head;
}

static bool put_aead(struct nl_msg *msg, const struct esp_suite *suite)
{
	struct xfrm_algo_aead *aead = put_algorithm(msg, XFRMA_ALG_AEAD, sizeof(*aead),
	                                            suite->cipher_key_bits);

	if (!aead)
		return false;
	snprintf(aead->alg_name, sizeof(aead->alg_name), "%s", suite->cipher);
	aead->alg_key_len = suite->cipher_key_bits;
	aead->alg_icv_len = suite->icv_bits;
	return true;
}

static bool put_cipher_and_integrity(struct nl_msg *msg, const struct esp_suite *suite)
{
	struct xfrm_algo *cipher = put_algorithm(msg, XFRMA_ALG_CRYPT, sizeof(*cipher),
	                                         suite->cipher_key_bits);
	struct xfrm_algo_auth *integrity;

	if (!cipher)
		return false;
	snprintf(cipher->alg_name, sizeof(cipher->alg_name), "%s", suite->cipher);
	cipher->alg_key_len = suite->cipher_key_bits;
	integrity = put_algorithm(msg, XFRMA_ALG_AUTH_TRUNC, sizeof(*integrity),
	                          suite->integrity_key_bits);
	if (!integrity)
		return false;
	snprintf(integrity->alg_name, sizeof(integrity->alg_name), "%s", suite->integrity);
	integrity->alg_key_len = suite->integrity_key_bits;
	integrity->alg_trunc_len = suite->icv_bits;
	return true;
}

static struct nl_msg *build_sa(const struct esp_suite *suite, uint8_t family, uint32_t spi)
{
	struct xfrm_usersa_info info = {.family = family, .mode = XFRM_MODE_TRANSPORT, .reqid = 1};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_ACK);
	bool complete = false;

	info.id.spi = htonl(spi);
	info.id.proto = IPPROTO_ESP;
	/* any but unspecified ones */
	memset(&info.id.daddr, 1, family == AF_INET ? 4 : 16);
	memset(&info.saddr, 2, family == AF_INET ? 4 : 16);
	info.lft.soft_byte_limit = info.lft.hard_byte_limit = XFRM_INF;
	info.lft.soft_packet_limit = info.lft.hard_packet_limit = XFRM_INF;
	if (msg && nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) == 0)
		complete = *suite->integrity ? put_cipher_and_integrity(msg, suite)
		                             : put_aead(msg, suite);
	if (complete)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int take_error(struct sockaddr_nl *sender, struct nlmsgerr *error, void *ctx)
{
	int *refused = ctx;

	(void)sender;
	*refused = error->error;
	return NL_STOP;
}

/* 0 or the kernel's negative errno; -EPERM too if it could not be asked. */
static int try_suite(struct nl_sock *sock, const struct esp_suite *suite, uint8_t family,
                     uint32_t spi)
{
	struct nl_msg *msg = build_sa(suite, family, spi);
	int refused = 0, code;

	if (!msg)
		return -EPERM;
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, take_error, &refused);
	code = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	if (code >= 0)
		code = nl_wait_for_ack(sock);
	return refused ? refused : code < 0 ? -EPERM : 0;
}

/* In the child: writes one error for each algorithm. */
static void try_all(const struct doctor_facts *facts, int out)
{
	bool v4 = prefixset_has_family(&facts->conf.protect, AF_INET);
	bool v6 = prefixset_has_family(&facts->conf.protect, AF_INET6);
	struct nl_sock *sock = nl_socket_alloc();
	bool usable = unshare(CLONE_NEWNET) == 0 && sock && nl_connect(sock, NETLINK_XFRM) == 0;

	for (size_t i = 0; i < facts->algorithm_count; i++) {
		const struct esp_suite *suite = &facts->algorithms[i].suite;
		uint32_t spi = FIRST_SPI + 2 * (uint32_t)i;
		int error = usable ? 0 : -EPERM;

		if (usable && v4)
			error = try_suite(sock, suite, AF_INET, spi);
		if (usable && v6 && !error)
			error = try_suite(sock, suite, AF_INET6, spi + 1);
		if (write(out, &error, sizeof(error)) != sizeof(error))
			break;
	}
	nl_socket_free(sock);
}

static bool is_listed(const struct doctor_facts *facts, const struct esp_suite *suite)
{
	for (size_t i = 0; i < facts->algorithm_count; i++)
		if (memcmp(&facts->algorithms[i].suite, suite, sizeof(*suite)) == 0)
			return true;
	return false;
}

static int add_suite(struct doctor_facts *facts, const struct esp_suite *suite)
{
	if (is_listed(facts, suite))
		return 0;
	if (array_grow(&facts->algorithms, facts->algorithm_count, sizeof(*facts->algorithms)) < 0)
		return -ENOMEM;
	facts->algorithms[facts->algorithm_count++] = (struct doctor_algorithm){*suite, -EPERM};
	return 0;
}

static int list_suites(struct doctor_facts *facts)
{
	int error = 0;

	for (size_t i = 0; i < facts->conf.esp_proposals.count && !error; i++) {
		struct esp_suite suites[ESP_SUITES_MAX];
		size_t count = esp_suites_of(facts->conf.esp_proposals.items[i], suites);

		for (size_t j = 0; j < count && !error; j++)
			error = add_suite(facts, &suites[j]);
	}
	return error;
}

int doctor_gather_algorithms(struct doctor_facts *facts)
{
	int pipe_fds[2], error;
	pid_t child;

	if (problems_any(&facts->conf_problems))
		return 0;
	error = list_suites(facts);
	if (error || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error;
	child = fork();
	if (child == 0) {
		close(pipe_fds[0]);
		try_all(facts, pipe_fds[1]);
		_exit(0);
	}
	close(pipe_fds[1]);
	for (size_t i = 0; child > 0 && i < facts->algorithm_count; i++) {
		int *result = &facts->algorithms[i].error;

		if (read(pipe_fds[0], result, sizeof(*result)) != sizeof(*result)) {
			*result = -EPERM;
			break;
		}
	}
	close(pipe_fds[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return 0;
}
