/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_SWAN_CONF_H
#define XFRMD_CHARON_SWAN_CONF_H

#include "xfrmd/base/buf.h"
#include "xfrmd/conf/conf.h"
#include "xfrmd/net/pair.h"

/*
 * Everything that we tell charon, as text or VICI messages: pure functions of the configuration.
 * Builders append to @message and leave errors in message->error.
 */

/* The plug-ins that it loads, separated by blanks: all are needed. `kdf` comes besides where it is. */
extern const char swan_conf_plugins[];

/* So many half open negotiations, and charon asks for cookies: 5 MB of its memory. */
#define SWAN_CONF_COOKIE_THRESHOLD 256u

/* The private strongswan.conf. The caller frees; NULL: out of memory. */
char *swan_conf_text(const struct conf *conf, const char *run_dir);

/* The name of the connection (and of its child) that we initiate: "LOCAL-REMOTE". */
#define SWAN_NAME_MAX (2 * ADDR_TEXT_MAX + 2)
const char *swan_conf_peer_name(const struct pair *pair, char name[SWAN_NAME_MAX]);
/* The reverse. 0, or -EINVAL: no name of ours. */
int swan_conf_parse_peer_name(const char *name, struct pair *ret_pair);
/* charon checks whether a peer lives so many times rarer than every dpd_delay, unless the pair is in doubt:
 * xfrmd sees that in what comes in (liveness.h). */
#define SWAN_CONF_CHECKS_RARER 10u
/* The connection that answers everybody with a certificate of our CAs. */
#define SWAN_RESPONDER         "xfrmd"

/*
 * load-conn. @cert: the instance certificate, DER. charon goes on trusting it, whatever its issuer
 * and whatever is unloaded, until `clear-creds`: whoever replaces a certificate sends that, then
 * key, intermediate certificates and connection again, on one connection without a pause.
 */
void swan_conf_load_peer(struct buf *message, const struct conf *conf, const void *cert,
                         size_t cert_len, const struct pair *pair, bool in_doubt);
void swan_conf_load_responder(struct buf *message, const struct conf *conf, const void *cert,
                              size_t cert_len);
/* load-key, load-cert (an intermediate CA certificate, not a trust anchor), load-authority (a
 * trust anchor under @name, removable with unload-authority). DER. */
void swan_conf_load_key(struct buf *message, const void *key, size_t len);
void swan_conf_load_cert(struct buf *message, const void *cert, size_t len);
void swan_conf_load_authority(struct buf *message, const char *name, const void *cert, size_t len);
void swan_conf_name(struct buf *message, const char *name); /* unload-conn, unload-authority */
/* initiate without waiting: success means "queued". */
void swan_conf_initiate(struct buf *message, const struct pair *pair);
/* terminate the IKE_SA or the CHILD_SA, or rekey that, by unique id, without waiting. */
/* @kind: "ike-id" or "child-id". */
void swan_conf_terminate(struct buf *message, const char *kind, uint32_t id);
/* Likewise, without waiting for the peer: its SAs are gone at once. */
void swan_conf_abandon(struct buf *message, uint32_t ike_id);
void swan_conf_rekey_child(struct buf *message, uint32_t child_id);

#endif
