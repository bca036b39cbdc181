/* SPDX-License-Identifier: MIT */
/* `xfrmctl status`: the exit status is the health. */
#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/spd/role.h"

/* Policies outlive the daemon: what they do without it. */
static void tell_policies(struct output *output)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0};
	size_t count = 0;
	bool optional = false;
	struct err err;

	if (ask_kernel(&have, &err) < 0) {
		output_complain(output, 0, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < have.count; i++) {
		count += role_of(&have.items[i]) != ROLE_FOREIGN;
		optional |= role_of(&have.items[i]) == ROLE_SUBNET && have.items[i].optional;
	}
	if (!count)
		output_complain(output, 0,
		                "the kernel has no policies of xfrmd: NOTHING IS PROTECTED");
	else
		output_complain(
			output, 0,
			"the kernel has %zu policies of xfrmd: SAs that are left go on, and new "
			"peers %s",
			count,
			optional ? "are talked to in clear (optional)"
				 : "must wait, nothing goes in clear");
}

int cmd_status(const struct options *options, struct output *output)
{
	_cleanup_(ctl_status_fini) struct ctl_status status = {0};
	_cleanup_(cleanup_free) char *text = NULL;
	struct err err = {0};
	int ret = ask_status(options, &status, &text, &err);

	if (ret != EXIT_OK) {
		output_complain(output, 0, "%s", err.text);
		if (ret == EXIT_UNREACHABLE)
			tell_policies(output);
		return ret;
	}
	if (options->json)
		output_json(output, steal_ptr(text));
	else
		out_text_status(&status, clock_now_epoch(), options->coloured, &output->text);
	return status.healthy ? EXIT_OK : EXIT_FAILED;
}
