# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the kernel can do; also for the runner.

kernel_has_esp() {
	unshare --net ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1000 reqid 1 \
		mode transport aead 'rfc4106(gcm(aes))' "0x$(printf '%040d' 1)" 128 2>/dev/null
}
