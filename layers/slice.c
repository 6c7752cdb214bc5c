/* SPDX-License-Identifier: MIT */
/* A range of channels: x [C, P] with P places (1 for features), y [end - begin, P].
 *
 *   y[c]     = x[begin + c]
 *   dL/dx[c] = dL/dy[c - begin]     for begin <= c < end, else 0
 *
 * The plan lets y lie in x where it can, and adds dL/dy to the gradient that others read of x
 * (.begin). Otherwise values are copied: if y would keep alone a large x, or does not begin where a
 * vector does; and backward, if no other reader has a gradient, or this one is the first. */
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/rearrange.h"

#include <string.h>

struct slice {
	lam_slice_options options;
	int64_t channels, count, places; /* by .check: of x, of y, of each */
};

static const lam_option options[] = {
	LAM_OPTION(lam_slice_options, begin, INT, .most = INT_MAX),
	LAM_OPTION(lam_slice_options, end, INT, .least = 1, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	const lam_slice_options *o = &((const struct slice *)lam_layer_state(self))->options;
	if (o->end && o->begin >= o->end)
		return lam_fail(LAM_ERR_ARGUMENT, "option begin is %d; expected less than end, %d",
			o->begin, o->end);
	return LAM_OK;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct slice *slice = lam_layer_state(self);
	const lam_slice_options *o = &slice->options;
	slice->channels = in->dim[0];
	slice->places = lam_shape_count(in) / in->dim[0];
	slice->count = (o->end ? o->end : in->dim[0]) - o->begin;
	if (o->end > in->dim[0] || slice->count < 1)
		return lam_fail(LAM_ERR_SHAPE, "option %s is %d; expected %s %lld, for an input %s",
			o->end > in->dim[0] ? "end" : "begin",
			o->end > in->dim[0] ? o->end : o->begin,
			o->end > in->dim[0] ? "at most" : "less than", (long long)in->dim[0],
			lam_shape_text(*in).text);
	out->dim[0] = slice->count;
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct slice *slice = lam_layer_state(self);
	const int64_t channels = job == LAM_FORWARD ? slice->count : slice->channels;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(channels, channels * slice->places)};
	return 1;
}

/* With channels in the lanes a "channel" is sixteen of them; in rows a value is a single number. */
static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct slice *slice = lam_layer_state(self);
	const bool groups = pass->x->layout == LAM_CHANNEL_LANES;
	const int64_t step = slice->places * (lam_is_rows(pass->x) ? 1 : LAM_LANES),
		      begin = slice->options.begin / (groups ? LAM_LANES : 1);
	const struct channels run = lam_channels_of(
		pass, groups ? lane_blocks(slice->count) : slice->count);
	memcpy(pass->out->data + run.first * step, pass->x->data + (begin + run.first) * step,
		(size_t)(run.count * step) * sizeof(lam_real));
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct slice *slice = lam_layer_state(self);
	const int64_t lanes = pass->dx->layout == LAM_CHANNEL_LANES ? LAM_LANES : 1;
	const size_t step = (size_t)slice->places * (lam_is_rows(pass->dx) ? 1 : LAM_LANES);
	const struct channels run = lam_channels_of(pass, ceil_divide(slice->channels, lanes));
	const int64_t begin = slice->options.begin / lanes, behind = run.first + run.count,
		      from = limit(begin, run.first, behind),
		      to = limit(begin + ceil_divide(slice->count, lanes), run.first, behind);
	lam_real *dx = pass->dx->data;
	memset(dx + (size_t)run.first * step, 0, (size_t)(from - run.first) * step * sizeof *dx);
	if (to > from)
		memcpy(dx + (size_t)from * step, pass->dy->data + (size_t)(from - begin) * step,
			(size_t)(to - from) * step * sizeof *dx);
	memset(dx + (size_t)to * step, 0, (size_t)(behind - to) * step * sizeof *dx);
	return LAM_OK;
}

static int64_t begin(const lam_layer *self, const lam_shape *in)
{
	return ((const struct slice *)lam_layer_state(self))->options.begin
		* (lam_shape_count(in) / in->dim[0]);
}

static lam_layout sample_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const lam_slice_options *o = &((const struct slice *)lam_layer_state(self))->options;
	return lam_lanes_or_rows(o->begin % LAM_LANES == 0, given, out);
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)samples;
	const struct slice *slice = lam_layer_state(self);
	phase[0] = (lam_phase){
		.per_block = true, .slices = lam_sample_slices(x, slice->count, slice->places)};
	return 1;
}

/* In backward the range of x, which may be added to other gradients, must fill its lanes, or end
 * where x does. */
static lam_layout training_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	const struct slice *slice = lam_layer_state(self);
	const int64_t begin = slice->options.begin, end = begin + slice->count,
		      values = given == LAM_CHANNEL_LANES ? 1 : slice->places;
	const bool whole = begin * values % LAM_LANES == 0
		&& (end * values % LAM_LANES == 0 || end == slice->channels);
	return sample_layouts(self, in, whole ? given : LAM_BATCH_LANES, out);
}

static const lam_sample_training training = {
	.layouts = training_layouts,
	.backward = backward,
};

static const lam_sample_form sample_form = {
	.layouts = sample_layouts,
	.phases = sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_slice_class = {
	LAM_LAYER_ABI,
	.kind = "slice",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct slice),
	.options = options,
	.init = init,
	.check = check,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
	.begin = begin,
};

lam_layer *lam_slice_new(const lam_slice_options *given)
{
	return lam_layer_new(&lam_slice_class, given);
}
