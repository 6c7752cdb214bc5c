/* SPDX-License-Identifier: MIT */
/* Trains a convolutional network on MNIST, Fashion-MNIST or a similar set, saves it, and shows how
 * it learned, what it confuses, and its worst mistakes.
 *
 *     mnist [--data FOLDER] [--epochs N] [--checkpoint FILE] [--resume] …
 *
 * An epoch is a pass over the training images, a batch the images of one step. On Fashion-MNIST
 * about 93% of the test images are right after six epochs, a minute or two on two cores.
 * examples/predict.c and numpy.load() read the file that it writes. */
#include <getopt.h>
#include <lamina.h>
#include <math.h>

#include "mistakes.h"
#include "usage.h"

struct settings {
	const char *data, *checkpoint;
	double epochs, rate, seed;
	int resume, help, wrong, quick;
};

static const char help[] =
	"Usage: mnist [options]\n"
	"Trains a convolutional network on MNIST, Fashion-MNIST or their kin.\n\n"
	"  --data FOLDER       the four IDX files, plain or .gz (default: $LAMINA_DATA; if\n"
	"                      that is not set, Debian's dataset-fashion-mnist, or ./datasets)\n"
	"  --epochs N          passes over the training set (default 6)\n"
	"  --rate X            the highest learning rate (default 0.002)\n"
	"  --seed N            of weights, shuffle and dropout (default 42)\n"
	"  --checkpoint FILE   written after every epoch (default mnist.npz). Beside it come\n"
	"                      mnist.csv, mnist-curves.svg, mnist-confusion.svg (what is taken\n"
	"                      for what) and mnist-mistakes.png (the worst)\n"
	"  --resume            go on from the checkpoint, if it is there\n"
	"  --quick             500 images: it works, and learns little;  --help\n";

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
	struct settings s = {.checkpoint = "mnist.npz", .epochs = 6, .rate = 0.002, .seed = 42};
	const struct option options[] = {{"epochs", 1, NULL, 1}, {"rate", 1, NULL, 2},
		{"seed", 1, NULL, 3}, {"data", 1, NULL, 4}, {"checkpoint", 1, NULL, 5},
		{"resume", 0, &s.resume, 1}, {"quick", 0, &s.quick, 1}, {"help", 0, &s.help, 1},
		{NULL, 0, NULL, 0}};
	double *const numbers[] = {&s.epochs, &s.rate, &s.seed};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o >= 1 && o <= 3)
			*numbers[o - 1] = number(options[o - 1].name, o != 2);
		s.data = o == 4 ? optarg : s.data;
		s.checkpoint = o == 5 ? optarg : s.checkpoint;
		s.wrong |= o == '?';
	}
	if (s.wrong || s.help || optind < argc) {
		s.help &= !s.wrong && optind == argc;
		if (optind < argc)
			fprintf(stderr, "mnist: what is \"%s\"?\n", argv[optind]);
		fputs(s.help ? help : "Try mnist --help.\n", s.help ? stdout : stderr);
		exit(s.help ? 0 : 2);
	}
	return s;
}

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, BATCH = 128 };

static lam_status draw(
	lam_net *net, const lam_dataset *test, const lam_score *score, const char *checkpoint)
{
	const char *names[CLASSES];
	for (int k = 0; k < CLASSES; k++)
		names[k] = lam_net_class_name(net, k) ? lam_net_class_name(net, k) : "?";
	lam_real *p = ask_all(net, test);
	const lam_status status = p
		? draw_mistakes(net, test, p, beside(checkpoint, "-mistakes.png"))
		: lam_error_status();
	free(p);
	return status ? status
		      : lam_picture_confusion(beside(checkpoint, "-confusion.svg"),
			      score->confusion, score->classes, names);
}

static lam_status train(lam_net *net, const lam_dataset *training, const lam_dataset *test,
	const struct settings *s)
{
	char history[4096];
	lam_report report;
	const lam_optimizer adam = lam_adam(.lr = (lam_real)s->rate);
	lam_net_summary(net, stdout);
	snprintf(history, sizeof history, "%s", beside(s->checkpoint, ".csv"));
	lam_status status = lam_fit(net, training, &report, .epochs = s->quick ? 1 : (int)s->epochs,
		.batch = BATCH, .validation = test, .optimizer = adam,
		.schedule = lam_one_cycle(.peak = (lam_real)s->rate), .checkpoint = s->checkpoint,
		.resume = s->resume != 0, .history = history, .progress = lam_progress_bar,
		.progress_data = stderr);
	if (!status)
		status = lam_picture_history(beside(s->checkpoint, "-curves.svg"), history);
	if (!status)
		status = draw(net, test, &report.validation, s->checkpoint);
	if (!status)
		printf("%.2f%% of the test images are recognised after %lld epochs and %.1f s "
		       "(%.0f images/s)\n%s: the net, and where training stands; beside it "
		       "pictures\n",
			100 * report.validation.accuracy, (long long)report.epochs, report.seconds,
			report.images_per_second, s->checkpoint);
	return status;
}

int main(int argc, char **argv)
{
	const struct settings s = parse(argc, argv);
	const int64_t most = s.quick ? 500 : 60000;
	lam_dataset *training = first(lam_mnist_open(s.data, LAM_SPLIT_TRAIN), most);
	lam_dataset *test = first(lam_mnist_open(s.data, LAM_SPLIT_TEST), most);
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 32, .kernel = {3}), lam_relu(),
			lam_conv2d(.out = 64, .kernel = {3}), lam_relu(),
			lam_max_pool2d(.kernel = {2}), lam_flatten(), lam_affine(.out = 128),
			lam_relu(), lam_dropout(.p = 0.25f), lam_affine(.out = CLASSES),
			lam_softmax_cross_entropy()),
		LAM_SHAPE(1, SIDE, SIDE), .max_batch = BATCH, .seed = (uint64_t)s.seed);
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
