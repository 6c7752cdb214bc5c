/* SPDX-License-Identifier: MIT */
/* Backward of batch norm in batch lanes; the formulas stand in batch_norm.c. */
#include "layers/batch_norm_group.h"

#include "framework/kernels/kernels.h"

#include <math.h>

enum { WEIGHT = BATCH_NORM_WEIGHT, BIAS = BATCH_NORM_BIAS };
enum { RUNNING_MEAN = BATCH_NORM_RUNNING_MEAN, RUNNING_VAR = BATCH_NORM_RUNNING_VAR };

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

/* What the units of backward share: the factors of dx, [C] each; behind them the sums of each
 * block, [C] of dy, then of dy xhat. */
static int64_t factor_values(int64_t channels)
{
	return round_up(3 * channels, LAM_LANES);
}

void lam_batch_norm_backward_plan(const lam_shape *in, lam_plan *plan)
{
	lam_plan_shared(plan, LAM_BACKWARD, factor_values(in->dim[0]) * (int64_t)sizeof(lam_real),
		2 * in->dim[0] * (int64_t)sizeof(double));
}

struct factors {
	lam_real *a, *b, *c;
};

static struct factors factors_of(const struct batch_norm *state, const lam_pass *pass)
{
	lam_real *a = pass->shared;
	return (struct factors){a, a + state->channels, a + 2 * state->channels};
}

static double *products_at(const struct batch_norm *state, const lam_pass *pass, int64_t block)
{
	double *sums = (void *)((lam_real *)pass->shared + factor_values(state->channels));
	return sums + 2 * block * state->channels;
}

/* Adds up dy and dy xhat of a group in a block, for xhat = (x - mean) r; `mean` and `r` are the
 * group's. */
static void group_products(const lam_pass *pass, const struct group *group, int64_t b,
	const lam_real *mean, const lam_real *r, double *sum_dy, double *sum_dyx)
{
	lam_kernel()->reduce.channel_products(sum_dy, sum_dyx, group_data(pass->dy, group, b),
		group_data(pass->x, group, b), mean, r, (size_t)group->count, (size_t)group->places,
		(int)lanes_used(pass->n, pass->block + b));
}

/* The same of what passes the gate of an absorbed ReLU. If something was added before the ReLU,
 * others read what passes, too: it overwrites dy. */
static void group_gated(const lam_pass *pass, const struct group *group, int64_t b,
	const lam_real *mean, const lam_real *r, const struct line *line, double *sum_dy,
	double *sum_dyx)
{
	const struct lam_gate gate = group_gate(pass, group, line, b);
	lam_kernel()->reduce.channel_products_gated(sum_dy, sum_dyx, group_data(pass->dy, group, b),
		group_data(pass->x, group, b), mean, r, &gate, (size_t)group->count,
		(size_t)group->places, (int)lanes_used(pass->n, pass->block + b));
}

static void sum_products(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, const struct line *line, int64_t b)
{
	const struct statistics batch = statistics_of(state, pass);
	const lam_real *mean = batch.mean + group->first, *r = batch.r + group->first;
	double *dy = products_at(state, pass, pass->block + b) + group->first,
	       *dyx = dy + state->channels;
	for (int64_t k = 0; k < group->count; k++)
		dy[k] = dyx[k] = 0;
	if (lam_batch_norm_rectifies(pass))
		group_gated(pass, group, b, mean, r, line, dy, dyx);
	else
		group_products(pass, group, b, mean, r, dy, dyx);
}

static void write_dw(const lam_pass *pass, int64_t channel, double sum_dy, double sum_dyx)
{
	if (pass->dw[WEIGHT])
		pass->dw[WEIGHT][channel] = (lam_real)sum_dyx;
	if (pass->dw[BIAS])
		pass->dw[BIAS][channel] = (lam_real)sum_dy;
}

