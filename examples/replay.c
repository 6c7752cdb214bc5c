/* SPDX-License-Identifier: MIT */
/* Explains a failed step from the file that lam_fit(..., .replay = "bad.npz") writes when a loss or
 * a gradient is not finite.
 *
 *     replay bad.npz
 *
 * It repeats the step and prints a line for each array that the step reads or writes, in order. The
 * first array that is not finite is marked. Values that grow from line to line show where the
 * trouble began. */
#include <lamina.h>

#include "usage.h"

#include <stdio.h>

struct seen {
	bool begun, marked;
};

static bool show(const lam_replay_row *row, void *data)
{
	static const char *const what[] = {
		[LAM_REPLAY_INPUT] = "input",
		[LAM_REPLAY_PARAM] = "parameter",
		[LAM_REPLAY_OUTPUT] = "output",
		[LAM_REPLAY_LOSS] = "loss",
		[LAM_REPLAY_PARAM_GRADIENT] = "its gradient",
		[LAM_REPLAY_INPUT_GRADIENT] = "input's gradient",
		[LAM_REPLAY_SUMMED_GRADIENT] = "its sum",
	};
	struct seen *seen = data;
	if (!seen->begun) {
		printf("%s\nepoch %lld, step %lld, %lld samples\n\n", row->failure,
			(long long)row->epoch, (long long)row->step, (long long)row->samples);
		printf("%-30s %-17s %-18s %10s %12s %12s %12s %8s %8s\n", "layer", "what", "name",
			"values", "least", "mean", "most", "NaN", "inf");
	}
	bool first = row->nans + row->infinities > 0 && !seen->marked;
	printf("%-30s %-17s %-18s %10lld %12.4g %12.4g %12.4g %8lld %8lld%s\n", row->layer,
		what[row->what], row->param ? row->param : "", (long long)row->count, row->least,
		row->mean, row->most, (long long)row->nans, (long long)row->infinities,
		first ? "  <- the first" : "");
	seen->begun = true;
	seen->marked |= first;
	return false;
}

int main(int argc, char **argv)
{
	struct seen seen = {false, false};
	usage(argc, argv, 1, 1,
		"Usage: replay FILE\n"
		"Explains the failed step in FILE, which lam_fit() wrote for .replay.\n");
	lam_status status = lam_replay(argv[1], .row = show, .row_data = &seen);
	if (seen.begun)
		printf("\n%s\n", status == LAM_OK ? "All is finite here." : lam_error());
	else
		fprintf(stderr, "%s\n", lam_error());
	return status != LAM_ERR_NUMERIC && status != LAM_OK;
}
