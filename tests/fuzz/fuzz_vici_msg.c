/* SPDX-License-Identifier: MIT */
/* Messages from charon: the iterator, the look-up, and every event decoder on top of them. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/charon/swan_alert.h"
#include "xfrmd/charon/swan_algorithms.h"
#include "xfrmd/charon/swan_event.h"
#include "xfrmd/charon/vici_msg.h"

static void walk(const uint8_t *data, size_t size)
{
	struct vici_reader reader;
	struct vici_elem elem;
	char text[300];

	vici_reader_init(&reader, data, size);
	while (!vici_next(&reader, &elem) && elem.type != VICI_ELEM_END) {
		if (elem.depth > VICI_DEPTH_MAX || strlen(elem.name) > VICI_NAME_MAX)
			abort();
		vici_elem_text(&elem, text, sizeof(text));
	}
}

static void find(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {
		"up", "*/uniqueid", "*/child-sas/*/old/uniqueid", "section1/sub-section/key2", "",
		"*",  "//"};
	char text[64];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		vici_find_text(data, size, paths[i], text, sizeof(text));
	vici_reply_status(data, size, text, sizeof(text));
}

/* What charon 6 tells beyond those before it; and certificates. */
static void decode_further(const uint8_t *data, size_t size)
{
	struct swan_algorithms algorithms;
	struct swan_alert alert;
	const void *der;
	size_t len;

	if (!swan_event_alert(data, size, &alert) &&
	    (!alert.ike_id || !memchr(alert.ike_name, '\0', sizeof(alert.ike_name))))
		abort();
	if (!swan_algorithms_read(data, size, &algorithms) && !algorithms.known)
		abort();
	if (!swan_event_cert(data, size, &der, &len) && len &&
	    ((const uint8_t *)der < data || (const uint8_t *)der + len > data + size))
		abort();
}

static void decode(const uint8_t *data, size_t size)
{
	struct swan_child_rekey rekey;
	uint32_t old_id, new_id;
	struct swan_ike ike;
	bool up;

	if (!swan_event_sa(data, size, &up, &ike) && ike.child_count > SWAN_CHILDREN_MAX)
		abort();
	swan_event_child_rekey(data, size, &rekey);
	swan_event_ike_rekey(data, size, &old_id, &new_id);
	decode_further(data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk(data, size);
	find(data, size);
	decode(data, size);
	return 0;
}
