/* SPDX-License-Identifier: MIT */
/* Trust, dates, strength and roles, all as of a time that the test chooses. */
#include "xfrmd/pki/pki_check.h"

#include "pki_fixture.h"
#include "test.h"

/* Shallow lists over certificates that the fixtures own. */
static struct pki_cert chain_items[4], ca_items[4];

static struct pki_certs list(struct pki_cert *items, const struct made *const *made)
{
	struct pki_certs certs = {items, 0};

	for (; *made; made++) {
		items[certs.count] = (*made)->cert;
		items[certs.count].number = (unsigned)certs.count + 1;
		certs.count++;
	}
	if (certs.count == 1)
		items[0].number = 0;
	return certs;
}

#define CHAIN(...) list(chain_items, (const struct made *const[]){__VA_ARGS__, NULL})
#define CAS(...)   list(ca_items, (const struct made *const[]){__VA_ARGS__, NULL})

static void assert_chain_ok(const struct pki_certs *chain, const struct pki_certs *cas, int64_t now)
{
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_chain(chain, cas, now, &problems), 0);
	for (size_t i = 0; i < cas->count; i++)
		ck_assert_int_eq(pki_check_ca(&cas->items[i], now, &problems), 0);
	assert_no_problem(&problems);
	assert_queue_empty();
}

static void assert_chain_problem(const struct pki_certs *chain, const struct pki_certs *cas,
                                 const char *problem)
{
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_chain(chain, cas, NOW, &problems), 0);
	assert_problem(&problems, problem);
	assert_queue_empty();
	problems_fini(&problems);
}

START_TEST(check_chain_accepts_a_certificate_of_a_listed_ca)
{
	struct made ca = make_ca("ca"), other = make_ca("other"), leaf = make_leaf("leaf", &ca);
	struct pki_certs chain = CHAIN(&leaf), cas = CAS(&other, &ca);

	assert_chain_ok(&chain, &cas, NOW);
	made_fini(&leaf);
	made_fini(&other);
	made_fini(&ca);
}
END_TEST

/* `openssl x509 -req` and strongSwan's `pki --issue` leave out what strict checking wants. */
START_TEST(check_chain_accepts_bare_certificates)
{
	struct recipe bare_ca = {.cn = "ca", .constraints = "CA:TRUE"}, bare_leaf = {.cn = "leaf"};
	struct made ca = make_cert(&bare_ca, NULL), leaf = make_cert(&bare_leaf, &ca);
	struct pki_certs chain = CHAIN(&leaf), cas = CAS(&ca);

	assert_chain_ok(&chain, &cas, NOW);
	made_fini(&leaf);
	made_fini(&ca);
}
END_TEST

START_TEST(check_chain_accepts_a_self_signed_certificate_that_is_its_own_ca)
{
	struct recipe recipe = {.cn = "self", .constraints = ca_constraints};
	struct made self = make_cert(&recipe, NULL);
	struct pki_certs chain = CHAIN(&self), cas = CAS(&self);

	assert_chain_ok(&chain, &cas, NOW);
	made_fini(&self);
}
END_TEST

START_TEST(check_chain_accepts_intermediates_in_chain_or_cas)
{
	struct recipe recipe = {.cn = "middle",
	                        .constraints = ca_constraints,
	                        .usage = ca_usage,
	                        .identifiers = true};
	struct made ca = make_ca("ca"), middle = make_cert(&recipe, &ca);
	struct made leaf = make_leaf("leaf", &middle);
	struct pki_certs chain = CHAIN(&leaf, &middle), cas = CAS(&ca);

	assert_chain_ok(&chain, &cas, NOW);
	chain = CHAIN(&leaf, &middle, &ca);
	assert_chain_ok(&chain, &cas, NOW);
	chain = CHAIN(&leaf);
	cas = CAS(&middle, &ca);
	assert_chain_ok(&chain, &cas, NOW);
	cas = CAS(&ca);
	assert_chain_problem(&chain, &cas,
	                     "leaf.pem: signed by no listed CA: issuer is \"CN=middle\", listed: "
	                     "\"CN=ca\"");
	cas = CAS(&middle);
	assert_chain_problem(&chain, &cas,
	                     "middle.pem: signed by no listed CA: issuer is \"CN=ca\"");
	chain = CHAIN(&middle, &leaf);
	cas = CAS(&ca);
	assert_chain_problem(&chain, &cas,
	                     "leaf.pem: certificate 2: did not sign the certificate before it");
	made_fini(&leaf);
	made_fini(&middle);
	made_fini(&ca);
}
END_TEST

