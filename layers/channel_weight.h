/* SPDX-License-Identifier: MIT */
/* What layers with a weight per channel share: the state, the cut of their work, the weight's
 * gradient, and the form for one sample at a time. The parameter is "weight", [C], or [1] if all
 * channels share it. Private to layers/. */
#ifndef LAM_CHANNEL_WEIGHT_H
#define LAM_CHANNEL_WEIGHT_H

#include "framework/layer.h"
#include "layers/activation.h"
#include "layers/channels.h"

#pragma GCC visibility push(hidden)

/* The most channels that a loop gathers numbers of. */
enum { LAM_CHANNEL_GROUP = 64 };

/* The state of these classes. */
struct lam_channel_weight {
	union {
		lam_prelu_options prelu;
		lam_layer_scale_options scale;
	} options;
	/* set by .check */
	int64_t channels, places;
	bool shared;
	bool below; /* the weight is a factor of what is not above 0, not of all */
};

/* The end of .check: the input's first dimension is channels. */
lam_status lam_channel_weight_check(
	struct lam_channel_weight *weight, const lam_shape *in, lam_shape *out);

/* For .plan: declares the parameter, which begins at `initial`, and what its gradient needs. */
lam_status lam_channel_weight_plan(
	const struct lam_channel_weight *weight, lam_real initial, lam_plan *plan);

/* The next channels of `run`, from `first` on, at most LAM_CHANNEL_GROUP. */
static inline struct channels lam_channel_group(struct channels run, int64_t first)
{
	return (struct channels){first, least(LAM_CHANNEL_GROUP, run.first + run.count - first)};
}

/* The weights of a group of channels, or of as many as it has; `room` is for shared ones. */
const lam_real *lam_channel_weights(const struct lam_channel_weight *weight, const lam_pass *pass,
	struct channels group, lam_real room[LAM_CHANNEL_GROUP]);

/* Functions of all these classes. dL/dweight is the sum of dy x, or, with `below`, of
 * dy min(x, 0). */
int lam_channel_weight_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);
lam_status lam_channel_weight_gradient(const lam_layer *self, const lam_pass *pass);

/* With channels in the lanes. */
extern const lam_sample_form lam_channel_weight_sample_form;

#define LAM_CHANNEL_WEIGHT_CLASS \
	.state_size = sizeof(struct lam_channel_weight), .phases = lam_channel_weight_phases, \
	.gradient = lam_channel_weight_gradient, .sample = &lam_channel_weight_sample_form

#pragma GCC visibility pop
#endif
