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

#define ESCAPED_MAX 128

static const char *const command_names[] = {
	[CTL_COMMAND_STATUS] = "status",     [CTL_COMMAND_PEERS] = "peers",
	[CTL_COMMAND_METRICS] = "metrics",   [CTL_COMMAND_MONITOR] = "monitor",
	[CTL_COMMAND_DESIRED] = "desired",   [CTL_COMMAND_RELOAD] = "reload",
	[CTL_COMMAND_SHUTDOWN] = "shutdown", [CTL_COMMAND_FLUSH] = "flush",
	[CTL_COMMAND_RETRY] = "retry",       [CTL_COMMAND_REKEY] = "rekey",
	[CTL_COMMAND_TRY] = "try",           [CTL_COMMAND_CONFIRM] = "confirm",
	[CTL_COMMAND_BACK] = "back",         NULL,
};

const char *ctl_command_name(enum ctl_command command)
{
	return command_names[command];
}

char *ctl_proto_request(const struct ctl_ask *ask)
{
	json_t *root = json_object();

	writer_put(&root, "command", json_string(ctl_command_name(ask->command)));
	if (ask->address.family)
		writer_put(&root, "address", writer_addr(&ask->address));
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
	size_t i;

	for (i = 0; command_names[i]; i++) {
		if (i > 0)
			strcat(known, ", ");
		strcat(known, command_names[i]);
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
	{"copied", CTL_COMMAND_TRY, false},
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
			               ctl_command_name(command), member->key);
		if (!found && member->required && member->command == command)
			return err_set(err, -EBADMSG, "request: %s: %s: missing",
			               ctl_command_name(command), member->key);
	}
	return 0;
}

/* @address NULL and @timeout 0 where the command takes none. */
static int read_members(const char *address, json_int_t timeout, struct ctl_ask *ask,
                        struct err *err)
{
	const char *name = ctl_command_name(ask->command);
	char escaped[ESCAPED_MAX];

	if (address && addr_parse(address, &ask->address) < 0)
		return err_set(err, -EBADMSG, "request: %s: \"%s\" is not an IP address", name,
		               str_escape(address, escaped, sizeof(escaped)));
	if (ask->command == CTL_COMMAND_TRY && (timeout < 1 || timeout > CTL_TRY_MAX_S))
		return err_set(err, -EBADMSG, "request: %s: timeout: expected 1 to %u", name,
		               CTL_TRY_MAX_S);
	ask->timeout_s = (uint32_t)timeout;
	return 0;
}

int ctl_proto_parse_request(const char *text, size_t len, struct ctl_ask *ret_ask, struct err *err)
{
	json_t *root = reader_load(text, len, CTL_REQUEST_MAX, "request", err);
	const char *name, *address = NULL;
	char escaped[ESCAPED_MAX];
	struct ctl_ask ask = {0};
	int now = 0, copied = 0;
	json_int_t timeout = 0;
	json_error_t error;
	int command, ret;

	if (!root)
		return -EBADMSG;
	if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s?:s, s?:b, s?:I, s?:b}", "command",
	                   &name, "address", &address, "now", &now, "timeout", &timeout, "copied",
	                   &copied) < 0) {
		ret = err_set(err, -EBADMSG, "request: %s, expected {\"command\": NAME}",
		              str_escape(error.text, escaped, sizeof(escaped)));
		goto out;
	}
	command = str_index(name, command_names);
	if (command < 0) {
		ret = unknown_command(name, err);
		goto out;
	}
	ask = (struct ctl_ask){.command = (enum ctl_command)command, .now = now, .copied = copied};
	ret = check_members(root, ask.command, err);
	if (ret == 0)
		ret = read_members(address, timeout, &ask, err);
	if (ret == 0)
		*ret_ask = ask;
out:
	json_decref(root);
	return ret;
}

static json_t *write_role(const struct field *field, const void *member)
{
	(void)field;
	return json_string(*(const char *const *)member);
}

static void read_role(const struct field *field, struct reader *reader, json_t *object,
                      void *member)
{
	static const char *const roles[] = {"instance", "ca", "peer", NULL};

	*(const char **)member = roles[reader_word(reader, object, field->key, roles)];
}

