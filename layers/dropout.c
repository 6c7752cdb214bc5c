/* SPDX-License-Identifier: MIT */
/* Dropout, any shape. With u in [0, 1) drawn for every (row of the batch, feature):
 *
 *     training      y = u >= p ? x / (1 - p) : 0      dL/dx = u >= p ? dL/dy / (1 - p) : 0
 *     evaluation    y = x
 *
 * u is a function of the pass's key, the row and the feature, so backward draws the same mask
 * again, and nothing needs to be saved. In channel lanes the masks are those of batch lanes. After
 * a forward in evaluation dL/dx = dL/dy. */
#include "layers/dropout.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"

struct dropout {
	lam_dropout_options options;
	int64_t channels, places; /* set by .check */
};

static const lam_option options_table[] = {
	LAM_OPTION(lam_dropout_options, p, REAL, .most = 1, .below = true),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct dropout *dropout = lam_layer_state(self);
	dropout->channels = in->dim[0];
	dropout->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	return LAM_OK;
}

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
	const lam_dropout_options *options =
		&((const struct dropout *)lam_layer_state(self))->options;
	drop(pass->out->data, pass->x->data, pass, pass->mode == LAM_TRAIN ? options->p : 0,
		pass->out);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const lam_dropout_options *options =
		&((const struct dropout *)lam_layer_state(self))->options;
	drop(pass->dx->data, pass->dy->data, pass, pass->mode == LAM_TRAIN ? options->p : 0,
		pass->dy);
	return LAM_OK;
}

/* For one sample at a time, with channels in the lanes. */
static void drop_lanes(const struct dropout *dropout, const lam_pass *pass, const lam_view *to,
	const lam_view *from)
{
	const struct channels run = lam_channels_of(pass, lane_blocks(dropout->channels));
	const int64_t at = run.first * dropout->places * LAM_LANES,
		      vectors = run.count * dropout->places;
	lam_real *y = to->data + at;
	const lam_real *x = from->data + at;
	if (pass->mode == LAM_TRAIN && dropout->options.p > 0)
		lam_kernel()->map.dropout_lanes(y, x, pass->key, (double)dropout->options.p,
			(uint64_t)(pass->row + pass->block), (size_t)run.first, (size_t)run.count,
			(size_t)dropout->places);
	else if (y != x)
		lam_kernel()->map.copy(y, x, (size_t)(vectors * LAM_LANES));
}

static lam_status forward_sample(const lam_layer *self, const lam_pass *pass)
{
	drop_lanes(lam_layer_state(self), pass, pass->out, pass->x);
	return LAM_OK;
}

static lam_status backward_sample(const lam_layer *self, const lam_pass *pass)
{
	drop_lanes(lam_layer_state(self), pass, pass->dx, pass->dy);
	return LAM_OK;
}

static int sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct dropout *dropout = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_group_slices(dropout->channels, dropout->places)};
	return 1;
}

static const lam_sample_training training = {.backward = backward_sample};

static const lam_sample_form sample_form = {
	.phases = sample_phases,
	.forward = forward_sample,
	.training = &training,
};

const lam_layer_class lam_dropout_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_ELEMENTWISE | LAM_IN_PLACE | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD,
	.kind = "dropout",
	.state_size = sizeof(struct dropout),
	.options = options_table,
	.check = check,
	.forward = forward,
	.backward = backward,
	.sample = &sample_form,
};

lam_layer *lam_dropout_new(const lam_dropout_options *options)
{
	return lam_layer_new(&lam_dropout_class, options);
}
