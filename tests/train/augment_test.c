/* SPDX-License-Identifier: MIT */
/* Augmentation against textbook loops: padding, reflected or not, crops, flips, squares of zeros;
 * how they are drawn, and what is refused. */
#include "framework/data/augment.h"

#include <lamina.h>

#include "tests/kit.h"

#include <stdlib.h>

enum { COUNT = 40, CHANNELS = 2, HEIGHT = 6, WIDTH = 9, PLANE = HEIGHT * WIDTH };
enum { VALUES = CHANNELS * PLANE, MOST = 4 };

static lam_real samples[COUNT * VALUES];
static int32_t maps[COUNT * PLANE], labels[COUNT];

/* Value f of sample i identifies both; the map has the class of the first channel's pixel. */
static void fill(void)
{
	for (int i = 0; i < COUNT * VALUES; i++)
		samples[i] = (lam_real)(i + 1);
	for (int i = 0; i < COUNT * PLANE; i++)
		maps[i] = (int32_t)samples[i / PLANE * VALUES + i % PLANE];
	for (int i = 0; i < COUNT; i++)
		labels[i] = i;
}

static const lam_augment augments[] = {
	{.shift = 3},
	{.shift = MOST, .reflect = true},
	{.flip = true, .alternate = true},
	{.crop = {4, 5}},
	{.crop = {6}},
	{.crop = {3, 8}, .shift = 2, .reflect = true, .flip = true},
	{.crop = {5, 3}, .shift = 2, .flip = true},
	{.cutout = 3},
	{.cutout = 4, .crop = {5, 7}, .flip = true, .shift = 1},
	{.cutout = 30},
};
enum { AUGMENTS = sizeof augments / sizeof *augments };

/* The padded plane as numpy.pad has it. */
static lam_real padded(const lam_real *plane, int height, int width, int y, int x, bool reflect)
{
	const bool outside = y < 0 || y >= height || x < 0 || x >= width;
	if (outside && !reflect)
		return 0;
	y = abs(y), x = abs(x);
	y = y < height ? y : 2 * height - 2 - y;
	x = x < width ? x : 2 * width - 2 - x;
	return plane[y * width + x];
}

/* Channel c of sample i as .augment makes it with the numbers that were drawn. */
static lam_real expected(const lam_augment *a, const lam_planes *p, lam_move m, int i, int c, int y,
	int x, bool square)
{
	const lam_real *plane = samples + i * VALUES + c * PLANE;
	const int width = (int)p->to_width;
	if (square && y >= m.cut_y && y < m.cut_y + a->cutout && x >= m.cut_x
		&& x < m.cut_x + a->cutout)
		return 0;
	return padded(plane, HEIGHT, WIDTH, y - (int)m.dy, (m.flip ? width - 1 - x : x) - (int)m.dx,
		a->reflect);
}

/* Compares a sample and its map; the number of values that are not as before .cutout. */
static int compare(const lam_augment *a, const lam_planes *p, lam_move m, int i, const lam_real *x,
	const int32_t *map)
{
	const int width = (int)p->to_width, plane = (int)p->to_height * width;
	int cut = 0;
	for (int k = 0; k < CHANNELS * plane; k++) {
		const int c = k / plane, row = k % plane / width, column = k % width;
		const lam_real whole = expected(a, p, m, i, c, row, column, false);
		cut += x[k] != whole;
		check(x[k] == expected(a, p, m, i, c, row, column, true));
		check(c > 0 || map[k] == (int32_t)whole);
	}
	return cut;
}

