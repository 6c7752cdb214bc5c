/* SPDX-License-Identifier: MIT */
/* The four convolutions for one sample at a time, with channels in the lanes;
 * framework/kernels/channel.h describes the forms. A form for planes reads the input in place: a
 * net's first convolution reads the caller's own rows. */
#include "layers/conv_common.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/lane_bias.h"

enum { WEIGHT, BIAS };           /* parameters */
enum { WEIGHT_COPY, BIAS_COPY }; /* their packed copies */

static lam_channel_form form_of(const struct conv *conv, lam_layout x)
{
	return conv->form[x != LAM_CHANNEL_LANES];
}

/* Chooses the layouts. An input in batch lanes, or in planes that no form reads, is converted to
 * the layout of a form that can read it. */
static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const struct conv *conv = lam_layer_state(self);
	lam_layout x = given == LAM_BATCH_LANES ? LAM_ROWS : given;
	if (!form_of(conv, x))
		x = LAM_CHANNEL_LANES;
	const lam_channel_form form = form_of(conv, x);
	*out = form == LAM_CHANNEL_FEW_PLANES ? LAM_ROWS : LAM_CHANNEL_LANES;
	return form ? x : LAM_BATCH_LANES;
}

lam_status lam_conv_sample_plan(const struct conv *conv, lam_plan *plan)
{
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const lam_channel_form form = form_of(conv, lam_plan_layout(plan));
	lam_plan_packed(plan, WEIGHT,
		kernel->conv_packed_size(&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD), form)
			* (int64_t)sizeof(lam_real),
		lam_kernel()->conv.pack_slices(&conv->geometry), false);
	if (conv->setup.bias)
		lam_lane_bias_plan(plan, BIAS, conv->setup.out);
	return LAM_OK;
}

static lam_status pack(const lam_layer *self, lam_layout x, int index, const lam_real *w,
	void *packed, int64_t slice, int64_t slices)
{
	const struct conv *conv = lam_layer_state(self);
	if (index == BIAS_COPY)
		lam_lane_bias_pack(w, packed, conv->setup.out);
	else
		lam_kernel()->channel.conv_pack(&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD),
			form_of(conv, x), w, packed, (struct lam_slices){slice, slice + 1, slices});
	return LAM_OK;
}

static int phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)samples;
	const struct conv *conv = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_kernel()->channel.conv_slices(
			&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD), form_of(conv, x))};
	return 1;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	lam_kernel()->channel.conv(&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD),
		form_of(conv, pass->x->layout),
		&(struct lam_conv_call){.packed = pass->packed[WEIGHT_COPY],
			.bias = conv->setup.bias ? pass->packed[BIAS_COPY] : NULL,
			.epilogue = (lam_epilogue)pass->epilogue,
			.from = pass->x->data,
			.to = pass->out->data,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

const lam_sample_form lam_conv_sample_form = {
	.layouts = layouts,
	.phases = phases,
	.pack = pack,
	.forward = forward,
};
