/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl retry IP`: the daemon only begins, so this asks until there is a result. The peer may be
 * there once for each local address: one of those that is up is a success.
 */
#include <string.h>
#include <time.h>

#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"

#define ASK_EVERY_MS 200
/* Longer than the daemon waits for any negotiation, and one that waits for charon. */
#define RESULT_MS    40000

/* Whether there is a result: then *ret_error is empty if an SA is up. */
static bool has_result(const struct ctl_peers *peers, const struct addr *address,
                       char ret_error[FAILURE_WORDS_MAX])
{
	strcpy(ret_error, "forgotten by xfrmd, send it traffic");
	for (size_t i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];

		if (!addr_equal(&peer->pair.remote, address))
			continue;
		if (strcmp(peer->state, "negotiating") == 0)
			return false;
		if (strcmp(peer->state, "up") == 0)
			*ret_error = '\0';
		else
			failure_words(&peer->last_error, ret_error);
		if (!*ret_error)
			break;
	}
	return true;
}

/* What came of it is in @err. */
static int wait_for_result(const struct options *options, const struct addr *address,
                           struct err *err)
{
	const struct timespec pause = {.tv_nsec = ASK_EVERY_MS * 1000000L};
	uint64_t end_ms = clock_now_ms() + RESULT_MS;
	char address_text[ADDR_TEXT_MAX], escaped[4 * FAILURE_WORDS_MAX], error[FAILURE_WORDS_MAX];

	addr_format(address, address_text);
	while (clock_now_ms() < end_ms) {
		_cleanup_(ctl_peers_fini) struct ctl_peers peers = {0};
		int ret = ask_peers(options, &peers, err);

		if (ret != EXIT_OK)
			return ret;
		if (has_result(&peers, address, error)) {
			err_set(err, 0, "%s: %s", address_text,
			        *error ? str_escape(error, escaped, sizeof(escaped)) : "up");
			return *error ? EXIT_FAILED : EXIT_OK;
		}
		nanosleep(&pause, NULL);
	}
	err_set(err, 0, "%s: no result yet, see xfrmctl peers", address_text);
	return EXIT_FAILED;
}

int cmd_retry(const struct options *options, struct output *output)
{
	_cleanup_(strlist_fini) struct strlist changes = {0}, errors = {0};
	struct addr address;
	struct err err = {0};
	int ret;

	if (!options->argument || addr_parse(options->argument, &address) < 0)
		return output_complain(output, EXIT_USAGE,
		                       "retry: %s: expected the IP address of a peer",
		                       options->argument ? options->argument : "no argument");
	ret = ask_to_begin(options, CTL_COMMAND_RETRY, &address, &err);
	if (ret == EXIT_OK)
		ret = wait_for_result(options, &address, &err);
	if (strlist_add(ret == EXIT_OK ? &changes : &errors, err.text) < 0)
		return EXIT_FAILED;
	output_result(output, options->json, &changes, &errors);
	return ret;
}
