/* SPDX-License-Identifier: MIT */
#include "xfrmd/xfrm/xfrm_codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct prefix prefix(const char *text)
{
	struct prefix parsed;

	ck_assert_int_eq(prefix_parse(text, &parsed, NULL), 0);
	return parsed;
}

static const struct {
	const char *src, *dst;
	struct policy policy;
} policy_cases[] = {
	{"10.0.1.1/32",
         "0.0.0.0/0",
         {.dir = POLICY_DIR_OUT, .action = POLICY_ACTION_PROTECT, .priority = 30132, .reqid = 77}},
	{"10.0.0.0/20",
         "10.0.1.1/32",
         {.dir = POLICY_DIR_IN,
          .action = POLICY_ACTION_PROTECT,
          .priority = 30112,
          .reqid = 77,
          .optional = true}},
	{"10.0.0.0/20",
         "0.0.0.0/0",
         {.dir = POLICY_DIR_FWD, .action = POLICY_ACTION_ALLOW, .priority = 30112}},
	{"10.0.1.1/32",
         "10.0.1.255/32",
         {.dir = POLICY_DIR_OUT, .action = POLICY_ACTION_BLOCK, .priority = 30010}},
	{"10.0.1.1/32",
         "10.0.1.2/32",
         {.dir = POLICY_DIR_OUT,
          .action = POLICY_ACTION_PROTECT,
          .priority = 30100,
          .reqid = 77,
          .spi = 0xc0123456}},
	{"::/0",
         "::/0",
         {.dir = POLICY_DIR_IN,
          .action = POLICY_ACTION_ALLOW,
          .priority = 30010,
          .proto = IPPROTO_ICMPV6,
          .icmp_type = 135}},
	{"fd00::/16",
         "fd00::1/128",
         {.dir = POLICY_DIR_IN, .action = POLICY_ACTION_PROTECT, .priority = 30212, .reqid = 1}},
};

static struct policy case_policy(int i)
{
	struct policy policy = policy_cases[i].policy;

	policy.src = prefix(policy_cases[i].src);
	policy.dst = prefix(policy_cases[i].dst);
	return policy;
}

static struct nl_msg *build(const struct policy *policy)
{
	struct nl_msg *msg;

	ck_assert_int_eq(xfrm_codec_build_policy(policy, false, &msg), 0);
	return msg;
}

/* The index tells the direction of a policy that came from the kernel. */
static struct xfrm_userpolicy_info *policy_info(struct nl_msg *msg)
{
	return nlmsg_data(nlmsg_hdr(msg));
}

START_TEST(policy_round_trips)
{
	struct policy policy = case_policy(_i), decoded;
	char want[POLICY_TEXT_MAX], have[POLICY_TEXT_MAX];
	struct nl_msg *msg = build(&policy);

	ck_assert_int_eq(nlmsg_hdr(msg)->nlmsg_type, XFRM_MSG_NEWPOLICY);
	policy_info(msg)->index = 8;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), 0);
	ck_assert_str_eq(policy_format(&decoded, have), policy_format(&policy, want));
	ck_assert_int_eq(policy_equal(&decoded, &policy), true);
	ck_assert_uint_eq(decoded.index, 8);
	nlmsg_free(msg);
}
END_TEST

START_TEST(addition_is_exclusive_and_update_is_not)
{
	struct policy policy = case_policy(0);
	struct nl_msg *msg = build(&policy);

	ck_assert_int_eq(nlmsg_hdr(msg)->nlmsg_flags & NLM_F_EXCL, NLM_F_EXCL);
	nlmsg_free(msg);
	ck_assert_int_eq(xfrm_codec_build_policy(&policy, true, &msg), 0);
	ck_assert_int_eq(nlmsg_hdr(msg)->nlmsg_type, XFRM_MSG_UPDPOLICY);
	ck_assert_int_eq(nlmsg_hdr(msg)->nlmsg_flags & NLM_F_EXCL, 0);
	nlmsg_free(msg);
}
END_TEST

