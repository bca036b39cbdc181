/* SPDX-License-Identifier: MIT */
/*
 * Readiness for required, judged by what xfrmd says of its peers. While optional = true the kernel
 * sends in clear what has no SA and asks for one again every xfrm_acq_expires seconds: so a peer
 * that was asked for and is not up is talked to in clear.
 */
#include "xfrmd/ctl/readiness.h"

#include <stdlib.h>
#include <string.h>

#include "json_writer.h"

bool readiness_in_clear(const struct ctl_peer *peer)
{
	return strcmp(peer->state, "up") != 0 && (peer->last_acquire || peer->last_failure);
}

void readiness_keep(struct ctl_peers *peers)
{
	size_t kept = 0;

	for (size_t i = 0; i < peers->count; i++) {
		if (readiness_in_clear(&peers->items[i]))
			peers->items[kept++] = peers->items[i];
		else
			free(peers->items[i].sas);
	}
	peers->count = kept;
}

char *readiness_json(bool optional, const struct ctl_peers *peers)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < peers->count; i++) {
		const struct ctl_peer *peer = &peers->items[i];
		json_t *object = json_object();
		char words[FAILURE_WORDS_MAX];

		writer_put(&object, "address", writer_addr(&peer->pair.remote));
		writer_put(&object, "local", writer_addr(&peer->pair.local));
		writer_put(&object, "last_seen", writer_number_or_null(peer->last_acquire));
		writer_put(&object, "last_failure", writer_number_or_null(peer->last_failure));
		writer_put(&object, "last_error",
		           writer_text_or_null(failure_words(&peer->last_error, words)));
		writer_append(&list, object);
	}
	writer_put(&root, "mode", json_string(optional ? "optional" : "required"));
	writer_put(&root, "ready", json_boolean(!optional || !peers->count));
	writer_put(&root, "peers", list);
	return writer_dump(root);
}
