/* SPDX-License-Identifier: MIT */
/* What the four convolutions share. A 1-D layer is a 2-D one of height 1: kernel, stride and
 * dilation 1, pad 0. Private to layers/. */
#ifndef LAM_CONV_COMMON_H
#define LAM_CONV_COMMON_H

#include "framework/kernels/channel.h"
#include "layers/conv.h"
#include "layers/transposed_conv.h"
#include "layers/weight_init.h"

#pragma GCC visibility push(hidden)

/* The options of each of the four convolutions; index 0 is height, 1 is width. */
struct conv_setup {
	int sides; /* 1 for signals, 2 for images */
	bool transposed;
	int64_t out, groups;
	int64_t kernel[2], stride[2], pad[2], dilation[2];
	int64_t output_pad[2]; /* transposed only */
	bool bias, direct;
	lam_init init;
	lam_real init_scale;
};

/* The state of each of the four convolutions. */
struct conv {
	union {
		lam_conv1d_options conv1d;
		lam_conv2d_options conv2d;
		lam_transposed_conv1d_options transposed1d;
		lam_transposed_conv2d_options transposed2d;
	} options;
	struct conv_setup setup; /* set by .init */
	/* Set by .check. A transposed convolution stores the geometry of the convolution whose
	 * input gradient it computes. */
	lam_conv_geometry geometry;
	/* Set by .check: how one sample at a time is computed, from lanes [0] and from planes
	 * [1]. */
	lam_channel_form form[2];
	/* Whether the gradients from lanes to lanes take Winograd's algorithm: LAM_BACKWARD,
	 * LAM_GRADIENT. */
	bool winograd[LAM_JOBS];
	/* Set by .check: the samples of a step, for which the weight is packed; 0: once. Those of
	 * the net that the layer was made for: its replicas have the same forms. */
	int64_t samples;
};

/* The kernels' job for a job of the layer: forward and backward are exchanged in a transposed
 * convolution. */
static inline lam_job lam_conv_job_of(const struct conv *conv, lam_job job)
{
	if (!conv->setup.transposed || job == LAM_GRADIENT)
		return job;
	return job == LAM_FORWARD ? LAM_BACKWARD : LAM_FORWARD;
}

/* The convolution that a front is (plan/front.h); NULL: it is none, or transposed. */
const struct conv *lam_conv_front_of(const lam_layer *front);

/* For .plan: takes the call before this one as its front, if it is one and the kernels say that it
 * pays. */
typedef struct lam_front_needs lam_front_needs_of(
	const lam_conv_geometry *, const lam_conv_geometry *front);
void lam_conv_plan_front(const struct conv *conv, lam_plan *plan, lam_front_needs_of *needs_of);

/* The end of .init: stores the setup, and refuses options that do not fit each other. */
lam_status lam_conv_init(lam_layer *self, struct conv_setup setup);

/* Functions of all four classes. */
lam_status lam_conv_check(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out);
lam_status lam_conv_plan(const lam_layer *self, const lam_shape *in, lam_plan *plan);
int lam_conv_phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase);
lam_status lam_conv_pack(const lam_layer *self, int index, const lam_real *w, void *packed,
	int64_t slice, int64_t slices);
lam_status lam_conv_forward(const lam_layer *self, const lam_pass *pass);
lam_status lam_conv_backward(const lam_layer *self, const lam_pass *pass);
lam_status lam_conv_gradient(const lam_layer *self, const lam_pass *pass);

/* The form for one sample at a time (conv_sample.c), and the memory that it needs instead of that
 * for a batch; `flops` are those of each job. */
extern const lam_sample_form lam_conv_sample_form;
/* The work of a job for one sample, whose x has this layout, as lam_plan_work() counts it. */
double lam_conv_sample_work(const struct conv *conv, lam_job job, lam_layout x);
lam_status lam_conv_sample_plan(const struct conv *conv, double flops, lam_plan *plan);

#define LAM_CONV_CLASS \
	.flags = LAM_KEEP_X | LAM_GRADIENT_READS_X | LAM_ABSORBS | LAM_FINISHES \
		| LAM_EVAL_BACKWARD, \
	.state_size = sizeof(struct conv), .check = lam_conv_check, .plan = lam_conv_plan, \
	.phases = lam_conv_phases, .pack = lam_conv_pack, .forward = lam_conv_forward, \
	.backward = lam_conv_backward, .gradient = lam_conv_gradient, \
	.sample = &lam_conv_sample_form

/* Rows of all four option tables, for the options struct `struct_type`. `side` is the type of
 * options with a value for each side. */
#define LAM_CONV_WINDOW_OPTIONS(struct_type, side) \
	LAM_OPTION(struct_type, out, INT, .least = 1, .most = INT_MAX, .required = true), \
		{.name = "kernel", \
			.type = side, \
			.offset = offsetof(struct_type, kernel), \
			.least = 1, \
			.most = INT_MAX, \
			.required = true}, \
		{.name = "stride", \
			.type = side, \
			.offset = offsetof(struct_type, stride), \
			.fallback = 1, \
			.least = 1, \
			.most = INT_MAX}, \
		{.name = "pad", \
			.type = side, \
			.offset = offsetof(struct_type, pad), \
			.most = INT_MAX}, \
	{ \
		.name = "dilation", .type = side, .offset = offsetof(struct_type, dilation), \
		.fallback = 1, .least = 1, .most = INT_MAX \
	}
#define LAM_CONV_WEIGHT_OPTIONS(struct_type) \
	LAM_OPTION(struct_type, groups, INT, .fallback = 1, .least = 1, .most = INT_MAX), \
		LAM_OPTION(struct_type, no_bias, BOOL), LAM_OPTION(struct_type, direct, BOOL), \
		LAM_WEIGHT_INIT_OPTIONS(struct_type)

/* The shape of "weight": [out, in / groups, kh, kw], transposed [in, out / groups, kh, kw]; without
 * kh in 1-D. */
lam_shape lam_conv_weight_shape(const struct conv *conv);

#pragma GCC visibility pop
#endif
