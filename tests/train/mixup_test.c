/* SPDX-License-Identifier: MIT */
/* Mixup: shares of the Beta distribution, mixed samples and targets in loaders, and in lam_fit()
 * the mixed loss with smoothing, weights and ignored classes, its gradient and its accuracy,
 * against loops in double. */
#include "tests/files/files.h"

#include <lamina.h>

#include "framework/data/loader_fields.h"
#include "framework/net/run.h"

#include <math.h>

enum { COUNT = 43, SIDE = 4, PIXELS = SIDE * SIDE, CLASSES = 5, BATCH = 20 };
#define TOLERANCE (sizeof(lam_real) == 4 ? 2e-5 : 1e-12)

static lam_real images[COUNT * PIXELS], values[COUNT * 3];
static int32_t labels[COUNT];

static double number(uint64_t a, uint64_t b)
{
	return lam_random_uniform(lam_random(3, a, b).word[0]);
}

static void fill(void)
{
	for (int i = 0; i < COUNT * PIXELS; i++)
		images[i] = (lam_real)number(1, (uint64_t)i);
	for (int i = 0; i < COUNT * 3; i++)
		values[i] = (lam_real)number(2, (uint64_t)i);
	for (int i = 0; i < COUNT; i++)
		labels[i] = i % CLASSES;
}

/* Mean 1/2 and variance 1 / (4 (2 alpha + 1)); every other sample is as likely. */
static void draws_of_the_beta_distribution(void)
{
	enum { DRAWS = 20000 };
	for (int r = 0; r < 4; r++) {
		const double alpha = (const double[]){0.1, 0.5, 1, 4}[r];
		double sum = 0, squares = 0, last = 0;
		int others[10] = {0};
		for (int i = 0; i < DRAWS; i++) {
			const lam_mixture m = lam_mixup_draw(alpha, &(lam_drawn){7, r, i}, 10);
			require(m.share >= 0 && m.share <= 1 && m.other >= 0 && m.other < 10);
			const double d = (double)m.share - 0.5;
			sum += d, squares += d * d, others[m.other]++;
			check(i == 0 || (double)m.share != last || alpha < 0.2);
			last = (double)m.share;
		}
		const double variance = 1 / (4 * (2 * alpha + 1));
		check_near(sum / DRAWS, 0, 5 * sqrt(variance / DRAWS));
		check_near(squares / DRAWS, variance, 0.03 * variance);
		for (int k = 0; k < 10; k++)
			check(abs(others[k] - DRAWS / 10) < 250, "%d", others[k]);
	}
	for (int i = 0; i < 100; i++) {
		const lam_mixture m = lam_mixup_draw(1e-300, &(lam_drawn){7, 0, i}, 10);
		check(m.share == 0 || m.share == 1 || m.share == (lam_real)0.5);
	}
}

/* sum_k t'_k (log sum_j exp(z_j) - z_k) of one class, and what it adds to C. The gradient, times
 * `share`, is added to dz. */
static double textbook(const lam_softmax_cross_entropy_options *o, const double *z, int y,
	double share, double *dz, double *count)
{
	double sum = 0, loss = 0;
	for (int k = 0; k < CLASSES; k++)
		sum += exp(z[k]);
	if (o->ignore == (y ? y : LAM_ZERO))
		return 0;
	const lam_real *w = o->class_weights;
	*count += share * (w ? (double)w[y] : 1);
	double total = 0, t[CLASSES];
	for (int k = 0; k < CLASSES; k++) {
		t[k] = (double)o->smoothing / CLASSES * (w ? (double)w[k] : 1);
		t[k] += k == y ? (1 - (double)o->smoothing) * (w ? (double)w[y] : 1) : 0;
		total += t[k];
		loss += t[k] * (log(sum) - z[k]);
	}
	for (int k = 0; k < CLASSES; k++)
		dz[k] += share * (exp(z[k]) / sum * total - t[k]);
	return share * loss;
}

