/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_MANIFEST_YAML_MISTAKE_H
#define XFRMD_MANIFEST_YAML_MISTAKE_H

#include <stddef.h>

#include "xfrmd/base/err.h"

/* Where a parser of YAML gave up: lines from 1, columns from 0. */
struct yaml_mistake {
	const char *problem; /* its words; NULL: none */
	size_t line, column;
	const char *context; /* what it was at; NULL: none */
	size_t context_line, context_column;
};

/*
 * One sentence, `line N: what is wrong, expected what`, for who wrote @text: a tab, a certificate
 * or a line that is not indented as it must be, words of the bosh command; or else the parser's
 * own words. Pure.
 */
void yaml_mistake_explain(const char *text, size_t len, const struct yaml_mistake *mistake,
                          struct err *ret_err);

#endif
