/* SPDX-License-Identifier: MIT */
/*
 * `xfrmctl list`: the kernel's policies as they are, and beside each what the daemon thinks of it.
 * The kernel is asked and the daemon may be away: this must work when nothing else does.
 */
#include "out_list.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"

int cmd_list(const struct options *options, struct output *output)
{
	_cleanup_(policy_rows_fini) struct policy_rows rows = {0};
	bool drift_known;
	int ret = ask_policies(options, &rows, &drift_known, output);

	if (ret != EXIT_OK)
		return ret;
	if (options->json)
		output_json(output, ctl_proto_list(&rows, drift_known));
	else if (options->all)
		out_list_all(rows.items, rows.count, options->coloured, &output->text);
	else
		out_list_grouped(&rows, options->coloured, &output->text);
	return EXIT_OK;
}
