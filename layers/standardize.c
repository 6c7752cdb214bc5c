/* SPDX-License-Identifier: MIT */
/* Standardisation by constants, for each channel c of x [C][places]:
 *
 *     y = (x - mean[c]) / std[c] = a[c] (x - mean[c]),   a = 1 / std
 *     dL/dx = a[c] dL/dy
 *
 * With a single mean and a single std the whole input is treated as one channel. */
#include "layers/standardize.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

#include <float.h>

struct standardize {
	lam_standardize_options options;
	int64_t channels, places; /* 1 and all values if there is one mean and one std */
	lam_real mean[LAM_MAX_STANDARDIZE], a[LAM_MAX_STANDARDIZE];
};

static const lam_option options[] = {
	LAM_OPTION(lam_standardize_options, mean, REALS, .least = -FLT_MAX, .most = FLT_MAX,
		.count = LAM_MAX_STANDARDIZE),
	LAM_OPTION(lam_standardize_options, std, REALS, .most = FLT_MAX,
		.count = LAM_MAX_STANDARDIZE, .above = true),
	LAM_OPTIONS_END,
};

/* The number of values given, which end with the last that is not 0. */
static int values_given(const lam_real *values)
{
	int count = LAM_MAX_STANDARDIZE;
	while (count > 0 && values[count - 1] == 0)
		count--;
	return count;
}

/* Value c of an option with `count` values given. LAM_ZERO in the list means 0. */
static double value_at(const lam_real *values, int count, int64_t c, double fallback)
{
	double value = count == 0 ? fallback : (double)values[count == 1 ? 0 : c];
	return value == (double)LAM_ZERO ? 0 : value;
}

/* Refuses lists of different length: one may have lost zeros at its end. */
static lam_status init(lam_layer *self)
{
	const struct standardize *state = lam_layer_state(self);
	const int means = values_given(state->options.mean),
		  stds = values_given(state->options.std);
	if (means && stds && means != stds)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option mean has %d values and option std %d; expected as many, or one "
			"left out (a zero at the end is LAM_ZERO)",
			means, stds);
	for (int i = 0; i < stds; i++)
		if (!(state->options.std[i] > 0))
			return lam_fail(LAM_ERR_ARGUMENT,
				"option std is 0 for channel %d; expected above 0", i);
	return LAM_OK;
}

static lam_status check_count(const char *name, int count, int64_t channels)
{
	if (count > 1 && count != channels)
		return lam_fail(LAM_ERR_SHAPE,
			"option %s has %d values for an input of %lld channels; expected 1 or as "
			"many (a zero at the end is LAM_ZERO)",
			name, count, (long long)channels);
	return LAM_OK;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct standardize *state = lam_layer_state(self);
	int means = values_given(state->options.mean), stds = values_given(state->options.std);
	lam_status status = check_count("mean", means, in->dim[0]);
	if (!status)
		status = check_count("std", stds, in->dim[0]);
	if (status)
		return status;
	state->channels = means > 1 || stds > 1 ? in->dim[0] : 1;
	state->places = lam_shape_count(in) / state->channels;
	for (int64_t c = 0; c < state->channels; c++) {
		state->mean[c] = (lam_real)value_at(state->options.mean, means, c, 0);
		state->a[c] = (lam_real)(1 / value_at(state->options.std, stds, c, 1));
	}
	*out = *in;
	return LAM_OK;
}

static const lam_real zeros[LAM_MAX_STANDARDIZE] __attribute__((aligned(LAM_ALIGN)));

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	lam_kernel()->map.channel_affine(pass->out->data, pass->x->data, state->mean, state->a,
		zeros, (size_t)state->channels, (size_t)state->places);
	return LAM_OK;
}

/* For one sample at a time: a single mean and std work on rows, others on channel lanes. */
static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const struct standardize *state = lam_layer_state(self);
	*out = state->channels > 1 || given == LAM_CHANNEL_LANES ? LAM_CHANNEL_LANES : LAM_ROWS;
	return *out;
}

static lam_status forward_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	if (state->channels == 1) {
		lam_kernel()->map.channel_affine(pass->out->data, pass->x->data, state->mean,
			state->a, zeros, 1, (size_t)(pass->out->values / LAM_LANES));
		return LAM_OK;
	}
	for (int64_t first = 0; first < state->channels; first += LAM_LANES) {
		struct {
			lam_real mean[LAM_LANES], a[LAM_LANES];
		} lanes __attribute__((aligned(LAM_ALIGN))) = {0};
		for (int64_t k = 0; k < LAM_LANES && first + k < state->channels; k++) {
			lanes.mean[k] = state->mean[first + k];
			lanes.a[k] = state->a[first + k];
		}
		lam_kernel()->map.channel_affine_lanes(pass->out->data + first * state->places,
			pass->x->data + first * state->places, lanes.mean, lanes.a, zeros, 1,
			(size_t)state->places);
	}
	return LAM_OK;
}

static const lam_sample_form sample_form = {
	.layouts = layouts,
	.forward = forward_sample,
};

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	lam_kernel()->map.channel_affine(pass->dx->data, pass->dy->data, zeros, state->a, zeros,
		(size_t)state->channels, (size_t)state->places);
	return LAM_OK;
}

const lam_layer_class lam_standardize_class = {
	LAM_LAYER_ABI,
	.flags = LAM_IN_PLACE,
	.kind = "standardize",
	.state_size = sizeof(struct standardize),
	.options = options,
	.init = init,
	.check = check,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_standardize_new(const lam_standardize_options *given)
{
	return lam_layer_new(&lam_standardize_class, given);
}
