/* SPDX-License-Identifier: MIT */
/* Upsampling, as torch.nn.Upsample with a whole scale_factor {s, t}:
 *
 *   x [C, H, W],   y [C, s H, t W]
 *
 *   nearest:  y[c][i][j]     = x[c][floor(i / s)][floor(j / t)]
 *             dL/dx[c][u][v] = sum of dL/dy[c][i][j] over the window of (u, v)
 *   linear:   y[c][i][j]     = sum over u, v of A[i][u] B[j][v] x[c][u][v]
 *             dL/dx[c][u][v] = sum over i, j of A[i][u] B[j][v] dL/dy[c][i][j]
 *
 * where a row of A, and of B, holds the weights of the two inputs beside the output's place
 * (kernels/upsample.h). A signal is a plane of height 1. */
#include "layers/upsample.h"
#include "framework/kernels/kernels.h"
#include "framework/memory.h"
#include "layers/channels.h"
#include "layers/classes.h"

struct upsample {
	union {
		lam_upsample1d_options upsample1d;
		lam_upsample2d_options upsample2d;
	} options;
	bool linear, align_corners;            /* by .init, as the next line */
	int64_t scale[2];                      /* {1, scale} for signals */
	struct lam_upsample_geometry geometry; /* by .check */
};

static const char *const modes[] = {"nearest", "linear", NULL};

static const lam_option options1d[] = {
	LAM_OPTION(
		lam_upsample1d_options, scale, INT, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_upsample1d_options, mode, CHOICE, .choices = modes),
	LAM_OPTION(lam_upsample1d_options, align_corners, BOOL),
	LAM_OPTIONS_END,
};

static const lam_option options2d[] = {
	LAM_OPTION(
		lam_upsample2d_options, scale, PAIR, .least = 1, .most = INT_MAX, .required = true),
	LAM_OPTION(lam_upsample2d_options, mode, CHOICE, .choices = modes),
	LAM_OPTION(lam_upsample2d_options, align_corners, BOOL),
	LAM_OPTIONS_END,
};

static lam_status init(struct upsample *upsample, int height, int width, lam_upsample_mode mode,
	bool align_corners)
{
	upsample->scale[0] = height;
	upsample->scale[1] = width;
	upsample->linear = mode == LAM_LINEAR;
	upsample->align_corners = align_corners;
	if (align_corners && !upsample->linear)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option align_corners is for mode linear; the mode is nearest");
	return LAM_OK;
}

static lam_status init1d(lam_layer *self)
{
	struct upsample *upsample = lam_layer_state(self);
	const lam_upsample1d_options *o = &upsample->options.upsample1d;
	return init(upsample, 1, o->scale, o->mode, o->align_corners);
}

static lam_status init2d(lam_layer *self)
{
	struct upsample *upsample = lam_layer_state(self);
	const lam_upsample2d_options *o = &upsample->options.upsample2d;
	return init(upsample, o->scale[0], o->scale[1], o->mode, o->align_corners);
}

/* Checks an input of `sides` sides and a dimension for the channels. */
static lam_status check(lam_layer *self, const lam_shape *in, int sides, lam_shape *out)
{
	struct upsample *upsample = lam_layer_state(self);
	struct lam_upsample_geometry *g = &upsample->geometry;
	if (in->rank != sides + 1)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): %s takes %s", in->rank,
			lam_shape_text(*in).text, lam_layer_class_of(self)->kind,
			sides == 1 ? "CxL" : "CxHxW");
	*g = (struct lam_upsample_geometry){.channels = in->dim[0],
		.in = {sides == 1 ? 1 : in->dim[1], in->dim[sides]},
		.scale = {upsample->scale[0], upsample->scale[1]},
		.align_corners = upsample->align_corners};
	for (int d = 1; d <= sides; d++) {
		const int64_t scale = g->scale[d + 1 - sides];
		if (in->dim[d] > LAM_MAX_COUNT / scale)
			return lam_fail(LAM_ERR_SHAPE,
				"an input %s with scale %lld has too many values in the output",
				lam_shape_text(*in).text, (long long)scale);
		out->dim[d] = in->dim[d] * scale;
	}
	return LAM_OK;
}

static lam_status check1d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	return check(self, in, 1, out);
}

static lam_status check2d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	return check(self, in, 2, out);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct upsample *upsample = lam_layer_state(self);
	if (upsample->linear) {
		lam_plan_scratch(plan, LAM_FORWARD, lam_upsample_scratch(&upsample->geometry));
		lam_plan_scratch(plan, LAM_BACKWARD, lam_upsample_scratch(&upsample->geometry));
	}
	return LAM_OK;
}

/* The values of a channel of the output. */
static int64_t places(const struct lam_upsample_geometry *g)
{
	return g->in[0] * g->scale[0] * g->in[1] * g->scale[1];
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct lam_upsample_geometry *g =
		&((const struct upsample *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(g->channels, g->channels * places(g))};
	return 1;
}

/* The geometry of this call's channels, or of groups of sixteen where channels are in the lanes. */
static struct lam_upsample_geometry cut(
	const struct upsample *upsample, const lam_pass *pass, struct channels *run)
{
	struct lam_upsample_geometry geometry = upsample->geometry;
	*run = lam_channels_of(pass, lam_channel_groups(pass->x, geometry.channels));
	geometry.channels = run->count;
	return geometry;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct upsample *upsample = lam_layer_state(self);
	const struct lam_upsample_geometry geometry = cut(upsample, pass, &run);
	lam_real *out = lam_channel_at(pass->out, run.first),
		 *x = lam_channel_at(pass->x, run.first);
	if (upsample->linear)
		lam_kernel()->upsample.linear_forward(out, x, &geometry, pass->scratch);
	else
		lam_kernel()->upsample.nearest_forward(out, x, &geometry);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct upsample *upsample = lam_layer_state(self);
	const struct lam_upsample_geometry geometry = cut(upsample, pass, &run);
	lam_real *dx = lam_channel_at(pass->dx, run.first),
		 *dy = lam_channel_at(pass->dy, run.first);
	if (upsample->linear)
		lam_kernel()->upsample.linear_backward(dx, dy, &geometry, pass->scratch);
	else
		lam_kernel()->upsample.nearest_backward(dx, dy, &geometry);
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct lam_upsample_geometry *g =
		&((const struct upsample *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){
		.per_block = true, .slices = lam_channel_group_slices(g->channels, places(g))};
	return 1;
}

/* With channels in the lanes the loops are the same, but a "channel" is sixteen of them. */
static const lam_sample_training training = {
	.backward = backward,
};

static const lam_sample_form sample_form = {
	.phases = sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_upsample1d_class = {
	LAM_LAYER_ABI,
	.kind = "upsample1d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct upsample),
	.options = options1d,
	.init = init1d,
	.check = check1d,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

const lam_layer_class lam_upsample2d_class = {
	LAM_LAYER_ABI,
	.kind = "upsample2d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct upsample),
	.options = options2d,
	.init = init2d,
	.check = check2d,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_upsample1d_new(const lam_upsample1d_options *options)
{
	return lam_layer_new(&lam_upsample1d_class, options);
}

lam_layer *lam_upsample2d_new(const lam_upsample2d_options *options)
{
	return lam_layer_new(&lam_upsample2d_class, options);
}
