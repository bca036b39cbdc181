/* SPDX-License-Identifier: MIT */
/*
 * From what was seen of a probe to the sentence about it. ESP cannot be read, so the probe and its
 * answer were ESP if they were not seen in clear, and ESP with an SPI of the pair was.
 */
#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xfrmd/base/str.h"

/* A probe that was held this long had to wait for a negotiation. */
#define HELD_SHOWN_US 20000
/* Before an SA is this old, ESP that does not come proves nothing. */
#define FRESH_SA_MS   2000

static void __attribute__((format(printf, 2, 3)))
say(struct ctl_verify *verify, const char *format, ...)
{
	size_t len = strlen(verify->sentence);
	va_list args;

	va_start(args, format);
	vsnprintf(verify->sentence + len, sizeof(verify->sentence) - len, format, args);
	va_end(args);
}

static const struct verdict_esp *find_known(const struct verdict_esp *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].known)
			return &list[i];
	return NULL;
}

static const char *esp_name(const struct verdict_esp *esp)
{
	return esp->udp ? "ESP in UDP" : "ESP";
}

/* Why nobody negotiates, as far as it can be seen from here. */
static void say_silence(const struct verdict_input *input, struct ctl_verify *verify)
{
	if (input->seen.no_ike)
		say(verify, "; its ports of IKE are closed: no xfrmd runs there");
	else if (input->seen.unreachable)
		say(verify, "; nobody has this address, or the host is down");
	else if (input->last_error.reason == REASON_NO_RESPONSE)
		say(verify, "; it is down, or the way drops UDP 500: a firewall, a security group");
}

/* ": no response from the peer, next retry in 5 s", as far as it is known. */
static void say_failure(const struct verdict_input *input, struct ctl_verify *verify)
{
	char words[FAILURE_WORDS_MAX], escaped[4 * FAILURE_WORDS_MAX];

	if (input->last_error.reason)
		say(verify, ": %s",
		    str_escape(failure_words(&input->last_error, words), escaped, sizeof(escaped)));
	if (input->retry_in_s > 0)
		say(verify, ", next retry in %" PRId64 " s", input->retry_in_s);
	say_silence(input, verify);
}

static void say_blocked(const struct verdict_input *input, struct ctl_verify *verify)
{
	char text[POLICY_TEXT_MAX];

	if (input->rule == VERDICT_RULE_SILENT) {
		say(verify, "blocked since it is silent");
		say_failure(input, verify);
	} else if (input->rule == VERDICT_RULE_BLOCK) {
		say(verify, "blocked by the policy %s", policy_format(&input->policy, text));
	} else if (input->rule == VERDICT_RULE_REFUSE) {
		say(verify, "blocked by the kernel's default, no policy speaks of it");
	} else {
		say(verify,
		    "refused by the kernel: %s: by a firewall, or a policy that has changed "
		    "meanwhile",
		    strerror(input->seen.send_error));
	}
}

bool verdict_is_protected(const struct verdict_input *input)
{
	return input->rule == VERDICT_RULE_REQUIRED || input->rule == VERDICT_RULE_OPTIONAL ||
	       input->rule == VERDICT_RULE_SILENT;
}

static bool is_meant_clear(const struct verdict_input *input)
{
	return input->rule == VERDICT_RULE_ALLOW || input->rule == VERDICT_RULE_NONE;
}

/* Nothing left the host. */
static void say_kept(const struct verdict_input *input, struct ctl_verify *verify)
{
	double seconds = (double)input->timeout_ms / 1000;

	if (input->seen.later_error) {
		say(verify, "not sent: %s", strerror(input->seen.later_error));
		return;
	}
	if (!verdict_is_protected(input) || input->has_sa) {
		say(verify, "nothing left by %s in %.1f s%s", input->ifname, seconds,
		    input->has_sa ? ", although there is an SA: no neighbour, or a firewall" : "");
		return;
	}
	say(verify, "%s by the kernel, there is no SA after %.1f s",
	    input->holds ? "held" : "dropped", seconds);
	if (!input->daemon_known) {
		say(verify, ": nobody negotiates, since xfrmd cannot be reached");
	} else if (!input->peer_known) {
		say(verify, ", and no negotiation is known");
	} else if (strcmp(input->peer_state, "negotiating") == 0) {
		say(verify, ": acquire pending, the negotiation goes on");
		say_silence(input, verify);
	} else {
		say(verify, ": the negotiation failed");
		say_failure(input, verify);
	}
}

static void say_answer_time(struct ctl_verify *verify, uint64_t sent_us, uint64_t answered_us)
{
	verify->answer_us = answered_us > sent_us ? answered_us - sent_us : 1;
	say(verify, " in %.*f ms", verify->answer_us < 100 ? 2 : 1,
	    (double)verify->answer_us / 1000);
}

/* An answer may have to wait for the SA of the other end. */
static bool waited_long(const struct verdict_input *input, uint64_t sent_us)
{
	return input->had_sa || input->timeout_ms > sent_us / 1000 + FRESH_SA_MS;
}

/* Nothing came back that could be the answer. */
static void say_no_answer(const struct verdict_input *input, uint64_t sent_us,
                          struct ctl_verify *verify)
{
	say(verify, ", no answer in %.1f s", (double)input->timeout_ms / 1000);
	if (verify->sent == CTL_WAY_ESP && !input->received && !waited_long(input, sent_us))
		return;
	if (verify->sent == CTL_WAY_ESP && !input->received)
		say(verify, "%s",
		    verify->udp ? ", nor any ESP before: IKE passes and ESP in UDP, "
		                  "port 4500, does not: see firewalls and security "
		                  "groups"
		                : ", nor any ESP before: IKE passes and ESP (IP "
		                  "protocol 50) does not: see firewalls and security "
		                  "groups, or set force_udp_encapsulation");
	else if (verify->sent == CTL_WAY_ESP)
		say(verify, ", nor other ESP of it: it does not answer pings, or ESP passes no "
		            "longer");
	else if (is_meant_clear(input) && input->has_sa)
		say(verify, ": it has an SA with this host, so its lists protect what ours allow");
	else if (input->rule == VERDICT_RULE_ALLOW)
		say(verify, ": it is down, or its lists protect what ours allow");
}

