/* SPDX-License-Identifier: MIT */
/*
 * The JSON form of certificates, the same in every command: times are epoch seconds, lists are
 * always lists.
 */
#include "json.h"

#include <stdio.h>

#include "../ctl/json_writer.h"
#include "complain.h"

static json_t *object_of_cert(const struct pki_cert *cert, int64_t now)
{
	json_t *object = json_object();

	writer_put(&object, "file", writer_text(cert->file));
	writer_put(&object, "number", writer_count(cert->number));
	writer_put(&object, "subject", writer_text(cert->subject));
	writer_put(&object, "issuer", writer_text(cert->issuer));
	writer_put(&object, "serial", writer_text(cert->serial));
	writer_put(&object, "sans", writer_texts(&cert->sans));
	writer_put(&object, "key", writer_text(cert->key));
	writer_put(&object, "signature", writer_text(cert->signature));
	writer_put(&object, "ca", json_boolean(cert->is_ca));
	writer_put(&object, "fingerprint", writer_text(cert->fingerprint));
	writer_put(&object, "not_before", json_integer(cert->not_before));
	writer_put(&object, "not_after", json_integer(cert->not_after));
	writer_put(&object, "days_left", json_integer(pki_cert_days_left(cert, now)));
	return object;
}

json_t *json_of_certs(const struct pki_certs *certs, int64_t now)
{
	json_t *array = json_array();

	for (size_t i = 0; i < certs->count; i++)
		writer_append(&array, object_of_cert(&certs->items[i], now));
	return array;
}

json_t *json_of_problems(const struct problems *problems)
{
	return writer_texts(&(struct strlist){problems->items, problems->count});
}

int json_print(json_t *json)
{
	int r = json ? json_dumpf(json, stdout, JSON_COMPACT) : -1;

	json_decref(json);
	if (r < 0)
		return complain("json: out of memory");
	putchar('\n');
	return EXIT_STATUS_OK;
}
