/* SPDX-License-Identifier: MIT */
/* The kernel's SAs: which of them a host goes by. */
#include "hosts_state.h"

void hosts_on_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                 struct host_actions *actions)
{
	struct host_state *state;
	size_t index;

	if (spi <= SPI_RESERVED_MAX || !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, pair);
	if (index == HOST_TABLE_NONE)
		index = hosts_add(hosts, pair, now_ms, actions);
	if (index == HOST_TABLE_NONE)
		return;
	state = hosts->known.states[index];
	if (!host_add_spi(state, hosts->known.hosts[index].spi, spi))
		return;
	if (state->phase == HOST_PHASE_PINNED) {
		state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
		state->look_ms = HOSTS_LOOK_MAX_MS;
		hosts_watch(hosts, index, now_ms);
	} else if (hosts->mode == HOSTS_MODE_DROP) {
		hosts_pin(hosts, index, spi, "an SA", now_ms, actions);
	} else if (state->phase != HOST_PHASE_READY) {
		/* it is to be known first that the peer has it, too */
		hosts_move(hosts, index, HOST_PHASE_AWAITS_PEER, 0, "an SA", now_ms, actions);
	}
}

/* NULL: not known. */
static struct host_child *find_child(struct hosts *hosts, const struct pair *pair, uint32_t spi)
{
	size_t index = host_table_find(&hosts->known, pair);

	return index == HOST_TABLE_NONE ? NULL : host_find_child(hosts->known.states[index], spi);
}

void hosts_on_inbound_sa(struct hosts *hosts, const struct pair *pair, uint32_t spi,
                         uint32_t spi_in, uint64_t now_ms)
{
	struct host_child *child = find_child(hosts, pair, spi);

	if (!child)
		return;
	child->spi_in = spi_in;
	if (hosts_phase(hosts, pair) == HOST_PHASE_PINNED)
		hosts_watch(hosts, host_table_find(&hosts->known, pair), now_ms);
}

/* Listens until the peer uses the SA. */
static void listen_for(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms)
{
	struct host_state *state = hosts->known.states[index];

	state->listen_spi = spi;
	state->look_ms = HOSTS_LISTEN_MIN_MS;
	if (state->phase == HOST_PHASE_PINNED)
		hosts_watch(hosts, index, now_ms);
	else if (state->phase == HOST_PHASE_AWAITS_PEER)
		hosts_set_due(hosts, state,
		              clock_earlier(state->takeover_ms, now_ms + state->look_ms));
}

void hosts_on_fresh_sas(struct hosts *hosts, const struct fresh_sas *fresh, uint64_t now_ms,
                        struct host_actions *actions)
{
	bool tells = fresh->initiator && !fresh->rekeyed, pinned;
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
	pinned = state->phase == HOST_PHASE_PINNED;
	/* packets that were held tell the peer by themselves */
	tells = tells && !state->held_ms;
	if (hosts->known.hosts[index].spi != fresh->spi_out) {
		if (pinned && (fresh->rekeyed || host_newest_spi(state) != fresh->spi_out))
			return;
		if (!fresh->initiator) {
			listen_for(hosts, index, fresh->spi_out, now_ms);
			return;
		}
		hosts_take_over(hosts, index, fresh->spi_out, "the peer has the SA", now_ms,
		                actions);
	}
	if (tells && hosts->known.hosts[index].spi == fresh->spi_out)
		host_actions_add(actions, HOST_ACTION_GREET, &hosts->known.hosts[index], 0);
	hosts_end_together(hosts, now_ms, actions);
}

/* LISTEN, if the inbound SA is known. */
static void add_listen(struct hosts *hosts, size_t index, const struct host_child *child,
                       struct host_actions *actions)
{
	if (child->spi_in)
		host_actions_add(actions, HOST_ACTION_LISTEN, &hosts->known.hosts[index],
		                 child->spi_in);
}

/* The pinned SA first, for what its inbound one received decides about the others; of those the
 * newest, which the peer has begun to use last. */
void hosts_look(struct hosts *hosts, size_t index, uint64_t now_ms, struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool pinned = state->phase == HOST_PHASE_PINNED;
	uint32_t first = hosts->known.hosts[index].spi;

	if (pinned)
		add_listen(hosts, index, host_find_child(state, first), actions);
	for (size_t i = state->child_count; i-- > 0;) {
		const struct host_child *child = &state->children[i];

		if (pinned ? child->spi != first : child->spi == state->listen_spi)
			add_listen(hosts, index, child, actions);
	}
	state->look_ms = clock_earlier(2 * state->look_ms,
	                               pinned ? HOSTS_LOOK_MAX_MS : HOSTS_AWAIT_MAX_MS);
	if (pinned)
		hosts_watch(hosts, index, now_ms);
	else
		state->due_ms = clock_earlier(state->takeover_ms, now_ms + state->look_ms);
}

/*
 * Whether the host, which is not pinned to this SA, moves to it now that the peer uses it. Without
 * a new negotiation only the end with the higher address follows the other, or both could change
 * places for ever.
 */
static bool follows(const struct hosts *hosts, size_t index, uint32_t spi)
{
	const struct host_state *state = hosts->known.states[index];

	return spi == state->listen_spi ||
	       (hosts_is_follower(hosts, index) && !state->pinned_receives);
}

