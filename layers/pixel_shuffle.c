/* SPDX-License-Identifier: MIT */
/* Planes made larger with values from r x r channels, as torch.nn.PixelShuffle:
 *
 *   x [C r r, H, W],   y [C, H r, W r]
 *
 *   y[c][h r + i][w r + j]         = x[(c r + i) r + j][h][w]
 *   dL/dx[(c r + i) r + j][h][w]   = dL/dy[c][h r + i][w r + j] */
#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/rearrange.h"

struct pixel_shuffle {
	lam_pixel_shuffle_options options;
	int64_t channels, height, width; /* by .check: C, H, W */
};

static const lam_option options[] = {
	LAM_OPTION(lam_pixel_shuffle_options, scale, INT, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct pixel_shuffle *shuffle = lam_layer_state(self);
	const int64_t r = shuffle->options.scale;
	if (in->rank != 3)
		return lam_fail(LAM_ERR_SHAPE,
			"an input of rank %d (%s): pixel_shuffle takes CxHxW", in->rank,
			lam_shape_text(*in).text);
	if (in->dim[0] % (r * r) != 0)
		return lam_fail(LAM_ERR_SHAPE,
			"an input %s with %lld channels; expected a multiple of scale %lld squared",
			lam_shape_text(*in).text, (long long)in->dim[0], (long long)r);
	shuffle->channels = in->dim[0] / (r * r);
	shuffle->height = in->dim[1];
	shuffle->width = in->dim[2];
	*out = LAM_SHAPE(shuffle->channels, shuffle->height * r, shuffle->width * r);
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct pixel_shuffle *shuffle = lam_layer_state(self);
	const int64_t r = shuffle->options.scale, places = r * r * shuffle->height * shuffle->width;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(shuffle->channels, shuffle->channels * places)};
	return 1;
}

/* Permutes this call's channels of y, each of which has the same values as r x r channels of x. */
static void move(const lam_layer *self, const lam_pass *pass, const lam_view *to,
	const lam_view *from, const struct lam_permutation *permutation)
{
	const struct pixel_shuffle *shuffle = lam_layer_state(self);
	const struct channels run = lam_channels_of(pass, shuffle->channels);
	const int64_t width = lam_is_rows(from) ? 1 : LAM_LANES,
		      step = from->features / shuffle->channels * width;
	for (int64_t c = run.first; c < run.first + run.count; c++)
		lam_kernel()->transpose.permute(
			to->data + c * step, from->data + c * step, permutation, width);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct pixel_shuffle *shuffle = lam_layer_state(self);
	const int64_t r = shuffle->options.scale, H = shuffle->height, W = shuffle->width;
	move(self, pass, pass->out, pass->x,
		&(struct lam_permutation){/* h, i, w, j */
			.size = {H, r, W, r},
			.step = {W, r * H * W, 1, H * W}});
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct pixel_shuffle *shuffle = lam_layer_state(self);
	const int64_t r = shuffle->options.scale, H = shuffle->height, W = shuffle->width;
	move(self, pass, pass->dx, pass->dy,
		&(struct lam_permutation){/* i, j, h, w */
			.size = {r, r, H, W},
			.step = {W * r, 1, r * W * r, r}});
	return LAM_OK;
}

static lam_layout sample_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)self, (void)in;
	return lam_lanes_or_rows(false, given, out);
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)samples;
	const struct pixel_shuffle *shuffle = lam_layer_state(self);
	const int64_t r = shuffle->options.scale;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_sample_slices(
			x, shuffle->channels, r * r * shuffle->height * shuffle->width)};
	return 1;
}

static const lam_sample_training training = {.backward = backward};

static const lam_sample_form sample_form = {
	.layouts = sample_layouts,
	.phases = sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_pixel_shuffle_class = {
	LAM_LAYER_ABI,
	.kind = "pixel_shuffle",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct pixel_shuffle),
	.options = options,
	.check = check,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_pixel_shuffle_new(const lam_pixel_shuffle_options *given)
{
	return lam_layer_new(&lam_pixel_shuffle_class, given);
}
