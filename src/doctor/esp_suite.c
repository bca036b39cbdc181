/* SPDX-License-Identifier: MIT */
/*
 * What an ESP proposal means to the kernel. Names and lengths as strongSwan's kernel-netlink plugin
 * asks for them, IVs and block sizes as net/ipv4/esp4.c uses them.
 */
#include "xfrmd/doctor/esp_suite.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESP_HEADER_BYTES  8u /* SPI and sequence number */
#define ESP_TRAILER_BYTES 2u /* length of the padding, next header */
#define UDP_HEADER_BYTES  8u
#define IPV4_HEADER_BYTES 20u
#define IPV6_HEADER_BYTES 40u
#define PART_MAX          16

struct cipher {
	const char *keyword;
	const char *kernel;
	unsigned key_bits, icv_bits, iv_bytes, block_bytes;
};

static const struct cipher ciphers[] = {
	{"aes", "cbc(aes)", 128, 0, 16, 16},
	{"aes128", "cbc(aes)", 128, 0, 16, 16},
	{"aes192", "cbc(aes)", 192, 0, 16, 16},
	{"aes256", "cbc(aes)", 256, 0, 16, 16},
	{"aes128ctr", "rfc3686(ctr(aes))", 160, 0, 8, 4},
	{"aes192ctr", "rfc3686(ctr(aes))", 224, 0, 8, 4},
	{"aes256ctr", "rfc3686(ctr(aes))", 288, 0, 8, 4},
	{"camellia", "cbc(camellia)", 128, 0, 16, 16},
	{"camellia128", "cbc(camellia)", 128, 0, 16, 16},
	{"camellia192", "cbc(camellia)", 192, 0, 16, 16},
	{"camellia256", "cbc(camellia)", 256, 0, 16, 16},
	{"chacha20poly1305", "rfc7539esp(chacha20,poly1305)", 288, 128, 8, 4},
};

static const struct integrity {
	const char *keyword;
	const char *kernel;
	unsigned key_bits, icv_bits;
} integrities[] = {
	{"sha", "hmac(sha1)", 160, 96},           {"sha1", "hmac(sha1)", 160, 96},
	{"sha1_160", "hmac(sha1)", 160, 160},     {"sha256", "hmac(sha256)", 256, 128},
	{"sha2_256", "hmac(sha256)", 256, 128},   {"sha256_96", "hmac(sha256)", 256, 96},
	{"sha2_256_96", "hmac(sha256)", 256, 96}, {"sha384", "hmac(sha384)", 384, 192},
	{"sha2_384", "hmac(sha384)", 384, 192},   {"sha512", "hmac(sha512)", 512, 256},
	{"sha2_512", "hmac(sha512)", 512, 256},   {"aesxcbc", "xcbc(aes)", 128, 96},
	{"aescmac", "cmac(aes)", 128, 96},
};

/* The length of the check value behind gcm or ccm, in bytes or in bits; none: 16 bytes. */
static bool parse_icv(const char *text, unsigned *ret_bits)
{
	static const struct {
		const char *text;
		unsigned bits;
	} lengths[] = {{"", 128},  {"8", 64},  {"12", 96},  {"16", 128},
	               {"64", 64}, {"96", 96}, {"128", 128}};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (strcmp(text, lengths[i].text) != 0)
			continue;
		*ret_bits = lengths[i].bits;
		return true;
	}
	return false;
}

/* aes256gcm16 and its like. */
static bool parse_aes_aead(const char *keyword, struct cipher *ret_cipher)
{
	struct cipher cipher = {.iv_bytes = 8, .block_bytes = 4};
	const char *mode = keyword + strlen("aes128");

	if (strncmp(keyword, "aes128", 6) != 0 && strncmp(keyword, "aes192", 6) != 0 &&
	    strncmp(keyword, "aes256", 6) != 0)
		return false;
	cipher.key_bits = (unsigned)strtoul(keyword + strlen("aes"), NULL, 10);
	if (strncmp(mode, "gcm", 3) == 0) {
		cipher.kernel = "rfc4106(gcm(aes))";
		cipher.key_bits += 32;
	} else if (strncmp(mode, "ccm", 3) == 0) {
		cipher.kernel = "rfc4309(ccm(aes))";
		cipher.key_bits += 24;
	} else {
		return false;
	}
	if (!parse_icv(mode + 3, &cipher.icv_bits))
		return false;
	*ret_cipher = cipher;
	return true;
}

static bool find_cipher(const char *keyword, struct cipher *ret_cipher)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (strcmp(keyword, ciphers[i].keyword) == 0) {
			*ret_cipher = ciphers[i];
			return true;
		}
	}
	return parse_aes_aead(keyword, ret_cipher);
}

static const struct integrity *find_integrity(const char *keyword)
{
	for (size_t i = 0; i < sizeof(integrities) / sizeof(integrities[0]); i++)
		if (strcmp(keyword, integrities[i].keyword) == 0)
			return &integrities[i];
	return NULL;
}

static struct esp_suite make_suite(const struct cipher *cipher, const struct integrity *integrity)
{
	struct esp_suite suite = {.cipher_key_bits = cipher->key_bits,
	                          .icv_bits = cipher->icv_bits,
	                          .iv_bytes = cipher->iv_bytes,
	                          .block_bytes = cipher->block_bytes};

	snprintf(suite.cipher, sizeof(suite.cipher), "%s", cipher->kernel);
	if (integrity) {
		snprintf(suite.integrity, sizeof(suite.integrity), "%s", integrity->kernel);
		suite.integrity_key_bits = integrity->key_bits;
		suite.icv_bits = integrity->icv_bits;
	}
	return suite;
}

size_t esp_suites_of(const char *proposal, struct esp_suite suites[ESP_SUITES_MAX])
{
	const struct integrity *checks[PART_MAX];
	struct cipher found[PART_MAX];
	size_t cipher_count = 0, check_count = 0, count = 0;

	while (*proposal) {
		size_t len = strcspn(proposal, "-");
		char keyword[32];
		const struct integrity *check;

		snprintf(keyword, sizeof(keyword), "%.*s", (int)len, proposal);
		check = find_integrity(keyword);
		if (check && check_count < PART_MAX)
			checks[check_count++] = check;
		else if (cipher_count < PART_MAX && find_cipher(keyword, &found[cipher_count]))
			cipher_count++;
		proposal += len + (proposal[len] == '-');
	}
	for (size_t i = 0; i < cipher_count; i++) {
		bool aead = found[i].icv_bits > 0;

		if (aead && count < ESP_SUITES_MAX)
			suites[count++] = make_suite(&found[i], NULL);
		for (size_t j = 0; !aead && j < check_count && count < ESP_SUITES_MAX; j++)
			suites[count++] = make_suite(&found[i], checks[j]);
	}
	return count;
}

unsigned esp_suite_mtu(const struct esp_suite *suite, uint8_t family, bool udp, unsigned link_mtu)
{
	unsigned ip = family == AF_INET6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
	unsigned added = ESP_HEADER_BYTES + suite->iv_bytes + suite->icv_bits / 8 +
	                 (udp ? UDP_HEADER_BYTES : 0);
	unsigned padded;

	if (link_mtu < added + ip + suite->block_bytes)
		return 0;
	padded = (link_mtu - added - ip) / suite->block_bytes * suite->block_bytes;
	return padded + ip - ESP_TRAILER_BYTES;
}
