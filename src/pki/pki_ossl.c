/* SPDX-License-Identifier: MIT */
/*
 * The one place that reads OpenSSL's error queue. Whoever sees an OpenSSL call fail asks here for
 * the reason, and so leaves the queue empty for the next caller.
 */
#include "xfrmd/pki/pki_ossl.h"

#include <stdio.h>

const char *pki_ossl_reason(char *text, size_t size)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	snprintf(text, size, "%s", reason ? reason : "OpenSSL gives no reason");
	ERR_clear_error();
	return text;
}
