/* SPDX-License-Identifier: MIT */
/*
 * The files of a certificate folder: how they are called, read together and written. Files appear
 * whole or not at all, and a private key is nowhere readable by others, not even for a moment.
 */
#include "xfrmd/pki/pki_folder.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/pki/pki_pem.h"

int pki_pair_init(struct pki_pair *pair, const char *dir, const char *name, struct err *err)
{
	*pair = (struct pki_pair){0};
	if (asprintf(&pair->cert, "%s/%s.pem", dir, name) < 0)
		pair->cert = NULL;
	if (asprintf(&pair->key, "%s/%s.key", dir, name) < 0)
		pair->key = NULL;
	if (pair->cert && pair->key)
		return 0;
	pki_pair_fini(pair);
	return err_set(err, -ENOMEM, "out of memory");
}

void pki_pair_fini(struct pki_pair *pair)
{
	if (!pair)
		return;
	free(pair->cert);
	free(pair->key);
	*pair = (struct pki_pair){0};
}

int pki_pair_check_absent(const struct pki_pair *pair, bool key, struct err *err)
{
	struct stat status;
	const char *found = NULL;

	if (lstat(pair->cert, &status) == 0)
		found = pair->cert;
	if (key && lstat(pair->key, &status) == 0)
		found = pair->key;
	return found ? err_set(err, -EEXIST, "%s: exists, expected none without --force", found)
	             : 0;
}

int pki_certs_write(const char *path, const struct pki_certs *certs, struct err *err)
{
	struct buf text = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < certs->count; i++) {
		_cleanup_(cleanup_free) char *block = NULL;

		r = pki_pem_format("CERTIFICATE", certs->items[i].der, certs->items[i].der_len,
		                   &block);
		if (r == 0)
			buf_str(&text, block);
	}
	if (r == 0)
		r = text.error;
	r = r < 0 ? err_set(err, r, "%s: out of memory", path)
	          : file_write_atomic(path, 0644, text.data, text.len, err);
	buf_fini(&text);
	return r;
}

int pki_key_write(const char *path, const struct pki_key *key, struct err *err)
{
	char *text;
	int r;

	r = pki_pem_format("PRIVATE KEY", key->der, key->der_len, &text);
	if (r < 0)
		return err_set(err, r, "%s: out of memory", path);
	r = file_write_atomic(path, 0600, text, strlen(text), err);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	return r;
}

int pki_pair_write(const struct pki_pair *pair, const struct pki_key *key,
                   const struct pki_certs *certs, struct err *err)
{
	int r = pki_key_write(pair->key, key, err);

	return r < 0 ? r : pki_certs_write(pair->cert, certs, err);
}

int pki_folder_check(const char *dir, struct err *err)
{
	struct stat status;

	if (stat(dir, &status) < 0)
		return err_set(err, -errno, "%s: %s, expected a directory", dir, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return err_set(err, -ENOTDIR, "%s: is no directory, expected one", dir);
	return 0;
}

int pki_first_problem(int code, struct problems *problems, struct err *err)
{
	err_set(err, code, "%s", problems->count ? problems->items[0] : strerror(-code));
	problems_fini(problems);
	return code;
}

int pki_find_authority(const struct pki_certs *certs, const struct pki_key *key,
                       const char *cert_file, const char *key_file, size_t *ret_index,
                       struct problems *problems)
{
	int r = pki_find_owner(certs, key, ret_index);

	if (r < 0 || *ret_index < certs->count)
		return r;
	problems_add(problems, "%s: belongs to no certificate in %s, expected its private key",
	             key_file, cert_file);
	return -EINVAL;
}

int pki_authority_load(const char *cert_file, const char *key_file, int64_t now,
                       struct pki_authority *ret_authority, struct err *err)
{
	struct pki_authority authority = {0};
	struct problems problems = {0};
	int r;

	r = pki_load_certs(cert_file, &authority.certs, &problems);
	if (r == 0)
		r = pki_load_key(key_file, &authority.key, &problems);
	if (r == 0)
		r = pki_find_authority(&authority.certs, &authority.key, cert_file, key_file,
		                       &authority.index, &problems);
	if (r == 0)
		r = pki_check_ca(&authority.certs.items[authority.index], now, &problems);
	if (r == 0 && problems.count)
		r = -EINVAL;
	if (r < 0) {
		pki_authority_fini(&authority);
		return pki_first_problem(r, &problems, err);
	}
	*ret_authority = authority;
	return 0;
}

void pki_authority_fini(struct pki_authority *authority)
{
	if (!authority)
		return;
	pki_certs_fini(&authority->certs);
	pki_key_fini(&authority->key);
	*authority = (struct pki_authority){0};
}