START_TEST(built_policy_never_expires)
{
	static const struct xfrm_lifetime_cfg infinite = {
		.soft_byte_limit = XFRM_INF,
		.hard_byte_limit = XFRM_INF,
		.soft_packet_limit = XFRM_INF,
		.hard_packet_limit = XFRM_INF,
	};
	struct policy policy = case_policy(0);
	struct nl_msg *msg = build(&policy);

	ck_assert_mem_eq(&policy_info(msg)->lft, &infinite, sizeof(infinite));
	nlmsg_free(msg);
}
END_TEST

START_TEST(policy_of_two_families_is_refused)
{
	struct policy policy = case_policy(0);
	struct nl_msg *msg = NULL;

	policy.dst = prefix("fd00::/8");
	ck_assert_int_eq(xfrm_codec_build_policy(&policy, false, &msg), -EINVAL);
	ck_assert_ptr_null(msg);
}
END_TEST

START_TEST(deletion_names_direction_and_index)
{
	struct policy policy = case_policy(1);
	struct xfrm_userpolicy_id *id;
	struct nl_msg *msg = NULL;

	ck_assert_int_eq(xfrm_codec_build_delete(&policy, &msg), -EINVAL);
	policy.index = 4711;
	ck_assert_int_eq(xfrm_codec_build_delete(&policy, &msg), 0);
	id = nlmsg_data(nlmsg_hdr(msg));
	ck_assert_int_eq(nlmsg_hdr(msg)->nlmsg_type, XFRM_MSG_DELPOLICY);
	ck_assert_uint_eq(id->index, 4711);
	ck_assert_uint_eq(id->dir, XFRM_POLICY_IN);
	nlmsg_free(msg);
}
END_TEST

/* No length that the header may claim makes the decoders read behind it: see it with valgrind. */
START_TEST(every_truncated_policy_is_refused)
{
	struct policy policy = case_policy(0), decoded;
	struct nl_msg *msg = build(&policy);
	uint32_t len = nlmsg_hdr(msg)->nlmsg_len;

	for (uint32_t cut = NLMSG_HDRLEN; cut < len; cut++) {
		struct nlmsghdr *copy = malloc(cut);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, nlmsg_hdr(msg), cut);
		copy->nlmsg_len = cut;
		if (cut == NLMSG_HDRLEN + sizeof(struct xfrm_userpolicy_info))
			ck_assert_int_eq(xfrm_codec_policy(copy, &decoded), 0);
		else
			ck_assert_int_eq(xfrm_codec_policy(copy, &decoded), -EBADMSG);
		free(copy);
	}
	nlmsg_free(msg);
}
END_TEST

START_TEST(malformed_fixed_parts_are_refused)
{
	struct policy policy = case_policy(0), decoded;
	struct nl_msg *msg = build(&policy);
	struct xfrm_userpolicy_info good = *policy_info(msg);

	policy_info(msg)->sel.family = AF_UNIX;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), -EBADMSG);
	*policy_info(msg) = good;
	policy_info(msg)->sel.prefixlen_d = 33;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), -EBADMSG);
	*policy_info(msg) = good;
	nlmsg_hdr(msg)->nlmsg_type = XFRM_MSG_DELPOLICY;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), -EBADMSG);
	nlmsg_free(msg);
}
END_TEST

START_TEST(policies_of_one_socket_are_skipped)
{
	struct policy policy = case_policy(0), decoded;
	struct nl_msg *msg = build(&policy);

	policy_info(msg)->dir = 4;
	policy_info(msg)->index = 12;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), -ENOENT);
	policy_info(msg)->dir = XFRM_POLICY_OUT;
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), -ENOENT);
	nlmsg_free(msg);
}
END_TEST

static const struct xfrm_mark mark = {.v = 5, .m = 0xff}, no_mark;
static const struct xfrm_userpolicy_type sub_type = {.type = XFRM_POLICY_TYPE_SUB}, main_type;
static const uint32_t if_id = 7, no_if_id;