/* What came back to a probe that left at @sent_us. */
static void say_answer(const struct verdict_input *input, uint64_t sent_us,
                       struct ctl_verify *verify)
{
	const struct verdict_seen *seen = &input->seen;
	const struct verdict_esp *in = find_known(seen->in, seen->in_count);

	if (seen->in_clear) {
		verify->answered = CTL_WAY_CLEAR;
		say(verify, ", answered%s", is_meant_clear(input) ? "" : " in clear");
		say_answer_time(verify, sent_us, seen->in_clear_us);
		if (!seen->answered)
			say(verify, ", which this host does not accept");
		if (!seen->answered && verify->sent == CTL_WAY_ESP)
			say(verify, ": its policies allow what ours protect, compare the lists");
	} else if (seen->answered && in) {
		verify->answered = CTL_WAY_ESP;
		verify->spi_in = in->spi;
		say(verify, ", answered as %s", esp_name(in));
		say_answer_time(verify, sent_us, in->first_us);
	} else if (seen->answered) {
		say(verify, ", answered by another way than %s", input->ifname);
	} else if (seen->later_error) {
		say(verify, ", no answer: %s", strerror(seen->later_error));
	} else if (in && !is_meant_clear(input)) {
		say(verify,
		    ", no answer in %.1f s, though other ESP of it comes: it may not answer "
		    "pings",
		    (double)input->timeout_ms / 1000);
	} else if (seen->in_count && !in) {
		say(verify,
		    ", answered as ESP with SPI %08" PRIx32 ", of which this host has no SA",
		    seen->in[0].spi);
	} else {
		say_no_answer(input, sent_us, verify);
	}
}

static void say_sent_clear(const struct verdict_input *input, struct ctl_verify *verify)
{
	char text[POLICY_TEXT_MAX];

	verify->sent = CTL_WAY_CLEAR;
	if (input->rule == VERDICT_RULE_ALLOW)
		say(verify, "allowed: in clear");
	else if (input->rule == VERDICT_RULE_FOREIGN)
		say(verify, "SENT IN CLEAR by a policy that is not ours, %s",
		    policy_format(&input->policy, text));
	else if (input->rule == VERDICT_RULE_NONE)
		say(verify, "in no list: in clear");
	else if (input->disable_xfrm)
		say(verify, "SENT IN CLEAR, since disable_xfrm is set for %s", input->ifname);
	else if (input->rule == VERDICT_RULE_OPTIONAL)
		say(verify, "sent in clear, there is no SA (optional)");
	else
		say(verify, "SENT IN CLEAR, although it should not be");
	say_answer(input, input->seen.out_clear_us, verify);
	verify->well = is_meant_clear(input) && input->seen.answered && input->seen.in_clear;
	if (input->rule == VERDICT_RULE_OPTIONAL)
		say_failure(input, verify);
}

static void say_sent_esp(const struct verdict_input *input, const struct verdict_esp *out,
                         struct ctl_verify *verify)
{
	verify->sent = CTL_WAY_ESP;
	verify->spi_out = out->spi;
	verify->udp = out->udp;
	say(verify, "sent as %s", esp_name(out));
	if (!input->had_sa && out->first_us >= HELD_SHOWN_US)
		say(verify, " after a negotiation of %.0f ms", (double)out->first_us / 1000);
	say_answer(input, out->first_us, verify);
	verify->well = input->seen.answered && verify->answered == CTL_WAY_ESP;
}

void verdict_make(const struct verdict_input *input, struct ctl_verify *ret_verify)
{
	const struct verdict_seen *seen = &input->seen;
	const struct verdict_esp *out = find_known(seen->out, seen->out_count);
	struct ctl_verify verify = {.pair = input->pair};

	memcpy(verify.ifname, input->ifname, sizeof(verify.ifname));
	if (input->other)
		say(&verify, "%s, nothing was sent", input->other);
	else if (!input->routed)
		say(&verify, "no route, nothing was sent");
	else if (seen->out_clear)
		say_sent_clear(input, &verify);
	else if (out)
		say_sent_esp(input, out, &verify);
	else if (seen->send_error == EPERM || seen->send_error == EACCES)
		say_blocked(input, &verify);
	else if (seen->send_error)
		say(&verify, "not sent: %s", strerror(seen->send_error));
	else if (seen->out_count)
		say(&verify, "sent as ESP with SPI %08" PRIx32 ", which is of no SA here",
		    seen->out[0].spi);
	else
		say_kept(input, &verify);
	*ret_verify = verify;
}

void verdict_add_path(struct ctl_verify *verify, const struct path_mtu *path, unsigned link_mtu)
{
	if (!path->pass)
		return;
	verify->mtu = path->pass;
	verify->mtu_sent = path->top;
	if (!path_mtu_vanish(path)) {
		say(verify, "; packets up to %u bytes pass", path->pass);
		return;
	}
	verify->well = false;
	say(verify,
	    "; but LARGE PACKETS VANISH: %u bytes pass, %u do not, and no router says so: set the "
	    "MTU of %s to %u, here and on the other hosts",
	    path->pass, path->fail, verify->ifname, path_mtu_of_link(path, link_mtu));
}
