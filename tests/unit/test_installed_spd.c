/* SPDX-License-Identifier: MIT */
/* What is remembered of the kernel's policies, with a kernel that is made up. */
#include "xfrmd/xfrm/installed_spd.h"

#include <errno.h>
#include <string.h>

#include "test.h"
#include "xfrmd/xfrm/xfrm_sock.h"

static struct policy kernel[8]; /* what the next dump finds */
static size_t kernel_count, dumps, failures;
static struct installed_spd *spd;

int __wrap_xfrm_sock_open(struct xfrm_sock **ret_sock, struct err *err);
void __wrap_xfrm_sock_close(struct xfrm_sock *sock);
int __wrap_xfrm_sock_dump_policies(struct xfrm_sock *sock, struct policy_list *ret_list,
                                   struct err *err);
size_t __wrap_xfrm_sock_apply(struct xfrm_sock *sock, const struct diff *diff, struct err *err);
int __wrap_xfrm_sock_update(struct xfrm_sock *sock, const struct policy *policy);
int __wrap_xfrm_sock_delete(struct xfrm_sock *sock, const struct policy *policy);
int __wrap_xfrm_sock_set_thresholds(struct xfrm_sock *sock,
                                    const struct spd_thresholds *thresholds);
int __wrap_xfrm_sock_lower_thresholds(struct xfrm_sock *sock,
                                      const struct spd_thresholds *thresholds);

int __wrap_xfrm_sock_open(struct xfrm_sock **ret_sock, struct err *err)
{
	(void)err;
	*ret_sock = NULL;
	return 0;
}

void __wrap_xfrm_sock_close(struct xfrm_sock *sock)
{
	(void)sock;
}

int __wrap_xfrm_sock_dump_policies(struct xfrm_sock *sock, struct policy_list *ret_list,
                                   struct err *err)
{
	struct policy_list list = {0};

	(void)sock;
	(void)err;
	dumps++;
	for (size_t i = 0; i < kernel_count; i++)
		ck_assert_int_eq(policy_list_add(&list, &kernel[i]), 0);
	policy_list_sort_key(&list);
	*ret_list = list;
	return 0;
}

size_t __wrap_xfrm_sock_apply(struct xfrm_sock *sock, const struct diff *diff, struct err *err)
{
	(void)sock;
	(void)diff;
	return failures ? failures-- && err_set(err, 1, "failed") : 0;
}

int __wrap_xfrm_sock_update(struct xfrm_sock *sock, const struct policy *policy)
{
	(void)sock;
	(void)policy;
	return 0;
}

int __wrap_xfrm_sock_delete(struct xfrm_sock *sock, const struct policy *policy)
{
	(void)sock;
	(void)policy;
	return 0;
}

int __wrap_xfrm_sock_set_thresholds(struct xfrm_sock *sock, const struct spd_thresholds *thresholds)
{
	(void)sock;
	(void)thresholds;
	return 0;
}

int __wrap_xfrm_sock_lower_thresholds(struct xfrm_sock *sock,
                                      const struct spd_thresholds *thresholds)
{
	(void)sock;
	(void)thresholds;
	return 0;
}

static struct policy protect(const char *peers)
{
	struct policy policy = {
		.dir = POLICY_DIR_OUT, .action = POLICY_ACTION_PROTECT, .reqid = 77};

	ck_assert_int_eq(prefix_parse("10.0.0.1", &policy.src, NULL), 0);
	ck_assert_int_eq(prefix_parse(peers, &policy.dst, NULL), 0);
	policy.priority = policy_priority(&policy.dst);
	return policy;
}

static struct policy foreign(const char *peers)
{
	struct policy policy = protect(peers);

	policy.priority = 5;
	return policy;
}

static void hold(struct policy policy, uint32_t index)
{
	policy.index = index;
	kernel[kernel_count++] = policy;
}

static void set_up(void)
{
	struct err err;

	kernel_count = dumps = failures = 0;
	ck_assert_int_eq(installed_spd_open(&spd, &err), 0);
}

static void tear_down(void)
{
	installed_spd_close(spd);
}

static void read_kernel(void)
{
	struct err err;

	ck_assert_int_eq(installed_spd_read(spd, &err), 0);
}

static int set(const struct policy *policies, size_t count, struct spd_change *ret_change)
{
	struct policy_list want = {0};
	struct err err;

	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(policy_list_add(&want, &policies[i]), 0);
	policy_list_sort_key(&want);
	return installed_spd_set(spd, &want, &spd_thresholds_default, ret_change, &err);
}

/* NULL: it is not remembered. */
static const struct policy *remembered(const char *peers)
{
	const struct policy key = protect(peers);

	return policy_list_find(installed_spd_have(spd), &key);
}

