/* SPDX-License-Identifier: MIT */
/* Batch normalisation, for each channel c of x [n][C][places], with places = 1, L or H x W. A
 * channel has N = n places values.
 *
 *     mean = sum x / N
 *     var  = sum (x - mean)^2 / N
 *     r    = 1 / sqrt(var + eps)
 *     xhat = (x - mean) r
 *     y    = weight xhat + bias
 *
 *     running_mean += momentum (mean - running_mean)
 *     running_var  += momentum (var N / (N - 1) - running_var)
 *
 *     dL/dbias   = sum dy
 *     dL/dweight = sum dy xhat
 *     dL/dx      = weight r (dy - dL/dbias / N - xhat dL/dweight / N)
 *
 * Evaluation uses the running mean and variance, with the same y. They are constants there:
 *
 *     dL/dx      = weight r dy
 *
 * In training and in backward a slice is a group of channels of all blocks, so that the order of
 * sums does not depend on the threads. In an evaluation forward a unit is one block. */
#include "layers/batch_norm_state.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"
#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"

#include <math.h>

/* The most channels of a group. The sweeps over its values find them in the cache. */
enum { GROUP = BATCH_NORM_CHANNELS };

enum { WEIGHT = BATCH_NORM_WEIGHT, BIAS = BATCH_NORM_BIAS };
enum { RUNNING_MEAN = BATCH_NORM_RUNNING_MEAN, RUNNING_VAR = BATCH_NORM_RUNNING_VAR };

static const lam_option options[] = {
	LAM_OPTION(lam_batch_norm_options, eps, REAL, .fallback = 1e-5, .most = INT_MAX,
		.above = true),
	LAM_OPTION(lam_batch_norm_options, momentum, REAL, .fallback = 0.1, .most = 1),
	LAM_OPTIONS_END,
};

static lam_status check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out)
{
	(void)inputs;
	struct batch_norm *state = lam_layer_state(self);
	if (in->rank > 3)
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"the input is %s; expected features, channels x length or channels x "
			"height x width",
			lam_shape_text(*in).text);
	state->channels = in->dim[0];
	state->places = lam_shape_count(in) / in->dim[0];
	*out = *in;
	return LAM_OK;
}

static lam_status plan(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self;
	lam_shape channels = LAM_SHAPE(in->dim[0]);
	lam_plan_param(plan, "weight", channels, (lam_param_options){.init = LAM_INIT_ONE});
	lam_plan_param(plan, "bias", channels, (lam_param_options){.init = LAM_INIT_ZERO});
	lam_plan_state(plan, "running_mean", channels, 0);
	lam_plan_state(plan, "running_var", channels, 1);
	/* A variance needs two values. */
	lam_plan_least_samples(plan, lam_shape_count(in) == in->dim[0] ? 2 : 1);
	/* Only block 0's memory is used, for struct statistics, and only in training. */
	if (!lam_plan_inference(plan))
		lam_plan_saved(plan, 3 * in->dim[0] * (int64_t)sizeof(lam_real));
	if (lam_plan_layout(plan) != LAM_BATCH_LANES)
		lam_batch_norm_sample_plan(in, plan);
	return LAM_OK;
}

/* The number of groups, whose values in `blocks` blocks stay in the second cache. */
static int64_t group_count(const struct batch_norm *state, lam_job job, int64_t blocks)
{
	const int64_t arrays = job == LAM_FORWARD ? 1 : 2,
		      channel = arrays * blocks * state->places * LAM_LANES
		* (int64_t)sizeof(lam_real),
		      most_channels = most(1, state->channels / BATCH_NORM_SLICES);
	return ceil_divide(
		state->channels, limit(BATCH_NORM_BYTES / channel, 1, least(GROUP, most_channels)));
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	const struct batch_norm *state = lam_layer_state(self);
	bool per_block = job == LAM_FORWARD && mode == LAM_EVAL;
	phase[0] = (lam_phase){per_block, per_block ? 1 : group_count(state, job, blocks)};
	return 1;
}

