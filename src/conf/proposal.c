/* SPDX-License-Identifier: MIT */
/*
 * Checks proposals against what the private charon and the kernel can do together: charon would
 * accept some texts that never lead to an SA, silently ignore parts of others, and has no objection
 * to weak algorithms. Keywords are strongSwan 5.9's, and ML-KEM of 6.0; what IKE can use is what its openssl plugin
 * offers, what ESP can use is what its kernel-netlink plugin maps.
 */
#include "xfrmd/conf/proposal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

enum role {
	ROLE_CIPHER,
	ROLE_AEAD,
	ROLE_INTEGRITY,
	ROLE_PRF,
	ROLE_GROUP,
	ROLE_FURTHER_GROUP,
	ROLE_OPTION,
};

/* What a keyword may be used for. */
#define FOR_IKE  1u
#define FOR_ESP  2u
#define FOR_BOTH (FOR_IKE | FOR_ESP)

#define NAMES_MAX 20

/* Keywords that mean the same to every check. */
struct keywords {
	enum role role;
	unsigned uses;
	const char *weakness; /* why they are refused */
	const char *names[NAMES_MAX + 1];
};

static const struct keywords keywords[] = {
	{ROLE_CIPHER,
         FOR_BOTH,
         NULL,
         {"aes", "aes128", "aes192", "aes256", "aes128ctr", "aes192ctr", "aes256ctr", "camellia",
          "camellia128", "camellia192", "camellia256"}},
	{ROLE_AEAD, FOR_BOTH, NULL, {"chacha20poly1305"}},
	{ROLE_CIPHER, FOR_BOTH, "no encryption", {"null"}},
	{ROLE_AEAD, FOR_BOTH, "no encryption", {"aes128gmac", "aes192gmac", "aes256gmac"}},
	{ROLE_CIPHER, FOR_BOTH, "56-bit keys", {"des"}},
	{ROLE_CIPHER,
         FOR_BOTH,
         "64-bit blocks",
         {"3des", "cast128", "blowfish", "blowfish128", "blowfish192", "blowfish256"}},
	{ROLE_INTEGRITY,
         FOR_BOTH,
         NULL,
         {"sha", "sha1", "sha1_160", "sha256", "sha2_256", "sha384", "sha2_384", "sha512",
          "sha2_512"}},
	{ROLE_INTEGRITY, FOR_ESP, NULL, {"sha256_96", "sha2_256_96", "aesxcbc", "aescmac"}},
	{ROLE_INTEGRITY, FOR_BOTH, "MD5", {"md5", "md5_128"}},
	{ROLE_PRF, FOR_IKE, NULL, {"prfsha1", "prfsha256", "prfsha384", "prfsha512"}},
	{ROLE_PRF, FOR_IKE, "MD5", {"prfmd5"}},
	{ROLE_GROUP,
         FOR_BOTH,
         NULL,
         {"modp2048", "modp2048s224", "modp2048s256", "modp3072", "modp4096", "modp6144",
          "modp8192", "ecp224", "ecp256", "ecp384", "ecp521", "ecp224bp", "ecp256bp", "ecp384bp",
          "ecp512bp", "curve25519", "x25519", "curve448", "x448"}},
	{ROLE_GROUP, FOR_IKE, NULL, {"mlkem512", "mlkem768", "mlkem1024"}},
	{ROLE_GROUP,
         FOR_BOTH,
         "below the strength of a 2048-bit group",
         {"modpnull", "modp768", "modp1024", "modp1024s160", "modp1536", "ecp192"}},
	{ROLE_OPTION, FOR_ESP, NULL, {"none", "modpnone", "esn", "noesn"}},
};

static const struct keywords *find_keyword(const char *name)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (str_index(name, keywords[i].names) >= 0)
			return &keywords[i];
	}
	return NULL;
}

/* AES with GCM or CCM: any key size with any length of the check value, in bytes or in bits. */
static const struct keywords *find_aes_aead(const char *name)
{
	static const struct keywords aes_aead = {ROLE_AEAD, FOR_BOTH, NULL, {NULL}};
	static const char *const starts[] = {"aes128gcm", "aes192gcm", "aes256gcm",
	                                     "aes128ccm", "aes192ccm", "aes256ccm"};
	static const char *const checks[] = {"", "8", "12", "16", "64", "96", "128", NULL};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t len = strlen(starts[i]);

		if (strncmp(name, starts[i], len) == 0 && str_index(name + len, checks) >= 0)
			return &aes_aead;
	}
	return NULL;
}

