/* SPDX-License-Identifier: MIT */
/* Dropout, any shape. With u in [0, 1) drawn for every (row of the batch, feature):
 *
 *     training      y = u >= p ? x / (1 - p) : 0      dL/dx = u >= p ? dL/dy / (1 - p) : 0
 *     evaluation    y = x
 *
 * u is a function of the pass's key, the row and the feature, so backward draws the same mask
 * again, and nothing needs to be saved. After a forward in evaluation dL/dx = dL/dy. */
#include "layers/dropout.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

static const lam_option options_table[] = {
	LAM_OPTION(lam_dropout_options, p, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

static void drop(
	lam_real *to, const lam_real *from, const lam_pass *pass, lam_real p, const lam_view *view)
{
	if (p > 0)
		lam_kernel()->map.dropout(to, from, pass->key, (double)p,
			(uint64_t)(pass->row + pass->block * LAM_LANES), 0, (size_t)view->features);
	else if (to != from)
		lam_kernel()->map.copy(to, from, (size_t)view->values);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const lam_dropout_options *options = lam_layer_state(self);
	drop(pass->out->data, pass->x->data, pass, pass->mode == LAM_TRAIN ? options->p : 0,
		pass->out);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_dropout_options *options = lam_layer_state(self);
	drop(pass->dx->data, pass->dy->data, pass, pass->mode == LAM_TRAIN ? options->p : 0,
		pass->dy);
	return LAM_OK;
}

const lam_layer_class lam_dropout_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "dropout",
	.state_size = sizeof(lam_dropout_options),
	.options = options_table,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_dropout_new(const lam_dropout_options *options)
{
	return lam_layer_new(&lam_dropout_class, options);
}
