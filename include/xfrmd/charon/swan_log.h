/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_SWAN_LOG_H
#define XFRMD_CHARON_SWAN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "xfrmd/ike/reason.h"
#include "xfrmd/net/addr.h"

/*
 * What the lines of charon's log say, as values. Pure. They come by a FIFO: VICI has the same as events,
 * each of which costs charon a job and a message, which was as much as all else of a negotiation.
 */
struct swan_log {
	unsigned thread;    /* 0: the first one */
	char group[4];      /* "IKE" */
	char ike_name[128]; /* connection, or empty; charon cuts it */
	uint32_t ike_id;    /* 0: none */
	char text[512];     /* cut */
};
/* "05[IKE] <NAME|12> text", as filelog has it with ike_name; -EBADMSG: something else, such as the C
 * library's words. @line: printable, as charon_log.h has it. */
int swan_log_parse(const char *line, struct swan_log *ret_log);

/*
 * Whether a line of charon's log says why a negotiation fails; *ret_final: it has failed, and no
 * updown event follows. charon goes from the cause to its consequences: of the lines about one
 * attempt the first says the most, also when a final one comes behind it. Pure.
 */
bool swan_failure(const char *text, struct failure *ret_failure, bool *ret_final);
/* What a log line says about how far a negotiation that we began has got. Pure. */
enum swan_progress {
	SWAN_PROGRESS_NONE,     /* nothing */
	SWAN_PROGRESS_SENT,     /* its first message goes out */
	SWAN_PROGRESS_ANSWERED, /* the peer's first message is here */
};
enum swan_progress swan_progress(const char *text);

/* Whether the line says that a peer begins a negotiation, and who, by what one packet said. Pure. */
bool swan_begun(const char *text, struct addr *ret_remote);

/*
 * How much a line that charon prints matters: false drops noise that our way of using charon makes
 * ('trap not found', 'creating acquire job', ...). @log: what swan_log_parse() made of it; NULL: it is
 * no line of the log. @ret_level gets an enum log_level: warning for failures at start and crashes,
 * info for what is no line of the log, else debug.
 */
bool swan_log_level(const char *line, const struct swan_log *log, int *ret_level);

#endif
