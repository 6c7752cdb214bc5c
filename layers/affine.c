/* SPDX-License-Identifier: MIT */
/* The affine layer, as torch.nn.Linear, of the flattened input:
 *
 *   x [in], W [out, in], b [out], y [out]
 *
 *   y     = W x + b
 *   dL/dx = W^T dL/dy
 *   dL/dW = sum over samples of dL/dy x^T
 *   dL/db = sum over samples of dL/dy */
#include "layers/affine_state.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/thresholds.h"
#include "framework/plan/gathered.h"
#include "framework/plan/late.h"
#include "framework/plan/work.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/weight_init.h"

enum { WEIGHT = AFFINE_WEIGHT, BIAS = AFFINE_BIAS };
enum { FORWARD_COPY, BACKWARD_COPY }; /* packed copies of the weight */
enum { TRANSPOSE, PRODUCT };          /* phases of the gradient */

static const lam_option options[] = {
	LAM_OPTION(lam_affine_options, out, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_affine_options, no_bias, BOOL),
	LAM_WEIGHT_INIT_OPTIONS(lam_affine_options),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const struct affine *affine = lam_layer_state(self);
	return lam_weight_init_check(affine->options.init, affine->options.init_scale);
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct affine *affine = lam_layer_state(self);
	affine->geometry = (lam_affine_geometry){
		.in = lam_shape_count(in), .out = affine->options.out};
	const lam_shape weight = LAM_SHAPE(affine->geometry.out, affine->geometry.in);
	if (!lam_shape_valid(&weight))
		return lam_fail(LAM_ERR_SHAPE, "a weight of %s has too many values",
			lam_shape_text(weight).text);
	*out = LAM_SHAPE(affine->geometry.out);
	return LAM_OK;
}

/* Declares a packed copy, of no bytes where calls of this job pack the weight themselves. */
static void plan_copy(const struct affine *affine, lam_plan *plan, lam_job job)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	const lam_affine_geometry *geometry = &affine->geometry;
	const bool streams = !lam_plan_inference(plan) && kernel->streams(geometry, job);
	const int64_t values = streams ? 0 : geometry->in * geometry->out;
	lam_plan_packed(plan, WEIGHT, values * (int64_t)sizeof(lam_real),
		kernel->pack_slices(geometry), job == LAM_BACKWARD);
	if (streams)
		lam_plan_scratch(plan, job, kernel->stream_scratch());
}

/* The values of the rows that the weight gradient reads of a block. */
static int64_t row_values(const lam_affine_geometry *geometry)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	return kernel->turns(geometry) ? kernel->turned_size(geometry, 1)
				       : kernel->transposed_size(geometry, 1);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct affine *affine = lam_layer_state(self);
	const lam_affine_geometry *geometry = &affine->geometry;
	lam_weight_init_plan(plan, LAM_SHAPE(geometry->out, geometry->in),
		(lam_param_options){.init = affine->options.init,
			.init_scale = affine->options.init_scale,
			.fan_in = geometry->in,
			.fan_out = geometry->out},
		!affine->options.no_bias, geometry->out);
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		lam_plan_work(plan, job,
			job == LAM_FORWARD ? (double)(lane_blocks(geometry->out) * geometry->in)
					   : (double)(lane_blocks(geometry->in) * geometry->out),
			(double)geometry->in * (double)geometry->out);
	if (lam_plan_layout(plan) != LAM_BATCH_LANES)
		return lam_affine_sample_plan(affine, plan);
	plan_copy(affine, plan, LAM_FORWARD);
	plan_copy(affine, plan, LAM_BACKWARD);
	lam_plan_shared(plan, LAM_GRADIENT, 0, row_values(geometry) * (int64_t)sizeof(lam_real));
	lam_plan_gathers(plan, !lam_kernel()->affine.turns(geometry));
	if (lam_kernel()->affine.turns(geometry))
		lam_plan_late(plan);
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		lam_plan_flops(plan, job, 2 * (double)geometry->in * (double)geometry->out);
	return LAM_OK;
}

/* Whether the weight is read again for every block. A weight that fits a core's own cache is, so
 * that the layer can be part of a chain. A larger weight is read once for all blocks. */
static bool per_block(const lam_affine_geometry *geometry)
{
	return geometry->in * geometry->out <= AFFINE_CHAIN_WEIGHTS;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct affine *affine = lam_layer_state(self);
	const int64_t slices = lam_kernel()->affine.slices(&affine->geometry);
	if (job != LAM_GRADIENT) {
		phase[0] = (lam_phase){.per_block = per_block(&affine->geometry), .slices = slices};
		return 1;
	}
	phase[TRANSPOSE] = (lam_phase){.per_block = true, .slices = 1};
	phase[PRODUCT] = (lam_phase){.per_block = false, .slices = slices};
	return 2;
}