/* The new CA, also signed by the old one: whoever lists it without the old one trusts it itself. */
START_TEST(check_chain_ends_at_a_ca_that_is_cross_signed)
{
	struct made old = make_ca("old"), new = make_ca("new");
	struct recipe recipe = {.cn = "new",
	                        .constraints = ca_constraints,
	                        .usage = ca_usage,
	                        .identifiers = true,
	                        .of = new.key};
	struct made cross = make_cert(&recipe, &old), leaf = make_leaf("leaf", &new);
	struct pki_certs chain = CHAIN(&leaf), cas = CAS(&cross, &new);

	assert_chain_ok(&chain, &cas, NOW);
	cas = CAS(&new, &cross);
	assert_chain_ok(&chain, &cas, NOW);
	cas = CAS(&cross, &old);
	assert_chain_ok(&chain, &cas, NOW);
	cas = CAS(&cross);
	assert_chain_problem(&chain, &cas, "signed by no listed CA: issuer is \"CN=old\"");
	made_fini(&leaf);
	made_fini(&cross);
	made_fini(&new);
	made_fini(&old);
}
END_TEST

START_TEST(check_chain_takes_either_usage_that_signs)
{
	static const char *const usages[] = {"digitalSignature", "nonRepudiation",
	                                     "critical,nonRepudiation,keyEncipherment"};
	struct made ca = make_ca("ca");

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		struct recipe recipe = {.cn = "leaf", .usage = usages[i], .identifiers = true};
		struct made leaf = make_cert(&recipe, &ca);
		struct pki_certs chain = CHAIN(&leaf), cas = CAS(&ca);

		assert_chain_ok(&chain, &cas, NOW);
		made_fini(&leaf);
	}
	made_fini(&ca);
}
END_TEST

START_TEST(check_chain_says_once_that_an_issuer_is_no_ca)
{
	struct recipe recipe = {.cn = "middle", .constraints = "CA:FALSE", .identifiers = true};
	struct made ca = make_ca("ca"), middle = make_cert(&recipe, &ca);
	struct made leaf = make_leaf("leaf", &middle);
	struct pki_certs chain = CHAIN(&leaf, &middle), cas = CAS(&ca);
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_chain(&chain, &cas, NOW, &problems), 0);
	assert_problem(&problems, "not a CA");
	ck_assert_uint_eq(problems.count, 1);
	problems_fini(&problems);
	made_fini(&leaf);
	made_fini(&middle);
	made_fini(&ca);
}
END_TEST

/* Rotation makes them; without identifiers only the signature tells them apart. */
START_TEST(check_chain_tells_cas_of_the_same_name_apart)
{
	struct recipe bare_ca = {.cn = "ca", .constraints = "CA:TRUE"}, bare_leaf = {.cn = "leaf"};
	struct made old = make_cert(&bare_ca, NULL), new = make_cert(&bare_ca, NULL);
	struct made old_leaf = make_cert(&bare_leaf, &old), new_leaf = make_cert(&bare_leaf, &new);
	struct pki_certs cas = CAS(&old, &new), chain = CHAIN(&old_leaf);

	assert_chain_ok(&chain, &cas, NOW);
	chain = CHAIN(&new_leaf);
	assert_chain_ok(&chain, &cas, NOW);
	cas = CAS(&old);
	assert_chain_problem(
		&chain, &cas,
		"leaf.pem: signed by no listed CA: \"CN=ca\" is listed, but with another "
		"key");
	made_fini(&new_leaf);
	made_fini(&old_leaf);
	made_fini(&new);
	made_fini(&old);
}
END_TEST

START_TEST(check_chain_refuses_other_cas)
{
	struct made ca = make_ca("ca"), other = make_ca("other"), leaf = make_leaf("leaf", &ca);
	struct recipe recipe = {.cn = "self"};
	struct made self = make_cert(&recipe, NULL);
	struct pki_certs chain = CHAIN(&leaf), cas = CAS(&other), none = {0};

	assert_chain_problem(&chain, &cas,
	                     "leaf.pem: signed by no listed CA: issuer is \"CN=ca\", listed: "
	                     "\"CN=other\"");
	assert_chain_problem(&chain, &none,
	                     "leaf.pem: signed by no listed CA: issuer is \"CN=ca\", listed: none");
	chain = CHAIN(&self);
	assert_chain_problem(&chain, &cas,
	                     "self.pem: signed by no listed CA: is self-signed and not listed");
	made_fini(&self);
	made_fini(&leaf);
	made_fini(&other);
	made_fini(&ca);
}
END_TEST

