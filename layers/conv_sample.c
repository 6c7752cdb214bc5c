/* SPDX-License-Identifier: MIT */
/* The four convolutions for one sample at a time, with channels in the lanes;
 * framework/kernels/channel.h describes the forms. A form for planes reads the input in place: a
 * net's first convolution reads the caller's own rows, if they have few channels. In training these
 * are at most LAM_CHANNEL_FEW, because a gradient in planes costs a horizontal sum for each value.
 */
#include "layers/conv_common.h"

#include "framework/kernels/kernels.h"
#include "framework/plan/front.h"
#include "layers/channels.h"
#include "layers/lane_bias.h"

enum { WEIGHT, BIAS };                          /* parameters */
enum { WEIGHT_COPY, BACKWARD_COPY, BIAS_COPY }; /* their packed copies */

static lam_channel_form form_of(const struct conv *conv, lam_layout x)
{
	return conv->form[x != LAM_CHANNEL_LANES];
}

/* Whether the output, and its gradient, are planes. */
static bool gives_planes(const struct conv *conv, lam_layout x)
{
	return form_of(conv, x) == LAM_CHANNEL_FEW_PLANES;
}

/* How the input's gradient is computed: from the output's layout to that of the input. */
static lam_channel_form backward_form(const struct conv *conv, lam_layout x)
{
	if (gives_planes(conv, x))
		return LAM_CHANNEL_DENSE_PLANES;
	if (x != LAM_CHANNEL_LANES)
		return LAM_CHANNEL_FEW_PLANES;
	if (form_of(conv, x) == LAM_CHANNEL_DEPTHWISE || form_of(conv, x) == LAM_CHANNEL_GROUPED)
		return form_of(conv, x);
	return conv->winograd[LAM_BACKWARD] ? LAM_CHANNEL_WINOGRAD : LAM_CHANNEL_DENSE;
}

/* How the weight's gradient is computed. The wide side is a convolution's input, and a transposed
 * one's output. */
static lam_channel_weight_form weight_form(const struct conv *conv, lam_layout x)
{
	const bool planes = x != LAM_CHANNEL_LANES;
	if (form_of(conv, x) == LAM_CHANNEL_DEPTHWISE)
		return LAM_CHANNEL_WEIGHT_DEPTHWISE;
	if (form_of(conv, x) == LAM_CHANNEL_GROUPED)
		return LAM_CHANNEL_WEIGHT_GROUPED;
	if (!planes && !gives_planes(conv, x))
		return conv->winograd[LAM_GRADIENT] ? LAM_CHANNEL_WEIGHT_WINOGRAD
						    : LAM_CHANNEL_WEIGHT_DENSE;
	return planes != conv->setup.transposed ? LAM_CHANNEL_WEIGHT_WIDE_PLANES
						: LAM_CHANNEL_WEIGHT_NARROW_PLANES;
}

/* Whether planes are best converted to channel lanes first. Winograd's algorithm has no form for
 * planes; and a tile reads a line of every channel, each of another page: of many channels these
 * do not come in time. Measured on a Zen 5, planes beside converted, one sample of 32x32, kernels
 * of 3x3: 5 channels 1.03, 8 1.32, 16 2.04; of 1x1: 8 1.14, 16 1.34; of 5x5, stride 2: 5 0.91,
 * 16 1.01; 5 of 128 values: 12 channels 0.93, 16 1.10, 22 1.18. A direct net stays with planes:
 * their sums have the order of batch lanes, so that a replica for few samples has the same bits. */
static bool lanes_pay(const lam_layer *self, const lam_shape *in)
{
	const struct conv *conv = lam_layer_state(self);
	const bool direct = conv->setup.direct || lam_layer_direct(self);
	const int64_t channels = in->dim[0];
	const bool places = lam_shape_count(in) > channels,
		   winograd = conv->form[0] == LAM_CHANNEL_WINOGRAD;
	return places && !direct && conv->form[0]
		&& (channels >= LAM_LANES || (winograd && channels > LAM_CHANNEL_FEW));
}

/* Chooses the layouts. An input in batch lanes, or in planes that no form reads, is converted to
 * the layout of a form that can read it. */
static lam_layout layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	const struct conv *conv = lam_layer_state(self);
	lam_layout x = given == LAM_BATCH_LANES ? LAM_ROWS : given;
	if (!form_of(conv, x) || lanes_pay(self, in))
		x = LAM_CHANNEL_LANES;
	const lam_channel_form form = form_of(conv, x);
	*out = form == LAM_CHANNEL_FEW_PLANES ? LAM_ROWS : LAM_CHANNEL_LANES;
	return form ? x : LAM_BATCH_LANES;
}

