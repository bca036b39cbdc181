/* SPDX-License-Identifier: MIT */
/* Netlink datagrams as the kernel could send them; what is one of our policies must round-trip. */
#include "fuzz.h"

#include <netlink/msg.h>
#include <stdlib.h>

#include "xfrmd/xfrm/xfrm_codec.h"

static void rebuild(const struct policy *policy)
{
	struct policy again;
	struct nl_msg *msg;

	if (policy->unsupported)
		return;
	if (xfrm_codec_build_policy(policy, true, &msg) < 0 ||
	    xfrm_codec_policy(nlmsg_hdr(msg), &again) < 0 || !policy_equal(policy, &again))
		abort();
	nlmsg_free(msg);
}

static void decode(const struct nlmsghdr *header)
{
	char text[POLICY_TEXT_MAX];
	struct xfrm_acquire acquire;
	struct policy policy;
	struct sa sa;
	bool hard;

	if (xfrm_codec_policy(header, &policy) == 0) {
		policy_format(&policy, text);
		rebuild(&policy);
	}
	xfrm_codec_acquire(header, &acquire);
	xfrm_codec_sa(header, &sa);
	xfrm_codec_sa_gone(header, &sa);
	xfrm_codec_expire(header, &sa, &hard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(uintptr_t)data;
	int left = (int)size;

	while (nlmsg_ok(header, left)) {
		decode(header);
		header = nlmsg_next(header, &left);
	}
	return 0;
}
