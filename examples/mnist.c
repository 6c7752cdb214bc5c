/* SPDX-License-Identifier: MIT */
/* Trains a convolutional network on MNIST, Fashion-MNIST or a similar set, saves it, and draws what
 * it has learned.
 *
 *     mnist [--data FOLDER] [--epochs N] [--checkpoint FILE] [--resume] …
 *
 * mnist --help lists all options. On Fashion-MNIST the net classifies about 93% of the test images
 * rightly after six epochs, which take a minute or two on two cores. examples/predict.c and
 * numpy.load() read the file that it writes. */
#include <lamina.h>

#include "png.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000000000 };

struct settings {
	const char *data, *checkpoint;
	int epochs, batch, threads;
	uint64_t seed;
	double rate;
	bool resume, profile;
};

static const char usage[] =
	"Usage: mnist [options]\n"
	"Trains a convolutional network on MNIST, Fashion-MNIST or their kin.\n"
	"\n"
	"  --data FOLDER       the four IDX files, plain or .gz (default: $LAMINA_DATA; if\n"
	"                      that is not set, Debian's dataset-fashion-mnist, or ./datasets)\n"
	"  --epochs N          passes over the training set (default 6)\n"
	"  --batch N           images per step (default 128)\n"
	"  --rate X            the highest learning rate (default 0.002)\n"
	"  --threads N         default: OMP_NUM_THREADS, else as many as processors\n"
	"  --seed N            of weights, shuffle and dropout (default 42)\n"
	"  --checkpoint FILE   written after every epoch (default mnist.npz); a picture\n"
	"                      of test images and filters is left beside it as FILE.png\n"
	"  --resume            go on from the checkpoint, if it is there\n"
	"  --profile           show at the end where the time of the steps went\n"
	"  --help\n";

/* Parses an integer from `least` to `most`; exits if it is none. */
static long long number(const char *option, const char *text, long long least, long long most)
{
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most) {
		fprintf(stderr, "mnist: --%s %s: expected a whole number from %lld to %lld\n",
			option, text, least, most);
		exit(2);
	}
	return value;
}

static double rate(const char *text)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || !(value > 0)) {
		fprintf(stderr, "mnist: --rate %s: expected a number above 0\n", text);
		exit(2);
	}
	return value;
}

static struct settings parse(int argc, char **argv)
{
	static const struct option options[] = {
		{"data", required_argument, NULL, 'd'},
		{"epochs", required_argument, NULL, 'e'},
		{"batch", required_argument, NULL, 'b'},
		{"rate", required_argument, NULL, 'l'},
		{"threads", required_argument, NULL, 't'},
		{"seed", required_argument, NULL, 's'},
		{"checkpoint", required_argument, NULL, 'c'},
		{"resume", no_argument, NULL, 'r'},
		{"profile", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct settings s = {
		.checkpoint = "mnist.npz", .epochs = 6, .batch = 128, .seed = 42, .rate = 0.002};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
		switch (option) {
		case 'd':
			s.data = optarg;
			break;
		case 'e':
			s.epochs = (int)number("epochs", optarg, 1, MOST);
			break;
		case 'b':
			s.batch = (int)number("batch", optarg, 1, MOST);
			break;
		case 'l':
			s.rate = rate(optarg);
			break;
		case 't':
			s.threads = (int)number("threads", optarg, 1, MOST);
			break;
		case 's':
			s.seed = (uint64_t)number("seed", optarg, 0, LLONG_MAX);
			break;
		case 'c':
			s.checkpoint = optarg;
			break;
		case 'r':
			s.resume = true;
			break;
		case 'p':
			s.profile = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("Try mnist --help.\n", stderr);
			exit(2);
		}
	if (optind < argc) {
		fprintf(stderr, "mnist: what is \"%s\"? Try mnist --help.\n", argv[optind]);
		exit(2);
	}
	return s;
}

static lam_layer *compose(void)
{
	return lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), lam_relu(),
		lam_conv2d(.out = 64, .kernel = {3}), lam_relu(), lam_max_pool2d(.kernel = {2}),
		lam_flatten(), lam_affine(.out = 128), lam_relu(), lam_dropout(.p = 0.25f),
		lam_affine(.out = 10), lam_softmax_cross_entropy());
}

/* The picture to draw, in RGB. */
enum {
	COLUMNS = 24,
	ROWS = 10,
	CELL = 36,
	PIXELS = 28,
	STRIP = 40,
	WIDTH = COLUMNS * CELL,
	HEIGHT = STRIP + ROWS * (CELL + 6)
};

static unsigned char picture[HEIGHT][WIDTH][3];

static void fill(
	int top, int left, int height, int width, unsigned red, unsigned green, unsigned blue)
{
	for (int y = top; y < top + height && y < HEIGHT; y++)
		for (int x = left; x < left + width && x < WIDTH; x++) {
			picture[y][x][0] = (unsigned char)red;
			picture[y][x][1] = (unsigned char)green;
			picture[y][x][2] = (unsigned char)blue;
		}
}

/* Digits of 3 x 5 dots, top row first, the leftmost dot of a row in its highest bit. */
static void draw_digit(int top, int left, int digit)
{
	static const unsigned char digits[10][5] = {
		{7, 5, 5, 5, 7},
		{2, 6, 2, 2, 7},
		{7, 1, 7, 4, 7},
		{7, 1, 7, 1, 7},
		{5, 5, 7, 1, 1},
		{7, 4, 7, 1, 7},
		{7, 4, 7, 5, 7},
		{7, 1, 1, 1, 1},
		{7, 5, 7, 5, 7},
		{7, 5, 7, 1, 7},
	};
	for (int y = 0; y < 5; y++)
		for (int x = 0; x < 3; x++)
			if (digits[digit][y] & 4 >> x)
				fill(top + y, left + x, 1, 1, 255, 255, 255);
}

