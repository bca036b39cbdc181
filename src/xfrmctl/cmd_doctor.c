/* SPDX-License-Identifier: MIT */
/* `xfrmctl doctor [FILE]`: works without the daemon, which then is the first finding. */
#include "build_config.h"
#include "out_findings.h"
#include "xfrmctl.h"
#include "xfrmd/cleanup.h"
#include "xfrmd/doctor_gather.h"

static int print_findings(const struct options *options, const struct findings *findings)
{
	_cleanup_(cleanup_free) char *json = NULL;
	_cleanup_(buf_fini) struct buf out = {0};

	if (options->json) {
		json = findings_json(findings);
		return print_json(json);
	}
	out_findings(findings, options->coloured, &out);
	return print_buf(&out);
}

int cmd_doctor(const struct options *options)
{
	const char *path = options->argument ? options->argument : XFRMD_CONF_FILE;
	_cleanup_(doctor_facts_fini) struct doctor_facts facts;
	_cleanup_(findings_fini) struct findings findings = {0};

	if (doctor_gather(path, options->run_dir, &facts) == 0)
		doctor_judge(&facts, &findings);
	else
		findings.out_of_memory = true;
	if (findings.out_of_memory)
		complain("doctor: out of memory");
	if (print_findings(options, &findings) != EXIT_OK || findings.out_of_memory)
		return EXIT_FAILED;
	return findings_any_serious(&findings) ? EXIT_FAILED : EXIT_OK;
}