/* Adds the sums of all blocks, writes dw, and the factors of dx. */
static void merge_products(
	const struct batch_norm *state, const lam_pass *pass, const struct group *group)
{
	const struct statistics batch = statistics_of(state, pass);
	const struct factors factors = factors_of(state, pass);
	const double values = (double)pass->n * (double)group->places;
	for (int64_t c = group->first; c < group->first + group->count; c++) {
		double dy = 0, dyx = 0;
		for (int64_t block = 0; block < pass->blocks; block++) {
			const double *sums = products_at(state, pass, block);
			dy += sums[c];
			dyx += sums[state->channels + c];
		}
		dyx -= (double)batch.rest[c] * (double)batch.r[c] * dy;
		const struct batch_norm_factors f = lam_batch_norm_factors(
			pass, c, batch, dy, dyx, values);
		factors.a[c] = f.a;
		factors.b[c] = f.b;
		factors.c[c] = f.c;
		write_dw(pass, c, dy, dyx);
	}
}

/* Idle lanes, where dx is not 0, are cleared. */
static void write_dx(const struct batch_norm *state, const lam_pass *pass,
	const struct group *group, const struct line *line, int64_t b)
{
	const struct lam_map_kernels *map = &lam_kernel()->map;
	const size_t count = (size_t)group->count, places = (size_t)group->places;
	const struct factors of = factors_of(state, pass);
	const lam_real *mean = statistics_of(state, pass).mean + group->first,
		       *factor = of.a + group->first, *slope = of.b + group->first,
		       *term = of.c + group->first, *dy = group_data(pass->dy, group, b),
		       *x = group_data(pass->x, group, b);
	lam_real *dx = group_data(pass->dx, group, b);
	const struct lam_gate gate = group_gate(pass, group, line, b);
	if (lam_batch_norm_rectifies(pass) && !pass->finish)
		map->channel_combine_gated(
			dx, dy, x, mean, factor, slope, term, &gate, count, places);
	else
		map->channel_combine(dx, dy, x, mean, factor, slope, term, count, places);
	map->clear_idle(dx, count * places * LAM_LANES, (int)lanes_used(pass->n, pass->block + b));
}

static void backward_train(const struct batch_norm *state, const lam_pass *pass,
	const struct stages *stages, const struct group *group)
{
	struct line line;
	group_line(&line, state, pass, group);
	for (int64_t b = 0; b < stages->blocks && stages->sums; b++)
		sum_products(state, pass, group, &line, b);
	if (stages->merge)
		merge_products(state, pass, group);
	for (int64_t b = 0; b < stages->blocks && stages->values && pass->dx->data; b++)
		write_dx(state, pass, group, &line, b);
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
		for (int64_t block = 0; block < pass->blocks; block++)
			group_products(pass, group, block, mean, r, sum_dy, sum_dyx);
		for (int64_t k = 0; k < group->count; k++)
			write_dw(pass, c + k, sum_dy[k], sum_dyx[k]);
	}
	for (int64_t block = 0; block < pass->blocks && pass->dx->data; block++) {
		lam_real *dx = group_data(pass->dx, group, block);
		map->channel_affine(dx, group_data(pass->dy, group, block), zero, a, zero,
			(size_t)group->count, (size_t)group->places);
		map->clear_idle(dx, (size_t)(group->count * group->places * LAM_LANES),
			(int)lanes_used(pass->n, block));
	}
}

lam_status lam_batch_norm_backward(const lam_layer *self, const lam_pass *pass)
{
	const struct batch_norm *state = lam_layer_state(self);
	const struct stages stages = stages_of(state, pass);
	for (int64_t i = pass->slice; i < pass->slice_end; i++) {
		const struct group group = find_group(
			state, stage_slice(&stages, pass, i), pass->slices);
		if (pass->mode == LAM_TRAIN)
			backward_train(state, pass, &stages, &group);
		else
			backward_eval(state, pass, &group);
	}
	return LAM_OK;
}
