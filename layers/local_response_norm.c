/* SPDX-License-Identifier: MIT */
/* Local response normalisation of x [n][C][places] over windows of m channels: those from c - m / 2
 * to c + (m - 1) / 2 (rounded down) that exist.
 *
 *     d_c  = k + alpha / m sum over c's window of x_j^2
 *     y_c  = x_c d_c^-beta
 *     q_c  = dL/dy_c x_c d_c^(-beta - 1)
 *     dL/dx_c = dL/dy_c d_c^-beta - 2 alpha beta / m x_c sum of q_j over j whose window holds c */
#include "layers/classes.h"
#include "layers/norm.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"

struct response {
	lam_local_response_norm_options options;
	int64_t channels, places; /* set by .check */
};

static const lam_option options[] = {
	LAM_OPTION(lam_local_response_norm_options, window, INT, .least = 1, .most = INT_MAX,
		.required = true),
	LAM_OPTION(lam_local_response_norm_options, alpha, REAL, .fallback = 1e-4, .most = INT_MAX),
	LAM_OPTION(lam_local_response_norm_options, beta, REAL, .fallback = 0.75, .most = INT_MAX),
	LAM_OPTION(lam_local_response_norm_options, k, REAL, .fallback = 1, .most = INT_MAX),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct response *response = lam_layer_state(self);
	response->channels = in->dim[0];
	response->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	return LAM_OK;
}

/* The channels of a window before its own and behind it, as far as there may be some. */
static int64_t before(const struct response *response)
{
	return least(response->options.window / 2, response->channels - 1);
}

static int64_t after(const struct response *response)
{
	return least((response->options.window - 1) / 2, response->channels - 1);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct response *response = lam_layer_state(self);
	const int64_t channels = response->channels,
		      column = channels * LAM_LANES * (int64_t)sizeof(lam_real)
		* (int64_t)lam_places_tile((size_t)channels, (size_t)response->places);
	if (lam_plan_layout(plan) != LAM_BATCH_LANES) {
		lam_plan_scratch(plan, LAM_FORWARD,
			(before(response) + lane_blocks(channels) * LAM_LANES + after(response))
				* (int64_t)sizeof(lam_real));
		return LAM_OK;
	}
	lam_plan_scratch(plan, LAM_FORWARD, column);
	lam_plan_scratch(plan, LAM_BACKWARD, 3 * column);
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)job, (void)mode, (void)blocks;
	const struct response *response = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(
			response->places, response->channels * response->places)};
	return 1;
}

static struct lam_norm_window window_of(const struct response *response, const lam_pass *pass)
{
	const lam_local_response_norm_options *o = &response->options;
	const struct channels run = lam_channels_of(pass, response->places);
	return (struct lam_norm_window){.k = o->k,
		.scale = (lam_real)((double)o->alpha / o->window),
		.beta = o->beta,
		.before = (size_t)before(response),
		.after = (size_t)after(response),
		.channels = (size_t)response->channels,
		.places = (size_t)response->places,
		.first = (size_t)run.first,
		.end = (size_t)(run.first + run.count),
		.column = pass->scratch};
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_norm_window of = window_of(lam_layer_state(self), pass);
	lam_kernel()->norm.window(pass->out->data, pass->x->data, &of);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_norm_window of = window_of(lam_layer_state(self), pass);
	lam_kernel()->norm.window_backward(pass->dx->data, pass->dy->data, pass->x->data, &of);
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct response *response = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(
			response->places, lane_blocks(response->channels) * response->places)};
	return 1;
}

static lam_status sample_forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_norm_window of = window_of(lam_layer_state(self), pass);
	lam_kernel()->norm.window_lanes(pass->out->data, pass->x->data, &of);
	return LAM_OK;
}

static const lam_sample_form sample_form = {
	.phases = sample_phases,
	.forward = sample_forward,
};

const lam_layer_class lam_local_response_norm_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "local_response_norm",
	.state_size = sizeof(struct response),
	.options = options,
	.check = check,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_local_response_norm_new(const lam_local_response_norm_options *given)
{
	return lam_layer_new(&lam_local_response_norm_class, given);
}
