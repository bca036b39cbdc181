/* SPDX-License-Identifier: MIT */
/* What the reason of a failure means to somebody who has to act. */
#include "xfrmd/doctor/doctor.h"

static const char no_algorithm[] = "the two hosts have no algorithms in common";
static const char same_ike[] =
	"give all hosts the same ike_proposals; to change them, list old and new first";
static const char same_esp[] =
	"give all hosts the same esp_proposals; to change them, list old and new first";
static const char same_lists[] = "give all hosts the same ipsec_subnets and no_ipsec_subnets";
static const char peer_expired[] = "the peer can talk to nobody, or our clock is wrong";
static const char renew_there[] = "renew it there: `xfrmpki issue`; compare `date` on both hosts";
static const char ca_expired[] =
	"everybody with a certificate of that CA is cut off, or our clock is wrong";
static const char new_ca[] =
	"compare `date` on both hosts; then make a new CA and certificates: `xfrmpki init` "
	"and `issue`, both with --force";
static const char clock_ahead[] = "the clock was ahead where it was made, or ours is behind";
static const char compare_clocks[] = "compare `date` on both hosts and where certificates are made";
static const char other_sa[] = "the peer wants another kind of SA than xfrmd has";
static const char transport[] =
	"configure it for transport mode, whole addresses and no compression";
static const char other_charon[] = "the charon that runs is none that xfrmd can use";
static const char install_charon[] =
	"install strongSwan 5.9 or later with its plugin vici, then `systemctl restart xfrmd`";
static const char see_logs[] =
	"see the log of xfrmd on both hosts; `xfrmctl retry` tries again now";

