/* SPDX-License-Identifier: MIT */
/* Softmax cross-entropy from logits z [K], or z [K][places], with K classes. At each place, for a
 * target of class y (t_k = 1 for k = y, else 0) or of weights t [K], and weights w [K] of the
 * classes (1 if there are none):
 *
 *     t'_k    = (1 - smoothing) w_y t_k + smoothing w_k / K         a class y
 *             = w_k ((1 - smoothing) t_k + smoothing / K)           soft targets
 *     p       = softmax(z)                                          the output
 *     L       = sum_k t'_k (log sum_j exp(z_j) - z_k)
 *     loss    = sum of L / C,      C = sum of w_y over all targets that count, of the whole batch,
 *                                      or the number of places for soft targets
 *     dloss/dz_k = (p_k sum_j t'_j - t'_k) / C
 *
 * Mixed samples (lam_pass.second) have the losses of both classes, times their shares, and C the
 * weights of both likewise. With weights of samples L and its part of C, or 1 place, are multiplied
 * by the sample's. Where y is the ignored class, L and its gradient are 0; if C is 0, all are. L is
 * computed by log-sum-exp, because log p is inaccurate for small p.
 *
 * A plane with many logits is cut into slices of places. Each slice of a block has a sum of its
 * own, which the second phase adds in order. */
#include "layers/classes.h"
#include "layers/loss.h"
#include "layers/target_block.h"

#include "framework/kernels/kernels.h"

#include <float.h>

enum {
	SLICE = 1 << 16, /* logits of a block that are worth a unit of their own */
	LEAST = 16,      /* places: a slice is a multiple of it */
	SOFT = 64,       /* places whose soft targets are converted at once */
};

struct cross_entropy {
	lam_softmax_cross_entropy_options options;
	lam_real weight_sum; /* of all classes; set by .init if there are weights */
	int64_t classes, places, slice, slices; /* slice: places of each but the last */
};

static const lam_option options[] = {
	LAM_OPTION(lam_softmax_cross_entropy_options, smoothing, REAL, .most = 1),
	LAM_OPTION(lam_softmax_cross_entropy_options, soft, BOOL),
	LAM_OPTION(lam_softmax_cross_entropy_options, ignore, INT, .fallback = LAM_ZERO,
		.least = -INT_MAX, .most = INT_MAX),
	LAM_OPTION(lam_softmax_cross_entropy_options, class_count, COUNT),
	LAM_OPTION(lam_softmax_cross_entropy_options, class_weights, ARRAY, .most = FLT_MAX,
		.length = offsetof(lam_softmax_cross_entropy_options, class_count)),
	LAM_OPTIONS_END,
};

static lam_status init(lam_layer *self)
{
	struct cross_entropy *state = lam_layer_state(self);
	const lam_softmax_cross_entropy_options *o = &state->options;
	if (o->soft && o->ignore != LAM_ZERO)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option ignore is %d with soft; expected classes as targets", o->ignore);
	if (o->class_count && !o->class_weights)
		return lam_fail(LAM_ERR_ARGUMENT,
			"option class_count is %lld without class_weights; expected an array",
			(long long)o->class_count);
	double sum = 0;
	for (int64_t k = 0; k < o->class_count; k++)
		sum += (double)o->class_weights[k];
	state->weight_sum = (lam_real)sum;
	return LAM_OK;
}

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct cross_entropy *state = lam_layer_state(self);
	const lam_softmax_cross_entropy_options *o = &state->options;
	if (o->class_weights && o->class_count != in->dim[0])
		return lam_fail(LAM_ERR_SHAPE,
			"option class_count is %lld for an input of %lld classes; expected as many",
			(long long)o->class_count, (long long)in->dim[0]);
	state->classes = in->dim[0];
	state->places = lam_shape_count(in) / state->classes;
	int64_t places = SLICE / (state->classes * LAM_LANES) / LEAST * LEAST;
	state->slice = places > LEAST ? places : LEAST;
	state->slices = (state->places + state->slice - 1) / state->slice;
	*out = *in;
	return LAM_OK;
}

/* One target per sample that counts fully has kernels of its own, which keep z in its place. */
static bool is_plain(const struct cross_entropy *state)
{
	const lam_softmax_cross_entropy_options *o = &state->options;
	return state->places == 1 && !o->class_weights && o->ignore == LAM_ZERO;
}

