/* SPDX-License-Identifier: MIT */
/*
 * The documents of the control socket, struct to text and back. Pure. Errors of building and of
 * reading stick (json_writer.h, json_reader.h), so each is tested once per document. Requests come
 * from outside and are read strictly. Of answers only what every daemon ever sent is required,
 * since an older one sends less; what is unknown is skipped, since a newer one sends more.
 */
#include "xfrmd/ctl/ctl_proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_json.h"
#include "json_fields.h"
#include "json_writer.h"

#define ESCAPED_MAX   128
#define DIGEST_DIGITS 16

const char *const ctl_command_names[] = {
	[CTL_COMMAND_STATUS] = "status",     [CTL_COMMAND_PEERS] = "peers",
	[CTL_COMMAND_METRICS] = "metrics",   [CTL_COMMAND_MONITOR] = "monitor",
	[CTL_COMMAND_DESIRED] = "desired",   [CTL_COMMAND_RELOAD] = "reload",
	[CTL_COMMAND_SHUTDOWN] = "shutdown", [CTL_COMMAND_FLUSH] = "flush",
	[CTL_COMMAND_RETRY] = "retry",       [CTL_COMMAND_REKEY] = "rekey",
	[CTL_COMMAND_TRY] = "try",           [CTL_COMMAND_CONFIRM] = "confirm",
	[CTL_COMMAND_BACK] = "back",         NULL,
};

char *ctl_proto_request(const struct ctl_ask *ask)
{
	json_t *root = json_object();

	writer_put(&root, "command", json_string(ctl_command_names[ask->command]));
	if (ask->address.family)
		writer_put(&root, "address", writer_addr(&ask->address));
	if (ask->unless)
		writer_put(&root, "unless", writer_digest(ask->unless));
	if (ask->now)
		writer_put(&root, "now", json_true());
	if (ask->timeout_s)
		writer_put(&root, "timeout", json_integer(ask->timeout_s));
	if (ask->copied)
		writer_put(&root, "copied", json_true());
	return writer_dump(root);
}

static int unknown_command(const char *name, struct err *err)
{
	char escaped[ESCAPED_MAX], known[256] = "";

	for (size_t i = 0; ctl_command_names[i]; i++) {
		if (i > 0)
			strcat(known, ", ");
		strcat(known, ctl_command_names[i]);
	}
	return err_set(err, -EBADMSG, "request: unknown command \"%s\", expected one of %s",
	               str_escape(name, escaped, sizeof(escaped)), known);
}

/* Which command takes what besides its name. */
static const struct member {
	const char *key;
	enum ctl_command command;
	bool required;
} members[] = {
	{"address", CTL_COMMAND_RETRY, true}, {"address", CTL_COMMAND_REKEY, false},
	{"now", CTL_COMMAND_SHUTDOWN, false}, {"timeout", CTL_COMMAND_TRY, true},
	{"copied", CTL_COMMAND_TRY, false},   {"unless", CTL_COMMAND_DESIRED, false},
};

static bool takes(enum ctl_command command, const char *key)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (members[i].command == command && strcmp(members[i].key, key) == 0)
			return true;
	return false;
}

static int check_members(const json_t *root, enum ctl_command command, struct err *err)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct member *member = &members[i];
		bool found = json_object_get(root, member->key) != NULL;

		if (found && !takes(command, member->key))
			return err_set(err, -EBADMSG, "request: %s: %s: not expected",
			               ctl_command_names[command], member->key);
		if (!found && member->required && member->command == command)
			return err_set(err, -EBADMSG, "request: %s: %s: missing",
			               ctl_command_names[command], member->key);
	}
	return 0;
}

static bool read_digest(const char *text, uint64_t *ret_digest)
{
	*ret_digest = strtoull(text, NULL, 16);
	return strspn(text, "0123456789abcdef") == DIGEST_DIGITS && !text[DIGEST_DIGITS];
}

/* @address and @unless NULL and @timeout 0 where the command takes none. */
static int read_members(const char *address, const char *unless, json_int_t timeout,
                        struct ctl_ask *ask, struct err *err)
{
	const char *name = ctl_command_names[ask->command];
	char escaped[ESCAPED_MAX];

	if (address && addr_parse(address, &ask->address) < 0)
		return err_set(err, -EBADMSG, "request: %s: \"%s\" is not an IP address", name,
		               str_escape(address, escaped, sizeof(escaped)));
	if (unless && !read_digest(unless, &ask->unless))
		return err_set(err, -EBADMSG, "request: %s: unless: expected %d hexadecimal digits",
		               name, DIGEST_DIGITS);
	if (ask->command == CTL_COMMAND_TRY && (timeout < 1 || timeout > CTL_TRY_MAX_S))
		return err_set(err, -EBADMSG, "request: %s: timeout: expected 1 to %u", name,
		               CTL_TRY_MAX_S);
	ask->timeout_s = (uint32_t)timeout;
	return 0;
}

