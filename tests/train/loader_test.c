/* SPDX-License-Identifier: MIT */
/* The loader gives every sample once an epoch, shuffled by (seed, epoch) and augmented. Samples are
 * the same in rows and lanes, whichever thread fills the blocks, and after a start at any batch. */
#include "framework/data/augment.h"
#include "framework/data/inside.h"
#include "framework/memory.h"

#include "datasets/datasets.h"

#include "tests/kit.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COUNT = 77, HEIGHT = 4, WIDTH = 5, FEATURES = HEIGHT * WIDTH };

/* Pixel f of sample i is 100 i + f + 1: never 0, and its value identifies it. */
static lam_real samples[COUNT * FEATURES];
static int32_t labels[COUNT];

static lam_dataset *numbered(void)
{
	for (int i = 0; i < COUNT * FEATURES; i++)
		samples[i] = (lam_real)(i / FEATURES * 100 + i % FEATURES + 1);
	for (int i = 0; i < COUNT; i++)
		labels[i] = i;
	return lam_dataset_arrays(samples, LAM_SHAPE(1, HEIGHT, WIDTH), labels, COUNT);
}

static void gives_each_sample_once(void)
{
	lam_dataset *dataset = numbered();
	lam_loader *loader = lam_loader_new(dataset, .batch = 10, .seed = 3);
	require(loader, "%s", lam_error());
	check(lam_loader_batches(loader) == 8);
	int32_t first[2][10];
	for (int epoch = 0; epoch < 2; epoch++) {
		int seen[COUNT] = {0}, in_order = 0;
		for (int b = 0; b < 8; b++) {
			const lam_batch *batch = lam_loader_next(loader);
			require(batch, "%s", lam_error());
			check(batch->epoch == epoch && batch->index == b
				&& batch->n == (b < 7 ? 10 : 7));
			const int32_t *target = batch->targets;
			if (b == 0)
				memcpy(first[epoch], target, sizeof first[epoch]);
			for (int i = 0; i < batch->n; i++) {
				seen[target[i]]++;
				in_order += target[i] == b * 10 + i;
				check(memcmp(batch->x + i * FEATURES,
					      samples + target[i] * FEATURES,
					      FEATURES * sizeof *samples)
					== 0);
			}
		}
		for (int i = 0; i < COUNT; i++)
			check(seen[i] == 1, "sample %d came %d times", i, seen[i]);
		check(in_order < 8, "%d samples are where they were", in_order);
	}
	check(memcmp(first[0], first[1], sizeof first[0]) != 0, "both epochs begin alike");
	lam_loader_free(loader);
	lam_dataset_free(dataset);
}

static void keeps_the_order_on_request(void)
{
	lam_dataset *dataset = numbered();
	lam_loader *loader = lam_loader_new(dataset, .batch = 16, .no_shuffle = true);
	for (int b = 0; b < 5; b++) {
		const lam_batch *batch = lam_loader_next(loader);
		require(batch);
		for (int i = 0; i < batch->n; i++)
			check(((const int32_t *)batch->targets)[i] == b * 16 + i);
	}
	lam_loader_free(loader);
	loader = lam_loader_new(dataset, .batch = 1000);
	check(lam_loader_batches(loader) == 1 && lam_loader_next(loader)->n == COUNT,
		"a batch larger than the set is the set");
	lam_loader_free(loader);
	lam_dataset_free(dataset);
}

