/* SPDX-License-Identifier: MIT */
#include "xfrmd/spd/diff.h"

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

static struct policy out(enum policy_action action, const char *peers)
{
	struct policy policy = {.dir = POLICY_DIR_OUT, .action = action, .dst = prefix(peers)};

	policy.src = prefix(policy.dst.addr.family == AF_INET ? "10.0.0.1" : "fd00::1");
	policy.priority = policy_priority(&policy.dst);
	return policy;
}

static struct policy protect(const char *peers)
{
	struct policy policy = out(POLICY_ACTION_PROTECT, peers);

	policy.reqid = 77;
	return policy;
}

static struct policy allow(const char *peers)
{
	return out(POLICY_ACTION_ALLOW, peers);
}

/* A sorted list; the kernel's indexes are made up for @kernel. */
static struct policy_list make_list(const struct policy *policies, size_t count, bool kernel)
{
	struct policy_list list = {0};

	for (size_t i = 0; i < count; i++) {
		struct policy policy = policies[i];

		policy.index = kernel ? (uint32_t)(i + 1) * 8 + 1 : 0;
		ck_assert_int_eq(policy_list_add(&list, &policy), 0);
	}
	policy_list_sort_key(&list);
	return list;
}

static struct diff make_diff(const struct policy *have, size_t have_count,
                             const struct policy *want, size_t want_count)
{
	struct policy_list have_list = make_list(have, have_count, true);
	struct policy_list want_list = make_list(want, want_count, false);
	struct diff diff;

	ck_assert_int_eq(diff_build(&have_list, &want_list, &diff), 0);
	policy_list_fini(&have_list);
	policy_list_fini(&want_list);
	return diff;
}

static void assert_op(const struct diff *diff, size_t i, enum diff_op_kind kind,
                      const struct policy *policy)
{
	char have[POLICY_TEXT_MAX], want[POLICY_TEXT_MAX];

	ck_assert_uint_lt(i, diff->count);
	ck_assert_int_eq(diff->ops[i].kind, kind);
	ck_assert_str_eq(policy_format(&diff->ops[i].policy, have), policy_format(policy, want));
}

START_TEST(equal_lists_need_nothing)
{
	struct policy policies[] = {protect("10.0.0.0/8"), allow("10.0.1.0/24"),
	                            protect("fd00::/8")};
	struct diff diff = make_diff(policies, COUNT(policies), policies, COUNT(policies));

	ck_assert_uint_eq(diff.count, 0);
	ck_assert_uint_eq(diff.adds + diff.updates + diff.deletes + diff.conflicts, 0);
	diff_fini(&diff);
	diff_fini(NULL);
}
END_TEST