int ctl_proto_parse_request(const char *text, size_t len, struct ctl_ask *ret_ask, struct err *err)
{
	json_auto_t *root = reader_load(text, len, CTL_REQUEST_MAX, "request", err);
	const char *name, *address = NULL, *unless = NULL;
	char escaped[ESCAPED_MAX];
	struct ctl_ask ask = {0};
	int now = 0, copied = 0;
	json_int_t timeout = 0;
	json_error_t error;
	int command, ret;

	if (!root)
		return -EBADMSG;
	if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s?:s, s?:s, s?:b, s?:I, s?:b}",
	                   "command", &name, "address", &address, "unless", &unless, "now", &now,
	                   "timeout", &timeout, "copied", &copied) < 0)
		return err_set(err, -EBADMSG, "request: %s, expected {\"command\": NAME}",
		               str_escape(error.text, escaped, sizeof(escaped)));
	command = str_index(name, ctl_command_names);
	if (command < 0)
		return unknown_command(name, err);
	ask = (struct ctl_ask){.command = (enum ctl_command)command, .now = now, .copied = copied};
	ret = check_members(root, ask.command, err);
	if (ret == 0)
		ret = read_members(address, unless, timeout, &ask, err);
	if (ret == 0)
		*ret_ask = ask;
	return ret;
}

static const char *const roles[] = {"instance", "ca", "peer", NULL};

#define STATUS(member)      FIELD_MEMBER(struct ctl_status, member)
#define CERTIFICATE(member) FIELD_MEMBER(struct ctl_certificate, member)

static const struct field charon_fields[] = {
	{"running", FIELD_BOOL, STATUS(charon_running)},
	{"pid", FIELD_NUMBER, STATUS(charon_pid)},
	{"restarts", FIELD_COUNT, STATUS(charon_restarts)},
	{0},
};
static const struct field policies_fields[] = {
	{"desired", FIELD_COUNT, STATUS(policies_desired)},
	{"installed", FIELD_COUNT, STATUS(policies_installed)},
	{"drift", FIELD_COUNT, STATUS(policies_drift)},
	{"repaired", FIELD_COUNT, STATUS(policies_repaired)},
	{"foreign", FIELD_COUNT, STATUS(policies_foreign), .later = true},
	{0},
};
static const struct field peers_fields[] = {
	{"up", FIELD_COUNT, STATUS(peers_up)},
	{"negotiating", FIELD_COUNT, STATUS(peers_negotiating)},
	{"failed", FIELD_COUNT, STATUS(peers_failed)},
	{"repaired", FIELD_COUNT, STATUS(peers_repaired), .later = true},
	{0},
};
static const struct field acquires_fields[] = {
	{"received", FIELD_COUNT, STATUS(acquires_received)},
	{"deduplicated", FIELD_COUNT, STATUS(acquires_deduplicated)},
	{"lost", FIELD_COUNT, STATUS(acquires_lost)},
	{0},
};
static const struct field change_fields[] = {
	{"added", FIELD_COUNT, STATUS(last_added)},
	{"updated", FIELD_COUNT, STATUS(last_updated)},
	{"deleted", FIELD_COUNT, STATUS(last_deleted)},
	{"duration_us", FIELD_COUNT, STATUS(last_apply_us)},
	{0},
};
static const struct field certificate_fields[] = {
	{"file", FIELD_OWNED_TEXT, CERTIFICATE(file)},
	{"role", FIELD_STATIC_WORD, CERTIFICATE(role), .words = roles},
	{"subject", FIELD_OWNED_TEXT, CERTIFICATE(subject)},
	{"not_after", FIELD_INTEGER, CERTIFICATE(not_after)},
	{"days_left", FIELD_INTEGER, CERTIFICATE(days_left)},
	{0},
};
static const struct field reload_fields[] = {
	{"time", FIELD_INTEGER, STATUS(reload_time)},
	{"ok", FIELD_BOOL, STATUS(reload_ok)},
	{"errors", FIELD_TEXTS, STATUS(reload_errors)},
	{0},
};
static const struct field try_fields[] = {
	{"ends", FIELD_INTEGER, STATUS(try_ends)},
	{"copied", FIELD_BOOL, STATUS(try_copied)},
	{0},
};
static const struct field stopping_fields[] = {
	{"wait_ends", FIELD_NUMBER, STATUS(stopping_ends)},
	{"jobs", FIELD_TEXTS, STATUS(stopping_jobs)},
	{0},
};
static const struct field status_fields[] = {
	{"ready", FIELD_BOOL, STATUS(ready)},
	{"healthy", FIELD_BOOL, STATUS(healthy)},
	{"problems", FIELD_TEXTS, STATUS(problems)},
	{"warnings", FIELD_TEXTS, STATUS(warnings), .later = true},
	{"mode", FIELD_WORD, STATUS(optional), .words = field_levels},
	{"charon", .fields = charon_fields},
	{"policies", .fields = policies_fields},
	{"peers", .fields = peers_fields},
	{"acquires", .fields = acquires_fields},
	{"last_change", .fields = change_fields, .later = true},
	{"certificates",
         FIELD_LIST(struct ctl_status, certificates, certificate_count, certificate_fields)},
	{"last_reload", STATUS(reload_time), .fields = reload_fields, .later = true},
	{"config_hash", FIELD_TEXT_OR_NULL, STATUS(config_hash)},
	{"config_file", FIELD_OWNED_TEXT, STATUS(config_file), .later = true},
	{"try", STATUS(trying), .fields = try_fields, .later = true},
	{"stopping", STATUS(stopping), .fields = stopping_fields, .later = true},
	{0},
};

