/* SPDX-License-Identifier: MIT */
/*
 * Watches the end of every certificate that matters: our own, the CAs, and those that peers showed
 * in IKE, so that each host warns about the fleet. Said at the start, after a reload and once a
 * day.
 */
#include <errno.h>
#include <string.h>

#include "daemon.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/conf/expiry.h"

#define DAY_MS         (24u * 3600 * 1000)
/* charon is asked for its certificates once for a burst of new peers. */
#define LIST_DELAY_MS  2000
/* One certificate per host of a large fleet. */
#define PEER_CERTS_MAX 4096

static void log_expiry(const struct daemon *daemon, const struct pki_cert *cert, const char *role)
{
	int64_t now = clock_now_epoch();
	enum expiry expiry = expiry_of(&daemon->conf, cert->not_after, now);
	char date[PKI_TIME_TEXT_MAX];

	pki_time_format(cert->not_after, date);
	if (expiry == EXPIRY_OVER)
		log_error("certificate: %s: %s: expired on %s role=%s", cert->file, cert->subject,
		          date, role);
	else if (expiry != EXPIRY_FAR)
		log_at(expiry_log_level(expiry),
		       "certificate: %s: %s: expires in %lld days, on %s%s role=%s", cert->file,
		       cert->subject, (long long)pki_cert_days_left(cert, now), date,
		       expiry == EXPIRY_CRITICAL ? ", critical" : "", role);
}

void certificates_log(void *ctx)
{
	struct daemon *daemon = ctx;
	const struct pki_certs *chain = &daemon->bundle.chain, *cas = &daemon->bundle.cas;

	for (size_t i = 0; i < chain->count; i++)
		log_expiry(daemon, &chain->items[i], i == 0 ? "instance" : "ca");
	for (size_t i = 0; i < cas->count; i++)
		log_expiry(daemon, &cas->items[i], "ca");
	for (size_t i = 0; i < daemon->peer_certs.count; i++)
		log_expiry(daemon, &daemon->peer_certs.items[i], "peer");
	loop_timer_start(daemon->expiry_timer, DAY_MS);
}

void certificates_on_peer_up(struct daemon *daemon)
{
	loop_timer_start(daemon->list_certs_timer, LIST_DELAY_MS);
}

void certificates_list(void *ctx)
{
	struct daemon *daemon = ctx;

	negotiator_list_certs(daemon->negotiator);
}

static bool holds(const struct pki_certs *certs, const struct pki_cert *cert)
{
	for (size_t i = 0; i < certs->count; i++)
		if (strcmp(certs->items[i].fingerprint, cert->fingerprint) == 0)
			return true;
	return false;
}

void certificates_on_cert(void *ctx, const void *der, size_t len)
{
	struct daemon *daemon = ctx;
	struct pki_cert cert = {0};
	struct err err;

	if (pki_cert_decode(der, len, "seen in IKE", 0, &cert, &err) < 0)
		return;
	if (!cert.is_ca && daemon->peer_certs.count < PEER_CERTS_MAX &&
	    !holds(&daemon->bundle.chain, &cert) && !holds(&daemon->peer_certs, &cert)) {
		log_expiry(daemon, &cert, "peer");
		if (pki_certs_add(&daemon->peer_certs, &cert) == 0)
			return;
	}
	pki_cert_fini(&cert);
}
