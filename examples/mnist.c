/* SPDX-License-Identifier: MIT */
/* Trains a convolutional network on MNIST, Fashion-MNIST or a similar set, saves it, and shows how
 * it learned, what it confuses, and its worst mistakes.
 *
 *     mnist [--data FOLDER] [--epochs N] [--checkpoint FILE] [--resume] …
 *
 * On Fashion-MNIST about 93% of the test images are right after six epochs, a minute or two on two
 * cores. examples/predict.c and numpy.load() read the file that it writes. */
#include "picture.h"
#include <getopt.h>
#include <lamina.h>
#include <math.h>

struct settings {
	const char *data, *checkpoint;
	double epochs, batch, rate, threads, seed;
	int resume, profile, help, wrong;
};

static const char usage[] =
	"Usage: mnist [options]\n"
	"Trains a convolutional network on MNIST, Fashion-MNIST or their kin.\n\n"
	"  --data FOLDER       the four IDX files, plain or .gz (default: $LAMINA_DATA; if\n"
	"                      that is not set, Debian's dataset-fashion-mnist, or ./datasets)\n"
	"  --epochs N          passes over the training set (default 6)\n"
	"  --batch N           images per step (default 128)\n"
	"  --rate X            the highest learning rate (default 0.002)\n"
	"  --threads N         default: OMP_NUM_THREADS, else as many as processors\n"
	"  --seed N            of weights, shuffle and dropout (default 42)\n"
	"  --checkpoint FILE   written after every epoch (default mnist.npz); FILE.png shows\n"
	"                      the loss of all steps, and below the worst mistakes\n"
	"  --resume            go on from the checkpoint, if it is there\n"
	"  --profile           show at the end where the time went;  --help\n";

static double number(const char *name, bool whole)
{
	char *end;
	const double value = strtod(optarg, &end);
	if (end != optarg && !*end && value >= 0 && value < 1e9
		&& (!whole || value == floor(value)))
		return value;
	fprintf(stderr, "mnist: --%s %s: expected a %snumber from 0 to 1e9\n", name, optarg,
		whole ? "whole " : "");
	exit(2);
}

static struct settings parse(int argc, char **argv)
{
	struct settings s = {
		.checkpoint = "mnist.npz", .epochs = 6, .batch = 128, .rate = 0.002, .seed = 42};
	const struct option options[] = {{"epochs", 1, NULL, 1}, {"batch", 1, NULL, 2},
		{"rate", 1, NULL, 3}, {"threads", 1, NULL, 4}, {"seed", 1, NULL, 5},
		{"data", 1, NULL, 6}, {"checkpoint", 1, NULL, 7}, {"resume", 0, &s.resume, 1},
		{"profile", 0, &s.profile, 1}, {"help", 0, &s.help, 1}, {NULL, 0, NULL, 0}};
	double *const numbers[] = {&s.epochs, &s.batch, &s.rate, &s.threads, &s.seed};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o >= 1 && o <= 5)
			*numbers[o - 1] = number(options[o - 1].name, o != 3);
		s.data = o == 6 ? optarg : s.data;
		s.checkpoint = o == 7 ? optarg : s.checkpoint;
		s.wrong |= o == '?';
	}
	if (s.wrong || s.help || optind < argc) {
		s.help &= !s.wrong && optind == argc;
		if (optind < argc)
			fprintf(stderr, "mnist: what is \"%s\"?\n", argv[optind]);
		fputs(s.help ? usage : "Try mnist --help.\n", s.help ? stdout : stderr);
		exit(s.help ? 0 : 2);
	}
	return s;
}

enum { STEPS = 1 << 20, PIXELS = 28, SHOWN = 40, COLUMNS = 10, ZOOM = 2, CELL = ZOOM * PIXELS + 4 };

/* The loss of each step of this call, as a mean that forgets. */
static lam_real losses[STEPS];
static int steps;

static bool record(const lam_progress *progress, void *unused)
{
	(void)unused;
	const lam_real loss = (lam_real)progress->batch_loss,
		       mean = steps ? losses[steps - 1] : loss;
	if (steps < STEPS)
		losses[steps++] = mean + (loss - mean) / 20;
	return false;
}

static const char *name(const lam_net *net, int64_t class)
{
	return lam_net_class_name(net, class) ? lam_net_class_name(net, class) : "?";
}

static void show_confusion(const lam_net *net, const lam_score *score)
{
	for (int64_t i = 0; score->confusion && i < score->classes; i++) {
		printf("%3lld %-12s", (long long)i, name(net, i));
		for (int64_t k = 0; k < score->classes; k++)
			printf("%6lld%s", (long long)score->confusion[i * score->classes + k],
				k + 1 == score->classes ? "\n" : "");
	}
}

