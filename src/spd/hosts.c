/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/hosts.h"

#include <errno.h>
#include <stdlib.h>

#include "hosts_state.h"

/*
 * Owns the rules of the known hosts. Invariants: a host is pinned to one of its living SAs, or it
 * waits, or, in HOSTS_MODE_DROP or blocked, is pinned to none; it is blocked only without an SA. A
 * host's due time, if it has one, is by that the end of its silence (no SA, traffic waits), the
 * next probe (blocked), or the next look or takeover (it waits for its peer, or several SAs live);
 * next_ms is never later than any due time. Room for the actions is made before anything changes,
 * so an event that fails for want of memory has not happened, and hosts_sync() makes up for it.
 */

/* Of those without an SA. */
#define ROOM_AT_ONCE   32
/* After a timer that found no memory. */
#define HOSTS_RETRY_MS 100

int hosts_new(struct hosts **ret_hosts)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts)
		return -ENOMEM;
	hosts->next_ms = HOST_TABLE_NEVER;
	*ret_hosts = hosts;
	return 0;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	host_table_fini(&hosts->known);
	wait_spis_fini(&hosts->spis);
	free(hosts);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Some at a time, so that the search for them costs each that comes little. */
static void make_room(struct hosts *hosts, struct host_actions *actions)
{
	size_t oldest[ROOM_AT_ONCE], count;

	if (hosts->known.count < HOSTS_WITHOUT_SA_MAX)
		return;
	if (host_table_find_silent(&hosts->known, oldest, ROOM_AT_ONCE, &count) <
	            HOSTS_WITHOUT_SA_MAX ||
	    !host_actions_reserve(actions, 2 * count + ACTIONS_PER_EVENT))
		return;
	/* from behind, so that the indexes hold */
	for (size_t i = 0; i < count; i++)
		hosts_forget(hosts, oldest[i], actions);
}

/* Adds a host that is not known, without PUT. HOST_TABLE_NONE: out of memory, which is noted. */
static size_t add_host(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                       struct host_actions *actions)
{
	size_t index;

	make_room(hosts, actions);
	index = host_table_add(&hosts->known, pair, wait_spis_of(&hosts->spis, &pair->local),
	                       now_ms);
	if (index == HOST_TABLE_NONE)
		actions->out_of_memory = true;
	return index;
}

void hosts_set_mode(struct hosts *hosts, enum hosts_mode mode)
{
	if (hosts->mode == mode)
		return;
	hosts->mode = mode;
	for (size_t i = 0; i < hosts->known.count; i++) {
		struct known_host *host = &hosts->known.hosts[i];
		struct host_state *state = hosts->known.states[i];

		host->blocked = false;
		host->answer_spi = 0;
		if (state->ready_spi)
			state->takeover_ms = 0;
		state->ready_spi = 0;
		if (!state->child_count) {
			host->spi = hosts_idle_spi(hosts, state);
			state->due_ms = HOST_TABLE_NEVER;
		} else if (known_host_waits(host) && mode == HOSTS_MODE_DROP) {
			host->spi = host_newest_spi(state);
			state->due_ms = HOST_TABLE_NEVER;
		}
	}
}

int hosts_set_addresses(struct hosts *hosts, const struct local_addr *addrs, size_t count)
{
	int error = wait_spis_assign(&hosts->spis, addrs, count);

	for (size_t i = 0; !error && i < hosts->known.count; i++) {
		struct known_host *host = &hosts->known.hosts[i];
		uint32_t spi = wait_spis_of(&hosts->spis, &host->pair.local);

		hosts->known.states[i]->wait_spi = spi;
		if (known_host_waits(host))
			host->spi = spi;
	}
	return error;
}

const struct wait_spis *hosts_wait_spis(const struct hosts *hosts)
{
	return &hosts->spis;
}

void hosts_on_charon(struct hosts *hosts, bool up, uint64_t now_ms)
{
	hosts->charon_up = up;
	hosts->charon_ms = now_ms;
	if (!up)
		return;
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (!hosts_awaits_sa(hosts, i))
			continue;
		hosts->known.states[i]->asked_ms = now_ms;
		hosts_set_due(hosts, hosts->known.states[i], now_ms + HOSTS_SILENT_MS);
	}
}

