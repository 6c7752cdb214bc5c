/* SPDX-License-Identifier: MIT */
/* Saved files, nets made from them and replays do not depend on the float mode that the caller has
 * set. */
#include "tests/files/files.h"
#include "tests/net/float_modes.h"
#include "tests/train/fit_problem.h"

#include <stdlib.h>

static lam_float_mode callers;

/* Options left at their defaults or parsed from text, and what layers compute from them. */
static void what_is_made_saved_and_loaded_is_the_same(void)
{
	if (!modes_are_kept())
		return;
	struct bytes first = {0};
	lam_real expected[2][8 * CLASSES], y[2][8 * CLASSES];
	lam_dataset_free(striped());
	for (int m = 0; m < MODES; m++) {
		const char *path = file_path("mode.npz");
		const lam_float_mode ours = lam_float_set(modes[m]);
		lam_net *net = lam_net_create(
			lam_sequential(lam_standardize(.mean = {(lam_real)0.1307},
					       .std = {(lam_real)0.3081}),
				lam_leaky_relu(), lam_batch_norm(), lam_affine(.out = 20),
				lam_leaky_relu(.slope = (lam_real)0.3), lam_affine(.out = CLASSES),
				lam_softmax_cross_entropy()),
			LAM_SHAPE(1, SIDE, SIDE), .max_batch = 8);
		lam_status status = net ? lam_net_predict(net, images, 8, y[0])
					: lam_error_status();
		if (!status)
			status = lam_net_save(net, path);
		lam_net_free(net);
		net = status ? NULL : lam_net_load(path, .max_batch = 8);
		if (!status)
			status = net ? lam_net_load_params(net, path) : lam_error_status();
		if (!status)
			status = lam_net_predict(net, images, 8, y[1]);
		if (!status)
			status = lam_net_save(net, path);
		const bool kept = is_mode(modes[m]);
		lam_float_restore(ours);
		lam_net_free(net);
		require(check_ok(status) && kept, "mode %#lx", (unsigned long)modes[m].control);
		struct bytes bytes = file_read(path);
		if (m == 0) {
			first = file_read(path);
			memcpy(expected, y, sizeof y);
		}
		check(bytes.count == first.count
				&& memcmp(bytes.data, first.data, first.count) == 0,
			"mode %#lx: another file", (unsigned long)modes[m].control);
		check(memcmp(y, expected, sizeof y) == 0, "mode %#lx: other predictions",
			(unsigned long)modes[m].control);
		free(bytes.data);
	}
	free(first.data);
}

/* The rows of a replay, and the float mode in which the callback received them. */
struct said {
	double means[200];
	int rows, wrong_rows;
};

static bool note_row(const lam_replay_row *row, void *data)
{
	struct said *said = data;
	said->wrong_rows += !is_mode(callers);
	if (said->rows < 200)
		said->means[said->rows] = row->mean;
	said->rows++;
	return false;
}

static void a_replay_says_the_same_in_any_mode(void)
{
	const char *path = file_path("bad.npz");
	if (!modes_are_kept())
		return;
	lam_dataset *data = striped();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 30), lam_tanh(), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = 64, .seed = 5);
	require(data && net, "%s", lam_error());
	images[(COUNT - 1) * PIXELS] = (lam_real)NAN;
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .no_shuffle = true,
			    .optimizer = lam_sgd(.lr = (lam_real)0.01), .replay = path),
		LAM_ERR_NUMERIC, "input");
	struct said first = {0};
	for (int m = 0; m < MODES; m++) {
		struct said said = {0};
		callers = modes[m];
		const lam_float_mode ours = lam_float_set(modes[m]);
		lam_status status = lam_replay(path, .row = note_row, .row_data = &said);
		const bool kept = is_mode(modes[m]);
		lam_float_restore(ours);
		check(status == LAM_ERR_NUMERIC && kept, "%s", lam_error());
		check(said.rows > 10 && said.wrong_rows == 0,
			"%d of %d rows in another mode than the caller's", said.wrong_rows,
			said.rows);
		if (m == 0)
			first = said;
		check(!memcmp(first.means, said.means, sizeof said.means),
			"the means depend on the caller's mode");
	}
	lam_net_free(net);
	lam_dataset_free(data);
}

static void a_gradient_check_says_the_same_in_any_mode(void)
{
	if (!modes_are_kept())
		return;
	double first = 0;
	for (int m = 0; m < MODES; m++) {
		lam_gradcheck_report report;
		const lam_float_mode ours = lam_float_set(modes[m]);
		lam_status status = lam_gradcheck(
			lam_sequential(lam_affine(.out = 5), lam_tanh()), LAM_SHAPE(7), &report);
		const bool kept = is_mode(modes[m]);
		lam_float_restore(ours);
		check_ok(status);
		first = m == 0 ? report.max_error : first;
		check(kept && report.max_error == first, "mode %#lx: %g, not %g",
			(unsigned long)modes[m].control, report.max_error, first);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(what_is_made_saved_and_loaded_is_the_same),
		TEST(a_replay_says_the_same_in_any_mode),
		TEST(a_gradient_check_says_the_same_in_any_mode),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
