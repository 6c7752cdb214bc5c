/* SPDX-License-Identifier: MIT */
/* Classes at places: softmax cross-entropy on [K, H, W] through steps, data sets, scores and
 * lam_fit(). The battery compares the numbers of one batch with the textbook and with PyTorch. */
#include "framework/lamina.h"

#include "tests/files/files.h"
#include "tests/kit.h"

#include <inttypes.h>

enum { N = 5, K = 3, H = 2, W = 4, PLACES = H * W, NONE = 255 };

static lam_real x[N * K * PLACES];
static int32_t map[N * PLACES];

/* Logits that say the class (place + sample) % K; the map agrees but for every fifth place, and
 * ignores every seventh. */
static void fill(void)
{
	for (int s = 0; s < N; s++)
		for (int p = 0; p < PLACES; p++) {
			const int at = s * PLACES + p;
			for (int k = 0; k < K; k++)
				x[(s * K + k) * PLACES + p] = k == at % K
					? 3
					: (lam_real)0.1 * (lam_real)k;
			map[at] = at % 7 == 6 ? NONE : at % 5 == 4 ? (at + 1) % K : at % K;
		}
}

static lam_net *net_of(lam_layer *loss)
{
	lam_net *net = lam_net_create(
		loss, LAM_SHAPE(K, H, W), .max_batch = N, .input_grad = true, .threads = 2);
	check(net, "%s", lam_error());
	return net;
}

static void wrong_classes_are_named(void)
{
	fill();
	lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = NONE));
	check_ok(lam_net_forward(net, LAM_TRAIN, x, map, N));
	map[3 * PLACES + 6] = K;
	const char *words =
		"the target of sample 3 at place 1,2 is class 3; expected 0 to 2 or 255 "
		"(ignored)";
	check_fails(lam_net_forward(net, LAM_TRAIN, x, map, N), LAM_ERR_ARGUMENT, words);
	check_fails(lam_net_forward_classes(net, LAM_EVAL, x, map, N), LAM_ERR_ARGUMENT, words);
	check_fails(lam_net_forward(net, LAM_TRAIN, x, x, 1), LAM_ERR_ARGUMENT,
		"expected an int32_t class per place");
	map[1] = -NONE;
	lam_net_free(net);
	net = net_of(lam_softmax_cross_entropy());
	check_fails(lam_net_forward(net, LAM_TRAIN, x, map, 1), LAM_ERR_ARGUMENT,
		"the target of sample 0 at place 0,1 is class -255; expected 0 to 2");
	lam_net_free(net);
}

/* One place counts: its loss is the batch's, and no other place has a gradient. Then none does. */
static void the_mean_is_over_what_counts(void)
{
	static const lam_real weights[K] = {(lam_real)0.5, 4, 0};
	for (int weighted = 0; weighted < 2; weighted++) {
		fill();
		lam_net *net = net_of(weighted ? lam_softmax_cross_entropy(.ignore = -100,
					      .class_weights = weights, .class_count = K)
					       : lam_softmax_cross_entropy(.ignore = -100));
		for (int i = 0; i < N * PLACES; i++)
			map[i] = weighted && i % 2 ? 2 : -100;
		check_ok(lam_net_forward(net, LAM_TRAIN, x, map, N));
		check(lam_net_loss(net) == 0);
		check_ok(lam_net_backward(net));
		for (int i = 0; i < N * K * PLACES; i++)
			check(lam_net_input_grad(net)[i] == 0);
		map[4 * PLACES + 2] = 1;
		check_ok(lam_net_forward(net, LAM_TRAIN, x, map, N));
		check_ok(lam_net_backward(net));
		const lam_real *p = lam_net_output(net), *dx = lam_net_input_grad(net);
		const int at = (4 * K + 1) * PLACES + 2;
		check(fabs(lam_net_loss(net) + log((double)p[at])) < 1e-6);
		check(fabs((double)(dx[at] - (p[at] - 1))) < 1e-6, "%g", (double)dx[at]);
		for (int i = 0; i < N * K * PLACES; i++)
			check((dx[i] == 0) == (i / PLACES / K != 4 || i % PLACES != 2));
		lam_net_free(net);
	}
}

/* The score of the map, counted here. */
static void check_score(const lam_score *score)
{
	int64_t table[K][K] = {{0}}, right = 0, scored = 0;
	double iou = 0;
	for (int at = 0; at < N * PLACES; at++)
		if (map[at] != NONE) {
			table[map[at]][at % K]++;
			right += map[at] == at % K;
			scored++;
		}
	for (int c = 0; c < K; c++) {
		int64_t either = -table[c][c];
		for (int k = 0; k < K; k++)
			either += table[c][k] + table[k][c];
		iou += (double)table[c][c] / (double)either / K;
	}
	check(score->size == sizeof *score && score->count == N && score->scored == scored);
	check(fabs(score->accuracy - (double)right / (double)scored) < 1e-12);
	check(fabs(score->mean_iou - iou) < 1e-12, "%g, not %g", score->mean_iou, iou);
	check(score->classes == K && memcmp(score->confusion, table, sizeof table) == 0);
}

