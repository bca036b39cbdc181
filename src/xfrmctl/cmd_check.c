/* SPDX-License-Identifier: MIT */
/* `xfrmctl check [FILE]`: what the daemon would say to a configuration; needs no daemon. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build_config.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/loop.h"
#include "xfrmd/setup.h"

static int print_problems(const struct options *options, const struct conf *conf,
                          const struct problems *problems)
{
	const struct strlist notes = {conf->notes.items, conf->notes.count};
	const struct strlist errors = {problems->items, problems->count};
	_cleanup_(cleanup_free) char *json = NULL;
	_cleanup_(buf_fini) struct buf out = {0};
	size_t i;

	if (options->json) {
		json = ctl_proto_result(!problems_any(problems), &notes, &errors);
		return print_json(json);
	}
	for (i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.items[i]);
	for (i = 0; i < notes.count; i++)
		buf_printf(&out, "note: %s\n", notes.items[i]);
	return print_buf(&out);
}

int cmd_check(const struct options *options)
{
	const char *path = options->argument ? options->argument : XFRMD_CONF_FILE;
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(pki_bundle_fini) struct pki_bundle bundle = {0};
	_cleanup_(conf_fini) struct conf conf = {0};
	int ret = setup_load(path, loop_now_epoch(), &conf, &bundle, &problems);

	if (ret < 0 && !problems.count)
		problems_add(&problems, "%s: %s", path, strerror(-ret));
	if (print_problems(options, &conf, &problems) != EXIT_OK || ret < 0)
		return EXIT_FAILED;
	if (!options->json)
		printf("%s: ok\n", path);
	return EXIT_OK;
}