int hosts_restore(struct hosts *hosts, const struct known_host *host, uint64_t now_ms)
{
	bool pinned = host->spi > POLICY_SPI_WAIT_MAX;
	struct host_state *state;
	size_t index;

	if (host_table_find(&hosts->known, &host->pair) != HOST_TABLE_NONE ||
	    (!pinned && hosts->known.count >= HOSTS_WITHOUT_SA_MAX))
		return 0;
	index = host_table_add(&hosts->known, &host->pair,
	                       wait_spis_of(&hosts->spis, &host->pair.local), now_ms);
	if (index == HOST_TABLE_NONE)
		return -ENOMEM;
	state = hosts->known.states[index];
	state->stranger = false;
	hosts->known.hosts[index].spi = hosts_idle_spi(hosts, state);
	if (host->blocked && hosts->mode == HOSTS_MODE_HOLD) {
		hosts->known.hosts[index].spi = 0;
		hosts->known.hosts[index].blocked = true;
		state->look_ms = HOSTS_PROBE_MIN_MS;
		hosts_set_due(hosts, state, now_ms + state->look_ms);
	} else if (pinned) {
		/* It lives until hosts_sync() knows better. */
		hosts->known.hosts[index].spi = host->spi;
		host_add_spi(state, host->spi, host->spi);
	}
	return 0;
}

void hosts_on_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                 struct host_actions *actions)
{
	struct host_state *state;
	size_t index;

	if (spi <= POLICY_SPI_WAIT_MAX || !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, pair);
	if (index == HOST_TABLE_NONE)
		index = add_host(hosts, pair, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return;
	state = hosts->known.states[index];
	if (!host_add_spi(state, hosts->known.hosts[index].spi, spi))
		return;
	if (hosts_is_pinned(hosts, index)) {
		state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
		state->look_ms = HOSTS_LOOK_MAX_MS;
		hosts_watch(hosts, index, now_ms);
	} else if (state->ready_spi) {
		return;
	} else if (hosts->mode != HOSTS_MODE_DROP || state->due_ms != HOST_TABLE_NEVER) {
		/* it is to be known first that the peer has it, too */
		hosts_wait_for_peer(hosts, index, now_ms, actions);
	} else {
		hosts_pin(hosts, index, spi, now_ms, actions);
	}
}

/* NULL: not known. */
static struct host_child *find_child(struct hosts *hosts, const struct pair *pair, uint32_t spi)
{
	size_t index = host_table_find(&hosts->known, pair), found;
	struct host_state *state;

	if (index == HOST_TABLE_NONE)
		return NULL;
	state = hosts->known.states[index];
	found = host_find_spi(state, spi);
	return found < state->child_count ? &state->children[found] : NULL;
}

void hosts_on_inbound_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi,
                         uint32_t spi_in, uint64_t now_ms)
{
	struct host_child *child = find_child(hosts, pair, spi);
	size_t index = host_table_find(&hosts->known, pair);

	if (!child)
		return;
	child->spi_in = spi_in;
	if (hosts_is_pinned(hosts, index))
		hosts_watch(hosts, index, now_ms);
}

/* Listens until the peer uses the newest pair. */
static void listen_for(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms)
{
	struct host_state *state = hosts->known.states[index];

	state->listen_spi = spi;
	state->look_ms = HOSTS_LISTEN_MIN_MS;
	if (hosts_is_pinned(hosts, index))
		hosts_watch(hosts, index, now_ms);
	else
		hosts_set_due(hosts, state, earlier(state->takeover_ms, now_ms + state->look_ms));
}

void hosts_on_fresh_sas(struct hosts *hosts, const struct fresh_sas *fresh, uint64_t now_ms,
                        struct host_actions *actions)
{
	bool tells = fresh->initiator && !fresh->rekeyed, pinned, held;
	struct host_state *state;
	struct host_child *child;
	size_t index;

