/* SPDX-License-Identifier: MIT */
/* Standardisation by constants, for each channel c of x [C][places]:
 *
 *     y = (x - mean[c]) / std[c] = a[c] (x - mean[c]),   a = 1 / std
 *     dL/dx = a[c] dL/dy
 *
 * With a single mean and a single std the whole input is treated as one channel. */
#include "layers/standardize_numbers.h"

#include "layers/classes.h"

#include "framework/kernels/kernels.h"
#include "framework/memory.h"

#include <float.h>

struct standardize {
	lam_standardize_options options;
	int64_t channels, places;   /* 1 and all values if there is one mean and one std */
	int64_t given;              /* 1, or how many channels the options have */
	lam_real *mean, *a, *zeros; /* [given] each, made by .init */
};

/* The reciprocal of a smaller number may be infinite, and a step would flush the number to 0. */
#define LEAST_STD FLT_MIN

static const lam_option options[] = {
	LAM_OPTION(lam_standardize_options, mean, REALS, .least = -FLT_MAX, .most = FLT_MAX,
		.count = LAM_MAX_STANDARDIZE),
	LAM_OPTION(lam_standardize_options, std, REALS, .least = LEAST_STD, .most = FLT_MAX,
		.count = LAM_MAX_STANDARDIZE),
	LAM_OPTION(lam_standardize_options, count, COUNT),
	LAM_OPTION(lam_standardize_options, means, ARRAY, .least = -FLT_MAX, .most = FLT_MAX,
		.length = offsetof(lam_standardize_options, count)),
	LAM_OPTION(lam_standardize_options, stds, ARRAY, .least = LEAST_STD, .most = FLT_MAX,
		.length = offsetof(lam_standardize_options, count)),
	LAM_OPTIONS_END,
};

/* Refuses lists of different length, because plain zeros at the end of a list make it shorter. */
static lam_status check_options(const lam_standardize_options *o)
{
	const struct lam_numbers means = lam_means_of(o), stds = lam_stds_of(o);
	if (o->count && !o->means && !o->stds)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option count is %lld without means and stds; expected an array",
			(long long)o->count);
	if ((o->means && lam_values_given(o->mean)) || (o->stds && lam_values_given(o->std)))
		return lam_fail(LAM_ERR_ARGUMENT, "options %s are both given; expected one of them",
			o->means && lam_values_given(o->mean) ? "mean and means" : "std and stds");
	if (means.count && stds.count && means.count != stds.count)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option mean has %lld values and option std %lld; expected as many, or one "
			"left out (a zero at the end is LAM_ZERO)",
			(long long)means.count, (long long)stds.count);
	for (int64_t i = 0; i < stds.count; i++)
		if (!(lam_number_at(stds, i, 1) > 0))
			return lam_fail(LAM_ERR_ARGUMENT,
				"option std is 0 for channel %lld; expected above 0", (long long)i);
	return LAM_OK;
}

static lam_status init(lam_layer *self)
{
	struct standardize *state = lam_layer_state(self);
	lam_status status = check_options(&state->options);
	if (status)
		return status;
	const int64_t means = lam_means_of(&state->options).count,
		      stds = lam_stds_of(&state->options).count;
	state->given = means > 1 ? means : stds > 1 ? stds : 1;
	state->mean = lam_alloc((size_t)state->given, sizeof *state->mean);
	state->a = lam_alloc((size_t)state->given, sizeof *state->a);
	state->zeros = lam_alloc((size_t)state->given, sizeof *state->zeros);
	return state->mean && state->a && state->zeros ? LAM_OK : LAM_ERR_MEMORY;
}

static void destroy(lam_layer *self)
{
	struct standardize *state = lam_layer_state(self);
	lam_free(state->mean);
	lam_free(state->a);
	lam_free(state->zeros);
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct standardize *state = lam_layer_state(self);
	const struct lam_numbers means = lam_means_of(&state->options),
				 stds = lam_stds_of(&state->options);
	if (state->given > 1 && state->given != in->dim[0])
		return lam_fail(LAM_ERR_SHAPE,
			"option %s has %lld values for an input of %lld channels; expected 1 or as "
			"many (a zero at the end is LAM_ZERO)",
			means.count > 1 ? "mean" : "std", (long long)state->given,
			(long long)in->dim[0]);
	state->channels = state->given;
	state->places = lam_shape_count(in) / state->channels;
	for (int64_t c = 0; c < state->channels; c++) {
		state->mean[c] = (lam_real)lam_number_at(means, c, 0);
		state->a[c] = (lam_real)(1 / lam_number_at(stds, c, 1));
	}
	*out = *in;
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	lam_kernel()->map.channel_affine(pass->out->data, pass->x->data, state->mean, state->a,
		state->zeros, (size_t)state->channels, (size_t)state->places);
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

static void map_sample(const struct standardize *state, const lam_view *to, const lam_view *from,
	const lam_real *mean)
{
	if (state->channels == 1) {
		lam_kernel()->map.channel_affine(to->data, from->data, mean, state->a, state->zeros,
			1, (size_t)(to->values / LAM_LANES));
		return;
	}
	for (int64_t first = 0; first < state->channels; first += LAM_LANES) {
		struct {
			lam_real mean[LAM_LANES], a[LAM_LANES], zeros[LAM_LANES];
		} lanes __attribute__((aligned(LAM_ALIGN))) = {0};
		for (int64_t k = 0; k < LAM_LANES && first + k < state->channels; k++) {
			lanes.mean[k] = mean[first + k];
			lanes.a[k] = state->a[first + k];
		}
		lam_kernel()->map.channel_affine_lanes(to->data + first * state->places,
			from->data + first * state->places, lanes.mean, lanes.a, lanes.zeros, 1,
			(size_t)state->places);
	}
}

static lam_status forward_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	map_sample(state, pass->out, pass->x, state->mean);
	return LAM_OK;
}

static lam_status backward_sample(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	map_sample(state, pass->dx, pass->dy, state->zeros);
	return LAM_OK;
}

static const lam_sample_training training = {.backward = backward_sample};

static const lam_sample_form sample_form = {
	.layouts = layouts,
	.forward = forward_sample,
	.training = &training,
};

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct standardize *state = lam_layer_state(self);
	lam_kernel()->map.channel_affine(pass->dx->data, pass->dy->data, state->zeros, state->a,
		state->zeros, (size_t)state->channels, (size_t)state->places);
	return LAM_OK;
}

const lam_layer_class lam_standardize_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_EVAL_BACKWARD,
	.kind = "standardize",
	.state_size = sizeof(struct standardize),
	.options = options,
	.init = init,
	.destroy = destroy,
	.check = check,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_standardize_new(const lam_standardize_options *given)
{
	return lam_layer_new(&lam_standardize_class, given);
}