static void places_are_scored(void)
{
	fill();
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(K, H, W), map, N, .target_shape = LAM_SHAPE(H, W), .ignore = NONE);
	require(data, "%s", lam_error());
	const lam_real weights[K] = {1, 2, (lam_real)0.25};
	lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = NONE, .class_weights = weights,
		.class_count = K));
	lam_score score, small;
	check_ok(lam_evaluate(net, data, &score));
	check_score(&score);
	check_ok(lam_net_forward(net, LAM_EVAL, x, map, N));
	check(fabs(score.loss - lam_net_loss(net)) < 1e-12);
	/* The batch's size changes nothing: losses and weights are summed over all of them. */
	check_ok(lam_evaluate(net, data, &small, .batch = 2));
	check_score(&small);
	check(fabs(score.loss - small.loss) < 1e-6, "%g %g", score.loss, small.loss);
	lam_dataset_free(data);

	static int32_t nothing[N * PLACES];
	for (int i = 0; i < N * PLACES; i++)
		nothing[i] = NONE;
	data = lam_dataset_arrays(
		x, LAM_SHAPE(K, H, W), nothing, N, .target_shape = LAM_SHAPE(H, W), .ignore = NONE);
	require(data, "%s", lam_error());
	check_ok(lam_evaluate(net, data, &score));
	check(score.count == N && score.scored == 0 && score.loss == 0 && isnan(score.accuracy)
		&& isnan(score.mean_iou));
	lam_dataset_free(data);
	lam_net_free(net);
}

/* Soft targets are scored at each place by the largest of them. */
static void soft_places_are_scored(void)
{
	static lam_real soft[N * K * PLACES];
	fill();
	for (int i = 0; i < N * K * PLACES; i++)
		soft[i] = i / PLACES % K == i % 2 ? (lam_real)0.75 : (lam_real)0.125;
	int right = 0;
	for (int at = 0; at < N * PLACES; at++)
		right += at % K == at % 2;
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(K, H, W), soft, N,
		.targets = LAM_VALUES, .target_shape = LAM_SHAPE(K, H, W));
	lam_net *net = net_of(lam_softmax_cross_entropy(.soft = true));
	lam_score score;
	check_ok(lam_evaluate(net, data, &score));
	check(fabs(score.accuracy - right / (double)(N * PLACES)) < 1e-12, "%g", score.accuracy);
	check(score.scored == N * PLACES && isnan(score.mean_iou));
	lam_dataset_free(data);
	lam_net_free(net);
}

static void data_sets_fit_the_loss(void)
{
	fill();
	const struct {
		lam_shape shape;
		int ignore;
		const char *words;
	} rows[] = {
		{LAM_SHAPE(W, H), NONE,
			"has a class per place of 4x2; the loss softmax_cross_entropy "
			"expected one per place of 2x4"},
		{LAM_SHAPE(1, H, W), NONE, NULL},
		{LAM_SHAPE(H, W), 0, NULL}, /* 256 classes, of which the last is ignored */
		{LAM_SHAPE(H, W), 7, "has 256 classes; the loss"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		lam_net *net = net_of(
			lam_softmax_cross_entropy(.ignore = rows[r].ignore == 7 ? 7 : NONE));
		lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(K, H, W), map, N,
			.target_shape = rows[r].shape, .ignore = rows[r].ignore);
		lam_score score;
		require(data, "%s", lam_error());
		if (rows[r].words)
			check_fails(lam_evaluate(net, data, &score),
				rows[r].ignore == 7 ? LAM_ERR_ARGUMENT : LAM_ERR_SHAPE,
				rows[r].words);
		else
			check_ok(lam_evaluate(net, data, &score));
		lam_dataset_free(data);
		lam_net_free(net);
	}
	lam_net *net = net_of(lam_softmax_cross_entropy());
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(K, H, W), map, N, .target_shape = LAM_SHAPE(H, W), .ignore = NONE);
	lam_score score;
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT,
		"the data set ignores class 255; the loss softmax_cross_entropy expected its own "
		".ignore");
	lam_dataset_free(data);
	data = lam_dataset_arrays(x, LAM_SHAPE(K, H, W), map, N);
	check_fails(
		lam_evaluate(net, data, &score), LAM_ERR_SHAPE, "has a class per sample; the loss");
	lam_dataset_free(data);
	lam_net_free(net);
}

