/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_DOCTOR_ESP_SUITE_H
#define XFRMD_DOCTOR_ESP_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One combination of algorithms that an ESP proposal allows, as the kernel knows it: names of its
 * crypto API, key lengths with salt, and what it adds to a packet. A value type.
 */
struct esp_suite {
	char cipher[48];    /* "rfc4106(gcm(aes))", "cbc(aes)" */
	char integrity[24]; /* "hmac(sha256)"; empty: the cipher does that too (AEAD) */
	unsigned cipher_key_bits, integrity_key_bits;
	unsigned icv_bits; /* what is left of the check value */
	unsigned iv_bytes;
	unsigned block_bytes; /* the payload is padded to a multiple; never below 4 (RFC 4303) */
};

#define ESP_SUITES_MAX 32
/*
 * All combinations of @proposal, which proposal_check() has accepted; keywords unknown here are
 * passed over, combinations beyond ESP_SUITES_MAX left out. Returns their number.
 */
size_t esp_suites_of(const char *proposal, struct esp_suite suites[ESP_SUITES_MAX]);

/*
 * The largest packet, IP header included, that fits into @link_mtu after ESP in transport mode has
 * been added, as the kernel computes it (net/xfrm/xfrm_state.c, __xfrm_state_mtu). @udp: and UDP
 * encapsulation. 0: none.
 */
unsigned esp_suite_mtu(const struct esp_suite *suite, uint8_t family, bool udp, unsigned link_mtu);

#endif
