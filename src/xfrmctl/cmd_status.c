/* SPDX-License-Identifier: MIT */
/* `xfrmctl status`: the exit status is the health. */
#include "out_text.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/base/clock.h"
#include "xfrmd/spd/role.h"

/* What the daemon left in the kernel. */
struct rest {
	size_t policies;
	bool optional;
	uint32_t reqid; /* 0: nothing is protected */
	bool sas;
};

static int read_rest(struct rest *rest, struct err *err)
{
	_cleanup_(policy_list_fini) struct policy_list have = {0};
	_cleanup_(cleanup_free) struct sa *sas = NULL;
	size_t sa_count = 0;

	if (ask_kernel(&have, err) < 0 || ask_kernel_sas(&sas, &sa_count, err) < 0)
		return -1;
	for (size_t i = 0; i < have.count; i++) {
		const struct policy *policy = &have.items[i];

		rest->policies += role_of(policy) != ROLE_FOREIGN;
		if (role_of(policy) != ROLE_SUBNET || policy->action != POLICY_ACTION_PROTECT)
			continue;
		rest->optional |= policy->optional;
		rest->reqid = policy->reqid;
	}
	for (size_t i = 0; i < sa_count; i++)
		rest->sas |= sa_is_ours(&sas[i], rest->reqid) && sa_has_keys(&sas[i]);
	return 0;
}

/* What that does without the daemon. */
static void tell_rest(struct output *output)
{
	static const char *const without_sas[] = {
		"what is to be protected is not sent, nothing goes in clear",
		"all peers are talked to in clear (optional)"};
	static const char *const with_sas[] = {"must wait, nothing goes in clear",
	                                       "are talked to in clear (optional)"};
	struct rest rest = {0};
	struct err err;

	if (read_rest(&rest, &err) < 0)
		output_complain(output, 0, "%s", err.text);
	else if (!rest.policies)
		output_complain(output, 0,
		                "the kernel has no policies of xfrmd: NOTHING IS PROTECTED");
	else if (!rest.sas)
		output_complain(output, 0, "the kernel has %zu policies of xfrmd, and no SA: %s",
		                rest.policies, without_sas[rest.optional]);
	else
		output_complain(output, 0,
		                "the kernel has %zu policies of xfrmd: SAs that are left go on, "
		                "and new peers %s",
		                rest.policies, with_sas[rest.optional]);
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
			tell_rest(output);
		return ret;
	}
	if (options->json)
		output_json(output, steal_ptr(text));
	else
		out_text_status(&status, clock_now_epoch(), options->coloured, &output->text);
	return status.healthy ? EXIT_OK : EXIT_FAILED;
}
