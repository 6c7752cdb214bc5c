/* SPDX-License-Identifier: MIT */
/* Conversions between layouts (lam_layout), which the plan of a net of few samples adds between
 * calls with different layouts. */
#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/plan/classes.h"

#include <string.h>

static int64_t places(const lam_view *view)
{
	return view->features / view->shape.dim[0];
}

/* Converts a sample between [C][places] and [ceil(C / 16)][places][16]. */
static void convert_channels(const lam_view *to, const lam_view *from)
{
	const struct lam_transpose_kernels *transpose = &lam_kernel()->transpose;
	const size_t plane = (size_t)places(from);
	const int64_t step = (int64_t)plane * LAM_LANES, channels = from->shape.dim[0];
	for (int64_t k = 0; k < lane_blocks(channels); k++) {
		const int used = (int)lanes_used(channels, k);
		if (to->layout == LAM_CHANNEL_LANES)
			transpose->rows_to_block(
				to->data + k * step, from->data + k * step, plane, plane, used);
		else
			transpose->block_to_rows(
				to->data + k * step, plane, from->data + k * step, plane, used);
	}
}

/* Converts between any two layouts of which one is rows, or both. */
static void convert(const lam_view *to, const lam_view *from, int64_t samples)
{
	const struct lam_transpose_kernels *transpose = &lam_kernel()->transpose;
	const size_t features = (size_t)from->features;
	if (from->layout == LAM_BATCH_LANES)
		transpose->block_to_rows(
			to->data, (size_t)to->block, from->data, features, (int)samples);
	else if (to->layout == LAM_BATCH_LANES)
		transpose->rows_to_block(
			to->data, from->data, (size_t)from->block, features, (int)samples);
	else if (from->layout != LAM_CHANNEL_LANES && to->layout != LAM_CHANNEL_LANES)
		memcpy(to->data, from->data, features * sizeof *to->data);
	else
		convert_channels(to, from);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	convert(pass->out, pass->x, pass->real);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	convert(pass->dx, pass->dy, pass->real);
	if (pass->dx->layout == LAM_BATCH_LANES)
		lam_kernel()->map.clear_idle(
			pass->dx->data, (size_t)pass->dx->values, (int)pass->real);
	return LAM_OK;
}

const lam_layer_class lam_relayout_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "relayout",
	.forward = forward,
	.backward = backward,
};
