/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_PROC_TEXT_H
#define XFRMD_BASE_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads texts of /proc. Pure. */

/* Out of /proc/PID/stat (proc(5)), in clock ticks and pages. 0 or -EBADMSG. */
struct proc_usage {
	uint64_t cpu_ticks; /* user and system */
	uint64_t memory_pages;
};
int proc_usage_parse(const char *text, struct proc_usage *ret_usage);

/* The next line `NAME NUMBER` of /proc/net/xfrm_stat; *text moves on. False: no more. */
#define PROC_COUNTER_NAME_MAX 64
bool proc_counter_next(const char **text, char ret_name[PROC_COUNTER_NAME_MAX],
                       uint64_t *ret_value);

/* The column @name of /proc/net/stat/arp_cache and the like (a line of names, then hexadecimal ones, one
 * line for each processor), added up. 0 or -EBADMSG: there is no such column. */
int proc_column_sum(const char *text, const char *name, uint64_t *ret_sum);

#endif
