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

/* Declares a packed copy of no bytes where the weight is streamed. */
static void plan_copy(const struct affine *affine, lam_plan *plan, lam_job job)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	const lam_affine_geometry *geometry = &affine->geometry;
	const bool streams = !lam_plan_inference(plan) && kernel->streams(geometry);
	const int64_t values = streams ? 0 : geometry->in * geometry->out;
	lam_plan_packed(plan, WEIGHT, values * (int64_t)sizeof(lam_real),
		kernel->pack_slices(geometry), job == LAM_BACKWARD);
	if (streams)
		lam_plan_scratch(plan, job, kernel->stream_scratch());
}

/* The geometry whose outputs are the rows that the weight gradient reads. */
static lam_affine_geometry rows_of(const lam_affine_geometry *geometry)
{
	return lam_kernel()->affine.turns(geometry)
		? (lam_affine_geometry){.in = geometry->out, .out = geometry->in}
		: *geometry;
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
	const lam_affine_geometry rows = rows_of(geometry);
	plan_copy(affine, plan, LAM_FORWARD);
	plan_copy(affine, plan, LAM_BACKWARD);
	lam_plan_shared(plan, LAM_GRADIENT, 0,
		lam_kernel()->affine.transposed_size(&rows, 1) * (int64_t)sizeof(lam_real));
	lam_plan_gathers(plan);
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

/* The part of a gathered shard where its rows are, behind the blocks of `side`. */
static lam_real *gathered_rows(const lam_gathered *gathered, const lam_view *side)
{
	return gathered->values + gathered->shard * gathered->stride
		+ lane_blocks(gathered->samples[gathered->shard]) * side->values;
}

/* Writes the weight's gradient; of several shards, their sum in the last one's run. */
static void weight_gradient(const struct affine *affine, const lam_pass *pass, const lam_view *side,
	const lam_real *rows)
{
	const lam_gathered *gathered = pass->gathered;
	struct lam_affine_shards shards;
	struct lam_affine_gradient_call call = {.x = side->data,
		.x_block = side->block,
		.rows = rows,
		.turned = side == pass->dy,
		.samples = pass->n,
		.dw = pass->dw[WEIGHT],
		.slices = lam_slices_of(pass)};
	if (!call.dw || (gathered && gathered->shard + 1 < gathered->count))
		return;
	if (gathered) {
		shards = (struct lam_affine_shards){
			gathered->count, gathered->samples, gathered->values, gathered->stride};
		call.shards = &shards;
	}
	lam_kernel()->affine.gradient(&affine->geometry, &call);
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_affine_kernels *kernel = &lam_kernel()->affine;
	const struct affine *affine = lam_layer_state(self);
	const lam_affine_geometry *geometry = &affine->geometry;
	const struct lam_slices slices = lam_slices_of(pass);
	const bool turned = kernel->turns(geometry);
	const lam_affine_geometry of_rows = rows_of(geometry);
	const lam_view *side = turned ? pass->dy : pass->x;
	lam_real *const rows = pass->gathered ? gathered_rows(pass->gathered, side) : pass->shared;
	if (pass->phase == TRANSPOSE) {
		kernel->transpose(&of_rows, (turned ? pass->x : pass->dy)->data, pass->block,
			pass->blocks, rows);
		if (pass->gathered)
			lam_kernel()->map.copy(rows - (pass->blocks - pass->block) * side->values,
				side->data, (size_t)side->values);
		return LAM_OK;
	}
	weight_gradient(affine, pass, side, rows);
	if (!affine->options.no_bias && pass->dw[BIAS] && turned)
		lam_kernel()->conv.bias_gradient(1, pass->dy->data, pass->dy->block,
			lane_blocks(pass->n), pass->dw[BIAS], slices_begin(slices, geometry->out),
			slices_end(slices, geometry->out));
	else if (!affine->options.no_bias && pass->dw[BIAS])
		kernel->bias_gradient(geometry, rows, pass->n, pass->dw[BIAS],
			slices_begin(slices, geometry->out), slices_end(slices, geometry->out));
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