	hosts_on_sa(hosts, &fresh->pair, fresh->spi_out, now_ms, actions);
	index = host_table_find(&hosts->known, &fresh->pair);
	child = find_child(hosts, &fresh->pair, fresh->spi_out);
	if (!child || !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	if (!child->spi_in) {
		child->spi_in = fresh->spi_in;
		child->packets_in = 0;
	}
	state = hosts->known.states[index];
	pinned = hosts_is_pinned(hosts, index);
	held = !pinned && state->asked_ms;
	if (hosts->known.hosts[index].spi != fresh->spi_out) {
		if (pinned && (fresh->rekeyed || host_newest_spi(state) != fresh->spi_out))
			return;
		if (!fresh->initiator) {
			listen_for(hosts, index, fresh->spi_out, now_ms);
			return;
		}
		hosts_take_over(hosts, index, fresh->spi_out, now_ms, actions);
	}
	/* packets that were held do so */
	if (tells && !held && hosts->known.hosts[index].spi == fresh->spi_out)
		host_actions_add(actions, HOST_ACTION_GREET, &hosts->known.hosts[index]);
	hosts_end_together(hosts, now_ms, actions);
}

/*
 * Whether the host, which is not pinned to this SA, moves to it now that the peer uses it. Without a
 * new negotiation only the end with the higher address follows the other, or both could change places
 * for ever.
 */
static bool follows(const struct hosts *hosts, size_t index, uint32_t spi)
{
	const struct host_state *state = hosts->known.states[index];

	return spi == state->listen_spi || (hosts_is_follower(hosts, index) && !state->received);
}

/* What the peer is known to use is better than the newest. */
static void follow(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                   struct host_actions *actions)
{
	hosts_take_over(hosts, index, spi, now_ms, actions);
	if (hosts->known.hosts[index].spi == spi) {
		hosts->known.states[index]->takeover_ms = HOST_TABLE_NEVER;
		hosts_watch(hosts, index, now_ms);
	}
	hosts_end_together(hosts, now_ms, actions);
}

void hosts_on_looked(struct hosts *hosts, const struct pair *pair, uint32_t spi_in,
                     uint64_t packets, uint64_t now_ms, struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;
	struct host_child *child;
	bool pinned, received;

	if (index == HOST_TABLE_NONE || !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	state = hosts->known.states[index];
	if (host_find_spi_in(state, spi_in) == state->child_count)
		return;
	child = &state->children[host_find_spi_in(state, spi_in)];
	pinned = child->spi == hosts->known.hosts[index].spi;
	received = child->packets_in == HOST_TABLE_NEVER ? pinned : packets > child->packets_in;
	child->packets_in = packets;
	if (pinned) {
		state->received = received;
		/* the peer has not left the older one */
		if (received && state->takeover_ms != HOST_TABLE_NEVER)
			state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
	} else if (received && follows(hosts, index, child->spi)) {
		follow(hosts, index, child->spi, now_ms, actions);
	}
}

/* Its packets are held from the end of the SA to this. */
static void lose_pin(struct hosts *hosts, size_t index, uint64_t now_ms,
                     struct host_actions *actions)
{
	hosts->lost_pins++;
	hosts_pin(hosts, index, host_newest_spi(hosts->known.states[index]), now_ms, actions);
}

bool hosts_is_known(const struct hosts *hosts, const struct pair *pair)
{
	return host_table_find(&hosts->known, pair) != HOST_TABLE_NONE;
}

bool hosts_is_blocked(const struct hosts *hosts, const struct pair *pair)
{
	size_t index = host_table_find(&hosts->known, pair);

	return index != HOST_TABLE_NONE && hosts->known.hosts[index].blocked;
}

bool hosts_goes_by_newest(const struct hosts *hosts, size_t index)
{
	return hosts->known.hosts[index].spi == host_newest_spi(hosts->known.states[index]);
}

uint64_t hosts_lost_pins(const struct hosts *hosts)
{
	return hosts->lost_pins;
}

void hosts_on_sa_gone(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions)
{
	struct host_state *state;
	size_t index, gone;
	uint32_t pinned;

	if (!host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, pair);
	if (index == HOST_TABLE_NONE)
		return;
	state = hosts->known.states[index];
	gone = host_find_spi(state, spi);
	if (gone == state->child_count)
		return;
	host_remove_spi(state, gone);
	pinned = hosts->known.hosts[index].spi;
	if (!state->child_count)
		hosts_end_sas(hosts, index, now_ms, actions);
	else if (pinned == spi)
		lose_pin(hosts, index, now_ms, actions);
	else if (hosts_is_pinned(hosts, index))
		hosts_watch(hosts, index, now_ms);
}

/* After its set of SAs was replaced. */
static void sync_pin(struct hosts *hosts, size_t index, uint64_t now_ms,
                     struct host_actions *actions)
{
	const struct known_host *host = &hosts->known.hosts[index];
	struct host_state *state = hosts->known.states[index];
	uint32_t newest = host_newest_spi(state);

	if (!newest) {
		if (hosts_is_pinned(hosts, index) || (known_host_waits(host) && state->takeover_ms))
			hosts_end_sas(hosts, index, now_ms, actions);
	} else if (host_find_spi(state, host->spi) < state->child_count) {
		if (host->spi != newest)
			state->takeover_ms = now_ms + HOSTS_GRACE_MS;
		hosts_watch(hosts, index, now_ms);
	} else if (!known_host_waits(host) || now_ms >= state->takeover_ms) {
		hosts_pin(hosts, index, newest, now_ms, actions);
	}
}

/* Whether it was added by the sync. */
static bool is_new(const struct host_table *known, size_t index)
{
	return known->states[index]->resend && !known->hosts[index].spi;
}

void hosts_sync(struct hosts *hosts, const struct host_sa *sas, size_t count, uint64_t now_ms,
                struct host_actions *actions)
{
	struct host_table *known = &hosts->known;

	if (!host_actions_reserve(actions, ACTIONS_PER_EVENT * (known->count + count)))
		return;
	/* First the known ones: none of them shall make room while it has an SA. */
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].pair);

