/* SPDX-License-Identifier: MIT */
/* Shapes of convolutions. A kernel of k taps with dilation d covers k' = d (k - 1) + 1 values.
 * Along a side of n values the output has
 *
 *   floor((n + 2 pad - k') / stride) + 1              values in a convolution,
 *   (n - 1) stride + k' + output_pad - 2 pad          in a transposed one.
 *
 * Sizes come from the caller and are at most INT_MAX, so a product of two fits int64_t; larger
 * products are checked. */
#include "layers/conv_common.h"

#include "framework/kernels/kernels.h"
#include "framework/layer/inside.h"
#include "framework/memory.h"
#include "layers/channels.h"
#include "layers/weight_init.h"

#include <inttypes.h>

/* "5x5", or "5" for signals. */
static lam_shape_string text(const struct conv_setup *setup, const int64_t side[2])
{
	return lam_shape_text(setup->sides == 1 ? LAM_SHAPE(side[1]) : LAM_SHAPE(side[0], side[1]));
}

lam_status lam_conv_init(lam_layer *self, struct conv_setup setup)
{
	struct conv *conv = lam_layer_state(self);
	conv->setup = setup;
	if (setup.out % setup.groups != 0)
		return lam_fail(LAM_ERR_ARGUMENT,
			"groups %" PRId64 " do not divide %" PRId64 " output channels",
			setup.groups, setup.out);
	for (int i = 0; i < 2; i++)
		if (setup.output_pad[i] > 0 && setup.output_pad[i] >= setup.stride[i]
			&& setup.output_pad[i] >= setup.dilation[i])
			return lam_fail(LAM_ERR_ARGUMENT,
				"output_pad %s is not smaller than stride %s or dilation %s",
				text(&setup, setup.output_pad).text,
				text(&setup, setup.stride).text, text(&setup, setup.dilation).text);
	if (setup.transposed && setup.init == LAM_INIT_DIRAC)
		return lam_fail(LAM_ERR_ARGUMENT,
			"init dirac of a transposed convolution; expected another");
	return lam_weight_init_check(setup.init, setup.init_scale);
}

lam_shape lam_conv_weight_shape(const struct conv *conv)
{
	const lam_conv_geometry *g = &conv->geometry;
	if (conv->setup.sides == 1)
		return LAM_SHAPE(g->out, g->in / g->groups, g->kw);
	return LAM_SHAPE(g->out, g->in / g->groups, g->kh, g->kw);
}

/* Computes the length of each side of the output. */
static lam_status convolved(const struct conv_setup *setup, const int64_t in[2], int64_t out[2])
{
	int64_t covered[2], padded[2];
	for (int i = 0; i < 2; i++) {
		covered[i] = setup->dilation[i] * (setup->kernel[i] - 1) + 1;
		padded[i] = in[i] + 2 * setup->pad[i];
		out[i] = (padded[i] - covered[i]) / setup->stride[i] + 1;
	}
	if (covered[0] <= padded[0] && covered[1] <= padded[1])
		return LAM_OK;
	if (covered[0] == setup->kernel[0] && covered[1] == setup->kernel[1])
		return lam_fail(LAM_ERR_SHAPE, "kernel %s is larger than the padded input %s%s",
			text(setup, setup->kernel).text, text(setup, padded).text,
			lam_side_too_short(covered, padded));
	return lam_fail(LAM_ERR_SHAPE,
		"kernel %s with dilation %s covers %s, more than the padded input %s%s",
		text(setup, setup->kernel).text, text(setup, setup->dilation).text,
		text(setup, covered).text, text(setup, padded).text,
		lam_side_too_short(covered, padded));
}

static lam_status spread(const struct conv_setup *setup, const int64_t in[2], int64_t out[2])
{
	for (int i = 0; i < 2; i++) {
		int64_t steps;
		if (__builtin_mul_overflow(in[i] - 1, setup->stride[i], &steps)
			|| steps > LAM_MAX_COUNT)
			return lam_fail(LAM_ERR_SHAPE,
				"an input of %s with stride %s has too many values in the output",
				text(setup, in).text, text(setup, setup->stride).text);
		out[i] = steps + setup->dilation[i] * (setup->kernel[i] - 1) + 1
			+ setup->output_pad[i] - 2 * setup->pad[i];
	}
	if (out[0] < 1 || out[1] < 1)
		return lam_fail(LAM_ERR_SHAPE,
			"pad %s leaves an output of %s; expected at least 1 value on each side",
			text(setup, setup->pad).text, text(setup, out).text);
	return LAM_OK;
}

