/* SPDX-License-Identifier: MIT */
/* Convolution of signals: by hand on eight numbers; then Cylinder, Bell and Funnel; then images of
 * digits or clothes read as signals of 28 channels.
 *
 *     signal [--quick] [folder of MNIST, Fashion-MNIST or a similar set]
 *
 * A signal is [channels][length]. The picture signal.svg has signals of each kind, and below each
 * what the first layer's 16 kernels make of it; signal-rows.svg has images as signals. */
#include <lamina.h>

#include "usage.h"

#include <math.h>

enum { LENGTH = 128, KINDS = 3, TRAIN = 600, TEST = 600, KERNELS = 16, SIDE = 28, SHOWN = 6 };

/* y[i] = w0 x[i - 1] + w1 x[i] + w2 x[i + 1] + b, with zeros beyond the ends: a cross-correlation,
 * which is what deep learning calls a convolution. */
static lam_status by_hand(void)
{
	const lam_real x[8] = {0, 1, 3, 2, 2, 5, 4, 0}, w[3] = {-1, 2, -1}, b = 1;
	lam_real y[8];
	lam_net *net = lam_net_create(lam_conv1d(.out = 1, .kernel = 3, .pad = 1), LAM_SHAPE(1, 8),
		.max_batch = 1, .threads = 1);
	if (!net)
		return lam_error_status();
	memcpy(lam_param_edit(lam_net_find(net, "weight")), w, sizeof w);
	*lam_param_edit(lam_net_find(net, "bias")) = b;
	lam_status status = lam_net_predict(net, x, 1, y);
	printf("x        w = (-1, 2, -1), b = 1           by hand   conv1d\n");
	for (int i = 0; i < 8 && !status; i++) {
		const lam_real left = i ? x[i - 1] : 0, right = i < 7 ? x[i + 1] : 0;
		printf("%g   %8g * %g + %g * %g + %g * %g + %g %8g %8g\n", (double)x[i],
			(double)w[0], (double)left, (double)w[1], (double)x[i], (double)w[2],
			(double)right, (double)b,
			(double)(w[0] * left + w[1] * x[i] + w[2] * right + b), (double)y[i]);
	}
	lam_net_free(net);
	return status;
}

/* Cylinder-Bell-Funnel (Saito, "Local feature extraction and its applications using a library of
 * bases", 1994): t = 1 … 128, a uniform in [16, 32], b - a in [32, 96], eta and e(t) standard
 * normal, X = 1 from a to b and else 0:
 *
 *     cylinder  (6 + eta) X + e(t)
 *     bell      (6 + eta) X (t - a) / (b - a) + e(t)
 *     funnel    (6 + eta) X (b - t) / (b - a) + e(t) */
static lam_status read_signal(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	const uint64_t key = lam_random_key(
		*(uint64_t *)lam_dataset_state(self), 0, (uint64_t)index);
	const int32_t kind = (int32_t)(index % KINDS);
	const double a = 16 + 16 * lam_random_uniform(lam_random(key, 1, 0).word[0]),
		     length = 32 + 64 * lam_random_uniform(lam_random(key, 1, 0).word[1]),
		     high = 6 + lam_random_normal(key, LENGTH);
	for (int i = 0; i < LENGTH; i++) {
		const double t = i + 1, part = (t - a) / length;
		const double shape[KINDS] = {1, part, 1 - part};
		x[i] = (lam_real)((part >= 0 && part <= 1 ? high * shape[kind] : 0)
			+ lam_random_normal(key, (uint64_t)i));
	}
	if (target)
		*(int32_t *)target = kind;
	return LAM_OK;
}

static lam_dataset *signals(uint64_t seed, int64_t count)
{
	static const lam_dataset_class class = {LAM_DATASET_ABI, .kind = "cylinder-bell-funnel",
		.state_size = sizeof(uint64_t), .read = read_signal};
	static const char *const names[KINDS] = {"cylinder", "bell", "funnel"};
	lam_dataset *d = lam_dataset_new(&class, count, LAM_SHAPE(1, LENGTH),
		(lam_target_info){.type = LAM_CLASSES, .classes = KINDS});
	if (d)
		*(uint64_t *)lam_dataset_state(d) = seed;
	if (d && lam_dataset_set_class_names(d, names, KINDS)) {
		lam_dataset_free(d);
		return NULL;
	}
	return d;
}