/* Channels `first` to `first + count - 1`. */
struct group {
	int64_t first, count, places;
};

static struct group find_group(const struct batch_norm *state, int64_t index, int64_t groups)
{
	const int64_t first = piece_begin(state->channels, index, groups);
	return (struct group){
		first, piece_begin(state->channels, index + 1, groups) - first, state->places};
}

static size_t group_values(const struct group *group)
{
	return (size_t)(group->count * group->places * LAM_LANES);
}

/* The group's values in block `block` of those that the call gets. */
static lam_real *group_data(const lam_view *view, const struct group *group, int64_t block)
{
	return view->data + block * view->block + group->first * group->places * LAM_LANES;
}

/* Computes the statistics of a group, and updates the running ones. */
static void group_statistics(
	const struct batch_norm *state, const lam_pass *pass, const struct group *group)
{
	const struct lam_reduce_kernels *reduce = &lam_kernel()->reduce;
	size_t count = (size_t)group->count, places = (size_t)group->places;
	double values = (double)pass->n * (double)group->places;
	struct lam_moments moments[GROUP];
	for (int64_t b = 0; b < pass->blocks; b++)
		reduce->channel_moments(moments, (double)(b * LAM_LANES) * (double)places,
			group_data(pass->x, group, b), count, places, (int)lanes_used(pass->n, b));

	for (size_t k = 0; k < count; k++)
		lam_batch_norm_note(state, pass, group->first + (int64_t)k, &moments[k], values);
}

/* y = a (x - mean) + b */
struct line {
	lam_real a[GROUP], b[GROUP];
};

static struct line group_line(
	const lam_pass *pass, const struct group *group, struct statistics batch)
{
	struct line line;
	for (int64_t k = 0; k < group->count; k++)
		lam_batch_norm_line(pass, batch, group->first + k, &line.a[k], &line.b[k]);
	return line;
}

/* The normalised values of a group in one block, with what the layer has absorbed. */
static void finish_group(const lam_pass *pass, const struct group *group, int64_t block,
	const lam_real *mean, const lam_real *a, const lam_real *b)
{
	lam_real *out = group_data(pass->out, group, block);
	lam_kernel()->map.channel_finish(out, group_data(pass->x, group, block), mean, a, b,
		lam_batch_norm_added(pass, out), lam_batch_norm_rectifies(pass),
		(size_t)group->count, (size_t)group->places);
}

static lam_status forward_train(const struct batch_norm *state, const lam_pass *pass)
{
	if (pass->n * state->places == 1)
		return lam_batch_norm_too_few();
	const struct statistics batch = statistics_of(state, pass);
	for (int64_t index = pass->slice; index < pass->slice_end; index++) {
		const struct group group = find_group(state, index, pass->slices);
		if (!pass->again)
			group_statistics(state, pass, &group);
		const struct line line = group_line(pass, &group, batch);
		for (int64_t block = 0; block < pass->blocks; block++)
			finish_group(pass, &group, block, batch.mean + group.first, line.a, line.b);
	}
	return LAM_OK;
}

static lam_status forward_eval(const struct batch_norm *state, const lam_pass *pass)
{
	const lam_real *mean = pass->state[RUNNING_MEAN], *var = pass->state[RUNNING_VAR];
	const int64_t groups = ceil_divide(state->channels, GROUP);
	for (int64_t index = 0; index < groups; index++) {
		const struct group group = find_group(state, index, groups);
		const int64_t c = group.first;
		lam_real a[GROUP];
		for (int64_t k = 0; k < group.count; k++)
			a[k] = lam_batch_norm_running_factor(
				state, pass->w[WEIGHT][c + k], var[c + k]);
		finish_group(pass, &group, 0, mean + c, a, pass->w[BIAS] + c);
	}
	return LAM_OK;
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct batch_norm *state = lam_layer_state(self);
	return pass->mode == LAM_TRAIN ? forward_train(state, pass) : forward_eval(state, pass);
}

