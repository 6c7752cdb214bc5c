/* SPDX-License-Identifier: MIT */
/* Convolutions and transposed convolutions by the same kernels. Both use the geometry of the
 * convolution A from [in, h, w] to [out, oh, ow]:
 *
 *   A(x)[o][i][j]       = sum over c, p, q of w[o][c][p][q] x[c][u][v]
 *   G(x, y)[o][c][p][q] = sum over samples, i, j of y[o][i][j] x[c][u][v]
 *
 *   where  u = i sh + p dh - ph  and  v = j sw + q dw - pw
 *
 *                convolution          transposed convolution
 *   y        =   A(x) + b             A^T(x) + b
 *   dL/dx    =   A^T(dL/dy)           A(dL/dy)
 *   dL/dw    =   G(x, dL/dy)          G(dL/dy, x)
 *   dL/db    =   sum over samples and pixels of dL/dy
 *
 * A is the kernels' forward, A^T their input gradient, G their weight gradient. The weight of a
 * transposed convolution, [its in, its out / groups, kh, kw], is w without change. */
#include "layers/conv_common.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/thresholds.h"
#include "framework/plan/front.h"
#include "framework/plan/work.h"
#include "layers/channels.h"
#include "layers/weight_init.h"

enum { WEIGHT, BIAS };                /* parameters */
enum { FORWARD_COPY, BACKWARD_COPY }; /* packed copies of the weight */

/* The algorithm of a layer's job. */
static const struct lam_conv_algorithm *algorithm_of(const struct conv *conv, lam_job job)
{
	return conv->geometry.algorithm[lam_conv_job_of(conv, job)];
}

/* The offset in bytes of the bias's sums in the gradient's shared memory. */
static int64_t bias_sums_offset(const struct conv *conv)
{
	const struct lam_conv_algorithm *algorithm = algorithm_of(conv, LAM_GRADIENT);
	return round_up((int64_t)algorithm->gradient_shared(&conv->geometry), LAM_ALIGN);
}

static void plan_copy(const struct conv *conv, lam_plan *plan, lam_job job)
{
	const int64_t values = algorithm_of(conv, job)->packed_size(&conv->geometry);
	lam_plan_packed(plan, WEIGHT, values * (int64_t)sizeof(lam_real),
		lam_kernel()->conv.pack_slices(&conv->geometry), job == LAM_BACKWARD);
}

/* Declares the work in either layout. Winograd's must be faster by as much as elsewhere: batch
 * lanes also take more memory. */
static void plan_work(const struct conv *conv, lam_plan *plan)
{
	const lam_conv_geometry *g = &conv->geometry;
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++) {
		const lam_job as = lam_conv_job_of(conv, job);
		const struct lam_conv_count count = g->algorithm[as]->count(g, as);
		const double block = count.transformed > 0
			? (WINOGRAD_PRODUCT_COST * count.products
				  + WINOGRAD_TRANSFORM_COST * count.transformed)
				/ WINOGRAD_GAIN
			: count.products;
		lam_plan_work(plan, job, lam_conv_sample_work(conv, job, LAM_CHANNEL_LANES), block);
	}
}

/* An output value sums fan_in products and an input value enters fan_out of them. Strides are
 * ignored, as He and Glorot do. */
lam_status lam_conv_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	const struct conv *conv = lam_layer_state(self);
	const struct conv_setup *setup = &conv->setup;
	const int64_t taps = setup->kernel[0] * setup->kernel[1];
	lam_weight_init_plan(plan, lam_conv_weight_shape(conv),
		(lam_param_options){.init = setup->init,
			.init_scale = setup->init_scale,
			.fan_in = in->dim[0] / setup->groups * taps,
			.fan_out = setup->out / setup->groups * taps},
		setup->bias, setup->out);
	const lam_conv_geometry *g = &conv->geometry;
	const double products = (double)(g->out * (g->in / g->groups)) * (double)taps
		* (double)(g->oh * g->ow);
	plan_work(conv, plan);
	if (lam_plan_layout(plan) != LAM_BATCH_LANES)
		return lam_conv_sample_plan(conv, 2 * products, plan);
	plan_copy(conv, plan, LAM_FORWARD);
	plan_copy(conv, plan, LAM_BACKWARD);
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++) {
		const size_t scratch = algorithm_of(conv, job)->scratch_size(
			g, lam_conv_job_of(conv, job));
		lam_plan_scratch(plan, job, (int64_t)scratch);
		lam_plan_flops(plan, job, 2 * products);
	}
	lam_conv_plan_front(conv, plan, lam_kernel()->conv.front_needs);
	lam_plan_shared(plan, LAM_GRADIENT,
		bias_sums_offset(conv) + BIAS_PARTS * setup->out * (int64_t)sizeof(lam_real), 0);
	return LAM_OK;
}

