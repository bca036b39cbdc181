/* SPDX-License-Identifier: MIT */
#include "xfrmd/doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* A host without a fault; each test breaks something. */
#define NOW (DOCTOR_TIME_MIN + 86400)
#define DAY 86400

static struct doctor_facts facts;
static struct findings findings;

static struct doctor_algorithm algorithms[2];
static struct local_addr addrs[3];
static struct doctor_link links[3];
static struct doctor_route routes[2];
static struct doctor_server servers[1];
static struct ctl_peer peer_rows[8];
static struct pki_cert certs[2];

static struct addr addr_of(const char *text)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return addr;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix, NULL), 0);
	return prefix;
}

static void list(struct prefixset *set, const char *text)
{
	struct prefix prefix = prefix_of(text);

	ck_assert_int_eq(prefixset_add(set, &prefix), 0);
	prefixset_seal(set);
}

static struct local_addr local_of(const char *ifname, const char *addr, const char *network)
{
	struct local_addr local = {
		.addr = addr_of(addr), .network = prefix_of(network), .global = true};

	snprintf(local.ifname, sizeof(local.ifname), "%s", ifname);
	return local;
}

static struct pki_cert cert_of(char *file, int64_t days)
{
	return (struct pki_cert){.file = file, .not_after = NOW + days * DAY + 1};
}

static void set_up(void)
{
	static char instance[] = "instance.pem", ca[] = "ca.pem";
	struct esp_suite suites[ESP_SUITES_MAX];

	facts = (struct doctor_facts){.now = NOW,
	                              .clock_synchronised = 1,
	                              .conf_path = "xfrmd.conf",
	                              .daemon_answers = true,
	                              .acq_expires = 6,
	                              .cpu_aes = 1,
	                              .algorithms = algorithms,
	                              .algorithm_count = 1,
	                              .addrs = addrs,
	                              .addr_count = 2,
	                              .links = links,
	                              .link_count = 2,
	                              .routes = routes,
	                              .route_count = 1,
	                              .peers = {peer_rows, 0}};
	ck_assert_int_eq(conf_set_defaults(&facts.conf), 0);
	facts.larval_drop = facts.conf.xfrm_larval_drop;
	list(&facts.conf.protect, "10.0.0.0/16");
	list(&facts.conf.allow, "10.0.9.0/24");
	ck_assert_uint_eq(esp_suites_of("aes128gcm16", suites), 1);
	algorithms[0] = (struct doctor_algorithm){suites[0], 0};
	addrs[0] = local_of("eth0", "10.0.1.1", "10.0.1.0/24");
	addrs[1] = local_of("lo", "127.0.0.1", "127.0.0.0/8");
	addrs[1].global = false;
	links[0] = (struct doctor_link){.name = "eth0", .mtu = 1500, .up = true};
	links[1] = (struct doctor_link){.name = "lo", .mtu = 65536, .up = true, .loopback = true};
	links[1].disable_policy = links[1].disable_xfrm = true;
	routes[0] = (struct doctor_route){
		.remote = addr_of("10.0.0.1"), .source = addr_of("10.0.1.1"), .ifname = "eth0"};
	certs[0] = cert_of(instance, 300);
	certs[1] = cert_of(ca, 3000);
	facts.bundle.chain = (struct pki_certs){&certs[0], 1};
	facts.bundle.cas = (struct pki_certs){&certs[1], 1};
}

static void tear_down(void)
{
	conf_fini(&facts.conf);
	problems_fini(&facts.conf_problems);
	strlist_fini(&facts.status.problems);
	strlist_fini(&facts.ports);
	strlist_fini(&facts.plugins);
	policy_list_fini(&facts.foreign);
	findings_fini(&findings);
}

