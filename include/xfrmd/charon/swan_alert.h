/* SPDX-License-Identifier: MIT */
#ifndef XFRMD_CHARON_SWAN_ALERT_H
#define XFRMD_CHARON_SWAN_ALERT_H

#include "xfrmd/ike/reason.h"
#include "xfrmd/net/pair.h"

/*
 * charon's event `alert`, which those from 6.0.3 on have: what goes wrong with an IKE_SA, as one of a
 * fixed list of types, where older ones have nothing but the words of their log. Pure.
 */
enum swan_alert_kind {
	SWAN_ALERT_CERTIFICATE, /* about one certificate: others may be tried */
	SWAN_ALERT_FAILED,      /* a negotiation has failed */
	SWAN_ALERT_GENERAL,     /* the same, of which another may tell more */
};

struct swan_alert {
	enum swan_alert_kind kind;
	enum reason began, answered; /* what it means to the end that began, and to the other */
	char ike_name[256];          /* of the connection */
	uint32_t ike_id;
	struct pair pair; /* AF_UNSPEC: not known yet */
};

/* 0, -ENOENT: it is about no negotiation that fails, or -EBADMSG. */
int swan_event_alert(const void *message, size_t len, struct swan_alert *ret_alert);

#endif
