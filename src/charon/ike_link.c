/* SPDX-License-Identifier: MIT */
/* The VICI connection and what keeps it alive. */
#include "xfrmd/charon/ike_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/log.h"
#include "xfrmd/base/str.h"
#include "xfrmd/charon/loader.h"
#include "xfrmd/charon/vici_msg.h"

struct ike_link {
	struct loop *loop;
	char *vici_path;
	pid_t charon;
	const struct conf *conf;
	const struct pki_bundle *bundle;
	const struct ike_link_callbacks *callbacks;
	void *ctx;

	struct vici_conn *conn;
	struct loader *loader;
	struct loop_timer *reconnect_timer;
	struct loop_timer *heartbeat_timer;
	bool heartbeat_open; /* asked and not answered */
	bool at_work;        /* heard of at work since it was looked for last */
	unsigned late;       /* looks that found no answer, but work */
	bool renewing;       /* the connection ends when the reconnect timer fires */
};

/* One that charon does not know is not missed: `alert` is of 6.0.3, before that its log alone tells. Of
 * `log`, which would make charon work as much as all the others, the FIFO has the lines. */
static const char *const event_names[] = {"ike-updown", "child-updown", "child-rekey", "ike-rekey",
                                          "list-sa",    "list-cert",    "alert"};

static bool keeps_conn(void *ctx, const char *name)
{
	struct ike_link *link = ctx;

	return link->callbacks->keeps_conn(link->ctx, name);
}

static void on_loaded(void *ctx)
{
	struct ike_link *link = ctx;

	link->callbacks->loaded(link->ctx);
}

static void on_settings_read(void *ctx)
{
	struct ike_link *link = ctx;

	link->callbacks->settings_read(link->ctx);
}

static void on_incomplete(void *ctx)
{
	ike_link_renew_soon(ctx);
}

static void on_event(void *ctx, const char *name, const void *message, size_t len)
{
	struct ike_link *link = ctx;

	link->at_work |= strcmp(name, "alert") != 0;
	link->callbacks->event(link->ctx, name, message, len);
}

static void on_closed(void *ctx, int error)
{
	struct ike_link *link = ctx;

	log_warning("charon: VICI connection ended: %s", strerror(-error));
	ike_link_renew(link);
}

static void on_reconnect(void *ctx)
{
	struct ike_link *link = ctx;

	/* one that died does not listen; its successor is announced by ike_link_connect() */
	if (!link->conn || link->renewing)
		ike_link_connect(link, link->charon, link->conf, link->bundle);
}

static void on_heartbeat_reply(void *ctx, int error, const void *message, size_t len)
{
	struct ike_link *link = ctx;
	uint64_t half_open;
	char text[16];

	if (error || vici_find_text(message, len, "ikesas/half-open", text, sizeof(text)) < 0 ||
	    str_parse_u64(text, 0, UINT32_MAX, &half_open) < 0)
		half_open = 0;
	link->callbacks->half_open(link->ctx, (size_t)half_open);
	link->heartbeat_open = false;
	link->late = 0;
}

static void on_heartbeat(void *ctx)
{
	struct ike_link *link = ctx;
	struct buf message = {0};

	if (link->heartbeat_open && (!link->at_work || link->late >= IKE_LINK_LATE_MAX)) {
		link->callbacks->stuck(link->ctx);
		return;
	}
	link->at_work = false;
	if (link->heartbeat_open) {
		link->late++;
		loop_timer_start(link->heartbeat_timer, IKE_LINK_HEARTBEAT_MS);
		return;
	}
	/* what was not asked is not awaited: that we lack memory makes no charon stuck */
	link->heartbeat_open = ike_link_request(link, "stats", &message, on_heartbeat_reply,
	                                        link) == 0;
	loop_timer_start(link->heartbeat_timer, IKE_LINK_HEARTBEAT_MS);
}

static void close_connection(struct ike_link *link)
{
	vici_conn_close(link->conn);
	link->conn = NULL;
	link->heartbeat_open = false;
	link->late = 0;
	link->renewing = false;
	loop_timer_stop(link->heartbeat_timer);
	loader_forget(link->loader);
}

