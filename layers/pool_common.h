/* SPDX-License-Identifier: MIT */
/* What maximum and average pooling share. A 1-D layer is a 2-D one of height 1.
 * Private to layers/. */
#ifndef LAM_POOL_COMMON_H
#define LAM_POOL_COMMON_H

#include "framework/kernels/pool.h"
#include "layers/channels.h"
#include "layers/pool.h"

#pragma GCC visibility push(hidden)

/* The options of each of the four layers with kernels; index 0 is height, 1 is width. */
struct pool_setup {
	int sides;                                         /* 1 for signals, 2 for images */
	int64_t kernel[2], stride[2], pad[2], dilation[2]; /* stride 0: the kernel */
	bool ceil_mode, exclude_pad;
};

/* The state of each of them, and of the adaptive ones. */
struct pool {
	union {
		lam_max_pool1d_options max1d;
		lam_max_pool2d_options max2d;
		lam_avg_pool1d_options avg1d;
		lam_avg_pool2d_options avg2d;
		lam_adaptive_avg_pool1d_options adaptive1d;
		lam_adaptive_avg_pool2d_options adaptive2d;
	} options;
	struct pool_setup setup;           /* by .init; not of the adaptive ones */
	struct lam_pool_geometry geometry; /* by .check */
};

/* The end of .init: stores the setup, fills in the stride, and refuses options that do not fit each
 * other. */
lam_status lam_pool_init(lam_layer *self, struct pool_setup setup);

/* The .check of the four classes with kernels. */
lam_status lam_pool_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out);

/* The .phases of all. */
int lam_pool_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);

/* The geometry of this call's channels, or of groups of sixteen where channels are in the lanes. */
struct lam_pool_geometry lam_pool_cut(
	const lam_layer *self, const lam_pass *pass, struct channels *run);

/* The .phases of a lam_sample_form with channel lanes. */
int lam_pool_sample_phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase);

/* The jobs of average pooling, by the geometry of the state. */
lam_status lam_pool_average_forward(const lam_layer *self, const lam_pass *pass);
lam_status lam_pool_average_backward(const lam_layer *self, const lam_pass *pass);
extern const lam_sample_form lam_pool_average_form;

#pragma GCC visibility pop
#endif
