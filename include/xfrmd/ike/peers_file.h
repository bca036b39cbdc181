/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_IKE_PEERS_FILE_H
#define XFRMD_IKE_PEERS_FILE_H

#include "xfrmd/net/pair.h"

/*
 * The memory of recent peers over a reboot, as text: a first line that names the version, then
 * `LOCAL REMOTE` lines, the most recent first. Lines that begin with # and empty ones mean nothing.
 */
#define PEERS_FILE_PAIRS_MAX 4096
/* Holds as many of the longest lines. */
#define PEERS_FILE_BYTES_MAX (512 * 1024)

/* Owned. Zero-initialise. */
struct peers_file {
	struct pair *items;
	size_t count;
};

/* 0, also for the one that does not fit any more and is left out, or -ENOMEM. */
int peers_file_add(struct peers_file *file, const struct pair *pair);
void peers_file_fini(struct peers_file *file);

/*
 * Takes the lines that are understood; *ret_broken: how many are not. 0, -EPROTO (not this file, or
 * of another version) or -ENOMEM. The caller finis *ret_file.
 */
int peers_file_parse(const char *text, size_t len, struct peers_file *ret_file, size_t *ret_broken);
/* The caller frees; NULL: out of memory. */
char *peers_file_format(const struct peers_file *file);

#endif
