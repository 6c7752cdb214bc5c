/* SPDX-License-Identifier: MIT */
/* Convolution and its transpose as calls of the kernels. Both read one geometry, that of the
 * convolution
 *
 *   A: [in, h, w] to [out, oh, ow],   A(x)[o][i][j] = sum over c, p, q of w[o][c][p][q] x[c][i sh +
 *                                     p dh - ph][j sw + q dw - pw]
 *
 *                convolution          transposed convolution
 *   y        =   A(x) + b             A^T(x) + b
 *   dL/dx    =   A^T(dL/dy)           A(dL/dy)
 *   dL/dw    =   G(x, dL/dy)          G(dL/dy, x)
 *   dL/db    =   sum over samples and pixels of dL/dy
 *
 * with A^T the kernels' input gradient and G(u, v)[o][c][p][q] = sum over samples, i, j of
 * v[o][i][j] u[c][i sh + p dh - ph][j sw + q dw - pw] their weight gradient. The weight of a
 * transposed convolution, [its in, its out / groups, kh, kw], is thus w as it stands. */
#include "layers/conv_common.h"

#include "framework/kernels/kernels.h"
#include "layers/weight_init.h"

enum { WEIGHT, BIAS };                /* parameters */
enum { FORWARD_COPY, BACKWARD_COPY }; /* packed copies of the weight */

enum { BIAS_PARTS = 8 }; /* of the blocks, at most */

/* Where in the gradient's shared memory the bias's sums begin, in bytes. */
static int64_t bias_sums(const struct conv *conv)
{
	const int64_t weight = (int64_t)lam_kernel()->conv.weight_shared(&conv->geometry);
	return (weight + LAM_ALIGN - 1) / LAM_ALIGN * LAM_ALIGN;
}

static void plan_copy(const struct conv *conv, lam_plan *plan, lam_job job)
{
	const struct lam_conv_kernels *kernel = &lam_kernel()->conv;
	lam_plan_packed(plan, WEIGHT,
		kernel->packed_size(&conv->geometry, lam_conv_job_of(conv, job))
			* (int64_t)sizeof(lam_real),
		kernel->pack_slices(&conv->geometry), job == LAM_BACKWARD);
}

/* An output value sums fan_in products and an input value enters fan_out of them, as the
 * initialisers' authors count: strides aside. */
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
	if (lam_plan_layout(plan) != LAM_BATCH_LANES) {
		lam_plan_flops(plan, LAM_FORWARD, 2 * products);
		return lam_conv_sample_plan(conv, plan);
	}
	plan_copy(conv, plan, LAM_FORWARD);
	plan_copy(conv, plan, LAM_BACKWARD);
	for (int job = 0; job < LAM_JOBS; job++) {
		lam_plan_scratch(plan, job,
			(int64_t)lam_kernel()->conv.scratch_size(g, lam_conv_job_of(conv, job)));
		lam_plan_flops(plan, job, 2 * products);
	}
	lam_plan_shared(plan, LAM_GRADIENT,
		bias_sums(conv) + BIAS_PARTS * setup->out * (int64_t)sizeof(lam_real), 0);
	return LAM_OK;
}

int lam_conv_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode;
	const struct lam_conv_kernels *kernel = &lam_kernel()->conv;
	const struct conv *conv = lam_layer_state(self);
	int phases = 0;
	if (job != LAM_GRADIENT) {
		phase[0] = (lam_phase){.per_block = true,
			.slices = kernel->slices(&conv->geometry, lam_conv_job_of(conv, job))};
		return 1;
	}
	for (int64_t slices; (slices = kernel->weight_slices(&conv->geometry, blocks, phases)) > 0;
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
	lam_kernel()->conv.pack(
		&conv->geometry, lam_conv_job_of(conv, job), w, packed, slice, slices);
	return LAM_OK;
}