static const struct {
	int type;
	const void *data;
	int len;
	int result;
	bool unsupported, unsupported_key;
} attr_cases[] = {
	{XFRMA_MARK, &mark, sizeof(mark), 0, true, true},
	{XFRMA_MARK, &no_mark, sizeof(no_mark), 0, false, false},
	{XFRMA_MARK, &mark, sizeof(mark) - 1, -EBADMSG, false, false},
	{XFRMA_IF_ID, &if_id, sizeof(if_id), 0, true, true},
	{XFRMA_IF_ID, &no_if_id, sizeof(no_if_id), 0, false, false},
	{XFRMA_IF_ID, &if_id, 3, -EBADMSG, false, false},
	{XFRMA_POLICY_TYPE, &sub_type, sizeof(sub_type), 0, true, true},
	{XFRMA_POLICY_TYPE, &main_type, sizeof(main_type), 0, false, false},
	{XFRMA_POLICY_TYPE, &main_type, 1, -EBADMSG, false, false},
	{XFRMA_SEC_CTX, &if_id, sizeof(if_id), 0, true, true},
	{XFRMA_OFFLOAD_DEV, &if_id, sizeof(if_id), 0, true, false},
	{XFRMA_TMPL, &if_id, 0, 0, false, false},
	{XFRMA_TMPL, &if_id, sizeof(if_id), -EBADMSG, false, false},
	{4095, &if_id, sizeof(if_id), 0, false, false},
};

START_TEST(attributes_that_we_never_write_are_unsupported)
{
	struct policy policy = case_policy(0), decoded = {.unsupported = false};
	struct nl_msg *msg = build(&policy);

	ck_assert_int_eq(nla_put(msg, attr_cases[_i].type, attr_cases[_i].len, attr_cases[_i].data),
	                 0);
	ck_assert_int_eq(xfrm_codec_policy(nlmsg_hdr(msg), &decoded), attr_cases[_i].result);
	ck_assert_int_eq(decoded.unsupported, attr_cases[_i].unsupported);
	ck_assert_int_eq(decoded.unsupported_key, attr_cases[_i].unsupported_key);
	nlmsg_free(msg);
}
END_TEST

static struct nl_msg *make_acquire(uint16_t family)
{
	struct xfrm_user_acquire info = {
		.id = {.spi = htonl(0xc0000001)},
		.sel = {.family = family},
		.policy = {.priority = 30112},
		.seq = 9,
	};
	struct xfrm_user_tmpl templates[2] = {{.reqid = 77}, {.reqid = 78}};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_ACQUIRE, 0);

	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(inet_pton(AF_INET, "10.0.1.1", &info.saddr.a4), 1);
	ck_assert_int_eq(inet_pton(AF_INET, "10.0.1.2", &info.id.daddr.a4), 1);
	ck_assert_int_eq(nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO), 0);
	ck_assert_int_eq(nla_put(msg, XFRMA_TMPL, sizeof(templates), templates), 0);
	return msg;
}

START_TEST(acquire_takes_the_first_reqid)
{
	struct nl_msg *msg = make_acquire(AF_INET);
	struct xfrm_acquire acquire;
	char text[ADDR_TEXT_MAX];

	ck_assert_int_eq(xfrm_codec_acquire(nlmsg_hdr(msg), &acquire), 0);
	ck_assert_str_eq(addr_format(&acquire.pair.local, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&acquire.pair.remote, text), "10.0.1.2");
	ck_assert_uint_eq(acquire.spi, 0xc0000001);
	ck_assert_uint_eq(acquire.reqid, 77);
	ck_assert_uint_eq(acquire.seq, 9);
	ck_assert_uint_eq(acquire.priority, 30112);
	nlmsg_free(msg);
}
END_TEST

START_TEST(malformed_acquires_are_refused)
{
	struct nl_msg *msg = make_acquire(AF_UNSPEC);
	struct xfrm_acquire acquire;

	ck_assert_int_eq(xfrm_codec_acquire(nlmsg_hdr(msg), &acquire), -EBADMSG);
	nlmsg_free(msg);
	msg = make_acquire(AF_INET);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + sizeof(struct xfrm_user_acquire) - 1;
	ck_assert_int_eq(xfrm_codec_acquire(nlmsg_hdr(msg), &acquire), -EBADMSG);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + sizeof(struct xfrm_user_acquire) + 20;
	ck_assert_int_eq(xfrm_codec_acquire(nlmsg_hdr(msg), &acquire), -EBADMSG);
	nlmsg_free(msg);
}
END_TEST

