/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_NET_SPI_H
#define XFRMD_NET_SPI_H

/* SPIs up to here are reserved (RFC 4303, 2.1): no SA that is negotiated has one. */
#define SPI_RESERVED_MAX 255u

#endif
