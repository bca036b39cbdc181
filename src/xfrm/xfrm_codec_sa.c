/* SPDX-License-Identifier: MIT */
/* XFRM netlink messages about SAs. Keys are never copied out. */
#include "xfrmd/xfrm/xfrm_codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "xfrm_read.h"

/* What the attributes of an SA say: names and lengths in bits, never the keys. */
struct sa_attrs {
	char aead[64], crypt[64], auth[64];
	unsigned aead_bits, crypt_bits, auth_bits;
	uint64_t last_used;
};

static int read_algorithm(const struct nlattr *attr, char name[64], unsigned *ret_bits)
{
	struct xfrm_algo algorithm; /* the AEAD form begins in the same way */

	if (xfrm_read_attr(attr, &algorithm, sizeof(algorithm)) < 0)
		return -EBADMSG;
	memcpy(name, algorithm.alg_name, sizeof(algorithm.alg_name));
	*ret_bits = algorithm.alg_key_len;
	return 0;
}

static int read_sa_attr(void *ctx, const struct nlattr *attr)
{
	struct sa_attrs *attrs = ctx;
	struct xfrm_algo_auth auth;

	switch (nla_type(attr)) {
	case XFRMA_ALG_AEAD:
		return read_algorithm(attr, attrs->aead, &attrs->aead_bits);
	case XFRMA_ALG_CRYPT:
		return read_algorithm(attr, attrs->crypt, &attrs->crypt_bits);
	case XFRMA_ALG_AUTH_TRUNC:
		if (xfrm_read_attr(attr, &auth, sizeof(auth)) < 0)
			return -EBADMSG;
		memcpy(attrs->auth, auth.alg_name, sizeof(auth.alg_name));
		attrs->auth_bits = auth.alg_trunc_len;
		return 0;
	case XFRMA_LASTUSED:
		return xfrm_read_attr(attr, &attrs->last_used, sizeof(attrs->last_used));
	default:
		return 0;
	}
}

static void describe_algorithms(const struct sa_attrs *attrs, char *text, size_t size)
{
	/* kernel names are short; the precision bounds one without a final NUL */
	if (attrs->aead[0])
		snprintf(text, size, "%.40s-%u", attrs->aead, attrs->aead_bits);
	else if (attrs->crypt[0] && attrs->auth[0])
		snprintf(text, size, "%.20s-%u/%.20s-%u", attrs->crypt, attrs->crypt_bits,
		         attrs->auth, attrs->auth_bits);
	else if (attrs->crypt[0])
		snprintf(text, size, "%.40s-%u", attrs->crypt, attrs->crypt_bits);
	else if (attrs->auth[0])
		snprintf(text, size, "%.40s-%u", attrs->auth, attrs->auth_bits);
}

static int64_t clamp_time(uint64_t seconds)
{
	return seconds > INT64_MAX ? 0 : (int64_t)seconds;
}

/* 0 when the kernel has no such limit. */
static int64_t limit_time(int64_t start, uint64_t seconds)
{
	if (seconds == 0 || seconds > (uint64_t)(INT64_MAX - start))
		return 0;
	return start + (int64_t)seconds;
}

static int read_sa(const struct nlmsghdr *header, const struct xfrm_usersa_info *info,
                   size_t fixed_size, struct sa *ret_sa)
{
	struct sa sa = {
		.spi = ntohl(info->id.spi),
		.reqid = info->reqid,
		.proto = info->id.proto,
		.mode = info->mode,
		.bytes = info->curlft.bytes,
		.packets = info->curlft.packets,
		.installed = clamp_time(info->curlft.add_time),
	};
	struct sa_attrs attrs = {0};
	int r;

	if (xfrm_read_addr(info->family, &info->saddr, &sa.src) < 0 ||
	    xfrm_read_addr(info->family, &info->id.daddr, &sa.dst) < 0)
		return -EBADMSG;
	r = xfrm_read_attrs(header, fixed_size, read_sa_attr, &attrs);
	if (r < 0)
		return r;
	sa.rekey = limit_time(sa.installed, info->lft.soft_add_expires_seconds);
	sa.expiry = limit_time(sa.installed, info->lft.hard_add_expires_seconds);
	sa.used = clamp_time(info->curlft.use_time);
	if (clamp_time(attrs.last_used) > sa.used)
		sa.used = clamp_time(attrs.last_used);
	describe_algorithms(&attrs, sa.algorithm, sizeof(sa.algorithm));
	*ret_sa = sa;
	return 0;
}

