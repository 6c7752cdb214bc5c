/* SPDX-License-Identifier: MIT */
/* The affine layer for few samples: rows in, rows out. Features are read one by one, so in
 * inference the input may be any rows, even the caller's own. The formulas stand in affine.c. */
#include "layers/affine_state.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/lane_bias.h"

enum { WEIGHT = AFFINE_WEIGHT, BIAS = AFFINE_BIAS };
enum { WEIGHT_COPY, BACKWARD_COPY, BIAS_COPY }; /* packed copies */

/* The geometry of the map from dy to dx. */
static lam_affine_geometry reversed(const struct affine *affine)
{
	return (lam_affine_geometry){.in = affine->geometry.out, .out = affine->geometry.in};
}

/* Declares copies padded to whole lane blocks of outputs. */
lam_status lam_affine_sample_plan(const struct affine *affine, lam_plan *plan)
{
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const lam_affine_geometry *geometry = &affine->geometry, back = reversed(affine);
	const int64_t slices = lam_kernel()->affine.pack_slices(geometry), value = sizeof(lam_real);
	const bool trains = !lam_plan_inference(plan);
	lam_plan_packed(plan, WEIGHT, kernel->affine_packed_size(geometry) * value, slices, false);
	lam_plan_packed(
		plan, WEIGHT, trains ? kernel->affine_packed_size(&back) * value : 0, slices, true);
	if (!affine->options.no_bias)
		lam_lane_bias_plan(plan, BIAS, geometry->out);
	for (lam_job job = LAM_FORWARD; job < (trains ? LAM_JOBS : LAM_BACKWARD); job++)
		lam_plan_flops(plan, job, 2 * (double)geometry->in * (double)geometry->out);
	return LAM_OK;
}

static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)self, (void)in;
	*out = LAM_ROWS;
	return given == LAM_CALLER_ROWS ? given : LAM_ROWS;
}

static int phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct affine *affine = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = false,
		.slices = lam_kernel()->channel.affine_slices(&affine->geometry)};
	return 1;
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode;
	const struct affine *affine = lam_layer_state(self);
	const lam_affine_geometry back = reversed(affine);
	phases(self, x, samples, phase);
	if (job == LAM_BACKWARD)
		phase[0].slices = lam_kernel()->channel.affine_slices(&back);
	return 1;
}

static lam_status pack(const lam_layer *self, lam_layout x, int index, const lam_real *w,
	void *packed, int64_t slice, int64_t slices)
{
	(void)x;
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const struct affine *affine = lam_layer_state(self);
	const lam_affine_geometry back = reversed(affine);
	const struct lam_slices one = {slice, slice + 1, slices};
	if (index == BIAS_COPY)
		lam_lane_bias_pack(w, packed, affine->geometry.out);
	else if (index == BACKWARD_COPY)
		kernel->affine_pack_transposed(&back, w, packed, one);
	else
		kernel->affine_pack(&affine->geometry, w, packed, one);
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct affine *affine = lam_layer_state(self);
	lam_kernel()->channel.affine(&affine->geometry,
		&(struct lam_affine_call){.packed = pass->packed[WEIGHT_COPY],
			.bias = affine->options.no_bias ? NULL : pass->packed[BIAS_COPY],
			.epilogue = (lam_epilogue)pass->epilogue,
			.finish = pass->finish,
			.from = pass->x->data,
			.from_block = pass->x->block,
			.to = pass->out->data,
			.to_block = pass->out->block,
			.blocks = pass->n,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_affine_geometry back = reversed(lam_layer_state(self));
	lam_kernel()->channel.affine(&back,
		&(struct lam_affine_call){.packed = pass->packed[BACKWARD_COPY],
			.from = pass->dy->data,
			.from_block = pass->dy->block,
			.to = pass->dx->data,
			.to_block = pass->dx->block,
			.blocks = pass->n,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct affine *affine = lam_layer_state(self);
	lam_kernel()->channel.affine_gradient(&affine->geometry,
		&(struct lam_channel_affine_gradient){.x = pass->x->data,
			.dy = pass->dy->data,
			.x_sample = pass->x->block,
			.dy_sample = pass->dy->block,
			.samples = pass->n,
			.dw = pass->dw[WEIGHT],
			.db = affine->options.no_bias ? NULL : pass->dw[BIAS],
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

static const lam_sample_training training = {
	.phases = training_phases,
	.backward = backward,
	.gradient = gradient,
};

const lam_sample_form lam_affine_sample_form = {
	.layouts = layouts,
	.phases = phases,
	.pack = pack,
	.forward = forward,
	.training = &training,
};
