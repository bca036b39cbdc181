/* SPDX-License-Identifier: MIT */
/*
 * XFRM netlink messages, built and read without libnl-xfrm: it makes a dozen objects for a policy,
 * which takes as long as the kernel's part, and its parsers know neither ACQUIRE nor if_id.
 * Every fixed part is copied out after its length was checked, since a message in a multipart
 * datagram is aligned to 4 bytes only, and unknown attributes are skipped.
 */
#include "xfrmd/xfrm/xfrm_codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <string.h>

#include "xfrm_read.h"

/* The low bits of a policy index are its direction; 3 and above: policies of one socket. */
#define INDEX_DIR_MASK 7u
#define ALGOS_ANY      (~(uint32_t)0)
#define PORT_MASK_FULL 0xffffu

/* By enum policy_dir. */
static const uint8_t kernel_dirs[] = {
	[POLICY_DIR_OUT] = XFRM_POLICY_OUT,
	[POLICY_DIR_IN] = XFRM_POLICY_IN,
	[POLICY_DIR_FWD] = XFRM_POLICY_FWD,
};

static struct xfrm_selector selector_of(const struct policy *policy)
{
	struct xfrm_selector sel = {
		.family = policy->src.addr.family,
		.prefixlen_s = policy->src.len,
		.prefixlen_d = policy->dst.len,
		.proto = policy->proto,
	};

	memcpy(&sel.saddr, policy->src.addr.bytes, addr_len(&policy->src.addr));
	memcpy(&sel.daddr, policy->dst.addr.bytes, addr_len(&policy->dst.addr));
	if (policy->proto == IPPROTO_ICMPV6) {
		/* the kernel keeps the type where other protocols have the source port */
		sel.sport = htons(policy->icmp_type);
		sel.sport_mask = htons(PORT_MASK_FULL);
	}
	return sel;
}

static int put_template(struct nl_msg *msg, const struct policy *policy)
{
	const struct xfrm_user_tmpl template = {
		.id = {.proto = IPPROTO_ESP, .spi = htonl(policy->spi)},
		.family = policy->src.addr.family,
		.reqid = policy->reqid,
		.mode = XFRM_MODE_TRANSPORT,
		.optional = policy->optional,
		.aalgos = ALGOS_ANY,
		.ealgos = ALGOS_ANY,
		.calgos = ALGOS_ANY,
	};

	return nla_put(msg, XFRMA_TMPL, sizeof(template), &template) < 0 ? -ENOMEM : 0;
}

