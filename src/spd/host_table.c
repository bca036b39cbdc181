/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/host_table.h"

#include <stdlib.h>
#include <string.h>

/* The index of the pair, or where it would be. */
static size_t lower_bound(const struct host_table *table, const struct pair *pair)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pair_compare(&table->hosts[middle].pair, pair) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t host_table_find(const struct host_table *table, const struct pair *pair)
{
	size_t index = lower_bound(table, pair);

	if (index == table->count || pair_compare(&table->hosts[index].pair, pair))
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

size_t host_table_add(struct host_table *table, const struct pair *pair, uint64_t now_ms)
{
	size_t index = lower_bound(table, pair);
	size_t behind = table->count - index;
	struct host_state *state;

	if (!table_reserve_one(table))
		return HOST_TABLE_NONE;
	state = malloc(sizeof(*state));
	if (!state)
		return HOST_TABLE_NONE;
	memmove(&table->hosts[index + 1], &table->hosts[index], behind * sizeof(*table->hosts));
	memmove(&table->states[index + 1], &table->states[index], behind * sizeof(state));
	table->hosts[index] = (struct known_host){.pair = *pair};
	table->states[index] = state;
	*state = (struct host_state){
		.active_ms = now_ms,
		.due_ms = HOST_TABLE_NEVER,
		.look_ms = HOSTS_LOOK_MAX_MS,
		.first_contact = true,
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
		if (table->states[i]->child_count)
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

struct host_child *host_find_child(struct host_state *state, uint32_t spi)
{
	for (size_t i = 0; i < state->child_count; i++) {
		if (state->children[i].spi == spi)
			return &state->children[i];
	}
	return NULL;
}

struct host_child *host_find_inbound(struct host_state *state, uint32_t spi_in)
{
	for (size_t i = 0; spi_in && i < state->child_count; i++) {
		if (state->children[i].spi_in == spi_in)
			return &state->children[i];
	}
	return NULL;
}

void host_remove_child(struct host_state *state, struct host_child *child)
{
	size_t index = (size_t)(child - state->children);

	state->child_count--;
	memmove(child, child + 1, (state->child_count - index) * sizeof(*child));
}

static void append(struct host_state *state, uint32_t pinned, const struct host_child *child)
{
	if (state->child_count == HOSTS_CHILDREN_MAX)
		host_remove_child(state, &state->children[state->children[0].spi == pinned]);
	state->children[state->child_count++] = *child;
}

bool host_add_spi(struct host_state *state, uint32_t pinned, uint32_t spi)
{
	const struct host_child child = {.spi = spi, .packets_in = HOST_TABLE_NEVER};

	if (host_find_child(state, spi))
		return false;
	append(state, pinned, &child);
	return true;
}

void host_list_spi(struct host_state *state, uint32_t pinned, uint32_t spi)
{
	struct host_child child = {.spi = spi, .packets_in = HOST_TABLE_NEVER};
	struct host_child *found = host_find_child(state, spi);

	if (found) {
		child = *found;
		host_remove_child(state, found);
	}
	child.listed = true;
	append(state, pinned, &child);
}

void host_remove_unlisted(struct host_state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->child_count; i++) {
		if (!state->children[i].listed)
			continue;
		state->children[kept] = state->children[i];
		state->children[kept++].listed = false;
	}
	state->child_count = kept;
}

uint32_t host_newest_spi(const struct host_state *state)
{
	return state->child_count ? state->children[state->child_count - 1].spi : 0;
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

void host_table_remove_none(struct host_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (table->states[i]->phase == HOST_PHASE_NONE) {
			free(table->states[i]);
			continue;
		}
		table->hosts[kept] = table->hosts[i];
		table->states[kept] = table->states[i];
		kept++;
	}
	table->count = kept;
}