/* Samples of any shape of as many values are read as signals [channels][length]. */
static lam_net *make_net(lam_shape shape, lam_shape signal, int classes)
{
	return lam_net_create(
		lam_sequential(lam_reshape(.shape = signal),
			lam_conv1d(.out = KERNELS, .kernel = 9, .pad = 4), lam_relu(),
			lam_max_pool1d(.kernel = 2), lam_conv1d(.out = 32, .kernel = 5, .pad = 2),
			lam_relu(), lam_max_pool1d(.kernel = 2), lam_affine(.out = 64), lam_relu(),
			lam_dropout(.p = 0.25f), lam_affine(.out = classes),
			lam_softmax_cross_entropy()),
		shape, .max_batch = 64, .seed = 1, .watch = (const char *const[]){"2", NULL});
}

/* Draws SHOWN signals, what the net takes them for in green or red and, `with_maps`, below each the
 * outputs of the first layer's kernels after ReLU. */
static lam_status draw(
	const char *path, lam_net *net, const lam_dataset *test, lam_shape signal, bool with_maps)
{
	static lam_real x[SHOWN][SIDE * SIDE], maps[SHOWN][KERNELS * LENGTH], y[10];
	const lam_shape out = lam_net_output_shape(net), map = LAM_SHAPE(KERNELS, LENGTH);
	const int64_t values = lam_shape_count(&signal);
	const char *labels[SHOWN];
	lam_verdict verdicts[SHOWN];
	lam_status status = LAM_OK;
	for (int i = 0; i < SHOWN && !status; i++) {
		int32_t kind, said = 0;
		status = lam_dataset_read(test, i, x[0] + i * values, &kind);
		if (!status)
			status = lam_net_predict(net, x[0] + i * values, 1, y);
		if (status)
			break;
		for (int32_t k = 1; k < lam_shape_count(&out); k++)
			said = y[k] > y[said] ? k : said;
		labels[i] = lam_net_class_name(net, said);
		verdicts[i] = said == kind ? LAM_VERDICT_RIGHT : LAM_VERDICT_WRONG;
		if (with_maps)
			memcpy(maps[i], lam_net_value(net, "2", NULL), sizeof maps[i]);
	}
	return status ? status
		      : lam_picture_signals(path, x[0], SHOWN, signal, .labels = labels,
			      .verdicts = verdicts, .below = with_maps ? maps[0] : NULL,
			      .below_shape = map);
}

static lam_status learn(const char *what, lam_net *net, const lam_dataset *train,
	const lam_dataset *test, int epochs)
{
	lam_report report;
	lam_status status = !net || !train || !test
		? lam_error_status()
		: lam_fit(net, train, &report, .epochs = epochs, .validation = test,
			.optimizer = lam_adam(.lr = 2e-3f), .schedule = lam_cosine());
	if (!status)
		printf("%s: %.2f%% of %lld test signals are right after %d epochs, %.1f s\n", what,
			100 * report.validation.accuracy, (long long)report.validation.count,
			epochs, report.seconds);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: signal [--quick] [FOLDER]\n"
		"Convolves a signal by hand, learns Cylinder-Bell-Funnel (signal.svg), and learns\n"
		"the images in FOLDER (default: $LAMINA_DATA, or Debian's dataset-fashion-mnist)\n"
		"as signals of 28 channels, one for each row (signal-rows.svg).\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	const int64_t most = short_run ? 500 : 60000;
	lam_dataset *train = signals(1, short_run ? 60 : TRAIN), *test = signals(2, TEST),
		    *images = first(lam_mnist_open(folder, LAM_SPLIT_TRAIN), most),
		    *test_images = first(lam_mnist_open(folder, LAM_SPLIT_TEST), most);
	const lam_shape signal = LAM_SHAPE(1, LENGTH), row_signal = LAM_SHAPE(SIDE, SIDE);
	lam_net *net = make_net(signal, signal, KINDS),
		*rows = make_net(LAM_SHAPE(1, SIDE, SIDE), row_signal, 10);
	lam_status status = by_hand();
	if (!status)
		status = learn("Cylinder-Bell-Funnel", net, train, test, short_run ? 1 : 20);
	if (!status)
		status = draw("signal.svg", net, test, signal, true);
	if (!status)
		status = learn("images as signals", rows, images, test_images, short_run ? 1 : 3);
	if (!status)
		status = draw("signal-rows.svg", rows, test_images, row_signal, false);
	if (!status)
		printf("signal.svg: signals, and what the kernels answer; signal-rows.svg: "
		       "images\n");
	if (status)
		fprintf(stderr, "signal: %s\n", lam_error());
	lam_net_free(rows);
	lam_net_free(net);
	lam_dataset_free(test_images);
	lam_dataset_free(images);
	lam_dataset_free(test);
	lam_dataset_free(train);
	return status != LAM_OK;
}
