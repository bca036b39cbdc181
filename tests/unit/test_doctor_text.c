/* SPDX-License-Identifier: MIT */
#include "xfrmd/doctor/doctor_text.h"

#include "test.h"

static struct doctor_facts facts;

static void set_up(void)
{
	facts = (struct doctor_facts){0};
}

static void tear_down(void)
{
	free(facts.servers);
	free(facts.counters);
	free(facts.groups);
}

static void assert_server(size_t index, const char *role, const char *expected)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_uint_lt(index, facts.server_count);
	ck_assert_str_eq(facts.servers[index].role, role);
	ck_assert_str_eq(addr_format(&facts.servers[index].addr, text), expected);
}

START_TEST(resolv_conf_names_each_server_once)
{
	ck_assert_int_eq(doctor_read_resolv(&facts, "# nameserver 10.0.0.9\n"
	                                            "nameserver 127.0.0.53\n"
	                                            "nameserver\t10.0.0.1\n"
	                                            "nameserver 10.0.0.1 # again\n"
	                                            "nameservers 10.0.0.8\n"
	                                            "nameserver fe80::1%eth0\n"
	                                            "nameserver nonsense\n"
	                                            " nameserver fd00::1"),
	                 0);
	ck_assert_uint_eq(facts.server_count, 3);
	assert_server(0, "DNS", "10.0.0.1");
	assert_server(1, "DNS", "fe80::1");
	assert_server(2, "DNS", "fd00::1");
}
END_TEST

static const struct {
	const char *text;
	const char *server; /* NULL: none */
} leases[] = {
	{"", NULL},
	{"# This is private data.\nADDRESS=10.0.0.5\nSERVER_ADDRESS=10.0.0.2\nMTU=1460\n",
         "10.0.0.2"},
	{"lease {\n  option dhcp-server-identifier 10.0.0.2;\n}\n"
         "lease {\n  option dhcp-server-identifier 10.0.0.3;\n}\n",
         "10.0.0.3"},
	{"SERVER_ADDRESS=10.0.0.2000000000000000000000000000000000000000000000000\n", NULL},
	{"SERVER_ADDRESS=", NULL},
};

START_TEST(lease_names_the_server)
{
	ck_assert_int_eq(doctor_read_lease(&facts, leases[_i].text), 0);
	ck_assert_uint_eq(facts.server_count, leases[_i].server ? 1 : 0);
	if (leases[_i].server)
		assert_server(0, "DHCP", leases[_i].server);
}
END_TEST

START_TEST(counters_above_zero_are_read)
{
	ck_assert_int_eq(doctor_read_counters(&facts,
	                                      "XfrmInError             \t0\n"
	                                      "XfrmInNoStates          \t7\n"
	                                      "broken\n"
	                                      "XfrmAcquireError        \t18446744073709551615"),
	                 0);
	ck_assert_uint_eq(facts.counter_count, 2);
	ck_assert_str_eq(facts.counters[0].name, "XfrmInNoStates");
	ck_assert_uint_eq(facts.counters[0].value, 7);
	ck_assert_uint_eq(facts.counters[1].value, UINT64_MAX);
}
END_TEST

static void assert_group(size_t index, const char *expected, const char *ifname)
{
	char text[ADDR_TEXT_MAX];

	ck_assert_uint_lt(index, facts.group_count);
	ck_assert_str_eq(addr_format(&facts.groups[index].addr, text), expected);
	ck_assert_str_eq(facts.groups[index].ifname, ifname);
}

START_TEST(groups_that_the_kernel_joins_are_left_out)
{
	ck_assert_int_eq(doctor_read_groups(&facts,
	                                    "Idx\tDevice    : Count Querier\tGroup    Users Timer\n"
	                                    "1\tlo        :     1      V3\n"
	                                    "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
	                                    "2\teth0      :     2      V3\n"
	                                    "\t\t\t\t6A0000E0     1 0:00000000\t\t0\n"
	                                    "\t\t\t\tFB0000E0     1 0:00000000\t\t0\n"
	                                    "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
	                                    "\t\t\t\tbroken"),
	                 0);
	ck_assert_int_eq(
		doctor_read_groups(&facts,
	                           "2    eth1  ff0200000000000000000001ff000002  1 00000004 0\n"
	                           "2    eth1  ff0200000000000000000000000000fb  1 00000004 0\n"
	                           "2    eth1  ff020000000000000000000000000001  1 0000000C 0\n"
	                           "2    eth1  ff01000000000000000000000000000   1 00000008 0\n"
	                           "2    eth1  ff05000000000000000000000000000200  1"),
		0);
	ck_assert_uint_eq(facts.group_count, 2);
	assert_group(0, "224.0.0.251", "eth0");
	assert_group(1, "ff02::fb", "eth1");
}
END_TEST

START_TEST(softnet_drops_of_all_processors_are_added)
{
	ck_assert_uint_eq(doctor_read_softnet("000199c2 0000000a 00000000\n0003d3b3 00000001 0\n"),
	                  11);
	ck_assert_uint_eq(doctor_read_softnet("nonsense\n"), 0);
}
END_TEST

START_TEST(cpu_has_aes_if_its_flags_say_so)
{
	ck_assert_int_eq(doctor_read_cpu("processor : 0\nflags\t\t: fpu aes avx\n"), 1);
	ck_assert_int_eq(doctor_read_cpu("Features\t: fp asimd aes\n"), 1);
	ck_assert_int_eq(doctor_read_cpu("Features\t: fp asimd aes"), 1);
	ck_assert_int_eq(doctor_read_cpu("flags\t: fpu aesx vaes\nbugs\t: aes\n"), 0);
	ck_assert_int_eq(doctor_read_cpu("processor : 0\nbogomips : 1\n"), DOCTOR_UNKNOWN);
}
END_TEST

START_TEST(cloud_is_known_by_its_firmware)
{
	ck_assert_int_eq(doctor_cloud_of("Google", "Google Compute Engine", ""), DOCTOR_CLOUD_GCP);
	ck_assert_int_eq(doctor_cloud_of("Microsoft Corporation", "Virtual Machine",
	                                 "7783-7084-3265-9085-8269-3286-77"),
	                 DOCTOR_CLOUD_AZURE);
	ck_assert_int_eq(doctor_cloud_of("Microsoft Corporation", "Virtual Machine", ""),
	                 DOCTOR_CLOUD_NONE);
	ck_assert_int_eq(doctor_cloud_of("OpenStack Foundation", "OpenStack Nova", ""),
	                 DOCTOR_CLOUD_OPENSTACK);
	ck_assert_int_eq(doctor_cloud_of("", "", ""), DOCTOR_CLOUD_NONE);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("doctor_text", &tcase);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, resolv_conf_names_each_server_once);
	tcase_add_loop_test(tcase, lease_names_the_server, 0, sizeof(leases) / sizeof(leases[0]));
	tcase_add_test(tcase, counters_above_zero_are_read);
	tcase_add_test(tcase, groups_that_the_kernel_joins_are_left_out);
	tcase_add_test(tcase, softnet_drops_of_all_processors_are_added);
	tcase_add_test(tcase, cpu_has_aes_if_its_flags_say_so);
	tcase_add_test(tcase, cloud_is_known_by_its_firmware);
	return test_run(suite);
}
