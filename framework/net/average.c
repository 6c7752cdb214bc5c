/* SPDX-License-Identifier: MIT */
/* The exponential moving average of parameters and running statistics:
 *
 *     a += rate (v - a),   and of lookahead   v = a
 *
 * Each value is computed by itself, in this order, without a fused multiply-add. So the bits depend
 * neither on units nor on the instruction set. */
#include "framework/net/average.h"

#include <string.h>

/* A difference that is not finite moves nothing: the average becomes the value. A layer of the
 * caller's may begin a statistic at infinity. */
static inline lam_real moved(lam_real average, lam_real value, lam_real rate)
{
	const lam_real difference = value - average, next = average + rate * difference;
	return difference - difference == 0 ? next : value;
}

/* The inner loop has a fixed length, so that it is compiled to vectors. */
static void move(
	lam_real *restrict average, const lam_real *restrict value, int64_t count, lam_real rate)
{
	int64_t i = 0;
	for (; i + LAM_LANES <= count; i += LAM_LANES)
		for (int lane = 0; lane < LAM_LANES; lane++)
			average[i + lane] = moved(average[i + lane], value[i + lane], rate);
	for (; i < count; i++)
		average[i] = moved(average[i], value[i], rate);
}

void lam_average_unit(const lam_walk *walk, const lam_unit *unit)
{
	const struct lam_param *param = lam_averaged(&walk->net->plan, unit->task->index);
	const lam_average *average = walk->run.average;
	const int64_t first = unit->slice * LAM_UPDATE_PIECE,
		      end = unit->slice_end * LAM_UPDATE_PIECE,
		      count = (end < param->count ? end : param->count) - first;
	lam_real *to = (param->is_state ? average->states : average->params) + param->offset
		+ first;
	if (average->rate == 1)
		memcpy(to, param->value + first, (size_t)count * sizeof *to);
	else
		move(to, param->value + first, count, average->rate);
	if (average->back)
		memcpy(param->value + first, to, (size_t)count * sizeof *to);
}
