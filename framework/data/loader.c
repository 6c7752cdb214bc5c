/* SPDX-License-Identifier: MIT */
/* The loader reads samples into rows, block by block, augments them if asked to, and for lam_fit()
 * transposes them into lanes (loader_fields.c).
 *
 * The arrays that a caller holds are double-buffered: a batch that was handed out stays unchanged
 * while the next is filled. */
#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/data/loader_fields.h"
#include "framework/kernels/sizes.h"
#include "framework/memory.h"
#include "framework/net/query.h"
#include "framework/random.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

/* What reading a sample takes from a data set in memory, in operations as net/work.h counts them:
 * 50 ns, and for each value to read it, to move it and to write it into a lane. */
enum { SAMPLE_OPERATIONS = 3000, VALUE_OPERATIONS = 36 };

struct lam_loader {
	lam_loaded loaded;             /* the fields of the data set, and their memory */
	int64_t count, batch, batches; /* count: LAM_ENDLESS for a stream */
	int64_t steps;                 /* .steps_per_epoch; 0: epochs are the data set's */
	int64_t data_epoch;            /* of the next batch, in the data set */
	uint64_t seed;
	lam_augment augment;
	lam_shard_range shards; /* of each batch, which this loader reads */
	int64_t shard_rows;     /* rows from one shard to the next in the buffers */
	int64_t offset;         /* of the first sample (lam_loader_window()) */
	double operations;      /* of reading a sample, as in lam_side_work */
	/* The sample at each position of epoch order_epoch. NULL: the data set's order. */
	int64_t *order;
	int64_t order_epoch;
	/* For each of the two buffers, what is handed out: lanes of inputs, rows of targets. */
	lam_run_input *inputs[2];
	lam_run_target *targets[2];
	lam_io *rows[2];      /* all fields */
	int64_t epoch, index; /* epoch and index of the next batch */
	int slot;             /* which buffers the next batch is written to, 0 or 1 */
	int64_t n;            /* its number of samples, from order[first] on; 0: it was not begun */
	int64_t first;
	lam_side_work work;
	lam_batch handed;
};

/* The blocks of the largest shard of the next batch. */
static int64_t blocks_of_shard(const lam_loader *loader)
{
	return lane_blocks(ceil_divide(loader->n, loader->shards.all));
}

/* Each of the loader's shards has as many units as the largest; one without samples does nothing.
 */
static lam_status read_block(void *data, int64_t unit)
{
	lam_loader *loader = data;
	const lam_shard_range *s = &loader->shards;
	const int slot = loader->slot;
	const int64_t blocks = blocks_of_shard(loader), shard = unit / blocks,
		      block = unit % blocks, begin = block * LAM_LANES,
		      n = lam_shard_samples(loader->n, s->first + shard, s->all),
		      end = begin + lanes_used(n, block), row = shard * loader->shard_rows;
	if (begin >= n)
		return LAM_OK;
	for (int64_t i = begin; i < end; i++) {
		const lam_shard_place place = {loader->count, loader->first, loader->n,
			loader->offset, s->first + shard, i, loader->order};
		const lam_drawn sample = {
			loader->seed, loader->data_epoch, lam_shard_index(s, &place)};
		lam_status status = lam_loaded_read(&loader->loaded, slot, row + i, &sample);
		if (status)
			return status;
	}
	lam_loaded_to_lanes(&loader->loaded, slot, row + begin, row + end);
	return LAM_OK;
}

/* A data set may be the user's code. It is always called in IEEE 754's default float mode: for the
 * first batch, within a step, and whatever mode the caller of lam_fit() has set. */
static lam_status fill_block(void *data, int64_t block)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_IEEE);
	return read_block(data, block);
}

/* A stream that is read in order has one unit. */
static lam_status fill_in_order(void *data, int64_t unit)
{
	(void)unit;
	const lam_loader *loader = data;
	lam_status status = LAM_OK;
	const int64_t blocks = blocks_of_shard(loader) * loader->shards.count;
	for (int64_t block = 0; block < blocks && !status; block++)
		status = fill_block(data, block);
	return status;
}

