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
 * In training the moments of each block are merged in the order of the blocks, in double. Forward
 * and backward have three phases: the sums of each block, what follows from all of them, and the
 * values of each block. So a thread finds in its cache what it has computed of a block just before,
 * and reads what is its own. If there is one block, or little to do, they have one phase, in which
 * a slice is a group of channels of all blocks. In an evaluation forward a unit is one block. */
#include "layers/batch_norm_group.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

#include <math.h>

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
	if (lam_plan_inference(plan))
		return LAM_OK;
	/* struct sums of each block; in block 0 struct statistics take their place. */
	lam_plan_saved(plan, 3 * in->dim[0] * (int64_t)sizeof(lam_real));
	if (lam_plan_layout(plan) == LAM_BATCH_LANES)
		lam_batch_norm_backward_plan(in, plan);
	else
		lam_batch_norm_sample_plan(in, plan);
	return LAM_OK;
}

/* The moments of block `block`, [C] each: the mean is origin + mean. Of the square sum the
 * deviation is kept, which has the range of the values. */
struct sums {
	lam_real *origin, *mean, *deviation;
};

static struct sums sums_of(const struct batch_norm *state, const lam_pass *pass, int64_t block)
{
	char *saved = (char *)statistics_of(state, pass).mean;
	lam_real *origin = (void *)(saved + (size_t)block * pass->saved_block);
	return (struct sums){origin, origin + state->channels, origin + 2 * state->channels};
}

static double values_of(const lam_pass *pass, const struct group *group, int64_t block)
{
	return (double)(lanes_used(pass->n, block) * group->places);
}

/* Adds the moments of a group in `blocks` blocks from pass->block on. */
static void add_moments(struct lam_moments *moments, const lam_pass *pass,
	const struct group *group, int64_t blocks)
{
	for (int64_t b = 0; b < blocks; b++)
		lam_kernel()->reduce.channel_moments(moments,
			(double)(b * LAM_LANES * group->places), group_data(pass->x, group, b),
			(size_t)group->count, (size_t)group->places,
			(int)lanes_used(pass->n, pass->block + b));
}

static void save_moments(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, const struct lam_moments *moments)
{
	const struct sums sums = sums_of(state, pass, pass->block);
	for (int64_t k = 0, c = group->first; k < group->count; k++, c++) {
		/* Below 0 if the squares of tiny values are flushed to it. */
		const double squares = moments[k].squares;
		sums.origin[c] = (lam_real)moments[k].origin;
		sums.mean[c] = (lam_real)moments[k].mean;
		sums.deviation[c] = (lam_real)sqrt(
			(squares < 0 ? 0 : squares) / values_of(pass, group, pass->block));
	}
}

/* The moments of a group, from those of each block. */
static void merge_moments(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, struct lam_moments *moments)
{
	double before = 0;
	for (int64_t block = 0; block < pass->blocks; block++) {
		const struct sums sums = sums_of(state, pass, block);
		const double count = values_of(pass, group, block);
		for (int64_t k = 0, c = group->first; k < group->count; k++, c++) {
			const double mean = (double)sums.mean[c], apart = mean * count,
				     deviation = (double)sums.deviation[c];
			lam_kernel()->reduce.merge_moments(&moments[k], before,
				(double)sums.origin[c], apart,
				deviation * deviation * count + mean * apart, count);
		}
		before += count;
	}
}

/* Computes the statistics of a group, or a part of them; updates the running ones. */
static void group_statistics(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, const struct stages *stages)
{
	struct lam_moments moments[GROUP];
	if (stages->sums)
		add_moments(moments, pass, group, stages->blocks);
	else
		merge_moments(state, pass, group, moments);
	if (!stages->merge)
		save_moments(state, pass, group, moments);
	else
		for (int64_t k = 0; k < group->count; k++)
			lam_batch_norm_note(state, pass, group->first + k, &moments[k],
				(double)pass->n * (double)group->places);
}

/* The normalised values of a group in one block, with what the layer has absorbed. */
static void finish_group(const lam_pass *pass, const struct group *group, int64_t b,
	const lam_real *mean, const lam_real *factor, const lam_real *term)
{
	lam_real *out = group_data(pass->out, group, b);
	lam_kernel()->map.channel_finish(out, group_data(pass->x, group, b), mean, factor, term,
		lam_batch_norm_added(pass, out), lam_batch_norm_rectifies(pass),
		(size_t)group->count, (size_t)group->places);
}

static void normalise(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, int64_t blocks)
{
	const struct statistics batch = statistics_of(state, pass);
	struct line line;
	group_line(&line, state, pass, group);
	for (int64_t b = 0; b < blocks; b++)
		finish_group(pass, group, b, batch.mean + group->first, line.a, line.b);
}

static lam_status forward_train(const struct batch_norm *state, const lam_pass *pass)
{
	const struct stages stages = stages_of(state, pass);
	if (pass->n * state->places == 1)
		return lam_batch_norm_too_few();
	for (int64_t i = pass->slice; i < pass->slice_end; i++) {
		const struct group group = find_group(
			state, stage_slice(&stages, pass, i), pass->slices);
		if ((stages.sums || stages.merge) && !pass->again)
			group_statistics(state, pass, &group, &stages);
		if (stages.values)
			normalise(state, pass, &group, stages.blocks);
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
		| LAM_ABSORBS | LAM_GATES | LAM_FORWARD_AGAIN | LAM_LAST_BY_BLOCK,
	.kind = "batch_norm",
	.state_size = sizeof(struct batch_norm),
	.options = options,
	.check = check,
	.plan = plan,
	.phases = lam_batch_norm_phases,
	.forward = forward,
	.backward = lam_batch_norm_backward,
	.sample = &lam_batch_norm_sample_form,
	.channel_map = channel_map,
};

lam_layer *lam_batch_norm_new(const lam_batch_norm_options *given)
{
	return lam_layer_new(&lam_batch_norm_class, given);
}
