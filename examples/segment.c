/* SPDX-License-Identifier: MIT */
/* Segmentation: a U-Net, written as a graph, says of each pixel what it belongs to.
 *
 *     segment [--quick] [folder of Fashion-MNIST]
 *
 * A sample is three items of clothing at random places, half as large as they were.
 * The picture segment.png has, in each row, twice a picture, the truth and the prediction. */
#include <lamina.h>

#include "usage.h"

enum {
	ITEM = 28,
	HALF = ITEM / 2,
	SIDE = 32,
	PLACES = SIDE * SIDE,
	CLASSES = 5,
	FAINT = 255,
	BATCH = 16,
	SHOWN = 6
};

struct scenes {
	const lam_dataset *items;
	uint64_t seed;
};

/* x: a picture [1][32][32], target: a class for each pixel: ground, tops, trousers, shoes, bags; an
 * item's soft border counts nowhere. */
static lam_status read_scene(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	/* T-shirt, trousers, pullover, dress, coat, sandal, shirt, sneaker, bag, boot */
	static const int32_t group[10] = {1, 2, 1, 1, 1, 3, 1, 3, 4, 3};
	const struct scenes *s = lam_dataset_state(self);
	const uint64_t key = lam_random_key(s->seed, 0, (uint64_t)index);
	int32_t map[PLACES] = {0};
	memset(x, 0, PLACES * sizeof *x);
	for (int i = 0; i < 3; i++) {
		const uint64_t n = (uint64_t)i * 4;
		const int top = (int)lam_random_below(key, n + 1, SIDE - HALF + 1),
			  left = (int)lam_random_below(key, n + 2, SIDE - HALF + 1);
		const uint64_t items = (uint64_t)lam_dataset_count(s->items);
		lam_real item[ITEM * ITEM];
		int32_t kind;
		lam_status status = lam_dataset_read(
			s->items, (int64_t)lam_random_below(key, n + 3, items), item, &kind);
		if (status)
			return status;
		for (int p = 0; p < HALF * HALF; p++) {
			const lam_real value = item[p / HALF * 2 * ITEM + p % HALF * 2];
			const int place = (top + p / HALF) * SIDE + left + p % HALF;
			if (value > 0) /* it hides what lies under it */
				map[place] = value < (lam_real)0.1 ? FAINT : group[kind % 10];
			if (value > 0)
				x[place] = (1 + 3 * value) / 4;
		}
	}
	if (target)
		memcpy(target, map, sizeof map);
	return LAM_OK;
}

static lam_dataset *scenes_new(const lam_dataset *items, uint64_t seed, int64_t count)
{
	static const lam_dataset_class class = {LAM_DATASET_ABI, .kind = "scenes",
		.state_size = sizeof(struct scenes), .read = read_scene};
	static const char *const names[CLASSES] = {"ground", "tops", "trousers", "shoes", "bags"};
	lam_dataset *d = !items ? NULL
				: lam_dataset_new(&class, count, LAM_SHAPE(1, SIDE, SIDE),
					(lam_target_info){.type = LAM_CLASSES,
						.classes = CLASSES,
						.shape = LAM_SHAPE(SIDE, SIDE),
						.ignore = FAINT});
	if (d)
		*(struct scenes *)lam_dataset_state(d) = (struct scenes){items, seed};
	if (d && lam_dataset_set_class_names(d, names, CLASSES)) {
		lam_dataset_free(d);
		return NULL;
	}
	return d;
}

static lam_value convs(lam_graph *g, lam_value x, int channels)
{
	return lam_apply(g,
		lam_sequential(lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}),
			lam_batch_norm(), lam_relu(),
			lam_conv2d(.out = channels, .kernel = {3}, .pad = {1}), lam_batch_norm(),
			lam_relu()),
		x);
}

/* Down to a quarter of the side and up again; on the way up each level also reads what it was on
 * the way down (Ronneberger, Fischer and Brox 2015). */