static void the_loss_mixes(void)
{
	static const lam_real weights[CLASSES] = {1, 2, (lam_real)0.5, 3, 0};
	const lam_softmax_cross_entropy_options rows[] = {
		{.smoothing = 0},
		{.smoothing = (lam_real)0.1},
		{.ignore = 2},
		{.ignore = LAM_ZERO, .smoothing = (lam_real)0.2},
		{.class_weights = weights, .class_count = CLASSES},
		{.class_weights = weights,
			.class_count = CLASSES,
			.ignore = 3,
			.smoothing = (lam_real)0.3},
	};
	enum { MOST = 35, PLACES = 7 };
	for (size_t r = 0; r < 2 * sizeof rows / sizeof *rows; r++) {
		lam_softmax_cross_entropy_options o = rows[r / 2];
		const int places = r % 2 ? PLACES : 1, n = r / 2 % 2 ? MOST : 17;
		test_begin("options %d, %d places", (int)r / 2, places);
		o.size = sizeof o;
		lam_net *net = lam_net_create(lam_softmax_cross_entropy_new(&o),
			places > 1 ? LAM_SHAPE(CLASSES, PLACES) : LAM_SHAPE(CLASSES),
			.max_batch = MOST, .input_grad = true, .threads = 2);
		require(net, "%s", lam_error());
		lam_real x[MOST * CLASSES * PLACES], share[MOST];
		int32_t first[MOST * PLACES], second[MOST * PLACES];
		double dz[MOST * CLASSES * PLACES] = {0}, loss = 0, count = 0;
		for (int i = 0; i < n * CLASSES * places; i++)
			x[i] = (lam_real)(6 * number(4, (uint64_t)i) - 3);
		for (int i = 0; i < n * places; i++) {
			first[i] = (int32_t)(number(5, (uint64_t)i) * CLASSES);
			second[i] = (int32_t)(number(6, (uint64_t)i) * CLASSES);
		}
		for (int i = 0; i < n; i++)
			share[i] = i < 2 ? (lam_real)i : (lam_real)number(7, (uint64_t)i);
		for (int i = 0; i < n * places; i++) {
			double z[CLASSES], d[CLASSES] = {0};
			const int at = i / places * CLASSES * places + i % places;
			const double a = (double)share[i / places];
			for (int k = 0; k < CLASSES; k++)
				z[k] = (double)x[at + k * places];
			loss += textbook(&o, z, first[i], a, d, &count);
			loss += textbook(&o, z, second[i], 1 - a, d, &count);
			for (int k = 0; k < CLASSES; k++)
				dz[at + k * places] = d[k];
		}
		check_ok(lam_net_run(net,
			&(lam_run){.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD,
				.mode = LAM_TRAIN,
				.n = n,
				.inputs = &(lam_run_input){.rows = x},
				.targets = &(lam_run_target){.data = first,
					.given = LAM_GIVEN_LOADED,
					.second = second,
					.share = share}}));
		check_near(lam_net_loss(net), loss / count, TOLERANCE * 10);
		const lam_real *dx = lam_net_input_grad(net);
		require(dx, "%s", lam_error());
		for (int i = 0; i < n * CLASSES * places; i++)
			check_near((double)dx[i], dz[i] / count, TOLERANCE);
		lam_net_free(net);
	}
}