static lam_layout training_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	const bool few = in->dim[0] <= LAM_CHANNEL_FEW;
	return layouts(self, in, few ? given : LAM_CHANNEL_LANES, out);
}

static void plan_weight(const struct conv *conv, lam_plan *plan, lam_job job, lam_channel_form form)
{
	lam_plan_packed(plan, WEIGHT,
		lam_kernel()->channel.conv_packed_size(
			&conv->geometry, lam_conv_job_of(conv, job), form)
			* (int64_t)sizeof(lam_real),
		lam_kernel()->conv.pack_slices(&conv->geometry), job == LAM_BACKWARD);
}

double lam_conv_sample_work(const struct conv *conv, lam_job job, lam_layout x)
{
	if (job == LAM_GRADIENT)
		return lam_kernel()->channel.weight_work(&conv->geometry, weight_form(conv, x));
	return lam_kernel()->channel.conv_work(&conv->geometry, lam_conv_job_of(conv, job),
		job == LAM_FORWARD ? form_of(conv, x) : backward_form(conv, x), conv->samples);
}

const struct conv *lam_conv_front_of(const lam_layer *front)
{
	const bool fits = front && lam_layer_class_of(front)->sample == &lam_conv_sample_form;
	const struct conv *conv = fits ? lam_layer_state(front) : NULL;
	return conv && !conv->setup.transposed ? conv : NULL;
}

void lam_conv_plan_front(const struct conv *conv, lam_plan *plan, lam_front_needs_of *needs_of)
{
	const struct conv *front = lam_conv_front_of(lam_plan_front(plan));
	if (!front || conv->setup.transposed)
		return;
	const struct lam_front_needs needs = needs_of(&conv->geometry, &front->geometry);
	if (needs.slices > 0)
		lam_plan_take_front(plan, (int64_t)needs.scratch, needs.slices, needs.whole);
}

lam_status lam_conv_sample_plan(const struct conv *conv, double flops, lam_plan *plan)
{
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const lam_layout x = lam_plan_layout(plan);
	const bool trains = !lam_plan_inference(plan);
	plan_weight(conv, plan, LAM_FORWARD, form_of(conv, x));
	lam_plan_scratch(plan, LAM_FORWARD,
		(int64_t)kernel->conv_scratch(
			&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD), form_of(conv, x)));
	const struct conv *front = lam_conv_front_of(lam_plan_front(plan));
	if (front && form_of(front, x) == LAM_CHANNEL_DEPTHWISE
		&& form_of(conv, x) == LAM_CHANNEL_DENSE)
		lam_conv_plan_front(conv, plan, kernel->front_needs);
	if (trains) {
		plan_weight(conv, plan, LAM_BACKWARD, backward_form(conv, x));
		lam_plan_scratch(plan, LAM_BACKWARD,
			(int64_t)kernel->conv_scratch(&conv->geometry,
				lam_conv_job_of(conv, LAM_BACKWARD), backward_form(conv, x)));
	} else
		lam_plan_packed(plan, WEIGHT, 0, 1, true);
	if (conv->setup.bias)
		lam_lane_bias_plan(plan, BIAS, conv->setup.out);
	for (lam_job job = LAM_FORWARD; job < LAM_JOBS; job++)
		lam_plan_flops(plan, job, trains || job == LAM_FORWARD ? flops : 0);
	if (!trains)
		return LAM_OK;
	const lam_channel_weight_form form = weight_form(conv, x);
	const struct lam_channel_bytes shared = kernel->weight_shared(&conv->geometry, form);
	lam_plan_shared(plan, LAM_GRADIENT, shared.once, shared.per_sample);
	lam_plan_scratch(
		plan, LAM_GRADIENT, (int64_t)kernel->weight_scratch(&conv->geometry, form));
	return LAM_OK;
}

