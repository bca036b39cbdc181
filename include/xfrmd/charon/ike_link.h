/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_IKE_LINK_H
#define XFRMD_CHARON_IKE_LINK_H

#include "xfrmd/base/loop.h"
#include "xfrmd/charon/vici_conn.h"
#include "xfrmd/conf/conf.h"
#include "xfrmd/pki/pki_load.h"

/*
 * The standing VICI connection: subscribed to the events we need, credentials loaded, watched by a
 * sign of life, made anew when charon drops it. Knows nothing of peers.
 */
struct ike_link;

struct ike_link_callbacks {
	/* Connected; everything is queued to be loaded, what is requested now comes after it. */
	void (*connected)(void *ctx);
	/* The connection is gone: no reply to anything requested will come. */
	void (*disconnected)(void *ctx);
	void (*event)(void *ctx, const char *name, const void *message, size_t len);
	/* Whether a connection of charon other than the responder's is in use. */
	bool (*keeps_conn)(void *ctx, const char *name);
	/* charon has read its file anew, or says why not. */
	void (*settings_read)(void *ctx);
	/* Credentials and the responder connection are loaded. */
	void (*loaded)(void *ctx);
	/* charon runs and does not answer. */
	void (*stuck)(void *ctx);
	/* With each sign of life: negotiations that charon has and that are not done, ours as well. */
	void (*half_open)(void *ctx, size_t count);
};

/* charon is asked for a sign of life this often; without an answer by the next time it is stuck.
 * Its commands take milliseconds, also with 1,000 peers. */
#define IKE_LINK_HEARTBEAT_MS 10000
/* So often the answer may be late if charon is at work meanwhile, as events of SAs and its lines show: when a
 * fleet starts all at once, on machines with little to spare, what it is asked waits behind hundreds of
 * negotiations. */
#define IKE_LINK_LATE_MAX     5
/* After charon closed the connection without ending. */
#define IKE_LINK_RECONNECT_MS 1000

int ike_link_new(struct loop *loop, const char *vici_path,
                 const struct ike_link_callbacks *callbacks, void *ctx, struct ike_link **ret_link);
/* No callback is called any more, not even `disconnected`. */
void ike_link_free(struct ike_link *link);

/* Connects to the process @charon, in place of a connection that there is. @conf and @bundle are
 * borrowed until the next call that passes them. Negative errno. */
int ike_link_connect(struct ike_link *link, pid_t charon, const struct conf *conf,
                     const struct pki_bundle *bundle);
/* charon has written a line of its log, about the connection @ike_name, or "". Only one about a connection
 * shows that it is at work: charon finds that after the first exchange, so it takes more than a packet from
 * an invented address to have such a line written. Nor do alerts count, which such packets raise. */
void ike_link_heard(struct ike_link *link, const char *ike_name);
void ike_link_disconnect(struct ike_link *link);
bool ike_link_is_up(const struct ike_link *link);
/* Disconnects, and connects again after IKE_LINK_RECONNECT_MS. */
void ike_link_renew(struct ike_link *link);
/* The same, but the connection lasts until then: for a caller in the middle of something. */
void ike_link_renew_soon(struct ike_link *link);
/* A new configuration: charon gets what it lacks and loses the rest, if connected. */
void ike_link_sync(struct ike_link *link, const struct conf *conf, const struct pki_bundle *bundle);

/* vici_conn_request(), with its errors: @reply will not be called then. -ENOTCONN: no connection.
 * @message is emptied in any case. */
int ike_link_request(struct ike_link *link, const char *command, struct buf *message,
                     vici_reply_fn reply, void *ctx);
/* See loader_check(). */
int ike_link_check(const struct ike_link *link, const struct conf *conf, struct err *err);
/* What charon refused to load, in words; empty: nothing. */
const char *ike_link_problem(const struct ike_link *link);

#endif