/* Classes that only a reading shows are refused with the sample's index in the data set. */
static lam_status read_unknown(const lam_dataset *self, int64_t index, lam_real *to, void *target)
{
	(void)self;
	memcpy(to, x, K * PLACES * sizeof *to);
	for (int p = 0; target && p < PLACES; p++)
		((int32_t *)target)[p] = index == 3 && p == 5 ? 9 : 0;
	return LAM_OK;
}

static void unknown_classes_are_named(void)
{
	static const lam_dataset_class unknown = {
		LAM_DATASET_ABI, .kind = "unknown", .read = read_unknown};
	lam_dataset *data = lam_dataset_new(&unknown, N, LAM_SHAPE(K, H, W),
		(lam_target_info){.type = LAM_CLASSES, .shape = LAM_SHAPE(H, W)});
	lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = LAM_ZERO));
	lam_score score;
	check_fails(lam_evaluate(net, data, &score, .batch = 2), LAM_ERR_ARGUMENT,
		"data set \"unknown\": sample 3 at place 1,1 has class 9; the loss expected 0 to 2 "
		"or "
		"0 (ignored)");
	lam_dataset_free(data);
	lam_net_free(net);
}

/* Four million places: no digit of the loss is lost, nor of the number of places. */
static void many_places_lose_no_digits(void)
{
	enum { BATCH = 16, SIDE = 512, PLANE = SIDE * SIDE };
	lam_net *net = lam_net_create(lam_softmax_cross_entropy(.ignore = -1),
		LAM_SHAPE(2, SIDE, SIDE), .max_batch = BATCH, .input_grad = true, .threads = 2);
	lam_real *z = malloc((size_t)BATCH * 2 * PLANE * sizeof *z);
	int32_t *t = malloc((size_t)BATCH * PLANE * sizeof *t);
	require(net && z && t, "%s", lam_error());
	double sum = 0, carry = 0;
	int64_t count = 0;
	for (int64_t i = 0; i < (int64_t)BATCH * PLANE; i++) {
		const int64_t s = i / PLANE, p = i % PLANE;
		const lam_real a = (lam_real)(i * 7919 % 1000) / 500 - 1;
		z[(s * 2) * PLANE + p] = a;
		z[(s * 2 + 1) * PLANE + p] = (lam_real)0.1;
		t[i] = i % 1009 == 5 ? -1 : i % 3 == 0;
		if (t[i] < 0)
			continue;
		const double d = t[i] ? (double)a - (double)(lam_real)0.1
				      : (double)(lam_real)0.1 - (double)a,
			     term = log1p(exp(d)) - carry, next = sum + term;
		carry = (next - sum) - term;
		sum = next;
		count++;
	}
	check_ok(lam_net_forward(net, LAM_TRAIN, z, t, BATCH));
	const double expected = sum / (double)count, loss = lam_net_loss(net);
	check(fabs(loss - expected) < (sizeof(lam_real) == 4 ? 1e-8 : 1e-14) * expected,
		"%.17g, not %.17g", loss, expected);
	check_ok(lam_net_backward(net));
	const lam_real *p = lam_net_output(net), *dz = lam_net_input_grad(net);
	for (int64_t i = 0; i < 2 * PLANE; i += 1013) {
		const bool is = t[i % PLANE] == i / PLANE, counts = t[i % PLANE] >= 0;
		const double slope = counts ? ((double)p[i] - is) / (double)count : 0;
		check(fabs((double)dz[i] - slope) < 1e-6 / (double)count, "%" PRId64, i);
	}
	free(z);
	free(t);
	lam_net_free(net);
}

/* A small net, which learns to see the classes in noise. */
static lam_net *small(void)
{
	static const lam_real weights[K] = {1, 2, 1};
	return lam_net_create(lam_sequential(lam_conv2d(.out = 8, .kernel = {3}, .pad = {1}),
				      lam_relu(), lam_conv2d(.out = K, .kernel = {1}),
				      lam_softmax_cross_entropy(.ignore = NONE,
					      .class_weights = weights, .class_count = K)),
		LAM_SHAPE(K, H, W), .max_batch = 4, .seed = 3, .threads = 2);
}

static void check_trained(lam_net *net, const lam_report *report, lam_dataset *data)
{
	lam_score score;
	check(report->validation.mean_iou > 0.6, "%g", report->validation.mean_iou);
	check_ok(lam_evaluate(net, data, &score));
	check(score.mean_iou == report->validation.mean_iou && score.loss == report->validation.loss
		&& score.accuracy == report->validation.accuracy);
}