/* The values of a tile of logits, which the kernels copy. */
static int64_t column_of(const struct cross_entropy *state)
{
	const size_t tile = lam_places_tile((size_t)state->classes, (size_t)state->places);
	return state->classes * (int64_t)tile * LAM_LANES;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)in;
	const struct cross_entropy *state = lam_layer_state(self);
	const int64_t block = LAM_LANES * (int64_t)sizeof(lam_real),
		      column = is_plain(state) ? 0 : column_of(state) * (int64_t)sizeof(lam_real),
		      places = state->places < SOFT ? state->places : SOFT,
		      soft = state->options.soft ? state->classes * places * block : 0;
	if (column + soft > 0)
		lam_plan_scratch(plan, LAM_FORWARD, column + soft);
	if (soft > 0)
		lam_plan_scratch(plan, LAM_BACKWARD, soft);
	if (state->slices > 1)
		lam_plan_shared(plan, LAM_FORWARD, 0, state->slices * (int64_t)sizeof(double));
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)mode, (void)blocks;
	const struct cross_entropy *state = lam_layer_state(self);
	phase[0] = (lam_phase){.per_block = true, .slices = state->slices};
	phase[1] = (lam_phase){.per_block = true, .slices = 1};
	return job == LAM_FORWARD && state->slices > 1 ? 2 : 1;
}

static lam_status targets(const lam_layer *self, const lam_shape *in, lam_target_info *info)
{
	const lam_softmax_cross_entropy_options *o = lam_layer_state(self);
	if (o->soft) {
		*info = (lam_target_info){.type = LAM_VALUES, .shape = *in, .most = 1};
		return LAM_OK;
	}
	*info = (lam_target_info){
		.type = LAM_CLASSES,
		.classes = in->dim[0],
		.ignore = o->ignore == LAM_ZERO ? 0
			: o->ignore == 0        ? LAM_ZERO
						: o->ignore,
		.weights = o->class_weights,
	};
	for (int i = 1; i < in->rank; i++)
		info->shape.dim[info->shape.rank++] = in->dim[i];
	return LAM_OK;
}

/* The targets of this call's block. The net has checked that each class is in 0 … K - 1, or
 * ignored. */
static struct lam_place_targets targets_of(const struct cross_entropy *state, const lam_pass *pass)
{
	const lam_softmax_cross_entropy_options *o = &state->options;
	return (struct lam_place_targets){
		.classes = o->soft
			? NULL
			: (const int32_t *)pass->targets + pass->block * LAM_LANES * state->places,
		.second = pass->second ? pass->second + pass->block * LAM_LANES * state->places
				       : NULL,
		.share = pass->share ? pass->share + pass->block * LAM_LANES : NULL,
		.ignore = o->ignore == LAM_ZERO ? INT32_MIN : o->ignore,
		.weights = o->class_weights,
		.weight_sum = o->class_weights ? state->weight_sum : (lam_real)state->classes,
		.smoothing = o->smoothing,
		.features = (size_t)state->classes,
		.places = (size_t)state->places,
		.used = (int)pass->real,
		.sample_weights = lam_block_weights(pass),
	};
}

/* Converts the soft targets of some places from rows to [K][length][16]. */
static void take_soft(const struct cross_entropy *state, const lam_pass *pass, lam_real *to,
	int64_t first, int64_t length)
{
	const size_t row = (size_t)(state->classes * state->places);
	const lam_real *rows = (const lam_real *)pass->targets
		+ (size_t)(pass->block * LAM_LANES) * row + first;
	for (int64_t k = 0; k < state->classes; k++)
		lam_kernel()->transpose.rows_to_block(to + k * length * LAM_LANES,
			rows + k * state->places, row, (size_t)length, (int)pass->real);
}

/* Calls the forward kernel, and without p the backward one, for places of this call's block. */
static double run(const struct cross_entropy *state, const lam_pass *pass, bool forward,
	int64_t first, int64_t end, lam_real scale)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	struct lam_place_targets t = targets_of(state, pass);
	if (t.second && forward)
		return reduce->cross_entropy_mixed(
			pass->out->data, pass->x->data, &t, (size_t)first, (size_t)end);
	if (t.second) {
		reduce->cross_entropy_mixed_backward(
			pass->dx->data, pass->y->data, &t, (size_t)first, (size_t)end, scale);
		return 0;
	}
	lam_real *column = pass->scratch, *soft = column + (forward ? column_of(state) : 0);
	const int64_t most = t.classes ? end - first : SOFT;
	double loss = 0;
	for (int64_t place = first; place < end; place += most) {
		const int64_t length = end - place < most ? end - place : most;
		if (!t.classes) {
			take_soft(state, pass, soft, place, length);
			t.values = soft;
			t.length = (size_t)length;
		}
		if (forward)
			loss += reduce->cross_entropy_places(pass->out->data, pass->x->data, &t,
				(size_t)place, (size_t)(place + length), column);
		else
			reduce->cross_entropy_places_backward(pass->dx->data, pass->y->data, &t,
				(size_t)place, (size_t)(place + length), scale);
	}
	return loss;
}