static lam_status pack(const lam_layer *self, int index, const lam_real *w, void *packed,
	int64_t slice, int64_t slices)
{
	const struct affine *affine = lam_layer_state(self);
	lam_kernel()->affine.pack(&affine->geometry,
		index == FORWARD_COPY ? LAM_FORWARD : LAM_BACKWARD, w, packed,
		(struct lam_slices){slice, slice + 1, slices});
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct affine *affine = lam_layer_state(self);
	lam_kernel()->affine.run(&affine->geometry, LAM_FORWARD,
		&(struct lam_affine_call){.packed = pass->packed[FORWARD_COPY],
			.weight = pass->w[WEIGHT],
			.scratch = pass->scratch,
			.bias = affine->options.no_bias ? NULL : pass->w[BIAS],
			.epilogue = (lam_epilogue)pass->epilogue,
			.finish = pass->finish,
			.from = pass->x->data,
			.from_block = pass->x->block,
			.to = pass->out->data,
			.to_block = pass->out->block,
			.blocks = per_block(&affine->geometry) ? 1 : pass->blocks,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct affine *affine = lam_layer_state(self);
	lam_kernel()->affine.run(&affine->geometry, LAM_BACKWARD,
		&(struct lam_affine_call){.packed = pass->packed[BACKWARD_COPY],
			.weight = pass->w[WEIGHT],
			.scratch = pass->scratch,
			.from = pass->dy->data,
			.from_block = pass->dy->block,
			.to = pass->dx->data,
			.to_block = pass->dx->block,
			.blocks = per_block(&affine->geometry) ? 1 : pass->blocks,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

/* What the gradients of a pass are made of. */
struct sides {
	bool turned;            /* the rows are of x and dy */
	const lam_real *blocks; /* lane blocks of x; not read if turned */
	int64_t step;           /* from one block to the next, in values */
	lam_real *rows;         /* of all blocks */
	int64_t first, all;     /* the first block of this pass, and how many there are */
	bool whole;             /* there are no others to come */
	const struct lam_affine_shards *shards; /* NULL: one */
};

/* `shards` is filled in if there are any. */
static struct sides sides_of(
	const struct affine *affine, const lam_pass *pass, struct lam_affine_shards *shards)
{
	const lam_gathered *gathered = pass->gathered;
	struct sides sides = {lam_kernel()->affine.turns(&affine->geometry), pass->x->data,
		pass->x->block, pass->shared, 0, pass->blocks, true, NULL};
	if (!gathered)
		return sides;
	*shards = (struct lam_affine_shards){
		.count = gathered->count, .samples = gathered->samples};
	for (int s = 0; s < gathered->count; s++) {
		sides.first += s < gathered->shard ? lane_blocks(gathered->samples[s]) : 0;
		shards->blocks += lane_blocks(gathered->samples[s]);
	}
	sides.all = shards->blocks;
	sides.shards = shards;
	if (!gathered->values)
		return sides;
	sides.blocks = gathered->values;
	sides.step = pass->x->values;
	sides.rows = gathered->values + (sides.turned ? 0 : sides.all * sides.step);
	sides.whole = gathered->shard + 1 == gathered->count;
	return sides;
}

/* Writes the rows of a block, and where shards are gathered, the lane block that is read beside. */
static void note_block(const struct affine *affine, const lam_pass *pass, const struct sides *sides)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	const lam_affine_geometry *geometry = &affine->geometry;
	const int64_t block = sides->first + pass->block;
	const lam_view *x = pass->x;
	if (sides->turned) {
		kernel->turn(geometry, x->data, pass->dy->data, block, sides->all, sides->rows);
		return;
	}
	kernel->transpose(geometry, pass->dy->data, block, sides->all, sides->rows);
	if (pass->gathered && pass->gathered->values)
		lam_kernel()->map.copy(
			pass->gathered->values + block * x->values, x->data, (size_t)x->values);
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	const struct affine *affine = lam_layer_state(self);
	const lam_affine_geometry *geometry = &affine->geometry;
	const struct lam_slices slices = lam_slices_of(pass);
	struct lam_affine_shards shards;
	const struct sides sides = sides_of(affine, pass, &shards);
	if (pass->phase == TRANSPOSE)
		note_block(affine, pass, &sides);
	if (pass->phase == TRANSPOSE || !sides.whole)
		return LAM_OK;
	if (pass->dw[WEIGHT])
		kernel->gradient(geometry,
			&(struct lam_affine_gradient_call){.x = sides.blocks,
				.x_block = sides.step,
				.rows = sides.rows,
				.turned = sides.turned,
				.samples = pass->n,
				.dw = pass->dw[WEIGHT],
				.taker = pass->taker,
				.slices = slices,
				.shards = sides.shards});
	if (!affine->options.no_bias && pass->dw[BIAS])
		kernel->bias_gradient(geometry, sides.turned, sides.rows, pass->n, sides.shards,
			pass->dw[BIAS], slices_begin(slices, geometry->out),
			slices_end(slices, geometry->out));
	return LAM_OK;
}

const lam_layer_class lam_affine_class = {
	LAM_LAYER_ABI,
	.kind = "affine",
	.flags = LAM_KEEP_X | LAM_GRADIENT_READS_X | LAM_ABSORBS | LAM_FINISHES | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct affine),
	.options = options,
	.init = init,
	.check = check,
	.plan = plan,
	.phases = phases,
	.pack = pack,
	.forward = forward,
	.backward = backward,
	.gradient = gradient,
	.sample = &lam_affine_sample_form,
};

lam_layer *lam_affine_new(const lam_affine_options *options)
{
	return lam_layer_new(&lam_affine_class, options);
}