START_TEST(empty_lists_need_nothing)
{
	struct diff diff = make_diff(NULL, 0, NULL, 0);

	ck_assert_uint_eq(diff.count, 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(additions_come_with_the_longest_prefix_first)
{
	struct policy want[] = {protect("10.0.0.0/8"), protect("10.0.0.0/24"),
	                        allow("10.0.0.0/16")};
	struct diff diff = make_diff(NULL, 0, want, COUNT(want));

	ck_assert_uint_eq(diff.adds, 3);
	ck_assert_uint_eq(diff.count, 3);
	assert_op(&diff, 0, DIFF_OP_ADD, &want[1]);
	assert_op(&diff, 1, DIFF_OP_ADD, &want[2]);
	assert_op(&diff, 2, DIFF_OP_ADD, &want[0]);
	diff_fini(&diff);
}
END_TEST

START_TEST(deletions_come_last_with_the_shortest_prefix_first)
{
	struct policy have[] = {protect("10.0.0.0/8"), protect("10.0.0.0/24"),
	                        allow("10.0.0.0/16")};
	struct policy want[] = {protect("10.0.0.0/9")};
	struct diff diff = make_diff(have, COUNT(have), want, COUNT(want));

	ck_assert_uint_eq(diff.deletes, 3);
	assert_op(&diff, 0, DIFF_OP_ADD, &want[0]);
	assert_op(&diff, 1, DIFF_OP_DELETE, &have[0]);
	assert_op(&diff, 2, DIFF_OP_DELETE, &have[2]);
	assert_op(&diff, 3, DIFF_OP_DELETE, &have[1]);
	ck_assert_uint_ne(diff.ops[1].policy.index, 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(changed_content_is_updated_and_never_replaced)
{
	struct policy have[] = {protect("10.0.0.0/8"), protect("10.1.0.0/16"),
	                        allow("10.2.0.0/16")};
	struct policy want[] = {have[0], have[1], have[2]};
	struct diff diff;

	want[0].optional = true;
	want[1].action = POLICY_ACTION_ALLOW;
	want[2].priority += 7;
	diff = make_diff(have, COUNT(have), want, COUNT(want));
	ck_assert_uint_eq(diff.updates, 3);
	ck_assert_uint_eq(diff.count, 3);
	for (size_t i = 0; i < diff.count; i++)
		ck_assert_int_eq(diff.ops[i].kind, DIFF_OP_UPDATE);
	diff_fini(&diff);
}
END_TEST

START_TEST(unsupported_policy_of_our_band_is_brought_back)
{
	struct policy want = protect("10.0.0.0/8"), have = want;
	struct diff diff;

	have.unsupported = true;
	diff = make_diff(&have, 1, &want, 1);
	ck_assert_uint_eq(diff.count, 1);
	assert_op(&diff, 0, DIFF_OP_UPDATE, &want);
	diff_fini(&diff);
}
END_TEST

START_TEST(foreign_policy_with_our_key_is_a_conflict_and_stays)
{
	struct policy have[] = {protect("10.0.0.0/8"), allow("10.3.0.0/16")};
	struct policy want[] = {have[0], protect("10.4.0.0/16")};
	struct diff diff;

	have[0].priority = 500;
	have[1].priority = 0;
	diff = make_diff(have, COUNT(have), want, COUNT(want));
	ck_assert_uint_eq(diff.conflicts, 1);
	ck_assert_uint_eq(diff.count, 1);
	assert_op(&diff, 0, DIFF_OP_ADD, &want[1]);
	diff_fini(&diff);
}
END_TEST

START_TEST(policy_with_an_unsupported_key_is_no_conflict_and_stays)
{
	struct policy want = protect("10.0.0.0/8"), have = want;
	struct diff diff;

	have.unsupported = have.unsupported_key = true;
	diff = make_diff(&have, 1, &want, 1);
	ck_assert_uint_eq(diff.conflicts, 0);
	ck_assert_uint_eq(diff.count, 1);
	assert_op(&diff, 0, DIFF_OP_ADD, &want);
	diff_fini(&diff);
}
END_TEST

/* What is deleted while `out protect 10.0.0.0/8` and `out protect fd00::/8` stay. */
static const struct {
	const char *peers;
	enum policy_dir dir;
	enum policy_action action;
	bool optional;
	const char *refreshed; /* destination of the policy */
} refresh_cases[] = {
	{"10.1.0.0/16", POLICY_DIR_OUT, POLICY_ACTION_ALLOW, false, "10.0.0.0/8"},
	{"10.1.0.0/16", POLICY_DIR_OUT, POLICY_ACTION_PROTECT, true, "10.0.0.0/8"},
	{"10.1.0.0/16", POLICY_DIR_OUT, POLICY_ACTION_PROTECT, false, NULL},
	{"10.1.0.0/16", POLICY_DIR_OUT, POLICY_ACTION_BLOCK, false, NULL},
	{"10.1.0.0/16", POLICY_DIR_IN, POLICY_ACTION_ALLOW, false, NULL},
	{"10.1.0.0/16", POLICY_DIR_FWD, POLICY_ACTION_ALLOW, false, NULL},
	{"fd00::/16", POLICY_DIR_OUT, POLICY_ACTION_ALLOW, false, "fd00::/8"},
};

START_TEST(deletion_that_uncovers_something_stricter_is_followed_by_a_refresh)
{
	struct policy want[] = {protect("10.0.0.0/8"), protect("fd00::/8")};
	struct policy have[] = {want[0], want[1], allow(refresh_cases[_i].peers)};
	const char *refreshed = refresh_cases[_i].refreshed;
	char text[PREFIX_TEXT_MAX];
	struct diff diff;

	have[2].dir = (uint8_t)refresh_cases[_i].dir;
	have[2].action = (uint8_t)refresh_cases[_i].action;
	have[2].optional = refresh_cases[_i].optional;
	diff = make_diff(have, COUNT(have), want, COUNT(want));
	ck_assert_uint_eq(diff.deletes, 1);
	ck_assert_uint_eq(diff.count, refreshed ? 2 : 1);
	if (refreshed) {
		ck_assert_int_eq(diff.ops[1].kind, DIFF_OP_REFRESH);
		ck_assert_str_eq(prefix_format(&diff.ops[1].policy.dst, text), refreshed);
	}
	diff_fini(&diff);
}
END_TEST

START_TEST(what_comes_in_or_is_forwarded_needs_no_refresh)
{
	struct policy want[] = {protect("10.0.0.0/8"), protect("10.0.0.0/8"),
	                        protect("10.0.0.0/8")};
	struct policy have[] = {want[0], want[1], want[2], protect("10.1.0.0/16")};
	struct diff diff;

	want[0].optional = have[0].optional = have[3].optional = true;
	want[1].dir = have[1].dir = POLICY_DIR_IN;
	want[2].dir = have[2].dir = POLICY_DIR_FWD;
	diff = make_diff(have, COUNT(have), want, COUNT(want));
	ck_assert_uint_eq(diff.deletes, 1);
	ck_assert_uint_eq(diff.count, 1);
	diff_fini(&diff);
}
END_TEST

START_TEST(refresh_never_replaces_a_foreign_policy)
{
	struct policy want[] = {protect("10.0.0.0/8"), protect("10.0.0.9/32")};
	struct policy have[] = {want[0], want[1], allow("10.1.0.0/16")};
	struct diff diff;

	have[1].priority = 5;
	diff = make_diff(have, COUNT(have), want, COUNT(want));
	ck_assert_uint_eq(diff.conflicts, 1);
	ck_assert_uint_eq(diff.count, 2);
	assert_op(&diff, 1, DIFF_OP_REFRESH, &want[0]);
	diff_fini(&diff);
}
END_TEST

START_TEST(nothing_is_refreshed_when_nothing_is_protected)
{
	struct policy want[] = {allow("10.0.0.0/8")};
	struct policy have[] = {want[0], allow("10.1.0.0/16")};
	struct diff diff = make_diff(have, COUNT(have), want, COUNT(want));

	ck_assert_uint_eq(diff.count, 1);
	diff_fini(&diff);
}
END_TEST

START_TEST(refreshed_policy_is_the_most_specific_of_its_family)
{
	struct policy policies[] = {protect("10.0.0.0/8"), allow("10.0.0.9/32"),
	                            protect("10.0.0.0/24"), protect("10.0.0.7/32")};
	struct policy_list list;
	const struct policy *found;

	policies[1].dir = POLICY_DIR_IN;
	policies[3].priority = 5; /* foreign */
	list = make_list(policies, COUNT(policies), false);
	found = diff_refresh_policy(&list, AF_INET);
	ck_assert_ptr_nonnull(found);
	ck_assert_int_eq(policy_equal(found, &policies[2]), true);
	ck_assert_ptr_null(diff_refresh_policy(&list, AF_INET6));
	policy_list_fini(&list);
}
END_TEST

START_TEST(drift_names_what_is_wrong)
{
	struct policy want[] = {protect("10.0.0.0/8"), protect("10.1.0.0/16"),
	                        allow("10.2.0.0/16")};
	struct policy have[] = {want[0], want[1], protect("10.3.0.0/16"), allow("10.4.0.0/16")};
	struct policy_list have_list, want_list;

	have[1].optional = true;
	have[3].priority = 1;
	have_list = make_list(have, COUNT(have), true);
	want_list = make_list(want, COUNT(want), false);
	ck_assert_ptr_null(diff_drift_name(diff_drift_of(&have_list, &want_list, &want[0])));
	ck_assert_str_eq(diff_drift_name(diff_drift_of(&have_list, &want_list, &want[1])),
	                 "changed");
	ck_assert_str_eq(diff_drift_name(diff_drift_of(&have_list, &want_list, &want[2])),
	                 "missing");
	ck_assert_str_eq(diff_drift_name(diff_drift_of(&have_list, &want_list, &have[2])),
	                 "unexpected");
	ck_assert_ptr_null(diff_drift_name(diff_drift_of(&have_list, &want_list, &have[3])));
	policy_list_fini(&have_list);
	policy_list_fini(&want_list);
}
END_TEST

/*
 * The property: rule sets over 10.0.0.0/28, applied operation by operation to a model of the
 * kernel. Priorities differ within a set and between the sets, so that one policy always wins.
 */
#define SPACE_LEN 28
#define SPACE     16
#define ROUNDS    3000

static struct prefix random_prefix(void)
{
	struct addr addr = prefix("10.0.0.0").addr;

	addr.bytes[3] = (uint8_t)(random() % SPACE);
	return prefix_make(&addr, (uint8_t)(SPACE_LEN + random() % (33 - SPACE_LEN)));
}

static void add_random(struct policy_list *list, uint32_t priority)
{
	struct policy policy = protect("10.0.0.0/8");

	policy.dst = random_prefix();
	policy.action = (uint8_t)(random() % 3);
	policy.optional = random() % 2;
	policy.priority = priority ? priority : policy_priority(&policy.dst);
	policy.index = (uint32_t)random();
	policy_list_sort_key(list);
	if (!policy_list_find(list, &policy))
		ck_assert_int_eq(policy_list_add(list, &policy), 0);
}

/* 0: by prefix length, as plans are made; else any, while the parity keeps old and new apart. */
static uint32_t random_priority(bool by_length, bool new_set, size_t i)
{
	if (by_length)
		return 0;
	return POLICY_PRIORITY_MIN + (uint32_t)(random() % 12 * 40 + (long)i) * 2 + new_set;
}

static void random_sets(struct policy_list *have, struct policy_list *want)
{
	size_t have_count = (size_t)(random() % 12), want_count = (size_t)(random() % 12);
	bool by_length = random() % 2;

	/* every eighth is foreign */
	for (size_t i = 0; i < have_count; i++)
		add_random(have,
		           random() % 8 ? random_priority(by_length, false, i) : (uint32_t)(i + 1));
	for (size_t i = 0; i < have->count; i++) {
		if (random() % 2 && policy_is_ours(&have->items[i]))
			ck_assert_int_eq(policy_list_add(want, &have->items[i]), 0);
	}
	for (size_t i = 0; i < want_count; i++)
		add_random(want, random_priority(by_length, true, i));
	policy_list_sort_key(have);
	policy_list_sort_key(want);
}

/* The policy that decides about 10.0.0.@host; all zero if none does. */
static struct policy winner(const struct policy_list *list, unsigned host)
{
	struct addr src = prefix("10.0.0.1").addr, dst = prefix("10.0.0.0").addr;
	struct policy best = {0};

	dst.bytes[3] = (uint8_t)host;
	for (size_t i = 0; i < list->count; i++) {
		const struct policy *policy = &list->items[i];

		if (policy_matches(policy, POLICY_DIR_OUT, &src, &dst) &&
		    (best.priority == 0 || policy->priority < best.priority))
			best = *policy;
	}
	return best;
}

/* What the kernel does, including its refusals. */
static void kernel_apply(struct policy_list *kernel, const struct diff_op *op)
{
	struct policy *found;

	policy_list_sort_key(kernel);
	found = policy_list_find(kernel, &op->policy);
	switch (op->kind) {
	case DIFF_OP_ADD:
		ck_assert_ptr_null(found);
		ck_assert_int_eq(policy_list_add(kernel, &op->policy), 0);
		break;
	case DIFF_OP_UPDATE:
	case DIFF_OP_REFRESH:
		ck_assert_ptr_nonnull(found);
		*found = op->policy;
		break;
	case DIFF_OP_DELETE:
		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->index, op->policy.index);
		*found = kernel->items[--kernel->count];
		break;
	}
}

/* What is foreign stays; of ours there is what is wanted and nothing else. */
static void assert_applied(const struct policy_list *kernel, const struct policy_list *have,
                           const struct policy_list *want)
{
	size_t foreign = 0, conflicts = 0;

	for (size_t i = 0; i < have->count; i++) {
		const struct policy *now = policy_list_find(kernel, &have->items[i]);

		if (policy_is_ours(&have->items[i]))
			continue;
		foreign++;
		ck_assert_ptr_nonnull(now);
		ck_assert_int_eq(policy_equal(now, &have->items[i]), true);
	}
	for (size_t i = 0; i < want->count; i++) {
		const struct policy *now = policy_list_find(kernel, &want->items[i]);

		ck_assert_ptr_nonnull(now);
		if (policy_is_ours(now))
			ck_assert_int_eq(policy_equal(now, &want->items[i]), true);
		else
			conflicts++;
	}
	ck_assert_uint_eq(kernel->count, want->count + foreign - conflicts);
}

static void check_one(const struct policy_list *have, const struct policy_list *want)
{
	struct policy_list kernel = {0}, final = {0};
	bool changed[SPACE] = {false};
	struct diff diff;

	ck_assert_int_eq(diff_build(have, want, &diff), 0);
	for (size_t i = 0; i < have->count; i++) {
		ck_assert_int_eq(policy_list_add(&kernel, &have->items[i]), 0);
		ck_assert_int_eq(policy_list_add(&final, &have->items[i]), 0);
	}
	for (size_t i = 0; i < diff.count; i++)
		kernel_apply(&final, &diff.ops[i]);
	policy_list_sort_key(&final);
	assert_applied(&final, have, want);

	for (size_t i = 0; i < diff.count; i++) {
		kernel_apply(&kernel, &diff.ops[i]);
		for (unsigned host = 0; host < SPACE; host++) {
			struct policy now = winner(&kernel, host), before = winner(have, host);
			struct policy after = winner(&final, host);

			changed[host] |= !policy_equal(&now, &before);
			ck_assert_msg(policy_equal(&now, changed[host] ? &after : &before),
			              "operation %zu: 10.0.0.%u is under a third policy", i, host);
		}
	}
	policy_list_fini(&kernel);
	policy_list_fini(&final);
	diff_fini(&diff);
}

START_TEST(no_operation_puts_an_address_under_a_third_policy)
{
	const char *text = getenv("TEST_SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 1;

	fprintf(stderr, "TEST_SEED=%u\n", seed);
	srandom(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct policy_list have = {0}, want = {0};

		random_sets(&have, &want);
		check_one(&have, &want);
		policy_list_fini(&have);
		policy_list_fini(&want);
	}
}
END_TEST

int main(void)
{
	TCase *tests;
	Suite *suite = test_suite("diff", &tests);

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, equal_lists_need_nothing);
	tcase_add_test(tests, empty_lists_need_nothing);
	tcase_add_test(tests, additions_come_with_the_longest_prefix_first);
	tcase_add_test(tests, deletions_come_last_with_the_shortest_prefix_first);
	tcase_add_test(tests, changed_content_is_updated_and_never_replaced);
	tcase_add_test(tests, unsupported_policy_of_our_band_is_brought_back);
	tcase_add_test(tests, foreign_policy_with_our_key_is_a_conflict_and_stays);
	tcase_add_test(tests, policy_with_an_unsupported_key_is_no_conflict_and_stays);
	tcase_add_loop_test(tests,
	                    deletion_that_uncovers_something_stricter_is_followed_by_a_refresh, 0,
	                    COUNT(refresh_cases));
	tcase_add_test(tests, what_comes_in_or_is_forwarded_needs_no_refresh);
	tcase_add_test(tests, refresh_never_replaces_a_foreign_policy);
	tcase_add_test(tests, nothing_is_refreshed_when_nothing_is_protected);
	tcase_add_test(tests, refreshed_policy_is_the_most_specific_of_its_family);
	tcase_add_test(tests, drift_names_what_is_wrong);
	tcase_add_test(tests, no_operation_puts_an_address_under_a_third_policy);
	return test_run(suite);
}