static void against_the_textbook(void)
{
	const lam_shape shape = LAM_SHAPE(CHANNELS, HEIGHT, WIDTH);
	lam_dataset *data = lam_dataset_arrays(samples, shape, maps, COUNT,
		.target_shape = LAM_SHAPE(HEIGHT, WIDTH), .ignore = LAM_ZERO);
	require(data, "%s", lam_error());
	for (int r = 0; r < AUGMENTS; r++) {
		test_begin("augmentation %d", r);
		const lam_augment *a = &augments[r];
		lam_planes p;
		check_ok(lam_augment_samples(a, &shape, &p));
		lam_loader *loader = lam_loader_new(
			data, .batch = COUNT, .seed = 5, .augment = *a, .no_shuffle = true);
		require(loader, "%s", lam_error());
		const int64_t plane = p.to_height * p.to_width;
		int cut = 0;
		for (int epoch = 0; epoch < 3; epoch++) {
			const lam_batch *batch = lam_loader_next(loader);
			require(batch, "%s", lam_error());
			const int32_t *map = batch->targets;
			for (int i = 0; i < COUNT; i++)
				cut += compare(a, &p, lam_augment_move(a, &p, 5, epoch, i), i,
					batch->x + i * CHANNELS * plane, map + i * plane);
		}
		check((cut > 0) == (a->cutout > 0));
		lam_loader_free(loader);
	}
	lam_dataset_free(data);
}

/* Evaluation takes the centre, of samples and of their maps, and nothing else. */
static void evaluation_takes_the_centre(void)
{
	lam_dataset *data = lam_dataset_arrays(samples, LAM_SHAPE(CHANNELS, HEIGHT, WIDTH), maps,
		COUNT, .target_shape = LAM_SHAPE(1, HEIGHT, WIDTH), .ignore = LAM_ZERO);
	lam_loader *loader = lam_loader_new(data, .batch = COUNT, .no_shuffle = true,
		.evaluation = true,
		.augment = {.shift = 1, .flip = true, .crop = {3, 4}, .cutout = 2});
	require(loader, "%s", lam_error());
	const lam_batch *batch = lam_loader_next(loader);
	require(batch, "%s", lam_error());
	const int32_t *map = batch->targets;
	for (int i = 0; i < COUNT * CHANNELS * 12; i++) {
		const int y = i / 4 % 3 + 1, x = i % 4 + 2;
		check(batch->x[i] == samples[i / 12 * PLANE + y * WIDTH + x]);
		if (i < COUNT * 12)
			check(map[i] == maps[i / 12 * PLANE + y * WIDTH + x]);
	}
	lam_loader_free(loader);
	lam_dataset_free(data);
}

/* A signal has one length to crop, and loses a stretch of it. */
static void signals_are_cropped_and_cut(void)
{
	lam_dataset *data = lam_dataset_arrays(
		samples, LAM_SHAPE(CHANNELS, PLANE), labels, COUNT, .classes = COUNT);
	lam_loader *loader = lam_loader_new(data, .batch = COUNT, .seed = 1, .no_shuffle = true,
		.augment = {.crop = {20}, .cutout = 7});
	require(loader, "%s", lam_error());
	const lam_batch *batch = lam_loader_next(loader);
	require(batch, "%s", lam_error());
	for (int i = 0; i < COUNT; i++) {
		int zeros[CHANNELS] = {0};
		const lam_real *x = batch->x + i * CHANNELS * 20;
		for (int k = 0; k < CHANNELS * 20; k++)
			zeros[k / 20] += x[k] == 0;
		check(zeros[0] == zeros[1] && zeros[0] >= 4 && zeros[0] <= 7, "%d", zeros[0]);
	}
	lam_loader_free(loader);
	lam_dataset_free(data);
}

/* A signal moves along its length alone. */
static void signals_are_shifted_along_their_length(void)
{
	const lam_shape shape = LAM_SHAPE(CHANNELS, PLANE);
	lam_dataset *data = lam_dataset_arrays(samples, shape, labels, COUNT, .classes = COUNT);
	require(data, "%s", lam_error());
	for (int reflect = 0; reflect < 2; reflect++) {
		const lam_augment a = {.shift = MOST, .reflect = reflect};
		lam_planes p;
		check_ok(lam_augment_samples(&a, &shape, &p));
		lam_loader *loader = lam_loader_new(
			data, .batch = COUNT, .seed = 5, .augment = a, .no_shuffle = true);
		require(loader, "%s", lam_error());
		const lam_batch *batch = lam_loader_next(loader);
		require(batch, "%s", lam_error());
		for (int i = 0; i < COUNT * VALUES; i++) {
			const lam_move m = lam_augment_move(&a, &p, 5, 0, i / VALUES);
			check(batch->x[i]
				== padded(samples + i / PLANE * PLANE, 1, PLANE, 0,
					i % PLANE - (int)m.dx, reflect));
		}
		lam_loader_free(loader);
	}
	lam_dataset_free(data);
}