		if (index != HOST_TABLE_NONE && sas[i].spi > POLICY_SPI_WAIT_MAX)
			host_list_spi(known->states[index], known->hosts[index].spi, sas[i].spi);
	}
	for (size_t i = 0; i < known->count; i++)
		host_remove_unlisted(known->states[i]);
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].pair);

		if (sas[i].spi <= POLICY_SPI_WAIT_MAX)
			continue;
		if (index == HOST_TABLE_NONE) {
			index = add_host(hosts, &sas[i].pair, now_ms, actions);
			if (index != HOST_TABLE_NONE)
				known->states[index]->resend = true;
		}
		if (index != HOST_TABLE_NONE && is_new(known, index))
			host_add_spi(known->states[index], 0, sas[i].spi);
	}
	for (size_t i = 0; i < known->count; i++)
		sync_pin(hosts, i, now_ms, actions);
}

bool hosts_on_acquire(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;

	if (!host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return true;
	if (index == HOST_TABLE_NONE && hosts->mode != HOSTS_MODE_DROP)
		index = add_host(hosts, pair, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return true;
	state = hosts->known.states[index];
	state->active_ms = now_ms;
	/* it may be the subnet policy that asks */
	state->resend |= state->stranger;
	if (!state->child_count) {
		hosts_await_sa(hosts, index, now_ms, actions);
		return true;
	}
	/* one with another SPI is older than the pin that followed */
	state->asked = state->asked || spi == hosts->known.hosts[index].spi;
	return false;
}

void hosts_on_progress(struct hosts *hosts, const struct pair *pair, enum ike_progress progress,
                       uint64_t now_ms)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;
	uint64_t due_ms;

	if (index == HOST_TABLE_NONE || !hosts_awaits_sa(hosts, index))
		return;
	state = hosts->known.states[index];
	due_ms = state->asked_ms + HOSTS_HELD_MAX_MS;
	if (progress == IKE_PROGRESS_SENT)
		due_ms = earlier(due_ms, now_ms + HOSTS_SILENT_MS);
	hosts_set_due(hosts, state, due_ms);
}

void hosts_on_failed(struct hosts *hosts, const struct pair *pair, uint64_t now_ms,
                     struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);

	if (index != HOST_TABLE_NONE && hosts_awaits_sa(hosts, index) &&
	    host_actions_reserve(actions, ACTIONS_PER_EVENT))
		hosts_block(hosts, index, now_ms, actions);
	hosts_end_together(hosts, now_ms, actions);
}

