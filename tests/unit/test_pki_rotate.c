/* SPDX-License-Identifier: MIT */
/* The order of a rotation, trust between every step and the next, and every interruption. */
#include "xfrmd/pki/pki_rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "pki_fixture.h"
#include "test.h"
#include "xfrmd/base/file.h"
#include "xfrmd/pki/pki_check.h"
#include "xfrmd/pki/pki_issue.h"
#include "xfrmd/pki/pki_load.h"
#include "xfrmd/pki/pki_swap.h"

typedef int (*step_fn)(const struct pki_rotate *rotate, struct err *err);

static struct pki_rotate rotate;
static struct err err;

static const char *path(const char *name)
{
	static char paths[8][128];
	static size_t next;
	char *text = paths[next++ % 8];

	snprintf(text, sizeof(paths[0]), "%s/%s", test_dir, name);
	return text;
}

static void setup(void)
{
	struct pki_issue issue = {.cn = "name", .key_type = PKI_KEY_EC256, .days = 30, .now = NOW};

	make_dir();
	issue.dir = test_dir;
	rotate = (struct pki_rotate){
		.dir = test_dir, .key_type = PKI_KEY_EC256, .days = 60, .now = NOW};
	ck_assert_int_eq(pki_make_ca(&issue, &err), 0);
	ck_assert_int_eq(strlist_split(&issue.sans, "a.example 10.0.0.1", " "), 0);
	ck_assert_int_eq(pki_make_instance(&issue, &err), 0);
	strlist_fini(&issue.sans);
}

static void copy(const char *from, const char *to)
{
	char *text;
	size_t len;

	ck_assert_int_eq(file_read(path(from), PKI_FILE_MAX, &text, &len, &err), 0);
	ck_assert_int_eq(file_write_atomic(path(to), 0600, text, len, &err), 0);
	free(text);
}

static void run(step_fn step)
{
	if (step(&rotate, &err) < 0)
		ck_abort_msg("%s", err.text);
}

static void assert_state(const char *name)
{
	enum pki_rotate_state state;

	ck_assert_int_eq(pki_rotate_status(&rotate, &state, &err), 0);
	ck_assert_str_eq(pki_rotate_state_names[state], name);
}

static struct pki_bundle load(void)
{
	struct pki_bundle bundle = {0};
	struct problems problems = {0};
	struct strlist cas = {0};

	ck_assert_int_eq(strlist_add(&cas, path("ca.pem")), 0);
	pki_load(path("instance.pem"), path("instance.key"), &cas, NOW, &bundle, &problems);
	assert_no_problem(&problems);
	strlist_fini(&cas);
	return bundle;
}

static bool certs_equal(const struct pki_certs *a, const struct pki_certs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].fingerprint, b->items[i].fingerprint) != 0)
			return false;
	return true;
}

static bool bundles_equal(const struct pki_bundle *a, const struct pki_bundle *b)
{
	return certs_equal(&a->chain, &b->chain) && certs_equal(&a->cas, &b->cas) &&
	       strcmp(a->key.fingerprint, b->key.fingerprint) == 0;
}

/* Each accepts the certificate of the other, as two hosts do. */
static void assert_trust(const struct pki_bundle *a, const struct pki_bundle *b)
{
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_chain(&a->chain, &b->cas, NOW, &problems), 0);
	ck_assert_int_eq(pki_check_chain(&b->chain, &a->cas, NOW, &problems), 0);
	assert_no_problem(&problems);
}

START_TEST(rotation_keeps_trust_between_neighbouring_steps)
{
	static const step_fn steps[] = {pki_rotate_add_ca, pki_rotate_reissue, pki_rotate_drop_ca};
	static const char *const states[] = {"added", "reissued", "steady"};
	struct pki_bundle before = load(), first = load(), after;
	struct problems problems = {0};

	assert_state("steady");
	for (size_t i = 0; i < 3; i++) {
		run(steps[i]);
		assert_state(states[i]);
		after = load();
		assert_trust(&before, &after);
		pki_bundle_fini(&before);
		before = after;
	}
	ck_assert_uint_eq(before.cas.count, 1);
	ck_assert_str_ne(before.cas.items[0].fingerprint, first.cas.items[0].fingerprint);
	ck_assert_str_ne(before.key.fingerprint, first.key.fingerprint);
	ck_assert_int_eq(pki_check_chain(&first.chain, &before.cas, NOW, &problems), 0);
	assert_problem(&problems, "signed by no listed CA");
	problems_fini(&problems);
	pki_bundle_fini(&before);
	pki_bundle_fini(&first);
}
END_TEST

