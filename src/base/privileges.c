/* SPDX-License-Identifier: MIT */
#include "xfrmd/base/privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Plain system calls: of libcap and libcap-ng hardly more than this would be used. What cannot be taken
 * out of the bounding set, for lack of CAP_SETPCAP, no_new_privs keeps from coming back.
 */

/* A set as the kernel takes it: the lower half first. */
#define HALVES _LINUX_CAPABILITY_U32S_3

#define NICE_FIRST (-10)

static void limit_bounding_set(uint64_t keep)
{
	for (unsigned long capability = 0; capability < 64; capability++) {
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1 &&
		    !(keep & PRIVILEGE(capability)))
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	}
}

/* Not even asked for where a sandbox has done it: it may forbid to ask. */
static int limit_sets(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct before[HALVES], after[HALVES];

	if (syscall(SYS_capget, &header, before) < 0)
		return -errno;
	for (unsigned i = 0; i < HALVES; i++) {
		uint32_t kept = before[i].permitted & (uint32_t)(keep >> (32 * i));

		after[i] = (struct __user_cap_data_struct){.permitted = kept, .effective = kept};
	}
	if (memcmp(before, after, sizeof(after)) == 0)
		return 0;
	return syscall(SYS_capset, &header, after) < 0 ? -errno : 0;
}

int privileges_limit(uint64_t keep)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	limit_bounding_set(keep);
	return limit_sets(keep);
}

int privileges_hide_memory(void)
{
	const struct rlimit none = {0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

void privileges_go_first(bool first)
{
	int nice = getpriority(PRIO_PROCESS, 0), wanted = first ? NICE_FIRST : 0;

	/* systemd may have done it, and may forbid to ask; nicer than others is somebody's choice */
	if ((first && nice > wanted && nice <= 0) || (!first && nice < 0))
		(void)setpriority(PRIO_PROCESS, 0, wanted);
}