const struct doctor_advice doctor_advices[] = {
	[REASON_NONE] = {FINDING_NOTE, "", ""},

	[REASON_NO_RESPONSE] =
		{FINDING_WARNING,
                 "the host is down, has no xfrmd, or the way between drops UDP 500 or 4500",
                 "see `xfrmctl status` there, and let firewalls and security groups pass UDP 500, "
                 "UDP 4500 and protocol 50 (ESP) both ways; without xfrmd: no_ipsec_subnets"},
	[REASON_FELL_SILENT] =
		{FINDING_WARNING,
                 "small IKE messages pass and large ones, with certificates, may not",
                 "let the network pass fragments, or lower the MTU; see the log of the peer"},
	[REASON_NO_ROUTE] = {FINDING_WARNING, "nothing can be sent there",
                             "compare `ip route get` with the subnets of ipsec_subnets"},
	[REASON_NOT_SENT] = {FINDING_WARNING, "the kernel of this host does not take IKE messages",
                             "let its own firewall pass UDP 500 and UDP 4500"},
	[REASON_UNRESOLVED] = {FINDING_WARNING, "charon does not take it for an IP address",
                               "see the log of xfrmd"},
	[REASON_ASKED_AGAIN] =
		{FINDING_WARNING,
                 "many ask it at once, and its charon has run for less than 10 seconds",
                 "none is needed if it passes; else see `xfrmctl status` there"},

	[REASON_IKE_PROPOSALS_REFUSED] = {FINDING_SERIOUS, no_algorithm, same_ike},
	[REASON_IKE_PROPOSALS_UNACCEPTABLE] = {FINDING_SERIOUS, no_algorithm, same_ike},
	[REASON_NO_COMMON_PROPOSAL] = {FINDING_SERIOUS, no_algorithm,
                                       "give all hosts the same ike_proposals and esp_proposals"},
	[REASON_ESP_PROPOSALS_REFUSED] = {FINDING_SERIOUS, no_algorithm, same_esp},
	[REASON_INVALID_SYNTAX] = {FINDING_WARNING,
                                   "its IKE is another one, or something changes our messages",
                                   "see the log of the peer; compare the versions of strongSwan"},

	[REASON_CERT_REFUSED] =
		{FINDING_SERIOUS,
                 "it does not have our CA, or our certificate is expired, or its clock is wrong",
                 "compare ca_certificates on both hosts, `xfrmpki dates`, and the log of the peer"},
	[REASON_NO_PRIVATE_KEY] = {FINDING_SERIOUS, "no peer accepts this host any more",
                                   "issue a new one: `xfrmpki issue`, then `xfrmctl reload`"},
	[REASON_UNKNOWN_CA] =
		{FINDING_SERIOUS,
                 "its CA is missing in our ca_certificates, or it is of another fleet",
                 "add its CA on this host if it belongs to the fleet, then `xfrmctl reload`"},
	[REASON_CONSTRAINT] = {FINDING_SERIOUS,
                               "charon demands more of its certificate than it has",
                               "compare `xfrmpki show` on both hosts; see the log of xfrmd"},
	[REASON_CERT_DATES] = {FINDING_SERIOUS, peer_expired, renew_there},
	[REASON_CERT_EXPIRED] = {FINDING_SERIOUS, peer_expired, renew_there},
	[REASON_CERT_EARLY] = {FINDING_SERIOUS, clock_ahead, compare_clocks},
	[REASON_CA_DATES] = {FINDING_SERIOUS, ca_expired, new_ca},
	[REASON_CA_EXPIRED] = {FINDING_SERIOUS, ca_expired, new_ca},
	[REASON_CA_EARLY] = {FINDING_SERIOUS, clock_ahead, compare_clocks},
	[REASON_UNTRUSTED] = {FINDING_SERIOUS, "it is of another fleet, or a CA between is missing",
                              "compare ca_certificates on both hosts, and the log of the peer"},
	[REASON_REVOKED] = {FINDING_SERIOUS, "its CA has taken the certificate back",
                            "issue a new one for that host: `xfrmpki issue`"},
	[REASON_UNEXPECTED] = {FINDING_WARNING, "it negotiates unlike the hosts of the fleet",
                               "see its log; without xfrmd: no_ipsec_subnets"},

	[REASON_TS_REFUSED] = {FINDING_WARNING,
                               "its lists do not have our address, ours have its address",
                               same_lists},
	[REASON_TS_UNACCEPTABLE] = {FINDING_WARNING, "its lists and ours differ", same_lists},
	[REASON_NO_ADDITIONAL_SAS] = {FINDING_WARNING, "it has as many SAs with us as it allows",
                                      "see its log; `xfrmctl retry` tries again now"},
	[REASON_KERNEL_SA] = {FINDING_SERIOUS, "an algorithm of esp_proposals is not in the kernel",
                              "see the findings about the kernel, else the log of xfrmd"},
	[REASON_KERNEL_SPI] = {FINDING_WARNING, "the kernel may lack memory for another SA",
                               "see the log of the kernel, and `ip xfrm state count`"},
	[REASON_NO_CHILD] = {FINDING_WARNING, "the hosts trust each other, and one refuses the SA",
                             see_logs},
	[REASON_HAS_CHILD] = {FINDING_WARNING, "charon and xfrmd differ in what SAs it has",
                              "`systemctl restart xfrmd`, if it stays so"},

	[REASON_TUNNEL_MODE] = {FINDING_WARNING, other_sa, transport},
	[REASON_BEET_MODE] = {FINDING_WARNING, other_sa, transport},
	[REASON_UNKNOWN_MODE] = {FINDING_WARNING, other_sa, transport},
	[REASON_IPCOMP] = {FINDING_WARNING, other_sa, transport},
	[REASON_NARROW_SELECTORS] = {FINDING_WARNING, other_sa, transport},

	[REASON_CLOSED] = {FINDING_WARNING, "one of the two hosts ended it without a reason",
                           see_logs},
	[REASON_NO_RESULT] = {FINDING_WARNING, "one of the two hosts is busy, or packets get lost",
                              see_logs},
	[REASON_UNTOLD] = {FINDING_WARNING, "charon did not begin, and does not say why", see_logs},
	[REASON_UNKNOWN_COMMAND] = {FINDING_WARNING, other_charon, install_charon},
	[REASON_MALFORMED_REPLY] = {FINDING_WARNING, other_charon, install_charon},
	[REASON_OTHER] = {FINDING_WARNING, "there is no SA, so traffic between us stands still",
                          see_logs},
};
_Static_assert(sizeof(doctor_advices) / sizeof(doctor_advices[0]) == REASON_COUNT,
               "one for each reason");