static lam_status pack(const lam_layer *self, lam_layout x, int index, const lam_real *w,
	void *packed, int64_t slice, int64_t slices)
{
	const struct conv *conv = lam_layer_state(self);
	const lam_job job = index == WEIGHT_COPY ? LAM_FORWARD : LAM_BACKWARD;
	if (index == BIAS_COPY)
		lam_lane_bias_pack(w, packed, conv->setup.out);
	else
		lam_kernel()->channel.conv_pack(&conv->geometry, lam_conv_job_of(conv, job),
			job == LAM_FORWARD ? form_of(conv, x) : backward_form(conv, x), w, packed,
			(struct lam_slices){slice, slice + 1, slices});
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

static int training_phases(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
	int64_t samples, lam_phase *phase)
{
	(void)mode;
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const struct conv *conv = lam_layer_state(self);
	if (job == LAM_FORWARD)
		return phases(self, x, samples, phase);
	if (job == LAM_BACKWARD) {
		phase[0] = (lam_phase){.per_block = true,
			.slices = kernel->conv_slices(&conv->geometry,
				lam_conv_job_of(conv, LAM_BACKWARD), backward_form(conv, x))};
		return 1;
	}
	int count = 0;
	for (int64_t slices; (slices = kernel->weight_slices(
				      &conv->geometry, weight_form(conv, x), samples, count))
		> 0;
		count++)
		phase[count] = (lam_phase){.per_block = false, .slices = slices};
	return count;
}

static struct lam_conv_call call_of(const struct conv *conv, const lam_pass *pass)
{
	return (struct lam_conv_call){.packed = pass->packed[WEIGHT_COPY],
		.weight = pass->w[WEIGHT],
		.scratch = pass->scratch,
		.bias = conv->setup.bias ? pass->packed[BIAS_COPY] : NULL,
		.epilogue = (lam_epilogue)pass->epilogue,
		.finish = pass->finish,
		.from = pass->x->data,
		.to = pass->out->data,
		.slices = lam_slices_of(pass)};
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct lam_channel_kernels *kernel = &lam_kernel()->channel;
	const struct conv *conv = lam_layer_state(self);
	const struct lam_conv_call call = call_of(conv, pass);
	if (!pass->front) {
		kernel->conv(&conv->geometry, lam_conv_job_of(conv, LAM_FORWARD),
			form_of(conv, pass->x->layout), &call);
		return LAM_OK;
	}
	const struct conv *front = lam_conv_front_of(pass->front->layer);
	const struct lam_conv_call front_call = call_of(front, pass->front->pass);
	kernel->front(&conv->geometry, &call, &front->geometry, &front_call);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	lam_kernel()->channel.conv(&conv->geometry, lam_conv_job_of(conv, LAM_BACKWARD),
		backward_form(conv, pass->x->layout),
		&(struct lam_conv_call){.packed = pass->packed[BACKWARD_COPY],
			.weight = pass->w[WEIGHT],
			.scratch = pass->scratch,
			.from = pass->dy->data,
			.to = pass->dx->data,
			.slices = lam_slices_of(pass)});
	return LAM_OK;
}

/* The bias's gradient of this slice's lane blocks, or planes, of dy. */
static void bias_gradient(const struct conv *conv, const lam_pass *pass, bool planes)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const struct lam_slices slices = lam_slices_of(pass);
	const int64_t out = conv->setup.out, places = pass->dy->features / out,
		      step = planes ? 1 : LAM_LANES, units = ceil_divide(out, step);
	for (int64_t unit = slices_begin(slices, units); unit < slices_end(slices, units); unit++) {
		double sums[LAM_LANES] = {0};
		for (int64_t i = 0; i < pass->n; i++) {
			const lam_real *dy = pass->dy->data + i * pass->dy->block
				+ unit * places * step;
			if (planes)
				sums[0] += reduce->sum(dy, (size_t)places);
			else
				reduce->lane_sums(sums, dy, (size_t)places);
		}
		for (int64_t k = 0; k < step && unit * step + k < out; k++)
			pass->dw[BIAS][unit * step + k] = (lam_real)sums[k];
	}
}

static lam_status gradient(const lam_layer *self, const lam_pass *pass)
{
	const struct conv *conv = lam_layer_state(self);
	const lam_layout x = pass->x->layout;
	const lam_view *wide = conv->setup.transposed ? pass->dy : pass->x,
		       *narrow = conv->setup.transposed ? pass->x : pass->dy;
	if (pass->dw[WEIGHT])
		lam_kernel()->channel.weight_gradient(&conv->geometry, weight_form(conv, x),
			&(struct lam_channel_gradient_call){.phase = pass->phase,
				.wide = wide->data,
				.narrow = narrow->data,
				.wide_sample = wide->block,
				.narrow_sample = narrow->block,
				.samples = pass->n,
				.dw = pass->dw[WEIGHT],
				.shared = pass->shared,
				.scratch = pass->scratch,
				.slices = lam_slices_of(pass)});
	if (conv->setup.bias && pass->dw[BIAS] && pass->phase == 0)
		bias_gradient(conv, pass, gives_planes(conv, x));
	return LAM_OK;
}

static const lam_sample_training training = {
	.layouts = training_layouts,
	.phases = training_phases,
	.backward = backward,
	.gradient = gradient,
};

const lam_sample_form lam_conv_sample_form = {
	.layouts = layouts,
	.phases = phases,
	.pack = pack,
	.forward = forward,
	.training = &training,
};