int lam_conv_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode;
	const struct conv *conv = lam_layer_state(self);
	if (job != LAM_GRADIENT) {
		phase[0] = (lam_phase){
			.per_block = true, .slices = lam_kernel()->conv.slices(&conv->geometry)};
		return 1;
	}
	const struct lam_conv_algorithm *algorithm = algorithm_of(conv, LAM_GRADIENT);
	int phases = 0;
	for (int64_t slices;
		(slices = algorithm->gradient_slices(&conv->geometry, blocks, phases)) > 0;
		phases++)
		phase[phases] = (lam_phase){.per_block = false, .slices = slices};
	if (phases == 1 && conv->setup.bias)
		phase[phases++] = (lam_phase){.per_block = false, .slices = 1};
	return phases;
}

lam_status lam_conv_pack(const lam_layer *self, int index, const lam_real *w, void *packed,
	int64_t slice, int64_t slices)
{
	const struct conv *conv = lam_layer_state(self);
	const lam_job job = index == FORWARD_COPY ? LAM_FORWARD : LAM_BACKWARD;
	algorithm_of(conv, job)->pack(&conv->geometry, lam_conv_job_of(conv, job), w, packed,
		(struct lam_slices){slice, slice + 1, slices});
	return LAM_OK;
}

static struct lam_conv_call call_of(const struct conv *conv, const lam_pass *pass)
{
	return (struct lam_conv_call){.packed = pass->packed[FORWARD_COPY],
		.weight = pass->w[WEIGHT],
		.bias = conv->setup.bias ? pass->w[BIAS] : NULL,
		.epilogue = (lam_epilogue)pass->epilogue,
		.finish = pass->finish,
		.from = pass->x->data,
		.to = pass->out->data,
		.scratch = pass->scratch,
		.slices = lam_slices_of(pass)};
}

lam_status lam_conv_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	const lam_conv_geometry *g = &conv->geometry;
	const lam_job job = lam_conv_job_of(conv, LAM_FORWARD);
	const struct lam_conv_call call = call_of(conv, pass);
	if (!pass->front) {
		g->algorithm[job]->run(g, job, &call);
		return LAM_OK;
	}
	const struct conv *front = lam_conv_front_of(pass->front->layer);
	const struct lam_conv_call front_call = call_of(front, pass->front->pass);
	lam_kernel()->conv.front(g, &call, &front->geometry, &front_call);
	return LAM_OK;
}

lam_status lam_conv_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	const lam_job job = lam_conv_job_of(conv, LAM_BACKWARD);
	conv->geometry.algorithm[job]->run(&conv->geometry, job,
		&(struct lam_conv_call){.packed = pass->packed[BACKWARD_COPY],
			.weight = pass->w[WEIGHT],
			.from = pass->dy->data,
			.to = pass->dx->data,
			.scratch = pass->scratch,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

/* Computes the bias's gradient. Phase 0 sums each part (a range of blocks) separately. Its slices
 * are those of the weight's gradient. Each slice has several parts; if there are more slices than
 * parts, several slices share the channels of a part. Phase 1 adds the parts in order. */
static void bias_gradient(const struct conv *conv, const lam_pass *pass)
{
	const struct lam_slices slices = lam_slices_of(pass);
	const int64_t out = conv->setup.out, parts = least(pass->blocks, BIAS_PARTS);
	lam_real *sums = (lam_real *)((char *)pass->shared + bias_sums_offset(conv)),
		 *db = pass->dw[BIAS];
	if (pass->phase == 0) {
		const int64_t pieces = ceil_divide(slices.count, parts), items = parts * pieces;
		for (int64_t item = slices_begin(slices, items); item < slices_end(slices, items);
			item++) {
			const int64_t part = item / pieces, piece = item % pieces;
			const int64_t first = piece_begin(pass->blocks, part, parts),
				      count = piece_begin(pass->blocks, part + 1, parts) - first;
			lam_kernel()->conv.bias_gradient(pass->dy->features / out,
				pass->dy->data + first * pass->dy->block, pass->dy->block, count,
				sums + part * out, piece_begin(out, piece, pieces),
				piece_begin(out, piece + 1, pieces));
		}
		return;
	}
	for (int64_t c = 0; c < out && slices.first == 0; c++) {
		db[c] = sums[c];
		for (int64_t part = 1; part < parts; part++)
			db[c] += sums[part * out + c];
	}
}

/* Idle lanes add nothing, because dL/dy, a factor of every product, is 0 there. */
lam_status lam_conv_gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	const struct lam_conv_algorithm *algorithm = algorithm_of(conv, LAM_GRADIENT);
	const bool transposed = conv->setup.transposed;
	const lam_view *wide = transposed ? pass->dy : pass->x,
		       *narrow = transposed ? pass->x : pass->dy;
	/* False if only the bias's gradient has this phase. */
	const bool exists = algorithm->gradient_slices(&conv->geometry, pass->blocks, pass->phase)
		> 0;
	if (pass->dw[WEIGHT] && exists)
		algorithm->gradient(&conv->geometry,
			&(struct lam_conv_gradient_call){.phase = pass->phase,
				.x = wide->data,
				.x_block = wide->block,
				.dy = narrow->data,
				.dy_block = narrow->block,
				.blocks = pass->blocks,
				.dw = pass->dw[WEIGHT],
				.shared = pass->shared,
				.scratch = pass->scratch,
				.slices = lam_slices_of(pass)});
	if (conv->setup.bias && pass->dw[BIAS])
		bias_gradient(conv, pass);
	return LAM_OK;
}
