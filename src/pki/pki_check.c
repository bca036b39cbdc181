/* SPDX-License-Identifier: MIT */
/*
 * Judges parsed certificates, purely: time is an argument, nothing is read and nothing logged.
 * The path to a CA is searched by signature and not only by name, because rotation makes CAs with
 * the same name; then OpenSSL verifies exactly that path. Dates are checked here for every
 * certificate that was given, so the search and OpenSSL leave them out.
 */
#include "xfrmd/pki/pki_check.h"

#include <errno.h>
#include <limits.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/pki/pki_ossl.h"

/* Instance certificate, intermediates, root: more are a mistake or an attack. */
#define PATH_MAX_LEN      10
/* Names listed in one message. */
#define NAMES_MAX         5
/* RSA 2048, EC P-224 (NIST SP 800-57 part 1, table 2). */
#define SECURITY_BITS_MIN 112
#define LABEL_TEXT_MAX    (PATH_MAX + 32)

static void check_dates(const struct pki_cert *cert, const char *label, int64_t now,
                        struct problems *problems)
{
	char today[PKI_TIME_TEXT_MAX], limit[PKI_TIME_TEXT_MAX];

	pki_time_format(now, today);
	if (cert->not_after < now)
		problems_add(
			problems,
			"%s: expired: valid until %s, now is %s, expected a later end: renew it",
			label, pki_time_format(cert->not_after, limit), today);
	if (cert->not_before > now)
		problems_add(
			problems,
			"%s: not yet valid: valid from %s, now is %s, expected an earlier begin (or "
			"a clock that is right)",
			label, pki_time_format(cert->not_before, limit), today);
}

static void check_strength(const struct pki_cert *cert, X509 *x509, const char *label,
                           struct problems *problems)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	int digest;

	if (!key || !(EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS") ||
	              EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "ED25519") ||
	              EVP_PKEY_is_a(key, "ED448")))
		problems_add(problems, "%s: unusable key: %s, expected RSA, EC or Ed25519", label,
		             cert->key);
	else if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN)
		problems_add(problems, "%s: weak key: %s, expected RSA 2048 or EC P-256 or better",
		             label, cert->key);
	if (!X509_get_signature_info(x509, &digest, NULL, NULL, NULL))
		return;
	if (digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2)
		problems_add(problems, "%s: weak signature: %s, expected SHA-256 or better", label,
		             cert->signature);
}

/* What holds for every certificate, whatever its role. */
static void check_common(const struct pki_cert *cert, X509 *x509, const char *label, int64_t now,
                         struct problems *problems)
{
	uint32_t flags = X509_get_extension_flags(x509);

	check_dates(cert, label, now, problems);
	check_strength(cert, x509, label, problems);
	if (flags & EXFLAG_INVALID)
		problems_add(problems,
		             "%s: malformed extension, expected a well-formed certificate", label);
	else if (flags & EXFLAG_CRITICAL)
		problems_add(problems, "%s: unknown critical extension, expected standard ones",
		             label);
}

/* That the certificate may stand above another one. */
static void check_signer(const struct pki_cert *cert, X509 *x509, const char *label,
                         struct problems *problems)
{
	if (!(X509_get_extension_flags(x509) & EXFLAG_BCONS))
		problems_add(problems, "%s: not a CA: no basicConstraints, expected CA:TRUE",
		             label);
	else if (!cert->is_ca)
		problems_add(problems, "%s: not a CA: basicConstraints CA:FALSE, expected CA:TRUE",
		             label);
	else if (!(X509_get_key_usage(x509) & KU_KEY_CERT_SIGN))
		problems_add(
			problems,
			"%s: CA must not sign certificates: keyUsage lacks keyCertSign, expected it",
			label);
}

int pki_check_ca(const struct pki_cert *ca, int64_t now, struct problems *problems)
{
	_cleanup_(cleanup_x509) X509 *x509 = pki_cert_x509(ca);
	char label[LABEL_TEXT_MAX];

	if (!x509)
		return -ENOMEM;
	pki_cert_label(ca, label, sizeof(label));
	check_common(ca, x509, label, now, problems);
	check_signer(ca, x509, label, problems);
	ERR_clear_error();
	return problems->out_of_memory ? -ENOMEM : 0;
}

static int signed_by(X509 *x509, const struct pki_cert *candidate, bool *ret_named,
                     bool *ret_signed)
{
	_cleanup_(cleanup_x509) X509 *signer = pki_cert_x509(candidate);
	EVP_PKEY *key;

	if (!signer)
		return -ENOMEM;
	key = X509_get0_pubkey(signer);
	*ret_named = X509_NAME_cmp(X509_get_subject_name(signer), X509_get_issuer_name(x509)) == 0;
	*ret_signed = *ret_named && key && X509_verify(x509, key) == 1;
	ERR_clear_error();
	return 0;
}

