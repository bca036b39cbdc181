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
#include "json_reader.h"
#include "json_writer.h"
#include "xfrmd/base/buf.h"

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

static json_t *certificates_json(const struct ctl_status *status)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < status->certificate_count; i++) {
		const struct ctl_certificate *certificate = &status->certificates[i];
		json_t *object = json_object();

		writer_put(&object, "file", writer_text(certificate->file));
		writer_put(&object, "role", json_string(certificate->role));
		writer_put(&object, "subject", writer_text(certificate->subject));
		writer_put(&object, "not_after", json_integer(certificate->not_after));
		writer_put(&object, "days_left", json_integer(certificate->days_left));
		writer_append(&list, object);
	}
	return list;
}

static json_t *reload_json(const struct ctl_status *status)
{
	json_t *object;

	if (!status->reload_time)
		return json_null();
	object = json_object();
	writer_put(&object, "time", json_integer(status->reload_time));
	writer_put(&object, "ok", json_boolean(status->reload_ok));
	writer_put(&object, "errors", writer_texts(&status->reload_errors));
	return object;
}

static json_t *try_json(const struct ctl_status *status)
{
	json_t *object;

	if (!status->trying)
		return json_null();
	object = json_object();
	writer_put(&object, "ends", json_integer(status->try_ends));
	writer_put(&object, "copied", json_boolean(status->try_copied));
	return object;
}

static json_t *stopping_json(const struct ctl_status *status)
{
	json_t *object;

	if (!status->stopping)
		return json_null();
	object = json_object();
	writer_put(&object, "wait_ends", writer_number_or_null(status->stopping_ends));
	writer_put(&object, "jobs", writer_texts(&status->stopping_jobs));
	return object;
}

/* The objects of the status that are mostly counters. */
static void put_counters(json_t **root, const struct ctl_status *status)
{
	json_t *charon = json_object(), *policies = json_object(), *peers = json_object();
	json_t *acquires = json_object(), *change = json_object();

	writer_put(&charon, "running", json_boolean(status->charon_running));
	writer_put(&charon, "pid", writer_number_or_null(status->charon_pid));
	writer_put(&charon, "restarts", writer_count(status->charon_restarts));
	writer_put(&policies, "desired", writer_count(status->policies_desired));
	writer_put(&policies, "installed", writer_count(status->policies_installed));
	writer_put(&policies, "drift", writer_count(status->policies_drift));
	writer_put(&policies, "repaired", writer_count(status->policies_repaired));
	writer_put(&policies, "foreign", writer_count(status->policies_foreign));
	writer_put(&peers, "up", writer_count(status->peers_up));
	writer_put(&peers, "negotiating", writer_count(status->peers_negotiating));
	writer_put(&peers, "failed", writer_count(status->peers_failed));
	writer_put(&peers, "repaired", writer_count(status->peers_repaired));
	writer_put(&acquires, "received", writer_count(status->acquires_received));
	writer_put(&acquires, "deduplicated", writer_count(status->acquires_deduplicated));
	writer_put(&acquires, "lost", writer_count(status->acquires_lost));
	writer_put(&change, "added", writer_count(status->last_added));
	writer_put(&change, "updated", writer_count(status->last_updated));
	writer_put(&change, "deleted", writer_count(status->last_deleted));
	writer_put(&change, "duration_us", writer_count(status->last_apply_us));
	writer_put(root, "charon", charon);
	writer_put(root, "policies", policies);
	writer_put(root, "peers", peers);
	writer_put(root, "acquires", acquires);
	writer_put(root, "last_change", change);
}

char *ctl_proto_status(const struct ctl_status *status)
{
	json_t *root = json_object();

	writer_put(&root, "ready", json_boolean(status->ready));
	writer_put(&root, "healthy", json_boolean(status->healthy));
	writer_put(&root, "problems", writer_texts(&status->problems));
	writer_put(&root, "warnings", writer_texts(&status->warnings));
	writer_put(&root, "mode", json_string(status->optional ? "optional" : "required"));
	put_counters(&root, status);
	writer_put(&root, "certificates", certificates_json(status));
	writer_put(&root, "last_reload", reload_json(status));
	writer_put(&root, "config_hash", writer_text_or_null(status->config_hash));
	writer_put(&root, "config_file",
	           writer_text_or_null(status->config_file ? status->config_file : ""));
	writer_put(&root, "try", try_json(status));
	writer_put(&root, "stopping", stopping_json(status));
	return writer_dump(root);
}

static void read_certificates(struct reader *reader, json_t *root, struct ctl_status *status)
{
	static const char *const roles[] = {"instance", "ca", "peer", NULL};
	json_t *list = reader_list(reader, root, "certificates");
	size_t i;

	status->certificates = reader_alloc(reader, json_array_size(list),
	                                    sizeof(*status->certificates));
	if (!status->certificates)
		return;
	for (i = 0; i < json_array_size(list); i++) {
		json_t *item = json_array_get(list, i);
		struct ctl_certificate *certificate = &status->certificates[i];

		status->certificate_count++;
		certificate->file = reader_text_copy(reader, item, "file");
		certificate->role = roles[reader_choice(reader, item, "role", roles)];
		certificate->subject = reader_text_copy(reader, item, "subject");
		certificate->not_after = reader_integer(reader, item, "not_after");
		certificate->days_left = reader_integer(reader, item, "days_left");
	}
}

