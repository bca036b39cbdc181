/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_PKI_PKI_SWAP_H
#define XFRMD_PKI_PKI_SWAP_H

#include <stdbool.h>

#include "xfrmd/base/err.h"

/*
 * Brings several files of a certificate folder into force at once: whoever is killed on the way
 * leaves all old ones there or all new ones. The folder itself stays, with its owner, its mode and
 * its sub-folders, and so does whoever works in it or has it mounted elsewhere.
 */

/* Behind the folder's name: the copy that is being worked on. */
#define PKI_SWAP_SUFFIX ".rotating"

struct pki_swap {
	char *dir;   /* the folder, without symbolic links */
	char *stage; /* its copy beside it, mode 0700 until it counts */
	/* The folder and its copy; whichever is in force is locked: one swap at a time. */
	int original, copy;
	bool staged;  /* the copy is there, not in force */
	bool resumed; /* a killed run had left something; it is finished or removed now */
};

/*
 * Locks out other runs and finishes, or removes, what a killed one left. Negative errno and @err,
 * also when another run is at work (-EBUSY); pki_swap_close() is due in any case.
 */
int pki_swap_open(struct pki_swap *swap, const char *dir, struct err *err);
/* Makes the copy: hard links, so that files in it are to be replaced, never written into. */
int pki_swap_stage(struct pki_swap *swap, struct err *err);
/*
 * Brings the files that rotations and imports write, as they are in the copy, into force, or their
 * absence; other files stay as they are. On failure the old ones are in force, but for
 * failures behind the point of no return: those the next run makes good.
 */
int pki_swap_commit(struct pki_swap *swap, struct err *err);
/* Removes a copy that did not come into force, and unlocks. */
void pki_swap_close(struct pki_swap *swap);

#endif