/* What the peer is known to use is better than the newest. */
static void follow(struct hosts *hosts, size_t index, uint32_t spi, uint64_t now_ms,
                   struct host_actions *actions)
{
	hosts_take_over(hosts, index, spi, "the peer uses the SA", now_ms, actions);
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
	child = host_find_inbound(state, spi_in);
	if (!child)
		return;
	pinned = child->spi == hosts->known.hosts[index].spi;
	received = child->packets_in == HOST_TABLE_NEVER ? pinned : packets > child->packets_in;
	child->packets_in = packets;
	if (pinned) {
		state->pinned_receives = received;
		/* the peer has not left the older one */
		if (received && state->takeover_ms != HOST_TABLE_NEVER)
			state->takeover_ms = now_ms + HOSTS_SETTLE_MS;
	} else if (received && follows(hosts, index, child->spi)) {
		follow(hosts, index, child->spi, now_ms, actions);
	}
}

static void end_sas(struct hosts *hosts, size_t index, uint64_t now_ms,
                    struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	bool asked = state->acquired_while_up;

	state->active_ms = now_ms;
	hosts_move(hosts, index,
	           asked && hosts->mode == HOSTS_MODE_HOLD ? HOST_PHASE_ACQUIRING : HOST_PHASE_IDLE,
	           0, "the last SA is gone", now_ms, actions);
	if (asked)
		host_actions_add(actions, HOST_ACTION_NEGOTIATE, &hosts->known.hosts[index], 0);
}

void hosts_on_sa_gone(struct hosts *hosts, const struct pair *pair, uint32_t spi, uint64_t now_ms,
                      struct host_actions *actions)
{
	struct host_child *gone = find_child(hosts, pair, spi);
	struct host_state *state;
	size_t index;

	if (!gone || !host_actions_reserve(actions, ACTIONS_PER_EVENT))
		return;
	index = host_table_find(&hosts->known, pair);
	state = hosts->known.states[index];
	host_remove_child(state, gone);
	if (!state->child_count) {
		end_sas(hosts, index, now_ms, actions);
	} else if (hosts->known.hosts[index].spi == spi) {
		/* packets are held from the end of the SA to this */
		hosts->lost_pins++;
		hosts_pin(hosts, index, host_newest_spi(state), "the pinned SA is gone", now_ms,
		          actions);
	} else if (state->phase == HOST_PHASE_PINNED) {
		hosts_watch(hosts, index, now_ms);
	}
}

/* After its set of SAs was replaced. */
static void sync_pin(struct hosts *hosts, size_t index, uint64_t now_ms,
                     struct host_actions *actions)
{
	struct host_state *state = hosts->known.states[index];
	uint32_t pinned = hosts->known.hosts[index].spi, newest = host_newest_spi(state);
	bool awaits = state->phase == HOST_PHASE_AWAITS_PEER || state->phase == HOST_PHASE_READY;

	if (!newest) {
		if (awaits || state->phase == HOST_PHASE_PINNED)
			end_sas(hosts, index, now_ms, actions);
	} else if (host_find_child(state, pinned)) {
		if (pinned != newest)
			state->takeover_ms = now_ms + HOSTS_GRACE_MS;
		hosts_watch(hosts, index, now_ms);
	} else if (!awaits || now_ms >= state->takeover_ms) {
		hosts_pin(hosts, index, newest, "the kernel's list of SAs", now_ms, actions);
	}
}

/* The SAs of known hosts as they are listed. */
static void list_known(struct host_table *known, const struct host_sa *sas, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t index = host_table_find(known, &sas[i].pair);

		if (index != HOST_TABLE_NONE && sas[i].spi > SPI_RESERVED_MAX)
			host_list_spi(known->states[index], known->hosts[index].spi, sas[i].spi);
	}
	for (size_t i = 0; i < known->count; i++)
		host_remove_unlisted(known->states[i]);
}

static void list_new(struct hosts *hosts, const struct host_sa *sa, uint64_t now_ms,
                     struct host_actions *actions)
{
	struct host_table *known = &hosts->known;
	size_t index = host_table_find(known, &sa->pair);

	if (sa->spi <= SPI_RESERVED_MAX)
		return;
	if (index == HOST_TABLE_NONE) {
		index = hosts_add(hosts, &sa->pair, now_ms, actions);
		if (index == HOST_TABLE_NONE)
			return;
		known->states[index]->queued_at_subnet = true;
	}
	if (known->states[index]->phase == HOST_PHASE_NONE)
		host_add_spi(known->states[index], 0, sa->spi);
}

void hosts_sync(struct hosts *hosts, const struct host_sa *sas, size_t count, uint64_t now_ms,
                struct host_actions *actions)
{
	if (!host_actions_reserve(actions, ACTIONS_PER_EVENT * (hosts->known.count + count)))
		return;
	/* first the known ones: none of them shall make room while it has an SA */
	list_known(&hosts->known, sas, count);
	for (size_t i = 0; i < count; i++)
		list_new(hosts, &sas[i], now_ms, actions);
	for (size_t i = 0; i < hosts->known.count; i++)
		sync_pin(hosts, i, now_ms, actions);
}
