/* SPDX-License-Identifier: MIT */
/* What both forms of batch norm share. Private to layers/. */
#ifndef LAM_BATCH_NORM_STATE_H
#define LAM_BATCH_NORM_STATE_H

#include "layers/batch_norm.h"

#include <math.h>

#pragma GCC visibility push(hidden)

/* The indices of parameters and of states. */
enum { BATCH_NORM_WEIGHT, BATCH_NORM_BIAS };
enum { BATCH_NORM_RUNNING_MEAN, BATCH_NORM_RUNNING_VAR };

/* The phases of training, where there are several. */
enum { SUMS, MERGE, VALUES };

struct batch_norm {
	lam_batch_norm_options options;
	int64_t channels, places;
};

/* The batch's statistics, [C] each, in block 0's saved bytes. mean + rest is the mean in twice the
 * precision, so that x - mean keeps its digits when the mean is much larger than the deviation. */
struct statistics {
	lam_real *mean, *rest, *r;
};

static inline struct statistics statistics_of(const struct batch_norm *state, const lam_pass *pass)
{
	lam_real *saved = (void *)((char *)pass->saved - (size_t)pass->block * pass->saved_block);
	return (struct statistics){saved, saved + state->channels, saved + 2 * state->channels};
}

/* y = factor (x - mean) + term in channel `channel`. Backward asks again, to find the sign of y. */
static inline void lam_batch_norm_line(const lam_pass *pass, struct statistics batch,
	int64_t channel, lam_real *factor, lam_real *term)
{
	*factor = pass->w[BATCH_NORM_WEIGHT][channel] * batch.r[channel];
	*term = pass->w[BATCH_NORM_BIAS][channel] - *factor * batch.rest[channel];
}

/* The factor of evaluation, weight r with the running variance. */
static inline lam_real lam_batch_norm_running_factor(
	const struct batch_norm *state, lam_real weight, lam_real running_var)
{
	return (lam_real)((double)weight / sqrt((double)running_var + (double)state->options.eps));
}

struct lam_moments;

/* Stores the statistics of channel `channel`, of `values` values, and updates the running ones. */
void lam_batch_norm_note(const struct batch_norm *state, const lam_pass *pass, int64_t channel,
	const struct lam_moments *moments, double values);

/* The factors of dx = a dy + b (x - mean) + c for channel `channel`, from the sums of dy and of dy
 * xhat over `values` values. */
struct batch_norm_factors {
	lam_real a, b, c;
};
struct batch_norm_factors lam_batch_norm_factors(const lam_pass *pass, int64_t channel,
	struct statistics batch, double sum_dy, double sum_dyx, double values);

/* Whether a ReLU behind the layer is computed within this job. */
static inline bool lam_batch_norm_rectifies(const lam_pass *pass)
{
	return pass->epilogue == LAM_EPILOGUE_RELU;
}

/* What forward adds to the values that begin at `out` in the view of pass->out; NULL: nothing. */
static inline const lam_real *lam_batch_norm_added(const lam_pass *pass, const lam_real *out)
{
	const lam_real *added = pass->finish ? pass->finish->added : NULL;
	return added ? added + (out - pass->out->data) : NULL;
}

/* The failure of a training forward with one value per channel. */
lam_status lam_batch_norm_too_few(void);

/* For one sample at a time (batch_norm_sample.c), and the memory that it needs. */
extern const lam_sample_form lam_batch_norm_sample_form;
void lam_batch_norm_sample_plan(const lam_shape *in, lam_plan *plan);

#pragma GCC visibility pop
#endif