/* A loader mixes inputs and values, and makes soft targets of classes. */
static void a_loader_mixes_samples(void)
{
	lam_dataset *data = lam_dataset_fields(COUNT,
		(const lam_field[]){{"x", images, .shape = LAM_SHAPE(1, SIDE, SIDE)},
			{"class", labels, .role = LAM_ROLE_CLASSES, .classes = CLASSES},
			{"value", values, .shape = LAM_SHAPE(3), .role = LAM_ROLE_VALUES},
			{"same", .role = LAM_ROLE_SAME}, {0}});
	lam_loader *loader = lam_loader_new(
		data, .batch = COUNT, .seed = 4, .augment = {.mixup = 0.6}, .no_shuffle = true);
	require(data && loader, "%s", lam_error());
	for (int epoch = 0; epoch < 2; epoch++) {
		const lam_batch *batch = lam_loader_next(loader);
		require(batch, "%s", lam_error());
		const lam_real *x = batch->io[0].data, *soft = batch->io[1].data,
			       *t = batch->io[2].data;
		check(batch->io[3].data == x);
		for (int i = 0; i < COUNT; i++) {
			const lam_mixture m = lam_mixup_draw(0.6, &(lam_drawn){4, epoch, i}, COUNT);
			const double a = (double)m.share, b = 1 - a;
			for (int p = 0; p < PIXELS; p++)
				check_near((double)x[i * PIXELS + p],
					a * (double)images[i * PIXELS + p]
						+ b * (double)images[m.other * PIXELS + p],
					TOLERANCE);
			for (int k = 0; k < 3; k++)
				check_near((double)t[i * 3 + k],
					a * (double)values[i * 3 + k]
						+ b * (double)values[m.other * 3 + k],
					TOLERANCE);
			for (int k = 0; k < CLASSES; k++)
				check_near((double)soft[i * CLASSES + k],
					a * (labels[i] == k) + b * (labels[m.other] == k),
					TOLERANCE);
		}
	}
	lam_loader_free(loader);
	lam_dataset_free(data);
}

static lam_net *net_of(lam_layer *loss, uint64_t seed)
{
	return lam_net_create(lam_sequential(lam_affine(.out = CLASSES), loss),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .seed = seed, .threads = 2);
}

/* The report of an epoch whose steps change nothing. */
static void fit_scores_the_mixed_loss(void)
{
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .classes = CLASSES);
	lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = 3), 9);
	lam_report report;
	require(data && net, "%s", lam_error());
	check_ok(lam_fit(net, data, &report, .epochs = 1, .augment = {.mixup = 1},
		.optimizer = lam_sgd(.lr = (lam_real)1e-30)));
	double loss = 0, count = 0, right = 0, scored = 0;
	for (int i = 0; i < COUNT; i++) {
		const lam_mixture m = lam_mixup_draw(1, &(lam_drawn){9, 0, i}, COUNT);
		const int y[2] = {labels[i], labels[m.other]};
		const double a[2] = {(double)m.share, 1 - (double)m.share};
		lam_real x[PIXELS], p[CLASSES];
		for (int k = 0; k < PIXELS; k++)
			x[k] = m.share * images[i * PIXELS + k]
				+ (1 - m.share) * images[m.other * PIXELS + k];
		check_ok(lam_net_predict(net, x, 1, p));
		int best = 0;
		double all = 0, found = 0;
		for (int k = 0; k < CLASSES; k++)
			best = p[k] > p[best] ? k : best;
		for (int k = 0; k < 2; k++) {
			if (y[k] == 3)
				continue;
			loss -= a[k] * log((double)p[y[k]]);
			count += a[k], all += a[k];
			found += y[k] == best ? a[k] : 0;
		}
		right += all > 0 ? found / all : 0;
		scored += all > 0;
	}
	check_near(report.train.loss, loss / count, 10 * TOLERANCE);
	check_near(report.train.accuracy, right / scored, 10 * TOLERANCE);
	lam_score score;
	check_ok(lam_net_score_of(net, "loss", LAM_TRAINED, &score));
	check(score.scored == (int64_t)scored);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* A loop of a loader and a loss with .soft ends near lam_fit(). */
static void a_loop_with_soft_targets_comes_near(void)
{
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .classes = CLASSES);
	lam_net *net = net_of(lam_softmax_cross_entropy(.smoothing = (lam_real)0.1), 9),
		*soft = net_of(
			lam_softmax_cross_entropy(.smoothing = (lam_real)0.1, .soft = true), 9);
	lam_loader *loader = lam_loader_new(
		data, .batch = BATCH, .seed = 9, .augment = {.mixup = 0.3, .flip = true});
	require(data && net && soft && loader, "%s", lam_error());
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9);
	check_ok(lam_fit(net, data, NULL, .epochs = 3, .optimizer = sgd,
		.augment = {.mixup = 0.3, .flip = true}));
	for (int step = 0; step < 9; step++) {
		const lam_batch *batch = lam_loader_next(loader);
		require(batch, "%s", lam_error());
		check_ok(lam_net_step(soft, &sgd, batch->x, batch->targets, batch->n));
	}
	for (int i = 0; i < CLASSES * PIXELS; i++)
		check_near((double)lam_param_value(lam_net_param(net, 0))[i],
			(double)lam_param_value(lam_net_param(soft, 0))[i], TOLERANCE);
	lam_loader_free(loader);
	lam_net_free(net);
	lam_net_free(soft);
	lam_dataset_free(data);
}

