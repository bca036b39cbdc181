/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_LOADER_H
#define XFRMD_CHARON_LOADER_H

#include "xfrmd/conf/conf.h"
#include "xfrmd/pki/pki_load.h"

/*
 * Gives charon what it needs, over VICI: settings, key, certificates, trust anchors and the
 * responder connection; and takes away what is there besides. A fresh charon, an adopted one and a
 * reload take the same way. Established SAs are not touched.
 */
struct loader;
struct vici_conn;

struct loader_callbacks {
	/* Whether a connection of charon other than the responder's is in use. */
	bool (*keeps_conn)(void *ctx, const char *name);
	/* charon has read its file anew, or says why not. */
	void (*settings_read)(void *ctx);
	/* charon has everything. Not called when it refused something: see loader_problem(). */
	void (*loaded)(void *ctx);
	/* A command could not be sent, so charon has neither all nor only what it should: the
	 * connection is to be made anew, from the loop. */
	void (*incomplete)(void *ctx);
};

int loader_new(const struct loader_callbacks *callbacks, void *ctx, struct loader **ret_loader);
/* After the connection is closed, so that no reply arrives any more. */
void loader_free(struct loader *loader);

/* Queues all commands on @conn. All three are borrowed until the next call. */
void loader_sync(struct loader *loader, struct vici_conn *conn, const struct conf *conf,
                 const struct pki_bundle *bundle);
/* The connection is gone: what charon holds is unknown again. */
void loader_forget(struct loader *loader);
/* Whether this charon can do what @conf proposes, as far as it has told: -EOPNOTSUPP and @err if not. */
int loader_check(const struct loader *loader, const struct conf *conf, struct err *err);
/* What charon refused first, in words; empty: nothing. */
const char *loader_problem(const struct loader *loader);

#endif