static const struct field_kind role_kind = {write_role, read_role};
static const char *const modes[] = {"required", "optional", NULL};

#define STATUS(member)      FIELD_MEMBER(struct ctl_status, member)
#define CERTIFICATE(member) FIELD_MEMBER(struct ctl_certificate, member)

static const struct field charon_fields[] = {
	{"running", &field_bool, STATUS(charon_running)},
	{"pid", &field_number, STATUS(charon_pid)},
	{"restarts", &field_count, STATUS(charon_restarts)},
	{0},
};
static const struct field policies_fields[] = {
	{"desired", &field_count, STATUS(policies_desired)},
	{"installed", &field_count, STATUS(policies_installed)},
	{"drift", &field_count, STATUS(policies_drift)},
	{"repaired", &field_count, STATUS(policies_repaired)},
	{"foreign", &field_count, STATUS(policies_foreign), .later = true},
	{0},
};
static const struct field peers_fields[] = {
	{"up", &field_count, STATUS(peers_up)},
	{"negotiating", &field_count, STATUS(peers_negotiating)},
	{"failed", &field_count, STATUS(peers_failed)},
	{"repaired", &field_count, STATUS(peers_repaired), .later = true},
	{0},
};
static const struct field acquires_fields[] = {
	{"received", &field_count, STATUS(acquires_received)},
	{"deduplicated", &field_count, STATUS(acquires_deduplicated)},
	{"lost", &field_count, STATUS(acquires_lost)},
	{0},
};
static const struct field change_fields[] = {
	{"added", &field_count, STATUS(last_added)},
	{"updated", &field_count, STATUS(last_updated)},
	{"deleted", &field_count, STATUS(last_deleted)},
	{"duration_us", &field_count, STATUS(last_apply_us)},
	{0},
};
static const struct field certificate_fields[] = {
	{"file", &field_owned_text, CERTIFICATE(file)},
	{"role", &role_kind, CERTIFICATE(role)},
	{"subject", &field_owned_text, CERTIFICATE(subject)},
	{"not_after", &field_integer, CERTIFICATE(not_after)},
	{"days_left", &field_integer, CERTIFICATE(days_left)},
	{0},
};
static const struct field reload_fields[] = {
	{"time", &field_integer, STATUS(reload_time)},
	{"ok", &field_bool, STATUS(reload_ok)},
	{"errors", &field_texts, STATUS(reload_errors)},
	{0},
};
static const struct field try_fields[] = {
	{"ends", &field_integer, STATUS(try_ends)},
	{"copied", &field_bool, STATUS(try_copied)},
	{0},
};
static const struct field stopping_fields[] = {
	{"wait_ends", &field_number, STATUS(stopping_ends)},
	{"jobs", &field_texts, STATUS(stopping_jobs)},
	{0},
};
static const struct field status_fields[] = {
	{"ready", &field_bool, STATUS(ready)},
	{"healthy", &field_bool, STATUS(healthy)},
	{"problems", &field_texts, STATUS(problems)},
	{"warnings", &field_texts, STATUS(warnings), .later = true},
	{"mode", &field_word, STATUS(optional), .words = modes},
	{"charon", .fields = charon_fields},
	{"policies", .fields = policies_fields},
	{"peers", .fields = peers_fields},
	{"acquires", .fields = acquires_fields},
	{"last_change", .fields = change_fields, .later = true},
	{"certificates",
         FIELD_LIST(struct ctl_status, certificates, certificate_count, certificate_fields)},
	{"last_reload", STATUS(reload_time), .fields = reload_fields, .later = true},
	{"config_hash", &field_text_or_null, STATUS(config_hash)},
	{"config_file", &field_owned_text, STATUS(config_file), .later = true},
	{"try", STATUS(trying), .fields = try_fields, .later = true},
	{"stopping", STATUS(stopping), .fields = stopping_fields, .later = true},
	{0},
};

char *ctl_proto_status(const struct ctl_status *status)
{
	return writer_dump(fields_write(status_fields, status));
}