START_TEST(policy_that_was_added_is_remembered_without_an_index)
{
	const struct policy want = protect("10.1.0.0/16");
	struct spd_change change;

	ck_assert_int_eq(set(&want, 1, &change), 0);
	ck_assert_uint_eq(change.added, 1);
	ck_assert_ptr_nonnull(remembered("10.1.0.0/16"));
	ck_assert_uint_eq(remembered("10.1.0.0/16")->index, 0);
}
END_TEST

START_TEST(policy_that_stands_keeps_its_index)
{
	struct policy want = protect("10.1.0.0/16");
	struct spd_change change;

	hold(want, 9);
	want.spi = 33;
	ck_assert_int_eq(set(&want, 1, &change), 0);
	ck_assert_uint_eq(change.updated, 1);
	ck_assert_uint_eq(remembered("10.1.0.0/16")->index, 9);
	ck_assert_uint_eq(remembered("10.1.0.0/16")->spi, 33);
}
END_TEST

START_TEST(policy_that_is_not_wanted_any_more_is_forgotten)
{
	struct spd_change change;

	hold(protect("10.1.0.0/16"), 9);
	ck_assert_int_eq(set(NULL, 0, &change), 0);
	ck_assert_uint_eq(change.deleted, 1);
	ck_assert_ptr_null(remembered("10.1.0.0/16"));
}
END_TEST

START_TEST(foreign_policies_stay_remembered_also_in_our_place)
{
	const struct policy want = protect("10.1.0.0/16");
	struct spd_change change;

	hold(foreign("10.1.0.0/16"), 9);
	hold(foreign("10.9.0.0/16"), 17);
	ck_assert_int_eq(set(&want, 1, &change), 0);
	ck_assert_uint_eq(change.conflicts, 1);
	ck_assert_uint_eq(remembered("10.1.0.0/16")->priority, 5);
	ck_assert_uint_eq(remembered("10.9.0.0/16")->priority, 5);
}
END_TEST

START_TEST(kernel_is_read_once_while_all_can_be_applied)
{
	const struct policy want[] = {protect("10.1.0.0/16"), protect("10.2.0.0/16")};
	struct spd_change change;

	ck_assert_int_eq(set(want, 1, &change), 0);
	ck_assert_int_eq(set(want, 2, &change), 0);
	ck_assert_uint_eq(change.added, 1);
	ck_assert_uint_eq(dumps, 1);
}
END_TEST

START_TEST(kernel_is_read_again_when_something_failed)
{
	const struct policy want = protect("10.1.0.0/16");
	struct spd_change change;

	failures = 1;
	ck_assert_int_eq(set(&want, 1, &change), 0);
	ck_assert_uint_eq(dumps, 2);
	failures = 2;
	ck_assert_int_eq(set(NULL, 0, &change), -EIO);
}
END_TEST

/* Ours, moved out of our band by somebody, is put right and no foreign one. */
START_TEST(policy_of_ours_is_reclaimed_whoever_moved_it)
{
	const struct policy want = protect("10.1.0.0/16");
	struct policy moved = foreign("10.1.0.0/16");
	struct spd_change change;
	struct err err;

	hold(want, 9);
	ck_assert_int_eq(set(&want, 1, &change), 0);
	kernel_count = 0;
	hold(moved, 9);
	read_kernel();
	ck_assert(policy_is_ours(remembered("10.1.0.0/16")));
	ck_assert_int_eq(installed_spd_repair(spd, &change, &err), 0);
	ck_assert_uint_eq(change.updated, 1);
	ck_assert_uint_eq(change.conflicts, 0);
}
END_TEST

START_TEST(policy_that_never_was_ours_is_not_reclaimed)
{
	hold(foreign("10.1.0.0/16"), 9);
	read_kernel();
	read_kernel();
	ck_assert(!policy_is_ours(remembered("10.1.0.0/16")));
}
END_TEST

START_TEST(foreign_policy_is_neither_written_nor_deleted)
{
	const struct policy policy = protect("10.1.0.0/16");
	struct err err;

	hold(foreign("10.1.0.0/16"), 9);
	read_kernel();
	ck_assert_int_eq(installed_spd_put(spd, &policy, &err), -EEXIST);
	ck_assert_int_eq(installed_spd_remove(spd, &policy, &err), 0);
	ck_assert_ptr_nonnull(remembered("10.1.0.0/16"));
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("installed_spd", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, policy_that_was_added_is_remembered_without_an_index);
	tcase_add_test(tcase, policy_that_stands_keeps_its_index);
	tcase_add_test(tcase, policy_that_is_not_wanted_any_more_is_forgotten);
	tcase_add_test(tcase, foreign_policies_stay_remembered_also_in_our_place);
	tcase_add_test(tcase, kernel_is_read_once_while_all_can_be_applied);
	tcase_add_test(tcase, kernel_is_read_again_when_something_failed);
	tcase_add_test(tcase, policy_of_ours_is_reclaimed_whoever_moved_it);
	tcase_add_test(tcase, policy_that_never_was_ours_is_not_reclaimed);
	tcase_add_test(tcase, foreign_policy_is_neither_written_nor_deleted);
	return test_run(suite);
}