static void a_failed_step_is_replayed(void)
{
	lam_dataset *data = lam_dataset_arrays(
		images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .classes = CLASSES);
	lam_net *net = net_of(lam_softmax_cross_entropy(.ignore = 3), 9);
	const char *path = file_path("failed.npz");
	images[12 * PIXELS] = (lam_real)INFINITY;
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .augment = {.mixup = 1}, .replay = path,
			    .optimizer = lam_sgd(.lr = (lam_real)0.1)),
		LAM_ERR_NUMERIC, "is not finite");
	images[12 * PIXELS] = (lam_real)0.5;
	check_fails(lam_replay(path), LAM_ERR_NUMERIC, "is not finite");
	lam_net_free(net);
	lam_dataset_free(data);
}

static lam_status own_targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	(void)self;
	*info = (lam_target_info){.type = LAM_CLASSES, .classes = in->dim[0]};
	return LAM_OK;
}

static lam_status own_run(const lam_layer *self, const lam_pass *pass)
{
	(void)self, (void)pass;
	return LAM_OK;
}

static lam_status read_nothing(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self, (void)index, (void)x, (void)target;
	return LAM_OK;
}

static void what_cannot_be_mixed_is_refused(void)
{
	static const lam_layer_class own = {LAM_LAYER_ABI, .kind = "own", .flags = LAM_LOSS,
		.targets = own_targets, .forward = own_run, .backward = own_run};
	static const lam_dataset_class nothing = {
		LAM_DATASET_ABI, .kind = "nothing", .read = read_nothing};
	lam_dataset *data = lam_dataset_arrays(
			    images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT, .classes = CLASSES),
		    *unknown = lam_dataset_new(
			    &nothing, COUNT, LAM_SHAPE(3), (lam_target_info){.classes = 0}),
		    *ignores = lam_dataset_arrays(images, LAM_SHAPE(1, SIDE, SIDE), labels, COUNT,
			    .classes = CLASSES, .ignore = 4);
	lam_net *net = net_of(lam_layer_new(&own, NULL), 1);
	require(data && net && unknown && ignores, "%s", lam_error());
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .augment = {.mixup = 1},
			    .optimizer = lam_sgd(.lr = (lam_real)0.1)),
		LAM_ERR_UNSUPPORTED,
		"augment: .mixup, but the loss own \"1\" takes one class per sample; expected a "
		"loss with LAM_MIXES, or targets that are values");
	const struct {
		const lam_dataset *data;
		double alpha;
		const char *words;
	} rows[] = {
		{data, -1, "augment: .mixup is -1; expected a parameter of the Beta distribution"},
		{data, (double)NAN, "augment: .mixup is nan"},
		{data, (double)INFINITY, "augment: .mixup is inf"},
		{ignores, 1, "of which it ignores one; expected no .ignore"},
		{unknown, 1, "whose number is not known; expected .classes"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		lam_loader *loader = lam_loader_new(
			rows[r].data, .augment = {.mixup = rows[r].alpha});
		check(!loader && strstr(lam_error(), rows[r].words), "row %d says %s", (int)r,
			lam_error());
		lam_loader_free(loader);
	}
	lam_net_free(net);
	lam_dataset_free(data);
	lam_dataset_free(unknown);
	lam_dataset_free(ignores);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(draws_of_the_beta_distribution),
		TEST(the_loss_mixes),
		TEST(a_loader_mixes_samples),
		TEST(fit_scores_the_mixed_loss),
		TEST(a_loop_with_soft_targets_comes_near),
		TEST(a_failed_step_is_replayed),
		TEST(what_cannot_be_mixed_is_refused),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