int pki_find_signer(const struct pki_cert *cert, const struct pki_certs *candidates,
                    const struct pki_cert **ret_signer, bool *ret_named)
{
	_cleanup_(cleanup_x509) X509 *x509 = pki_cert_x509(cert);
	const struct pki_cert *found = NULL;
	bool any_named = false;

	if (!x509)
		return -ENOMEM;
	for (size_t i = 0; i < candidates->count; i++) {
		const struct pki_cert *candidate = &candidates->items[i];
		bool named, is_signer;

		if (signed_by(x509, candidate, &named, &is_signer) < 0)
			return -ENOMEM;
		any_named |= named;
		if (is_signer && (!found || candidate->self_signed))
			found = candidate;
	}
	*ret_signer = found;
	*ret_named = any_named;
	return 0;
}

/* Strict, but for what `openssl x509 -req` and `pki --issue` leave out without harm. */
static int tolerate(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
	case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
	case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
	case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
		return 1;
	default:
		return ok;
	}
}

/* What OpenSSL says of a path whose certificates have been found unfit one by one. */
static bool is_consequence(int error)
{
	return error == X509_V_ERR_INVALID_CA || error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
}

static void cleanup_store(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void cleanup_ctx(X509_STORE_CTX **ctx)
{
	X509_STORE_CTX_free(*ctx);
}

static void cleanup_stack(STACK_OF(X509) * *stack)
{
	sk_X509_pop_free(*stack, X509_free);
}

/* Lets OpenSSL verify one path, from the instance certificate to a self-signed CA. */
static int verify_path(const struct pki_cert *const *path, size_t len, struct problems *problems)
{
	_cleanup_(cleanup_stack) STACK_OF(X509) *stack = sk_X509_new_null();
	_cleanup_(cleanup_store) X509_STORE *store = X509_STORE_new();
	_cleanup_(cleanup_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	char label[LABEL_TEXT_MAX];
	int depth, error;

	if (!stack || !store || !ctx)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		X509 *x509 = pki_cert_x509(path[i]);

		if (!x509 || !sk_X509_push(stack, x509)) {
			X509_free(x509);
			return -ENOMEM;
		}
	}
	if (!X509_STORE_add_cert(store, sk_X509_value(stack, (int)len - 1)) ||
	    !X509_STORE_CTX_init(ctx, store, sk_X509_value(stack, 0), stack))
		return -ENOMEM;
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
	                            X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_CTX_set_verify_cb(ctx, tolerate);
	if (X509_verify_cert(ctx) == 1)
		return 0;
	depth = X509_STORE_CTX_get_error_depth(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	if (error == X509_V_ERR_OUT_OF_MEM)
		return -ENOMEM;
	if (problems->count && is_consequence(error))
		return 0;
	pki_cert_label(path[depth >= 0 && (size_t)depth < len ? depth : 0], label, sizeof(label));
	problems_add(problems, "%s: refused on the path to CA \"%s\": %s", label,
	             path[len - 1]->subject, X509_verify_cert_error_string(error));
	return 0;
}

/* Says at which certificate the path to a CA ends too early. */
static int explain_unsigned(const struct pki_cert *cert, const struct pki_certs *cas, bool named,
                            struct problems *problems)
{
	struct buf names = {0};
	char label[LABEL_TEXT_MAX];
	char *text;

	for (size_t i = 0; i < cas->count && i < NAMES_MAX; i++)
		buf_printf(&names, "%s\"%s\"", i ? ", " : "", cas->items[i].subject);
	if (cas->count > NAMES_MAX)
		buf_printf(&names, " and %zu more", cas->count - NAMES_MAX);
	buf_str(&names, cas->count ? "" : "none");
	text = buf_take_str(&names);
	if (!text)
		return -ENOMEM;
	pki_cert_label(cert, label, sizeof(label));
	if (cert->self_signed)
		problems_add(
			problems,
			"%s: signed by no listed CA: is self-signed and not listed, listed: %s",
			label, text);
	else if (named)
		problems_add(
			problems,
			"%s: signed by no listed CA: \"%s\" is listed, but with another key than "
			"the one that signed, expected that CA",
			label, cert->issuer);
	else
		problems_add(problems,
		             "%s: signed by no listed CA: issuer is \"%s\", listed: %s: list that "
		             "CA, or append it to the certificate if it is an intermediate one",
		             label, cert->issuer, text);
	free(text);
	return 0;
}

/* Follows the signatures from the first of @chain up to a self-signed CA, then has it verified. */
static int check_trust(const struct pki_certs *chain, const struct pki_certs *cas,
                       struct problems *problems)
{
	const struct pki_cert *path[PATH_MAX_LEN];
	size_t len = 0;

	path[len++] = &chain->items[0];
	while (len < PATH_MAX_LEN) {
		const struct pki_cert *cert = path[len - 1], *signer;
		bool named, named_in_chain;

		if (cert->self_signed && pki_certs_has(cas, cert))
			return verify_path(path, len, problems);
		if (pki_find_signer(cert, cas, &signer, &named) < 0)
			return -ENOMEM;
		if (!signer && !cert->self_signed &&
		    pki_find_signer(cert, chain, &signer, &named_in_chain) < 0)
			return -ENOMEM;
		if (!signer)
			return explain_unsigned(cert, cas, named, problems);
		path[len++] = signer;
	}
	problems_add(problems, "%s: path of %d certificates without reaching a CA", path[0]->file,
	             PATH_MAX_LEN);
	return 0;
}

/* Leaf first, then each the signer of the one before, and fit for it. */
static int check_order(const struct pki_certs *chain, struct problems *problems)
{
	char label[LABEL_TEXT_MAX];

	for (size_t i = 1; i < chain->count; i++) {
		_cleanup_(cleanup_x509) X509 *x509 = pki_cert_x509(&chain->items[i]);
		struct pki_certs next = {&chain->items[i], 1};
		const struct pki_cert *signer;
		bool named;

		if (!x509 || pki_find_signer(&chain->items[i - 1], &next, &signer, &named) < 0)
			return -ENOMEM;
		pki_cert_label(&chain->items[i], label, sizeof(label));
		if (signer)
			check_signer(signer, x509, label, problems);
		else
			problems_add(problems,
			             "%s: did not sign the certificate before it, expected the "
			             "instance certificate first, then each one's signer",
			             label);
	}
	return 0;
}

static void check_usage(X509 *x509, const char *label, struct problems *problems)
{
	/* of a malformed certificate OpenSSL tells nothing */
	if (X509_get_extension_flags(x509) & EXFLAG_INVALID ||
	    X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))
		return;
	problems_add(problems,
	             "%s: must not be used to sign: keyUsage lacks digitalSignature, expected it",
	             label);
}

int pki_check_chain(const struct pki_certs *chain, const struct pki_certs *cas, int64_t now,
                    struct problems *problems)
{
	char label[LABEL_TEXT_MAX];
	int r;

	for (size_t i = 0; i < chain->count; i++) {
		_cleanup_(cleanup_x509) X509 *x509 = pki_cert_x509(&chain->items[i]);

		if (!x509)
			return -ENOMEM;
		pki_cert_label(&chain->items[i], label, sizeof(label));
		check_common(&chain->items[i], x509, label, now, problems);
		if (i == 0)
			check_usage(x509, label, problems);
	}
	ERR_clear_error();
	r = check_order(chain, problems);
	if (r == 0)
		r = check_trust(chain, cas, problems);
	return problems->out_of_memory ? -ENOMEM : r;
}

/* Of the public keys and not of their encodings: an EC point may be compressed in one of them. */
static int owns_key(const struct pki_cert *cert, EVP_PKEY *key, bool *ret_owns)
{
	_cleanup_(cleanup_x509) X509 *x509 = pki_cert_x509(cert);
	EVP_PKEY *public;

	if (!x509)
		return -ENOMEM;
	public = X509_get0_pubkey(x509);
	*ret_owns = public && EVP_PKEY_eq(public, key) == 1;
	ERR_clear_error();
	return 0;
}

int pki_find_owner(const struct pki_certs *certs, const struct pki_key *key, size_t *ret_index)
{
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = pki_key_pkey(key);
	bool owns = false;
	size_t i;

	ERR_clear_error();
	if (!pkey)
		return -ENOMEM;
	for (i = 0; i < certs->count; i++) {
		if (owns_key(&certs->items[i], pkey, &owns) < 0)
			return -ENOMEM;
		if (owns)
			break;
	}
	*ret_index = i;
	return 0;
}

int pki_check_key(const struct pki_certs *chain, const struct pki_key *key, const char *key_file,
                  struct problems *problems)
{
	size_t owner;

	if (pki_find_owner(chain, key, &owner) < 0)
		return -ENOMEM;
	if (owner == chain->count)
		problems_add(problems,
		             "%s: does not belong to the certificate in %s (\"%s\"), expected its "
		             "private key",
		             key_file, chain->items[0].file, chain->items[0].subject);
	else if (owner > 0)
		problems_add(problems,
		             "%s: belongs to certificate %zu of %s, expected that one first",
		             key_file, owner + 1, chain->items[0].file);
	return problems->out_of_memory ? -ENOMEM : 0;
}
