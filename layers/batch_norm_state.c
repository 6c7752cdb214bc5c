/* SPDX-License-Identifier: MIT */
/* What both forms of batch norm compute alike: batch_norm.c has the formulas. */
#include "layers/batch_norm_state.h"

#include "framework/kernels/kernels.h"

#include <math.h>

enum { WEIGHT = BATCH_NORM_WEIGHT };
enum { RUNNING_MEAN = BATCH_NORM_RUNNING_MEAN, RUNNING_VAR = BATCH_NORM_RUNNING_VAR };

void lam_batch_norm_note(const struct batch_norm *state, const lam_pass *pass, int64_t channel,
	const struct lam_moments *m, double values)
{
	const struct statistics batch = statistics_of(state, pass);
	const double mean = m->origin + m->mean, momentum = (double)state->options.momentum;
	lam_real *running_mean = &pass->state[RUNNING_MEAN][channel],
		 *running_var = &pass->state[RUNNING_VAR][channel];
	batch.mean[channel] = (lam_real)mean;
	batch.rest[channel] = (lam_real)(m->origin - (double)batch.mean[channel] + m->mean);
	batch.r[channel] = (lam_real)(1 / sqrt(m->squares / values + (double)state->options.eps));
	*running_mean = (lam_real)((1 - momentum) * (double)*running_mean + momentum * mean);
	*running_var = (lam_real)((1 - momentum) * (double)*running_var
		+ momentum * m->squares / (values - 1));
}

lam_status lam_batch_norm_too_few(void)
{
	return lam_fail(LAM_ERR_ARGUMENT,
		"1 value per channel in training; expected at least 2 to have a variance (a larger "
		"batch, or LAM_EVAL)");
}

/* dx = a dy + b (x - mean) + c is the formula at the top, ordered by dy and x. */
struct batch_norm_factors lam_batch_norm_factors(const lam_pass *pass, int64_t channel,
	struct statistics batch, double sum_dy, double sum_dyx, double values)
{
	const double r = (double)batch.r[channel], scale = (double)pass->w[WEIGHT][channel] * r,
		     slope = -scale * r * sum_dyx / values;
	return (struct batch_norm_factors){
		.a = (lam_real)scale,
		.b = (lam_real)slope,
		.c = (lam_real)(-scale * sum_dy / values - slope * (double)batch.rest[channel]),
	};
}