void hosts_on_probed(struct hosts *hosts, const struct pair *pair, int64_t used_s, uint64_t now_ms,
                     struct host_actions *actions)
{
	size_t index = host_table_find(&hosts->known, pair);
	struct host_state *state;

	if (index == HOST_TABLE_NONE || !hosts->known.hosts[index].blocked ||
	    !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	state = hosts->known.states[index];
	if (used_s != state->used_s) {
		state->used_s = used_s;
		state->active_ms = now_ms;
		host_actions_add(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index]);
	} else if (now_ms >= state->active_ms + HOSTS_FORGET_MS) {
		hosts_forget(hosts, index, actions);
	} else {
		host_actions_add(actions, HOST_ACTION_QUIET, &hosts->known.hosts[index]);
	}
}

static void probe(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	if (state->look_ms < HOSTS_PROBE_MAX_MS)
		state->look_ms *= 2;
	state->due_ms = now_ms + state->look_ms;
	host_actions_add(actions, HOST_ACTION_PROBE, &hosts->known.hosts[index]);
}

/* The pinned pair first, for what it received decides about the others; of those the newest, which the
 * peer has begun to use last. */
static void look(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	const struct known_host *host = &hosts->known.hosts[index];
	struct host_state *state = hosts->known.states[index];
	bool pinned = hosts_is_pinned(hosts, index);

	if (pinned)
		hosts_add_listen(hosts, index, host->spi, actions);
	for (size_t i = state->child_count; i-- > 0;) {
		uint32_t spi = state->children[i].spi;

		if (pinned ? spi != host->spi : spi == state->listen_spi)
			hosts_add_listen(hosts, index, spi, actions);
	}
	if (state->look_ms < HOSTS_LOOK_MAX_MS)
		state->look_ms = earlier(2 * state->look_ms, HOSTS_LOOK_MAX_MS);
	if (pinned)
		hosts_watch(hosts, index, now_ms);
	else
		state->due_ms = earlier(state->takeover_ms, now_ms + state->look_ms);
}

/* Whether an end of silence has to wait for charon. */
static bool has_grace(const struct hosts *hosts, uint64_t now_ms)
{
	return !hosts->charon_up && now_ms < hosts->charon_ms + HOSTS_GRACE_MS;
}

static void on_due(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];

	if (hosts->known.hosts[index].blocked)
		probe(hosts, index, now_ms, actions);
	else if (!state->child_count && has_grace(hosts, now_ms))
		state->due_ms = hosts->charon_ms + HOSTS_GRACE_MS;
	else if (!state->child_count)
		hosts_block(hosts, index, now_ms, actions);
	else if (state->ready_spi)
		state->due_ms = now_ms < hosts->together_ms ? hosts->together_ms
		                                            : now_ms + HOSTS_RETRY_MS;
	else if (now_ms >= state->takeover_ms &&
	         (!hosts_is_pinned(hosts, index) || hosts_takes_over_by_time(hosts, index)))
		hosts_take_over(hosts, index, host_newest_spi(state), now_ms, actions);
	else
		look(hosts, index, now_ms, actions);
}

void hosts_on_timer(struct hosts *hosts, uint64_t now_ms, struct host_actions *actions)
{
	size_t due = host_table_count_due(&hosts->known, now_ms);

	if (!host_actions_reserve(actions, ACTIONS_PER_TIMER * due)) {
		hosts->next_ms = now_ms + HOSTS_RETRY_MS;
		return;
	}
	for (size_t i = 0; i < hosts->known.count; i++) {
		if (hosts->known.states[i]->due_ms <= now_ms)
			on_due(hosts, i, now_ms, actions);
	}
	hosts_end_together(hosts, now_ms, actions);
	hosts->next_ms = host_table_first_due(&hosts->known);
}

uint64_t hosts_next_ms(const struct hosts *hosts)
{
	return hosts->next_ms;
}

void hosts_retain(struct hosts *hosts, bool (*keep)(void *ctx, const struct pair *pair), void *ctx)
{
	host_table_retain(&hosts->known, keep, ctx);
}

const struct known_host *hosts_list(const struct hosts *hosts, size_t *ret_count)
{
	*ret_count = hosts->known.count;
	return hosts->known.hosts;
}
