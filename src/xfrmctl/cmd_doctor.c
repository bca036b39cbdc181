/* SPDX-License-Identifier: MIT */
/* `xfrmctl doctor [FILE]`: works without the daemon, which then is the first finding. */
#include "build_config.h"
#include "out_findings.h"
#include "xfrmctl.h"
#include "xfrmd/base/cleanup.h"
#include "xfrmd/doctor/doctor.h"
#include "xfrmd/doctor/doctor_gather.h"

int cmd_doctor(const struct options *options, struct output *output)
{
	const char *path = options->argument ? options->argument : XFRMD_CONF_FILE;
	_cleanup_(doctor_facts_fini) struct doctor_facts facts;
	_cleanup_(findings_fini) struct findings findings = {0};

	if (doctor_gather(path, options->run_dir, &facts) == 0)
		doctor_judge(&facts, &findings);
	else
		findings.out_of_memory = true;
	if (findings.out_of_memory)
		output_complain(output, 0, "doctor: out of memory");
	if (options->json)
		output_json(output, findings_json(&findings));
	else
		out_findings(&findings, options->coloured, &output->text);
	return findings.out_of_memory || findings_any_serious(&findings) ? EXIT_FAILED : EXIT_OK;
}