static double plain_forward(const struct cross_entropy *state, const lam_pass *pass)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const size_t features = (size_t)state->classes;
	const int real = (int)pass->real;
	const lam_real *z = pass->x->data, smoothing = state->options.smoothing;
	lam_real *p = pass->out->data;
	if (!state->options.soft)
		return reduce->cross_entropy_classes(p, z, targets_of(state, pass).classes,
			features, real, lam_block_weights(pass), smoothing);
	return reduce->cross_entropy_values(p, z, lam_target_block(pass, pass->x), features, real,
		lam_block_weights(pass), smoothing);
}

static void plain_backward(const struct cross_entropy *state, const lam_pass *pass, lam_real scale)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	const size_t features = (size_t)state->classes;
	const int real = (int)pass->real;
	const lam_real *p = pass->y->data, smoothing = state->options.smoothing;
	lam_real *dz = pass->dx->data;
	if (!state->options.soft) {
		reduce->cross_entropy_classes_backward(
			dz, p, targets_of(state, pass).classes, features, real, smoothing, scale);
		return;
	}
	reduce->cross_entropy_values_backward(
		dz, p, lam_target_block(pass, pass->y), features, real, smoothing, scale);
}

/* The mean over the places is taken here, as the net divides by the number of samples. */
static double share_of(const struct cross_entropy *state)
{
	return state->options.soft ? 1 / (double)state->places : 1;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct cross_entropy *state = lam_layer_state(self);
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	double sum = 0, *sums = (double *)pass->shared + pass->block * state->slices;
	if (pass->phase == 1) {
		for (int64_t i = 0; pass->loss && i < state->slices; i++)
			sum += sums[i];
		if (pass->loss)
			*pass->loss = sum * share_of(state);
		return LAM_OK;
	}
	if (is_plain(state) && !pass->second) {
		if (pass->loss)
			*pass->loss = plain_forward(state, pass);
		else
			reduce->softmax(pass->out->data, pass->x->data, (size_t)state->classes);
		return LAM_OK;
	}
	for (int64_t i = pass->slice; i < pass->slice_end; i++) {
		const int64_t first = i * state->slice, next = first + state->slice,
			      end = next < state->places ? next : state->places;
		if (pass->loss)
			*(state->slices > 1 ? &sums[i] : &sum) = run(
				state, pass, true, first, end, 1);
		else
			reduce->softmax_places(pass->out->data, pass->x->data,
				(size_t)state->classes, (size_t)state->places, (size_t)first,
				(size_t)end, pass->scratch);
	}
	if (pass->loss && state->slices == 1)
		*pass->loss = sum * share_of(state);
	return LAM_OK;
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct cross_entropy *state = lam_layer_state(self);
	const lam_real scale = lam_gradient_scale(pass, share_of(state));
	if (is_plain(state) && !pass->second) {
		plain_backward(state, pass, scale);
		if (pass->weights)
			lam_weigh_gradient(pass, pass->dx->data, state->classes);
		return LAM_OK;
	}
	for (int64_t i = pass->slice; i < pass->slice_end; i++) {
		const int64_t next = (i + 1) * state->slice,
			      end = next < state->places ? next : state->places;
		run(state, pass, false, i * state->slice, end, scale);
		for (int64_t k = 0; pass->weights && k < state->classes; k++)
			lam_weigh_gradient(pass,
				pass->dx->data + (k * state->places + i * state->slice) * LAM_LANES,
				end - i * state->slice);
	}
	return LAM_OK;
}

const lam_layer_class lam_softmax_cross_entropy_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_LOSS | LAM_WEIGHS_SAMPLES | LAM_IN_PLACE | LAM_KEEP_Y
		| LAM_EVAL_BACKWARD | LAM_MIXES,
	.kind = "softmax_cross_entropy",
	.state_size = sizeof(struct cross_entropy),
	.options = options,
	.metric = LAM_METRIC_CLASS,
	.init = init,
	.check = check,
	.plan = plan,
	.phases = phases,
	.targets = targets,
	.forward = forward,
	.backward = backward,
};

lam_layer *lam_softmax_cross_entropy_new(const lam_softmax_cross_entropy_options *given)
{
	return lam_layer_new(&lam_softmax_cross_entropy_class, given);
}
