/* SPDX-License-Identifier: MIT */
/* The initial values of parameters and states.
 *
 * Number k of parameter i is a function of (seed, i, k), so several threads may draw them at once:
 * a million numbers take most of the time until a program's first step. */
#include "framework/net/inside.h"

#include "framework/base/float_mode.h"
#include "framework/net/task.h"
#include "framework/random.h"
#include "framework/threads/region.h"

#include <math.h>

/* The variance of a parameter's initial values, for the kinds in lam_init. He: He et al. 2015.
 * Xavier: Glorot and Bengio 2010. */
static double start_variance(const lam_net *net, const struct lam_param *param)
{
	double fan_in = param->start.fan_in > 0 ? (double)param->start.fan_in : 1;
	double fan_out = param->start.fan_out > 0 ? (double)param->start.fan_out : 1;
	double scale = (double)param->start.init_scale;
	switch (param->start.init) {
	case LAM_INIT_DEFAULT:
		return lam_plan_rectified(&net->plan, param->call) ? 2 / fan_in
								   : 2 / (fan_in + fan_out);
	case LAM_INIT_HE:
		return 2 / fan_in;
	case LAM_INIT_XAVIER:
		return 2 / (fan_in + fan_out);
	case LAM_INIT_FAN_IN:
		return 1 / fan_in;
	case LAM_INIT_DIRAC: /* of the outputs beyond the inputs */
		return 1 / (3 * fan_in);
	case LAM_INIT_NORMAL:
		return scale * scale;
	default:
		return 0;
	}
}

/* value[i] = deviation * lam_random_normal(key, i), for i from `first`, a multiple of 4, to end -
 * 1. */
static void draw(lam_real *value, int64_t first, int64_t end, double deviation, uint64_t key)
{
	for (int64_t k = first; k < end; k += LAM_NORMALS) {
		double normal[LAM_NORMALS];
		lam_random_normals(key, (uint64_t)k, normal);
		for (int64_t i = k; i < end && i < k + LAM_NORMALS; i++)
			value[i] = (lam_real)(deviation * normal[i - k]);
	}
}

static void fill(lam_real *value, int64_t count, lam_real filling)
{
	for (int64_t k = 0; k < count; k++)
		value[k] = filling;
}

/* Makes each output of a group the input of the same number, as far as there are inputs. The weight
 * is [out][in / groups][taps]; an output has fan_in = in / groups x taps products, and a group has
 * fan_out / taps outputs. */
static void pass_on(const struct lam_param *param)
{
	const lam_shape *shape = &param->shape;
	int64_t taps = 1, middle = 0;
	for (int d = 2; d < shape->rank; d++) {
		taps *= shape->dim[d];
		middle = middle * shape->dim[d] + shape->dim[d] / 2;
	}
	const int64_t in = shape->dim[1], group = param->start.fan_out / taps;
	for (int64_t o = 0; o < shape->dim[0]; o++) {
		const int64_t c = o % group;
		if (c >= in)
			continue;
		fill(param->value + o * in * taps, in * taps, 0);
		param->value[(o * in + c) * taps + middle] = 1;
	}
}

/* Draws one thread's share of the pieces of all parameters. */
static void draw_share(lam_net *net, int64_t pieces)
{
	LAM_FLOAT_SCOPE(before, LAM_FLOAT_IEEE);
	/* The parameter of the last piece, and the pieces before it: a thread's pieces are in
	 * order, so it passes each parameter once. */
	int i = 0;
	int64_t passed = 0;
#pragma omp for schedule(monotonic : dynamic)
	for (int64_t piece = 0; piece < pieces; piece++) {
		while (piece - passed >= lam_update_pieces(net->plan.params[i]->count))
			passed += lam_update_pieces(net->plan.params[i++]->count);
		struct lam_param *param = net->plan.params[i];
		int64_t first = piece - passed; /* counted in pieces of this parameter */
		const double deviation = sqrt(start_variance(net, param));
		const int64_t end = (first + 1) * LAM_UPDATE_PIECE;
		first *= LAM_UPDATE_PIECE;
		if (deviation > 0) /* others stay 0, or are filled below */
			draw(param->value, first, end < param->count ? end : param->count,
				deviation, lam_random_key(net->seed, UINT64_MAX, (uint64_t)i));
	}
}

void lam_net_initialise(lam_net *net)
{
	int64_t pieces = 0, most = 0;
	for (int i = 0; i < net->plan.param_count; i++) {
		pieces += lam_update_pieces(net->plan.params[i]->count);
		most = net->plan.params[i]->count > most ? net->plan.params[i]->count : most;
	}
	/* A small net's numbers are drawn before a second thread could start, so one thread draws
	 * them. It still opens a region: inside a region of the caller the loop would be shared out
	 * otherwise. */
	const int threads = most > LAM_UPDATE_PIECE ? lam_region_threads(net->threads) : 1;
	(void)threads; /* unused without OpenMP */
#pragma omp parallel num_threads(threads) if (threads > 1)
	draw_share(net, pieces);
	for (int i = 0; i < net->plan.param_count; i++) {
		const struct lam_param *param = net->plan.params[i];
		if (param->start.init == LAM_INIT_ONE)
			fill(param->value, param->count, 1);
		else if (param->start.init == LAM_INIT_CONSTANT)
			fill(param->value, param->count, param->start.init_scale);
		else if (param->start.init == LAM_INIT_DIRAC)
			pass_on(param);
	}
	for (int i = 0; i < net->plan.state_count; i++)
		fill(net->plan.states[i]->value, net->plan.states[i]->count,
			net->plan.states[i]->initial);
}