START_TEST(check_chain_refuses_an_issuer_that_is_no_ca)
{
	struct made ca = make_ca("ca"), middle = make_leaf("middle", &ca);
	struct made leaf = make_leaf("leaf", &middle);
	struct pki_certs chain = CHAIN(&leaf, &middle), cas = CAS(&ca);

	assert_chain_problem(
		&chain, &cas,
		"middle.pem: certificate 2: not a CA: no basicConstraints, expected CA:TRUE");
	made_fini(&leaf);
	made_fini(&middle);
	made_fini(&ca);
}
END_TEST

START_TEST(check_chain_respects_the_path_length)
{
	struct recipe root = {.cn = "ca",
	                      .constraints = "critical,CA:TRUE,pathlen:0",
	                      .usage = ca_usage,
	                      .identifiers = true};
	struct recipe below = {.cn = "middle",
	                       .constraints = ca_constraints,
	                       .usage = ca_usage,
	                       .identifiers = true};
	struct made ca = make_cert(&root, NULL), middle = make_cert(&below, &ca);
	struct made leaf = make_leaf("leaf", &middle);
	struct pki_certs chain = CHAIN(&leaf, &middle), cas = CAS(&ca);

	assert_chain_problem(&chain, &cas, "path length constraint exceeded");
	made_fini(&leaf);
	made_fini(&middle);
	made_fini(&ca);
}
END_TEST

START_TEST(check_chain_bounds_the_path)
{
	struct made made[12];
	struct pki_cert items[11];
	struct pki_certs chain = {items, 0}, cas;

	made[0] = make_ca("ca");
	for (size_t i = 1; i < 12; i++) {
		struct recipe recipe = {.cn = "ca", .constraints = ca_constraints};

		made[i] = make_cert(&recipe, &made[i - 1]);
	}
	for (size_t i = 11; i > 0; i--)
		items[chain.count++] = made[i].cert;
	cas = CAS(&made[0]);
	assert_chain_problem(&chain, &cas, "path of 10 certificates without reaching a CA");
	for (size_t i = 0; i < 12; i++)
		made_fini(&made[i]);
}
END_TEST

START_TEST(check_chain_reports_everything_at_once)
{
	struct recipe recipe = {.cn = "leaf",
	                        .key = "RSA1024",
	                        .usage = "keyEncipherment",
	                        .sha1 = true,
	                        .begin_days = -20,
	                        .end_days = -10};
	struct made ca = make_ca("ca"), other = make_ca("other"), leaf = make_cert(&recipe, &ca);
	struct pki_certs chain = CHAIN(&leaf), cas = CAS(&other);
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_chain(&chain, &cas, NOW, &problems), 0);
	assert_problem(&problems, "leaf.pem: expired: valid until 2027-01-05T08:00:00Z, now is "
	                          "2027-01-15T08:00:00Z, expected a later end");
	assert_problem(&problems, "leaf.pem: weak key: RSA 1024, expected RSA 2048");
	assert_problem(&problems, "leaf.pem: weak signature: ecdsa-with-SHA1, expected SHA-256");
	assert_problem(&problems,
	               "leaf.pem: must not be used to sign: keyUsage lacks digitalSignature");
	assert_problem(&problems, "leaf.pem: signed by no listed CA");
	ck_assert_uint_eq(problems.count, 5);
	problems_fini(&problems);
	made_fini(&leaf);
	made_fini(&other);
	made_fini(&ca);
}
END_TEST

struct bad_ca {
	struct recipe recipe;
	const char *problem;
};

static const struct bad_ca bad_cas[] = {
	{{.cn = "x"}, "x.pem: not a CA: no basicConstraints, expected CA:TRUE"},
	{{.cn = "x", .constraints = "CA:FALSE"},
         "x.pem: not a CA: basicConstraints CA:FALSE, expected CA:TRUE"},
	{{.cn = "x", .constraints = ca_constraints, .usage = "digitalSignature"},
         "x.pem: CA must not sign certificates: keyUsage lacks keyCertSign"},
	{{.cn = "x", .constraints = ca_constraints, .begin_days = -9, .end_days = -1},
         "x.pem: expired: valid until 2027-01-14T08:00:00Z, now is 2027-01-15T08:00:00Z"},
	{{.cn = "x", .constraints = ca_constraints, .begin_days = 1, .end_days = 2},
         "x.pem: not yet valid: valid from 2027-01-16T08:00:00Z, now is 2027-01-15T08:00:00Z"},
	{{.cn = "x", .constraints = ca_constraints, .key = "RSA1024"},
         "x.pem: weak key: RSA 1024, expected RSA 2048 or EC P-256 or better"},
	{{.cn = "x", .constraints = ca_constraints, .key = "P-192"},
         "x.pem: weak key: EC P-192, expected RSA 2048 or EC P-256 or better"},
	{{.cn = "x", .constraints = ca_constraints, .sha1 = true},
         "x.pem: weak signature: ecdsa-with-SHA1, expected SHA-256 or better"},
};

