/* SPDX-License-Identifier: MIT */
/* `xfrmpki verify`: the very checks of xfrmd, every problem in one run. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "cmd.h"
#include "json.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_load.h"

struct verify {
	const char *cert;
	const char *key;
	struct strlist cas;
	bool json;
};

static void cleanup_verify(struct verify *verify)
{
	strlist_fini(&verify->cas);
}

static int parse(int argc, char **argv, struct verify *verify)
{
	const struct parameter parameters[] = {
		{"cert", PARAMETER_TEXT, &verify->cert},
		{"key", PARAMETER_TEXT, &verify->key},
		{"ca", PARAMETER_LIST, &verify->cas},
		{"json", PARAMETER_FLAG, &verify->json},
		{0},
	};
	int r = parse_parameters(argc, argv, parameters, NULL);

	if (r)
		return r;
	if (optind < argc)
		return usage_error(argv[0], "%s: unexpected argument", argv[optind]);
	if (!verify->cert || !verify->key || !verify->cas.count)
		return usage_error(argv[0], "%s is required",
		                   !verify->cert  ? "--cert"
		                   : !verify->key ? "--key"
		                                  : "--ca");
	return 0;
}

/* Who signed @cert: the rest of its chain or a CA. The bundle was verified, so there is one. */
static const char *signer_name(const struct pki_cert *cert, const struct pki_bundle *bundle)
{
	const struct pki_certs *candidates[] = {&bundle->cas, &bundle->chain};
	const struct pki_cert *signer = NULL;
	bool named;

	for (size_t i = 0; !signer && i < 2; i++)
		if (pki_find_signer(cert, candidates[i], &signer, &named) < 0)
			break;
	return signer ? signer->subject : cert->issuer;
}

static void print_certs(const struct pki_certs *certs, const struct pki_bundle *bundle, int64_t now)
{
	char label[512], begin[PKI_TIME_TEXT_MAX], end[PKI_TIME_TEXT_MAX];

	for (size_t i = 0; i < certs->count; i++) {
		const struct pki_cert *cert = &certs->items[i];

		printf("%s: ok: \"%s\" signed by \"%s\", %s, valid from %s until %s, %lld days left\n",
		       pki_cert_label(cert, label, sizeof(label)), cert->subject,
		       signer_name(cert, bundle), cert->key,
		       pki_time_format(cert->not_before, begin),
		       pki_time_format(cert->not_after, end),
		       (long long)pki_cert_days_left(cert, now));
	}
}

static int print_json(const struct pki_bundle *bundle, const struct problems *problems, int64_t now)
{
	/* json_pack() fails on a part that is NULL, and releases the others */
	return json_print(json_pack("{sb so so so}", "ok", !problems_any(problems), "problems",
	                            json_of_problems(problems), "chain",
	                            json_of_certs(&bundle->chain, now), "cas",
	                            json_of_certs(&bundle->cas, now)));
}

int cmd_verify(int argc, char **argv)
{
	_cleanup_(cleanup_verify) struct verify verify = {0};
	_cleanup_(pki_bundle_fini) struct pki_bundle bundle = {0};
	_cleanup_(problems_fini) struct problems problems = {0};
	int64_t now = time(NULL);
	int r;

	r = parse(argc, argv, &verify);
	if (r)
		return r;
	r = pki_trust(verify.cert, verify.key, &verify.cas, &problems, &problems, &problems);
	if (r == 0)
		r = pki_load(verify.cert, verify.key, &verify.cas, now, &bundle, &problems);
	if (r == 0 && problems_any(&problems))
		r = -EINVAL;
	if (r == -ENOMEM)
		problems.out_of_memory = true;
	if (verify.json) {
		if (print_json(&bundle, &problems, now))
			return EXIT_STATUS_FAILED;
	} else if (r == 0) {
		print_certs(&bundle.chain, &bundle, now);
		print_certs(&bundle.cas, &bundle, now);
	} else {
		complain_all(&problems);
	}
	return r < 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}
