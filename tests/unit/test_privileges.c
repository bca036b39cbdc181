/* SPDX-License-Identifier: MIT */
/* Each in a child, since nothing of it can be undone. */
#include "xfrmd/base/privileges.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define KEEP (PRIVILEGE(CAP_NET_ADMIN) | PRIVILEGE(CAP_BPF))

/* What `grep` finds in its own status, run by a child that did @prepare before. */
static void status_after(int (*prepare)(void), const char *pattern, char *ret_text, size_t size)
{
	int ends[2], status;
	size_t used = 0;
	ssize_t len;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		if (prepare() == 0)
			execlp("grep", "grep", "-E", pattern, "/proc/self/status", NULL);
		_exit(1);
	}
	close(ends[1]);
	while ((len = read(ends[0], ret_text + used, size - 1 - used)) > 0)
		used += (size_t)len;
	ret_text[used] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static int limit(void)
{
	return privileges_limit(KEEP);
}

static int limit_twice(void)
{
	/* the second time without CAP_SETPCAP, and what was lost does not come back */
	return privileges_limit(PRIVILEGE(CAP_NET_ADMIN)) || privileges_limit(KEEP);
}

static const struct {
	int (*prepare)(void);
	const char *capabilities;
} cases[] = {
	{limit, "0000008000001000"},
	{limit_twice, "0000000000001000"},
};

START_TEST(children_have_no_more_either)
{
	const char *set = cases[_i].capabilities;
	char text[512], expected[512];

	snprintf(expected, sizeof(expected),
	         "CapPrm:\t%s\nCapEff:\t%s\nCapBnd:\t%s\nNoNewPrivs:\t1\n", set, set, set);
	status_after(cases[_i].prepare, "^(Cap(Prm|Eff|Bnd)|NoNewPrivs)", text, sizeof(text));
	ck_assert_str_eq(text, expected);
}
END_TEST

static int limit_without_setpcap(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted &= ~(i ? 0 : 1u << CAP_SETPCAP);
	return syscall(SYS_capset, &header, sets) < 0 ? -1 : privileges_limit(KEEP);
}

START_TEST(a_bounding_set_that_stays_gives_nothing_back)
{
	char text[512];

	status_after(limit_without_setpcap, "^CapPrm", text, sizeof(text));
	ck_assert_str_eq(text, "CapPrm:\t0000008000001000\n");
}
END_TEST

START_TEST(memory_is_hidden)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(privileges_hide_memory() < 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite;

	if (geteuid() != 0 || prctl(PR_CAPBSET_READ, CAP_BPF, 0, 0, 0) != 1) {
		printf("1..0 # SKIP needs root with all capabilities\n");
		return EXIT_SUCCESS;
	}
	suite = test_suite("privileges", &test_case);
	tcase_add_loop_test(test_case, children_have_no_more_either, 0,
	                    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(test_case, a_bounding_set_that_stays_gives_nothing_back);
	tcase_add_test(test_case, memory_is_hidden);
	return test_run(suite);
}
