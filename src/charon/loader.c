/* SPDX-License-Identifier: MIT */
/*
 * All commands of one synchronisation are queued at once and answered in order, so that no
 * negotiation of ours can come between. What is to be unloaded is learned from charon itself: it
 * may have been adopted from a predecessor.
 */
#include "xfrmd/charon/loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/log.h"
#include "xfrmd/charon/swan_algorithms.h"
#include "xfrmd/charon/swan_conf.h"
#include "xfrmd/charon/vici_conn.h"

struct loader {
	const struct loader_callbacks *callbacks;
	void *ctx;
	struct vici_conn *conn;               /* borrowed */
	const struct conf *conf;              /* borrowed */
	const struct pki_bundle *bundle;      /* borrowed */
	struct swan_algorithms algorithms;    /* of this charon */
	char loaded_cert[65], loaded_key[65]; /* fingerprints of what charon has; empty: unknown */
	char problem[384];
};

int loader_new(const struct loader_callbacks *callbacks, void *ctx, struct loader **ret_loader)
{
	struct loader *loader = calloc(1, sizeof(*loader));

	if (!loader)
		return -ENOMEM;
	loader->callbacks = callbacks;
	loader->ctx = ctx;
	*ret_loader = loader;
	return 0;
}

void loader_free(struct loader *loader)
{
	free(loader);
}

void loader_forget(struct loader *loader)
{
	loader->conn = NULL;
	loader->loaded_cert[0] = '\0';
	loader->loaded_key[0] = '\0';
	loader->algorithms.known = false;
}

const char *loader_problem(const struct loader *loader)
{
	return loader->problem;
}

int loader_check(const struct loader *loader, const struct conf *conf, struct err *err)
{
	return swan_algorithms_check(&loader->algorithms, &conf->ike_proposals, err);
}

/* What is refused first is the cause of what is refused later. */
static void __attribute__((format(printf, 2, 3)))
complain(struct loader *loader, const char *format, ...)
{
	char problem[sizeof(loader->problem)];
	va_list args;

	va_start(args, format);
	vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	log_error("charon: %s", problem);
	if (!*loader->problem)
		memcpy(loader->problem, problem, sizeof(problem));
}

static void send_command(struct loader *loader, const char *command, struct buf *message,
                         vici_reply_fn reply)
{
	int error = vici_conn_request(loader->conn, command, message, reply, loader);

	if (!error)
		return;
	complain(loader, "%s: cannot send: %s", command, strerror(-error));
	loader->callbacks->incomplete(loader->ctx);
}

static void on_done(void *ctx, int error, const void *message, size_t len)
{
	struct loader *loader = ctx;
	char reason[192] = "it does not know the command";

	if (error == -ECONNRESET ||
	    (!error && !vici_reply_status(message, len, reason, sizeof(reason))))
		return;
	complain(loader, "charon refused: %s", reason);
}

static void on_settings(void *ctx, int error, const void *message, size_t len)
{
	struct loader *loader = ctx;

	on_done(loader, error, message, len);
	loader->callbacks->settings_read(loader->ctx);
}

static void on_algorithms(void *ctx, int error, const void *message, size_t len)
{
	struct loader *loader = ctx;
	struct err err;

	if (error || swan_algorithms_read(message, len, &loader->algorithms) < 0 ||
	    loader_check(loader, loader->conf, &err) == 0)
		return;
	complain(loader, "ike_proposals: %s", err.text);
}

static bool keeps_authority(const struct loader *loader, const char *name)
{
	for (size_t i = 0; i < loader->bundle->cas.count; i++)
		if (strcmp(loader->bundle->cas.items[i].fingerprint, name) == 0)
			return true;
	return false;
}

static bool keeps_conn(const struct loader *loader, const char *name)
{
	return strcmp(name, SWAN_RESPONDER) == 0 ||
	       loader->callbacks->keeps_conn(loader->ctx, name);
}

/* Unloads every listed item that is not kept. */
static void unload_others(struct loader *loader, const void *message, size_t len,
                          bool (*keeps)(const struct loader *, const char *), const char *command)
{
	struct vici_reader reader;
	struct vici_elem elem;
	char name[VICI_NAME_MAX + 1];

	vici_reader_init(&reader, message, len);
	while (!vici_next(&reader, &elem) && elem.type != VICI_ELEM_END) {
		struct buf request = {0};

		if (elem.type != VICI_ELEM_LIST_ITEM ||
		    vici_elem_text(&elem, name, sizeof(name)) < 0 || keeps(loader, name))
			continue;
		log_debug("charon: %s %s", command, name);
		swan_conf_name(&request, name);
		send_command(loader, command, &request, NULL);
	}
}

static void on_authorities(void *ctx, int error, const void *message, size_t len)
{
	if (!error)
		unload_others(ctx, message, len, keeps_authority, "unload-authority");
}

static void on_conns(void *ctx, int error, const void *message, size_t len)
{
	struct loader *loader = ctx;

	if (error)
		return;
	unload_others(loader, message, len, keeps_conn, "unload-conn");
	if (!*loader->problem)
		loader->callbacks->loaded(loader->ctx);
}

static void load_key(struct loader *loader)
{
	const struct pki_bundle *bundle = loader->bundle;
	struct buf message = {0};

	/*
	 * charon trusts every certificate that a connection ever brought, whoever shows it, even
	 * when connection and CA are gone: a replaced one has to be cleared away.
	 */
	if (strcmp(loader->loaded_cert, bundle->chain.items[0].fingerprint) != 0 ||
	    strcmp(loader->loaded_key, bundle->key.fingerprint) != 0)
		send_command(loader, "clear-creds", &message, on_done);
	memcpy(loader->loaded_cert, bundle->chain.items[0].fingerprint,
	       sizeof(loader->loaded_cert));
	memcpy(loader->loaded_key, bundle->key.fingerprint, sizeof(loader->loaded_key));
	swan_conf_load_key(&message, bundle->key.der, bundle->key.der_len);
	send_command(loader, "load-key", &message, on_done);
}

static void load_certificates(struct loader *loader)
{
	const struct pki_bundle *bundle = loader->bundle;
	struct buf message = {0};

	for (size_t i = 1; i < bundle->chain.count; i++) {
		swan_conf_load_cert(&message, bundle->chain.items[i].der,
		                    bundle->chain.items[i].der_len);
		send_command(loader, "load-cert", &message, on_done);
	}
	for (size_t i = 0; i < bundle->cas.count; i++) {
		const struct pki_cert *ca = &bundle->cas.items[i];

		swan_conf_load_authority(&message, ca->fingerprint, ca->der, ca->der_len);
		send_command(loader, "load-authority", &message, on_done);
	}
}

void loader_sync(struct loader *loader, struct vici_conn *conn, const struct conf *conf,
                 const struct pki_bundle *bundle)
{
	const struct pki_cert *leaf = &bundle->chain.items[0];
	struct buf message = {0};

	loader->conn = conn;
	loader->conf = conf;
	loader->bundle = bundle;
	loader->problem[0] = '\0';
	send_command(loader, "get-algorithms", &message, on_algorithms);
	send_command(loader, "reload-settings", &message, on_settings);
	load_key(loader);
	load_certificates(loader);
	swan_conf_load_responder(&message, conf, leaf->der, leaf->der_len);
	send_command(loader, "load-conn", &message, on_done);

	send_command(loader, "get-authorities", &message, on_authorities);
	/* chains are built from cached certificates too: a removed CA must not live on there */
	send_command(loader, "flush-certs", &message, NULL);
	send_command(loader, "get-conns", &message, on_conns);
	buf_fini(&message);
}
