/* SPDX-License-Identifier: MIT */
/*
 * The kernel's XFRM errors in words: names and meanings as of net/xfrm/xfrm_proc.c and the places
 * that count. They count since the boot, so each may tell of a past fault.
 */
#include "xfrmd/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

static const struct meaning {
	const char *name;
	enum finding_severity severity;
	const char *what, *cause, *action;
} meanings[] = {
	{"XfrmInError", FINDING_WARNING, "received, and failed for no reason of its own",
         "memory ran out, or a check of the packet failed", "see the kernel's log"},
	{"XfrmInBufferError", FINDING_WARNING, "received, without memory for them",
         "memory ran out", "see the kernel's log"},
	{"XfrmInHdrError", FINDING_WARNING, "received with a malformed ESP header",
         "a network device cuts or changes packets", "capture them, check offloads of the NIC"},
	{"XfrmInNoStates", FINDING_NOTE, "received as ESP of an SA that this host does not have",
         "the peer kept an SA that was lost here, for example over a restart; growing: it still "
         "does",
         "if it grows: `xfrmctl retry` with that peer, or wait for its liveness check"},
	{"XfrmInStateProtoError", FINDING_WARNING, "received that could not be decrypted",
         "keys or algorithms differ, or packets were changed on the way: NAT or a faulty NIC",
         "capture them, check offloads of the NIC; `xfrmctl retry` makes new keys"},
	{"XfrmInStateModeError", FINDING_WARNING, "received whose content could not be unpacked",
         "the peer is no xfrmd and sends another mode than transport", "see its configuration"},
	{"XfrmInStateSeqError", FINDING_NOTE, "received twice or far too late",
         "the network repeats or reorders packets beyond the replay window, or somebody replays",
         "look for duplicated paths, and for NIC queues that reorder"},
	{"XfrmInStateExpired", FINDING_NOTE, "received for an SA past its lifetime",
         "rekeying came too late", "see `xfrmctl peers` and the log for failed rekeyings"},
	{"XfrmInStateMismatch", FINDING_WARNING,
         "received with or without UDP encapsulation, wrongly",
         "the SA and the packets disagree about UDP encapsulation",
         "set force_udp_encapsulation alike on all hosts"},
	{"XfrmInStateInvalid", FINDING_NOTE, "received for an SA that was not ready or gone",
         "packets overtook the negotiation, or came after its end", "nothing, unless it grows"},
	{"XfrmInTmplMismatch", FINDING_NOTE, "received in clear that had to be ESP, and dropped",
         "a host of ipsec_subnets has no xfrmd, is not ready yet, or has optional = true",
         "find it with a capture of what is not ESP; give it xfrmd, or list it in "
         "no_ipsec_subnets"},
	{"XfrmInNoPols", FINDING_NOTE, "received without a policy and blocked by the default",
         "`ip xfrm policy setdefault` blocks, or ESP came for which there is no policy",
         "see `ip xfrm policy getdefault` and `xfrmctl list`"},
	{"XfrmInPolBlock", FINDING_NOTE, "received and blocked by a policy",
         "somebody sent to what is blocked", "see the blocking ones in `xfrmctl list --all`"},
	{"XfrmInPolError", FINDING_WARNING, "received, and their policy could not be looked up",
         "memory ran out", "see the kernel's log"},
	{"XfrmOutError", FINDING_WARNING, "sent, and failed for no reason of their own",
         "memory ran out, or a packet had no route", "see the kernel's log"},
	{"XfrmOutBundleGenError", FINDING_WARNING, "sent, and no path through IPsec could be built",
         "memory ran out, or the route changed meanwhile", "nothing, unless it grows"},
	{"XfrmOutBundleCheckError", FINDING_WARNING, "sent, and their path through IPsec was stale",
         "routes changed meanwhile", "nothing, unless it grows"},
	{"XfrmOutNoStates", FINDING_NOTE, "sent without an SA, and dropped",
         "they came before the negotiation was over, or it failed",
         "see `xfrmctl peers`; with xfrm_larval_drop = false first packets are held instead"},
	{"XfrmOutStateProtoError", FINDING_WARNING, "sent that could not be encrypted",
         "a sequence number ran out, or the crypto driver failed", "see the kernel's log"},
	{"XfrmOutStateModeError", FINDING_NOTE, "sent that could not be put into ESP",
         "headers that the kernel could not read, or too large for an SA in tunnel mode",
         "nothing, unless it grows; capture what is sent then"},
	{"XfrmOutStateSeqError", FINDING_WARNING, "sent when the sequence numbers had run out",
         "the SA was not rekeyed in time", "see the log for failed rekeyings"},
	{"XfrmOutStateExpired", FINDING_WARNING, "sent by an SA past its lifetime",
         "rekeying came too late", "see `xfrmctl peers` and the log for failed rekeyings"},
	{"XfrmOutPolBlock", FINDING_NOTE, "sent and blocked by a policy",
         "they were for a silent peer, or were sent before the policies were ready",
         "see the blocking ones in `xfrmctl list --all`"},
	{"XfrmOutPolDead", FINDING_NOTE, "sent while their policy was being replaced",
         "policies changed in that moment", "nothing, unless it grows"},
	{"XfrmOutPolError", FINDING_WARNING, "sent, and their policy could not be looked up",
         "memory ran out", "see the kernel's log"},
	{"XfrmFwdHdrError", FINDING_NOTE, "to be forwarded with headers that could not be read",
         "malformed packets of a container or of another network", "nothing, unless it grows"},
	{"XfrmOutStateInvalid", FINDING_NOTE, "sent by an SA that was ending",
         "a rekeying in that moment", "nothing, unless it grows"},
	{"XfrmAcquireError", FINDING_NOTE,
         "sent while their negotiation was under way, and dropped",
         "they came before the SA was up, or in the moment of a rekeying",
         "xfrm_larval_drop = false holds them instead; growing: see `xfrmctl peers`"},
	{"XfrmOutStateDirError", FINDING_WARNING, "sent by an SA made for the other direction",
         "somebody else than charon made SAs", "see `ip xfrm state`"},
	{"XfrmInStateDirError", FINDING_WARNING, "received for an SA made for the other direction",
         "somebody else than charon made SAs", "see `ip xfrm state`"},
	{"XfrmInIptfsError", FINDING_WARNING, "received with a malformed IP-TFS payload",
         "the peer uses IP-TFS, which xfrmd does not", "see the configuration of the peer"},
	{"XfrmOutNoQueueSpace", FINDING_WARNING, "sent when the queue of an SA was full",
         "IP-TFS, or an SA of somebody else", "see `ip xfrm state`"},
};

static const struct meaning *find_meaning(const char *name)
{
	static const struct meaning unknown = {
		"", FINDING_NOTE, "counted under this name",
		"a reason that this version of xfrmctl does not know",
		"see Documentation/networking/xfrm_proc.rst of the "
		"kernel"};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].name, name) == 0)
			return &meanings[i];
	return &unknown;
}

void doctor_judge_counters(const struct doctor_facts *facts, struct findings *findings)
{
	for (size_t i = 0; i < facts->counter_count; i++) {
		const struct doctor_counter *counter = &facts->counters[i];
		const struct meaning *meaning = find_meaning(counter->name);

		findings_add(findings, meaning->severity, "counter",
		             "%s: %" PRIu64 " since the boot: %s\n"
		             "likely cause: %s\n"
		             "%s",
		             counter->name, counter->value, meaning->what, meaning->cause,
		             meaning->action);
	}
}
