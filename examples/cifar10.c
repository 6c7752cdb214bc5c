/* SPDX-License-Identifier: MIT */
/* CIFAR-10 in twelve epochs, by a recipe for 94%.
 *
 *     cifar10 [--data FOLDER] [--seed N] [--checkpoint FILE] [--resume] …
 *
 * The net and its recipe are those of Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU"
 * (2024), whose parts come from Page, "How to train your ResNet" (2018), and Balsam, hlb-CIFAR10
 * (2023): a frozen whitening convolution, identities as first weights, large rates of the biases,
 * lookahead, alternating flips, and six views of each test image. The images: Krizhevsky, "Learning
 * multiple layers of features from tiny images" (2009). examples/resnet20.c is the classic. */
#include "cifar10.h"

#include <math.h>

enum { BATCH = 1024, WHITE = 24, BIAS_EPOCHS = 3 };

static const char help[] =
	"Usage: cifar10 [options]\n"
	"Trains on CIFAR-10, which datasets/fetch-cifar10 brings, by a recipe for 94%.\n\n"
	"  --data FOLDER       the folder of the .bin files (default: $LAMINA_DATA, ./datasets)\n"
	"  --epochs N          passes over the training set (default 12)\n"
	"  --images N          of the training set (default: all)\n"
	"  --seed N            of weights, order and augmentation (default 1)\n"
	"  --threads N         (default: all)\n"
	"  --checkpoint FILE   written after every epoch (default cifar10.npz). Beside it come\n"
	"                      cifar10.csv, cifar10-curves.svg, cifar10-confusion.svg and\n"
	"                      cifar10-mistakes.png (the worst)\n"
	"  --resume            go on from the checkpoint, if it is there\n"
	"  --quick             a few images, an epoch: it works, and learns little;  --help\n";

static lam_layer *conv3(int out)
{
	return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .no_bias = true,
		.init = LAM_INIT_DIRAC);
}

static lam_layer *norm(void)
{
	return lam_batch_norm(.momentum = 0.4f, .eps = 1e-12f);
}

static lam_layer *stage(int out)
{
	return lam_sequential(conv3(out), lam_max_pool2d(.kernel = {2}), norm(), lam_gelu(),
		conv3(out), norm(), lam_gelu());
}

static lam_layer *model(void)
{
	return lam_sequential(lam_standardize(.mean = {0.4914f, 0.4822f, 0.4465f},
				      .std = {0.2470f, 0.2435f, 0.2616f}),
		lam_conv2d(.out = WHITE, .kernel = {2}, .name = "white"), lam_gelu(), stage(64),
		stage(256), stage(256), lam_max_pool2d(.kernel = {3}),
		lam_affine(.out = CLASSES, .no_bias = true, .init = LAM_INIT_NORMAL,
			.init_scale = 0.0361f), /* 1 / sqrt(3 x 256) */
		lam_scale(.factor = 1.0f / 9), lam_softmax_cross_entropy(.smoothing = 0.2f));
}

/* The factors of batch norms are not trained; their biases are, at 64 times the rate, with as much
 * weight decay a step as the others. */
static lam_status prepare(lam_net *net, const lam_dataset *train)
{
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		const char *name = lam_param_name(param);
		if (lam_param_shape(param).rank > 1 || strcmp(name, "white.bias") == 0)
			continue;
		lam_param_set_trainable(param, strcmp(strrchr(name, '.'), ".bias") == 0);
		lam_param_set_rate(param, 64);
		lam_param_set_decay(param, 1.0f / 64);
	}
	lam_param_set_trainable(lam_net_find(net, "white.weight"), false);
	return lam_whiten(net, "white", train);
}

/* Nothing before the first stage is trained after three epochs, so its backward is left out. */
static bool freeze(const lam_progress *progress, void *data)
{
	(void)data;
	if (progress->epoch == BIAS_EPOCHS)
		lam_param_set_trainable(lam_net_find(progress->net, "white.bias"), false);
	return false;
}

/* Adds to log_p, [CLASSES], `weight` times the logarithms of what the net says of an image that is
 * moved along both sides by `shift` pixels, and mirrored. The border is reflected. */
