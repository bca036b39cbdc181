/* SPDX-License-Identifier: MIT */
/*
 * PEM files as the programs read them: certificates, which serve as chain and as CAs, then, behind
 * NUL bytes, a key and a request.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_pem.h"
#include "xfrmd/pki/pki_sign.h"

#define NOW 1800000000

/* Takes what stands before the next NUL byte. */
static const char *next_file(const uint8_t **data, size_t *size, size_t *ret_len)
{
	const uint8_t *file = *data, *end = *size ? memchr(file, 0, *size) : NULL;

	*ret_len = end ? (size_t)(end - file) : *size;
	*data += *ret_len + (end ? 1 : 0);
	*size -= *ret_len + (end ? 1 : 0);
	return (const char *)file;
}

static void check(const struct pki_certs *certs, const struct pki_key *key,
                  struct problems *problems)
{
	for (size_t i = 0; i < certs->count; i++)
		pki_check_ca(&certs->items[i], NOW, problems);
	if (certs->count)
		pki_check_chain(certs, certs, NOW, problems);
	if (certs->count && key->der)
		pki_check_key(certs, key, "f", problems);
}

/* As `xfrmpki issue --csr`, with a CA of its own. */
static void sign(const uint8_t *der, size_t len)
{
	static const struct pki_subject subject = {.cn = "f", .days = 1, .now = NOW};
	static struct pki_key ca_key;
	static struct pki_cert ca;
	struct pki_cert cert = {0};
	struct err err = {0};

	if (!ca_key.der && (pki_key_generate(PKI_KEY_ED25519, &ca_key, &err) < 0 ||
	                    pki_sign_ca(&subject, &ca_key, "ca", &ca, &err) < 0))
		abort();
	if (pki_sign_request(&subject, der, len, &ca, &ca_key, "f", &cert, &err) == 0)
		pki_cert_fini(&cert);
}

static void read_pem(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	struct pki_certs certs = {0};
	struct pki_key key = {0};
	uint8_t *der = NULL;
	const char *file;
	size_t len;

	file = next_file(&data, &size, &len);
	pki_pem_certs("f", file, len, &certs, &problems);
	file = next_file(&data, &size, &len);
	pki_pem_key("f", file, len, &key, &problems);
	check(&certs, &key, &problems);
	if (pki_pem_request("f", (const char *)data, size, &der, &len, &problems) == 0)
		sign(der, len);
	free(der);
	pki_key_fini(&key);
	pki_certs_fini(&certs);
	problems_fini(&problems);
}

static void read_der(const uint8_t *data, size_t size)
{
	struct problems problems = {0};
	struct pki_cert cert = {0};
	struct pki_key key = {0};
	struct err err = {0};

	pki_key_decode(data, size, &key, &err);
	if (pki_cert_decode(data, size, "f", 0, &cert, &err) == 0)
		check(&(struct pki_certs){&cert, 1}, &key, &problems);
	sign(data, size);
	pki_key_fini(&key);
	pki_cert_fini(&cert);
	problems_fini(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_pem(data, size);
	/* and what is in the blocks, without base64 in between */
	read_der(data, size);
	return 0;
}