/* Draws the curve, and below it the images whose own class got least, the worst first. */
static lam_status draw(lam_net *net, const lam_dataset *test, const char *path)
{
	enum { TOP = 160, WIDTH = COLUMNS * CELL, MOST = 1 << 18, BATCH = 64 };
	static lam_real own[MOST], x[BATCH][PIXELS * PIXELS], p[BATCH][10];
	static int32_t label[MOST], taken[MOST];
	const int count = lam_dataset_count(test) < MOST ? (int)lam_dataset_count(test) : MOST;
	struct picture picture = picture_new(WIDTH, TOP + SHOWN / COLUMNS * CELL);
	lam_status status = picture.rgb ? LAM_OK : lam_fail(LAM_ERR_MEMORY, "out of memory");
	for (int i = 0, n = 0; i < count && !status; i += n) {
		for (n = 0; n < BATCH && i + n < count && !status; n++)
			status = lam_dataset_read(test, i + n, x[n], label + i + n);
		status = status ? status : lam_net_predict(net, x[0], n, p[0]);
		for (int b = 0; b < n; b++) {
			for (int k = 0; k < 10; k++)
				taken[i + b] = p[b][k] > p[b][taken[i + b]] ? k : taken[i + b];
			own[i + b] = p[b][label[i + b]];
		}
	}
	for (int n = 0; n < SHOWN && n < count && !status; n++) {
		int worst = 0;
		for (int i = 1; i < count; i++)
			worst = own[i] < own[worst] ? i : worst;
		status = lam_dataset_read(test, worst, x[0], NULL);
		picture_image(&picture, TOP + n / COLUMNS * CELL + 2, n % COLUMNS * CELL + 2, x[0],
			PIXELS, PIXELS, ZOOM);
		if (n < 5)
			printf("image %d is taken for %s, and is %s (%.4f%%)\n", worst,
				name(net, taken[worst]), name(net, label[worst]),
				100 * (double)own[worst]);
		own[worst] = 2; /* not again */
	}
	if (!status) {
		picture_line(&picture, 4, 4, TOP - 12, WIDTH - 8, losses, steps, 0, 1, 0x2060c0);
		status = picture_save(&picture, path);
	}
	free(picture.rgb);
	return status;
}

static lam_status train(lam_net *net, const lam_dataset *training, const lam_dataset *test,
	const struct settings *s)
{
	char path[4096];
	lam_report report;
	const lam_optimizer adam = lam_adam(.lr = (lam_real)s->rate);
	/* The optimizer's moments are a part of the memory that the summary tells of. */
	lam_status status = lam_net_prepare(net, &adam);
	if (status)
		return status;
	lam_net_summary(net, stdout);
	status = lam_fit(net, training, &report, .epochs = (int)s->epochs, .batch = (int)s->batch,
		.validation = test, .optimizer = adam,
		.schedule = lam_one_cycle(.peak = (lam_real)s->rate), .checkpoint = s->checkpoint,
		.resume = s->resume != 0, .progress = lam_progress_bar, .progress_data = stderr,
		.step_end = record, .profile = s->profile ? stdout : NULL);
	if (status)
		return status;
	printf("%.2f%% of the test images are recognised after %lld epochs and %.1f s (%.0f "
	       "images/s)\n%s: the net, and where training stands\n",
		100 * report.validation.accuracy, (long long)report.epochs, report.seconds,
		report.images_per_second, s->checkpoint);
	show_confusion(net, &report.validation);
	snprintf(path, sizeof path, "%s.png", s->checkpoint);
	status = draw(net, test, path);
	if (!status)
		printf("%s: the loss of each step, and the worst mistakes\n", path);
	return status;
}

int main(int argc, char **argv)
{
	const struct settings s = parse(argc, argv);
	lam_dataset *training = lam_mnist_open(s.data, LAM_SPLIT_TRAIN);
	lam_dataset *test = lam_mnist_open(s.data, LAM_SPLIT_TEST);
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), lam_relu(),
			lam_conv2d(.out = 64, .kernel = {3}), lam_relu(),
			lam_max_pool2d(.kernel = {2}), lam_flatten(), lam_affine(.out = 128),
			lam_relu(), lam_dropout(.p = 0.25f), lam_affine(.out = 10),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, PIXELS, PIXELS), .max_batch = (int)s.batch, .seed = (uint64_t)s.seed,
		.threads = (int)s.threads);
	lam_status status = LAM_ERR_ARGUMENT;
	if (training && test && net) {
		printf("Trains on %s,\ntests on %s\n", lam_dataset_source(training),
			lam_dataset_source(test));
		status = train(net, training, test, &s);
	}
	if (status)
		fprintf(stderr, "%s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(training);
	return status != LAM_OK;
}
