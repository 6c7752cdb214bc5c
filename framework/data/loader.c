/* SPDX-License-Identifier: MIT */
/* The loader reads samples into rows, block by block, augments them if asked to, and for lam_fit()
 * transposes them into lanes.
 *
 * The arrays that a caller holds are double-buffered: a batch that was handed out stays unchanged
 * while the next is filled. */
#include "framework/data/inside.h"

#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/data/numbers.h"
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/targets.h"
#include "framework/random.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What reading a sample takes from a data set in memory, in operations as net/work.h counts them:
 * 50 ns, and for each value to read it, to move it and to write it into a lane. */
enum { SAMPLE_OPERATIONS = 3000, VALUE_OPERATIONS = 36 };

struct lam_loader {
	const lam_dataset *dataset;
	int64_t count, batch, batches;
	int64_t features;
	lam_planes planes, target_planes; /* what augmentation moves; planes 0: not the targets */
	lam_target_info targets;
	/* the bytes of one target; 0 if samples are their own targets */
	size_t target_bytes;
	/* The number of values in one target, and the range in which each must lie. */
	int64_t target_values;
	lam_target_range range;
	lam_target_info wanted; /* of classes: those that the loss knows; classes 0: any */
	uint64_t seed;
	lam_augment augment;
	bool augments;
	double operations; /* of reading a sample, as in lam_side_work */
	/* The sample at each position of epoch order_epoch. NULL: the data set's order. */
	int64_t *order;
	int64_t order_epoch;
	lam_real *rows[2];        /* [batch][shape]; the same array unless rows are handed out */
	lam_real *lanes[2];       /* [blocks][shape][16]; NULL: rows are handed out */
	unsigned char *target[2]; /* [batch][target_bytes]; NULL: the rows are the targets */
	lam_real *unmoved;        /* [blocks][shape], samples before augmentation; NULL: none */
	unsigned char *unmoved_target; /* [blocks][target_bytes], likewise */
	lam_real *numbers; /* [blocks][target_values], of which classes are made; NULL: none are */
	int64_t epoch, index; /* epoch and index of the next batch */
	int slot;             /* which buffers the next batch is written to, 0 or 1 */
	int64_t n;            /* its number of samples, from order[first] on; 0: it was not begun */
	int64_t first;
	lam_side_work work;
	lam_batch handed;
};

/* Checks that the targets of a sample are in the loss's range. */
static lam_status check_range(const lam_loader *loader, int64_t index, const lam_real *values)
{
	const int64_t at = lam_first_outside(
		values, loader->target_values, loader->range.least, loader->range.most);
	if (at < 0)
		return LAM_OK;
	char file[700] = "";
	const lam_target_numbers *numbers = lam_dataset_numbers(loader->dataset);
	const bool byte = values[at] == 255 && loader->range.least == 0 && loader->range.most == 1;
	if (numbers)
		snprintf(file, sizeof file, " (%s%s)", numbers->text,
			byte ? "; t / 255 of bytes is in that range" : "");
	return lam_fail(LAM_ERR_ARGUMENT,
		"data set \"%s\": the target of sample %" PRId64 " is %s (value %" PRId64
		"); the loss expected %s%s",
		lam_dataset_class_of(loader->dataset)->kind, index, lam_real_text(values[at]).text,
		at, loader->range.text, file);
}

/* Checks that the loss knows the classes of a sample. */
static lam_status check_classes(const lam_loader *loader, int64_t index, const int32_t *found)
{
	const lam_target_info *wanted = &loader->wanted;
	const int64_t at = lam_first_bad_class(
		found, loader->target_values, wanted->classes, lam_target_ignored(wanted));
	if (at < 0)
		return LAM_OK;
	const lam_class_words words = lam_class_describe(wanted, at);
	return lam_fail(LAM_ERR_ARGUMENT,
		"data set \"%s\": sample %" PRId64 "%s has class %" PRId32
		"; the loss expected 0 to %" PRId64 "%s",
		lam_dataset_class_of(loader->dataset)->kind, index, words.place, found[at],
		wanted->classes - 1, words.ignored);
}

/* Reads the sample at `row` of the batch, and its target, and moves both if asked to. */
static lam_status read_sample(lam_loader *loader, int64_t row, int64_t index)
{
	const int64_t block = row / LAM_LANES;
	lam_real *x = loader->rows[loader->slot] + row * loader->features;
	lam_real *read = loader->augments ? loader->unmoved + block * loader->features : x;
	unsigned char *target = loader->target[loader->slot]
		? loader->target[loader->slot] + (size_t)row * loader->target_bytes
		: NULL;
	const bool moves = target && loader->target_planes.planes > 0;
	void *read_target = moves ? loader->unmoved_target + (size_t)block * loader->target_bytes
				  : target;
	lam_status status = lam_dataset_read_as(loader->dataset, index, read, read_target,
		loader->targets.type,
		loader->numbers ? loader->numbers + block * loader->target_values : NULL);
	if (!status && target && loader->wanted.classes > 0)
		status = check_classes(loader, index, read_target);
	if (status)
		return status;
	if (loader->augments) {
		const lam_move move = lam_augment_move(
			&loader->augment, loader->seed, loader->epoch, index);
		lam_augment_apply(x, read, &loader->planes, move);
		if (moves)
			lam_augment_apply(target, read_target, &loader->target_planes, move);
	}
	return loader->range.any ? LAM_OK
				 : check_range(loader, index, target ? (const void *)target : x);
}