/* The gate of an absorbed ReLU for a group in one block. */
static struct lam_gate group_gate(
	const lam_pass *pass, const struct group *group, const struct line *line, int64_t block)
{
	struct lam_gate gate = {line->a, line->b, NULL, NULL};
	if (pass->finish) {
		gate.y = group_data(pass->y, group, block);
		gate.dy = group_data(pass->dy, group, block);
	}
	return gate;
}

/* Idle lanes, where dx is not 0, are cleared. */
static void group_dx(const lam_pass *pass, const struct group *group, struct statistics batch,
	const double *sum_dy, const double *sum_dyx)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const size_t count = (size_t)group->count, places = (size_t)group->places;
	const bool gated = lam_batch_norm_rectifies(pass) && !pass->finish;
	const struct line line = group_line(pass, group, batch);
	double values = (double)pass->n * (double)group->places;
	lam_real a[GROUP], b[GROUP], c[GROUP];
	for (int64_t k = 0; k < group->count; k++) {
		const struct batch_norm_factors f = lam_batch_norm_factors(
			pass, group->first + k, batch, sum_dy[k], sum_dyx[k], values);
		a[k] = f.a;
		b[k] = f.b;
		c[k] = f.c;
	}
	for (int64_t block = 0; block < pass->blocks; block++) {
		const lam_real *dy = group_data(pass->dy, group, block),
			       *x = group_data(pass->x, group, block),
			       *mean = batch.mean + group->first;
		const struct lam_gate gate = group_gate(pass, group, &line, block);
		lam_real *dx = group_data(pass->dx, group, block);
		if (gated)
			map->channel_combine_gated(dx, dy, x, mean, a, b, c, &gate, count, places);
		else
			map->channel_combine(dx, dy, x, mean, a, b, c, count, places);
		map->clear_idle(dx, group_values(group), (int)lanes_used(pass->n, block));
	}
}

/* Adds up dy and dy xhat of a group, for xhat = (x - mean) r; `mean` and `r` are the group's. */
static void group_products(const lam_pass *pass, const struct group *group, const lam_real *mean,
	const lam_real *r, double *sum_dy, double *sum_dyx)
{
	for (int64_t block = 0; block < pass->blocks; block++)
		lam_kernel()->reduce.channel_products(sum_dy, sum_dyx,
			group_data(pass->dy, group, block), group_data(pass->x, group, block), mean,
			r, (size_t)group->count, (size_t)group->places,
			(int)lanes_used(pass->n, block));
}

/* The same with the batch's statistics, of what passes the gate of an absorbed ReLU. If something
 * was added before the ReLU, others read what passes, too: it overwrites dy. */
static void group_gated(const lam_pass *pass, const struct group *group, struct statistics batch,
	double *sum_dy, double *sum_dyx)
{
	const struct line line = group_line(pass, group, batch);
	for (int64_t block = 0; block < pass->blocks; block++) {
		const struct lam_gate gate = group_gate(pass, group, &line, block);
		lam_kernel()->reduce.channel_products_gated(sum_dy, sum_dyx,
			group_data(pass->dy, group, block), group_data(pass->x, group, block),
			batch.mean + group->first, batch.r + group->first, &gate,
			(size_t)group->count, (size_t)group->places,
			(int)lanes_used(pass->n, block));
	}
}

static void write_dw(const lam_pass *pass, const struct group *group, const double *sum_dy,
	const double *sum_dyx)
{
	for (int64_t k = 0; k < group->count; k++) {
		if (pass->dw[WEIGHT])
			pass->dw[WEIGHT][group->first + k] = (lam_real)sum_dyx[k];
		if (pass->dw[BIAS])
			pass->dw[BIAS][group->first + k] = (lam_real)sum_dy[k];
	}
}