void lam_loader_reseed(lam_loader *loader, uint64_t seed)
{
	loader->seed = seed;
	loader->order_epoch = -1;
}

const lam_side_work *lam_loader_begin(lam_loader *loader)
{
	const lam_shard_range *s = &loader->shards;
	int64_t index = loader->index;
	loader->data_epoch = loader->epoch;
	if (loader->steps) {
		const int64_t all = loader->epoch * loader->steps + loader->index,
			      own = loader->count / loader->batch;
		loader->data_epoch = all / own;
		index = all % own;
	}
	if (loader->order && loader->order_epoch != loader->data_epoch) {
		lam_shard_shuffle(s, loader->seed, (uint64_t)loader->data_epoch, loader->count,
			loader->order);
		loader->order_epoch = loader->data_epoch;
	}
	loader->first = index * loader->batch;
	loader->n = loader->count - loader->first < loader->batch ? loader->count - loader->first
								  : loader->batch;
	const bool in_order = lam_dataset_in_order(loader->loaded.dataset);
	loader->work = (lam_side_work){in_order ? fill_in_order : fill_block, loader,
		in_order ? 1 : blocks_of_shard(loader) * s->count,
		loader->operations * (double)(loader->n / s->all * s->count)};
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
		.inputs = loader->inputs[slot],
		.targets = loader->targets[slot],
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
	const lam_io *rows = loader->rows[loader->slot];
	if (lam_loader_fill(loader))
		return NULL;
	lam_lane_batch batch;
	lam_loader_take(loader, &batch);
	loader->handed = (lam_batch){.n = batch.n,
		.x = rows[loader->loaded.first_input].data,
		.targets = loader->loaded.first_target < 0 ? NULL
							   : rows[loader->loaded.first_target].data,
		.io = rows,
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
	if (loader->steps && epoch >= LAM_MAX_COUNT / loader->steps / loader->batch)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_seek: epoch %" PRId64 " of %" PRId64
			" steps; expected at most %" PRId64 " samples in all",
			epoch, loader->steps, LAM_MAX_COUNT);
	if (lam_dataset_in_order(loader->loaded.dataset)
		&& (epoch != loader->epoch || index != loader->index || loader->n > 0))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"lam_loader_seek: batch %" PRId64 " of epoch %" PRId64
			" of a stream that is read in order; expected no seek",
			index, epoch);
	loader->epoch = epoch;
	loader->index = index;
	loader->n = 0;
	return LAM_OK;
}

/* All fields in the data set's order, as lam_net_step_io() takes them. */
static bool list_rows(lam_loader *loader, int slot)
{
	const lam_loaded *loaded = &loader->loaded;
	lam_io *io = loader->rows[slot] = lam_alloc((size_t)loaded->count + 1, sizeof *io);
	for (int i = 0; i < loaded->count && io; i++)
		io[i] = (lam_io){
			loaded->fields[i].field->name, lam_loaded_rows(loaded, i, slot, 0)};
	return io != NULL;
}

static bool allocate(lam_loader *loader, const lam_net *net, bool lanes, bool shuffles)
{
	if (shuffles && !(loader->order = lam_alloc((size_t)loader->count, sizeof *loader->order)))
		return false;
	const lam_shard_range *s = &loader->shards;
	loader->shard_rows = s->all > 1 ? lam_shard_rows(loader->batch, s->all) : loader->batch;
	if (!lam_loaded_allocate(
		    &loader->loaded, loader->shard_rows * s->count, lanes, net != NULL))
		return false;
	for (int slot = 0; slot < 2; slot++)
		if (!(lanes ? lam_loaded_list(&loader->loaded, net, slot, s->count,
			      loader->shard_rows, &loader->inputs[slot], &loader->targets[slot])
			    : list_rows(loader, slot)))
			return false;
	return true;
}

