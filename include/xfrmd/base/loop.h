/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_BASE_LOOP_H
#define XFRMD_BASE_LOOP_H

#include <stdint.h>

/*
 * The event loop: the only user of libevent. Single-threaded. Every watch, timer and signal may be
 * freed inside its own callback. All must be freed before the loop.
 */
struct loop;
struct loop_fd;
struct loop_timer;
struct loop_signal;

#define LOOP_READ  1u
#define LOOP_WRITE 2u

/* @ready: LOOP_READ, LOOP_WRITE or both; hang-up and error show as all that is watched for. */
typedef void (*loop_fd_fn)(void *ctx, unsigned ready);
typedef void (*loop_fn)(void *ctx);

/* 0, -ENOMEM or -EIO. The caller frees with loop_free (NULL accepted). */
int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);
/* Returns when loop_stop() was called, be it before the start. 0 or -EIO. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Level-triggered. The fd stays the caller's and must outlive the watch. */
int loop_fd_new(struct loop *loop, int fd, unsigned events, loop_fd_fn fn, void *ctx,
                struct loop_fd **ret_watch);
/* Changes what is watched for; 0 pauses. */
int loop_fd_set(struct loop_fd *watch, unsigned events);
void loop_fd_free(struct loop_fd *watch);

/* One-shot timer, created stopped; never early by clock_now_ms(). loop_timer_start re-arms; 0 ms
 * means the next turn. */
int loop_timer_new(struct loop *loop, loop_fn fn, void *ctx, struct loop_timer **ret_timer);
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms);
/* At a time of clock_now_ms(), or in the next turn if that is over; UINT64_MAX: stops it. */
void loop_timer_start_at(struct loop_timer *timer, uint64_t due_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Runs @fn in the loop, not in signal context. */
int loop_signal_new(struct loop *loop, int signal_number, loop_fn fn, void *ctx,
                    struct loop_signal **ret_signal);
void loop_signal_free(struct loop_signal *watch);

#endif