/* Draws the first layer's kernels [32][1][3][3]: negative weights are red, positive ones blue. */
static void draw_filters(lam_net *net)
{
	const lam_param *weight = lam_net_param(net, 0);
	const lam_shape shape = lam_param_shape(weight);
	const lam_real *w = lam_param_value(weight);
	const int64_t count = lam_shape_count(&shape), dots = shape.dim[2] * shape.dim[3];
	double most = 1e-9;
	for (int64_t i = 0; i < count; i++)
		most = (double)w[i] > most     ? (double)w[i]
			: (double)-w[i] > most ? (double)-w[i]
					       : most;
	for (int64_t i = 0; i < count; i++) {
		const int filter = (int)(i / dots), y = (int)(i % dots / shape.dim[3]),
			  x = (int)(i % shape.dim[3]);
		const double part = (double)w[i] / most;
		const unsigned pale = (unsigned)(255 * (1 - (part < 0 ? -part : part)));
		fill(8 + 8 * y, 2 + 27 * filter + 8 * x, 8, 8, part < 0 ? 255 : pale, pale,
			part < 0 ? pale : 255);
	}
}

/* Draws the first test images, each in a green frame if the net is right and in a red one if not.
 * Below is the predicted class, and beside that, if they differ, the true one. */
static lam_status draw_images(lam_net *net, const lam_dataset *test)
{
	for (int i = 0; i < COLUMNS * ROWS && i < lam_dataset_count(test); i++) {
		lam_real x[PIXELS * PIXELS], p[10];
		int32_t label;
		lam_status status = lam_dataset_read(test, i, x, &label);
		if (!status)
			status = lam_net_predict(net, x, 1, p);
		if (status)
			return status;
		int winner = 0;
		for (int k = 1; k < 10; k++)
			winner = p[k] > p[winner] ? k : winner;
		const bool right = winner == label;
		const int top = STRIP + i / COLUMNS * (CELL + 6), left = i % COLUMNS * CELL;
		fill(top, left + 1, CELL - 2, CELL - 2, right ? 40 : 220, right ? 150 : 40, 60);
		for (int y = 0; y < PIXELS; y++)
			for (int k = 0; k < PIXELS; k++) {
				const unsigned grey = (unsigned)(255 * x[y * PIXELS + k]
					+ (lam_real)0.5);
				fill(top + 3 + y, left + 4 + k, 1, 1, grey, grey, grey);
			}
		draw_digit(top + CELL - 1, left + 10, winner);
		if (!right)
			draw_digit(top + CELL - 1, left + 20, label);
	}
	return LAM_OK;
}

static lam_status draw(lam_net *net, const lam_dataset *test, const char *checkpoint)
{
	char path[4096];
	draw_filters(net);
	lam_status status = draw_images(net, test);
	if (status)
		return status;
	snprintf(path, sizeof path, "%s.png", checkpoint);
	if (!png_write(path, picture[0][0], WIDTH, HEIGHT))
		return lam_fail(LAM_ERR_IO, "%s: %s", path, strerror(errno));
	printf("%s: the filters of the first layer, and %d test images with what they were taken "
	       "for\n",
		path, COLUMNS * ROWS);
	return LAM_OK;
}

static lam_status train(lam_net *net, const lam_dataset *training, const lam_dataset *test,
	const struct settings *s, const lam_optimizer *adam)
{
	lam_report report;
	lam_status status = lam_fit(net, training, &report, .epochs = s->epochs, .batch = s->batch,
		.validation = test, .optimizer = *adam,
		.schedule = lam_one_cycle(.peak = (lam_real)s->rate), .checkpoint = s->checkpoint,
		.resume = s->resume, .progress = lam_progress_bar, .progress_data = stderr,
		.profile = s->profile ? stdout : NULL);
	if (status)
		return status;
	printf("%.2f%% of the test images are recognised after %lld epoch%s and %.1f s (%.0f "
	       "images/s)\n",
		100 * report.validation.accuracy, (long long)report.epochs,
		report.epochs == 1 ? "" : "s", report.seconds, report.images_per_second);
	printf("%s: the net, and where training stands\n", s->checkpoint);
	return draw(net, test, s->checkpoint);
}

int main(int argc, char **argv)
{
	const struct settings s = parse(argc, argv);
	lam_dataset *training = lam_mnist_open(s.data, LAM_SPLIT_TRAIN),
		    *test = lam_mnist_open(s.data, LAM_SPLIT_TEST);
	lam_net *net = lam_net_create(compose(), LAM_SHAPE(1, PIXELS, PIXELS), .max_batch = s.batch,
		.seed = s.seed, .threads = s.threads);
	lam_status status = LAM_ERR_ARGUMENT;
	if (training && test && net) {
		printf("Trains on %s,\ntests on %s\n", lam_dataset_source(training),
			lam_dataset_source(test));
		/* The optimizer's moments are a part of the memory that the summary tells of. */
		const lam_optimizer adam = lam_adam(.lr = (lam_real)s.rate);
		status = lam_net_prepare(net, &adam);
		if (!status) {
			lam_net_summary(net, stdout);
			status = train(net, training, test, &s, &adam);
		}
	}
	if (status)
		/* The sentence names its origin: "mnist: no …", "lam_fit: …". */
		fprintf(stderr, "%s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(training);
	return status != LAM_OK;
}
