/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xfrmd/base/buf.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/file.h"
#include "xfrmd/conf/conf_ini.h"
#include "xfrmd/conf/conf_key.h"

/* The example that is installed: every key stands there as a comment without a blank, `#key = value`. */

static bool has_no_default(const struct conf_key *key)
{
	return key->flags & CONF_KEY_REQUIRED || strcmp(key->name, "ipsec_subnets") == 0;
}

static char *read_example(void)
{
	struct err err;
	char *text;
	size_t len;

	ck_assert_msg(file_read(getenv("CONF_EXAMPLE"), 65536, &text, &len, &err) == 0, "%s",
	              err.text);
	return text;
}

/* The key of a line, NULL: a comment or a section, which it then notes in @section. */
static const struct conf_key *key_of(const char *line, char section[32])
{
	const struct conf_key *key;
	char name[64];

	sscanf(line, "[%31[a-z]]", section);
	if (sscanf(line, "#%63[a-z_] =", name) != 1)
		return NULL;
	key = conf_key_find(section, name);
	ck_assert_msg(key, "[%s] %s: not a key", section, name);
	return key;
}

/* What becomes of the example when those keys lose their comment sign. */
static void parse(bool (*chosen)(const struct conf_key *key), struct conf *ret_conf,
                  struct problems *ret_problems)
{
	_cleanup_(cleanup_free) char *text = read_example();
	_cleanup_(buf_fini) struct buf buf = {0};
	char section[32] = "";

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const struct conf_key *key = key_of(line, section);

		buf_printf(&buf, "%s\n", line + (key && chosen(key)));
	}
	ck_assert_int_eq(buf.error, 0);
	conf_ini_parse("xfrmd.conf", (const char *)buf.data, buf.len, ret_conf, ret_problems);
}

static bool none(const struct conf_key *key)
{
	(void)key;
	return false;
}

static bool all(const struct conf_key *key)
{
	(void)key;
	return true;
}

START_TEST(conf_example_names_every_key_once)
{
	_cleanup_(cleanup_free) char *text = read_example();
	unsigned found[CONF_KEY_COUNT] = {0};
	char section[32] = "";

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const struct conf_key *key = key_of(line, section);

		if (key)
			found[key - conf_keys]++;
	}
	for (size_t i = 0; i < CONF_KEY_COUNT; i++)
		ck_assert_msg(found[i] == 1, "[%s] %s: %u times", conf_keys[i].section,
		              conf_keys[i].name, found[i]);
}
END_TEST

START_TEST(conf_example_as_it_is_lacks_what_has_no_default_and_nothing_else)
{
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(conf_fini) struct conf conf = {0};
	size_t needed = 0;

	parse(none, &conf, &problems);
	for (size_t i = 0; i < CONF_KEY_COUNT; i++) {
		char begin[128];
		bool named = false;

		if (!has_no_default(&conf_keys[i]))
			continue;
		needed++;
		snprintf(begin, sizeof(begin), "xfrmd.conf: [ipsec] %s: ", conf_keys[i].name);
		for (size_t k = 0; k < problems.count; k++)
			named |= strncmp(problems.items[k], begin, strlen(begin)) == 0;
		ck_assert_msg(named, "nothing said of %s", conf_keys[i].name);
	}
	ck_assert_uint_eq(problems.count, needed);
}
END_TEST

/* What those keys say that have a default is that default. */
START_TEST(conf_example_shows_the_defaults)
{
	_cleanup_(cleanup_free) char *text = NULL, *defaults = NULL;
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(conf_fini) struct conf shown = {0}, conf = {0};

	parse(all, &shown, &problems);
	ck_assert_msg(problems.count == 0, "%s", problems.items ? problems.items[0] : "");
	parse(has_no_default, &conf, &problems);
	ck_assert_msg(problems.count == 0, "%s", problems.items ? problems.items[0] : "");
	text = conf_canonical(&shown);
	defaults = conf_canonical(&conf);
	ck_assert_str_eq(text, defaults);
}
END_TEST

int main(void)
{
	TCase *test_case;
	Suite *suite = test_suite("conf_example", &test_case);

	tcase_add_test(test_case, conf_example_names_every_key_once);
	tcase_add_test(test_case, conf_example_as_it_is_lacks_what_has_no_default_and_nothing_else);
	tcase_add_test(test_case, conf_example_shows_the_defaults);
	return test_run(suite);
}
