/* SPDX-License-Identifier: MIT */
/* A learned factor w for each channel c of x [C][places]:
 *
 *     y        = w[c] x
 *     dL/dx    = w[c] dL/dy
 *     dL/dw[c] = sum of dL/dy x over samples and places */
#include "layers/activation.h"
#include "layers/channel_weight.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

struct layer_scale {
	lam_layer_scale_options options;
	struct lam_channel_weight weight;
};

static const lam_option options[] = {
	LAM_OPTION(lam_layer_scale_options, factor, REAL, .fallback = 1e-6, .least = -1e30,
		.most = 1e30),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct layer_scale *scale = lam_layer_state(self);
	lam_channel_weight_check(&scale->weight, in);
	*out = *in;
	return LAM_OK;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct layer_scale *scale = lam_layer_state(self);
	lam_channel_weight_plan(&scale->weight, scale->options.factor, plan);
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct layer_scale *scale = lam_layer_state(self);
	return lam_channel_weight_phases(&scale->weight, job, phase);
}

/* to = w from, in the channels of this call */
static lam_status apply(
	const lam_layer *self, const lam_pass *pass, const lam_view *to, const lam_view *from)
{
	const struct lam_channel_weight *weight =
		&((const struct layer_scale *)lam_layer_state(self))->weight;
	const struct channels run = lam_channels_of(pass, weight->channels);
	lam_kernel()->map.channel_scale(lam_channel_at(to, run.first),
		lam_channel_at(from, run.first), pass->w[0] + run.first, (size_t)run.count,
		(size_t)weight->places);
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	return apply(self, pass, pass->out, pass->x);
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	return apply(self, pass, pass->dx, pass->dy);
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_scale *scale = lam_layer_state(self);
	return lam_channel_weight_gradient(&scale->weight, pass, lam_kernel()->reduce.channel_dots);
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct layer_scale *scale = lam_layer_state(self);
	return lam_channel_weight_sample_phases(&scale->weight, phase);
}

static void scale_lanes(lam_real *y, const lam_real *a, const lam_real *x, const lam_real *w,
	size_t groups, size_t plane)
{
	(void)x;
	lam_kernel()->map.multiply_channels(y, a, w, groups, plane);
}

/* For one sample at a time, with channels in the lanes. */
static lam_status forward_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_scale *scale = lam_layer_state(self);
	lam_channel_weight_lanes(&scale->weight, pass, pass->out, pass->x, scale_lanes);
	return LAM_OK;
}

static lam_status backward_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_scale *scale = lam_layer_state(self);
	lam_channel_weight_lanes(&scale->weight, pass, pass->dx, pass->dy, scale_lanes);
	return LAM_OK;
}

static lam_status gradient_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct layer_scale *scale = lam_layer_state(self);
	return lam_channel_weight_sample_gradient(&scale->weight, pass, false);
}

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode, (void)x, (void)samples;
	const struct layer_scale *scale = lam_layer_state(self);
	return lam_channel_weight_training_phases(&scale->weight, job, phase);
}

static const lam_sample_training training = {
	.phases = training_phases,
	.backward = backward_sample,
	.gradient = gradient_sample,
};

static const lam_sample_form sample_form = {
	.phases = sample_phases,
	.forward = forward_sample,
	.training = &training,
};

const lam_layer_class lam_layer_scale_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "layer_scale",
	.state_size = sizeof(struct layer_scale),
	.options = options,
	.check = check,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.gradient = gradient,
	.sample = &sample_form,
};

lam_layer *lam_layer_scale_new(const lam_layer_scale_options *given)
{
	return lam_layer_new(&lam_layer_scale_class, given);
}