static bool stop_in_the_last_epoch(const lam_progress *progress, void *data)
{
	(void)data;
	check(progress->train.accuracy >= 0 && isnan(progress->train.mean_iou));
	return progress->total_step == 178;
}

/* Augmented training with maps, stopped in the middle of an epoch and resumed. */
static void maps_are_learnt(void)
{
	fill();
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(K, H, W), map, N, .target_shape = LAM_SHAPE(H, W), .ignore = NONE);
	lam_net *whole = small(), *parts = small();
	require(data && whole && parts, "%s", lam_error());
	lam_report report, resumed;
#define RUN(net, report, ...) \
	lam_fit(net, data, report, .epochs = 60, .batch = 2, .validation = data, \
		.augment = {.flip = true, .shift = 1}, \
		.optimizer = lam_adam(.lr = (lam_real)0.03), __VA_ARGS__)
	check_ok(RUN(whole, &report, .clip = 0));
	check_trained(whole, &report, data);
	check_ok(RUN(parts, &resumed, .checkpoint = file_path("run.npz"),
		.step_end = stop_in_the_last_epoch));
	check(resumed.stop == LAM_STOP_CALLBACK && resumed.steps == 178);
	lam_net_free(parts);
	parts = small();
	check_ok(RUN(parts, &resumed, .checkpoint = file_path("run.npz"), .resume = true));
	check(resumed.validation.loss == report.validation.loss
		&& resumed.train.loss == report.train.loss
		&& resumed.train.accuracy == report.train.accuracy
		&& resumed.validation.mean_iou == report.validation.mean_iou);
	check_ok(RUN(parts, &resumed, .checkpoint = file_path("run.npz"), .resume = true));
	check(resumed.validation.mean_iou == report.validation.mean_iou);
#undef RUN
	/* Probabilities at each place, by the saved net of one sample too. */
	lam_real p[N * K * PLACES], one[K * PLACES];
	check_ok(lam_net_predict(whole, x, N, p));
	for (int i = 0; i < PLACES; i++)
		check(fabs((double)(p[i] + p[PLACES + i] + p[2 * PLACES + i]) - 1) < 1e-6);
	check_ok(lam_net_save(whole, file_path("net.npz")));
	lam_net *loaded = lam_net_load(file_path("net.npz"), .inference = true, .max_batch = 1);
	require(loaded, "%s", lam_error());
	check_ok(lam_net_predict(loaded, x, 1, one));
	for (int i = 0; i < K * PLACES; i++)
		check(fabs((double)(p[i] - one[i])) < 1e-6);
	lam_score score, same;
	check_ok(lam_evaluate(loaded, data, &score));
	check_ok(lam_evaluate(whole, data, &same));
	check(fabs(score.loss - same.loss) < 1e-6 && score.mean_iou == same.mean_iou);
	lam_net_free(loaded);
	lam_net_free(whole);
	lam_net_free(parts);
	lam_dataset_free(data);
}

/* The class that is ignored, and the weights, are part of the file. */
static void options_travel_in_files(void)
{
	static const struct {
		int ignore;
		int32_t target;
	} rows[] = {{LAM_ZERO, 0}, {-100, -100}, {2, 2}, {0, 1}};
	fill();
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		static const lam_real weights[K] = {2, 0, 4};
		lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = rows[r].ignore,
			.class_weights = weights, .class_count = K));
		check_ok(lam_net_save(net, file_path("options.npz")));
		lam_net *loaded = lam_net_load(file_path("options.npz"), .max_batch = N);
		require(loaded, "%s", lam_error());
		for (int i = 0; i < N * PLACES; i++)
			map[i] = i % 2 ? rows[r].target : i % K;
		check_ok(lam_net_forward(net, LAM_TRAIN, x, map, N));
		check_ok(lam_net_forward(loaded, LAM_TRAIN, x, map, N));
		check(lam_net_loss(net) == lam_net_loss(loaded) && lam_net_loss(net) > 0);
		lam_target_info a, b;
		check_ok(lam_net_targets(net, &a));
		check_ok(lam_net_targets(loaded, &b));
		check(a.ignore == rows[r].ignore && b.ignore == rows[r].ignore);
		check(memcmp(a.weights, b.weights, sizeof weights) == 0);
		lam_net_free(net);
		lam_net_free(loaded);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(wrong_classes_are_named),
		TEST(the_mean_is_over_what_counts),
		TEST(places_are_scored),
		TEST(soft_places_are_scored),
		TEST(data_sets_fit_the_loss),
		TEST(unknown_classes_are_named),
		TEST(many_places_lose_no_digits),
		TEST(maps_are_learnt),
		TEST(options_travel_in_files),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
