/* SPDX-License-Identifier: MIT */
/* The thresholds before a certificate's end, and what it explains when it has come. */
#include "xfrmd/expiry.h"

#include <stdio.h>
#include <string.h>

#include "xfrmd/pki_cert.h"
#include "xfrmd/swan_event.h"

#define DAY_S 86400

enum expiry expiry_of(const struct conf *conf, int64_t not_after, int64_t now)
{
	int64_t left_s = not_after - now;

	if (left_s <= 0)
		return EXPIRY_OVER;
	if (left_s < (int64_t)conf->critical_days * DAY_S)
		return EXPIRY_CRITICAL;
	if (left_s < (int64_t)conf->error_days * DAY_S)
		return EXPIRY_ERROR;
	if (left_s < (int64_t)conf->warn_days * DAY_S)
		return EXPIRY_WARNING;
	if (left_s < (int64_t)conf->info_days * DAY_S)
		return EXPIRY_INFO;
	return EXPIRY_FAR;
}

enum log_level expiry_log_level(enum expiry expiry)
{
	switch (expiry) {
	case EXPIRY_FAR:
		return LOG_LEVEL_DEBUG;
	case EXPIRY_INFO:
		return LOG_LEVEL_INFO;
	case EXPIRY_WARNING:
		return LOG_LEVEL_WARNING;
	case EXPIRY_ERROR:
	case EXPIRY_CRITICAL:
	case EXPIRY_OVER:
		return LOG_LEVEL_ERROR;
	}
	return LOG_LEVEL_ERROR;
}

const char *expiry_explain(const char *words, int64_t not_after, int64_t now, char *text,
                           size_t size)
{
	char date[PKI_TIME_TEXT_MAX];

	if (not_after > now || strcmp(words, SWAN_REASON_REFUSED) != 0)
		return words;
	snprintf(text, size, "%s, which expired on %s", words, pki_time_format(not_after, date));
	return text;
}
