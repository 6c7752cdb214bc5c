/* SPDX-License-Identifier: MIT */
/* Softmax over the channels k of every place. A feature vector has one place, a signal L, an image
 * H x W.
 *
 *     y_k     = exp(x_k - m) / sum_j exp(x_j - m),     m = max_j x_j, so that nothing overflows
 *     dL/dx_k = y_k (dL/dy_k - sum_j dL/dy_j y_j)
 *
 * The kernels need the channels of a place side by side, [C][16]. With one place they are. With
 * more, each place is gathered into scratch from [C][places][16] and scattered back. */
#include "layers/softmax.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

#include <string.h>

static size_t places_of(const lam_view *view)
{
	return (size_t)(view->features / view->shape.dim[0]);
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	if (lam_shape_count(in) == in->dim[0])
		return LAM_OK;
	int64_t place = in->dim[0] * LAM_LANES * (int64_t)sizeof(lam_real);
	lam_plan_scratch(plan, LAM_FORWARD, place);
	lam_plan_scratch(plan, LAM_BACKWARD, 2 * place);
	return LAM_OK;
}

/* Copies the channels at one place to column [C][16]; `image` points at the place in channel 0. */
static void gather(lam_real *column, const lam_real *image, size_t channels, size_t places)
{
	for (size_t c = 0; c < channels; c++)
		memcpy(column + c * LAM_LANES, image + c * places * LAM_LANES,
			LAM_LANES * sizeof *column);
}

static void scatter(lam_real *image, const lam_real *column, size_t channels, size_t places)
{
	for (size_t c = 0; c < channels; c++)
		memcpy(image + c * places * LAM_LANES, column + c * LAM_LANES,
			LAM_LANES * sizeof *column);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	size_t channels = (size_t)pass->x->shape.dim[0], places = places_of(pass->x);
	if (places == 1) {
		lam_kernel()->reduce.softmax(pass->out->data, pass->x->data, channels);
		return LAM_OK;
	}
	lam_real *column = pass->scratch;
	for (size_t place = 0; place < places; place++) {
		gather(column, pass->x->data + place * LAM_LANES, channels, places);
		lam_kernel()->reduce.softmax(column, column, channels);
		scatter(pass->out->data + place * LAM_LANES, column, channels, places);
	}
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	size_t channels = (size_t)pass->y->shape.dim[0], places = places_of(pass->y);
	if (places == 1) {
		lam_kernel()->reduce.softmax_backward(
			pass->dx->data, pass->dy->data, pass->y->data, channels);
		return LAM_OK;
	}
	lam_real *gradient = pass->scratch, *y = gradient + channels * LAM_LANES;
	for (size_t place = 0; place < places; place++) {
		gather(gradient, pass->dy->data + place * LAM_LANES, channels, places);
		gather(y, pass->y->data + place * LAM_LANES, channels, places);
		lam_kernel()->reduce.softmax_backward(gradient, gradient, y, channels);
		scatter(pass->dx->data + place * LAM_LANES, gradient, channels, places);
	}
	return LAM_OK;
}

const lam_layer_class lam_softmax_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_Y | LAM_EVAL_BACKWARD,
	.kind = "softmax",
	.state_size = sizeof(lam_softmax_options),
	.plan = plan,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_softmax_new(const lam_softmax_options *options)
{
	return lam_layer_new(&lam_softmax_class, options);
}