/* One answer into a structure that is zero; the caller finis it after an error. */
static int parse_answer(const char *document, const struct field *fields, const char *text,
                        size_t len, void *ret_structure, struct err *err)
{
	struct reader reader = {.document = document, .err = err};
	json_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader);

	if (!reader.error)
		fields_read(fields, &reader, root, ret_structure);
	json_decref(root);
	return reader.error;
}

int ctl_proto_parse_status(const char *text, size_t len, struct ctl_status *ret_status,
                           struct err *err)
{
	int error;

	memset(ret_status, 0, sizeof(*ret_status));
	error = parse_answer("status", status_fields, text, len, ret_status, err);
	if (error)
		ctl_status_fini(ret_status);
	return error;
}

void ctl_status_fini(struct ctl_status *status)
{
	size_t i;

	if (!status)
		return;
	for (i = 0; i < status->certificate_count; i++) {
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

static json_t *write_failure(const struct field *field, const void *member)
{
	char words[FAILURE_WORDS_MAX];

	return field_text_or_null.write(field, failure_words(member, words));
}

static void read_failure(const struct field *field, struct reader *reader, json_t *object,
                         void *member)
{
	char words[FAILURE_WORDS_MAX] = "";
	const struct field text = {.key = field->key, .size = sizeof(words)};

	field_text_or_null.read(&text, reader, object, words);
	*(struct failure *)member = failure_of_words(words);
}

static const struct field_kind failure_kind = {write_failure, read_failure};

#define SA(member)   FIELD_MEMBER(struct ctl_sa, member)
#define PEER(member) FIELD_MEMBER(struct ctl_peer, member)

static const struct field sa_fields[] = {
	{"spi_in", &field_spi, SA(spi_in)},
	{"spi_out", &field_spi, SA(spi_out)},
	{"algorithm", &field_text, SA(algorithm)},
	{"bytes_in", &field_count, SA(bytes_in)},
	{"bytes_out", &field_count, SA(bytes_out)},
	{"packets_in", &field_count, SA(packets_in)},
	{"packets_out", &field_count, SA(packets_out)},
	{"installed", &field_number, SA(installed)},
	{"rekey", &field_number, SA(rekey)},
	{0},
};
static const struct field peer_fields[] = {
	{"address", &field_addr, PEER(pair.remote)},
	{"local", &field_addr_or_null, PEER(pair.local)},
	{"state", &field_text, PEER(state)},
	{"since", &field_integer, PEER(since)},
	{"sas", FIELD_LIST(struct ctl_peer, sas, sa_count, sa_fields)},
	{"last_error", &failure_kind, PEER(last_error)},
	{"next_retry", &field_number, PEER(next_retry)},
	{"last_acquire", &field_number, PEER(last_acquire)},
	{"last_failure", &field_number, PEER(last_failure)},
	{0},
};
static const struct field peer_list_fields[] = {
	{"peers", FIELD_LIST(struct ctl_peers, items, count, peer_fields)},
	{0},
};

json_t *ctl_json_sa(const struct ctl_sa *sa)
{
	return fields_write(sa_fields, sa);
}

json_t *ctl_json_peer(const struct ctl_peer *peer)
{
	return fields_write(peer_fields, peer);
}

char *ctl_proto_peers(const struct ctl_peers *peers)
{
	return writer_dump(fields_write(peer_list_fields, peers));
}

int ctl_proto_parse_peers(const char *text, size_t len, struct ctl_peers *ret_peers,
                          struct err *err)
{
	int error;

	memset(ret_peers, 0, sizeof(*ret_peers));
	error = parse_answer("peers", peer_list_fields, text, len, ret_peers, err);
	if (error)
		ctl_peers_fini(ret_peers);
	return error;
}

void ctl_peers_fini(struct ctl_peers *peers)
{
	size_t i;

	if (!peers)
		return;
	for (i = 0; i < peers->count; i++)
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
	json_t *root = reader_load(text, len, CTL_RESPONSE_MAX, reader.document, err);
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
	json_decref(root);
	return reader.error;
}