/* Each place is as likely as any other. */
static void draws_evenly(void)
{
	const lam_augment a = {.crop = {4, 6}, .cutout = 1};
	enum { DRAWS = 12000 };
	lam_planes p;
	const lam_shape shape = LAM_SHAPE(1, HEIGHT, WIDTH);
	check_ok(lam_augment_samples(&a, &shape, &p));
	int crops[3][4] = {{0}}, squares[4][6] = {{0}};
	for (int i = 0; i < DRAWS; i++) {
		const lam_move m = lam_augment_move(&a, &p, 3, 2, i);
		require(m.dy <= 0 && m.dy >= -2 && m.dx <= 0 && m.dx >= -3);
		require(m.cut_y >= 0 && m.cut_y < 4 && m.cut_x >= 0 && m.cut_x < 6);
		crops[-m.dy][-m.dx]++;
		squares[m.cut_y][m.cut_x]++;
	}
	for (int k = 0; k < 12; k++)
		check(abs(crops[k / 4][k % 4] - DRAWS / 12) < 150, "%d", crops[k / 4][k % 4]);
	for (int k = 0; k < 24; k++)
		check(abs(squares[k / 6][k % 6] - DRAWS / 24) < 110, "%d", squares[k / 6][k % 6]);
}

/* Half of the samples are flipped first, and every other epoch after that. */
static void flips_alternate(void)
{
	const lam_augment a = {.flip = true, .alternate = true};
	int first = 0;
	for (int i = 0; i < 2000; i++) {
		const bool flip = lam_augment_move(&a, NULL, 9, 0, i).flip;
		first += flip;
		for (int epoch = 1; epoch < 5; epoch++)
			check(lam_augment_move(&a, NULL, 9, epoch, i).flip == (flip ^ (epoch & 1)));
	}
	check(abs(first - 1000) < 120, "%d", first);
}

struct seen {
	int calls[COUNT];
	uint64_t keys[COUNT];
	lam_status status;
	int32_t class;
};

/* Negates the crop, and gives sample 3 another class. */
static lam_status negate(const lam_augmented *sample, void *data)
{
	struct seen *seen = data;
	seen->calls[sample->index]++;
	seen->keys[sample->index] = sample->key;
	check(sample->size == sizeof *sample && sample->seed == 5 && sample->field_count == 2);
	check(sample->x == sample->rows[0] && sample->targets == sample->rows[1]);
	check(sample->shape.dim[1] == 4 && sample->fields[0].shape.dim[2] == 4
		&& sample->fields[1].role == LAM_ROLE_CLASSES);
	for (int64_t i = 0; i < lam_shape_count(&sample->shape); i++)
		sample->x[i] = -sample->x[i];
	if (sample->index == 3)
		*(int32_t *)sample->targets = seen->class;
	return sample->index == 3 ? seen->status : LAM_OK;
}