/* to = A(from) or A^T(from), for one block and its slices. */
static void apply(const struct conv *conv, const lam_pass *pass, lam_job job, const void *packed,
	const lam_real *bias, lam_epilogue epilogue, const lam_real *from, lam_real *to)
{
	const struct lam_conv_kernels *kernel = &lam_kernel()->conv;
	/* then the kernel need not find each slice */
	const bool whole = pass->slice == 0 && pass->slice_end == pass->slices;
	const int64_t end = whole ? 1 : pass->slice_end, slices = whole ? 1 : pass->slices;
	for (int64_t slice = pass->slice; slice < end; slice++) {
		if (job == LAM_FORWARD)
			kernel->forward(&conv->geometry, packed, bias, epilogue, from, to,
				pass->scratch, slice, slices);
		else
			kernel->input_gradient(&conv->geometry, packed, bias, epilogue, from, to,
				pass->scratch, slice, slices);
	}
}

lam_status lam_conv_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	apply(conv, pass, lam_conv_job_of(conv, LAM_FORWARD), pass->packed[FORWARD_COPY],
		conv->setup.bias ? pass->w[BIAS] : NULL, (lam_epilogue)pass->epilogue,
		pass->x->data, pass->out->data);
	return LAM_OK;
}

lam_status lam_conv_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	apply(conv, pass, lam_conv_job_of(conv, LAM_BACKWARD), pass->packed[BACKWARD_COPY], NULL,
		LAM_EPILOGUE_NONE, pass->dy->data, pass->dx->data);
	return LAM_OK;
}

/* One slice of the bias's gradient. First each part of the blocks is summed for itself, by slices
 * of which each has some parts, as the slices of the weight's gradient have; where there are fewer
 * parts than slices, the channels of a part are shared. Then the first slice adds the parts in
 * their order. */
static void bias_gradient(const struct conv *conv, const lam_pass *pass, int64_t slice)
{
	const int64_t out = conv->setup.out, pixels = pass->dy->features / out,
		      slices = pass->slices;
	const int64_t parts = pass->blocks < BIAS_PARTS ? pass->blocks : BIAS_PARTS;
	lam_real *sums = (lam_real *)((char *)pass->shared + bias_sums(conv)), *db = pass->dw[BIAS];
	if (pass->phase == 0) {
		const int64_t shares = (slices + parts - 1) / parts, items = parts * shares;
		for (int64_t item = items * slice / slices; item < items * (slice + 1) / slices;
			item++) {
			const int64_t part = item / shares, share = item % shares;
			const int64_t first = pass->blocks * part / parts,
				      count = pass->blocks * (part + 1) / parts - first;
			lam_kernel()->conv.bias_gradient(pixels,
				pass->dy->data + first * pass->dy->block, pass->dy->block, count,
				sums + part * out, out * share / shares,
				out * (share + 1) / shares);
		}
		return;
	}
	for (int64_t c = 0; c < out && slice == 0; c++) {
		db[c] = sums[c];
		for (int64_t part = 1; part < parts; part++)
			db[c] += sums[part * out + c];
	}
}

/* Idle lanes leave no trace: dL/dy is zero there, and one factor of each product. */
lam_status lam_conv_gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_conv_kernels *kernel = &lam_kernel()->conv;
	const struct conv *conv = lam_layer_state(self);
	const bool transposed = conv->setup.transposed;
	const lam_view *wide = transposed ? pass->dy : pass->x,
		       *narrow = transposed ? pass->x : pass->dy;
	const bool sums = kernel->weight_slices(&conv->geometry, pass->blocks, pass->phase)
		> 0; /* else the bias alone has this phase */
	for (int64_t slice = pass->slice; slice < pass->slice_end; slice++) {
		if (pass->dw[WEIGHT] && sums)
			kernel->weight_gradient(&conv->geometry, pass->phase, wide->data,
				wide->block, narrow->data, narrow->block, pass->blocks,
				pass->dw[WEIGHT], pass->shared, pass->scratch, slice, pass->slices);
		if (conv->setup.bias && pass->dw[BIAS])
			bias_gradient(conv, pass, slice);
	}
	return LAM_OK;
}
