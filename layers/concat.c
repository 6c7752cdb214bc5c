/* SPDX-License-Identifier: MIT */
/* Concatenation along the first dimension of a sample: inputs [C_k, P], output [C_0 + … , P].
 *
 *   y[C_0 + … + C_{k-1} + c][p] = x_k[c][p]
 *   dx_k[c][p]                  = dy[C_0 + … + C_{k-1} + c][p]
 *
 * Each input that fills its lanes is a range of the output, so the plan lets the layers before
 * write there, and reads gradients from there (LAM_SIDE_BY_SIDE). What cannot lie there is copied:
 * the net's input, a value that stands in two concatenations, channels that share their sixteen
 * lanes with those of another input. */
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "layers/classes.h"
#include "layers/composition.h"
#include "layers/join.h"

#include <string.h>

struct concat {
	struct composition options;
	/* By .check: whether inputs that others follow end without padding in rows, and in channel
	 * lanes. */
	bool whole_rows, whole_lanes;
};

/* Whether `values` values fill their lanes. */
static bool fills_lanes(int64_t values)
{
	return values % LAM_LANES == 0;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	struct concat *concat = lam_layer_state(self);
	concat->whole_rows = concat->whole_lanes = true;
	*out = in[0];
	for (int k = 1; k < inputs; k++) {
		bool fits = in[k].rank == in[0].rank;
		for (int d = 1; fits && d < in[0].rank; d++)
			fits = in[k].dim[d] == in[0].dim[d];
		if (!fits)
			return lam_fail(LAM_ERR_SHAPE,
				"cannot join %s (input 0) and %s (input %d); expected shapes that "
				"differ in the first dimension only",
				lam_shape_text(in[0]).text, lam_shape_text(in[k]).text, k);
		if (__builtin_add_overflow(out->dim[0], in[k].dim[0], &out->dim[0]))
			return lam_fail(LAM_ERR_SHAPE, "the inputs have too many values");
		concat->whole_rows &= fills_lanes(lam_shape_count(&in[k - 1]));
		concat->whole_lanes &= fills_lanes(in[k - 1].dim[0]);
	}
	return LAM_OK;
}

/* Copies one input of a sample to `first`, its first channel in the output, with channels in the
 * lanes: [C / 16][P][16]. Both may share sixteen lanes with other channels. */
static void copy_channels(const lam_view *out, const lam_view *x, int64_t first)
{
	const int64_t channels = x->shape.dim[0], plane = x->features / channels;
	for (int64_t c = 0; c < channels;) {
		const int64_t to = first + c, from_lane = c % LAM_LANES, to_lane = to % LAM_LANES;
		const int64_t past = from_lane > to_lane ? from_lane : to_lane;
		const int64_t room = LAM_LANES - past,
			      run = channels - c < room ? channels - c : room;
		const lam_real *source = x->data + c / LAM_LANES * plane * LAM_LANES + from_lane;
		lam_real *target = out->data + to / LAM_LANES * plane * LAM_LANES + to_lane;
		for (int64_t p = 0; p < plane; p++)
			memcpy(target + p * LAM_LANES, source + p * LAM_LANES,
				(size_t)run * sizeof *target);
		c += run;
	}
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const lam_view *out = pass->out;
	int64_t first = 0; /* the input's first channel in the output */
	for (int k = 0; k < pass->inputs; k++) {
		const lam_view *x = &pass->x[k];
		const int64_t plane = x->features / x->shape.dim[0],
			      lanes = out->layout == LAM_BATCH_LANES ? LAM_LANES : 1;
		if (out->layout == LAM_CHANNEL_LANES && (first | x->shape.dim[0]) % LAM_LANES)
			copy_channels(out, x, first);
		else if (out->layout == LAM_ROWS)
			memmove(out->data + first * plane, x->data,
				(size_t)x->features * sizeof *x->data);
		else
			lam_kernel()->map.copy(
				out->data + first * plane * lanes, x->data, (size_t)x->values);
		first += x->shape.dim[0];
	}
	return LAM_OK;
}

/* A sample's values keep the layout in which they come. */
static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)self, (void)in;
	return *out = given == LAM_CALLER_ROWS ? LAM_ROWS : given;
}

/* In backward inputs have ranges of the output's gradient, so inputs that others follow must end
 * without padding. */
static lam_layout training_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const struct concat *concat = lam_layer_state(self);
	return *out = given == LAM_CHANNEL_LANES && concat->whole_lanes ? given
		: given != LAM_BATCH_LANES && concat->whole_rows        ? LAM_ROWS
									: LAM_BATCH_LANES;
}

static const lam_sample_training training = {
	.layouts = training_layouts,
};

static const lam_sample_form sample_form = {
	.layouts = layouts,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_concat_class = {
	LAM_LAYER_ABI,
	.kind = "concat",
	.flags = LAM_LIGHT | LAM_SIDE_BY_SIDE | LAM_LOOKS_THROUGH,
	.state_size = sizeof(struct concat),
	.min_inputs = 2,
	.max_inputs = INT_MAX,
	.max_children = LAM_MOST_CHILDREN,
	.check = check,
	.forward = forward,
	.sample = &sample_form,
};

lam_layer *lam_concat_new(const lam_join_options *given)
{
	return lam_composition_new(&lam_concat_class, given);
}

lam_layer *lam_concat_of(lam_layer *const *list)
{
	return lam_composition_of(&lam_concat_class, list);
}
