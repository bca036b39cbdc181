/* SPDX-License-Identifier: MIT */
/*
 * `xfrmpki show` and `xfrmpki dates`: what certificate files hold, without judging anything but
 * the days that are left. A file that cannot be read does not hide the others.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "json.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/pki/pki_load.h"

/* The default of [certificates] warn_days. */
#define WARN_DAYS_DEFAULT 14
#define DAY_S             86400

struct options {
	uint32_t warn_days;      /* 0: not given */
	const char *config_path; /* whose certificates are meant as well, or NULL */
	bool json;
	char **paths; /* a NULL ends them */
};

static int parse(int argc, char **argv, const struct parameter *parameters, struct options *options)
{
	int r = parse_parameters(argc, argv, parameters, NULL);

	if (r)
		return r;
	options->paths = argv + optind;
	if (optind == argc && !options->config_path)
		return usage_error(argv[0], "a file or directory is required");
	return 0;
}

/* Complains about what cannot be read; false when there was any such thing. */
static bool read_all(const struct options *options, struct pki_certs *certs)
{
	_cleanup_(problems_fini) struct problems problems = {0};
	bool complete = true;

	for (char **path = options->paths; *path; path++)
		if (pki_load_certs(*path, certs, &problems) < 0)
			complete = false;
	complain_all(&problems);
	return complete;
}

/* Those that a configuration names, and its warn_days. */
static bool read_config(const char *path, struct pki_certs *certs, uint32_t *warn_days)
{
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(conf_fini) struct conf conf = {0};
	bool complete = conf_ini_load(path, &conf, &problems) == 0;

	if (complete)
		*warn_days = conf.warn_days;
	if (complete && pki_load_certs(conf.instance_certificate, certs, &problems) < 0)
		complete = false;
	for (size_t i = 0; complete && i < conf.ca_certificates.count; i++)
		if (pki_load_certs(conf.ca_certificates.items[i], certs, &problems) < 0)
			complete = false;
	complain_all(&problems);
	return complete;
}

static void show(const struct pki_cert *cert, int64_t now)
{
	char label[512], begin[PKI_TIME_TEXT_MAX], end[PKI_TIME_TEXT_MAX];

	printf("%s\n", pki_cert_label(cert, label, sizeof(label)));
	printf("  subject      %s\n", cert->subject);
	printf("  issuer       %s\n", cert->issuer);
	printf("  serial       %s\n", cert->serial);
	printf("  role         %s%s\n", cert->is_ca ? "CA" : "instance",
	       cert->self_signed ? ", self-signed" : "");
	for (size_t i = 0; i < cert->sans.count; i++)
		printf("  name         %s\n", cert->sans.items[i]);
	printf("  key          %s\n", cert->key);
	printf("  signature    %s\n", cert->signature);
	printf("  valid from   %s\n", pki_time_format(cert->not_before, begin));
	printf("  valid until  %s (%lld days left)\n", pki_time_format(cert->not_after, end),
	       (long long)pki_cert_days_left(cert, now));
	printf("  fingerprint  %s\n", cert->fingerprint);
}

int cmd_show(int argc, char **argv)
{
	_cleanup_(pki_certs_fini) struct pki_certs certs = {0};
	struct options options = {0};
	const struct parameter parameters[] = {{"json", PARAMETER_FLAG, &options.json}, {0}};
	int64_t now = time(NULL);
	bool complete;
	int r;

	r = parse(argc, argv, parameters, &options);
	if (r)
		return r;
	complete = read_all(&options, &certs);
	if (options.json &&
	    json_print(json_pack("{so}", "certificates", json_of_certs(&certs, now))))
		return EXIT_STATUS_FAILED;
	for (size_t i = 0; !options.json && i < certs.count; i++)
		show(&certs.items[i], now);
	return complete ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}

static int compare_ends(const void *a, const void *b)
{
	const struct pki_cert *left = a, *right = b;

	return (left->not_after > right->not_after) - (left->not_after < right->not_after);
}

static const char *state(const struct pki_cert *cert, uint32_t warn_days, int64_t now)
{
	if (cert->not_after < now)
		return "expired";
	if (cert->not_before > now)
		return "not yet";
	return cert->not_after <= now + (int64_t)warn_days * DAY_S ? "due" : "ok";
}

static void print_dates(const struct pki_certs *certs, uint32_t warn_days, int64_t now)
{
	char label[512], end[PKI_TIME_TEXT_MAX];

	printf("%9s  %-8s %-20s  %s\n", "DAYS LEFT", "STATE", "VALID UNTIL", "CERTIFICATE");
	for (size_t i = 0; i < certs->count; i++) {
		const struct pki_cert *cert = &certs->items[i];

		printf("%9lld  %-8s %-20s  %s (%s)\n", (long long)pki_cert_days_left(cert, now),
		       state(cert, warn_days, now), pki_time_format(cert->not_after, end),
		       pki_cert_label(cert, label, sizeof(label)), cert->subject);
	}
}

static int print_dates_json(const struct pki_certs *certs, uint32_t warn_days, int64_t now)
{
	json_t *array = json_of_certs(certs, now);

	for (size_t i = 0; array && i < certs->count; i++) {
		const char *word = state(&certs->items[i], warn_days, now);

		if (json_object_set_new(json_array_get(array, i), "state", json_string(word)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return json_print(json_pack("{si so}", "warn_days", (int)warn_days, "certificates", array));
}

int cmd_dates(int argc, char **argv)
{
	_cleanup_(pki_certs_fini) struct pki_certs certs = {0};
	uint32_t warn_days = WARN_DAYS_DEFAULT;
	struct options options = {0};
	const struct parameter parameters[] = {{"json", PARAMETER_FLAG, &options.json},
	                                       {"config", PARAMETER_TEXT, &options.config_path},
	                                       {"warn-days", PARAMETER_DAYS, &options.warn_days},
	                                       {0}};
	int64_t now = time(NULL);
	bool healthy;
	int r;

	r = parse(argc, argv, parameters, &options);
	if (r)
		return r;
	healthy = read_all(&options, &certs);
	if (options.config_path && !read_config(options.config_path, &certs, &warn_days))
		healthy = false;
	if (options.warn_days)
		warn_days = options.warn_days;
	if (certs.count)
		qsort(certs.items, certs.count, sizeof(certs.items[0]), compare_ends);
	if (options.json) {
		if (print_dates_json(&certs, warn_days, now))
			return EXIT_STATUS_FAILED;
	} else if (certs.count) {
		print_dates(&certs, warn_days, now);
	}
	for (size_t i = 0; i < certs.count; i++)
		healthy &= strcmp(state(&certs.items[i], warn_days, now), "ok") == 0;
	return healthy ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}
