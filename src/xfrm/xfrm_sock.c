/* SPDX-License-Identifier: MIT */
/*
 * The request socket: policies and SAs are read, policies are written. The answer of each request,
 * or of each batch of changes, is awaited, so nothing queues up and memory does not grow with their
 * number.
 */
#include "xfrmd/xfrm/xfrm_sock.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include "xfrm_batch.h"
#include "xfrm_read.h"
#include "xfrmd/base/array.h"
#include "xfrmd/xfrm/xfrm_link.h"

#define REQUEST_RCVBUF (256 * 1024)
#define DUMP_TRIES     10

/*
 * Sends a request with a sequence number of its own, so that answers to an earlier request that
 * failed half-way are told apart. @answered: by a message, so that no ack is needed.
 */
static int send_request(struct xfrm_link *link, struct nl_msg *msg, bool answered,
                        uint32_t *ret_seq)
{
	int r;

	nl_complete_msg(link->nl, msg);
	if (answered)
		nlmsg_hdr(msg)->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	r = nl_send(link->nl, msg);
	if (r < 0)
		return xfrm_link_error(r);
	*ret_seq = nlmsg_hdr(msg)->nlmsg_seq;
	return 0;
}

/* The error code in NLMSG_ERROR (0: an ack) and NLMSG_DONE, which both begin with it. */
static int answer_code(const struct nlmsghdr *header)
{
	int code;

	if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(code))
		return -EBADMSG;
	memcpy(&code, nlmsg_data(header), sizeof(code));
	return code;
}

typedef int (*message_fn)(void *ctx, const struct nlmsghdr *header);

struct exchange {
	uint32_t seq;
	message_fn fn; /* for the answer, every message of a dump; NULL: it is only acked */
	void *ctx;
	bool interrupted;
	bool done;
	int error; /* the first */
};

static void take_answer(struct exchange *exchange, const struct nlmsghdr *header)
{
	int r = 0;

	if (header->nlmsg_seq != exchange->seq || exchange->done)
		return;
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		exchange->interrupted = true;
	if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
		exchange->done = true;
		r = answer_code(header);
	} else if (exchange->fn && exchange->error == 0) {
		r = exchange->fn(exchange->ctx, header);
		exchange->done = !(header->nlmsg_flags & NLM_F_MULTI);
	}
	if (r < 0 && exchange->error == 0)
		exchange->error = r;
}

/*
 * Reads until the final answer, also after an error: the kernel refuses a new dump while one is
 * going on.
 */
