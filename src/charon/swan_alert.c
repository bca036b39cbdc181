/* SPDX-License-Identifier: MIT */
#include "xfrmd/charon/swan_alert.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"
#include "xfrmd/charon/vici_msg.h"

/*
 * Left out: `retransmit-send-timeout`, which liveness checks have as well and which is followed by
 * `peer-init-unreachable` in a negotiation; `cert-validation-failed`, after which charon goes on.
 */
static const struct {
	const char *type;
	enum swan_alert_kind kind;
	enum reason began, answered;
} alerts[] = {
	{"peer-init-unreachable", SWAN_ALERT_FAILED, REASON_NO_RESPONSE, REASON_NO_RESPONSE},
	{"half-open-timeout", SWAN_ALERT_FAILED, REASON_FELL_SILENT, REASON_FELL_SILENT},
	{"peer-addr-failed", SWAN_ALERT_FAILED, REASON_UNRESOLVED, REASON_UNRESOLVED},

	{"proposal-mismatch-ike", SWAN_ALERT_FAILED, REASON_IKE_PROPOSALS_REFUSED,
         REASON_IKE_PROPOSALS_UNACCEPTABLE},
	{"proposal-mismatch-child", SWAN_ALERT_FAILED, REASON_ESP_PROPOSALS_REFUSED,
         REASON_NO_COMMON_PROPOSAL},

	{"local-auth-failed", SWAN_ALERT_GENERAL, REASON_CERT_REFUSED, REASON_CERT_REFUSED},
	{"peer-auth-failed", SWAN_ALERT_GENERAL, REASON_UNTRUSTED, REASON_UNTRUSTED},
	{"cert-expired", SWAN_ALERT_CERTIFICATE, REASON_CERT_DATES, REASON_CERT_DATES},
	{"cert-revoked", SWAN_ALERT_CERTIFICATE, REASON_REVOKED, REASON_REVOKED},
	{"cert-no-issuer", SWAN_ALERT_CERTIFICATE, REASON_UNKNOWN_CA, REASON_UNKNOWN_CA},
	{"cert-untrusted-root", SWAN_ALERT_CERTIFICATE, REASON_UNKNOWN_CA, REASON_UNKNOWN_CA},
	{"cert-exceeded-path-len", SWAN_ALERT_CERTIFICATE, REASON_CONSTRAINT, REASON_CONSTRAINT},
	{"cert-policy-violation", SWAN_ALERT_CERTIFICATE, REASON_CONSTRAINT, REASON_CONSTRAINT},

	{"ts-mismatch", SWAN_ALERT_FAILED, REASON_TS_REFUSED, REASON_TS_UNACCEPTABLE},
	{"install-child-sa-failed", SWAN_ALERT_FAILED, REASON_KERNEL_SA, REASON_KERNEL_SA},
	{"keep-on-child-sa-failure", SWAN_ALERT_GENERAL, REASON_NO_CHILD, REASON_NO_CHILD},
};

static int find_type(const char *type, struct swan_alert *alert)
{
	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		if (strcmp(type, alerts[i].type) != 0)
			continue;
		alert->kind = alerts[i].kind;
		alert->began = alerts[i].began;
		alert->answered = alerts[i].answered;
		return 0;
	}
	return -ENOENT;
}

/* Of the section inside `ike-sa`. */
static int find_name(const void *message, size_t len, char *ret_name, size_t size)
{
	struct vici_reader reader;
	struct vici_elem elem;

	vici_reader_init(&reader, message, len);
	do {
		if (vici_next(&reader, &elem) < 0)
			return -EBADMSG;
		if (elem.type == VICI_ELEM_SECTION_START && elem.depth == 1) {
			snprintf(ret_name, size, "%s", elem.name);
			return 0;
		}
	} while (elem.type != VICI_ELEM_END);
	return -ENOENT;
}

static int find_number(const void *message, size_t len, const char *path, uint32_t *ret_number)
{
	char text[16];
	uint64_t number;

	if (vici_find_text(message, len, path, text, sizeof(text)) < 0 ||
	    str_parse_u64(text, 1, UINT32_MAX, &number) < 0)
		return -EBADMSG;
	*ret_number = (uint32_t)number;
	return 0;
}

/* "%any" stays unknown. */
static int find_host(const void *message, size_t len, const char *path, struct addr *ret_addr)
{
	char text[ADDR_TEXT_MAX];
	int error = vici_find_text(message, len, path, text, sizeof(text));

	if (error)
		return -EBADMSG;
	(void)addr_parse(text, ret_addr);
	return 0;
}

int swan_event_alert(const void *message, size_t len, struct swan_alert *ret_alert)
{
	struct swan_alert alert = {0};
	char type[32];
	int error = vici_find_text(message, len, "type", type, sizeof(type));

	if (error)
		return error == -ERANGE ? -ENOENT : -EBADMSG;
	error = find_type(type, &alert);
	if (!error)
		error = find_name(message, len, alert.ike_name, sizeof(alert.ike_name));
	if (!error)
		error = find_number(message, len, "ike-sa/*/uniqueid", &alert.ike_id);
	if (!error)
		error = find_host(message, len, "ike-sa/*/local-host", &alert.pair.local);
	if (!error)
		error = find_host(message, len, "ike-sa/*/remote-host", &alert.pair.remote);
	if (error)
		return error;
	*ret_alert = alert;
	return 0;
}