static lam_status read_block(void *data, int64_t block)
{
	lam_loader *loader = data;
	const int slot = loader->slot;
	const int64_t begin = block * LAM_LANES, end = begin + lanes_used(loader->n, block);
	for (int64_t i = begin; i < end; i++) {
		const int64_t at = loader->first + i;
		lam_status status = read_sample(loader, i, loader->order ? loader->order[at] : at);
		if (status)
			return status;
	}
	if (loader->lanes[slot])
		lam_kernel()->transpose.rows_to_block(
			loader->lanes[slot] + begin * loader->features,
			loader->rows[slot] + begin * loader->features, (size_t)loader->features,
			(size_t)loader->features, (int)(end - begin));
	return LAM_OK;
}

/* A data set may be the user's code. It is always called in IEEE 754's default float mode: for the
 * first batch, within a step, and whatever mode the caller of lam_fit() has set. */
static lam_status fill_block(void *data, int64_t block)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_IEEE);
	return read_block(data, block);
}

void lam_loader_reseed(lam_loader *loader, uint64_t seed)
{
	loader->seed = seed;
	loader->order_epoch = -1;
}

const lam_side_work *lam_loader_begin(lam_loader *loader)
{
	if (loader->order && loader->order_epoch != loader->epoch) {
		lam_random_permutation(
			loader->seed, (uint64_t)loader->epoch, loader->count, loader->order);
		loader->order_epoch = loader->epoch;
	}
	loader->first = loader->index * loader->batch;
	loader->n = loader->count - loader->first < loader->batch ? loader->count - loader->first
								  : loader->batch;
	loader->work = (lam_side_work){
		fill_block, loader, lane_blocks(loader->n), loader->operations * (double)loader->n};
	return &loader->work;
}

lam_status lam_loader_fill(lam_loader *loader)
{
	const lam_side_work *work = lam_loader_begin(loader);
	for (int64_t unit = 0; unit < work->units; unit++) {
		lam_status status = work->run(work->data, unit);
		if (status)
			return status;
	}
	return LAM_OK;
}

void lam_loader_take(lam_loader *loader, lam_lane_batch *batch)
{
	const int slot = loader->slot;
	*batch = (lam_lane_batch){
		.n = loader->n,
		.epoch = loader->epoch,
		.index = loader->index,
		.lanes = loader->lanes[slot],
		.targets = loader->target[slot] ? (const void *)loader->target[slot]
						: loader->rows[slot],
	};
	loader->slot = 1 - slot;
	loader->n = 0;
	if (++loader->index == loader->batches) {
		loader->index = 0;
		loader->epoch++;
	}
}

const lam_batch *lam_loader_next(lam_loader *loader)
{
	if (!loader) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_loader_next: the loader is NULL");
		return NULL;
	}
	const lam_real *x = loader->rows[loader->slot];
	if (lam_loader_fill(loader))
		return NULL;
	lam_lane_batch batch;
	lam_loader_take(loader, &batch);
	loader->handed = (lam_batch){.n = batch.n,
		.x = x,
		.targets = batch.targets,
		.epoch = batch.epoch,
		.index = batch.index};
	return &loader->handed;
}

int64_t lam_loader_batches(const lam_loader *loader)
{
	return loader ? loader->batches : 0;
}

lam_status lam_loader_seek(lam_loader *loader, int64_t epoch, int64_t index)
{
	if (!loader)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_loader_seek: the loader is NULL");
	if (epoch < 0 || epoch > LAM_MAX_COUNT || index < 0 || index >= loader->batches)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_seek: batch %" PRId64 " of epoch %" PRId64
			"; expected 0 to %" PRId64 " of an epoch from 0 to %" PRId64,
			index, epoch, loader->batches - 1, LAM_MAX_COUNT);
	loader->epoch = epoch;
	loader->index = index;
	loader->n = 0;
	return LAM_OK;
}

/* Prepares augmentation, if asked for. */
static lam_status plan_augment(lam_loader *loader, lam_shape shape)
{
	const lam_augment *augment = &loader->augment;
	loader->augments = augment->shift != 0 || augment->flip;
	if (!loader->augments)
		return LAM_OK;
	lam_status status = lam_augment_samples(augment, &shape, &loader->planes);
	return status ? status
		      : lam_augment_targets(augment, &shape, &loader->targets,
			      lam_target_ignored(&loader->wanted), &loader->target_planes);
}

static lam_real *allocate_reals(int64_t rows, int64_t features)
{
	size_t count;
	if (!lam_size_multiply((size_t)rows, (size_t)features, &count)) {
		lam_fail(LAM_ERR_MEMORY,
			"out of memory: %" PRId64 " x %" PRId64 " values of a batch", rows,
			features);
		return NULL;
	}
	return lam_alloc(count, sizeof(lam_real));
}