static lam_status plan_batches(lam_loader *loader, const lam_loader_options *options)
{
	const bool endless = loader->count == LAM_ENDLESS;
	loader->batch = options->batch ? options->batch : 128;
	loader->steps = options->steps_per_epoch;
	if (loader->steps < 0 || loader->steps > INT_MAX || (endless && loader->steps == 0))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .steps_per_epoch is %" PRId64 "; expected %d to %d%s",
			loader->steps, endless ? 1 : 0, INT_MAX,
			endless ? ", as the data set is endless" : "");
	if (loader->steps && loader->batch > loader->count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .steps_per_epoch of %" PRId64
			" samples; expected a .batch of at most that, got %" PRId64,
			loader->count, loader->batch);
	if (loader->steps && options->evaluation)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .steps_per_epoch with .evaluation; expected one of them");
	if (options->drop_last && loader->batch > loader->count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_loader_new: .drop_last leaves nothing of %" PRId64
			" samples; expected a .batch of at most that, got %" PRId64,
			loader->count, loader->batch);
	if (loader->batch > loader->count)
		loader->batch = loader->count;
	loader->batches = loader->steps ? loader->steps : loader->count / loader->batch;
	if (!loader->steps && !options->drop_last && loader->count % loader->batch != 0)
		loader->batches++;
	return LAM_OK;
}

/* Counts what reading a sample takes. */
static void count_operations(lam_loader *loader)
{
	const lam_loaded *loaded = &loader->loaded;
	int64_t values = 0;
	for (int i = 0; i < loaded->count; i++)
		values += lam_field_is_input(loaded->fields[i].field) ? loaded->fields[i].values
								      : 0;
	values *= loader->augment.mixup > 0 ? 2 : 1;
	loader->operations = lam_dataset_light(loaded->dataset) && !loader->augment.function
		? SAMPLE_OPERATIONS + VALUE_OPERATIONS * (double)values
		: INFINITY;
}

/* A sample of a stream is mixed with one of those that an epoch has. */
static lam_status plan_mixup(lam_loader *loader)
{
	if (loader->count != LAM_ENDLESS || !(loader->augment.mixup > 0))
		return LAM_OK;
	if (lam_dataset_in_order(loader->loaded.dataset))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"augment: .mixup of a stream that is read in order; expected one that is a "
			"function of its index");
	loader->loaded.samples = loader->steps * loader->batch;
	return LAM_OK;
}

static lam_loader *loader_new(
	const lam_loader_options *given, bool lanes, const lam_net *net, lam_shard_range shards)
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
	loader->count = lam_dataset_count(options.dataset);
	loader->seed = options.seed;
	loader->shards = shards;
	loader->augment = options.augment;
	if (options.evaluation)
		loader->augment = (lam_augment){
			.crop = {options.augment.crop[0], options.augment.crop[1]}};
	loader->order_epoch = -1;
	if (plan_batches(loader, &options) == LAM_OK
		&& lam_loaded_make(&loader->loaded, options.dataset, &loader->augment,
			   options.evaluation, net)
			== LAM_OK
		&& plan_mixup(loader) == LAM_OK
		&& allocate(
			loader, net, lanes, !options.no_shuffle && loader->count != LAM_ENDLESS)) {
		count_operations(loader);
		return loader;
	}
	lam_loader_free(loader);
	return NULL;
}

lam_loader *lam_loader_new_with(const lam_loader_options *options)
{
	return loader_new(options, false, NULL, (lam_shard_range){.all = 1, .count = 1});
}

lam_loader *lam_loader_new_lanes(const lam_loader_options *options, const lam_net *net)
{
	return loader_new(options, true, net, (lam_shard_range){.all = 1, .count = 1});
}

lam_loader *lam_loader_new_shards(
	const lam_loader_options *options, const lam_net *net, lam_shard_range shards)
{
	return loader_new(options, true, net, shards);
}

void lam_loader_window(lam_loader *loader, int64_t first, int64_t count)
{
	loader->offset = first;
	loader->count = count;
	loader->batches = ceil_divide(count, loader->batch);
}

void lam_loader_free(lam_loader *loader)
{
	if (!loader)
		return;
	lam_free(loader->order);
	lam_loaded_free(&loader->loaded);
	for (int slot = 0; slot < 2; slot++) {
		lam_free(loader->inputs[slot]);
		lam_free(loader->targets[slot]);
		lam_free(loader->rows[slot]);
	}
	lam_free(loader);
}