/* All findings are complete; one line for each: "severity area: what". */
static const char *judge(void)
{
	static char text[4096];
	size_t len = 0;

	doctor_judge(&facts, &findings);
	text[0] = '\0';
	for (size_t i = 0; i < findings.count; i++) {
		const struct finding *finding = &findings.items[i];

		ck_assert_str_ne(finding->why, "");
		ck_assert_str_ne(finding->action, "");
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s: %s\n",
		                        finding_severity_names[finding->severity], finding->area,
		                        finding->what);
		ck_assert_uint_lt(len, sizeof(text));
	}
	return text;
}

START_TEST(doctor_finds_nothing_where_nothing_is_wrong)
{
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(doctor_begins_with_the_daemon_that_is_away)
{
	facts.daemon_answers = false;
	strcpy(facts.daemon_error.text, "/run/xfrmd/control.sock: cannot reach xfrmd");
	strlist_add(&facts.ports, "UDP port 500 is taken by pid 7 (racoon)");
	ck_assert_str_eq(judge(), "serious daemon: xfrmd does not answer: "
	                          "/run/xfrmd/control.sock: cannot reach xfrmd\n"
	                          "serious port: UDP port 500 is taken by pid 7 (racoon)\n");
}
END_TEST

START_TEST(doctor_repeats_what_the_daemon_says_but_not_twice)
{
	strlist_add(&facts.status.problems, "certificate: instance.pem: CN=a expires in 2 days");
	strlist_add(&facts.status.problems, "policies: a foreign one defeats ours: out allow");
	strlist_add(&facts.status.problems, "charon: not running, new peers must wait");
	ck_assert_str_eq(judge(),
	                 "serious daemon: xfrmd says: charon: not running, new peers must wait\n");
}
END_TEST

START_TEST(doctor_without_configuration_judges_what_needs_none)
{
	problems_add(&facts.conf_problems, "a.conf: [ipsec] optional: wrong");
	problems_add(&facts.conf_problems, "a.conf: [ipsec] x: unknown key");
	algorithms[0].error = -ENOSYS;
	facts.acq_expires = 30;
	links[0].disable_xfrm = true;
	ck_assert_str_eq(judge(), "serious configuration: a.conf: [ipsec] optional: wrong (and 1 "
	                          "more)\n"
	                          "serious sysctl: disable_xfrm is set for eth0\n");
}
END_TEST

START_TEST(doctor_names_missing_plugins)
{
	facts.plugins_known = true;
	strlist_split(&facts.plugins, "nonce pem openssl kernel-netlink vici", " ");
	ck_assert_str_eq(judge(), "serious charon: charon runs without its plug-in constraints\n"
	                          "serious charon: charon runs without its plug-in "
	                          "socket-default\n");
}
END_TEST

START_TEST(doctor_doubts_a_clock_before_its_own_time)
{
	facts.now = DOCTOR_TIME_MIN - 1;
	facts.clock_synchronised = 0;
	ck_assert_str_eq(judge(),
	                 "serious clock: the clock is wrong: it says 2025-12-31T23:59:59Z\n");
}
END_TEST

START_TEST(doctor_notes_a_clock_that_nobody_keeps)
{
	facts.clock_synchronised = 0;
	ck_assert_str_eq(judge(), "note clock: the clock is not synchronised\n");
}
END_TEST

static const struct {
	int64_t days;
	const char *severity; /* NULL: no finding */
} ends[] = {{-1, "serious"}, {2, "serious"}, {3, "warning"}, {13, "warning"},
            {14, "note"},    {29, "note"},   {30, NULL}};

START_TEST(doctor_weighs_the_end_of_certificates)
{
	char expected[64];

	certs[0].not_after = NOW + ends[_i].days * DAY + 1;
	if (!ends[_i].severity) {
		ck_assert_str_eq(judge(), "");
		return;
	}
	snprintf(expected, sizeof(expected), "%s certificate: instance.pem: valid until",
	         ends[_i].severity);
	ck_assert_int_eq(strncmp(judge(), expected, strlen(expected)), 0);
	ck_assert_uint_eq(findings.count, 1);
}
END_TEST

START_TEST(doctor_notes_a_certificate_of_another_host)
{
	strlist_add(&certs[0].sans, "DNS:a.example");
	ck_assert_str_eq(judge(), "");
	strlist_add(&certs[0].sans, "IP:10.0.1.2");
	ck_assert_str_eq(judge(), "note certificate: instance.pem names 10.0.1.2, which is no "
	                          "address of this host\n");
	findings_fini(&findings);
	strlist_add(&certs[0].sans, "IP:10.0.1.1");
	ck_assert_str_eq(judge(), "");
	strlist_fini(&certs[0].sans);
}
END_TEST

START_TEST(doctor_tells_no_esp_from_a_missing_algorithm)
{
	char expected[128];

	algorithms[1] = algorithms[0];
	facts.algorithm_count = 2;
	algorithms[0].error = -EPROTONOSUPPORT;
	algorithms[1].error = -EPROTONOSUPPORT;
	ck_assert_str_eq(judge(), "serious kernel: the kernel has no ESP\n");
	findings_fini(&findings);
	algorithms[0].error = 0;
	algorithms[1].error = -ENOSYS;
	snprintf(expected, sizeof(expected),
	         "serious kernel: the kernel refuses rfc4106(gcm(aes)) of esp_proposals: %s\n",
	         strerror(ENOSYS));
	ck_assert_str_eq(judge(), expected);
	findings_fini(&findings);
	algorithms[1].error = -EPERM;
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(doctor_compares_sysctls)
{
	facts.acq_expires = 165;
	facts.larval_drop = !facts.conf.xfrm_larval_drop;
	links[0].disable_policy = true;
	judge();
	ck_assert_uint_eq(findings.count, 3);
	findings_fini(&findings);
	facts.acq_expires = facts.larval_drop = DOCTOR_UNKNOWN;
	links[0].disable_policy = false;
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(doctor_tells_foreign_policies)
{
	struct policy policy = {.dir = POLICY_DIR_OUT,
	                        .action = POLICY_ACTION_ALLOW,
	                        .src = prefix_of("10.0.1.1/32"),
	                        .dst = prefix_of("10.0.1.7/32")};

	ck_assert_int_eq(policy_list_add(&facts.foreign, &policy), 0);
	ck_assert_str_eq(judge(), "serious policy: a foreign policy defeats ours: out allow "
	                          "10.0.1.1/32 -> 10.0.1.7/32 priority 0\n");
}
END_TEST

static const struct {
	const char *role, *addr;
	bool optional;
	const char *found; /* up to "is inside" */
} inside[] = {
	{"gateway", "10.0.1.254", false, "warning gateway: the gateway 10.0.1.254"},
	{"gateway", "10.0.1.254", true, "note gateway: the gateway 10.0.1.254"},
	{"DNS", "10.0.1.254", false, "serious dns: the DNS server 10.0.1.254"},
	{"DHCP", "10.0.1.254", false, "serious dhcp: the DHCP server 10.0.1.254"},
	{"DNS", "10.0.1.254", true, "note dns: the DNS server 10.0.1.254"},
	{"DNS", "10.0.9.1", false, NULL},  /* an exception */
	{"DNS", "8.8.8.8", false, NULL},   /* in no list */
	{"DNS", "10.0.1.1", false, NULL},  /* ourselves */
	{"DNS", "10.0.1.99", false, NULL}, /* a peer that is up */
};

START_TEST(doctor_knows_servers_that_the_lists_cut_off)
{
	char expected[128] = "";

	servers[0] = (struct doctor_server){inside[_i].role, addr_of(inside[_i].addr)};
	facts.servers = servers;
	facts.server_count = 1;
	facts.conf.optional = inside[_i].optional;
	peer_rows[0] = (struct ctl_peer){.pair.remote = addr_of("10.0.1.99"), .state = "up"};
	facts.peers.count = 1;
	if (inside[_i].found)
		snprintf(expected, sizeof(expected), "%s is inside ipsec_subnets\n",
		         inside[_i].found);
	ck_assert_str_eq(judge(), expected);
}
END_TEST

START_TEST(doctor_warns_of_a_source_that_peers_do_not_protect)
{
	addrs[2] = local_of("eth1", "192.168.1.1", "192.168.1.0/24");
	facts.addr_count = 3;
	ck_assert_str_eq(judge(), ""); /* nothing protected leaves with it */
	routes[0].source = addrs[2].addr;
	ck_assert_str_eq(judge(), "warning address: our address 192.168.1.1 (eth1) is in neither "
	                          "list, and packets to 10.0.0.1 leave with it\n");
}
END_TEST

static const struct {
	struct forwarding forwarding;
	bool optional, noted;
} forwarders[] = {
	{{false, false}, false, false},
	{{true, false}, false, true},
	{{false, true}, false, false}, /* no IPv6 in the lists */
	{{true, true}, true, false},
};

START_TEST(doctor_notes_what_forwarding_leaves_in_clear)
{
	facts.forwarding = forwarders[_i].forwarding;
	facts.conf.optional = forwarders[_i].optional;
	ck_assert_int_eq(strstr(judge(), "note forwarding: this host forwards") != NULL,
	                 forwarders[_i].noted);
}
END_TEST

static struct child_link children[] = {{"c0", "macvlan", "eth0"}};
static struct doctor_group groups[2];

START_TEST(doctor_notes_each_way_in_clear_that_is_left)
{
	list(&facts.conf.protect, "fd00::/64");
	facts.children = children;
	facts.child_count = 1;
	addrs[2] = local_of("eth0", "fe80::1", "fe80::/64");
	addrs[2].global = false;
	facts.addr_count = 3;
	snprintf(groups[0].ifname, sizeof(groups[0].ifname), "eth0");
	groups[0].addr = addr_of("224.0.0.251");
	facts.groups = groups;
	facts.group_count = 1;
	ck_assert_str_eq(judge(),
	                 "note child: macvlan c0 of eth0 is in another network namespace\n"
	                 "note link-local: fe80::1 (eth0) is link-local, such addresses are not "
	                 "protected\n"
	                 "note multicast: something here listens to the multicast group "
	                 "224.0.0.251 (eth0)\n");
	findings_fini(&findings);
	list(&facts.conf.protect, "224.0.0.0/4");
	ck_assert_ptr_null(strstr(judge(), "multicast"));
	findings_fini(&findings);
	facts.conf.optional = true;
	ck_assert_str_eq(judge(), "");
}
END_TEST

START_TEST(doctor_warns_of_bridges_inside_the_subnets)
{
	addrs[2] = local_of("cni0", "10.0.2.1", "10.0.2.0/24");
	facts.addr_count = 3;
	links[2] = (struct doctor_link){.name = "cni0", .mtu = 1400, .up = true, .bridge = true};
	facts.link_count = 3;
	ck_assert_str_eq(judge(), "serious container: the network of bridge cni0, 10.0.2.0/24, is "
	                          "inside ipsec_subnets\n");
	findings_fini(&findings);
	addrs[2] = local_of("cni0", "10.0.9.1", "10.0.9.0/24");
	ck_assert_str_eq(judge(), "");
}
END_TEST

static const struct {
	enum doctor_cloud cloud;
	unsigned uplink_mtu, bridge_mtu;
	const char *found;
} bridges[] = {
	{DOCTOR_CLOUD_NONE, 1500, 1466, ""},
	{DOCTOR_CLOUD_NONE, 1500, 1467,
         "warning mtu: containers behind docker0 send packets of 1467 bytes, eth0 with ESP takes "
         "1466\n"},
	{DOCTOR_CLOUD_NONE, 9001, 1500, ""},
	{DOCTOR_CLOUD_AZURE, 1500, 1438, ""},
	{DOCTOR_CLOUD_AZURE, 1500, 1454,
         "note mtu: containers behind docker0 send packets of 1454 bytes, eth0 in this cloud "
         "takes 1438\n"},
	{DOCTOR_CLOUD_GCP, 1460, 1460,
         "warning mtu: containers behind docker0 send packets of 1460 bytes, eth0 with ESP takes "
         "1354\n"},
	{DOCTOR_CLOUD_OPENSTACK, 1500, 1354, ""},
};

START_TEST(doctor_compares_the_mtu_of_containers_with_what_esp_leaves)
{
	facts.cloud = bridges[_i].cloud;
	links[0].mtu = bridges[_i].uplink_mtu;
	links[2] = (struct doctor_link){
		.name = "docker0", .mtu = bridges[_i].bridge_mtu, .up = true, .bridge = true};
	facts.link_count = 3;
	ck_assert_str_eq(judge(), bridges[_i].found);
}
END_TEST

START_TEST(doctor_warns_of_an_mtu_too_small_for_ipv6)
{
	links[0].mtu = 1300;
	addrs[2] = local_of("eth0", "fd00::1", "fd00::/64");
	facts.addr_count = 3;
	ck_assert_str_eq(judge(), "");
	list(&facts.conf.protect, "fd00::/64");
	ck_assert_str_eq(judge(), "warning mtu: eth0 with its MTU of 1300 leaves packets of 1266 "
	                          "bytes inside ESP\n");
}
END_TEST

START_TEST(doctor_counts_udp_encapsulation_in)
{
	ck_assert_uint_eq(doctor_esp_mtu(&facts, AF_INET, 1500), 1466);
	facts.conf.force_udp_encapsulation = true;
	ck_assert_uint_eq(doctor_esp_mtu(&facts, AF_INET, 1500), 1458);
}
END_TEST

START_TEST(doctor_notes_a_path_smaller_than_the_interface)
{
	routes[0].mtu = 1400;
	ck_assert_str_eq(judge(), ""); /* nobody is there */
	routes[0].peer = true;
	ck_assert_str_eq(judge(), "note mtu: the path to peer 10.0.0.1 carries 1400 bytes, eth0 "
	                          "would send 1500\n");
}
END_TEST

START_TEST(doctor_tells_where_large_packets_vanish)
{
	struct path_probe paths[3] = {
		{.pair.remote = addr_of("10.0.2.1"),
	         .ifname = "eth0",
	         .link_mtu = 1500,
	         .search = {.top = 1466, .pass = 1466, .over = true}},
		{.pair.remote = addr_of("10.0.2.2"),
	         .ifname = "eth0",
	         .link_mtu = 1500,
	         .search = {.top = 1466, .pass = 1366, .fail = 1367, .over = true}},
		{.pair.remote = addr_of("10.0.2.3"), .search = {.top = 1466, .over = true}},
	};

	facts.paths = paths;
	facts.path_count = 3;
	ck_assert_str_eq(judge(), "serious mtu: large packets to 10.0.2.2 vanish: 1366 bytes pass, "
	                          "1367 do not\n");
	ck_assert_str_eq(findings.items[0].action,
	                 "set the MTU of eth0 to 1400, here and on the other hosts");
	paths[0].search = (struct path_mtu){.top = 1466, .pass = 1300, .fail = 1301, .over = true};
	findings_fini(&findings);
	ck_assert_str_eq(
		judge(),
		"serious mtu: large packets to 10.0.2.1 vanish, and to 1 other peer: 1300 bytes pass, 1301 do not\n");
}
END_TEST

static struct ctl_sa sa_of(uint64_t sent, uint64_t received)
{
	return (struct ctl_sa){.packets_out = sent,
	                       .bytes_out = sent * 64,
	                       .packets_in = received,
	                       .algorithm = "rfc4106(gcm(aes))-160"};
}

static void raise_peer(size_t index, const char *addr, struct ctl_sa *sa)
{
	peer_rows[index] = (struct ctl_peer){
		.pair.remote = addr_of(addr), .state = "up", .sas = sa, .sa_count = 1};
	facts.peers.count = index + 1;
}

START_TEST(doctor_sees_peers_that_only_seem_well)
{
	struct ctl_sa well = sa_of(10, 1), mute = sa_of(3, 0), young = sa_of(2, 0),
		      greeted = sa_of(4, 0);

	greeted.bytes_out = 36;
	raise_peer(0, "10.0.2.1", &greeted);
	ck_assert_str_eq(judge(), "");
	raise_peer(0, "10.0.2.1", &well);
	raise_peer(1, "10.0.2.2", &young);
	ck_assert_str_eq(judge(), "");
	raise_peer(2, "10.0.2.3", &mute);
	raise_peer(3, "10.0.9.3", &well);
	ck_assert_str_eq(judge(), "warning peer: ESP is sent to 1 peer that is up, and none comes "
	                          "back (10.0.2.3)\n"
	                          "warning peer: our lists do not protect what 1 peer protects "
	                          "(10.0.9.3)\n");
	ck_assert_ptr_nonnull(strstr(findings.items[0].action, "force_udp_encapsulation"));
	findings_fini(&findings);
	facts.conf.force_udp_encapsulation = true;
	judge();
	ck_assert_ptr_nonnull(strstr(findings.items[0].why, "ESP in UDP, port 4500"));
}
END_TEST

START_TEST(doctor_notes_what_makes_it_slow)
{
	struct ctl_sa sa = {.packets_in = 1, .algorithm = "cbc(aes)-128/hmac(sha256)-128"};

	raise_peer(0, "10.0.2.1", &sa);
	facts.backlog_drops = 5;
	facts.cpu_aes = 0;
	ck_assert_str_eq(judge(),
	                 "note load: 5 packets were dropped since the boot, before IPsec "
	                 "saw them\n"
	                 "note load: 1 peer uses cbc(aes)-128/hmac(sha256)-128, which takes "
	                 "two passes over each byte\n"
	                 "note load: the processor has no instructions for AES\n");
}
END_TEST

static void fail_peer(size_t index, const char *addr, const char *reason)
{
	peer_rows[index] = (struct ctl_peer){.pair.remote = addr_of(addr), .state = "failed"};
	peer_rows[index].last_error = failure_of_words(reason);
	facts.peers.count = index + 1;
}

START_TEST(doctor_gathers_peers_with_one_reason)
{
	for (unsigned i = 0; i < 7; i++) {
		char addr[ADDR_TEXT_MAX];

		snprintf(addr, sizeof(addr), "10.0.2.%u", i + 1);
		fail_peer(i, addr, i == 1 ? "something new" : "no response from the peer");
	}
	fail_peer(7, "10.0.2.9", "the peer refused our certificate");
	ck_assert_str_eq(judge(),
	                 "serious peer: the peer refused our certificate: 1 peer fails (10.0.2.9)\n"
	                 "warning peer: no response from the peer: 6 peers fail (10.0.2.1, "
	                 "10.0.2.3, 10.0.2.4, 10.0.2.5, 10.0.2.6 and 1 more)\n"
	                 "warning peer: something new: 1 peer fails (10.0.2.2)\n");
}
END_TEST

START_TEST(doctor_gathers_peers_whose_names_and_dates_differ)
{
	fail_peer(0, "10.0.2.1", "the peer's certificate has expired: \"CN=a\" ended on x");
	fail_peer(1, "10.0.2.2", "the peer's certificate has expired: \"CN=b\" ended on y");
	fail_peer(2, "10.0.2.3", "the peer refused our certificate: it expired on z");
	fail_peer(3, "10.0.2.4", "the peer refused our certificate: it expired on z");
	fail_peer(4, "10.0.2.5", "the peer's certificate has expired");
	ck_assert_str_eq(judge(),
	                 "serious peer: the peer's certificate has expired: 3 peers fail "
	                 "(10.0.2.1, 10.0.2.2, 10.0.2.5)\n"
	                 "serious peer: the peer refused our certificate: it expired on z: 2 peers "
	                 "fail (10.0.2.3, 10.0.2.4)\n");
}
END_TEST

START_TEST(doctor_has_advice_for_each_reason)
{
	const struct doctor_advice *advice = &doctor_advices[(enum reason)_i];

	ck_assert_ptr_nonnull(advice->why);
	ck_assert_ptr_nonnull(advice->action);
	ck_assert_uint_gt(strlen(advice->why), 0);
	ck_assert_uint_gt(strlen(advice->action), 0);
	ck_assert_int_ne(advice->severity, FINDING_NOTE);
	fail_peer(0, "10.0.2.1", reason_words((enum reason)_i));
	ck_assert_ptr_nonnull(strstr(judge(), reason_words((enum reason)_i)));
	ck_assert_str_eq(findings.items[0].why, advice->why);
}
END_TEST

START_TEST(doctor_puts_counters_into_words)
{
	static struct doctor_counter counters[] = {
		{"XfrmInTmplMismatch", 3}, {"XfrmOutStateSeqError", 1}, {"XfrmSomethingNew", 2}};

	facts.counters = counters;
	facts.counter_count = 3;
	ck_assert_str_eq(judge(), "warning counter: XfrmOutStateSeqError: 1 since the boot: sent "
	                          "when the sequence numbers had run out\n"
	                          "note counter: XfrmInTmplMismatch: 3 since the boot: received in "
	                          "clear that had to be ESP, and dropped\n"
	                          "note counter: XfrmSomethingNew: 2 since the boot: counted under "
	                          "this name\n");
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, doctor_finds_nothing_where_nothing_is_wrong);
	tcase_add_test(tcase, doctor_begins_with_the_daemon_that_is_away);
	tcase_add_test(tcase, doctor_repeats_what_the_daemon_says_but_not_twice);
	tcase_add_test(tcase, doctor_without_configuration_judges_what_needs_none);
	tcase_add_test(tcase, doctor_names_missing_plugins);
	tcase_add_test(tcase, doctor_doubts_a_clock_before_its_own_time);
	tcase_add_test(tcase, doctor_notes_a_clock_that_nobody_keeps);
	tcase_add_loop_test(tcase, doctor_weighs_the_end_of_certificates, 0,
	                    sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tcase, doctor_notes_a_certificate_of_another_host);
	tcase_add_test(tcase, doctor_tells_no_esp_from_a_missing_algorithm);
	tcase_add_test(tcase, doctor_compares_sysctls);
	tcase_add_test(tcase, doctor_tells_foreign_policies);
	tcase_add_loop_test(tcase, doctor_knows_servers_that_the_lists_cut_off, 0,
	                    sizeof(inside) / sizeof(inside[0]));
	tcase_add_test(tcase, doctor_warns_of_a_source_that_peers_do_not_protect);
	tcase_add_loop_test(tcase, doctor_notes_what_forwarding_leaves_in_clear, 0,
	                    sizeof(forwarders) / sizeof(forwarders[0]));
	tcase_add_test(tcase, doctor_notes_each_way_in_clear_that_is_left);
	tcase_add_test(tcase, doctor_warns_of_bridges_inside_the_subnets);
	tcase_add_loop_test(tcase, doctor_compares_the_mtu_of_containers_with_what_esp_leaves, 0,
	                    sizeof(bridges) / sizeof(bridges[0]));
	tcase_add_test(tcase, doctor_warns_of_an_mtu_too_small_for_ipv6);
	tcase_add_test(tcase, doctor_counts_udp_encapsulation_in);
	tcase_add_test(tcase, doctor_notes_a_path_smaller_than_the_interface);
	tcase_add_test(tcase, doctor_tells_where_large_packets_vanish);
	tcase_add_test(tcase, doctor_sees_peers_that_only_seem_well);
	tcase_add_test(tcase, doctor_notes_what_makes_it_slow);
	tcase_add_test(tcase, doctor_gathers_peers_with_one_reason);
	tcase_add_test(tcase, doctor_gathers_peers_whose_names_and_dates_differ);
	tcase_add_loop_test(tcase, doctor_has_advice_for_each_reason, REASON_NONE + 1,
	                    REASON_OTHER);
	tcase_add_test(tcase, doctor_puts_counters_into_words);
}

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("doctor", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests(tcase);
	return test_run(suite);
}