START_TEST(rotation_takes_names_over)
{
	struct pki_bundle bundle;

	run(pki_rotate_add_ca);
	run(pki_rotate_reissue);
	bundle = load();
	ck_assert_str_eq(bundle.chain.items[0].subject, "CN=name");
	ck_assert_uint_eq(bundle.chain.items[0].sans.count, 2);
	ck_assert_str_eq(bundle.chain.items[0].sans.items[1], "IP Address:10.0.0.1");
	ck_assert_int_eq(bundle.chain.items[0].not_after, NOW + 60 * DAY);
	pki_bundle_fini(&bundle);
}
END_TEST

START_TEST(rotate_instance_keeps_the_ca)
{
	struct pki_bundle before = load(), after;

	run(pki_rotate_instance);
	assert_state("steady");
	after = load();
	assert_trust(&before, &after);
	ck_assert_str_eq(before.cas.items[0].fingerprint, after.cas.items[0].fingerprint);
	ck_assert_str_ne(before.key.fingerprint, after.key.fingerprint);
	pki_bundle_fini(&before);
	pki_bundle_fini(&after);
}
END_TEST

/* What runs first, then what must be refused. */
static const struct {
	step_fn before[2];
	step_fn refused[3];
} orders[] = {
	{{NULL}, {pki_rotate_reissue, pki_rotate_drop_ca, NULL}},
	{{pki_rotate_add_ca, NULL}, {pki_rotate_add_ca, pki_rotate_drop_ca, pki_rotate_instance}},
	{{pki_rotate_add_ca, pki_rotate_reissue},
         {pki_rotate_add_ca, pki_rotate_reissue, pki_rotate_instance}},
};

START_TEST(rotation_refuses_to_go_out_of_order)
{
	struct pki_bundle before, after;

	for (size_t i = 0; i < 2 && orders[_i].before[i]; i++)
		run(orders[_i].before[i]);
	before = load();
	for (size_t i = 0; i < 3 && orders[_i].refused[i]; i++) {
		ck_assert_int_eq(orders[_i].refused[i](&rotate, &err), -EPROTO);
		ck_assert_ptr_nonnull(strstr(err.text, "out of order"));
	}
	after = load();
	ck_assert(bundles_equal(&before, &after));
	pki_bundle_fini(&before);
	pki_bundle_fini(&after);
}
END_TEST

/* Beside the folder. */
static const char *stage(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s" PKI_SWAP_SUFFIX "%s", test_dir, name);
	return text;
}

static struct stat examine(const char *file)
{
	struct stat status;

	ck_assert_int_eq(lstat(file, &status), 0);
	return status;
}

START_TEST(rotation_keeps_the_folder_and_what_else_is_in_it)
{
	struct stat before, note, after;

	ck_assert_int_eq(chmod(test_dir, 0750), 0);
	ck_assert_int_eq(mkdir(path("folder"), 0700), 0);
	ck_assert_int_eq(symlink("instance.pem", path("link")), 0);
	copy("ca.pem", "note");
	before = examine(test_dir);
	note = examine(path("note"));
	run(pki_rotate_add_ca);
	run(pki_rotate_reissue);
	run(pki_rotate_drop_ca);
	after = examine(test_dir);
	ck_assert_uint_eq(after.st_ino, before.st_ino);
	ck_assert_uint_eq(after.st_mode, before.st_mode);
	ck_assert_uint_eq(examine(path("note")).st_ino, note.st_ino);
	ck_assert_uint_eq(examine(path("note")).st_nlink, 1);
	ck_assert(S_ISLNK(examine(path("link")).st_mode));
	ck_assert_uint_eq(examine(path("instance.key")).st_mode & 07777, 0600);
	ck_assert_int_eq(access(stage(""), F_OK), -1);
	ck_assert_int_eq(rmdir(path("folder")), 0);
}
END_TEST

