/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_NOTIFY_H
#define XFRMD_BASE_NOTIFY_H

#include <stdint.h>

/*
 * sd_notify(3) without libsystemd: one datagram to $NOTIFY_SOCKET. Without that variable nothing
 * happens. Errors are of no consequence for us and are not reported.
 */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Has systemd keep a copy of @fd, which stays the caller's, for the next start of this unit as long as that
 * is not stopped: wants FileDescriptorStoreMax= in it.
 */
void notify_store(const char *name, int fd);
/* What was kept so, once: a descriptor that the caller closes, or -ENOENT. */
int notify_stored(const char *name);

/* Half of systemd's watchdog interval in milliseconds; 0: no watchdog for this process. */
uint64_t notify_watchdog_ms(void);

#endif