static lam_status add_view(lam_net *net, const lam_real *x, int64_t n, int shift, bool mirrored,
	lam_real weight, lam_real *log_p)
{
	static lam_real view[BATCH * PIXELS], p[BATCH * CLASSES];
	for (int64_t row = 0; row < n * 3 * SIDE; row++) {
		const int from = abs((int)(row % SIDE) + shift),
			  i = from < SIDE ? from : 2 * SIDE - 2 - from;
		for (int j = 0; j < SIDE; j++) {
			const int at = abs((mirrored ? SIDE - 1 - j : j) + shift);
			view[row * SIDE + j] = x[(row - row % SIDE + i) * SIDE
				+ (at < SIDE ? at : 2 * SIDE - 2 - at)];
		}
	}
	const lam_status status = lam_net_predict(net, view, n, p);
	for (int64_t k = 0; k < n * CLASSES && !status; k++)
		log_p[k] += weight * (lam_real)log((double)p[k]);
	return status;
}

/* Six views of each test image: as it is and mirrored, in its place and moved by a pixel. Returns
 * the weighted means of the logarithms of probabilities, or NULL. */
static lam_real *look(lam_net *net, const lam_dataset *test)
{
	static lam_real x[BATCH * PIXELS];
	static const lam_real weights[] = {0.125f, 0.25f, 0.125f};
	const int64_t count = lam_dataset_count(test);
	lam_real *log_p = (lam_real *)calloc((size_t)(count * CLASSES), sizeof *log_p);
	lam_status status = log_p ? LAM_OK : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int64_t first = 0, n; first < count && !status; first += n) {
		for (n = 0; n < BATCH && first + n < count && !status; n++)
			status = lam_dataset_read(test, first + n, x + n * PIXELS, NULL);
		for (int shift = -1; shift <= 1; shift++)
			for (int mirrored = 0; mirrored < 2 && !status; mirrored++)
				status = add_view(net, x, n, shift, mirrored, weights[shift + 1],
					log_p + first * CLASSES);
	}
	if (status)
		free(log_p);
	return status ? NULL : log_p;
}

static lam_status run(lam_net *net, const struct settings *s)
{
	char history[4096];
	lam_report report;
	lam_score score;
	snprintf(history, sizeof history, "%s", beside(s->checkpoint, ".csv"));
	/* Jordan counts rate and decay per 1,024 samples, apart from momentum and from each other:
	 * 11.5 / (1 + 1 / (1 - 0.85)) = 1.5 and 0.0153 / 11.5 = 0.00133. */
	lam_status status = lam_fit(net, s->train, &report, .epochs = s->epochs, .batch = BATCH,
		.drop_last = !s->quick, .validation = s->test,
		.optimizer = lam_sgd(.lr = 1.5f, .momentum = 0.85f, .nesterov = true,
			.weight_decay = 0.00133043f),
		.schedule = lam_piecewise(.points = {{0, 0.2f}, {0.23f, 1}, {1, 0.07f}}),
		.augment = {.shift = 2, .reflect = true, .flip = true, .alternate = true},
		.average = 0.774 /* 0.95^5 */, .average_every = 5, .average_power = 3,
		.lookahead = true, .checkpoint = s->checkpoint, .resume = s->resume != 0,
		.history = history, .epoch_end = freeze, .progress = lam_progress_bar,
		.progress_data = stderr);
	if (!status)
		status = lam_evaluate(net, s->test, &score);
	lam_real *log_p = status ? NULL : look(net, s->test);
	if (!status && !log_p)
		status = lam_error_status();
	if (!status)
		status = draw_run(net, s->test, log_p, &score, history, s->checkpoint);
	if (!status)
		printf("%.2f%% of the test images are recognised, %.2f%% of six views, after "
		       "%lld epochs and %.1f s (%.0f images/s)\n"
		       "%s: the net, and where training stands; beside it pictures\n",
			100 * score.accuracy, 100 * accuracy_of(s->test, log_p),
			(long long)report.epochs, report.seconds, report.images_per_second,
			s->checkpoint);
	free(log_p);
	return status;
}

int main(int argc, char **argv)
{
	struct settings s = {.checkpoint = "cifar10.npz", .epochs = 12, .seed = 1};
	parse(&s, argc, argv, help);
	lam_net *net = NULL;
	lam_status status = LAM_ERR_ARGUMENT;
	if (open_cifar10(&s, 300)
		&& (net = lam_net_create(model(), LAM_SHAPE(3, SIDE, SIDE), .max_batch = BATCH,
			    .seed = (uint64_t)s.seed, .threads = s.threads))) {
		lam_net_summary(net, stdout);
		status = prepare(net, s.train);
	}
	if (!status)
		status = run(net, &s);
	if (status)
		fprintf(stderr, "cifar10: %s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(s.test);
	lam_dataset_free(s.train);
	return status != LAM_OK;
}
