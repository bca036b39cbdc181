/* SPDX-License-Identifier: MIT */
/*
 * The JSON form of certificates, the same in every command: times are epoch seconds, lists are
 * always lists.
 */
#include "json.h"

#include <errno.h>
#include <stdio.h>

#include "cmd.h"

static json_t *list(char *const *items, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_array_append_new(array, json_string(items[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *object_of_cert(const struct pki_cert *cert, int64_t now)
{
	return json_pack("{ss si ss ss ss so ss ss sb ss sI sI sI}", "file", cert->file, "number",
	                 (int)cert->number, "subject", cert->subject, "issuer", cert->issuer,
	                 "serial", cert->serial, "sans", list(cert->sans.items, cert->sans.count),
	                 "key", cert->key, "signature", cert->signature, "ca", (int)cert->is_ca,
	                 "fingerprint", cert->fingerprint, "not_before",
	                 (json_int_t)cert->not_before, "not_after", (json_int_t)cert->not_after,
	                 "days_left", (json_int_t)pki_cert_days_left(cert, now));
}

json_t *json_of_certs(const struct pki_certs *certs, int64_t now)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < certs->count; i++) {
		if (json_array_append_new(array, object_of_cert(&certs->items[i], now)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

json_t *json_of_problems(const struct problems *problems)
{
	return list(problems->items, problems->count);
}

int json_print(json_t *json)
{
	int r = json ? json_dumpf(json, stdout, JSON_COMPACT) : -1;

	json_decref(json);
	if (r < 0) {
		complain("json: out of memory");
		return -ENOMEM;
	}
	putchar('\n');
	return 0;
}
