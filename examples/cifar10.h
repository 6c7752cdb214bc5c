/* SPDX-License-Identifier: MIT */
/* What cifar10 and resnet20 share: options, data, and what is shown in the end. */
#ifndef CIFAR10_H
#define CIFAR10_H

#include <getopt.h>
#include <lamina.h>

#include "mistakes.h"
#include "usage.h"

enum { SIDE = 32, PLANE = SIDE * SIDE, PIXELS = 3 * PLANE, CLASSES = 10 };

/* The options. In `checkpoint` and `epochs` stand the defaults, before they are parsed. */
struct settings {
	const char *data, *checkpoint;
	int epochs, seed, threads, images, resume, help, quick;
	lam_dataset *train, *test;
};

static inline void parse(struct settings *s, int argc, char **argv, const char *help)
{
	int wrong = 0;
	const struct option options[] = {{"epochs", 1, NULL, 1}, {"seed", 1, NULL, 2},
		{"threads", 1, NULL, 3}, {"images", 1, NULL, 4}, {"data", 1, NULL, 5},
		{"checkpoint", 1, NULL, 6}, {"resume", 0, &s->resume, 1},
		{"quick", 0, &s->quick, 1}, {"help", 0, &s->help, 1}, {NULL, 0, NULL, 0}};
	int *const numbers[] = {&s->epochs, &s->seed, &s->threads, &s->images};
	const char **const texts[] = {&s->data, &s->checkpoint};
	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		char *end = NULL;
		if (o >= 1 && o <= 4) {
			const long value = strtol(optarg, &end, 10);
			*numbers[o - 1] = (int)value;
			wrong |= !*optarg || *end || value < 1 || value > 1000000;
		} else if (o == 5 || o == 6) {
			*texts[o - 5] = optarg;
		}
		wrong |= o == '?';
	}
	if (wrong || optind < argc || s->help) {
		wrong |= optind < argc;
		if (wrong)
			fprintf(stderr, "Try %s --help.\n", argv[0]);
		else
			fputs(help, stdout);
		exit(wrong ? 2 : 0);
	}
}

/* Opens the data; false after an error. --quick takes as many images as `quick_images`. */
static inline bool open_cifar10(struct settings *s, int quick_images)
{
	const int64_t most = s->quick ? quick_images : 1000000;
	s->epochs = s->quick ? 1 : s->epochs;
	s->train = first(lam_cifar10_open(s->data, LAM_SPLIT_TRAIN),
		s->images && s->images < most ? s->images : most);
	s->test = first(lam_cifar10_open(s->data, LAM_SPLIT_TEST), most);
	return s->train && s->test;
}

/* The fraction of the samples whose largest number in `p` is that of their class; -1: an error. */
static inline double accuracy_of(const lam_dataset *test, const lam_real *p)
{
	struct mistake *mistakes = (struct mistake *)malloc(
		(size_t)lam_dataset_count(test) * sizeof *mistakes);
	const int64_t wrong = mistakes ? find_mistakes(test, p, CLASSES, mistakes) : -1;
	free(mistakes);
	return wrong < 0 ? -1 : 1 - (double)wrong / (double)lam_dataset_count(test);
}

/* Curves, the confusion matrix and the worst mistakes, beside the checkpoint. */
static inline lam_status draw_run(const lam_net *net, const lam_dataset *test, const lam_real *p,
	const lam_score *score, const char *history, const char *checkpoint)
{
	const char *names[CLASSES];
	for (int k = 0; k < CLASSES; k++)
		names[k] = lam_net_class_name(net, k) ? lam_net_class_name(net, k) : "?";
	lam_status status = lam_picture_history(beside(checkpoint, "-curves.svg"), history);
	if (!status && score->confusion)
		status = lam_picture_confusion(beside(checkpoint, "-confusion.svg"),
			score->confusion, score->classes, names);
	return status ? status : draw_mistakes(net, test, p, beside(checkpoint, "-mistakes.png"));
}

#endif
