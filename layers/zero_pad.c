/* SPDX-License-Identifier: MIT */
/* Zeros around each plane, as torch.nn.ConstantPad of 0:
 *
 *   x [C, H, W],   y [C, H + top + bottom, W + left + right]
 *
 *   y[c][i][j]     = x[c][i - top][j - left]         inside x, 0 elsewhere
 *   dL/dx[c][u][v] = dL/dy[c][u + top][v + left]     inside y, 0 elsewhere
 *
 * Negative numbers crop. A signal is a plane of height 1. */
#include "layers/zero_pad.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"

struct zero_pad {
	union {
		lam_zero_pad1d_options pad1d;
		lam_zero_pad2d_options pad2d;
	} options;
	struct lam_pad_geometry geometry;
};

static const lam_option options1d[] = {
	LAM_OPTION(
		lam_zero_pad1d_options, pad, INTS, .count = 2, .least = -INT_MAX, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static const lam_option options2d[] = {
	LAM_OPTION(
		lam_zero_pad2d_options, pad, INTS, .count = 4, .least = -INT_MAX, .most = INT_MAX),
	LAM_OPTIONS_END,
};

/* The length of a side after cropping, without padding. */
static int64_t left_over(int64_t side, int64_t before, int64_t after)
{
	return side + (before < 0 ? before : 0) + (after < 0 ? after : 0);
}

static lam_status check_planes(struct lam_pad_geometry geometry, lam_shape *out)
{
	const struct lam_pad_geometry *g = &geometry;
	const bool image = out->rank == 3;
	const int64_t height = left_over(g->height, g->top, g->bottom),
		      width = left_over(g->width, g->left, g->right);
	if (height < 1 || width < 1)
		return lam_fail(LAM_ERR_SHAPE,
			"pad crops %s to %s; expected at least 1 value to be left on each side",
			lam_shape_text(image ? LAM_SHAPE(g->height, g->width) : LAM_SHAPE(g->width))
				.text,
			lam_shape_text(image ? LAM_SHAPE(height, width) : LAM_SHAPE(width)).text);
	if (!lam_shape_valid(out))
		return lam_fail(LAM_ERR_SHAPE, "an output of %s has too many values",
			lam_shape_text(*out).text);
	return LAM_OK;
}

static lam_status check1d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct zero_pad *zero_pad = lam_layer_state(self);
	const int *pad = zero_pad->options.pad1d.pad;
	if (in->rank != 2)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): zero_pad1d takes CxL",
			in->rank, lam_shape_text(*in).text);
	zero_pad->geometry = (struct lam_pad_geometry){.channels = in->dim[0],
		.height = 1,
		.width = in->dim[1],
		.left = pad[0],
		.right = pad[1]};
	*out = LAM_SHAPE(in->dim[0], in->dim[1] + pad[0] + pad[1]);
	return check_planes(zero_pad->geometry, out);
}

static lam_status check2d(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct zero_pad *zero_pad = lam_layer_state(self);
	const int *pad = zero_pad->options.pad2d.pad;
	if (in->rank != 3)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): zero_pad2d takes CxHxW",
			in->rank, lam_shape_text(*in).text);
	zero_pad->geometry = (struct lam_pad_geometry){.channels = in->dim[0],
		.height = in->dim[1],
		.width = in->dim[2],
		.left = pad[0],
		.right = pad[1],
		.top = pad[2],
		.bottom = pad[3]};
	*out = LAM_SHAPE(in->dim[0], in->dim[1] + pad[2] + pad[3], in->dim[2] + pad[0] + pad[1]);
	return check_planes(zero_pad->geometry, out);
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct lam_pad_geometry *g =
		&((const struct zero_pad *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(g->channels, g->channels * g->height * g->width)};
	return 1;
}

/* The geometry of this call's channels. */
static struct lam_pad_geometry cut(
	const lam_layer *self, const lam_pass *pass, struct channels *run)
{
	struct lam_pad_geometry geometry =
		((const struct zero_pad *)lam_layer_state(self))->geometry;
	*run = lam_channels_of(pass, lam_channel_groups(pass->x, geometry.channels));
	geometry.channels = run->count;
	return geometry;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pad_geometry geometry = cut(self, pass, &run);
	lam_kernel()->pool.pad_forward(lam_channel_at(pass->out, run.first),
		lam_channel_at(pass->x, run.first), &geometry);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	struct channels run;
	const struct lam_pad_geometry geometry = cut(self, pass, &run);
	lam_kernel()->pool.pad_backward(lam_channel_at(pass->dx, run.first),
		lam_channel_at(pass->dy, run.first), &geometry);
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct lam_pad_geometry *g =
		&((const struct zero_pad *)lam_layer_state(self))->geometry;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(g->channels, g->height * g->width)};
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

const lam_layer_class lam_zero_pad1d_class = {
	LAM_LAYER_ABI,
	.kind = "zero_pad1d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct zero_pad),
	.options = options1d,
	.check = check1d,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

const lam_layer_class lam_zero_pad2d_class = {
	LAM_LAYER_ABI,
	.kind = "zero_pad2d",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct zero_pad),
	.options = options2d,
	.check = check2d,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_zero_pad1d_new(const lam_zero_pad1d_options *options)
{
	return lam_layer_new(&lam_zero_pad1d_class, options);
}

lam_layer *lam_zero_pad2d_new(const lam_zero_pad2d_options *options)
{
	return lam_layer_new(&lam_zero_pad2d_class, options);
}
