/* SPDX-License-Identifier: MIT */
#ifndef XFRMCTL_OUT_LIST_H
#define XFRMCTL_OUT_LIST_H

#include "list_groups.h"
#include "out_table.h"

/* Policies for people, appended to @out, whose sticky error says whether it is complete. Pure. */

/* One line each. */
void out_list_all(const struct policy_row *rows, size_t count, bool coloured, struct buf *out);

/* One line per entry of the lists; behind that what is no entry, in numbers; then what needs a
 * look, each by itself, up to OUT_LIST_SINGLE_MAX. */
#define OUT_LIST_SINGLE_MAX 100
void out_list_grouped(const struct policy_rows *rows, bool coloured, struct buf *out);

/* What the tables of policies have in common: six cells from the action to the level. */
void out_list_cells(struct out_table *table, const struct policy *policy);

#endif
