/* SPDX-License-Identifier: MIT */
/* How long the certificates are valid, and whether the instance certificate is of this host. */
#include "xfrmd/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_MAX 200

/* By the thresholds of [certificates]; false: far away. */
static bool severity_of(const struct conf *conf, int64_t days, enum finding_severity *ret_severity)
{
	if (days < 0 || days < conf->critical_days)
		*ret_severity = FINDING_SERIOUS;
	else if (days < conf->error_days || days < conf->warn_days)
		*ret_severity = FINDING_WARNING;
	else if (days < conf->info_days)
		*ret_severity = FINDING_NOTE;
	else
		return false;
	return true;
}

static void judge_end(const struct doctor_facts *facts, const struct pki_cert *cert, bool is_ca,
                      struct findings *findings)
{
	int64_t days = pki_cert_days_left(cert, facts->now);
	char label[LABEL_MAX], file[LABEL_MAX], end[PKI_TIME_TEXT_MAX];
	enum finding_severity severity;

	if (!severity_of(&facts->conf, days, &severity))
		return;
	str_escape(pki_cert_label(cert, label, sizeof(label)), file, sizeof(file));
	findings_add(findings, severity, "certificate",
	             "%s: valid until %s, %" PRId64 " days from now\n"
	             "%s\n"
	             "%s",
	             file, pki_time_format(cert->not_after, end), days,
	             is_ca ? "from then on no certificate of this CA is trusted"
	                   : "from then on no peer accepts this host",
	             is_ca ? "begin its rotation now: `xfrmpki rotate`, see xfrmpki(1)"
	                   : "issue a new one: `xfrmpki issue`, then `xfrmctl reload`");
}

static bool is_own(const struct doctor_facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->addr_count; i++)
		if (addr_equal(&facts->addrs[i].addr, addr))
			return true;
	return false;
}

/* Certificates that name addresses, and none of this host's, were made for another host. */
static void judge_names(const struct doctor_facts *facts, struct findings *findings)
{
	const struct pki_cert *cert = &facts->bundle.chain.items[0];
	char label[LABEL_MAX], file[LABEL_MAX];
	const char *first = NULL;

	for (size_t i = 0; i < cert->sans.count; i++) {
		const char *name = cert->sans.items[i];
		struct addr addr;

		if (strncmp(name, "IP:", 3) != 0 || addr_parse(name + 3, &addr) < 0)
			continue;
		if (is_own(facts, &addr))
			return;
		if (!first)
			first = name + 3;
	}
	if (!first)
		return;
	findings_add(findings, FINDING_NOTE, "certificate",
	             "%s names %s, which is no address of this host\n"
	             "xfrmd trusts the CA and no names, but this may be the certificate of another "
	             "host\n"
	             "issue one for this host if so: `xfrmpki issue --san IP`",
	             str_escape(pki_cert_label(cert, label, sizeof(label)), file, sizeof(file)),
	             first);
}

void doctor_judge_certificates(const struct doctor_facts *facts, struct findings *findings)
{
	const struct pki_certs *chain = &facts->bundle.chain, *cas = &facts->bundle.cas;

	if (problems_any(&facts->conf_problems) || !chain->count)
		return;
	for (size_t i = 0; i < chain->count; i++)
		judge_end(facts, &chain->items[i], i > 0, findings);
	for (size_t i = 0; i < cas->count; i++)
		judge_end(facts, &cas->items[i], true, findings);
	judge_names(facts, findings);
}