static void backward_train(
	const struct batch_norm *state, const lam_pass *pass, const struct group *group)
{
	const struct statistics batch = statistics_of(state, pass);
	const int64_t c = group->first;
	double sum_dy[GROUP] = {0}, sum_dyx[GROUP] = {0};
	if (lam_batch_norm_rectifies(pass))
		group_gated(pass, group, batch, sum_dy, sum_dyx);
	else
		group_products(pass, group, batch.mean + c, batch.r + c, sum_dy, sum_dyx);
	for (int64_t k = 0; k < group->count; k++)
		sum_dyx[k] -= (double)batch.rest[c + k] * (double)batch.r[c + k] * sum_dy[k];
	write_dw(pass, group, sum_dy, sum_dyx);
	if (pass->dx->data)
		group_dx(pass, group, batch, sum_dy, sum_dyx);
}

static void backward_eval(
	const struct batch_norm *state, const lam_pass *pass, const struct group *group)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const int64_t c = group->first;
	const lam_real *mean = pass->state[RUNNING_MEAN] + c, *var = pass->state[RUNNING_VAR] + c;
	lam_real r[GROUP], a[GROUP], zero[GROUP] = {0};
	for (int64_t k = 0; k < group->count; k++) {
		const double deviation = sqrt((double)var[k] + (double)state->options.eps);
		r[k] = (lam_real)(1 / deviation);
		a[k] = (lam_real)((double)pass->w[WEIGHT][c + k] / deviation);
	}
	if (pass->dw[WEIGHT] || pass->dw[BIAS]) {
		double sum_dy[GROUP] = {0}, sum_dyx[GROUP] = {0};
		group_products(pass, group, mean, r, sum_dy, sum_dyx);
		write_dw(pass, group, sum_dy, sum_dyx);
	}
	for (int64_t block = 0; block < pass->blocks && pass->dx->data; block++) {
		lam_real *dx = group_data(pass->dx, group, block);
		map->channel_affine(dx, group_data(pass->dy, group, block), zero, a, zero,
			(size_t)group->count, (size_t)group->places);
		map->clear_idle(dx, group_values(group), (int)lanes_used(pass->n, block));
	}
}

static lam_status backward(const lam_layer *self, const lam_pass *pass)
{
	const struct batch_norm *state = lam_layer_state(self);
	for (int64_t index = pass->slice; index < pass->slice_end; index++) {
		const struct group group = find_group(state, index, pass->slices);
		if (pass->mode == LAM_TRAIN)
			backward_train(state, pass, &group);
		else
			backward_eval(state, pass, &group);
	}
	return LAM_OK;
}

static void channel_map(const lam_layer *self, const lam_real *const *w, lam_real *const *running,
	lam_real *center, lam_real *factor, lam_real *term)
{
	const struct batch_norm *state = lam_layer_state(self);
	for (int64_t c = 0; c < state->channels; c++) {
		center[c] = running[RUNNING_MEAN][c];
		factor[c] = lam_batch_norm_running_factor(
			state, w[WEIGHT][c], running[RUNNING_VAR][c]);
		term[c] = w[BIAS][c];
	}
	for (int64_t c = state->channels; c % LAM_LANES; c++)
		center[c] = factor[c] = term[c] = 0;
}

const lam_layer_class lam_batch_norm_class = {
	LAM_LAYER_ABI,
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD
		| LAM_ABSORBS | LAM_GATES | LAM_FORWARD_AGAIN,
	.kind = "batch_norm",
	.state_size = sizeof(struct batch_norm),
	.options = options,
	.check = check,
	.plan = plan,
	.phases = phases,
	.forward = forward,
	.backward = backward,
	.sample = &lam_batch_norm_sample_form,
	.channel_map = channel_map,
};

lam_layer *lam_batch_norm_new(const lam_batch_norm_options *given)
{
	return lam_layer_new(&lam_batch_norm_class, given);
}
