/* SPDX-License-Identifier: MIT */
/* A small run whose checkpoints tests damage or let fail; each test gives it a file of its own. */
#ifndef LAM_TESTS_SAVED_PLAN_H
#define LAM_TESTS_SAVED_PLAN_H

#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

static const struct plan perceptron = {
	.model = 1, .rule = 3, .schedule = 1, .seed = 3, .threads = 2};

/* Runs the plan from its checkpoint or from the start; *print is the print_of() its result. */
KIT_UNUSED static lam_status run(const struct plan *plan, lam_report *report, uint64_t *print)
{
	lam_dataset *data = stripes(NULL);
	lam_net *net = plan_net(plan);
	*print = 0;
	if (!check(data && net, "%s", lam_error()))
		return LAM_ERR_STATE;
	lam_status status = plan_fit(plan, net, data, data, report);
	*print = print_of(net, report);
	lam_net_free(net);
	lam_dataset_free(data);
	return status;
}

KIT_UNUSED static uint64_t undisturbed(void)
{
	uint64_t print;
	lam_report report;
	check_ok(run(&perceptron, &report, &print));
	check(*report.notice == '\0');
	return print;
}

/* The plan with its checkpoint in the file `name`, whose path stays valid. */
KIT_UNUSED static struct plan saved_in(const char *name)
{
	static char paths[16][512];
	static int used;
	struct plan plan = perceptron;
	plan.checkpoint = strcpy(paths[used++ % 16], file_path(name));
	return plan;
}

#endif