static void goes_on_from_any_place(void)
{
	lam_dataset *dataset = numbered();
	lam_loader *through = lam_loader_new(
		dataset, .batch = 9, .seed = 5, .augment = {.shift = 1, .flip = true});
	lam_loader *jumped = lam_loader_new(
		dataset, .batch = 9, .seed = 5, .augment = {.shift = 1, .flip = true});
	require(through && jumped, "%s", lam_error());
	for (int epoch = 0; epoch < 3; epoch++)
		for (int b = 0; b < 9; b++) {
			const lam_batch *expected = lam_loader_next(through);
			check_ok(lam_loader_seek(jumped, epoch, b));
			const lam_batch *batch = lam_loader_next(jumped);
			require(expected && batch && batch->n == expected->n);
			check(memcmp(batch->x, expected->x,
				      (size_t)batch->n * FEATURES * sizeof *samples)
				== 0);
			check(memcmp(batch->targets, expected->targets,
				      (size_t)batch->n * sizeof(int32_t))
				== 0);
		}
	check_fails(lam_loader_seek(jumped, 0, 9), LAM_ERR_ARGUMENT,
		"batch 9 of epoch 0; expected 0 to 8");
	check_fails(lam_loader_seek(jumped, -1, 0), LAM_ERR_ARGUMENT, "epoch -1");
	check_fails(lam_loader_seek(jumped, INT64_MAX, 0), LAM_ERR_ARGUMENT,
		"epoch 9223372036854775807; expected 0 to 8 of an epoch from 0 to 281474976710656");
	check_fails(lam_loader_seek(jumped, LAM_MAX_COUNT + 1, 0), LAM_ERR_ARGUMENT, "epoch 2814");
	check_fails(lam_loader_seek(jumped, 0, INT64_MIN), LAM_ERR_ARGUMENT, "batch -9223");
	check_ok(lam_loader_seek(jumped, LAM_MAX_COUNT, 8));
	for (int i = 0; i < 2; i++) {
		const lam_batch *batch = lam_loader_next(jumped);
		check(batch && batch->epoch == LAM_MAX_COUNT + i);
	}
	lam_loader_free(through);
	lam_loader_free(jumped);
	lam_dataset_free(dataset);
}

/* In every order in which the blocks are filled, lane blocks hold the same samples as rows, and
 * idle lanes hold the last sample. */
static void lays_samples_into_lanes(void)
{
	lam_dataset *dataset = numbered();
	const lam_loader_options options = {.size = sizeof options,
		.dataset = dataset,
		.batch = 33,
		.seed = 1,
		.augment = {.shift = 2}};
	lam_loader *rows = lam_loader_new_with(&options),
		   *lanes = lam_loader_new_lanes(&options, NULL);
	require(rows && lanes, "%s", lam_error());
	for (int b = 0; b < 6; b++) {
		const lam_batch *expected = lam_loader_next(rows);
		const lam_side_work *work = lam_loader_begin(lanes);
		check(work->units == (expected->n + 15) / 16);
		for (int64_t unit = work->units - 1; unit >= 0; unit--)
			check_ok(work->run(work->data, unit));
		lam_lane_batch batch;
		lam_loader_take(lanes, &batch);
		check(batch.n == expected->n && batch.epoch == expected->epoch
			&& batch.index == expected->index);
		check(memcmp(batch.targets->data, expected->targets,
			      (size_t)batch.n * sizeof(int32_t))
			== 0);
		for (int64_t s = 0; s < work->units * 16; s++)
			for (int64_t f = 0; f < FEATURES; f++) {
				int64_t source = s < batch.n ? s : batch.n - 1;
				check(batch.inputs->lanes[s / 16 * FEATURES * 16 + f * 16 + s % 16]
					== expected->x[source * FEATURES + f]);
			}
	}
	lam_loader_free(rows);
	lam_loader_free(lanes);
	lam_dataset_free(dataset);
}

/* A batch that was handed out stays unchanged while the next is filled. With LAM_INPUT its targets
 * are its own augmented samples. */
static void fills_beside_the_batch_in_use(void)
{
	lam_dataset_free(numbered()); /* fills `samples` */
	lam_dataset *dataset = lam_dataset_arrays(
		samples, LAM_SHAPE(1, HEIGHT, WIDTH), NULL, COUNT, .targets = LAM_INPUT);
	require(dataset, "%s", lam_error());
	lam_loader *loader = lam_loader_new_lanes(
		&(lam_loader_options){.size = sizeof(lam_loader_options),
			.dataset = dataset,
			.batch = 20,
			.seed = 1,
			.augment = {.shift = 1}},
		NULL);
	require(loader, "%s", lam_error());
	check_ok(lam_loader_fill(loader));
	for (int b = 0; b < 9; b++) {
		lam_lane_batch batch;
		lam_loader_take(loader, &batch);
		check_ok(lam_loader_fill(loader));
		const lam_real *target = batch.targets->data;
		for (int64_t s = 0; s < batch.n; s++)
			for (int64_t f = 0; f < FEATURES; f++)
				check(batch.inputs->lanes[s / 16 * FEATURES * 16 + f * 16 + s % 16]
					== target[s * FEATURES + f]);
	}
	lam_loader_free(loader);
	lam_dataset_free(dataset);
}

