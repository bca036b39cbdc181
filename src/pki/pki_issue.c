/* SPDX-License-Identifier: MIT */
/*
 * The certificate folder as xfrmpki makes it: ca.pem, ca.key, instance.pem, instance.key. Whatever
 * can be refused is refused before the first file is written; the key is written before its
 * certificate, so a certificate without its key never exists.
 */
#include "xfrmd/pki_issue.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xfrmd/cleanup.h"
#include "xfrmd/file.h"
#include "xfrmd/pki_check.h"
#include "xfrmd/pki_load.h"
#include "xfrmd/pki_pem.h"
#include "xfrmd/pki_sign.h"

/* The paths of one certificate and its key. */
struct pair {
	char *cert;
	char *key;
};

static void cleanup_pair(struct pair *pair)
{
	free(pair->cert);
	free(pair->key);
}

static int name_pair(const char *dir, const char *name, struct pair *pair, struct err *err)
{
	if (asprintf(&pair->cert, "%s/%s.pem", dir, name) < 0)
		pair->cert = NULL;
	if (asprintf(&pair->key, "%s/%s.key", dir, name) < 0)
		pair->key = NULL;
	return pair->cert && pair->key ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int check_absent(const struct pair *pair, struct err *err)
{
	const char *paths[] = {pair->key, pair->cert};
	struct stat status;

	for (size_t i = 0; i < 2; i++)
		if (lstat(paths[i], &status) == 0)
			return err_set(err, -EEXIST, "%s: exists, expected none without --force",
			               paths[i]);
	return 0;
}

static int check_directory(const char *dir, struct err *err)
{
	struct stat status;

	if (stat(dir, &status) < 0)
		return err_set(err, -errno, "%s: %s, expected a directory", dir, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return err_set(err, -ENOTDIR, "%s: is no directory, expected one", dir);
	return 0;
}

static int write_pair(const struct pair *pair, const struct pki_key *key,
                      const struct pki_cert *cert, struct err *err)
{
	_cleanup_(cleanup_free) char *cert_text = NULL;
	char *key_text = NULL;
	int r;

	r = pki_pem_format("CERTIFICATE", cert->der, cert->der_len, &cert_text);
	if (r == 0)
		r = pki_pem_format("PRIVATE KEY", key->der, key->der_len, &key_text);
	if (r < 0)
		return err_set(err, r, "out of memory");
	r = file_write_atomic(pair->key, 0600, key_text, strlen(key_text), err);
	OPENSSL_cleanse(key_text, strlen(key_text));
	free(key_text);
	if (r == 0)
		r = file_write_atomic(pair->cert, 0644, cert_text, strlen(cert_text), err);
	return r;
}

static int prepare(const struct pki_issue *issue, const char *name, struct pair *ret_pair,
                   struct err *err)
{
	int r;

	r = check_directory(issue->dir, err);
	if (r == 0)
		r = name_pair(issue->dir, name, ret_pair, err);
	if (r == 0 && !issue->force)
		r = check_absent(ret_pair, err);
	return r;
}

/* A single sentence for a caller that stops at the first problem. */
static int first_problem(int code, struct problems *problems, struct err *err)
{
	if (problems->count)
		err_set(err, code, "%s", problems->items[0]);
	else
		err_set(err, code, "%s", strerror(-code));
	problems_fini(problems);
	return code;
}

/* The certificate of ca.pem that owns ca.key, fit to sign. */
static int find_ca(const struct pair *pair, const struct pki_certs *certs,
                   const struct pki_key *key, int64_t now, const struct pki_cert **ret_ca,
                   struct problems *problems)
{
	size_t owner;
	int r;

	r = pki_find_owner(certs, key, &owner);
	if (r < 0)
		return r;
	if (owner == certs->count) {
		problems_add(problems,
		             "%s: belongs to no certificate in %s, expected its private key",
		             pair->key, pair->cert);
		return -EINVAL;
	}
	r = pki_check_ca(&certs->items[owner], now, problems);
	if (r == 0 && problems->count)
		r = -EINVAL;
	if (r == 0)
		*ret_ca = &certs->items[owner];
	return r;
}

/* The CA of a folder. */
struct authority {
	struct pki_certs certs; /* all that ca.pem holds */
	const struct pki_cert *cert;
	struct pki_key key;
};

static void cleanup_authority(struct authority *authority)
{
	pki_certs_fini(&authority->certs);
	pki_key_fini(&authority->key);
}

static int load_authority(const struct pki_issue *issue, struct authority *authority,
                          struct err *err)
{
	_cleanup_(cleanup_pair) struct pair pair = {0};
	struct problems problems = {0};
	int r;

	r = name_pair(issue->dir, "ca", &pair, err);
	if (r < 0)
		return r;
	r = pki_load_certs(pair.cert, &authority->certs, &problems);
	if (r == 0)
		r = pki_load_key(pair.key, &authority->key, &problems);
	if (r == 0)
		r = find_ca(&pair, &authority->certs, &authority->key, issue->now, &authority->cert,
		            &problems);
	return r < 0 ? first_problem(r, &problems, err) : 0;
}

int pki_make_ca(const struct pki_issue *issue, struct err *err)
{
	struct pki_subject subject = {issue->cn, &issue->sans, issue->days, issue->now};
	_cleanup_(cleanup_pair) struct pair pair = {0};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	int r;

	r = prepare(issue, "ca", &pair, err);
	if (r == 0)
		r = pki_key_generate(issue->key_type, &key, err);
	if (r == 0)
		r = pki_sign_ca(&subject, &key, pair.cert, &cert, err);
	return r < 0 ? r : write_pair(&pair, &key, &cert, err);
}

int pki_make_instance(const struct pki_issue *issue, struct err *err)
{
	struct pki_subject subject = {issue->cn, &issue->sans, issue->days, issue->now};
	_cleanup_(cleanup_authority) struct authority ca = {0};
	_cleanup_(cleanup_pair) struct pair pair = {0};
	_cleanup_(pki_cert_fini) struct pki_cert cert = {0};
	_cleanup_(pki_key_fini) struct pki_key key = {0};
	int r;

	r = prepare(issue, "instance", &pair, err);
	if (r == 0)
		r = load_authority(issue, &ca, err);
	if (r == 0)
		r = pki_key_generate(issue->key_type, &key, err);
	if (r == 0)
		r = pki_sign_instance(&subject, &key, ca.cert, &ca.key, pair.cert, &cert, err);
	return r < 0 ? r : write_pair(&pair, &key, &cert, err);
}