static int open_connection(struct ike_link *link)
{
	static const struct vici_callbacks callbacks = {.event = on_event, .closed = on_closed};
	int error = vici_conn_open(link->loop, link->vici_path, link->charon, &callbacks, link,
	                           &link->conn);

	if (error)
		return error;
	for (size_t i = 0; !error && i < sizeof(event_names) / sizeof(event_names[0]); i++)
		error = vici_conn_subscribe(link->conn, event_names[i], NULL, NULL);
	if (error)
		close_connection(link);
	return error;
}

int ike_link_connect(struct ike_link *link, pid_t charon, const struct conf *conf,
                     const struct pki_bundle *bundle)
{
	int error;

	ike_link_disconnect(link);
	link->charon = charon;
	link->conf = conf;
	link->bundle = bundle;
	error = open_connection(link);
	if (error) {
		loop_timer_start(link->reconnect_timer, IKE_LINK_RECONNECT_MS);
		return error;
	}
	loader_sync(link->loader, link->conn, conf, bundle);
	loop_timer_start(link->heartbeat_timer, IKE_LINK_HEARTBEAT_MS);
	link->callbacks->connected(link->ctx);
	return 0;
}

void ike_link_heard(struct ike_link *link, const char *ike_name)
{
	link->at_work |= *ike_name != '\0';
}

void ike_link_disconnect(struct ike_link *link)
{
	if (!link->conn)
		return;
	close_connection(link);
	link->callbacks->disconnected(link->ctx);
}

bool ike_link_is_up(const struct ike_link *link)
{
	return link->conn != NULL;
}

void ike_link_renew(struct ike_link *link)
{
	ike_link_disconnect(link);
	loop_timer_start(link->reconnect_timer, IKE_LINK_RECONNECT_MS);
}

void ike_link_renew_soon(struct ike_link *link)
{
	if (!link->conn || link->renewing)
		return;
	link->renewing = true;
	loop_timer_start(link->reconnect_timer, IKE_LINK_RECONNECT_MS);
}

void ike_link_sync(struct ike_link *link, const struct conf *conf, const struct pki_bundle *bundle)
{
	link->conf = conf;
	link->bundle = bundle;
	if (link->conn)
		loader_sync(link->loader, link->conn, conf, bundle);
}

int ike_link_request(struct ike_link *link, const char *command, struct buf *message,
                     vici_reply_fn reply, void *ctx)
{
	int error = -ENOTCONN;

	if (link->conn)
		error = vici_conn_request(link->conn, command, message, reply, ctx);
	buf_fini(message);
	if (error && error != -ENOTCONN)
		log_error("charon: %s: cannot send: %s", command, strerror(-error));
	return error;
}

int ike_link_check(const struct ike_link *link, const struct conf *conf, struct err *err)
{
	return loader_check(link->loader, conf, err);
}

const char *ike_link_problem(const struct ike_link *link)
{
	return loader_problem(link->loader);
}

int ike_link_new(struct loop *loop, const char *vici_path,
                 const struct ike_link_callbacks *callbacks, void *ctx, struct ike_link **ret_link)
{
	static const struct loader_callbacks loader_callbacks = {.keeps_conn = keeps_conn,
	                                                         .settings_read = on_settings_read,
	                                                         .loaded = on_loaded,
	                                                         .incomplete = on_incomplete};
	struct ike_link *link = calloc(1, sizeof(*link));
	int error = -ENOMEM;

	if (!link)
		return -ENOMEM;
	link->loop = loop;
	link->callbacks = callbacks;
	link->ctx = ctx;
	link->vici_path = strdup(vici_path);
	if (link->vici_path)
		error = loader_new(&loader_callbacks, link, &link->loader);
	if (!error)
		error = loop_timer_new(loop, on_reconnect, link, &link->reconnect_timer);
	if (!error)
		error = loop_timer_new(loop, on_heartbeat, link, &link->heartbeat_timer);
	if (error) {
		ike_link_free(link);
		return error;
	}
	*ret_link = link;
	return 0;
}

void ike_link_free(struct ike_link *link)
{
	if (!link)
		return;
	vici_conn_close(link->conn);
	loader_free(link->loader);
	loop_timer_free(link->heartbeat_timer);
	loop_timer_free(link->reconnect_timer);
	free(link->vici_path);
	free(link);
}
