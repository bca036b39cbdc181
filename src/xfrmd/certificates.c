/* SPDX-License-Identifier: MIT */
/*
 * Watches the end of every certificate that matters: our own, the CAs, and those that peers showed
 * in IKE, so that each host warns about the fleet. Said at the start, after a reload and once a
 * day.
 */
#include "xfrmd/xfrmd/certificates.h"

#include "xfrmd/base/clock.h"
#include "xfrmd/base/log.h"
#include "xfrmd/conf/expiry.h"

#define DAY_MS         (24u * 3600 * 1000)
/* charon is asked for its certificates once for a burst of new peers. */
#define LIST_DELAY_MS  2000
/* One certificate per host of a large fleet. */
#define PEER_CERTS_MAX 4096

struct certificates {
	struct loop_timer *expiry_timer;
	struct loop_timer *list_timer;
	struct pki_certs peers; /* as seen in IKE, none of ours */
};

const struct pki_cert *certificates_at(const struct daemon *daemon, size_t i, const char **ret_role)
{
	const struct pki_bundle *bundle = &daemon->settings.bundle;
	const struct {
		const struct pki_certs *certs;
		const char *role;
	} lists[] = {{&bundle->chain, i == 0 ? "instance" : "ca"},
	             {&bundle->cas, "ca"},
	             {&daemon->parts.certificates->peers, "peer"}};

	for (size_t n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
		*ret_role = lists[n].role;
		if (i < lists[n].certs->count)
			return &lists[n].certs->items[i];
		i -= lists[n].certs->count;
	}
	return NULL;
}

static void log_expiry(const struct daemon *daemon, const struct pki_cert *cert, const char *role)
{
	int64_t now = clock_now_epoch();
	enum expiry expiry = expiry_of(&daemon->settings.conf, cert->not_after, now);
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
	const struct pki_cert *cert;
	const char *role;

	for (size_t i = 0; (cert = certificates_at(daemon, i, &role)); i++)
		log_expiry(daemon, cert, role);
	loop_timer_start(daemon->parts.certificates->expiry_timer, DAY_MS);
}

void certificates_on_peer_up(struct daemon *daemon)
{
	loop_timer_start(daemon->parts.certificates->list_timer, LIST_DELAY_MS);
}

static void on_list(void *ctx)
{
	struct daemon *daemon = ctx;

	negotiator_list_certs(daemon->negotiator);
}

void certificates_on_cert(void *ctx, const void *der, size_t len)
{
	struct daemon *daemon = ctx;
	struct pki_certs *peers = &daemon->parts.certificates->peers;
	struct pki_cert cert = {0};
	struct err err;

	if (pki_cert_decode(der, len, "seen in IKE", 0, &cert, &err) < 0)
		return;
	if (!cert.is_ca && peers->count < PEER_CERTS_MAX &&
	    !pki_certs_has(&daemon->settings.bundle.chain, &cert) && !pki_certs_has(peers, &cert)) {
		log_expiry(daemon, &cert, "peer");
		if (pki_certs_add(peers, &cert) == 0)
			return;
	}
	pki_cert_fini(&cert);
}

static void close_part(struct daemon *daemon)
{
	pki_certs_fini(&daemon->parts.certificates->peers);
}

const struct part certificates_part = {
	PART(certificates), .close = close_part,
	.timers = {{certificates_log, offsetof(struct certificates, expiry_timer)},
                   {on_list, offsetof(struct certificates, list_timer)}}};
