/* SPDX-License-Identifier: MIT */
/* lamina check: the gradients of a net against numeric differentiation. */
#include "tools/nets.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>

static const char help[] =
	"Usage: lamina check NET [options]\n"
	"Compares the gradients of every layer of a description with numeric ones, and shows\n"
	"the largest errors. Exit status 1: a gradient is wrong.\n"
	"\n"
	"  --batch N                 samples (default 4)\n"
	"  --tolerance X             the largest relative error (default 1e-3)\n"
	"  --most N                  values of each array that are compared (default: all)\n"
	"  --seed N                  of inputs and parameters\n"
	"  --help\n";

static int show(const lam_gradcheck_report *report, lam_status status, double tolerance)
{
	if (status && status != LAM_ERR_NUMERIC)
		return failed("%s", lam_error());
	printf("compared   %" PRId64 " values\n", report->checked);
	printf("wrong      %" PRId64 " with an error above %g\n", report->wrong, tolerance);
	printf("undecided  %" PRId64 ", near kinks\n", report->undecided);
	put_words("largest    %.3g, %s: %s", report->max_error, report->layer, report->worst);
	for (int i = 0; i < LAM_GRADCHECK_WORST && *report->worsts[i]; i++)
		put_words("%s  %s", i ? "         " : "wrong:   ", report->worsts[i]);
	if (!status)
		return DONE;
	return failed("%s", lam_error());
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"batch", required_argument, NULL, 'b'},
		{"tolerance", required_argument, NULL, 't'}, {"most", required_argument, NULL, 'm'},
		{"seed", required_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
	lam_gradcheck_options check = {.size = sizeof check,
		.report_size = sizeof(lam_gradcheck_report),
		.tolerance = (lam_real)1e-3};
	for (int code; (code = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (code == 'b')
			check.batch = whole("batch", optarg, 1, 1 << 16);
		else if (code == 't')
			check.tolerance = (lam_real)real("tolerance", optarg, 1e-12, 1);
		else if (code == 'm')
			check.most = whole("most", optarg, 1, INT64_MAX);
		else if (code == 's')
			check.seed = (uint64_t)whole("seed", optarg, 0, INT64_MAX);
		else
			refused_option(code, argv);
	if (optind + 1 != argc)
		misused("expected one NET");
	lam_gradcheck_report report = {.max_error = NAN};
	check.report = &report;
	if (is_saved(argv[optind]))
		misused("%s is a saved net; expected a description, as `lamina info --text` "
			"gives it",
			argv[optind]);
	check.layer = read_description(argv[optind], &check.shape);
	if (!check.layer)
		return FAILED;
	const lam_status status = lam_gradcheck_with(&check);
	return show(&report, status, (double)check.tolerance);
}

const struct tool check_tool = {"check", help, run};
