/* SPDX-License-Identifier: MIT */
/*
 * Checks proposals against what the private charon and the kernel can do together: charon would
 * accept some texts that never lead to an SA, silently ignore parts of others, and has no objection
 * to weak algorithms. Keywords are strongSwan 5.9's; what IKE can use is what its openssl plugin
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
	ROLE_OPTION,
};

/* What a keyword may be used for. */
#define FOR_IKE  1u
#define FOR_ESP  2u
#define FOR_BOTH (FOR_IKE | FOR_ESP)

struct keyword {
	const char *name;
	enum role role;
	unsigned uses;
	const char *weakness; /* why it is refused */
};

static const char weak_des[] = "56-bit keys";
static const char weak_blocks[] = "64-bit blocks";
static const char weak_null[] = "no encryption";
static const char weak_md5[] = "MD5";
static const char weak_group[] = "below the strength of a 2048-bit group";

static const struct keyword keywords[] = {
	{"aes", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes128", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes192", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes256", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes128ctr", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes192ctr", ROLE_CIPHER, FOR_BOTH, NULL},
	{"aes256ctr", ROLE_CIPHER, FOR_BOTH, NULL},
	{"camellia", ROLE_CIPHER, FOR_BOTH, NULL},
	{"camellia128", ROLE_CIPHER, FOR_BOTH, NULL},
	{"camellia192", ROLE_CIPHER, FOR_BOTH, NULL},
	{"camellia256", ROLE_CIPHER, FOR_BOTH, NULL},
	{"chacha20poly1305", ROLE_AEAD, FOR_BOTH, NULL},
	{"null", ROLE_CIPHER, FOR_BOTH, weak_null},
	{"aes128gmac", ROLE_AEAD, FOR_BOTH, weak_null},
	{"aes192gmac", ROLE_AEAD, FOR_BOTH, weak_null},
	{"aes256gmac", ROLE_AEAD, FOR_BOTH, weak_null},
	{"des", ROLE_CIPHER, FOR_BOTH, weak_des},
	{"3des", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"cast128", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"blowfish", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"blowfish128", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"blowfish192", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"blowfish256", ROLE_CIPHER, FOR_BOTH, weak_blocks},
	{"sha", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha1", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha1_160", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha256", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha2_256", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha384", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha2_384", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha512", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha2_512", ROLE_INTEGRITY, FOR_BOTH, NULL},
	{"sha256_96", ROLE_INTEGRITY, FOR_ESP, NULL},
	{"sha2_256_96", ROLE_INTEGRITY, FOR_ESP, NULL},
	{"aesxcbc", ROLE_INTEGRITY, FOR_ESP, NULL},
	{"aescmac", ROLE_INTEGRITY, FOR_ESP, NULL},
	{"md5", ROLE_INTEGRITY, FOR_BOTH, weak_md5},
	{"md5_128", ROLE_INTEGRITY, FOR_BOTH, weak_md5},
	{"prfsha1", ROLE_PRF, FOR_IKE, NULL},
	{"prfsha256", ROLE_PRF, FOR_IKE, NULL},
	{"prfsha384", ROLE_PRF, FOR_IKE, NULL},
	{"prfsha512", ROLE_PRF, FOR_IKE, NULL},
	{"prfmd5", ROLE_PRF, FOR_IKE, weak_md5},
	{"modp2048", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp2048s224", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp2048s256", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp3072", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp4096", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp6144", ROLE_GROUP, FOR_BOTH, NULL},
	{"modp8192", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp224", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp256", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp384", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp521", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp224bp", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp256bp", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp384bp", ROLE_GROUP, FOR_BOTH, NULL},
	{"ecp512bp", ROLE_GROUP, FOR_BOTH, NULL},
	{"curve25519", ROLE_GROUP, FOR_BOTH, NULL},
	{"x25519", ROLE_GROUP, FOR_BOTH, NULL},
	{"curve448", ROLE_GROUP, FOR_BOTH, NULL},
	{"x448", ROLE_GROUP, FOR_BOTH, NULL},
	{"modpnull", ROLE_GROUP, FOR_BOTH, weak_group},
	{"modp768", ROLE_GROUP, FOR_BOTH, weak_group},
	{"modp1024", ROLE_GROUP, FOR_BOTH, weak_group},
	{"modp1024s160", ROLE_GROUP, FOR_BOTH, weak_group},
	{"modp1536", ROLE_GROUP, FOR_BOTH, weak_group},
	{"ecp192", ROLE_GROUP, FOR_BOTH, weak_group},
	{"none", ROLE_OPTION, FOR_ESP, NULL},
	{"modpnone", ROLE_OPTION, FOR_ESP, NULL},
	{"esn", ROLE_OPTION, FOR_ESP, NULL},
	{"noesn", ROLE_OPTION, FOR_ESP, NULL},
};

static const struct keyword *find_keyword(const char *name)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strcmp(name, keywords[i].name) == 0)
			return &keywords[i];
	}
	return NULL;
}

/* AES with GCM or CCM: any key size with any length of the check value, in bytes or in bits. */
static const struct keyword *find_aes_aead(const char *name)
{
	static const struct keyword aes_aead = {"aes...gcm", ROLE_AEAD, FOR_BOTH, NULL};
	static const char *const sizes[] = {"aes128", "aes192", "aes256"};
	static const char *const checks[] = {"", "8", "12", "16", "64", "96", "128"};
	bool known = false;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		known = known || strncmp(name, sizes[i], strlen(sizes[i])) == 0;
	if (!known)
		return NULL;
	name += strlen(sizes[0]);
	if (strncmp(name, "gcm", 3) != 0 && strncmp(name, "ccm", 3) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(name + 3, checks[i]) == 0)
			return &aes_aead;
	}
	return NULL;
}

/* One proposal while it is checked. */
struct check {
	enum proposal_kind kind;
	char shown[128]; /* the whole text, escaped */
	unsigned roles;  /* 1 << enum role of every keyword so far */
};

static const char *kind_name(enum proposal_kind kind)
{
	switch (kind) {
	case PROPOSAL_IKE:
		return "IKE";
	case PROPOSAL_ESP:
		return "ESP";
	}
	return "";
}

static const char *kind_example(enum proposal_kind kind)
{
	switch (kind) {
	case PROPOSAL_IKE:
		return "aes128-sha256-modp2048 or aes128gcm16-prfsha256-x25519";
	case PROPOSAL_ESP:
		return "aes128gcm16 or aes128-sha256";
	}
	return "";
}

static int refuse(const struct check *check, const char *what, struct err *err)
{
	return err_set(err, -EINVAL, "%s, found \"%s\", expected such as %s", what, check->shown,
	               kind_example(check->kind));
}

static int take_keyword(struct check *check, const char *name, struct err *err)
{
	const struct keyword *keyword = find_keyword(name);
	unsigned use = check->kind == PROPOSAL_IKE ? FOR_IKE : FOR_ESP;
	char what[160], shown[64];

	str_escape(name, shown, sizeof(shown));
	if (!keyword)
		keyword = find_aes_aead(name);
	if (!keyword) {
		snprintf(what, sizeof(what), "unknown algorithm \"%s\"", shown);
		return refuse(check, what, err);
	}
	if (keyword->weakness) {
		snprintf(what, sizeof(what), "%s is weak (%s)", shown, keyword->weakness);
		return refuse(check, what, err);
	}
	if (!(keyword->uses & use)) {
		snprintf(what, sizeof(what), "%s is not for %s", shown, kind_name(check->kind));
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
