/* SPDX-License-Identifier: MIT */
/* Trains a U-Net to find the items in composites.h's pictures: segment PICTURE.png [SAMPLES]
 *
 * SAMPLES composites of Fashion-MNIST's training items (by default SAMPLES below), each seen once;
 * then 1,000 composites of the test items are judged. The picture shows the first of these: each
 * row has twice the composite, the truth (white: does not count) and the prediction. The status is
 * 1 if the mean intersection over union is not above 90%. */
#include "png.h"
#include "tests/bench/composites.h"

#include <lamina.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 24000, TESTED = 1000, BATCH = 16, ROWS = 8, PANELS = 6, ZOOM = 4 };

static void stop(void)
{
	fprintf(stderr, "segment: %s\n", lam_error());
	exit(1);
}

static lam_layer *two_convs(int channels)
{
	return lam_sequential(lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}),
		lam_batch_norm(), lam_relu(),
		lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}), lam_batch_norm(),
		lam_relu());
}

/* Down, `inner`, and up again, beside what is passed by. */
static lam_layer *level(lam_layer *inner)
{
	return lam_concat(lam_identity(),
		lam_sequential(lam_max_pool2d(.kernel = {2}), inner,
			lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR)));
}

static lam_net *make_net(void)
{
	return lam_net_create(
		lam_sequential(two_convs(8),
			level(lam_sequential(two_convs(16),
				level(lam_sequential(
					two_convs(32), level(two_convs(48)), two_convs(32))),
				two_convs(16))),
			two_convs(8), lam_conv2d(.out = COMPOSITE_CLASSES, .kernel = {1}),
			lam_softmax_cross_entropy(.ignore = COMPOSITE_FAINT)),
		LAM_SHAPE(1, COMPOSITE_SIDE, COMPOSITE_SIDE), .max_batch = BATCH, .seed = 1);
}

static unsigned char picture[ROWS * COMPOSITE_SIDE * ZOOM][PANELS * COMPOSITE_SIDE * ZOOM][3];

/* Paints place `place` of a row's panel. */
static void paint(int row, int panel, int place, const unsigned char colour[3])
{
	const int top = (row * COMPOSITE_SIDE + place / COMPOSITE_SIDE) * ZOOM,
		  left = (panel * COMPOSITE_SIDE + place % COMPOSITE_SIDE) * ZOOM;
	for (int i = 0; i < ZOOM * ZOOM; i++)
		memcpy(picture[top + i / ZOOM][left + i % ZOOM], colour, 3);
}

/* The class with the largest probability; p is [classes][places]. */
static int predicted(const lam_real *p, int place)
{
	int best = 0;
	for (int k = 1; k < COMPOSITE_CLASSES; k++)
		if (p[k * COMPOSITE_PLACES + place] > p[best * COMPOSITE_PLACES + place])
			best = k;
	return best;
}

static void draw(lam_net *net, const lam_dataset *test, const char *path)
{
	static const unsigned char colours[COMPOSITE_CLASSES][3] = {
		{0, 0, 0}, {230, 60, 60}, {60, 120, 240}, {70, 200, 70}, {240, 200, 40}};
	static lam_real x[COMPOSITE_PLACES], p[COMPOSITE_CLASSES * COMPOSITE_PLACES];
	static int32_t truth[COMPOSITE_PLACES];
	for (int i = 0; i < 2 * ROWS; i++) {
		const int row = i / 2, panel = i % 2 * 3;
		if (lam_dataset_read(test, i, x, truth) || lam_net_predict(net, x, 1, p))
			stop();
		for (int place = 0; place < COMPOSITE_PLACES; place++) {
			const unsigned char grey = (unsigned char)(255 * x[place]);
			paint(row, panel, place, (const unsigned char[]){grey, grey, grey});
			paint(row, panel + 1, place,
				truth[place] == COMPOSITE_FAINT
					? (const unsigned char[]){255, 255, 255}
					: colours[truth[place]]);
			paint(row, panel + 2, place, colours[predicted(p, place)]);
		}
	}
	if (!png_write(path, picture[0][0], PANELS * COMPOSITE_SIDE * ZOOM,
		    ROWS * COMPOSITE_SIDE * ZOOM)) {
		perror(path);
		exit(1);
	}
}

/* Right, over the places of class k or predicted as it. */
static double iou(const lam_score *score, int k)
{
	int64_t any = 0;
	for (int i = 0; i < COMPOSITE_CLASSES; i++)
		any += score->confusion[k * COMPOSITE_CLASSES + i]
			+ score->confusion[i * COMPOSITE_CLASSES + k];
	const int64_t right = score->confusion[k * COMPOSITE_CLASSES + k];
	return (double)right / (double)(any - right);
}

int main(int argc, char **argv)
{
	static const char *const names[COMPOSITE_CLASSES] = {
		"ground", "tops and dresses", "trousers", "shoes", "bags"};
	const long samples = argc > 2 ? atol(argv[2]) : SAMPLES;
	if (argc < 2 || argc > 3 || samples < 1) {
		fprintf(stderr, "usage: segment PICTURE.png [SAMPLES]\n");
		return 2;
	}
	lam_dataset *items = lam_mnist_open(NULL, LAM_SPLIT_TRAIN),
		    *test_items = lam_mnist_open(NULL, LAM_SPLIT_TEST);
	if (!items || !test_items)
		stop();
	lam_dataset *train = composites_new(items, 1, samples),
		    *test = composites_new(test_items, 2, TESTED);
	lam_net *net = train && test ? make_net() : NULL;
	lam_report report;
	lam_score score;
	if (!net
		|| lam_fit(net, train, &report, .epochs = 1, .optimizer = lam_adam(.lr = 5e-3f),
			.schedule = lam_one_cycle(.peak = 5e-3f), .progress = lam_progress_bar,
			.progress_data = stderr)
		|| lam_evaluate(net, test, &score))
		stop();
	printf("%ld composites, %.1f s, %.1f s of processor time; of the test items' composites: "
	       "accuracy %.2f%%, mean intersection over union %.2f%%\n",
		samples, report.seconds, (double)clock() / CLOCKS_PER_SEC, 100 * score.accuracy,
		100 * score.mean_iou);
	for (int k = 0; k < COMPOSITE_CLASSES; k++)
		printf("%-18s%6.2f%%\n", names[k], 100 * iou(&score, k));
	draw(net, test, argv[1]);
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_dataset_free(test_items);
	lam_dataset_free(items);
	return score.mean_iou > 0.9 ? 0 : 1;
}
