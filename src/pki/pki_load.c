/* SPDX-License-Identifier: MIT */
/*
 * From the paths of a configuration to a checked bundle. Reads files and leaves judging to
 * pki_check. All or nothing: a bundle that has any problem is never handed out.
 */
#include "xfrmd/pki/pki_load.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/base/trust.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_key.h"
#include "xfrmd/pki/pki_pem.h"

/* -EINVAL: @problems has why. The caller frees. */
static int read_file(const char *path, char **ret_data, size_t *ret_len, struct problems *problems)
{
	struct err err = {0};
	int r = file_read(path, PKI_FILE_MAX, ret_data, ret_len, &err);

	if (r == 0 || r == -ENOMEM)
		return r;
	problems_add(problems, "%s", err.text);
	return -EINVAL;
}

static int load_file(const char *path, struct pki_certs *certs, struct problems *problems)
{
	_cleanup_(cleanup_free) char *data = NULL;
	size_t len;
	int r = read_file(path, &data, &len, problems);

	return r < 0 ? r : pki_pem_certs(path, data, len, certs, problems);
}

static int is_cert_name(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end &&
	       (strcmp(end, ".pem") == 0 || strcmp(end, ".crt") == 0);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int list_directory(const char *path, struct strlist *files, struct problems *problems)
{
	struct dirent **entries = NULL;
	int count, result = 0;

	count = scandir(path, &entries, is_cert_name, compare_names);
	if (count < 0) {
		problems_add(problems, "%s: cannot list: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (count == 0) {
		problems_add(problems, "%s: holds no certificate, expected *.pem or *.crt files",
		             path);
		result = -EINVAL;
	}
	for (int i = 0; i < count; i++) {
		if (strlist_addf(files, "%s/%s", path, entries[i]->d_name) < 0)
			result = -ENOMEM;
		free(entries[i]);
	}
	free(entries);
	return result;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The files that are read for @path, in this order; they need not be there. */
static int list_files(const char *path, struct strlist *files, struct problems *problems)
{
	return is_directory(path) ? list_directory(path, files, problems)
	                          : strlist_add(files, path);
}

static int trust_cas(const struct strlist *paths, struct problems *problems)
{
	struct problems unlisted = {0};
	struct strlist files = {0};
	int error = 0;

	for (size_t i = 0; error != -ENOMEM && i < paths->count; i++) {
		/* what cannot be listed is told when it is read */
		error = list_files(paths->items[i], &files, &unlisted);
		if (is_directory(paths->items[i]))
			trust_check_file(paths->items[i], TRUST_OURS, problems);
	}
	for (size_t i = 0; i < files.count; i++)
		trust_check_file(files.items[i], TRUST_FILE, problems);
	problems_fini(&unlisted);
	strlist_fini(&files);
	return error == -ENOMEM || problems->out_of_memory ? -ENOMEM : 0;
}

int pki_trust(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
              struct problems *cert_problems, struct problems *key_problems,
              struct problems *ca_problems)
{
	if (cert_file)
		trust_check_file(cert_file, TRUST_FILE, cert_problems);
	/* the key itself is judged by whoever reads it */
	if (key_file)
		trust_check_folders(key_file, key_problems);
	return trust_cas(ca_paths, ca_problems);
}

int pki_load_certs(const char *path, struct pki_certs *certs, struct problems *problems)
{
	struct strlist files = {0};
	int result = list_files(path, &files, problems);

	for (size_t i = 0; result != -ENOMEM && i < files.count; i++) {
		int r = load_file(files.items[i], certs, problems);

		if (r < 0)
			result = r;
	}
	strlist_fini(&files);
	return result;
}

int pki_load_key(const char *path, struct pki_key *ret_key, struct problems *problems)
{
	char *data = NULL;
	size_t len;
	int r;

	/* both, so that a readable and encrypted key is one run's work to mend */
	trust_check(path, TRUST_PRIVATE, problems);
	r = read_file(path, &data, &len, problems);
	if (r < 0)
		return r;
	r = pki_pem_key(path, data, len, ret_key, problems);
	OPENSSL_cleanse(data, len);
	free(data);
	return r;
}

static int compare_fingerprints(const void *a, const void *b)
{
	const struct pki_cert *left = a, *right = b;

	return strcmp(left->fingerprint, right->fingerprint);
}

/* Keeps the first of each, in the order of the files: so problems come in that order too. */
static void remove_duplicates(struct pki_certs *certs)
{
	struct pki_certs kept = {certs->items, 0};

	for (size_t i = 0; i < certs->count; i++) {
		if (pki_certs_has(&kept, &certs->items[i]))
			pki_cert_fini(&certs->items[i]);
		else
			kept.items[kept.count++] = certs->items[i];
	}
	*certs = kept;
}

/* Reads all that can be read; -EINVAL is in @problems, and no reason to stop here. */
static int read_all(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
                    struct pki_bundle *bundle, struct problems *problems)
{
	if (load_file(cert_file, &bundle->chain, problems) == -ENOMEM ||
	    pki_load_key(key_file, &bundle->key, problems) == -ENOMEM)
		return -ENOMEM;
	for (size_t i = 0; i < ca_paths->count; i++)
		if (pki_load_certs(ca_paths->items[i], &bundle->cas, problems) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

int pki_check_bundle(const char *key_file, struct pki_bundle *bundle, int64_t now,
                     struct problems *problems)
{
	int r = 0;

	remove_duplicates(&bundle->cas);
	for (size_t i = 0; r == 0 && i < bundle->cas.count; i++)
		r = pki_check_ca(&bundle->cas.items[i], now, problems);
	if (r == 0 && bundle->chain.count)
		r = pki_check_chain(&bundle->chain, &bundle->cas, now, problems);
	if (r == 0 && bundle->chain.count && bundle->key.der)
		r = pki_check_key(&bundle->chain, &bundle->key, key_file, problems);
	return r;
}

int pki_load(const char *cert_file, const char *key_file, const struct strlist *ca_paths,
             int64_t now, struct pki_bundle *ret_bundle, struct problems *problems)
{
	struct pki_bundle bundle = {0};
	size_t before = problems->count;
	int r;

	r = read_all(cert_file, key_file, ca_paths, &bundle, problems);
	if (r == 0)
		r = pki_check_bundle(key_file, &bundle, now, problems);
	if (r == 0 && problems->out_of_memory)
		r = -ENOMEM;
	if (r == 0 && problems->count > before)
		r = -EINVAL;
	if (r < 0) {
		pki_bundle_fini(&bundle);
		return r;
	}
	qsort(bundle.cas.items, bundle.cas.count, sizeof(bundle.cas.items[0]),
	      compare_fingerprints);
	*ret_bundle = bundle;
	return 0;
}

void pki_bundle_fini(struct pki_bundle *bundle)
{
	if (!bundle)
		return;
	pki_key_fini(&bundle->key);
	pki_certs_fini(&bundle->chain);
	pki_certs_fini(&bundle->cas);
	*bundle = (struct pki_bundle){0};
}