size_t proposal_further_prefix(const char *keyword)
{
	bool further = strncmp(keyword, "ke", 2) == 0 && keyword[2] >= '1' && keyword[2] <= '7' &&
	               keyword[3] == '_';

	return further ? strlen("ke1_") : 0;
}

/* A group behind such a prefix. */
static const struct keywords *find_further(const char *name)
{
	static const struct keywords further = {ROLE_FURTHER_GROUP, FOR_IKE, NULL, {NULL}};
	size_t prefix = proposal_further_prefix(name);
	const struct keywords *group = prefix ? find_keyword(name + prefix) : NULL;

	if (!group || group->role != ROLE_GROUP)
		return NULL;
	return group->weakness ? group : &further;
}

/* One proposal while it is checked. */
struct check {
	enum proposal_kind kind;
	char shown[128]; /* the whole text, escaped */
	unsigned roles;  /* 1 << enum role of every keyword so far */
};

static const char *const kind_names[] = {[PROPOSAL_IKE] = "IKE", [PROPOSAL_ESP] = "ESP"};

static const char *const kind_examples[] = {
	[PROPOSAL_IKE] = "aes128-sha256-modp2048 or aes128gcm16-prfsha256-x25519",
	[PROPOSAL_ESP] = "aes128gcm16 or aes128-sha256",
};

static int refuse(const struct check *check, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "%s, found \"%s\", expected such as %s", what, check->shown,
	               kind_examples[check->kind]);
}

static int take_keyword(struct check *check, const char *name, struct err *err)
{
	const struct keywords *keyword = find_keyword(name);
	unsigned use = check->kind == PROPOSAL_IKE ? FOR_IKE : FOR_ESP;
	char what[160], shown[64];

	str_escape(name, shown, sizeof(shown));
	if (!keyword)
		keyword = find_aes_aead(name);
	if (!keyword)
		keyword = find_further(name);
	if (!keyword) {
		snprintf(what, sizeof(what), "unknown algorithm \"%s\"", shown);
		return refuse(check, what, err);
	}
	if (keyword->weakness) {
		snprintf(what, sizeof(what), "%s is weak (%s)", shown, keyword->weakness);
		return refuse(check, what, err);
	}
	if (!(keyword->uses & use)) {
		snprintf(what, sizeof(what), "%s is not for %s", shown, kind_names[check->kind]);
		return refuse(check, what, err);
	}
	check->roles |= 1u << keyword->role;
	return 0;
}

static bool has(const struct check *check, enum role role)
{
	return check->roles & (1u << role);
}

static int check_whole(const struct check *check, struct err *err)
{
	bool ike = check->kind == PROPOSAL_IKE;

	if (!has(check, ROLE_CIPHER) && !has(check, ROLE_AEAD))
		return refuse(check, "no encryption algorithm", err);
	if (has(check, ROLE_CIPHER) && has(check, ROLE_AEAD))
		return refuse(check, "AEAD and other encryption in one proposal", err);
	if (has(check, ROLE_CIPHER) && !has(check, ROLE_INTEGRITY))
		return refuse(check, "no integrity algorithm", err);
	if (ike && !has(check, ROLE_PRF) && !has(check, ROLE_INTEGRITY))
		return refuse(check, "no pseudo-random function", err);
	if (ike && !has(check, ROLE_GROUP))
		return refuse(check, "no key exchange group", err);
	return 0;
}

int proposal_check(enum proposal_kind kind, const char *text, struct err *err)
{
	struct check check = {.kind = kind};
	const char *next = text;

	str_escape(text, check.shown, sizeof(check.shown));
	while (next) {
		size_t len = strcspn(next, "-");
		char name[64];
		int error;

		if (len == 0)
			return refuse(&check, "empty algorithm", err);
		/* no keyword is that long: a cut one is as unknown as the whole */
		snprintf(name, sizeof(name), "%.*s", (int)len, next);
		error = take_keyword(&check, name, err);
		if (error)
			return error;
		next = next[len] ? next + len + 1 : NULL;
	}
	return check_whole(&check, err);
}
