/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_ECHO_H
#define XFRMD_NET_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_HEADER_LEN 8
/* Of the echo that looks for a sign of life, ICMP's header included: what an SA counts for it, and for its
 * answer. The same in every xfrmd, and odd, which hardly anything else is. */
#define ECHO_CHECK_LEN  29

/*
 * Makes @message, of @len bytes and at least ECHO_HEADER_LEN, an echo request whose data is ours
 * and then zero: ICMP, or ICMPv6 without its checksum, which is the kernel's to set. Pure.
 */
void echo_build(uint8_t family, uint16_t id, uint16_t sequence, uint8_t *message, size_t len);
/* Whether it is the answer to a request with @id; of IPv4 it begins with the header of IP, as raw
 * sockets have it. May be cut off. Pure. */
bool echo_is_answer(uint8_t family, const uint8_t *packet, size_t len, uint16_t id,
                    uint16_t *ret_sequence);

#endif
