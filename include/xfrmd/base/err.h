/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_ERR_H
#define XFRMD_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One failure that an operator must read: a sentence that starts with the object, says what was
 * found and what is expected, and ends without a full stop. A value type, no pointers inside.
 */
struct err {
	char text[512];
};

/* Fills @err (NULL is accepted) and returns @code, so that a caller can `return err_set(...)`. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The sentence about a system call that failed, by errno: `OBJECT: cannot DO: why`; -errno. */
int err_cannot(struct err *err, const char *object, const char *what);

/*
 * All problems of one input, gathered so that one run reports everything.
 * Zero-initialise; problems_fini() frees and leaves it re-initialisable.
 */
struct problems {
	char **items;
	size_t count;
	bool out_of_memory; /* at least one problem could not be stored */
};

/* Adds one sentence. Out of memory sets the flag, which problems_any() counts as a problem. */
void problems_add(struct problems *problems, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Empties @from into @to, each sentence behind the text of @format. */
void problems_move(struct problems *from, struct problems *to, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool problems_any(const struct problems *problems);
void problems_fini(struct problems *problems);

#endif