static int await_answer(struct xfrm_link *link, struct exchange *exchange)
{
	while (!exchange->done) {
		struct nlmsghdr *header = (struct nlmsghdr *)link->bytes;
		ssize_t len = xfrm_link_receive(link);
		int left;

		if (len < 0)
			return (int)len;
		for (left = (int)len; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
			take_answer(exchange, header);
	}
	return exchange->error;
}

struct xfrm_sock {
	struct xfrm_link link;
};

int xfrm_sock_open(struct xfrm_sock **ret_sock, struct err *err)
{
	struct xfrm_sock *sock = calloc(1, sizeof(*sock));
	int r = -ENOMEM;

	if (sock)
		r = xfrm_link_open(&sock->link);
	if (r == 0)
		r = xfrm_link_error(nl_socket_set_buffer_size(sock->link.nl, REQUEST_RCVBUF, 0));
	if (r < 0) {
		xfrm_sock_close(sock);
		return err_set(err, r, "xfrm socket: cannot be opened: %s", strerror(-r));
	}
	*ret_sock = sock;
	return 0;
}

void xfrm_sock_close(struct xfrm_sock *sock)
{
	if (!sock)
		return;
	xfrm_link_close(&sock->link);
	free(sock);
}

uint32_t xfrm_sock_port(const struct xfrm_sock *sock)
{
	return nl_socket_get_local_port(sock->link.nl);
}

/* Sends one request, frees it, and reads its answer; NULL: there was no memory for it. */
static int run(struct xfrm_sock *sock, struct nl_msg *msg, struct exchange *exchange)
{
	int r;

	if (!msg)
		return -ENOMEM;
	r = send_request(&sock->link, msg, exchange->fn, &exchange->seq);
	nlmsg_free(msg);
	return r < 0 ? r : await_answer(&sock->link, exchange);
}

/* Hands the answer to @fn; NULL: it is only acked. */
static int ask(struct xfrm_sock *sock, struct nl_msg *msg, message_fn fn, void *ctx)
{
	return run(sock, msg, &(struct exchange){.fn = fn, .ctx = ctx});
}

static int transact(struct xfrm_sock *sock, struct nl_msg *msg)
{
	return ask(sock, msg, NULL, NULL);
}

/* Tables that change meanwhile give an inconsistent answer: then all is read anew, from *count 0. */
static int dump(struct xfrm_sock *sock, int type, message_fn fn, void *ctx, size_t *count)
{
	for (int i = 0; i < DUMP_TRIES; i++) {
		struct exchange exchange = {.fn = fn, .ctx = ctx};
		int r;

		*count = 0;
		r = run(sock, nlmsg_alloc_simple(type, NLM_F_DUMP), &exchange);
		if (r < 0 || !exchange.interrupted)
			return r;
	}
	return -EAGAIN;
}

static int take_policy(void *ctx, const struct nlmsghdr *header)
{
	struct policy policy;
	int r = xfrm_codec_policy(header, &policy);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : policy_list_add(ctx, &policy);
}

int xfrm_sock_dump_policies(struct xfrm_sock *sock, struct policy_list *ret_list, struct err *err)
{
	struct policy_list list = {0};
	int r = dump(sock, XFRM_MSG_GETPOLICY, take_policy, &list, &list.count);

	if (r < 0) {
		policy_list_fini(&list);
		return err_set(err, r, "xfrm socket: policies cannot be read: %s", strerror(-r));
	}
	policy_list_sort_key(&list);
	*ret_list = list;
	return 0;
}

struct sa_list {
	struct sa *items;
	size_t count;
};

static int take_sa(void *ctx, const struct nlmsghdr *header)
{
	struct sa_list *list = ctx;

	if (array_grow(&list->items, list->count, sizeof(*list->items)) < 0)
		return -ENOMEM;
	if (xfrm_codec_sa(header, &list->items[list->count]) < 0)
		return -EBADMSG;
	list->count++;
	return 0;
}

int xfrm_sock_dump_sas(struct xfrm_sock *sock, struct sa **ret_sas, size_t *ret_count,
                       struct err *err)
{
	struct sa_list list = {0};
	int r = dump(sock, XFRM_MSG_GETSA, take_sa, &list, &list.count);

	if (r < 0) {
		free(list.items);
		return err_set(err, r, "xfrm socket: SAs cannot be read: %s", strerror(-r));
	}
	*ret_sas = list.items;
	*ret_count = list.count;
	return 0;
}

static int take_found_policy(void *ctx, const struct nlmsghdr *header)
{
	return xfrm_codec_policy(header, ctx);
}

static int take_found_sa(void *ctx, const struct nlmsghdr *header)
{
	return xfrm_codec_sa(header, ctx);
}

int xfrm_sock_find(struct xfrm_sock *sock, const struct policy *key, struct policy *ret_found)
{
	struct nl_msg *msg = NULL;
	int r = xfrm_codec_build_lookup(key, &msg);

	return r < 0 ? r : ask(sock, msg, take_found_policy, ret_found);
}

static int take_defaults(void *ctx, const struct nlmsghdr *header)
{
	struct xfrm_defaults *defaults = ctx;
	struct xfrm_userpolicy_default info;

	if (header->nlmsg_type != XFRM_MSG_GETDEFAULT ||
	    xfrm_read_fixed(header, &info, sizeof(info)) < 0)
		return -EBADMSG;
	*defaults = (struct xfrm_defaults){
		.out_blocked = info.out == XFRM_USERPOLICY_BLOCK,
		.in_blocked = info.in == XFRM_USERPOLICY_BLOCK,
		.fwd_blocked = info.fwd == XFRM_USERPOLICY_BLOCK,
	};
	return 0;
}

int xfrm_sock_read_defaults(struct xfrm_sock *sock, struct xfrm_defaults *ret_defaults)
{
	struct xfrm_userpolicy_default info = {0};
	struct xfrm_defaults defaults = {0};
	struct nl_msg *msg = xfrm_message_new(XFRM_MSG_GETDEFAULT, &info, sizeof(info));
	int r = ask(sock, msg, take_defaults, &defaults);

	if (r < 0 && r != -EINVAL && r != -EOPNOTSUPP)
		return r;
	*ret_defaults = defaults;
	return 0;
}

/* What a question and a change begin with: flags, of which there are none yet. */
static struct nl_msg *new_spdinfo(int type)
{
	uint32_t flags = 0;

	return xfrm_message_new(type, &flags, sizeof(flags));
}

static int take_threshold(void *ctx, const struct nlattr *attr)
{
	struct spd_thresholds *thresholds = ctx;
	struct xfrmu_spdhthresh value;
	int type = nla_type(attr);

	if (type != XFRMA_SPD_IPV4_HTHRESH && type != XFRMA_SPD_IPV6_HTHRESH)
		return 0;
	if (xfrm_read_attr(attr, &value, sizeof(value)) < 0)
		return -EBADMSG;
	*(type == XFRMA_SPD_IPV4_HTHRESH ? &thresholds->ipv4 : &thresholds->ipv6) =
		(struct spd_threshold){value.lbits, value.rbits};
	return 0;
}

static int take_spdinfo(void *ctx, const struct nlmsghdr *header)
{
	uint32_t flags;

	if (header->nlmsg_type != XFRM_MSG_NEWSPDINFO ||
	    xfrm_read_fixed(header, &flags, sizeof(flags)) < 0)
		return -EBADMSG;
	return xfrm_read_attrs(header, sizeof(flags), take_threshold, ctx);
}

static int read_thresholds(struct xfrm_sock *sock, struct spd_thresholds *ret_thresholds)
{
	struct spd_thresholds thresholds = spd_thresholds_default;
	int r = ask(sock, new_spdinfo(XFRM_MSG_GETSPDINFO), take_spdinfo, &thresholds);

	if (r == 0)
		*ret_thresholds = thresholds;
	return r;
}

static int write_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds)
{
	const struct xfrmu_spdhthresh ipv4 = {thresholds->ipv4.local, thresholds->ipv4.remote};
	const struct xfrmu_spdhthresh ipv6 = {thresholds->ipv6.local, thresholds->ipv6.remote};
	struct nl_msg *msg = new_spdinfo(XFRM_MSG_NEWSPDINFO);

	if (!msg || nla_put(msg, XFRMA_SPD_IPV4_HTHRESH, sizeof(ipv4), &ipv4) < 0 ||
	    nla_put(msg, XFRMA_SPD_IPV6_HTHRESH, sizeof(ipv6), &ipv6) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	return transact(sock, msg);
}

static int change_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds,
                             bool only_lower)
{
	struct spd_thresholds now, next = *thresholds;
	int r = read_thresholds(sock, &now);

	if (r < 0)
		return r;
	if (only_lower)
		next = spd_thresholds_lower(&now, thresholds);
	if (spd_thresholds_equal(&now, &next))
		return 0;
	r = write_thresholds(sock, &next);
	return r < 0 ? r : 1;
}

