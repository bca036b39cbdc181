/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CTL_CTL_SERVER_H
#define XFRMD_CTL_CTL_SERVER_H

#include "xfrmd/base/loop.h"
#include "xfrmd/ctl/ctl_proto.h"

/*
 * The control socket: mode 0600; one that nobody listens on any more is replaced, one that lives is
 * -EADDRINUSE; at most CTL_CLIENTS_MAX clients, the next ones wait in the backlog.
 */
#define CTL_CLIENTS_MAX       32
/* A client that does not finish its request, or does not read its answer, is dropped after this. */
#define CTL_CLIENT_TIMEOUT_MS 10000
/* Of the clients those that may watch, and what waits for one that reads slowly. */
#define CTL_WATCHERS_MAX      8
#define CTL_WATCH_QUEUE_MAX   (256u * 1024)
/* An empty line after this time without any: who is gone is noticed. */
#define CTL_WATCH_IDLE_MS     30000

struct ctl_server;
/* One request waiting for its answer; its client may vanish meanwhile. */
struct ctl_request;

/* Must lead to exactly one ctl_request_reply(), now or later. */
typedef void (*ctl_request_fn)(void *ctx, struct ctl_request *request, const struct ctl_ask *ask);

int ctl_server_open(struct loop *loop, const char *path, ctl_request_fn handler, void *ctx,
                    struct ctl_server **ret_server, struct err *err);
/* Answers with @json (takes ownership; NULL: an out-of-memory error) and frees the request. */
void ctl_request_reply(struct ctl_request *request, char *json);
/*
 * Answers with @json and then with every line of ctl_server_publish(), without end, and frees the
 * request. A client that does not keep up gets a refusal as its last line. @json stays the
 * caller's; NULL: an out-of-memory error.
 */
void ctl_request_watch(struct ctl_request *request, const char *json);
/* Sends a line to all who watch, without blocking and without freeing any; false: nobody does. */
bool ctl_server_publish(struct ctl_server *server, const char *json);
/* Sends what fits of answers that are still being written, removes the socket; requests still
 * waiting for an answer must be answered before. */
void ctl_server_close(struct ctl_server *server);

#endif