static struct xfrm_usersa_info sa_info(void)
{
	struct xfrm_usersa_info info = {
		.family = AF_INET,
		.id = {.spi = htonl(0xc0000001), .proto = IPPROTO_ESP},
		.reqid = 77,
		.curlft = {.bytes = 1000,
	                   .packets = 10,
	                   .add_time = 1700000000,
	                   .use_time = 1700000005},
		.lft = {.soft_add_expires_seconds = 3600, .hard_add_expires_seconds = 4000},
	};

	ck_assert_int_eq(inet_pton(AF_INET, "10.0.1.1", &info.saddr.a4), 1);
	ck_assert_int_eq(inet_pton(AF_INET, "10.0.1.2", &info.id.daddr.a4), 1);
	return info;
}

static struct nl_msg *make_sa(struct xfrm_usersa_info *info)
{
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_NEWSA, 0);

	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(nlmsg_append(msg, info, sizeof(*info), NLMSG_ALIGNTO), 0);
	return msg;
}

/* An attribute: name in 64 bytes, then @numbers. */
static void put_algorithm(struct nl_msg *msg, int type, const char *name, uint32_t bits,
                          uint32_t more)
{
	uint8_t data[72] = {0};

	memcpy(data, name, strlen(name));
	memcpy(data + 64, &bits, sizeof(bits));
	memcpy(data + 68, &more, sizeof(more));
	ck_assert_int_eq(nla_put(msg, type, sizeof(data), data), 0);
}

START_TEST(sa_tells_times_use_and_algorithm)
{
	struct xfrm_usersa_info info = sa_info();
	struct nl_msg *msg = make_sa(&info);
	uint64_t last_used = 1700000009;
	char text[ADDR_TEXT_MAX];
	struct sa sa;

	put_algorithm(msg, XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 160, 128);
	ck_assert_int_eq(nla_put(msg, XFRMA_LASTUSED, sizeof(last_used), &last_used), 0);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&sa.dst, text), "10.0.1.2");
	ck_assert_uint_eq(sa.spi, 0xc0000001);
	ck_assert_uint_eq(sa.reqid, 77);
	ck_assert_uint_eq(sa.proto, IPPROTO_ESP);
	ck_assert_uint_eq(sa.mode, XFRM_MODE_TRANSPORT);
	ck_assert_uint_eq(sa.bytes, 1000);
	ck_assert_uint_eq(sa.packets, 10);
	ck_assert_int_eq(sa.installed, 1700000000);
	ck_assert_int_eq(sa.used, 1700000009);
	ck_assert_int_eq(sa.rekey, 1700003600);
	ck_assert_int_eq(sa.expiry, 1700004000);
	ck_assert_str_eq(sa.algorithm, "rfc4106(gcm(aes))-160");
	nlmsg_free(msg);
}
END_TEST

START_TEST(cipher_and_hash_are_both_named)
{
	struct xfrm_usersa_info info = sa_info();
	struct nl_msg *msg = make_sa(&info);
	struct sa sa;

	put_algorithm(msg, XFRMA_ALG_CRYPT, "cbc(aes)", 128, 0);
	put_algorithm(msg, XFRMA_ALG_AUTH_TRUNC, "hmac(sha256)", 256, 128);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(sa.algorithm, "cbc(aes)-128/hmac(sha256)-128");
	nlmsg_free(msg);
}
END_TEST

