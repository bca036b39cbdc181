/* SPDX-License-Identifier: MIT */
/*
 * Fills a certificate folder: ca.pem, ca.key, instance.pem, instance.key. Whatever can be refused
 * is refused before the first file is written, and what would be written has passed the daemon's
 * own checks.
 */
#include "xfrmd/pki/pki_issue.h"

#include <errno.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_folder.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/pki/pki_pem.h"
#include "xfrmd/pki/pki_sign.h"

static int prepare(const struct pki_issue *issue, const char *name, struct pki_pair *pair,
                   struct err *err)
{
	int r;

	r = pki_folder_check(issue->dir, err);
	if (r == 0)
		r = pki_pair_init(pair, issue->dir, name, err);
	if (r == 0 && !issue->force)
		r = pki_pair_check_absent(pair, !issue->csr, err);
	return r;
}

int pki_make_ca(const struct pki_issue *issue, struct err *err)
{
	struct pki_subject subject = {.cn = issue->cn, .days = issue->days, .now = issue->now};
	_cleanup_(pki_pair_fini) struct pki_pair pair = {0};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	struct pki_certs certs = {&cert, 1};
	int r;

	r = prepare(issue, "ca", &pair, err);
	if (r == 0)
		r = pki_key_generate(issue->key_type, &key, err);
	if (r == 0)
		r = pki_sign_ca(&subject, &key, pair.cert, &cert, err);
	return r < 0 ? r : pki_pair_write(&pair, &key, &certs, err);
}

static int load_authority(const struct pki_issue *issue, struct pki_authority *ret_authority,
                          struct err *err)
{
	_cleanup_(pki_pair_fini) struct pki_pair pair = {0};
	int r = pki_pair_init(&pair, issue->dir, "ca", err);

	return r < 0 ? r : pki_authority_load(pair.cert, pair.key, issue->now, ret_authority, err);
}

/* A request made elsewhere can hold a key that no host should use. */
static int check_result(const struct pki_certs *chain, const struct pki_certs *cas, int64_t now,
                        struct err *err)
{
	struct problems problems = {0};
	int r = pki_check_chain(chain, cas, now, &problems);

	if (r == 0 && problems.count)
		r = -EINVAL;
	return r < 0 ? pki_first_problem(r, &problems, err) : 0;
}

static int sign_request(const struct pki_issue *issue, const struct pki_subject *subject,
                        const struct pki_authority *ca, const char *file, struct pki_cert *ret_cert,
                        struct err *err)
{
	_cleanup_(cleanup_free) char *text = NULL;
	_cleanup_(cleanup_free) uint8_t *der = NULL;
	struct problems problems = {0};
	struct err reason = {0};
	size_t text_len, len;
	int r;

	r = file_read(issue->csr, PKI_FILE_MAX, &text, &text_len, err);
	if (r < 0)
		return r;
	r = pki_pem_request(issue->csr, text, text_len, &der, &len, &problems);
	if (r < 0)
		return pki_first_problem(r, &problems, err);
	r = pki_sign_request(subject, der, len, &ca->certs.items[ca->index], &ca->key, file,
	                     ret_cert, &reason);
	return r < 0 ? err_set(err, r, "%s: %s", issue->csr, reason.text) : 0;
}

int pki_make_instance(const struct pki_issue *issue, struct err *err)
{
	struct pki_subject subject = {
		.cn = issue->cn, .sans = &issue->sans, .days = issue->days, .now = issue->now};
	_cleanup_(pki_authority_fini) struct pki_authority ca = {0};
	_cleanup_(pki_pair_fini) struct pki_pair pair = {0};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	struct pki_certs certs = {&cert, 1};
	int r;

	r = prepare(issue, "instance", &pair, err);
	if (r == 0)
		r = load_authority(issue, &ca, err);
	if (r == 0 && !issue->csr)
		r = pki_key_generate(issue->key_type, &key, err);
	if (r < 0)
		return r;
	if (issue->csr)
		r = sign_request(issue, &subject, &ca, pair.cert, &cert, err);
	else
		r = pki_sign_instance(&subject, &key, &ca.certs.items[ca.index], &ca.key, pair.cert,
		                      &cert, err);
	if (r == 0)
		r = check_result(&certs, &ca.certs, issue->now, err);
	if (r < 0)
		return r;
	return issue->csr ? pki_certs_write(pair.cert, &certs, err)
	                  : pki_pair_write(&pair, &key, &certs, err);
}