int xfrm_codec_sa(const struct nlmsghdr *header, struct sa *ret_sa)
{
	struct xfrm_usersa_info info;

	if ((header->nlmsg_type != XFRM_MSG_NEWSA && header->nlmsg_type != XFRM_MSG_UPDSA) ||
	    xfrm_read_fixed(header, &info, sizeof(info)) < 0)
		return -EBADMSG;
	return read_sa(header, &info, sizeof(info), ret_sa);
}

/* What a DELSA says about the SA behind its key. */
struct gone_attrs {
	struct xfrm_usersa_info info;
	xfrm_address_t src;
	bool has_info, has_src;
};

static int read_gone_attr(void *ctx, const struct nlattr *attr)
{
	struct gone_attrs *attrs = ctx;

	switch (nla_type(attr)) {
	case XFRMA_SA:
		attrs->has_info = true;
		return xfrm_read_attr(attr, &attrs->info, sizeof(attrs->info));
	case XFRMA_SRCADDR:
		attrs->has_src = true;
		return xfrm_read_attr(attr, &attrs->src, sizeof(attrs->src));
	default:
		return 0;
	}
}

int xfrm_codec_sa_gone(const struct nlmsghdr *header, struct sa *ret_sa)
{
	struct gone_attrs attrs = {0};
	struct xfrm_usersa_id id;
	struct sa sa;
	int r;

	if (header->nlmsg_type != XFRM_MSG_DELSA || xfrm_read_fixed(header, &id, sizeof(id)) < 0)
		return -EBADMSG;
	r = xfrm_read_attrs(header, sizeof(id), read_gone_attr, &attrs);
	if (r < 0)
		return r;
	if (!attrs.has_info)
		attrs.info.saddr = attrs.src;
	/* the key is that of the message, whatever the SA in it says */
	attrs.info.family = id.family;
	attrs.info.id.daddr = id.daddr;
	attrs.info.id.spi = id.spi;
	attrs.info.id.proto = id.proto;
	r = read_sa(header, &attrs.info, sizeof(id), &sa);
	if (r < 0)
		return r;
	if (!attrs.has_info && !attrs.has_src)
		sa.src = (struct addr){.family = AF_UNSPEC};
	*ret_sa = sa;
	return 0;
}

int xfrm_codec_expire(const struct nlmsghdr *header, struct sa *ret_sa, bool *ret_hard)
{
	struct xfrm_user_expire info;
	int r;

	if (header->nlmsg_type != XFRM_MSG_EXPIRE ||
	    xfrm_read_fixed(header, &info, sizeof(info)) < 0)
		return -EBADMSG;
	r = read_sa(header, &info.state, sizeof(info), ret_sa);
	if (r < 0)
		return r;
	*ret_hard = info.hard != 0;
	return 0;
}

int xfrm_codec_build_sa(int type, const struct sa *key, struct nl_msg **ret_msg)
{
	struct xfrm_usersa_id id = {
		.spi = htonl(key->spi), .family = key->dst.family, .proto = key->proto};
	struct nl_msg *msg;

	memcpy(&id.daddr, key->dst.bytes, addr_len(&key->dst));
	msg = xfrm_message_new(type, &id, sizeof(id));
	if (!msg || nla_put(msg, XFRMA_SRCADDR, sizeof(xfrm_address_t), key->src.bytes) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*ret_msg = msg;
	return 0;
}