START_TEST(name_without_a_final_nul_is_bounded)
{
	struct xfrm_usersa_info info = sa_info();
	struct nl_msg *msg = make_sa(&info);
	char name[65];
	struct sa sa;

	memset(name, 'n', 64);
	name[64] = '\0';
	put_algorithm(msg, XFRMA_ALG_AEAD, name, UINT32_MAX, 0);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(sa.algorithm, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn-4294967295");
	nlmsg_free(msg);
}
END_TEST

START_TEST(limits_that_do_not_exist_or_overflow_are_zero)
{
	struct xfrm_usersa_info info = sa_info();
	struct nl_msg *msg;
	struct sa sa;

	info.lft.soft_add_expires_seconds = 0;
	info.lft.hard_add_expires_seconds = XFRM_INF;
	info.curlft.use_time = XFRM_INF;
	msg = make_sa(&info);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), 0);
	ck_assert_int_eq(sa.rekey, 0);
	ck_assert_int_eq(sa.expiry, 0);
	ck_assert_int_eq(sa.used, 0);
	nlmsg_free(msg);
}
END_TEST

START_TEST(malformed_sas_are_refused)
{
	struct xfrm_usersa_info info = sa_info();
	struct nl_msg *msg = make_sa(&info);
	const char name[60] = "short";
	struct sa sa;

	ck_assert_int_eq(nla_put(msg, XFRMA_ALG_AEAD, sizeof(name), name), 0);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), -EBADMSG);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + sizeof(info) - 1;
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), -EBADMSG);
	nlmsg_free(msg);
	info.family = AF_UNSPEC;
	msg = make_sa(&info);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), -EBADMSG);
	nlmsg_free(msg);
}
END_TEST

START_TEST(expire_tells_soft_from_hard)
{
	struct xfrm_user_expire info = {.state = sa_info(), .hard = (uint8_t)_i};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_EXPIRE, 0);
	struct sa sa;
	bool hard;

	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO), 0);
	ck_assert_int_eq(xfrm_codec_expire(nlmsg_hdr(msg), &sa, &hard), 0);
	ck_assert_int_eq(hard, _i);
	ck_assert_uint_eq(sa.spi, 0xc0000001);
	ck_assert_int_eq(xfrm_codec_sa(nlmsg_hdr(msg), &sa), -EBADMSG);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + sizeof(struct xfrm_usersa_info);
	ck_assert_int_eq(xfrm_codec_expire(nlmsg_hdr(msg), &sa, &hard), -EBADMSG);
	nlmsg_free(msg);
}
END_TEST

/*
 * What the kernel told of an SA of charon's (6.1, in User-Mode Linux; the key is zeroed): the
 * inbound SA gets its keys, and the outbound one, used once, is deleted.
 */
static const char updated_sa[] =
	/* header: UPDSA */
	"600100001a000000ce00000010030000"
	/* SA: selector */
	"0a0001010000000000000000000000000a0001020000000000000000000000000000000000000000"
	"02002020000000000000000000000000"
	/* destination, SPI, protocol */
	"0a000101000000000000000000000000cd891b0532000000"
	/* source */
	"0a000102000000000000000000000000"
	/* lifetimes */
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd70c000000000000"
	"780f00000000000000000000000000000000000000000000"
	/* use */
	"00000000000000000000000000000000785b026b000000000000000000000000"
	"0000000000000000000000000000000001000000020000200000000000000000"
	/* algorithm */
	"60001200726663343130362867636d28616573292900000000000000000000000000000000000000"
	"00000000000000000000000000000000000000000000000000000000a00000008000000000000000"
	"00000000000000000000000000000000"
	/* replay state */
	"10000a00000000000000000000000000";
static const char deleted_sa[] =
	/* header: DELSA */
	"7c01000011000000d700000010030000"
	/* destination, SPI, family, protocol */
	"0a000102000000000000000000000000c07b07f402003200"
	/* XFRMA_SA */
	"e4000600"
	/* SA: selector */
	"0a0001020000000000000000000000000a0001010000000000000000000000000000000000000000"
	"02002020000000000000000000000000"
	/* destination, SPI, protocol */
	"0a000102000000000000000000000000c07b07f432000000"
	/* source */
	"0a000101000000000000000000000000"
	/* lifetimes */
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff1d0d000000000000"
	"780f00000000000000000000000000000000000000000000"
	/* use */
	"40000000000000000100000000000000785b026b00000000795b026b00000000"
	"0000000000000000000000000000000001000000020000000000000000000000"
	/* algorithm */
	"60001200726663343130362867636d28616573292900000000000000000000000000000000000000"
	"00000000000000000000000000000000000000000000000000000000a00000008000000000000000"
	"00000000000000000000000000000000"
	/* replay state */
	"10000a00010000000000000000000000";