static void moves_and_flips(void)
{
	static const lam_real from[6] = {1, 2, 3, 4, 5, 6}; /* 2 x 3 */
	static const struct {
		lam_move move;
		lam_real to[6];
	} rows[] = {
		{{.dy = 0, .dx = 0, .flip = false}, {1, 2, 3, 4, 5, 6}},
		{{.dy = 0, .dx = 0, .flip = true}, {3, 2, 1, 6, 5, 4}},
		{{.dy = 1, .dx = 0, .flip = false}, {0, 0, 0, 1, 2, 3}},
		{{.dy = -1, .dx = 0, .flip = false}, {4, 5, 6, 0, 0, 0}},
		{{.dy = 0, .dx = 1, .flip = false}, {0, 1, 2, 0, 4, 5}},
		{{.dy = 0, .dx = -2, .flip = false}, {3, 0, 0, 6, 0, 0}},
		{{.dy = 1, .dx = 1, .flip = true}, {0, 0, 0, 2, 1, 0}},
		{{.dy = 0, .dx = 5, .flip = false}, {0, 0, 0, 0, 0, 0}},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		static const int32_t classes[6] = {1, 2, 3, 4, 5, 6};
		lam_planes planes = {.planes = 1,
			.height = 2,
			.width = 3,
			.to_height = 2,
			.to_width = 3,
			.gap = -7};
		lam_real to[6];
		int32_t moved[6];
		lam_augment_apply(to, from, &planes, rows[r].move);
		check(memcmp(to, rows[r].to, sizeof to) == 0, "row %d", (int)r);
		planes.classes = true;
		lam_augment_apply(moved, classes, &planes, rows[r].move);
		for (int i = 0; i < 6; i++)
			check(moved[i] == (to[i] == 0 ? -7 : (int32_t)to[i]), "row %d", (int)r);
	}
}

/* A map that lies on the sample's plane moves with it: class c is where pixel c is. */
static void maps_move_with_their_samples(void)
{
	enum { N = 9 };
	static lam_real x[N * FEATURES], soft[N * 2 * FEATURES];
	static int32_t map[N * FEATURES];
	for (int i = 0; i < N * FEATURES; i++) {
		x[i] = (lam_real)(map[i] = i + 1);
		for (int k = 0; k < 2; k++)
			soft[(i / FEATURES * 2 + k) * FEATURES + i % FEATURES] = x[i] + (lam_real)k;
	}
	const lam_augment augment = {.shift = 2, .flip = true};
	lam_dataset *maps = lam_dataset_arrays(x, LAM_SHAPE(1, HEIGHT, WIDTH), map, N,
			    .target_shape = LAM_SHAPE(HEIGHT, WIDTH), .ignore = -7),
		    *values = lam_dataset_arrays(x, LAM_SHAPE(1, HEIGHT, WIDTH), soft, N,
			    .targets = LAM_VALUES, .target_shape = LAM_SHAPE(2, HEIGHT, WIDTH));
	require(maps && values, "%s", lam_error());
	lam_loader *a = lam_loader_new(maps, .batch = 4, .seed = 5, .augment = augment),
		   *b = lam_loader_new(values, .batch = 4, .seed = 5, .augment = augment);
	require(a && b, "%s", lam_error());
	int gaps = 0;
	for (int i = 0; i < 9; i++) {
		const lam_batch *batch = lam_loader_next(a), *other = lam_loader_next(b);
		require(batch && other, "%s", lam_error());
		const int32_t *classes = batch->targets;
		const lam_real *t = other->targets;
		for (int64_t p = 0; p < batch->n * FEATURES; p++) {
			const lam_real pixel = batch->x[p];
			const int64_t at = p / FEATURES * 2 * FEATURES + p % FEATURES;
			check(classes[p] == (pixel == 0 ? -7 : (int32_t)pixel));
			check(t[at] == pixel && t[at + FEATURES] == (pixel == 0 ? 0 : pixel + 1));
			gaps += pixel == 0;
		}
	}
	check(gaps > 100, "%d", gaps);
	lam_loader_free(a);
	lam_loader_free(b);
	lam_dataset_free(maps);
	lam_dataset_free(values);
}