static void read_reload(struct reader *reader, json_t *root, struct ctl_status *status)
{
	json_t *reload;

	if (reader_is_null(root, "last_reload"))
		return;
	reload = reader_object(reader, root, "last_reload");
	status->reload_time = reader_integer(reader, reload, "time");
	status->reload_ok = reader_bool(reader, reload, "ok");
	reader_texts(reader, reload, "errors", &status->reload_errors);
}

static void read_try(struct reader *reader, json_t *root, struct ctl_status *status)
{
	json_t *object;

	if (reader_is_null(root, "try"))
		return;
	object = reader_object(reader, root, "try");
	status->trying = true;
	status->try_ends = reader_integer(reader, object, "ends");
	status->try_copied = reader_bool(reader, object, "copied");
}

static void read_stopping(struct reader *reader, json_t *root, struct ctl_status *status)
{
	json_t *object;

	if (reader_is_null(root, "stopping"))
		return;
	object = reader_object(reader, root, "stopping");
	status->stopping = true;
	status->stopping_ends = reader_time(reader, object, "wait_ends");
	reader_texts(reader, object, "jobs", &status->stopping_jobs);
}

static void read_counters(struct reader *reader, json_t *root, struct ctl_status *status)
{
	json_t *charon = reader_object(reader, root, "charon");
	json_t *policies = reader_object(reader, root, "policies");
	json_t *peers = reader_object(reader, root, "peers");
	json_t *acquires = reader_object(reader, root, "acquires");
	const struct {
		json_t *object;
		const char *key;
		uint64_t *value;
	} counters[] = {
		{charon, "restarts", &status->charon_restarts},
		{policies, "desired", &status->policies_desired},
		{policies, "installed", &status->policies_installed},
		{policies, "drift", &status->policies_drift},
		{policies, "repaired", &status->policies_repaired},
		{peers, "up", &status->peers_up},
		{peers, "negotiating", &status->peers_negotiating},
		{peers, "failed", &status->peers_failed},
		{acquires, "received", &status->acquires_received},
		{acquires, "deduplicated", &status->acquires_deduplicated},
		{acquires, "lost", &status->acquires_lost},
	};
	size_t i;

	status->charon_running = reader_bool(reader, charon, "running");
	status->charon_pid = reader_time(reader, charon, "pid");
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		*counters[i].value = reader_count(reader, counters[i].object, counters[i].key,
		                                  INT64_MAX);
	status->policies_foreign = reader_number(reader, policies, "foreign", INT64_MAX);
	status->peers_repaired = reader_number(reader, peers, "repaired", INT64_MAX);
}

static void read_change(struct reader *reader, json_t *root, struct ctl_status *status)
{
	json_t *change;

	if (reader_is_null(root, "last_change"))
		return;
	change = reader_object(reader, root, "last_change");
	status->last_added = reader_count(reader, change, "added", INT64_MAX);
	status->last_updated = reader_count(reader, change, "updated", INT64_MAX);
	status->last_deleted = reader_count(reader, change, "deleted", INT64_MAX);
	status->last_apply_us = reader_count(reader, change, "duration_us", INT64_MAX);
}

int ctl_proto_parse_status(const char *text, size_t len, struct ctl_status *ret_status,
                           struct err *err)
{
	struct reader reader = {.document = "status", .err = err};
	json_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader);
	const char *mode;

	memset(ret_status, 0, sizeof(*ret_status));
	if (!reader.error) {
		ret_status->ready = reader_bool(&reader, root, "ready");
		ret_status->healthy = reader_bool(&reader, root, "healthy");
		reader_texts(&reader, root, "problems", &ret_status->problems);
		if (!reader_is_null(root, "warnings"))
			reader_texts(&reader, root, "warnings", &ret_status->warnings);
		mode = reader_text(&reader, root, "mode");
		ret_status->optional = strcmp(mode, "optional") == 0;
		if (!ret_status->optional && strcmp(mode, "required") != 0)
			reader_fail(&reader, "mode", "required or optional");
		read_counters(&reader, root, ret_status);
		read_change(&reader, root, ret_status);
		read_certificates(&reader, root, ret_status);
		read_reload(&reader, root, ret_status);
		reader_text_into(&reader, root, "config_hash", ret_status->config_hash,
		                 sizeof(ret_status->config_hash));
		if (!reader_is_null(root, "config_file"))
			ret_status->config_file = reader_text_copy(&reader, root, "config_file");
		read_try(&reader, root, ret_status);
		read_stopping(&reader, root, ret_status);
	}
	if (reader.error)
		ctl_status_fini(ret_status);
	json_decref(root);
	return reader.error;
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

