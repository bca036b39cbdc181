/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_PEER_TABLE_H
#define XFRMD_IKE_PEER_TABLE_H

#include "xfrmd/ike/peers.h"

/*
 * The peers as data: entries in order of pair_compare() and the children of each, without any rule. For
 * peers.c alone. Zero-initialise; peer_table_fini() frees the entries.
 */
struct peer_table {
	struct peer **items;
	size_t count;
};

void peer_table_fini(struct peer_table *table);
/* NULL: none. */
struct peer *peer_table_find(const struct peer_table *table, const struct pair *pair);
/* Adds a zeroed entry for a pair that has none. NULL: out of memory. */
struct peer *peer_table_add(struct peer_table *table, const struct pair *pair);

/* The index of the child, or child_count. */
size_t peer_find_child(const struct peer *peer, uint32_t ike_id, uint32_t child_id);
/* In order of age; of more than PEERS_CHILDREN_MAX the oldest goes. */
void peer_add_child(struct peer *peer, const struct peer_child *child);
void peer_remove_child(struct peer *peer, size_t index);
/* All children of one IKE_SA; whether there were any. */
bool peer_remove_children(struct peer *peer, uint32_t ike_id);
/* The peer that has the child, and the child's index; NULL: none. */
struct peer *peer_table_find_child(const struct peer_table *table, uint32_t ike_id,
                                   uint32_t child_id, size_t *ret_index);

#endif
