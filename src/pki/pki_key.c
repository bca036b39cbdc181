/* SPDX-License-Identifier: MIT */
/*
 * One private key, from any unencrypted DER form to PKCS#8, and fresh ones. Copies of a key are
 * cleansed before their memory is released; no message ever contains any part of one.
 */
#include "xfrmd/pki/pki_key.h"

#include <errno.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/pki/pki_cert.h"
#include "xfrmd/pki/pki_ossl.h"

/* RSA 16384, the largest that OpenSSL verifies with. */
#define SIGNATURE_MAX 2048

/* Indexed by enum pki_key_type. */
static const char *const type_names[] = {
	[PKI_KEY_RSA3072] = "rsa3072", [PKI_KEY_RSA4096] = "rsa4096", [PKI_KEY_EC256] = "ec256",
	[PKI_KEY_EC384] = "ec384",     [PKI_KEY_ED25519] = "ed25519", NULL,
};

int pki_key_type_parse(const char *text, enum pki_key_type *ret_type)
{
	int type = str_index(text, type_names);

	if (type < 0)
		return type;
	*ret_type = (enum pki_key_type)type;
	return 0;
}

static int public_fingerprint(EVP_PKEY *pkey, char ret_hex[65])
{
	unsigned char *public = NULL;
	int len, r;

	len = i2d_PUBKEY(pkey, &public);
	if (len < 0)
		return -ENOMEM;
	r = pki_sha256(public, (size_t)len, ret_hex);
	OPENSSL_free(public);
	return r;
}

/* @pkey as PKCS#8 in memory of our own. */
static int encode(EVP_PKEY *pkey, struct pki_key *ret_key, struct err *err)
{
	PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(pkey);
	struct pki_key key = {0};
	unsigned char *der = NULL;
	int len, r = -ENOMEM;

	len = pkcs8 ? i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der) : -1;
	PKCS8_PRIV_KEY_INFO_free(pkcs8);
	if (len < 0)
		return pki_ossl_fail(err, -EINVAL, "unusable private key");
	key.der = malloc((size_t)len);
	if (key.der) {
		memcpy(key.der, der, (size_t)len);
		key.der_len = (size_t)len;
		r = public_fingerprint(pkey, key.fingerprint);
	}
	OPENSSL_clear_free(der, (size_t)len);
	if (r < 0) {
		ERR_clear_error();
		pki_key_fini(&key);
		return err_set(err, r, "out of memory");
	}
	*ret_key = key;
	return 0;
}

/*
 * Whether a signature of the key fits its own public half: a key damaged within would be refused
 * by every peer. True for keys that cannot sign at all, which are refused elsewhere.
 */
static bool is_intact(EVP_PKEY *pkey)
{
	static const unsigned char text[] = "xfrmd";
	const char *digest = pki_ossl_own_digest(pkey) ? NULL : "SHA256";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	unsigned char signature[SIGNATURE_MAX];
	size_t len = sizeof(signature);
	bool intact = true;

	if (ctx && verify && EVP_PKEY_get_size(pkey) <= SIGNATURE_MAX &&
	    EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL) == 1)
		intact = EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1 &&
		         EVP_DigestVerifyInit_ex(verify, NULL, digest, NULL, NULL, pkey, NULL) ==
		                 1 &&
		         EVP_DigestVerify(verify, signature, len, text, sizeof(text)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(verify);
	ERR_clear_error();
	return intact;
}

int pki_key_decode(const uint8_t *der, size_t len, struct pki_key *ret_key, struct err *err)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = NULL;
	const unsigned char *at = der;

	pkey = d2i_AutoPrivateKey(NULL, &at, (long)len);
	if (!pkey)
		return pki_ossl_fail(err, -EINVAL, "not a private key");
	/* OpenSSL tries one form after the other and leaves the failures behind */
	ERR_clear_error();
	if (at != der + len)
		return err_set(err, -EINVAL, "%zu bytes behind the end of the private key",
		               (size_t)(der + len - at));
	if (!is_intact(pkey))
		return err_set(err, -EINVAL,
		               "damaged private key: what it signs cannot be verified, expected an "
		               "intact one: copy it again");
	return encode(pkey, ret_key, err);
}

/* What EVP_EC_gen() does, which is a macro that casts away const from OpenSSL 3.6 on. */
static EVP_PKEY *generate_ec(const char *curve)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}

static EVP_PKEY *generate(enum pki_key_type type)
{
	switch (type) {
	case PKI_KEY_RSA3072:
		return EVP_RSA_gen(3072);
	case PKI_KEY_RSA4096:
		return EVP_RSA_gen(4096);
	case PKI_KEY_EC256:
		return generate_ec("P-256");
	case PKI_KEY_EC384:
		return generate_ec("P-384");
	case PKI_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

int pki_key_generate(enum pki_key_type type, struct pki_key *ret_key, struct err *err)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = generate(type);

	if (!pkey)
		return pki_ossl_fail(err, -EIO, "cannot generate a private key");
	return encode(pkey, ret_key, err);
}

void pki_key_fini(struct pki_key *key)
{
	if (!key)
		return;
	if (key->der)
		OPENSSL_cleanse(key->der, key->der_len);
	free(key->der);
	*key = (struct pki_key){0};
}
