/* SPDX-License-Identifier: MIT */
/*
 * Recent peers, remembered over a reboot in a file: a host that comes back negotiates with them at
 * once, since they still send with SAs that it has lost. A pair is taken over as soon as this host
 * has its address and protects it; one whose address does not come is forgotten after a while.
 */
#include "xfrmd/xfrmd/recent_peers.h"

#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_config.h"
#include "daemon.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/spd/plan.h"

/* From a change to its writing, and from one writing to the next. */
#define SAVE_DELAY_MS 3000
#define SAVE_PAUSE_MS 30000
/* For addresses that come late. */
#define WAIT_MS       300000
#define FOLDER_MODE   0755
#define FILE_MODE     0600

static_assert(PEERS_FILE_PAIRS_MAX == HOSTS_WITHOUT_SA_MAX, "each of them has a host policy");

static bool is_protected(const struct daemon *daemon, const struct peers_file_pair *pair)
{
	const struct pair of = {.local = pair->local, .remote = pair->remote};
	const struct local_addr *addrs;
	size_t count;

	addrs = addr_watch_list(daemon->addrs, &count);
	return plan_negotiable(&daemon->conf, addrs, count, &of);
}

static int make_path(struct daemon *daemon)
{
	const char *folder = daemon->run_dir;

	/* /run does not outlive a reboot; other run directories are the operator's choice */
	if (strcmp(folder, XFRMD_RUN_DIR) == 0) {
		folder = XFRMD_STATE_DIR;
		mkdir(folder, FOLDER_MODE);
	}
	if (asprintf(&daemon->recent.path, "%s/peers", folder) < 0) {
		daemon->recent.path = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int read_file(struct recent_peers *recent)
{
	struct err err;
	size_t len, broken = 0;
	int error = trust_read(recent->path, PEERS_FILE_BYTES_MAX, &recent->written, &len, &err);

	if (error == -ENOENT)
		return 0;
	if (error) {
		log_warning("peers file: ignored: %s", err.text);
		return error == -ENOMEM ? error : 0;
	}
	error = peers_file_parse(recent->written, len, &recent->waiting, &broken);
	if (error == -EPROTO)
		log_warning("peers file: %s: is none of this version, ignored", recent->path);
	else if (broken)
		log_warning("peers file: %s: %zu broken lines, ignored", recent->path, broken);
	return error == -ENOMEM ? error : 0;
}

/* Else it is neither read nor written. */
static bool is_trusted(struct recent_peers *recent)
{
	struct problems problems = {0};
	struct err err;
	char *folder = strdup(recent->path);

	if (!folder)
		return false;
	trust_check(dirname(folder), TRUST_OURS, &problems);
	trust_check_folders(folder, &problems);
	free(folder);
	if (trust_refuse(&problems, &err) == 0)
		return true;
	log_warning("peers file: neither read nor written: %s", err.text);
	recent->frozen = true;
	return false;
}

int recent_peers_open(struct daemon *daemon, struct err *err)
{
	int error = make_path(daemon);

	if (!error && is_trusted(&daemon->recent))
		error = read_file(&daemon->recent);
	if (error)
		return err_set(err, error, "peers file: out of memory");
	daemon->recent.waiting_until_ms = clock_now_ms() + WAIT_MS;
	return 0;
}

int recent_peers_apply(struct daemon *daemon)
{
	struct peers_file *waiting = &daemon->recent.waiting;
	uint64_t now_ms = clock_now_ms();
	size_t kept = 0;
	int error = 0;

	if (now_ms > daemon->recent.waiting_until_ms)
		peers_file_fini(waiting);
	for (size_t i = 0; i < waiting->count; i++) {
		const struct peers_file_pair *pair = &waiting->items[i];
		struct known_host host = {.pair = {.local = pair->local, .remote = pair->remote}};

		if (!is_protected(daemon, pair)) {
			waiting->items[kept++] = *pair;
			continue;
		}
		if (!error)
			error = hosts_restore(daemon->hosts, &host, now_ms);
		negotiator_remember(daemon->negotiator, &pair->local, &pair->remote);
	}
	waiting->count = kept;
	return error;
}

/* Those that are up, the latest first; then those that shall be. */
static int compare_recency(const void *a, const void *b)
{
	const struct peer *x = *(const struct peer *const *)a, *y = *(const struct peer *const *)b;
	bool x_up = x->state == PEER_STATE_UP, y_up = y->state == PEER_STATE_UP;

	if (x_up != y_up)
		return x_up ? -1 : 1;
	return (x->since_ms < y->since_ms) - (x->since_ms > y->since_ms);
}

static int add_peers(const struct daemon *daemon, struct peers_file *file)
{
	size_t count, kept = 0;
	const struct peer *const *list = peers_list(negotiator_peers(daemon->negotiator), &count);
	const struct peer **chosen = calloc(count ? count : 1, sizeof(*chosen));
	int error = 0;

	if (!chosen)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (list[i]->state == PEER_STATE_UP || list[i]->tries_left_unasked)
			chosen[kept++] = list[i];
	qsort(chosen, kept, sizeof(*chosen), compare_recency);
	for (size_t i = 0; !error && i < kept; i++)
		error = peers_file_add(file, &chosen[i]->local, &chosen[i]->remote);
	free(chosen);
	return error;
}

static char *present_text(const struct daemon *daemon)
{
	const struct peers_file *waiting = &daemon->recent.waiting;
	struct peers_file file = {0};
	int error = add_peers(daemon, &file);
	char *text = NULL;

	for (size_t i = 0; !error && i < waiting->count; i++)
		error = peers_file_add(&file, &waiting->items[i].local, &waiting->items[i].remote);
	if (!error)
		text = peers_file_format(&file);
	peers_file_fini(&file);
	return text;
}

static void save(struct daemon *daemon)
{
	_cleanup_(cleanup_free) char *text = present_text(daemon);
	struct recent_peers *recent = &daemon->recent;
	struct err err = {.text = "out of memory"};

	if (recent->frozen)
		return;
	recent->changed = false;
	if (text && recent->written && strcmp(text, recent->written) == 0)
		return;
	if (!text || file_write_quickly(recent->path, FILE_MODE, text, strlen(text), &err) < 0) {
		if (!recent->failed)
			log_warning("peers file: %s", err.text);
		recent->failed = true;
		return;
	}
	recent->failed = false;
	recent->earliest_ms = clock_now_ms() + SAVE_PAUSE_MS;
	free(recent->written);
	recent->written = steal_ptr(text);
}

void recent_peers_due(void *ctx)
{
	save(ctx);
}

void recent_peers_on_change(void *ctx)
{
	struct daemon *daemon = ctx;
	uint64_t due_ms = clock_now_ms() + SAVE_DELAY_MS;

	/* not started again, so that constant changes cannot put it off */
	if (!daemon->recent.changed)
		loop_timer_start_at(daemon->recent_timer, due_ms > daemon->recent.earliest_ms
		                                                  ? due_ms
		                                                  : daemon->recent.earliest_ms);
	daemon->recent.changed = true;
}

void recent_peers_freeze(struct daemon *daemon)
{
	if (daemon->recent.changed)
		save(daemon);
	daemon->recent.frozen = true;
}

void recent_peers_close(struct daemon *daemon)
{
	struct recent_peers *recent = &daemon->recent;

	if (recent->path)
		recent_peers_freeze(daemon);
	peers_file_fini(&recent->waiting);
	free(recent->written);
	free(recent->path);
}
