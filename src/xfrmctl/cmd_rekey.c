/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl rekey IP` and `rekey --all`: the daemon only begins, so this asks until each peer that was
 * up has an SA that it did not have before, or an error.
 */
#include <string.h>
#include <time.h>

#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"

#define ASK_EVERY_MS 200
/* Since the last peer that got its SA: longer than the daemon gives each of those whose turn it is. */
#define PROGRESS_MS  40000

static bool has_sa(const struct ctl_peer *peer, uint32_t spi_out)
{
	for (size_t i = 0; i < peer->sa_count; i++)
		if (peer->sas[i].spi_out == spi_out)
			return true;
	return false;
}

static const struct ctl_peer *find(const struct ctl_peers *peers, const struct ctl_peer *like)
{
	for (size_t i = 0; i < peers->count; i++)
		if (pair_equal(&peers->items[i].pair, &like->pair))
			return &peers->items[i];
	return NULL;
}

static bool is_meant(const struct ctl_peer *peer, const struct addr *address)
{
	return strcmp(peer->state, "up") == 0 &&
	       (!address->family || addr_equal(&peer->pair.remote, address));
}

static bool is_rekeyed(const struct ctl_peer *before, const struct ctl_peers *now)
{
	const struct ctl_peer *peer = find(now, before);

	for (size_t i = 0; peer && i < peer->sa_count; i++)
		if (!has_sa(before, peer->sas[i].spi_out))
			return true;
	return false;
}

/* NULL: no negotiation has failed since. What charon rekeys meanwhile is no success then. */
static const struct failure *find_failure(const struct ctl_peer *before,
                                          const struct ctl_peers *now)
{
	const struct ctl_peer *peer = find(now, before);

	if (!peer || !peer->last_error.reason || peer->last_failure == before->last_failure)
		return NULL;
	return &peer->last_error;
}

struct results {
	struct strlist done, failed, open;
};

static void results_fini(struct results *results)
{
	strlist_fini(&results->done);
	strlist_fini(&results->failed);
	strlist_fini(&results->open);
}

static void add(struct strlist *list, const struct ctl_peer *peer, const char *words)
{
	char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX];
	char escaped[4 * FAILURE_WORDS_MAX];

	(void)strlist_addf(list, "%s: %s local=%s", addr_format(&peer->pair.remote, remote),
	                   str_escape(words, escaped, sizeof(escaped)),
	                   addr_format(&peer->pair.local, local));
}

/* Those that were up. */
static void sort_out(const struct ctl_peers *before, const struct ctl_peers *now,
                     const struct addr *address, struct results *results)
{
	char words[FAILURE_WORDS_MAX];

	results_fini(results);
	for (size_t i = 0; i < before->count; i++) {
		const struct ctl_peer *peer = &before->items[i];
		const struct failure *failure = find_failure(peer, now);

		if (!is_meant(peer, address))
			continue;
		if (failure)
			add(&results->failed, peer, failure_words(failure, words));
		else if (is_rekeyed(peer, now))
			add(&results->done, peer, "rekeyed");
		else
			add(&results->open, peer, "no new SA so far, see xfrmctl peers");
	}
}

/* Until all are done, or nothing happens any more. */
static int wait_for_all(const struct options *options, const struct ctl_peers *before,
                        const struct addr *address, struct results *results, struct err *err)
{
	const struct timespec pause = {.tv_nsec = ASK_EVERY_MS * 1000000L};
	uint64_t progress_ms = clock_now_ms();

	for (;;) {
		_cleanup_(ctl_peers_fini) struct ctl_peers now = {0};
		size_t open_before = results->open.count;
		int ret = ask_peers(options, &now, err);

		if (ret != EXIT_OK)
			return ret;
		sort_out(before, &now, address, results);
		if (results->open.count < open_before)
			progress_ms = clock_now_ms();
		if (!results->open.count || clock_now_ms() > progress_ms + PROGRESS_MS)
			return results->failed.count || results->open.count ? EXIT_FAILED : EXIT_OK;
		nanosleep(&pause, NULL);
	}
}

int cmd_rekey(const struct options *options, struct output *output)
{
	_cleanup_(ctl_peers_fini) struct ctl_peers before = {0};
	_cleanup_(results_fini) struct results results = {0};
	struct addr address = {0};
	struct err err = {0};
	int ret;

	if (options->all == !!options->argument ||
	    (options->argument && addr_parse(options->argument, &address) < 0))
		return output_complain(output, EXIT_USAGE,
		                       "rekey: %s: expected the IP address of a peer, or --all",
		                       options->argument ? options->argument : "no argument");
	ret = ask_peers(options, &before, &err);
	if (ret == EXIT_OK)
		ret = ask_to_begin(options, CTL_COMMAND_REKEY, &address, &err);
	if (ret == EXIT_OK)
		ret = wait_for_all(options, &before, &address, &results, &err);
	for (size_t i = 0; i < results.open.count; i++)
		(void)strlist_add(&results.failed, results.open.items[i]);
	if (*err.text)
		(void)strlist_add(&results.failed, err.text);
	output_result(output, options->json, &results.done, &results.failed);
	return ret;
}
