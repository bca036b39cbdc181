/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into User-Mode Linux so that it runs on processors with AMX. UML saves and restores
 * 2,696 bytes of extended processor state; since Linux 5.16 the kernel accepts only the whole
 * state in PTRACE_SETREGSET, and with AMX that is 11,008 bytes: UML then dies on its first
 * process. Here the state that UML does not know is taken from the process itself.
 * UML's kernel is one thread and does not preempt itself, so one static buffer suffices; its
 * stacks are too small for it.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define XSTATE_MAX 65536

typedef long (*ptrace_fn)(int request, pid_t pid, void *addr, void *data);

static long set_whole_state(ptrace_fn next, pid_t pid, const struct iovec *part)
{
	static unsigned char state[XSTATE_MAX];
	struct iovec whole = {state, sizeof(state)};
	void *set = (void *)(long)NT_X86_XSTATE;

	if (next(PTRACE_GETREGSET, pid, set, &whole) < 0)
		return -1;
	memcpy(state, part->iov_base,
	       part->iov_len < whole.iov_len ? part->iov_len : whole.iov_len);
	return next(PTRACE_SETREGSET, pid, set, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn next;
	va_list args;
	pid_t pid;
	void *addr, *data;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ptrace");
	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if (request == PTRACE_SETREGSET && (long)addr == NT_X86_XSTATE)
		return set_whole_state(next, pid, data);
	return next(request, pid, addr, data);
}