/* The planes and channels of both ends. In a transposed convolution the larger end is the output.
 * If the smaller plane has a single value along a side, that side's stride is not used. It becomes
 * 1, because the kernels' scratch grows with it. */
static lam_conv_geometry geometry(
	const struct conv_setup *setup, int64_t channels, const int64_t in[2], const int64_t out[2])
{
	const bool transposed = setup->transposed;
	const int64_t *wide = transposed ? out : in, *narrow = transposed ? in : out;
	return (lam_conv_geometry){
		.groups = setup->groups,
		.in = transposed ? setup->out : channels,
		.out = transposed ? channels : setup->out,
		.h = wide[0],
		.w = wide[1],
		.oh = narrow[0],
		.ow = narrow[1],
		.kh = setup->kernel[0],
		.kw = setup->kernel[1],
		.sh = narrow[0] == 1 ? 1 : setup->stride[0],
		.sw = narrow[1] == 1 ? 1 : setup->stride[1],
		.ph = setup->pad[0],
		.pw = setup->pad[1],
		.dh = setup->dilation[0],
		.dw = setup->dilation[1],
	};
}

/* Checks the products of sizes that the kernels will compute: the weight and both ends, with
 * padding. */
static lam_status check_sizes(const struct conv *conv, const lam_shape *out)
{
	const lam_conv_geometry *g = &conv->geometry;
	const lam_shape weight = lam_conv_weight_shape(conv),
			padded = LAM_SHAPE(g->in, g->h + 2 * g->ph, g->w + 2 * g->pw);
	if (!lam_shape_valid(&weight))
		return lam_fail(LAM_ERR_SHAPE, "a weight of %s has too many values",
			lam_shape_text(weight).text);
	if (!lam_shape_valid(out))
		return lam_fail(LAM_ERR_SHAPE, "an output of %s has too many values",
			lam_shape_text(*out).text);
	if (!lam_shape_valid(&padded))
		return lam_fail(LAM_ERR_SHAPE, "padded planes of %s have too many values",
			lam_shape_text(padded).text);
	return LAM_OK;
}

lam_status lam_conv_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct conv *conv = lam_layer_state(self);
	const struct conv_setup *setup = &conv->setup;
	if (in->rank != setup->sides + 1)
		return lam_fail(LAM_ERR_SHAPE, "an input of rank %d (%s): %s takes %s", in->rank,
			lam_shape_text(*in).text, lam_layer_class_of(self)->kind,
			setup->sides == 1 ? "CxL" : "CxHxW");
	if (in->dim[0] % setup->groups != 0)
		return lam_fail(LAM_ERR_SHAPE,
			"groups %" PRId64 " do not divide %" PRId64 " input channels",
			setup->groups, in->dim[0]);
	const int64_t side[2] = {setup->sides == 1 ? 1 : in->dim[1], in->dim[setup->sides]};
	int64_t made[2];
	lam_status status = setup->transposed ? spread(setup, side, made)
					      : convolved(setup, side, made);
	if (status)
		return status;
	conv->geometry = geometry(setup, in->dim[0], side, made);
	*out = setup->sides == 1 ? LAM_SHAPE(setup->out, made[1])
				 : LAM_SHAPE(setup->out, made[0], made[1]);
	status = check_sizes(conv, out);
	if (status)
		return status;
	lam_kernel()->conv.choose(&conv->geometry,
		setup->direct || lam_layer_direct(self) ? LAM_CONV_DIRECT : LAM_CONV_BY_SHAPE);
	conv->samples = self->samples;
	const lam_job forward = lam_conv_job_of(conv, LAM_FORWARD);
	for (int planes = 0; planes < 2; planes++)
		conv->form[planes] = lam_channel_form_of(&conv->geometry, forward, planes);
	const bool may = conv->form[0] == LAM_CHANNEL_DENSE && !setup->direct
		&& !lam_layer_direct(self);
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		conv->winograd[job] = may
			&& lam_kernel()->channel.winograd_pays(
				&conv->geometry, lam_conv_job_of(conv, job), conv->samples);
	if (conv->winograd[LAM_FORWARD])
		conv->form[0] = LAM_CHANNEL_WINOGRAD;
	return LAM_OK;
}
