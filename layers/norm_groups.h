/* SPDX-License-Identifier: MIT */
/* What group norm and instance norm share. Private to layers/. */
#ifndef LAM_NORM_GROUPS_H
#define LAM_NORM_GROUPS_H

#include "layers/norm.h"

#pragma GCC visibility push(hidden)

/* The state of both classes. */
struct norm_groups {
	union {
		lam_group_norm_options group;
		lam_instance_norm_options instance;
	} options;
	/* set by .init */
	lam_real eps;
	bool affine;
	/* set by .check: the channels of a group, and the places of a channel */
	int64_t groups, channels, places;
};

/* The end of .check: stores the groups, of which there are `groups`. */
lam_status lam_norm_groups_check(
	struct norm_groups *norm, int64_t groups, const lam_shape *in, lam_shape *out);

/* Functions of both classes. */
lam_status lam_norm_groups_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan);
int lam_norm_groups_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);
lam_status lam_norm_groups_forward(const lam_layer *self, const lam_pass *pass);
lam_status lam_norm_groups_backward(const lam_layer *self, const lam_pass *pass);

/* The form for one sample at a time (norm_groups_sample.c), and the memory that it needs instead of
 * that for a batch. */
extern const lam_sample_form lam_norm_groups_sample_form;
void lam_norm_groups_sample_plan(const struct norm_groups *norm, lam_plan *plan);

#define LAM_NORM_GROUPS_CLASS \
	.flags = LAM_LIGHT | LAM_IN_PLACE | LAM_KEEP_X | LAM_LOOKS_THROUGH | LAM_EVAL_BACKWARD, \
	.state_size = sizeof(struct norm_groups), .plan = lam_norm_groups_plan, \
	.phases = lam_norm_groups_phases, .forward = lam_norm_groups_forward, \
	.backward = lam_norm_groups_backward, .sample = &lam_norm_groups_sample_form

#pragma GCC visibility pop
#endif
