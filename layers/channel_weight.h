/* SPDX-License-Identifier: MIT */
/* What layers with a weight per channel share: the cut of their work, and the weight's gradient.
 * The parameter is "weight", [C], or [1] if all channels share it. Private to layers/. */
#ifndef LAM_CHANNEL_WEIGHT_H
#define LAM_CHANNEL_WEIGHT_H

#include "framework/layer.h"
#include "layers/channels.h"

#pragma GCC visibility push(hidden)

/* The most channels that a loop gathers numbers of. */
enum { LAM_CHANNEL_GROUP = 64 };

struct lam_channel_weight {
	int64_t channels, places;
	bool shared;
};

/* For .check: the input's first dimension is channels. */
void lam_channel_weight_check(struct lam_channel_weight *weight, const lam_shape *in);

/* For .plan: declares the parameter, which begins at `initial`, and what its gradient needs. */
void lam_channel_weight_plan(
	const struct lam_channel_weight *weight, lam_real initial, lam_plan *plan);

/* For .phases. */
int lam_channel_weight_phases(
	const struct lam_channel_weight *weight, lam_job job, lam_phase *phase);

/* For .phases of a lam_sample_form with channel lanes. */
int lam_channel_weight_sample_phases(const struct lam_channel_weight *weight, lam_phase *phase);

/* The next channels of `run`, from `first` on, at most LAM_CHANNEL_GROUP. */
static inline struct channels lam_channel_group(struct channels run, int64_t first)
{
	return (struct channels){first, least(LAM_CHANNEL_GROUP, run.first + run.count - first)};
}

/* The weights of a group of channels, or of as many as it has; `room` is for shared ones. */
const lam_real *lam_channel_weights(const struct lam_channel_weight *weight, const lam_pass *pass,
	struct channels group, lam_real room[LAM_CHANNEL_GROUP]);

/* A kernel with channels in the lanes: `w` has 16 weights per group. */
typedef void lam_channel_weight_kernel(lam_real *y, const lam_real *a, const lam_real *x,
	const lam_real *w, size_t groups, size_t plane);

/* For .forward and .backward of a lam_sample_form: applies a kernel, with `to` as y, `from` as a
 * and the input as x, to the groups of this call. */
void lam_channel_weight_lanes(const struct lam_channel_weight *weight, const lam_pass *pass,
	const lam_view *to, const lam_view *from, lam_channel_weight_kernel *kernel);

/* For .phases and .gradient of a lam_sample_training. dL/dweight is the sum of dy x, or, with
 * `below`, of dy min(x, 0). */
int lam_channel_weight_training_phases(
	const struct lam_channel_weight *weight, lam_job job, lam_phase *phase);
lam_status lam_channel_weight_sample_gradient(
	const struct lam_channel_weight *weight, const lam_pass *pass, bool below);

/* For .gradient: `dots` adds the terms of dL/dweight of a block, as reduce.channel_dots does. */
lam_status lam_channel_weight_gradient(const struct lam_channel_weight *weight,
	const lam_pass *pass,
	void (*dots)(double *sum, const lam_real *dy, const lam_real *x, size_t channels,
		size_t plane, int used));

#pragma GCC visibility pop
#endif
