/* SPDX-License-Identifier: MIT */
#include "xfrmd/ike/peer_table.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/array.h"

/*
 * A sorted array of pointers: entries keep their place in memory, a pair is found by binary search,
 * a child by looking at all (10,000 peers take some 20 microseconds).
 */

/* The index of the pair, or where it would be. */
static size_t lower_bound(const struct peer_table *table, const struct pair *pair)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pair_compare(&table->items[middle]->pair, pair) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void peer_table_fini(struct peer_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->items[i]);
	free(table->items);
	*table = (struct peer_table){0};
}

struct peer *peer_table_find(const struct peer_table *table, const struct pair *pair)
{
	size_t index = lower_bound(table, pair);

	if (index == table->count || !pair_equal(&table->items[index]->pair, pair))
		return NULL;
	return table->items[index];
}

struct peer *peer_table_add(struct peer_table *table, const struct pair *pair)
{
	size_t index = lower_bound(table, pair);
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer || array_grow(&table->items, table->count, sizeof(*table->items)) < 0) {
		free(peer);
		return NULL;
	}
	peer->pair = *pair;
	memmove(&table->items[index + 1], &table->items[index],
	        (table->count - index) * sizeof(*table->items));
	table->items[index] = peer;
	table->count++;
	return peer;
}

size_t peer_find_child(const struct peer *peer, uint32_t ike_id, uint32_t child_id)
{
	size_t i = 0;

	while (i < peer->child_count &&
	       (peer->children[i].ike_id != ike_id || peer->children[i].child_id != child_id))
		i++;
	return i;
}

void peer_add_child(struct peer *peer, const struct peer_child *child)
{
	size_t index;

	if (peer->child_count == PEERS_CHILDREN_MAX)
		peer_remove_child(peer, 0);
	index = peer->child_count++;
	for (; index > 0 && peer->children[index - 1].since_ms > child->since_ms; index--)
		peer->children[index] = peer->children[index - 1];
	peer->children[index] = *child;
	if (child->ike_id > peer->last_ike_id)
		peer->last_ike_id = child->ike_id;
}

void peer_remove_child(struct peer *peer, size_t index)
{
	peer->child_count--;
	memmove(&peer->children[index], &peer->children[index + 1],
	        (peer->child_count - index) * sizeof(*peer->children));
}

bool peer_remove_children(struct peer *peer, uint32_t ike_id)
{
	size_t before = peer->child_count;

	for (size_t i = before; i-- > 0;) {
		if (peer->children[i].ike_id == ike_id)
			peer_remove_child(peer, i);
	}
	return peer->child_count < before;
}

struct peer *peer_table_find_child(const struct peer_table *table, uint32_t ike_id,
                                   uint32_t child_id, size_t *ret_index)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t index = peer_find_child(table->items[i], ike_id, child_id);

		if (index == table->items[i]->child_count)
			continue;
		*ret_index = index;
		return table->items[i];
	}
	return NULL;
}