static lam_net *make_net(void)
{
	lam_graph *g = lam_graph_new();
	lam_value fine = convs(g, lam_graph_input(g, "image", LAM_SHAPE(1, SIDE, SIDE)), 8);
	lam_value half = convs(g, lam_apply(g, lam_max_pool2d(.kernel = {2}), fine), 16);
	lam_value low = convs(g, lam_apply(g, lam_max_pool2d(.kernel = {2}), half), 32);
	lam_value up = lam_apply(g, lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR), low);
	half = convs(g, lam_apply(g, lam_concat(), half, up), 16);
	up = lam_apply(g, lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR), half);
	fine = convs(g, lam_apply(g, lam_concat(), fine, up), 8);
	lam_graph_loss(g, lam_softmax_cross_entropy(.ignore = FAINT),
		lam_apply(g, lam_conv2d(.out = CLASSES, .kernel = {1}), fine), .name = "map");
	return lam_net_create(lam_graph_done(g), .max_batch = BATCH, .seed = 1);
}

/* A pixel's colour from red, green and blue of 0 to 1: a picture is [3][32][32]. */
static void paint(lam_real *picture, int at, const lam_real colour[3])
{
	for (int k = 0; k < 3; k++)
		picture[k * PLACES + at] = colour[k];
}

static lam_status draw(lam_net *net, const lam_dataset *test)
{
	static const lam_real colours[CLASSES][3] = {{0, 0, 0}, {0.9f, 0.2f, 0.2f},
		{0.2f, 0.5f, 0.9f}, {0.3f, 0.8f, 0.3f}, {0.9f, 0.8f, 0.2f}},
			      white[3] = {1, 1, 1};
	static lam_real shown[SHOWN][3][3 * PLACES], x[PLACES], y[CLASSES * PLACES];
	static int32_t truth[PLACES];
	static const char *const names[3] = {"picture", "truth", "answer"};
	const char *labels[3 * SHOWN];
	lam_status status = LAM_OK;
	for (int i = 0; i < SHOWN && !status; i++) {
		status = lam_dataset_read(test, i, x, truth);
		if (!status)
			status = lam_net_predict(net, x, 1, y); /* [CLASSES][32][32] */
		for (int at = 0; at < PLACES && !status; at++) {
			int best = 0;
			for (int k = 1; k < CLASSES; k++)
				best = y[k * PLACES + at] > y[best * PLACES + at] ? k : best;
			paint(shown[i][0], at, (const lam_real[3]){x[at], x[at], x[at]});
			paint(shown[i][1], at, truth[at] == FAINT ? white : colours[truth[at]]);
			paint(shown[i][2], at, colours[best]);
		}
		for (int k = 0; k < 3; k++)
			labels[3 * i + k] = names[k];
	}
	return status ? status
		      : lam_picture_images("segment.png", shown[0][0], 3 * SHOWN,
			      LAM_SHAPE(3, SIDE, SIDE), .columns = 6, .scale = 4, .labels = labels);
}

static lam_status learn(lam_net *net, const lam_dataset *train, const lam_dataset *test)
{
	lam_score score;
	lam_status status = lam_fit(net, train, NULL, .epochs = 1,
		.optimizer = lam_adam(.lr = 5e-3f), .schedule = lam_one_cycle(.peak = 5e-3f),
		.progress = lam_progress_bar, .progress_data = stdout);
	if (!status)
		status = lam_evaluate(net, test, &score);
	if (!status)
		status = draw(net, test);
	if (!status)
		printf("of %lld pictures: accuracy %.2f%% of the pixels, mean intersection over "
		       "union %.2f%%\nsegment.png: pictures, the truth, and the net's answer\n",
			(long long)score.count, 100 * score.accuracy, 100 * score.mean_iou);
	return status;
}

int main(int argc, char **argv)
{
	const bool short_run = quick(&argc, argv);
	usage(argc, argv, 0, 1,
		"Usage: segment [--quick] [FOLDER]\n"
		"Learns to find clothes in pictures made of Fashion-MNIST's items (in FOLDER,\n"
		"$LAMINA_DATA or where Debian has it), and draws segment.png.\n");
	const char *folder = argc > 1 ? argv[1] : NULL;
	lam_dataset *items = lam_mnist_open(folder, LAM_SPLIT_TRAIN),
		    *test_items = lam_mnist_open(folder, LAM_SPLIT_TEST),
		    *train = scenes_new(items, 1, short_run ? 64 : 24000),
		    *test = scenes_new(test_items, 2, short_run ? 32 : 500);
	lam_net *net = make_net();
	lam_status status = net && train && test ? learn(net, train, test) : lam_error_status();
	if (status)
		fprintf(stderr, "segment: %s\n", lam_error());
	lam_net_free(net);
	lam_dataset_free(test);
	lam_dataset_free(train);
	lam_dataset_free(test_items);
	lam_dataset_free(items);
	return status != LAM_OK;
}