static bool allocate(lam_loader *loader, bool lanes, bool shuffles)
{
	const int64_t blocks = lane_blocks(loader->batch);
	const bool own_targets = loader->targets.type != LAM_INPUT,
		   two_rows = lanes && !own_targets;
	if (shuffles && !(loader->order = lam_alloc((size_t)loader->count, sizeof *loader->order)))
		return false;
	if (loader->augments && !(loader->unmoved = allocate_reals(blocks, loader->features)))
		return false;
	if (loader->target_planes.planes
		&& !(loader->unmoved_target = lam_alloc((size_t)blocks, loader->target_bytes)))
		return false;
	if (loader->targets.type == LAM_CLASSES
		&& lam_dataset_targets(loader->dataset).type == LAM_VALUES
		&& !(loader->numbers = allocate_reals(blocks, loader->target_values)))
		return false;
	if (!(loader->rows[0] = allocate_reals(loader->batch, loader->features)))
		return false;
	if (!(loader->rows[1] = two_rows ? allocate_reals(loader->batch, loader->features)
					 : loader->rows[0]))
		return false;
	for (int slot = 0; slot < 2; slot++) {
		if (lanes
			&& !(loader->lanes[slot] = allocate_reals(
				     blocks * LAM_LANES, loader->features)))
			return false;
		if (own_targets
			&& !(loader->target[slot] = lam_alloc(
				     (size_t)loader->batch, loader->target_bytes)))
			return false;
	}
	return true;
}

static lam_status plan_batches(lam_loader *loader, const lam_loader_options *options)
{
	loader->batch = options->batch ? options->batch : 128;
	if (options->drop_last && loader->batch > loader->count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .drop_last leaves nothing of %" PRId64
			" samples; expected a .batch of at most that, got %" PRId64,
			loader->count, loader->batch);
	if (loader->batch > loader->count)
		loader->batch = loader->count;
	loader->batches = loader->count / loader->batch;
	if (!options->drop_last && loader->count % loader->batch != 0)
		loader->batches++;
	return LAM_OK;
}

static lam_loader *loader_new(
	const lam_loader_options *given, bool lanes, const lam_target_info *wanted)
{
	lam_loader_options options;
	if (!lam_take_options("lam_loader_new", &options, sizeof options,
		    offsetof(lam_loader_options, batch), offsetof(lam_loader_options, named),
		    given))
		return NULL;
	if (!options.dataset) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_loader_new: the data set is NULL");
		return NULL;
	}
	if (options.batch < 0 || options.batch > INT_MAX) {
		lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .batch is %" PRId64 "; expected 1 to %d", options.batch,
			INT_MAX);
		return NULL;
	}
	lam_loader *loader = lam_alloc(1, sizeof *loader);
	if (!loader)
		return NULL;
	lam_shape shape = lam_dataset_shape(options.dataset);
	loader->dataset = options.dataset;
	loader->count = lam_dataset_count(options.dataset);
	loader->features = lam_shape_count(&shape);
	loader->targets = wanted ? lam_dataset_targets_for(options.dataset, wanted)
				 : lam_dataset_targets(options.dataset);
	loader->target_values = lam_target_values(&loader->targets);
	loader->target_bytes = (size_t)loader->target_values
		* (loader->targets.type == LAM_CLASSES ? sizeof(int32_t) : sizeof(lam_real));
	loader->range.any = true;
	if (loader->targets.type != LAM_CLASSES && wanted)
		loader->range = lam_target_range_of(wanted);
	else if (wanted && wanted->type == LAM_CLASSES)
		loader->wanted = *wanted;
	loader->seed = options.seed;
	loader->augment = options.augment;
	loader->order_epoch = -1;
	loader->operations = lam_dataset_light(options.dataset)
		? SAMPLE_OPERATIONS + VALUE_OPERATIONS * (double)loader->features
		: INFINITY;
	if (plan_batches(loader, &options) == LAM_OK && plan_augment(loader, shape) == LAM_OK
		&& allocate(loader, lanes, !options.no_shuffle))
		return loader;
	lam_loader_free(loader);
	return NULL;
}

lam_loader *lam_loader_new_with(const lam_loader_options *options)
{
	return loader_new(options, false, NULL);
}

lam_loader *lam_loader_new_lanes(const lam_loader_options *options, const lam_target_info *wanted)
{
	return loader_new(options, true, wanted);
}

void lam_loader_free(lam_loader *loader)
{
	if (!loader)
		return;
	lam_free(loader->order);
	lam_free(loader->unmoved);
	lam_free(loader->unmoved_target);
	lam_free(loader->numbers);
	if (loader->rows[1] != loader->rows[0])
		lam_free(loader->rows[1]);
	lam_free(loader->rows[0]);
	for (int slot = 0; slot < 2; slot++) {
		lam_free(loader->lanes[slot]);
		lam_free(loader->target[slot]);
	}
	lam_free(loader);
}
