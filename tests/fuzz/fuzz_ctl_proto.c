/* SPDX-License-Identifier: MIT */
/* Every input is read as each of the documents; what was accepted must survive a round trip. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/ctl/ctl_event.h"
#include "xfrmd/ctl/ctl_metrics.h"
#include "xfrmd/ctl/ctl_proto.h"

/* Takes ownership of both. */
static void expect_equal(char *first, char *second)
{
	if (first && second && strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
}

static void read_request(const char *text, size_t size)
{
	struct ctl_ask ask, again;
	struct err err;
	char *back;

	if (ctl_proto_parse_request(text, size, &ask, &err) < 0)
		return;
	back = ctl_proto_request(&ask);
	if (back && (ctl_proto_parse_request(back, strlen(back), &again, &err) < 0 ||
	             again.command != ask.command || again.unless != ask.unless ||
	             !addr_equal(&again.address, &ask.address)))
		abort();
	free(back);
}

static void read_status(const char *text, size_t size)
{
	struct ctl_status status, again;
	struct err err;
	char *back;

	if (ctl_proto_parse_status(text, size, &status, &err) < 0)
		return;
	back = ctl_proto_status(&status);
	if (back && ctl_proto_parse_status(back, strlen(back), &again, &err) < 0)
		abort();
	if (back) {
		expect_equal(back, ctl_proto_status(&again));
		ctl_status_fini(&again);
	}
	ctl_status_fini(&status);
}

static void read_peers(const char *text, size_t size)
{
	struct ctl_peers peers, again;
	struct err err;
	char *back;

	if (ctl_proto_parse_peers(text, size, &peers, &err) < 0)
		return;
	back = ctl_proto_peers(&peers);
	if (back && ctl_proto_parse_peers(back, strlen(back), &again, &err) < 0)
		abort();
	if (back) {
		expect_equal(back, ctl_proto_peers(&again));
		ctl_peers_fini(&again);
	}
	ctl_peers_fini(&peers);
}

static void read_desired(const char *text, size_t size)
{
	struct policy_list list, again;
	struct err err;
	char *back;

	if (ctl_proto_parse_desired(text, size, &list, &err) < 0)
		return;
	back = ctl_proto_desired(&list);
	if (back && ctl_proto_parse_desired(back, strlen(back), &again, &err) < 0)
		abort();
	if (back) {
		expect_equal(back, ctl_proto_desired(&again));
		policy_list_fini(&again);
	}
	policy_list_fini(&list);
}

static void read_result(const char *text, size_t size)
{
	struct strlist changes, errors;
	struct err err;
	bool ok;

	if (ctl_proto_parse_result(text, size, &ok, &changes, &errors, &err) < 0)
		return;
	strlist_fini(&changes);
	strlist_fini(&errors);
}

static void read_metrics(const char *text, size_t size)
{
	struct metrics metrics, again;
	struct buf shown = {0};
	struct err err;
	char *back;

	if (ctl_metrics_parse(text, size, &metrics, &err) < 0)
		return;
	metrics_text(&metrics, &shown);
	buf_fini(&shown);
	back = ctl_metrics_write(&metrics);
	if (back && ctl_metrics_parse(back, strlen(back), &again, &err) < 0)
		abort();
	if (back) {
		expect_equal(back, ctl_metrics_write(&again));
		metrics_fini(&again);
	}
	metrics_fini(&metrics);
}

static void read_event(const char *text, size_t size)
{
	struct ctl_event event, again;
	struct err err;
	char *back;

	if (ctl_event_parse(text, size, &event, &err) < 0)
		return;
	back = ctl_event_write(&event);
	if (back && ctl_event_parse(back, strlen(back), &again, &err) < 0)
		abort();
	if (back)
		ctl_event_fini(&again);
	free(back);
	ctl_event_fini(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	read_request(text, size);
	read_status(text, size);
	read_peers(text, size);
	read_desired(text, size);
	read_result(text, size);
	read_metrics(text, size);
	read_event(text, size);
	return 0;
}