START_TEST(rotation_works_on_the_folder_behind_a_link)
{
	char link[sizeof(test_dir) + 8];

	snprintf(link, sizeof(link), "%s-link", test_dir);
	ck_assert_int_eq(symlink(test_dir, link), 0);
	rotate.dir = link;
	run(pki_rotate_add_ca);
	ck_assert(S_ISLNK(examine(link).st_mode));
	rotate.dir = test_dir;
	assert_state("added");
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

START_TEST(rotation_leaves_a_folder_in_its_way_alone)
{
	ck_assert_int_eq(mkdir(stage(""), 0700), 0);
	ck_assert_int_eq(mkdir(stage("/folder"), 0700), 0);
	ck_assert_int_eq(pki_rotate_add_ca(&rotate, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, PKI_SWAP_SUFFIX ": is in the way"));
	assert_state("steady");
	ck_assert_int_eq(rmdir(stage("/folder")), 0);
	/* an empty one may be what a killed run had just made */
	run(pki_rotate_add_ca);
	assert_state("added");
}
END_TEST

START_TEST(rotation_locks_others_out)
{
	int fd = open(test_dir, O_RDONLY | O_DIRECTORY);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(pki_rotate_add_ca(&rotate, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "another xfrmpki is at work"));
	close(fd);
	run(pki_rotate_add_ca);
}
END_TEST

/* One moment of the many that tests/pki/kill plays. */
START_TEST(rotation_completes_what_a_killed_run_left_in_force)
{
	struct pki_swap swap;

	run(pki_rotate_add_ca);
	ck_assert_int_eq(pki_swap_open(&swap, test_dir, &err), 0);
	ck_assert_int_eq(pki_swap_stage(&swap, &err), 0);
	ck_assert_int_eq(unlink(stage("/ca.next.key")), 0);
	ck_assert_int_eq(renameat2(AT_FDCWD, stage(""), AT_FDCWD, test_dir, RENAME_EXCHANGE), 0);
	swap.staged = false;
	pki_swap_close(&swap);
	copy("ca.pem", "note");
	ck_assert_int_eq(pki_swap_open(&swap, test_dir, &err), 0);
	ck_assert(swap.resumed);
	pki_swap_close(&swap);
	assert_state("steady");
	ck_assert_int_eq(access(path("note"), F_OK), 0);
	ck_assert_int_eq(access(stage(""), F_OK), -1);
}
END_TEST

START_TEST(rotation_refuses_what_the_daemon_would_refuse)
{
	struct pki_bundle before = load(), after;

	/* expired in the meantime: nothing may change, nothing may be left behind */
	rotate.now = NOW + 31 * DAY;
	ck_assert_int_lt(pki_rotate_add_ca(&rotate, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "expired"));
	ck_assert_int_lt(pki_rotate_instance(&rotate, &err), 0);
	ck_assert_ptr_null(strstr(err.text, PKI_SWAP_SUFFIX));
	ck_assert_int_eq(access(path("ca.next.key"), F_OK), -1);
	ck_assert_int_eq(access(stage(""), F_OK), -1);
	after = load();
	ck_assert(bundles_equal(&before, &after));
	pki_bundle_fini(&before);
	pki_bundle_fini(&after);
}
END_TEST

static const struct {
	const char *missing;
	const char *replaced_by; /* NULL: absent */
	const char *problem;
} broken[] = {
	{"ca.key", NULL, "ca.key: cannot open"},
	{"ca.pem", NULL, "ca.pem: cannot open"},
	{"instance.pem", NULL, "instance.pem: cannot open"},
	{"instance.key", NULL, "instance.key: cannot open"},
	{"instance.key", "ca.key", "instance.key: does not belong to the certificate in"},
	{"ca.key", "instance.key", "ca.key: belongs to no certificate in"},
};

START_TEST(rotation_needs_a_whole_folder)
{
	enum pki_rotate_state state;

	unlink(path(broken[_i].missing));
	if (broken[_i].replaced_by)
		copy(broken[_i].replaced_by, broken[_i].missing);
	ck_assert_int_lt(pki_rotate_status(&rotate, &state, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, broken[_i].problem));
	ck_assert_int_lt(pki_rotate_add_ca(&rotate, &err), 0);
}
END_TEST

START_TEST(rotation_refuses_an_instance_of_another_ca)
{
	struct made other = make_ca("other"), leaf = make_leaf("leaf", &other);
	enum pki_rotate_state state;

	ck_assert_int_eq(file_write_atomic(path("instance.pem"), 0644, leaf.cert_pem,
	                                   strlen(leaf.cert_pem), &err),
	                 0);
	ck_assert_int_eq(file_write_atomic(path("instance.key"), 0600, leaf.key_pem,
	                                   strlen(leaf.key_pem), &err),
	                 0);
	ck_assert_int_eq(pki_rotate_status(&rotate, &state, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "instance.pem: was not signed by the CA of"));
	made_fini(&leaf);
	made_fini(&other);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_rotate", &tcase);

	tcase_add_checked_fixture(tcase, setup, remove_dir);
	tcase_add_test(tcase, rotation_keeps_trust_between_neighbouring_steps);
	tcase_add_test(tcase, rotation_takes_names_over);
	tcase_add_test(tcase, rotate_instance_keeps_the_ca);
	tcase_add_loop_test(tcase, rotation_refuses_to_go_out_of_order, 0, ROWS(orders));
	tcase_add_test(tcase, rotation_keeps_the_folder_and_what_else_is_in_it);
	tcase_add_test(tcase, rotation_works_on_the_folder_behind_a_link);
	tcase_add_test(tcase, rotation_leaves_a_folder_in_its_way_alone);
	tcase_add_test(tcase, rotation_locks_others_out);
	tcase_add_test(tcase, rotation_completes_what_a_killed_run_left_in_force);
	tcase_add_test(tcase, rotation_refuses_what_the_daemon_would_refuse);
	tcase_add_loop_test(tcase, rotation_needs_a_whole_folder, 0, ROWS(broken));
	tcase_add_test(tcase, rotation_refuses_an_instance_of_another_ca);
	return test_run(suite);
}