static struct nlmsghdr *from_hex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	unsigned char *bytes = malloc(len);

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &bytes[i]), 1);
	return (struct nlmsghdr *)bytes;
}

START_TEST(real_update_is_decoded)
{
	struct nlmsghdr *header = from_hex(updated_sa);
	char text[ADDR_TEXT_MAX];
	struct sa sa;

	ck_assert_int_eq(xfrm_codec_sa(header, &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "10.0.1.2");
	ck_assert_str_eq(addr_format(&sa.dst, text), "10.0.1.1");
	ck_assert_uint_eq(sa.spi, 0xcd891b05);
	ck_assert_uint_eq(sa.reqid, 1);
	ck_assert_str_eq(sa.algorithm, "rfc4106(gcm(aes))-160");
	ck_assert_int_eq(sa.expiry - sa.installed, 3960);
	ck_assert_int_eq(xfrm_codec_sa_gone(header, &sa), -EBADMSG);
	free(header);
}
END_TEST

START_TEST(real_deletion_tells_the_whole_sa)
{
	struct nlmsghdr *header = from_hex(deleted_sa);
	char text[ADDR_TEXT_MAX];
	struct sa sa;

	ck_assert_int_eq(xfrm_codec_sa_gone(header, &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "10.0.1.1");
	ck_assert_str_eq(addr_format(&sa.dst, text), "10.0.1.2");
	ck_assert_uint_eq(sa.spi, 0xc07b07f4);
	ck_assert_uint_eq(sa.proto, IPPROTO_ESP);
	ck_assert_uint_eq(sa.mode, XFRM_MODE_TRANSPORT);
	ck_assert_uint_eq(sa.reqid, 1);
	ck_assert_uint_eq(sa.bytes, 64);
	ck_assert_uint_eq(sa.packets, 1);
	ck_assert_int_eq(sa.installed, 1795316600);
	ck_assert_int_eq(sa.used, 1795316601);
	ck_assert_int_eq(sa.rekey - sa.installed, 3357);
	ck_assert_str_eq(sa.algorithm, "rfc4106(gcm(aes))-160");
	ck_assert_int_eq(xfrm_codec_sa(header, &sa), -EBADMSG);
	free(header);
}
END_TEST

/* Only the key and a whole number of attributes may be all that there is. */
START_TEST(truncated_deletions_are_refused)
{
	const uint32_t key = NLMSG_HDRLEN + sizeof(struct xfrm_usersa_id);
	const uint32_t ends[] = {key, key + 228, key + 228 + 96};
	struct nlmsghdr *header = from_hex(deleted_sa);
	size_t end = 0;
	struct sa sa;

	for (uint32_t cut = NLMSG_HDRLEN; cut < header->nlmsg_len; cut++) {
		struct nlmsghdr *copy = malloc(cut);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, header, cut);
		copy->nlmsg_len = cut;
		if (end < COUNT(ends) && cut == ends[end]) {
			ck_assert_int_eq(xfrm_codec_sa_gone(copy, &sa), 0);
			ck_assert_int_eq(sa.src.family, end == 0 ? AF_UNSPEC : AF_INET);
			end++;
		} else {
			ck_assert_int_eq(xfrm_codec_sa_gone(copy, &sa), -EBADMSG);
		}
		free(copy);
	}
	ck_assert_uint_eq(end, COUNT(ends));
	free(header);
}
END_TEST

static struct nl_msg *make_deletion(uint16_t family)
{
	struct xfrm_usersa_id id = {
		.spi = htonl(0xc0000001),
		.family = family,
		.proto = IPPROTO_ESP,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(XFRM_MSG_DELSA, 0);

	ck_assert_ptr_nonnull(msg);
	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::2", &id.daddr), 1);
	ck_assert_int_eq(nlmsg_append(msg, &id, sizeof(id), NLMSG_ALIGNTO), 0);
	return msg;
}

START_TEST(deletion_takes_what_it_has_of_the_source)
{
	struct nl_msg *msg = make_deletion(AF_INET6);
	struct xfrm_usersa_info info = {.family = AF_INET6, .reqid = 77};
	xfrm_address_t address;
	char text[ADDR_TEXT_MAX];
	struct sa sa;

	ck_assert_int_eq(xfrm_codec_sa_gone(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "?");
	ck_assert_str_eq(addr_format(&sa.dst, text), "fd00::2");
	ck_assert_uint_eq(sa.spi, 0xc0000001);
	ck_assert_uint_eq(sa.proto, IPPROTO_ESP);
	ck_assert_uint_eq(sa.reqid, 0);

	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::1", &address), 1);
	ck_assert_int_eq(nla_put(msg, XFRMA_SRCADDR, sizeof(address), &address), 0);
	ck_assert_int_eq(xfrm_codec_sa_gone(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "fd00::1");

	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::3", &info.saddr), 1);
	ck_assert_int_eq(nla_put(msg, XFRMA_SA, sizeof(info), &info), 0);
	ck_assert_int_eq(xfrm_codec_sa_gone(nlmsg_hdr(msg), &sa), 0);
	ck_assert_str_eq(addr_format(&sa.src, text), "fd00::3");
	ck_assert_uint_eq(sa.reqid, 77);
	ck_assert_uint_eq(sa.spi, 0xc0000001);
	nlmsg_free(msg);
}
END_TEST

static const struct {
	uint16_t family;
	int type, len;
} bad_deletions[] = {
	{AF_UNSPEC, 4095, 0},
	{AF_INET6, XFRMA_SA, sizeof(struct xfrm_usersa_info) - 1},
	{AF_INET6, XFRMA_SRCADDR, sizeof(xfrm_address_t) - 1},
	{AF_INET6, XFRMA_ALG_AEAD, 60},
};

START_TEST(malformed_deletions_are_refused)
{
	static const struct xfrm_usersa_info zero;
	struct nl_msg *msg = make_deletion(bad_deletions[_i].family);
	struct sa sa;

	ck_assert_int_eq(nla_put(msg, bad_deletions[_i].type, bad_deletions[_i].len, &zero), 0);
	ck_assert_int_eq(xfrm_codec_sa_gone(nlmsg_hdr(msg), &sa), -EBADMSG);
	nlmsg_free(msg);
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("xfrm_codec", &tests);

	tcase_add_loop_test(tests, policy_round_trips, 0, COUNT(policy_cases));
	tcase_add_test(tests, addition_is_exclusive_and_update_is_not);
	tcase_add_test(tests, built_policy_never_expires);
	tcase_add_test(tests, policy_of_two_families_is_refused);
	tcase_add_test(tests, deletion_names_direction_and_index);
	tcase_add_test(tests, every_truncated_policy_is_refused);
	tcase_add_test(tests, malformed_fixed_parts_are_refused);
	tcase_add_test(tests, policies_of_one_socket_are_skipped);
	tcase_add_loop_test(tests, attributes_that_we_never_write_are_unsupported, 0,
	                    COUNT(attr_cases));
	tcase_add_test(tests, acquire_takes_the_first_reqid);
	tcase_add_test(tests, malformed_acquires_are_refused);
	tcase_add_test(tests, sa_tells_times_use_and_algorithm);
	tcase_add_test(tests, cipher_and_hash_are_both_named);
	tcase_add_test(tests, name_without_a_final_nul_is_bounded);
	tcase_add_test(tests, limits_that_do_not_exist_or_overflow_are_zero);
	tcase_add_test(tests, malformed_sas_are_refused);
	tcase_add_loop_test(tests, expire_tells_soft_from_hard, 0, 2);
	tcase_add_test(tests, real_update_is_decoded);
	tcase_add_test(tests, real_deletion_tells_the_whole_sa);
	tcase_add_test(tests, truncated_deletions_are_refused);
	tcase_add_test(tests, deletion_takes_what_it_has_of_the_source);
	tcase_add_loop_test(tests, malformed_deletions_are_refused, 0, COUNT(bad_deletions));
	return test_run(suite);
}
