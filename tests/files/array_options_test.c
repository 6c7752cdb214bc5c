/* SPDX-License-Identifier: MIT */
/* Options that are arrays of any length: computed, copied, saved as entries, loaded, resumed,
 * replicated, compared. */
#include "framework/lamina.h"
#include "framework/model/inside.h"

#include "tests/files/files.h"

enum { CHANNELS = 40, LENGTH = 2, N = 4 };

static lam_real means[CHANNELS], stds[CHANNELS], x[N * CHANNELS * LENGTH];

static void fill(void)
{
	for (int i = 0; i < CHANNELS; i++) {
		means[i] = i == CHANNELS - 1 ? 0 : (lam_real)(i % 7) / 4;
		stds[i] = (lam_real)1 / (1 + i % 3);
	}
	for (int i = 0; i < N * CHANNELS * LENGTH; i++)
		x[i] = (lam_real)(i % 13) / 8;
}

static lam_net *net_with(const lam_real *m, const lam_real *s)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_standardize(.count = CHANNELS, .means = m, .stds = s),
			lam_affine(.out = 2), lam_softmax_cross_entropy()),
		LAM_SHAPE(CHANNELS, LENGTH), .max_batch = N, .seed = 5);
	check(net, "%s", lam_error());
	return net;
}

/* The arrays are read during the call alone. */
static void arrays_are_the_numbers(void)
{
	fill();
	lam_real m[CHANNELS], s[CHANNELS], y[N * CHANNELS * LENGTH];
	memcpy(m, means, sizeof m);
	memcpy(s, stds, sizeof s);
	lam_layer *layer = lam_standardize(.count = CHANNELS, .means = m, .stds = s);
	memset(m, 0xff, sizeof m);
	memset(s, 0xff, sizeof s);
	for (int few = 0; few < 2; few++) {
		lam_net *net = lam_net_create(few
				? lam_standardize(.count = CHANNELS, .means = means, .stds = stds)
				: layer,
			LAM_SHAPE(CHANNELS, LENGTH), .max_batch = few ? 1 : 16, .inference = true);
		require(net, "%s", lam_error());
		check_ok(lam_net_predict(net, x, N, y));
		for (int i = 0; i < N * CHANNELS * LENGTH; i++) {
			const int c = i / LENGTH % CHANNELS;
			check_near((double)y[i],
				((double)x[i] - (double)means[c]) / (double)stds[c], 1e-5);
		}
		lam_net_free(net);
	}
}

static void they_travel_in_the_file(void)
{
	fill();
	lam_net *net = net_with(means, stds);
	const char *path = file_path("arrays.npz");
	lam_real a[N * 2], b[N * 2];
	check_ok(lam_net_predict(net, x, N, a));
	check_ok(lam_net_save(net, path));
	lam_npz *npz = lam_npz_open(path);
	require(npz, "%s", lam_error());
	char *text = lam_npz_read_text(npz, lam_npz_find(npz, "architecture"), 1000);
	check(text
			&& strstr(text,
				"standardize count=40 means=architecture/0 "
				"stds=architecture/1\n"),
		"%s", text);
	lam_free(text);
	lam_real held[CHANNELS];
	check_ok(lam_npz_read_real(npz, lam_npz_find(npz, "architecture/1"), held, CHANNELS));
	check(!memcmp(held, stds, sizeof held));
	check_ok(lam_same_architecture(net, npz, path));
	lam_real other[CHANNELS];
	memcpy(other, means, sizeof other);
	other[3] += 1;
	lam_net *another = net_with(other, stds);
	check_fails(lam_same_architecture(another, npz, path), LAM_ERR_ARGUMENT,
		"\"architecture/0\" has other values");
	lam_npz_close(npz);
	lam_net *loaded = lam_net_load(path, .max_batch = N),
		*replica = lam_net_replica(loaded, .max_batch = 1);
	require(loaded && replica, "%s", lam_error());
	check_ok(lam_net_predict(loaded, x, N, b));
	check(!memcmp(a, b, sizeof a));
	check_ok(lam_net_predict(replica, x, N, b));
	for (int i = 0; i < N * 2; i++)
		check_near((double)b[i], (double)a[i], 1e-5);
	check_ok(lam_net_load_params(net, path));
	lam_net_free(replica);
	lam_net_free(loaded);
	lam_net_free(another);
	lam_net_free(net);
}

static bool stop_at_three(const lam_progress *progress, void *data)
{
	(void)data;
	return progress->total_step == 3;
}

static void a_run_with_them_is_resumed(void)
{
	fill();
	const int32_t labels[N] = {0, 1, 1, 0};
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(CHANNELS, LENGTH), labels, N);
	const char *path = file_path("run.npz");
	lam_net *whole = net_with(means, stds), *parts = net_with(means, stds);
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9);
	check_ok(lam_fit(whole, data, NULL, .epochs = 3, .batch = 2, .optimizer = sgd));
	check_ok(lam_fit(parts, data, NULL, .epochs = 3, .batch = 2, .optimizer = sgd,
		.checkpoint = path, .step_end = stop_at_three));
	lam_net_free(parts);
	parts = net_with(means, stds);
	check_ok(lam_fit(parts, data, NULL, .epochs = 3, .batch = 2, .optimizer = sgd,
		.checkpoint = path, .resume = true));
	check(!memcmp(lam_param_value(lam_net_param(whole, 0)),
		lam_param_value(lam_net_param(parts, 0)),
		2 * CHANNELS * LENGTH * sizeof(lam_real)));
	lam_net_free(whole);
	lam_net_free(parts);
	lam_dataset_free(data);
}

#define REFUSED(words, ...) \
	do { \
		lam_layer *refused = lam_standardize(__VA_ARGS__); \
		check(!refused && strstr(lam_error(), words), "%s", lam_error()); \
		lam_layer_free(refused); \
	} while (0)

static void senseless_ones_are_refused(void)
{
	fill();
	lam_real wrong[3] = {1, 0, 1};
	REFUSED("options mean and means are both given", .mean = {1}, .count = 3, .means = wrong);
	REFUSED("option count is 3 without means and stds", .count = 3);
	REFUSED("option means has 0 values", .means = wrong);
	REFUSED("option means has -1 values", .count = -1, .means = wrong);
	REFUSED("option stds is 0; expected at least 1.1754944e-38 (value 1)", .count = 3,
		.stds = wrong);
	REFUSED("option mean has 2 values and option std 3", .mean = {1, 2}, .count = 3,
		.stds = stds);
	wrong[2] = (lam_real)NAN;
	REFUSED("option means is nan; expected a finite number (value 2)", .count = 3,
		.means = wrong);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(arrays_are_the_numbers),
		TEST(they_travel_in_the_file),
		TEST(a_run_with_them_is_resumed),
		TEST(senseless_ones_are_refused),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
