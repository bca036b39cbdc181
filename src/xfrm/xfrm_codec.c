/* SPDX-License-Identifier: MIT */
/*
 * XFRM netlink messages. Requests are built by libnl-xfrm. Messages of the kernel are read here:
 * libnl-xfrm's parsers know neither ACQUIRE nor if_id, and read a DELPOLICY without its templates.
 * Every fixed part is copied out after its length was checked, since a message in a multipart
 * datagram is aligned to 4 bytes only, and unknown attributes are skipped.
 */
#include "xfrmd/xfrm/xfrm_codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/xfrm/lifetime.h>
#include <netlink/xfrm/selector.h>
#include <netlink/xfrm/sp.h>
#include <netlink/xfrm/template.h>
#include <string.h>

#include "xfrm_read.h"
#include "xfrmd/base/cleanup.h"

/* The low bits of a policy index are its direction; 3 and above: policies of one socket. */
#define INDEX_DIR_MASK 7u
#define ALGOS_ANY      (~(uint32_t)0)
#define PORT_MASK_FULL 0xffffu

/* Of libnl's errors a builder can meet only these. */
static int build_error(int nl_error)
{
	return nl_error == -NLE_NOMEM ? -ENOMEM : -EINVAL;
}

/* By enum policy_dir. */
static const uint8_t kernel_dirs[] = {
	[POLICY_DIR_OUT] = XFRM_POLICY_OUT,
	[POLICY_DIR_IN] = XFRM_POLICY_IN,
	[POLICY_DIR_FWD] = XFRM_POLICY_FWD,
};

static void cleanup_sp(struct xfrmnl_sp **sp)
{
	xfrmnl_sp_put(*sp);
}

static void cleanup_sel(struct xfrmnl_sel **sel)
{
	xfrmnl_sel_put(*sel);
}

static void cleanup_lifetime(struct xfrmnl_ltime_cfg **lifetime)
{
	xfrmnl_ltime_cfg_put(*lifetime);
}

static void cleanup_template(struct xfrmnl_user_tmpl **template)
{
	xfrmnl_user_tmpl_free(*template);
}

static void cleanup_addr(struct nl_addr **addr)
{
	nl_addr_put(*addr);
}

static int set_selector(struct xfrmnl_sp *sp, const struct policy *policy)
{
	_cleanup_(cleanup_sel) struct xfrmnl_sel *sel = xfrmnl_sel_alloc();
	_cleanup_(cleanup_addr) struct nl_addr *src = nl_addr_build(
		policy->src.addr.family, policy->src.addr.bytes, addr_len(&policy->src.addr));
	_cleanup_(cleanup_addr) struct nl_addr *dst = nl_addr_build(
		policy->dst.addr.family, policy->dst.addr.bytes, addr_len(&policy->dst.addr));

	if (!sel || !src || !dst)
		return -ENOMEM;
	xfrmnl_sel_set_family(sel, policy->src.addr.family);
	xfrmnl_sel_set_saddr(sel, src);
	xfrmnl_sel_set_prefixlen_s(sel, policy->src.len);
	xfrmnl_sel_set_daddr(sel, dst);
	xfrmnl_sel_set_prefixlen_d(sel, policy->dst.len);
	xfrmnl_sel_set_proto(sel, policy->proto);
	if (policy->proto == IPPROTO_ICMPV6) {
		/* the kernel keeps the type where other protocols have the source port */
		xfrmnl_sel_set_sport(sel, policy->icmp_type);
		xfrmnl_sel_set_sportmask(sel, PORT_MASK_FULL);
	}
	xfrmnl_sp_set_sel(sp, sel);
	return 0;
}

static int set_lifetime(struct xfrmnl_sp *sp)
{
	_cleanup_(cleanup_lifetime) struct xfrmnl_ltime_cfg *lifetime = xfrmnl_ltime_cfg_alloc();

	if (!lifetime)
		return -ENOMEM;
	xfrmnl_ltime_cfg_set_soft_bytelimit(lifetime, XFRM_INF);
	xfrmnl_ltime_cfg_set_hard_bytelimit(lifetime, XFRM_INF);
	xfrmnl_ltime_cfg_set_soft_packetlimit(lifetime, XFRM_INF);
	xfrmnl_ltime_cfg_set_hard_packetlimit(lifetime, XFRM_INF);
	xfrmnl_sp_set_lifetime_cfg(sp, lifetime);
	return 0;
}

