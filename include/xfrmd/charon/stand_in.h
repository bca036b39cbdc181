/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_STAND_IN_H
#define XFRMD_CHARON_STAND_IN_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * The stand-in hears acquires while no xfrmd does: a socket that nobody reads, held by a process that
 * outlives us (charon, which inherits it, or systemd, which stores it). Where nobody hears an acquire the
 * kernel makes no larval SA, and the packet is refused instead of waiting for our successor.
 *
 * charon would hear them, too, but that costs it a quarter of what a negotiation does (tools/bench/cost):
 * for a line of its log it reads /etc/services, and its watcher spins meanwhile. So where there is a
 * stand-in charon is spared while we run.
 */

/* What it holds until it is full, of 1,283 bytes an acquire: as long as no xfrmd runs, 13,000 or more. */
#define STAND_IN_ROOM (32 * 1024 * 1024)

struct stand_in {
	int fd;          /* -1: none, and charon hears acquires itself */
	bool by_systemd; /* keeps it; else charon */
};

/* A new one, or what systemd has kept. It is no error if there can be none. */
void stand_in_open(struct stand_in *stand_in, bool by_systemd);
/* Of charon (@pid, its @pidfd), whether it was started by us or by a predecessor: spares it if there is a
 * stand-in that outlives us, which becomes ours. */
void stand_in_spare_charon(struct stand_in *stand_in, int pidfd, pid_t pid);
/* charon hears acquires again. */
void stand_in_unspare_charon(int pidfd, pid_t pid);
/* Makes room if half of it is taken. */
void stand_in_drain(const struct stand_in *stand_in);
void stand_in_close(struct stand_in *stand_in);

#endif
