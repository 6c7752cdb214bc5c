/* SPDX-License-Identifier: MIT */
/* What the poolings of whole planes share. Private to layers/. */
#ifndef LAM_GLOBAL_POOL_H
#define LAM_GLOBAL_POOL_H

#include "layers/pool.h"

#pragma GCC visibility push(hidden)

/* The state of both layers. */
struct global_pool {
	union {
		lam_global_avg_pool_options average;
		lam_global_max_pool_options max;
	} options;
	int64_t channels, places; /* by .check: a plane has `places` values */
};

/* Functions of both classes: x [C, P] to y [C]. */
lam_status lam_global_pool_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out);
int lam_global_pool_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);

/* The .phases of their lam_sample_form. */
int lam_global_pool_sample_phases(
	const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase);

#pragma GCC visibility pop
#endif