static void maps_that_cannot_move_are_refused(void)
{
	static const int32_t map[COUNT * FEATURES];
	lam_dataset *plain = lam_dataset_arrays(samples, LAM_SHAPE(1, HEIGHT, WIDTH), map, COUNT,
			    .target_shape = LAM_SHAPE(1, HEIGHT, WIDTH)),
		    *half = lam_dataset_arrays(samples, LAM_SHAPE(1, HEIGHT, WIDTH), map, COUNT,
			    .target_shape = LAM_SHAPE(2, 2));
	require(plain && half, "%s", lam_error());
	check(!lam_loader_new(plain, .augment = {.shift = 1}));
	check(strcmp(lam_error(),
		      "augment: .shift is 1, which leaves places of the maps of classes empty; "
		      "expected an .ignore of the loss or the data set")
			== 0,
		"%s", lam_error());
	check(!lam_loader_new(half, .augment = {.flip = true}));
	check(strcmp(lam_error(),
		      "augment: samples of shape 1x4x5 have maps of classes of shape 2x2; "
		      "expected a class at each place of the sample")
			== 0,
		"%s", lam_error());
	lam_loader *loader = lam_loader_new(plain, .augment = {.flip = true});
	check(loader, "%s", lam_error());
	lam_loader_free(loader);
	lam_dataset_free(plain);
	lam_dataset_free(half);
}

/* All (2 k + 1)^2 shifts, flipped or not, are equally frequent and depend on epoch and sample. */
static void draws_moves_evenly(void)
{
	const lam_augment augment = {.shift = 1, .flip = true};
	int seen[18] = {0}, same = 0;
	for (int i = 0; i < 18000; i++) {
		lam_move move = lam_augment_move(&augment, NULL, 7, 2, i),
			 other = lam_augment_move(&augment, NULL, 7, 3, i);
		require(move.dy >= -1 && move.dy <= 1 && move.dx >= -1 && move.dx <= 1);
		seen[(move.dy + 1) * 6 + (move.dx + 1) * 2 + move.flip]++;
		same += move.dy == other.dy && move.dx == other.dx && move.flip == other.flip;
	}
	for (int k = 0; k < 18; k++)
		check(abs(seen[k] - 1000) < 150, "move %d came %d times", k, seen[k]);
	check(abs(same - 1000) < 150, "%d moves are those of the next epoch", same);
	lam_move none = lam_augment_move(&(lam_augment){0}, NULL, 7, 2, 5);
	check(none.dy == 0 && none.dx == 0 && !none.flip);
}

static lam_status read_badly(const lam_dataset *self, int64_t index, lam_real *x, void *target)
{
	(void)self, (void)x, (void)target;
	return index == 5 ? lam_fail(LAM_ERR_IO, "sample %" PRId64 " is gone", index) : LAM_OK;
}

static void refuses_what_makes_no_sense(void)
{
	static const lam_dataset_class bad_class = {
		LAM_DATASET_ABI, .kind = "bad", .read = read_badly};
	lam_dataset *dataset = numbered(),
		    *flat = lam_dataset_new(
			    &bad_class, 9, LAM_SHAPE(6), (lam_target_info){.classes = 1});
	require(dataset && flat);
	const struct {
		lam_loader_options options;
		const char *words;
	} rows[] = {
		{{.dataset = NULL}, "the data set is NULL"},
		{{.dataset = dataset, .batch = -1}, ".batch is -1; expected 1 to 2147483647"},
		{{.dataset = dataset, .augment = {.shift = 4}},
			"augment: .shift is 4; expected 0 to below 4, for samples of shape 1x4x5"},
		{{.dataset = dataset, .augment = {.shift = -1}}, ".shift is -1"},
		{{.dataset = flat, .augment = {.flip = true}},
			"augmenting samples of shape 6; expected signals [channels, length]"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		lam_loader_options options = rows[r].options;
		options.size = sizeof options;
		check(!lam_loader_new_with(&options) && strstr(lam_error(), rows[r].words),
			"row %d says %s", (int)r, lam_error());
	}
	check(!lam_loader_new_with(NULL));
	lam_loader *loader = lam_loader_new(flat, .batch = 4, .no_shuffle = true);
	check(lam_loader_next(loader) != NULL);
	check(!lam_loader_next(loader) && strstr(lam_error(), "sample 5 is gone"), "%s",
		lam_error());
	check(!lam_loader_next(NULL));
	lam_loader_free(loader);
	lam_loader_free(NULL);
	lam_dataset_free(flat);
	lam_dataset_free(dataset);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gives_each_sample_once),
		TEST(keeps_the_order_on_request),
		TEST(goes_on_from_any_place),
		TEST(lays_samples_into_lanes),
		TEST(fills_beside_the_batch_in_use),
		TEST(moves_and_flips),
		TEST(maps_move_with_their_samples),
		TEST(maps_that_cannot_move_are_refused),
		TEST(draws_moves_evenly),
		TEST(refuses_what_makes_no_sense),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