json_t *ctl_json_sa(const struct ctl_sa *sa)
{
	json_t *object = json_object();

	writer_put(&object, "spi_in", writer_spi(sa->spi_in));
	writer_put(&object, "spi_out", writer_spi(sa->spi_out));
	writer_put(&object, "algorithm", writer_text(sa->algorithm));
	writer_put(&object, "bytes_in", writer_count(sa->bytes_in));
	writer_put(&object, "bytes_out", writer_count(sa->bytes_out));
	writer_put(&object, "packets_in", writer_count(sa->packets_in));
	writer_put(&object, "packets_out", writer_count(sa->packets_out));
	writer_put(&object, "installed", writer_number_or_null(sa->installed));
	writer_put(&object, "rekey", writer_number_or_null(sa->rekey));
	return object;
}

json_t *ctl_json_peer(const struct ctl_peer *peer)
{
	json_t *object = json_object(), *sas = json_array();
	char words[FAILURE_WORDS_MAX];
	size_t i;

	for (i = 0; i < peer->sa_count; i++)
		writer_append(&sas, ctl_json_sa(&peer->sas[i]));
	writer_put(&object, "address", writer_addr(&peer->address));
	writer_put(&object, "local", writer_addr(&peer->local));
	writer_put(&object, "state", json_string(peer->state));
	writer_put(&object, "since", json_integer(peer->since));
	writer_put(&object, "sas", sas);
	writer_put(&object, "last_error",
	           writer_text_or_null(failure_words(&peer->last_error, words)));
	writer_put(&object, "next_retry", writer_number_or_null(peer->next_retry));
	writer_put(&object, "last_acquire", writer_number_or_null(peer->last_acquire));
	writer_put(&object, "last_failure", writer_number_or_null(peer->last_failure));
	return object;
}

char *ctl_proto_peers(const struct ctl_peers *peers)
{
	json_t *root = json_object(), *list = json_array();
	size_t i;

	for (i = 0; i < peers->count; i++)
		writer_append(&list, ctl_json_peer(&peers->items[i]));
	writer_put(&root, "peers", list);
	return writer_dump(root);
}

static void read_sas(struct reader *reader, json_t *object, struct ctl_peer *peer)
{
	json_t *list = reader_list(reader, object, "sas");
	size_t i;

	peer->sas = reader_alloc(reader, json_array_size(list), sizeof(*peer->sas));
	if (!peer->sas)
		return;
	peer->sa_count = json_array_size(list);
	for (i = 0; i < peer->sa_count; i++) {
		json_t *item = json_array_get(list, i);
		struct ctl_sa *sa = &peer->sas[i];

		sa->spi_in = reader_spi(reader, item, "spi_in");
		sa->spi_out = reader_spi(reader, item, "spi_out");
		reader_text_into(reader, item, "algorithm", sa->algorithm, sizeof(sa->algorithm));
		sa->bytes_in = reader_count(reader, item, "bytes_in", INT64_MAX);
		sa->bytes_out = reader_count(reader, item, "bytes_out", INT64_MAX);
		sa->packets_in = reader_count(reader, item, "packets_in", INT64_MAX);
		sa->packets_out = reader_count(reader, item, "packets_out", INT64_MAX);
		sa->installed = reader_time(reader, item, "installed");
		sa->rekey = reader_time(reader, item, "rekey");
	}
}

static void read_peer(struct reader *reader, json_t *object, struct ctl_peer *peer)
{
	char words[FAILURE_WORDS_MAX] = "";

	peer->address = reader_addr(reader, object, "address");
	peer->local = reader_addr(reader, object, "local");
	if (!peer->address.family)
		reader_fail(reader, "address", "an address");
	reader_text_into(reader, object, "state", peer->state, sizeof(peer->state));
	peer->since = reader_integer(reader, object, "since");
	read_sas(reader, object, peer);
	reader_text_into(reader, object, "last_error", words, sizeof(words));
	peer->last_error = failure_of_words(words);
	peer->next_retry = reader_time(reader, object, "next_retry");
	peer->last_acquire = reader_time(reader, object, "last_acquire");
	peer->last_failure = reader_time(reader, object, "last_failure");
}

int ctl_proto_parse_peers(const char *text, size_t len, struct ctl_peers *ret_peers,
                          struct err *err)
{
	struct reader reader = {.document = "peers", .err = err};
	json_t *root = reader_load_answer(text, len, CTL_RESPONSE_MAX, &reader), *list;
	size_t i;

	memset(ret_peers, 0, sizeof(*ret_peers));
	if (reader.error)
		goto out;
	list = reader_list(&reader, root, "peers");
	ret_peers->items = reader_alloc(&reader, json_array_size(list), sizeof(*ret_peers->items));
	if (!ret_peers->items)
		goto out;
	ret_peers->count = json_array_size(list);
	for (i = 0; i < ret_peers->count; i++)
		read_peer(&reader, json_array_get(list, i), &ret_peers->items[i]);
	if (reader.error)
		ctl_peers_fini(ret_peers);
out:
	json_decref(root);
	return reader.error;
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