char *ctl_proto_status(const struct ctl_status *status)
{
	return writer_dump(fields_write(status_fields, status));
}

int ctl_proto_parse_status(const char *text, size_t len, struct ctl_status *ret_status,
                           struct err *err)
{
	int error;

	memset(ret_status, 0, sizeof(*ret_status));
	error = fields_parse("status", status_fields, text, len, ret_status, err);
	if (error)
		ctl_status_fini(ret_status);
	return error;
}

void ctl_status_fini(struct ctl_status *status)
{
	if (!status)
		return;
	for (size_t i = 0; i < status->certificate_count; i++) {
		free(status->certificates[i].file);
		free(status->certificates[i].subject);
	}
	free(status->certificates);
	strlist_fini(&status->problems);
	strlist_fini(&status->warnings);
	strlist_fini(&status->reload_errors);
	strlist_fini(&status->stopping_jobs);
	free(status->config_file);
	memset(status, 0, sizeof(*status));
}

#define SA(member)   FIELD_MEMBER(struct ctl_sa, member)
#define PEER(member) FIELD_MEMBER(struct ctl_peer, member)

const struct field ctl_sa_fields[] = {
	{"spi_in", FIELD_SPI, SA(spi_in)},
	{"spi_out", FIELD_SPI, SA(spi_out)},
	{"algorithm", FIELD_TEXT, SA(algorithm)},
	{"bytes_in", FIELD_COUNT, SA(bytes_in)},
	{"bytes_out", FIELD_COUNT, SA(bytes_out)},
	{"packets_in", FIELD_COUNT, SA(packets_in)},
	{"packets_out", FIELD_COUNT, SA(packets_out)},
	{"installed", FIELD_NUMBER, SA(installed)},
	{"rekey", FIELD_NUMBER, SA(rekey)},
	{0},
};
const struct field ctl_peer_fields[] = {
	{"address", FIELD_ADDR, PEER(pair.remote)},
	{"local", FIELD_ADDR_OR_NULL, PEER(pair.local)},
	{"state", FIELD_TEXT, PEER(state)},
	{"since", FIELD_INTEGER, PEER(since)},
	{"sas", FIELD_LIST(struct ctl_peer, sas, sa_count, ctl_sa_fields)},
	{"last_error", FIELD_FAILURE, PEER(last_error)},
	{"next_retry", FIELD_NUMBER, PEER(next_retry)},
	{"last_acquire", FIELD_NUMBER, PEER(last_acquire)},
	{"last_failure", FIELD_NUMBER, PEER(last_failure)},
	{0},
};
static const struct field peer_list_fields[] = {
	{"peers", FIELD_LIST(struct ctl_peers, items, count, ctl_peer_fields)},
	{0},
};

char *ctl_proto_peers(const struct ctl_peers *peers)
{
	return writer_dump(fields_write(peer_list_fields, peers));
}

int ctl_proto_parse_peers(const char *text, size_t len, struct ctl_peers *ret_peers,
                          struct err *err)
{
	int error;

	memset(ret_peers, 0, sizeof(*ret_peers));
	error = fields_parse("peers", peer_list_fields, text, len, ret_peers, err);
	if (error)
		ctl_peers_fini(ret_peers);
	return error;
}

void ctl_peers_fini(struct ctl_peers *peers)
{
	if (!peers)
		return;
	for (size_t i = 0; i < peers->count; i++)
		free(peers->items[i].sas);
	free(peers->items);
	memset(peers, 0, sizeof(*peers));
}

char *ctl_proto_result(bool ok, const struct strlist *changes, const struct strlist *errors)
{
	json_t *root = json_object();

	writer_put(&root, "ok", json_boolean(ok));
	writer_put(&root, "changes", writer_texts(changes));
	writer_put(&root, "errors", writer_texts(errors));
	return writer_dump(root);
}

int ctl_proto_parse_result(const char *text, size_t len, bool *ret_ok, struct strlist *ret_changes,
                           struct strlist *ret_errors, struct err *err)
{
	struct reader reader = {.document = "result", .err = err};
	json_auto_t *root = reader_load(text, len, CTL_RESPONSE_MAX, reader.document, err);
	bool ok = false;

	memset(ret_changes, 0, sizeof(*ret_changes));
	memset(ret_errors, 0, sizeof(*ret_errors));
	*ret_ok = false;
	if (!root)
		return -EBADMSG;
	reader_texts(&reader, root, "errors", ret_errors);
	/* a request that was refused as such has errors only */
	if (json_object_get(root, "ok") || ret_errors->count == 0) {
		ok = reader_bool(&reader, root, "ok");
		reader_texts(&reader, root, "changes", ret_changes);
	}
	if (reader.error) {
		strlist_fini(ret_changes);
		strlist_fini(ret_errors);
	} else {
		*ret_ok = ok;
	}
	return reader.error;
}
