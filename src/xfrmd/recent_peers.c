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
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build_config.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/log.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/ike/peers_file.h"
#include "xfrmd/xfrmd/protects.h"

/* From a change to its writing, and from one writing to the next. */
#define SAVE_DELAY_MS 3000
#define SAVE_PAUSE_MS 30000
/* For addresses that come late. */
#define WAIT_MS       300000
#define FOLDER_MODE   0755
#define FILE_MODE     0600

static_assert(PEERS_FILE_PAIRS_MAX == HOSTS_WITHOUT_SA_MAX, "each of them has a host policy");

struct recent_peers {
	struct loop_timer *timer;
	char *path;
	char *written;             /* the file's text, NULL: there is none */
	struct peers_file waiting; /* read, and not protected yet: no such address */
	uint64_t waiting_until_ms;
	bool changed, frozen;
	uint64_t earliest_ms; /* of the next writing, but for the last */
	bool failed;          /* to write, and said so */
};

static char *make_path(const char *run_dir)
{
	const char *folder = run_dir;

	/* /run does not outlive a reboot; other run directories are the operator's choice */
	if (strcmp(folder, XFRMD_RUN_DIR) == 0) {
		folder = XFRMD_STATE_DIR;
		mkdir(folder, FOLDER_MODE);
	}
	return run_dir_file(folder, "peers");
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
	_cleanup_(cleanup_free) char *folder = strdup(recent->path);

	if (!folder)
		return false;
	trust_check(dirname(folder), TRUST_OURS, &problems);
	trust_check_folders(folder, &problems);
	if (trust_refuse(&problems, &err) == 0)
		return true;
	log_warning("peers file: neither read nor written: %s", err.text);
	recent->frozen = true;
	return false;
}

int recent_peers_apply(struct daemon *daemon)
{
	struct recent_peers *recent = daemon->parts.recent_peers;
	struct peers_file *waiting = &recent->waiting;
	uint64_t now_ms = clock_now_ms();
	size_t kept = 0;
	int error = 0;

	if (now_ms > recent->waiting_until_ms)
		peers_file_fini(waiting);
	for (size_t i = 0; i < waiting->count; i++) {
		const struct known_host host = {.pair = waiting->items[i]};

		if (!protects(daemon, &host.pair)) {
			waiting->items[kept++] = host.pair;
			continue;
		}
		if (!error)
			error = hosts_restore(daemon->hosts, &host, now_ms);
		negotiator_remember(daemon->negotiator, &host.pair);
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

static int add_peers(const struct peers *peers, struct peers_file *file)
{
	size_t count, kept = 0;
	_cleanup_(cleanup_free) const struct peer **chosen = peers_list_by_local(peers, &count);
	int error = 0;

	if (!chosen)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (chosen[i]->state == PEER_STATE_UP || chosen[i]->tries_left_unasked)
			chosen[kept++] = chosen[i];
	qsort(chosen, kept, sizeof(*chosen), compare_recency);
	for (size_t i = 0; !error && i < kept; i++)
		error = peers_file_add(file, &chosen[i]->pair);
	return error;
}

int recent_peers_choose(const struct peers *peers, const struct peers_file *waiting,
                        struct peers_file *ret_file)
{
	int error = add_peers(peers, ret_file);

	for (size_t i = 0; !error && i < waiting->count; i++)
		error = peers_file_add(ret_file, &waiting->items[i]);
	return error;
}

static char *present_text(const struct daemon *daemon)
{
	_cleanup_(peers_file_fini) struct peers_file file = {0};

	return recent_peers_choose(negotiator_peers(daemon->negotiator),
	                           &daemon->parts.recent_peers->waiting, &file) == 0
	               ? peers_file_format(&file)
	               : NULL;
}

static void save(void *ctx)
{
	struct daemon *daemon = ctx;
	_cleanup_(cleanup_free) char *text = present_text(daemon);
	struct recent_peers *recent = daemon->parts.recent_peers;
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

void recent_peers_on_change(void *ctx)
{
	struct daemon *daemon = ctx;
	struct recent_peers *recent = daemon->parts.recent_peers;
	uint64_t due_ms = clock_now_ms() + SAVE_DELAY_MS;

	/* not started again, so that constant changes cannot put it off */
	if (!recent->changed)
		loop_timer_start_at(recent->timer,
		                    due_ms > recent->earliest_ms ? due_ms : recent->earliest_ms);
	recent->changed = true;
}

void recent_peers_freeze(struct daemon *daemon)
{
	if (daemon->parts.recent_peers->changed)
		save(daemon);
	daemon->parts.recent_peers->frozen = true;
}

static int open_part(struct daemon *daemon, struct err *err)
{
	struct recent_peers *recent = daemon->parts.recent_peers;
	int error = 0;

	recent->path = make_path(daemon->run_dir);
	if (!recent->path)
		error = -ENOMEM;
	else if (is_trusted(recent))
		error = read_file(recent);
	if (error)
		return err_set(err, error, "peers file: out of memory");
	recent->waiting_until_ms = clock_now_ms() + WAIT_MS;
	return 0;
}

static void close_part(struct daemon *daemon)
{
	struct recent_peers *recent = daemon->parts.recent_peers;

	recent_peers_freeze(daemon);
	peers_file_fini(&recent->waiting);
	free(recent->written);
	free(recent->path);
}

const struct part recent_peers_part = {PART(recent_peers), .open = open_part, .close = close_part,
                                       .timers = {{save, offsetof(struct recent_peers, timer)}}};
