/* SPDX-License-Identifier: MIT */
/* The thresholds before a certificate's end. */
#include "xfrmd/conf/expiry.h"

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
	static const enum log_level levels[] = {
		[EXPIRY_FAR] = LOG_LEVEL_DEBUG,       [EXPIRY_INFO] = LOG_LEVEL_INFO,
		[EXPIRY_WARNING] = LOG_LEVEL_WARNING, [EXPIRY_ERROR] = LOG_LEVEL_ERROR,
		[EXPIRY_CRITICAL] = LOG_LEVEL_ERROR,  [EXPIRY_OVER] = LOG_LEVEL_ERROR,
	};

	return levels[expiry];
}
