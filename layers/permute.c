/* SPDX-License-Identifier: MIT */
/* The axes of x in another order. With a_d for axes[d]:
 *
 *   y [x.dim[a_0], x.dim[a_1], …],   y[i_0][i_1]… = x[u_0][u_1]…   where u_(a_d) = i_d
 *
 * and dL/dx is dL/dy in the inverse order. A sample has up to four axes, and the kernel loops over
 * four: the first, which is cut into slices, then ones, then the others. */
#include "framework/kernels/kernels.h"
#include "layers/channels.h"
#include "layers/classes.h"
#include "layers/rearrange.h"

struct permute {
	lam_permute_options options;
	struct lam_permutation forward, backward; /* by .check */
};

static const lam_option options[] = {
	LAM_OPTION(
		lam_permute_options, axes, INTS, .count = LAM_MAX_RANK, .most = LAM_MAX_RANK - 1),
	LAM_OPTIONS_END,
};

/* Whether the axes are each of 0 to rank - 1 once, followed by zeros. */
static bool is_order(const int axes[LAM_MAX_RANK], int rank)
{
	int met = 0, behind = 0;
	for (int d = 0; d < LAM_MAX_RANK; d++)
		if (d < rank)
			met |= 1 << axes[d];
		else
			behind |= axes[d];
	return met == (1 << rank) - 1 && !behind;
}

/* The distances of neighbours along each axis. */
static void strides_of(int64_t stride[LAM_MAX_RANK], const lam_shape *shape)
{
	int64_t step = 1;
	for (int d = shape->rank - 1; d >= 0; d--) {
		stride[d] = step;
		step *= shape->dim[d];
	}
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct permute *permute = lam_layer_state(self);
	const int *axes = permute->options.axes, rank = in->rank;
	if (!is_order(axes, rank))
		return lam_fail(LAM_ERR_SHAPE,
			"option axes is %d,%d,%d,%d; expected each of 0 to %d once%s, for an input "
			"%s",
			axes[0], axes[1], axes[2], axes[3], rank - 1,
			rank < LAM_MAX_RANK ? ", then zeros" : "", lam_shape_text(*in).text);
	for (int d = 0; d < rank; d++)
		out->dim[d] = in->dim[axes[d]];
	int64_t x[LAM_MAX_RANK], y[LAM_MAX_RANK];
	strides_of(x, in);
	strides_of(y, out);
	permute->forward = permute->backward = (struct lam_permutation){.size = {1, 1, 1, 1}};
	for (int d = 0; d < rank; d++) {
		const int to = d ? LAM_MAX_RANK - rank + d : 0,
			  from = axes[d] ? LAM_MAX_RANK - rank + axes[d] : 0;
		permute->forward.size[to] = permute->backward.size[from] = out->dim[d];
		permute->forward.step[to] = x[axes[d]];
		permute->backward.step[from] = y[d];
	}
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct permute *permute = lam_layer_state(self);
	const int64_t *size = (job == LAM_FORWARD ? &permute->forward : &permute->backward)->size;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(size[0], size[0] * size[1] * size[2] * size[3])};
	return 1;
}

/* Permutes this call's part of the first axis of `to`, or of groups of sixteen where channels are
 * in the lanes. */
static void move(const lam_pass *pass, const lam_view *to, const lam_view *from,
	struct lam_permutation permutation)
{
	const int64_t width = lam_is_rows(from) ? 1 : LAM_LANES, *size = permutation.size;
	const struct channels run = lam_channels_of(
		pass, from->layout == LAM_CHANNEL_LANES ? lane_blocks(size[0]) : size[0]);
	permutation.size[0] = run.count;
	lam_kernel()->transpose.permute(to->data + run.first * size[1] * size[2] * size[3] * width,
		from->data + run.first * permutation.step[0] * width, &permutation, width);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	move(pass, pass->out, pass->x, ((const struct permute *)lam_layer_state(self))->forward);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	move(pass, pass->dx, pass->dy, ((const struct permute *)lam_layer_state(self))->backward);
	return LAM_OK;
}

static lam_layout sample_layouts(
	const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out)
{
	(void)in;
	const struct permute *permute = lam_layer_state(self);
	return lam_lanes_or_rows(permute->options.axes[0] == 0, given, out);
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)samples;
	const int64_t *size = ((const struct permute *)lam_layer_state(self))->forward.size;
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_sample_slices(x, size[0], size[1] * size[2] * size[3])};
	return 1;
}

static const lam_sample_training training = {.backward = backward};

static const lam_sample_form sample_form = {
	.layouts = sample_layouts,
	.phases = sample_phases,
	.forward = forward,
	.training = &training,
};

const lam_layer_class lam_permute_class = {
	LAM_LAYER_ABI,
	.kind = "permute",
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.state_size = sizeof(struct permute),
	.options = options,
	.check = check,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_permute_new(const lam_permute_options *given)
{
	return lam_layer_new(&lam_permute_class, given);
}
