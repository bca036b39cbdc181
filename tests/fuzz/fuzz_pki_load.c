/* SPDX-License-Identifier: MIT */
/*
 * PEM files as xfrmd reads them: certificates, which serve as chain and as CAs,
 * then, behind a NUL byte, a key.
 */
#include "fuzz.h"

#include <string.h>

#include "xfrmd/pki_check.h"
#include "xfrmd/pki_pem.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size, behind = end ? size - len - 1 : 0;
	struct problems problems = {0};
	struct pki_certs certs = {0};
	struct pki_key key = {0};

	pki_pem_certs("f", (const char *)data, len, &certs, &problems);
	for (size_t i = 0; i < certs.count; i++)
		pki_check_ca(&certs.items[i], NOW, &problems);
	if (certs.count)
		pki_check_chain(&certs, &certs, NOW, &problems);
	if (pki_pem_key("f", (const char *)data + (size - behind), behind, &key, &problems) == 0 &&
	    certs.count)
		pki_check_key(&certs, &key, "f", &problems);
	pki_key_fini(&key);
	pki_certs_fini(&certs);
	problems_fini(&problems);
	return 0;
}