int xfrm_sock_set_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds)
{
	return change_thresholds(sock, thresholds, false);
}

int xfrm_sock_lower_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds)
{
	return change_thresholds(sock, thresholds, true);
}

int xfrm_sock_delete(struct xfrm_sock *sock, const struct policy *policy)
{
	struct policy found = *policy;
	struct nl_msg *msg = NULL;
	/* the kernel does not tell the index of what it adds, and deleting by selector costs it
	 * O(n) */
	int r = policy->index ? 0 : xfrm_sock_find(sock, policy, &found);

	if (r == 0)
		r = xfrm_codec_build_delete(&found, &msg);
	return r < 0 ? r : transact(sock, msg);
}

static int write_policy(struct xfrm_sock *sock, const struct policy *policy, bool update)
{
	struct nl_msg *msg = NULL;
	int r = xfrm_codec_build_policy(policy, update, &msg);

	return r < 0 ? r : transact(sock, msg);
}

static const char *const op_verbs[] = {
	[DIFF_OP_ADD] = "added",
	[DIFF_OP_UPDATE] = "updated",
	[DIFF_OP_REFRESH] = "updated",
	[DIFF_OP_DELETE] = "deleted",
};

struct application {
	const struct diff *diff;
	struct err *err;
	size_t failures;
};

static void op_failed(void *ctx, size_t id, int error)
{
	struct application *application = ctx;
	const struct diff_op *op = &application->diff->ops[id];
	char text[POLICY_TEXT_MAX];

	if (application->failures++ == 0)
		err_set(application->err, error, "policy %s: cannot be %s: %s",
		        policy_format(&op->policy, text), op_verbs[op->kind], strerror(-error));
}

static int build_op(struct xfrm_sock *sock, struct xfrm_batch *batch, const struct diff_op *op,
                    struct nl_msg **ret_msg)
{
	struct policy found = op->policy;
	int r = 0;

	if (op->kind != DIFF_OP_DELETE)
		return xfrm_codec_build_policy(&op->policy, op->kind != DIFF_OP_ADD, ret_msg);
	if (found.index == 0) {
		xfrm_batch_send(batch);
		r = xfrm_sock_find(sock, &op->policy, &found);
	}
	return r < 0 ? r : xfrm_codec_build_delete(&found, ret_msg);
}

size_t xfrm_sock_apply(struct xfrm_sock *sock, const struct diff *diff, struct err *err)
{
	struct application application = {.diff = diff, .err = err};
	struct xfrm_batch *batch = malloc(sizeof(*batch));

	if (!batch) {
		err_set(err, -ENOMEM, "policies: out of memory");
		return diff->count;
	}
	xfrm_batch_init(batch, &sock->link, op_failed, &application);
	for (size_t i = 0; i < diff->count; i++) {
		struct nl_msg *msg = NULL;
		int r = build_op(sock, batch, &diff->ops[i], &msg);

		if (r < 0)
			op_failed(&application, i, r);
		else
			xfrm_batch_add(batch, msg, i);
	}
	xfrm_batch_send(batch);
	free(batch);
	return application.failures;
}

int xfrm_sock_update(struct xfrm_sock *sock, const struct policy *policy)
{
	return write_policy(sock, policy, true);
}

int xfrm_sock_find_sa(struct xfrm_sock *sock, const struct sa *key, struct sa *ret_found)
{
	struct nl_msg *msg = NULL;
	int r = xfrm_codec_build_sa(XFRM_MSG_GETSA, key, &msg);

	return r < 0 ? r : ask(sock, msg, take_found_sa, ret_found);
}

int xfrm_sock_delete_sa(struct xfrm_sock *sock, const struct sa *key)
{
	struct nl_msg *msg = NULL;
	int r = xfrm_codec_build_sa(XFRM_MSG_DELSA, key, &msg);

	return r < 0 ? r : transact(sock, msg);
}
