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

/* Converts blocks [first, end) of a sample between [C][places] and [ceil(C / 16)][places][16]. */
static void convert_channels(const lam_pass *pass, int64_t first, int64_t end)
{
	const struct lam_transpose_kernels *transpose = &lam_kernel()->transpose;
	const size_t plane = (size_t)places(pass->x);
	const int64_t step = (int64_t)plane * LAM_LANES, channels = pass->x->shape.dim[0];
	for (int64_t k = first; k < end; k++) {
		const int used = (int)lanes_used(channels, k);
		if (pass->out->layout == LAM_CHANNEL_LANES)
			transpose->rows_to_block(pass->out->data + k * step,
				pass->x->data + k * step, plane, plane, used);
		else
			transpose->block_to_rows(pass->out->data + k * step, plane,
				pass->x->data + k * step, plane, used);
	}
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	const struct lam_transpose_kernels *transpose = &lam_kernel()->transpose;
	const lam_view *x = pass->x, *out = pass->out;
	const size_t features = (size_t)x->features;
	if (x->layout == LAM_BATCH_LANES)
		transpose->block_to_rows(
			out->data, (size_t)out->block, x->data, features, (int)pass->n);
	else if (out->layout == LAM_BATCH_LANES)
		transpose->rows_to_block(
			out->data, x->data, (size_t)x->block, features, (int)pass->n);
	else if (x->layout != LAM_CHANNEL_LANES && out->layout != LAM_CHANNEL_LANES)
		memcpy(out->data, x->data, features * sizeof *out->data);
	else
		convert_channels(pass, 0, lane_blocks(x->shape.dim[0]));
	return LAM_OK;
}

const lam_layer_class lam_relayout_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOOKS_THROUGH,
	.kind = "relayout",
	.forward = forward,
};
