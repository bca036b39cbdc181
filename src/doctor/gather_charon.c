/* SPDX-License-Identifier: MIT */
/* Which plug-ins the running charon has loaded, asked over VICI beside the daemon. */
#include "xfrmd/doctor/doctor_gather.h"

#include <errno.h>
#include <string.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/run_dir.h"
#include "xfrmd/charon/vici_conn.h"

#define ANSWER_MS 3000

struct question {
	struct loop *loop;
	struct doctor_facts *facts;
	int error;
};

static void cleanup_loop(struct loop **loop)
{
	loop_free(*loop);
}

static int read_plugins(const void *message, size_t len, struct strlist *plugins)
{
	struct vici_reader reader;
	struct vici_elem elem;
	bool inside = false;
	int error;

	vici_reader_init(&reader, message, len);
	while (!(error = vici_next(&reader, &elem)) && elem.type != VICI_ELEM_END) {
		if (elem.type == VICI_ELEM_LIST_START)
			inside = strcmp(elem.name, "plugins") == 0;
		if (!inside || elem.type != VICI_ELEM_LIST_ITEM)
			continue;
		error = strlist_add_len(plugins, (const char *)elem.value, elem.value_len);
		if (error)
			break;
	}
	return error;
}

static void on_stats(void *ctx, int error, const void *message, size_t len)
{
	struct question *question = ctx;

	if (!error)
		error = read_plugins(message, len, &question->facts->plugins);
	question->facts->plugins_known = !error;
	question->error = error;
	loop_stop(question->loop);
}

static void on_event(void *ctx, const char *name, const void *message, size_t len)
{
	(void)ctx;
	(void)name;
	(void)message;
	(void)len;
}

static void on_closed(void *ctx, int error)
{
	struct question *question = ctx;

	(void)error;
	loop_stop(question->loop);
}

static void on_timeout(void *ctx)
{
	struct question *question = ctx;

	loop_stop(question->loop);
}

int doctor_gather_plugins(struct doctor_facts *facts)
{
	static const struct vici_callbacks callbacks = {.event = on_event, .closed = on_closed};
	_cleanup_(cleanup_loop) struct loop *loop = NULL;
	_cleanup_(cleanup_free) char *path = run_dir_file(facts->run_dir, "charon.vici");
	struct question question = {.facts = facts};
	struct loop_timer *timer = NULL;
	struct vici_conn *conn = NULL;
	int error;

	if (!path)
		return -ENOMEM;
	error = loop_new(&loop);
	question.loop = loop;
	if (!error)
		error = loop_timer_new(loop, on_timeout, &question, &timer);
	if (!error)
		error = vici_conn_open(loop, path, 0, &callbacks, &question, &conn);
	if (!error)
		error = vici_conn_request(conn, "stats", NULL, on_stats, &question);
	if (!error) {
		loop_timer_start(timer, ANSWER_MS);
		loop_run(loop);
		error = question.error;
	}
	vici_conn_close(conn);
	loop_timer_free(timer);
	return error == -ENOMEM ? error : 0;
}