int xfrm_codec_build_policy(const struct policy *policy, bool update, struct nl_msg **ret_msg)
{
	struct xfrm_userpolicy_info info = {
		.sel = selector_of(policy),
		.lft = {.soft_byte_limit = XFRM_INF,
	                .hard_byte_limit = XFRM_INF,
	                .soft_packet_limit = XFRM_INF,
	                .hard_packet_limit = XFRM_INF},
		.priority = policy->priority,
		.dir = kernel_dirs[policy->dir],
		.action = policy->action == POLICY_ACTION_BLOCK ? XFRM_POLICY_BLOCK
	                                                        : XFRM_POLICY_ALLOW,
	};
	struct nl_msg *msg;

	if (policy->src.addr.family != policy->dst.addr.family)
		return -EINVAL;
	msg = xfrm_message_new(update ? XFRM_MSG_UPDPOLICY : XFRM_MSG_NEWPOLICY, &info,
	                       sizeof(info));
	if (!msg || (policy->action == POLICY_ACTION_PROTECT && put_template(msg, policy) < 0)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	if (!update)
		nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	*ret_msg = msg;
	return 0;
}

int xfrm_codec_build_delete(const struct policy *policy, struct nl_msg **ret_msg)
{
	struct xfrm_userpolicy_id id = {.dir = kernel_dirs[policy->dir], .index = policy->index};

	/* index 0 would make the kernel look for an empty selector */
	if (policy->index == 0)
		return -EINVAL;
	*ret_msg = xfrm_message_new(XFRM_MSG_DELPOLICY, &id, sizeof(id));
	return *ret_msg ? 0 : -ENOMEM;
}

int xfrm_codec_build_lookup(const struct policy *policy, struct nl_msg **ret_msg)
{
	struct xfrm_userpolicy_id id = {.dir = kernel_dirs[policy->dir],
	                                .sel = selector_of(policy)};

	if (policy->src.addr.family != policy->dst.addr.family)
		return -EINVAL;
	*ret_msg = xfrm_message_new(XFRM_MSG_GETPOLICY, &id, sizeof(id));
	return *ret_msg ? 0 : -ENOMEM;
}

/* *ret_host_bits: the kernel compares them, too, so such a selector is another key. */
static int read_prefix(unsigned family, const xfrm_address_t *from, uint8_t len,
                       struct prefix *ret_prefix, bool *ret_host_bits)
{
	struct addr addr;

	if (xfrm_read_addr(family, from, &addr) < 0 || len > addr_bits(&addr))
		return -EBADMSG;
	*ret_prefix = prefix_make(&addr, len);
	*ret_host_bits = !addr_equal(&ret_prefix->addr, &addr);
	return 0;
}

static bool selector_is_unsupported(const struct xfrm_selector *sel)
{
	bool typed = sel->proto == IPPROTO_ICMPV6;

	return sel->ifindex || sel->user || sel->dport || sel->dport_mask ||
	       ntohs(sel->sport_mask) != (typed ? PORT_MASK_FULL : 0) ||
	       (typed ? ntohs(sel->sport) > UINT8_MAX : sel->sport != 0);
}

static int read_selector(const struct xfrm_selector *sel, struct policy *policy)
{
	bool src_bits, dst_bits;

	if (read_prefix(sel->family, &sel->saddr, sel->prefixlen_s, &policy->src, &src_bits) < 0 ||
	    read_prefix(sel->family, &sel->daddr, sel->prefixlen_d, &policy->dst, &dst_bits) < 0)
		return -EBADMSG;
	policy->proto = sel->proto;
	if (sel->proto == IPPROTO_ICMPV6)
		policy->icmp_type = (uint8_t)ntohs(sel->sport);
	else if (sel->proto)
		policy->unsupported = true;
	if (src_bits || dst_bits || selector_is_unsupported(sel))
		policy->unsupported_key = true;
	return 0;
}

static bool lifetime_is_infinite(const struct xfrm_lifetime_cfg *lifetime)
{
	return lifetime->soft_byte_limit == XFRM_INF && lifetime->hard_byte_limit == XFRM_INF &&
	       lifetime->soft_packet_limit == XFRM_INF && lifetime->hard_packet_limit == XFRM_INF &&
	       lifetime->soft_add_expires_seconds == 0 && lifetime->hard_add_expires_seconds == 0 &&
	       lifetime->soft_use_expires_seconds == 0 && lifetime->hard_use_expires_seconds == 0;
}

static bool template_is_unsupported(const struct xfrm_user_tmpl *template, uint8_t family)
{
	static const xfrm_address_t any;

	return template->id.proto != IPPROTO_ESP || template->mode != XFRM_MODE_TRANSPORT ||
	       template->family != family || template->share || template->optional > 1 ||
	       memcmp(&template->id.daddr, &any, sizeof(any)) != 0 ||
	       memcmp(&template->saddr, &any, sizeof(any)) != 0 || template->aalgos != ALGOS_ANY ||
	       template->ealgos != ALGOS_ANY || template->calgos != ALGOS_ANY;
}

static int read_templates(const struct nlattr *attr, struct policy *policy)
{
	struct xfrm_user_tmpl template;

	if (nla_len(attr) == 0)
		return 0;
	if ((size_t)nla_len(attr) % sizeof(template) != 0 ||
	    xfrm_read_attr(attr, &template, sizeof(template)) < 0)
		return -EBADMSG;
	if (policy->action == POLICY_ACTION_BLOCK)
		policy->unsupported = true;
	else
		policy->action = POLICY_ACTION_PROTECT;
	policy->optional = template.optional;
	policy->reqid = template.reqid;
	policy->spi = ntohl(template.id.spi);
	if ((size_t)nla_len(attr) != sizeof(template) ||
	    template_is_unsupported(&template, policy->src.addr.family))
		policy->unsupported = true;
	return 0;
}

static int read_policy_attr(void *ctx, const struct nlattr *attr)
{
	struct policy *policy = ctx;
	struct xfrm_userpolicy_type type;
	struct xfrm_mark mark;
	uint32_t if_id;

	switch (nla_type(attr)) {
	case XFRMA_TMPL:
		return read_templates(attr, policy);
	case XFRMA_POLICY_TYPE:
		if (xfrm_read_attr(attr, &type, sizeof(type)) < 0)
			return -EBADMSG;
		policy->unsupported_key |= type.type != XFRM_POLICY_TYPE_MAIN;
		return 0;
	case XFRMA_MARK:
		if (xfrm_read_attr(attr, &mark, sizeof(mark)) < 0)
			return -EBADMSG;
		policy->unsupported_key |= mark.v || mark.m;
		return 0;
	case XFRMA_IF_ID:
		if (xfrm_read_attr(attr, &if_id, sizeof(if_id)) < 0)
			return -EBADMSG;
		policy->interface = if_id != 0;
		policy->unsupported_key |= policy->interface;
		return 0;
	case XFRMA_SEC_CTX:
		policy->unsupported_key = true;
		return 0;
	case XFRMA_OFFLOAD_DEV:
		policy->unsupported = true;
		return 0;
	default:
		return 0;
	}
}

static int dir_from_kernel(const struct xfrm_userpolicy_info *info, uint8_t *ret_dir)
{
	if ((info->index & INDEX_DIR_MASK) >= XFRM_POLICY_MAX)
		return -ENOENT;
	for (uint8_t dir = 0; dir < sizeof(kernel_dirs); dir++) {
		if (kernel_dirs[dir] == info->dir) {
			*ret_dir = dir;
			return 0;
		}
	}
	return -ENOENT;
}

int xfrm_codec_policy(const struct nlmsghdr *header, struct policy *ret_policy)
{
	struct policy policy = {0};
	struct xfrm_userpolicy_info info;
	int r;

	if ((header->nlmsg_type != XFRM_MSG_NEWPOLICY &&
	     header->nlmsg_type != XFRM_MSG_UPDPOLICY) ||
	    xfrm_read_fixed(header, &info, sizeof(info)) < 0)
		return -EBADMSG;
	r = dir_from_kernel(&info, &policy.dir);
	if (r == 0)
		r = read_selector(&info.sel, &policy);
	if (r < 0)
		return r;
	policy.action = info.action == XFRM_POLICY_ALLOW ? POLICY_ACTION_ALLOW
	                                                 : POLICY_ACTION_BLOCK;
	policy.priority = info.priority;
	policy.index = info.index;
	policy.used = (int64_t)info.curlft.use_time;
	if (info.flags || info.share || !lifetime_is_infinite(&info.lft))
		policy.unsupported = true;
	r = xfrm_read_attrs(header, sizeof(info), read_policy_attr, &policy);
	if (r < 0)
		return r;
	policy.unsupported |= policy.unsupported_key;
	*ret_policy = policy;
	return 0;
}

static int read_acquire_attr(void *ctx, const struct nlattr *attr)
{
	struct xfrm_acquire *acquire = ctx;
	struct xfrm_user_tmpl template;

	if (nla_type(attr) != XFRMA_TMPL || nla_len(attr) == 0)
		return 0;
	if (xfrm_read_attr(attr, &template, sizeof(template)) < 0)
		return -EBADMSG;
	acquire->reqid = template.reqid;
	return 0;
}

int xfrm_codec_acquire(const struct nlmsghdr *header, struct xfrm_acquire *ret_acquire)
{
	struct xfrm_acquire acquire = {0};
	struct xfrm_user_acquire info;
	int r;

	if (header->nlmsg_type != XFRM_MSG_ACQUIRE ||
	    xfrm_read_fixed(header, &info, sizeof(info)) < 0 ||
	    xfrm_read_addr(info.sel.family, &info.saddr, &acquire.pair.local) < 0 ||
	    xfrm_read_addr(info.sel.family, &info.id.daddr, &acquire.pair.remote) < 0)
		return -EBADMSG;
	acquire.spi = ntohl(info.id.spi);
	acquire.seq = info.seq;
	acquire.priority = info.policy.priority;
	r = xfrm_read_attrs(header, sizeof(info), read_acquire_attr, &acquire);
	if (r < 0)
		return r;
	*ret_acquire = acquire;
	return 0;
}