static int set_template(struct xfrmnl_sp *sp, const struct policy *policy)
{
	static const struct in6_addr any;
	_cleanup_(cleanup_template) struct xfrmnl_user_tmpl *template = xfrmnl_user_tmpl_alloc();
	_cleanup_(cleanup_addr) struct nl_addr *addr = nl_addr_build(policy->src.addr.family, &any,
	                                                             addr_len(&policy->src.addr));

	if (!template || !addr)
		return -ENOMEM;
	xfrmnl_user_tmpl_set_family(template, policy->src.addr.family);
	xfrmnl_user_tmpl_set_saddr(template, addr);
	xfrmnl_user_tmpl_set_daddr(template, addr);
	xfrmnl_user_tmpl_set_proto(template, IPPROTO_ESP);
	xfrmnl_user_tmpl_set_mode(template, XFRM_MODE_TRANSPORT);
	xfrmnl_user_tmpl_set_spi(template, policy->spi);
	xfrmnl_user_tmpl_set_reqid(template, policy->reqid);
	xfrmnl_user_tmpl_set_optional(template, policy->optional);
	xfrmnl_user_tmpl_set_aalgos(template, ALGOS_ANY);
	xfrmnl_user_tmpl_set_ealgos(template, ALGOS_ANY);
	xfrmnl_user_tmpl_set_calgos(template, ALGOS_ANY);
	xfrmnl_sp_add_usertemplate(sp, steal_ptr(template));
	return 0;
}

int xfrm_codec_build_policy(const struct policy *policy, bool update, struct nl_msg **ret_msg)
{
	_cleanup_(cleanup_sp) struct xfrmnl_sp *sp = xfrmnl_sp_alloc();
	struct nl_msg *msg = NULL;
	int r;

	if (policy->src.addr.family != policy->dst.addr.family)
		return -EINVAL;
	if (!sp)
		return -ENOMEM;
	xfrmnl_sp_set_dir(sp, kernel_dirs[policy->dir]);
	xfrmnl_sp_set_priority(sp, policy->priority);
	xfrmnl_sp_set_action(sp, policy->action == POLICY_ACTION_BLOCK ? XFRM_POLICY_BLOCK
	                                                               : XFRM_POLICY_ALLOW);
	r = set_selector(sp, policy);
	if (r == 0)
		r = set_lifetime(sp);
	if (r == 0 && policy->action == POLICY_ACTION_PROTECT)
		r = set_template(sp, policy);
	if (r < 0)
		return r;
	r = update ? xfrmnl_sp_build_update_request(sp, 0, &msg)
	           : xfrmnl_sp_build_add_request(sp, NLM_F_CREATE | NLM_F_EXCL, &msg);
	if (r < 0)
		return build_error(r);
	*ret_msg = msg;
	return 0;
}

int xfrm_codec_build_delete(const struct policy *policy, struct nl_msg **ret_msg)
{
	_cleanup_(cleanup_sp) struct xfrmnl_sp *sp = NULL;
	struct nl_msg *msg = NULL;
	int r;

	/* index 0 would make the kernel look for an empty selector */
	if (policy->index == 0)
		return -EINVAL;
	sp = xfrmnl_sp_alloc();
	if (!sp)
		return -ENOMEM;
	xfrmnl_sp_set_dir(sp, kernel_dirs[policy->dir]);
	xfrmnl_sp_set_index(sp, policy->index);
	r = xfrmnl_sp_build_delete_request(sp, 0, &msg);
	if (r < 0)
		return build_error(r);
	*ret_msg = msg;
	return 0;
}

int xfrm_codec_build_lookup(const struct policy *policy, struct nl_msg **ret_msg)
{
	struct xfrm_userpolicy_id id = {.dir = kernel_dirs[policy->dir]};
	const struct xfrm_userpolicy_info *info;
	struct nl_msg *whole = NULL;
	int r = xfrm_codec_build_policy(policy, false, &whole);

	if (r < 0)
		return r;
	info = nlmsg_data(nlmsg_hdr(whole));
	id.sel = info->sel;
	nlmsg_free(whole);
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