START_TEST(check_ca_refuses_with_a_reason)
{
	struct made ca = make_cert(&bad_cas[_i].recipe, NULL);
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_ca(&ca.cert, NOW, &problems), 0);
	assert_problem(&problems, bad_cas[_i].problem);
	ck_assert_uint_eq(problems.count, 1);
	assert_queue_empty();
	problems_fini(&problems);
	made_fini(&ca);
}
END_TEST

START_TEST(check_ca_is_exact_about_the_last_second)
{
	struct made ca = make_ca("ca");
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_ca(&ca.cert, ca.cert.not_before, &problems), 0);
	ck_assert_int_eq(pki_check_ca(&ca.cert, ca.cert.not_after, &problems), 0);
	assert_no_problem(&problems);
	ck_assert_int_eq(pki_check_ca(&ca.cert, ca.cert.not_before - 1, &problems), 0);
	ck_assert_int_eq(pki_check_ca(&ca.cert, ca.cert.not_after + 1, &problems), 0);
	ck_assert_uint_eq(problems.count, 2);
	problems_fini(&problems);
	made_fini(&ca);
}
END_TEST

static struct pki_key read_key(const char *text)
{
	struct problems problems = {0};
	struct pki_key key = {0};

	ck_assert_int_eq(pki_pem_key("k", text, strlen(text), &key, &problems), 0);
	return key;
}

START_TEST(check_key_tells_whose_key_it_is)
{
	struct made ca = make_ca("ca"), leaf = make_leaf("leaf", &ca), other = make_ca("other");
	struct pki_certs chain = CHAIN(&leaf, &ca);
	struct pki_key leaf_key = read_key(leaf.key_pem), ca_key = read_key(ca.key_pem);
	struct pki_key other_key = read_key(other.key_pem);
	struct problems problems = {0};

	ck_assert_int_eq(pki_check_key(&chain, &leaf_key, "k", &problems), 0);
	assert_no_problem(&problems);
	ck_assert_int_eq(pki_check_key(&chain, &ca_key, "k", &problems), 0);
	assert_problem(&problems,
	               "k: belongs to certificate 2 of leaf.pem, expected that one first");
	ck_assert_int_eq(pki_check_key(&chain, &other_key, "k", &problems), 0);
	assert_problem(&problems,
	               "k: does not belong to the certificate in leaf.pem (\"CN=leaf\"), expected");
	problems_fini(&problems);
	pki_key_fini(&other_key);
	pki_key_fini(&ca_key);
	pki_key_fini(&leaf_key);
	made_fini(&other);
	made_fini(&leaf);
	made_fini(&ca);
}
END_TEST

int main(void)
{
	TCase *tcase;
	Suite *suite = test_suite("pki_check", &tcase);

	tcase_add_test(tcase, check_chain_accepts_a_certificate_of_a_listed_ca);
	tcase_add_test(tcase, check_chain_accepts_bare_certificates);
	tcase_add_test(tcase, check_chain_accepts_a_self_signed_certificate_that_is_its_own_ca);
	tcase_add_test(tcase, check_chain_accepts_intermediates_in_chain_or_cas);
	tcase_add_test(tcase, check_chain_ends_at_a_ca_that_is_cross_signed);
	tcase_add_test(tcase, check_chain_takes_either_usage_that_signs);
	tcase_add_test(tcase, check_chain_says_once_that_an_issuer_is_no_ca);
	tcase_add_test(tcase, check_chain_tells_cas_of_the_same_name_apart);
	tcase_add_test(tcase, check_chain_refuses_other_cas);
	tcase_add_test(tcase, check_chain_refuses_an_issuer_that_is_no_ca);
	tcase_add_test(tcase, check_chain_respects_the_path_length);
	tcase_add_test(tcase, check_chain_bounds_the_path);
	tcase_add_test(tcase, check_chain_reports_everything_at_once);
	tcase_add_loop_test(tcase, check_ca_refuses_with_a_reason, 0,
	                    (int)(sizeof(bad_cas) / sizeof(bad_cas[0])));
	tcase_add_test(tcase, check_ca_is_exact_about_the_last_second);
	tcase_add_test(tcase, check_key_tells_whose_key_it_is);
	return test_run(suite);
}