static void a_function_changes_each_sample_once(void)
{
	lam_dataset *data = lam_dataset_arrays(
		samples, LAM_SHAPE(CHANNELS, HEIGHT, WIDTH), labels, COUNT, .classes = COUNT);
	struct seen seen = {.class = 17};
	const lam_augment a = {.crop = {4}},
			  b = {.crop = {4}, .function = negate, .function_data = &seen};
	lam_loader *plain = lam_loader_new(data, .batch = COUNT, .seed = 5, .augment = a),
		   *changed = lam_loader_new(data, .batch = COUNT, .seed = 5, .augment = b);
	require(plain && changed, "%s", lam_error());
	uint64_t before[COUNT];
	for (int epoch = 0; epoch < 2; epoch++) {
		const lam_batch *x = lam_loader_next(plain), *y = lam_loader_next(changed);
		require(x && y, "%s", lam_error());
		for (int i = 0; i < COUNT * CHANNELS * 16; i++)
			check(x->x[i] == -y->x[i]);
		for (int i = 0; i < COUNT; i++) {
			const int32_t class = ((const int32_t *)x->targets)[i];
			check(((const int32_t *)y->targets)[i] == (class == 3 ? 17 : class));
			check(seen.calls[i] == epoch + 1);
			for (int k = 0; k < i; k++)
				check(seen.keys[i] != seen.keys[k]);
			check(epoch == 0 || seen.keys[i] != before[i]);
			before[i] = seen.keys[i];
		}
	}
	/* In evaluation it is not called. */
	lam_loader *still = lam_loader_new(
		data, .batch = COUNT, .seed = 5, .augment = b, .evaluation = true);
	require(still && lam_loader_next(still), "%s", lam_error());
	check(seen.calls[0] == 2);
	seen.status = LAM_ERR_IO;
	check(!lam_loader_next(changed)
			&& !strcmp(lam_error(),
				"augment: .function failed (io)"
				" at sample 3 and left no sentence"),
		"%s", lam_error());
	lam_loader_free(still);
	lam_loader_free(plain);
	lam_loader_free(changed);
	lam_dataset_free(data);
}

static void wrong_options_are_refused(void)
{
	lam_dataset *images = lam_dataset_arrays(samples, LAM_SHAPE(CHANNELS, HEIGHT, WIDTH),
			    labels, COUNT, .classes = COUNT),
		    *signals = lam_dataset_arrays(
			    samples, LAM_SHAPE(CHANNELS, PLANE), labels, COUNT, .classes = COUNT);
	require(images && signals, "%s", lam_error());
	const struct {
		const lam_dataset *data;
		lam_augment augment;
		const char *words;
	} rows[] = {
		{images, {.reflect = true},
			"augment: .reflect without .shift; expected a .shift, whose gap it fills"},
		{images, {.alternate = true},
			"augment: .alternate without .flip; expected .flip, too"},
		{images, {.crop = {-1}},
			"augment: .crop is {-1, 0}; expected a height and a width"},
		{images, {.crop = {0, 3}},
			"augment: .crop is {0, 3}; expected a height and a width"},
		{images, {.crop = {7}},
			"augment: .crop is {7, 7}; expected at most their height and width, for "
			"samples "
			"of shape 2x6x9"},
		{images, {.crop = {6, 10}}, "augment: .crop is {6, 10}; expected at most"},
		{signals, {.crop = {6, 10}},
			"augment: .crop is {6, 10}; expected one length, for samples of shape "
			"2x54"},
		{signals, {.crop = {55}}, "augment: .crop is {55, 55}; expected one length"},
		{images, {.cutout = -2},
			"augment: .cutout is -2; expected the side of a square, or 0 for none"},
		{images, {.shift = 6, .reflect = true},
			"augment: .shift is 6; expected 0 to below 6"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		lam_loader *loader = lam_loader_new(rows[r].data, .augment = rows[r].augment);
		check(!loader && strstr(lam_error(), rows[r].words), "row %d says %s", (int)r,
			lam_error());
		lam_loader_free(loader);
	}
	lam_dataset_free(images);
	lam_dataset_free(signals);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(against_the_textbook),
		TEST(evaluation_takes_the_centre),
		TEST(signals_are_cropped_and_cut),
		TEST(signals_are_shifted_along_their_length),
		TEST(draws_evenly),
		TEST(flips_alternate),
		TEST(a_function_changes_each_sample_once),
		TEST(wrong_options_are_refused),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
