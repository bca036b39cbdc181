/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/host_table.h"

#include <stdlib.h>
#include <string.h>

static int compare_pair(const struct known_host *host, const struct addr *local,
                        const struct addr *remote)
{
	int order = addr_compare(&host->remote, remote);

	return order ? order : addr_compare(&host->local, local);
}

/* The index of the pair, or where it would be. */
static size_t lower_bound(const struct host_table *table, const struct addr *local,
                          const struct addr *remote)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_pair(&table->hosts[middle], local, remote) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t host_table_find(const struct host_table *table, const struct addr *local,
                       const struct addr *remote)
{
	size_t index = lower_bound(table, local, remote);

	if (index == table->count || compare_pair(&table->hosts[index], local, remote))
		return HOST_TABLE_NONE;
	return index;
}

static bool table_reserve_one(struct host_table *table)
{
	size_t capacity = table->capacity ? 2 * table->capacity : 16;
	struct known_host *hosts;
	struct host_state **states;

	if (table->count < table->capacity)
		return true;
	hosts = reallocarray(table->hosts, capacity, sizeof(*hosts));
	if (!hosts)
		return false;
	table->hosts = hosts;
	states = reallocarray(table->states, capacity, sizeof(struct host_state *));
	if (!states)
		return false;
	table->states = states;
	table->capacity = capacity;
	return true;
}

size_t host_table_add(struct host_table *table, const struct addr *local, const struct addr *remote,
                      uint32_t wait_spi, uint64_t now_ms)
{
	size_t index = lower_bound(table, local, remote);
	size_t behind = table->count - index;
	struct host_state *state;

	if (!table_reserve_one(table))
		return HOST_TABLE_NONE;
	state = malloc(sizeof(*state));
	if (!state)
		return HOST_TABLE_NONE;
	memmove(&table->hosts[index + 1], &table->hosts[index], behind * sizeof(*table->hosts));
	memmove(&table->states[index + 1], &table->states[index], behind * sizeof(state));
	table->hosts[index] = (struct known_host){.local = *local, .remote = *remote};
	table->states[index] = state;
	*state = (struct host_state){
		.active_ms = now_ms,
		.due_ms = HOST_TABLE_NEVER,
		.look_ms = HOSTS_LOOK_MAX_MS,
		.wait_spi = wait_spi,
		.stranger = true,
	};
	table->count++;
	return index;
}

void host_table_remove(struct host_table *table, size_t index)
{
	size_t behind = --table->count - index;

	free(table->states[index]);
	memmove(&table->hosts[index], &table->hosts[index + 1], behind * sizeof(*table->hosts));
	memmove(&table->states[index], &table->states[index + 1],
	        behind * sizeof(struct host_state *));
}

void host_table_fini(struct host_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->states[i]);
	free(table->hosts);
	free(table->states);
	*table = (struct host_table){0};
}

/* Into those that are oldest so far, the oldest first. */
static void keep_oldest(const struct host_table *table, size_t *oldest, size_t max, size_t *count,
                        size_t index)
{
	uint64_t active_ms = table->states[index]->active_ms;
	size_t place = *count;

	while (place > 0 && table->states[oldest[place - 1]]->active_ms > active_ms)
		place--;
	if (place == max)
		return;
	if (*count < max)
		++*count;
	memmove(&oldest[place + 1], &oldest[place], (*count - place - 1) * sizeof(*oldest));
	oldest[place] = index;
}

static int compare_from_behind(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

size_t host_table_find_silent(const struct host_table *table, size_t *oldest, size_t max,
                              size_t *ret_count)
{
	size_t without_sa = 0;

	*ret_count = 0;
	for (size_t i = 0; i < table->count; i++) {
		if (table->states[i]->pair_count)
			continue;
		without_sa++;
		keep_oldest(table, oldest, max, ret_count, i);
	}
	qsort(oldest, *ret_count, sizeof(*oldest), compare_from_behind);
	return without_sa;
}

size_t host_table_count_due(const struct host_table *table, uint64_t now_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		count += table->states[i]->due_ms <= now_ms;
	return count;
}

size_t host_find_spi(const struct host_state *state, uint32_t spi)
{
	size_t i = 0;

	while (i < state->pair_count && state->pairs[i].spi != spi)
		i++;
	return i;
}

size_t host_find_spi_in(const struct host_state *state, uint32_t spi_in)
{
	size_t i = 0;

	while (i < state->pair_count && (!spi_in || state->pairs[i].spi_in != spi_in))
		i++;
	return i;
}

void host_remove_spi(struct host_state *state, size_t index)
{
	state->pair_count--;
	memmove(&state->pairs[index], &state->pairs[index + 1],
	        (state->pair_count - index) * sizeof(*state->pairs));
}

static void append(struct host_state *state, uint32_t pinned, const struct sa_pair *pair)
{
	if (state->pair_count == HOSTS_PAIRS_MAX)
		host_remove_spi(state, state->pairs[0].spi == pinned ? 1 : 0);
	state->pairs[state->pair_count++] = *pair;
}

bool host_add_spi(struct host_state *state, uint32_t pinned, uint32_t spi)
{
	const struct sa_pair pair = {.spi = spi, .packets_in = HOST_TABLE_NEVER};

	if (host_find_spi(state, spi) < state->pair_count)
		return false;
	append(state, pinned, &pair);
	return true;
}

void host_list_spi(struct host_state *state, uint32_t pinned, uint32_t spi)
{
	struct sa_pair pair = {.spi = spi, .packets_in = HOST_TABLE_NEVER};
	size_t index = host_find_spi(state, spi);

	if (index < state->pair_count) {
		pair = state->pairs[index];
		host_remove_spi(state, index);
	}
	pair.listed = true;
	append(state, pinned, &pair);
}

void host_remove_unlisted(struct host_state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->pair_count; i++) {
		if (!state->pairs[i].listed)
			continue;
		state->pairs[kept] = state->pairs[i];
		state->pairs[kept++].listed = false;
	}
	state->pair_count = kept;
}

uint32_t host_newest_spi(const struct host_state *state)
{
	return state->pair_count ? state->pairs[state->pair_count - 1].spi : 0;
}

uint64_t host_table_first_due(const struct host_table *table)
{
	uint64_t first = HOST_TABLE_NEVER;

	for (size_t i = 0; i < table->count; i++) {
		if (table->states[i]->due_ms < first)
			first = table->states[i]->due_ms;
	}
	return first;
}

void host_table_retain(struct host_table *table,
                       bool (*keep)(void *ctx, const struct addr *local, const struct addr *remote),
                       void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (!keep(ctx, &table->hosts[i].local, &table->hosts[i].remote)) {
			free(table->states[i]);
			continue;
		}
		table->hosts[kept] = table->hosts[i];
		table->states[kept] = table->states[i];
		kept++;
	}
	table->count = kept;
}
