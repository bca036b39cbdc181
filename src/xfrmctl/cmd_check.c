/* SPDX-License-Identifier: MIT */
/* `xfrmctl check [FILE]`: what the daemon would say to a configuration; needs no daemon. */
#include <errno.h>
#include <string.h>

#include "build_config.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/conf/settings.h"

static void put_problems(const struct options *options, const struct conf *conf,
                         const struct problems *problems, struct output *output)
{
	const struct strlist notes = {conf->notes.items, conf->notes.count};
	const struct strlist errors = {problems->items, problems->count};

	if (options->json) {
		output_json(output, ctl_proto_result(!problems_any(problems), &notes, &errors));
		return;
	}
	for (size_t i = 0; i < errors.count; i++)
		buf_printf(&output->complaints, "%s\n", errors.items[i]);
	for (size_t i = 0; i < notes.count; i++)
		buf_printf(&output->text, "note: %s\n", notes.items[i]);
}

int cmd_check(const struct options *options, struct output *output)
{
	const char *path = options->argument ? options->argument : XFRMD_CONF_FILE;
	_cleanup_(problems_fini) struct problems problems = {0};
	_cleanup_(settings_fini) struct settings settings = {0};
	int ret = settings_load(path, clock_now_epoch(), &settings, &problems);

	if (ret < 0 && !problems.count)
		problems_add(&problems, "%s: %s", path, strerror(-ret));
	if (settings_check_log(path, &settings.conf, &problems) < 0)
		ret = -EINVAL;
	if (settings_check_charon(path, &settings.conf, &problems) < 0)
		ret = -EINVAL;
	put_problems(options, &settings.conf, &problems, output);
	if (ret < 0)
		return EXIT_FAILED;
	if (!options->json)
		buf_printf(&output->text, "%s: ok\n", path);
	return EXIT_OK;
}
