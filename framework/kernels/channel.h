/* SPDX-License-Identifier: MIT */
/* Convolution and the affine map of one sample at a time, with channels in the lanes
 * (LAM_CHANNEL_LANES of framework/pass.h):
 *
 *     lanes    [ceil(C / 16)][H][W][16]: 16 channels side by side
 *     planes   [C][H][W]: as users give them, at any alignment
 *
 * Lanes without a channel may hold any value. Such lanes of an input enter no lane that has a
 * channel. The kernels do write such lanes of their output.
 *
 * The formulas are those of conv.h and affine.h, for forward and both gradients. The geometry, and
 * whether the input is lanes or planes, decide how a call works, its lam_channel_form:
 *
 *     dense       lanes or planes to lanes: groups = 1, or groups of whole lane blocks
 *     depthwise   lanes to lanes: one channel per group, in and out
 *     grouped     lanes to lanes: all other groups, which share lane blocks (channel_strips.h,
 *                 channel_own.h)
 *     few         lanes to planes: fewer than LAM_CHANNEL_FEW output channels, or as many if a
 *                 kernel has several taps
 *     Winograd    as dense, with groups = 1, where Winograd's algorithm is faster
 *
 * Slices are as in conv.h: any number of them, in any order, give the same bits. */
#ifndef LAM_CHANNEL_H
#define LAM_CHANNEL_H

#include "framework/kernels/affine.h"
#include "framework/kernels/conv.h"

#include <stdbool.h>

/* A value of a plane costs a sum over all lanes. Four outputs of 1x1, 32x56x56, took 1.4 times as
 * long as planes, of 3x3 as long. */
enum { LAM_CHANNEL_FEW = 4 };

typedef enum lam_channel_form {
	LAM_CHANNEL_NONE = 0,     /* no loop for it: groups of planes */
	LAM_CHANNEL_DENSE,        /* from lanes */
	LAM_CHANNEL_DENSE_PLANES, /* from planes */
	LAM_CHANNEL_DEPTHWISE,
	LAM_CHANNEL_FEW_PLANES, /* from lanes to planes */
	LAM_CHANNEL_WINOGRAD,   /* dense, by Winograd's algorithm (channel_winograd.c) */
	LAM_CHANNEL_GROUPED     /* groups that share lane blocks */
} lam_channel_form;

/* The form of a convolution (LAM_FORWARD) or of a transposed convolution (LAM_BACKWARD), for an
 * input of planes or of lanes. */
static inline lam_channel_form lam_channel_form_of(
	const lam_conv_geometry *g, lam_job job, bool planes)
{
	const int64_t out = job == LAM_FORWARD ? g->out : g->in, group_out = g->out / g->groups,
		      group_in = g->in / g->groups;

	if (planes)
		return g->groups == 1 ? LAM_CHANNEL_DENSE_PLANES : LAM_CHANNEL_NONE;
	if (g->groups == 1)
		return out < LAM_CHANNEL_FEW + (g->kh * g->kw > 1) ? LAM_CHANNEL_FEW_PLANES
								   : LAM_CHANNEL_DENSE;
	if (group_out == 1 && group_in == 1)
		return LAM_CHANNEL_DEPTHWISE;
	return group_out % LAM_LANES == 0 && group_in % LAM_LANES == 0 ? LAM_CHANNEL_DENSE
								       : LAM_CHANNEL_GROUPED;
}

/* How a weight gradient is computed (channel_weight.c). `wide` is the side that conv.h calls x, and
 * `narrow` its dy. One of both may be planes. */
typedef enum lam_channel_weight_form {
	LAM_CHANNEL_WEIGHT_DENSE = 0,     /* both in lanes */
	LAM_CHANNEL_WEIGHT_WIDE_PLANES,   /* groups = 1 */
	LAM_CHANNEL_WEIGHT_NARROW_PLANES, /* groups = 1, at most LAM_CHANNEL_FEW channels of narrow
					   */
	LAM_CHANNEL_WEIGHT_DEPTHWISE,
	LAM_CHANNEL_WEIGHT_GROUPED, /* both in lanes, which groups share */
	LAM_CHANNEL_WEIGHT_WINOGRAD /* dense, by Winograd's algorithm */
} lam_channel_weight_form;

/* The arguments of one phase of a weight gradient, for all samples. */
struct lam_channel_gradient_call {
	int phase;
	const lam_real *wide, *narrow;
	int64_t wide_sample, narrow_sample, samples; /* values from one sample to the next */
	lam_real *dw;                                /* overwritten when the last phase is done */
	void *shared, *scratch;
	struct lam_slices slices;
};

/* The arguments of an affine map's gradients. A row of x has `in` values, of dy `out`, at any
 * alignment. */
struct lam_channel_affine_gradient {
	const lam_real *x, *dy;
	int64_t x_sample, dy_sample,
		samples;   /* values from one sample to the next; fewer than 16 */
	lam_real *dw, *db; /* overwritten; NULL: not wanted */
	struct lam_slices slices;
};

struct lam_channel_bytes {
	int64_t once, per_sample;
};

struct lam_channel_kernels {
	/* The number of values in the packed copy of the weight. */
	int64_t (*conv_packed_size)(const lam_conv_geometry *, lam_job, lam_channel_form);
	int64_t (*affine_packed_size)(const lam_affine_geometry *);

	/* Whether Winograd's algorithm is faster than the dense form of a geometry that has it; and
	 * the work of one sample, in multiply-adds of vectors that take as long. The
	 * weight is packed for `samples` samples, or 0: once for all. */
	bool (*winograd_pays)(const lam_conv_geometry *, lam_job, int64_t samples);
	double (*conv_work)(const lam_conv_geometry *, lam_job, lam_channel_form, int64_t samples);
	double (*weight_work)(const lam_conv_geometry *, lam_channel_weight_form);

	/* The bytes of scratch, aligned to LAM_ALIGN, that each thread needs; 0: none. */
	size_t (*conv_scratch)(const lam_conv_geometry *, lam_job, lam_channel_form);

	/* The number of slices that one sample is worth; at least 1. For packing, the functions of
	 * conv.h and affine.h say it. */
	int64_t (*conv_slices)(const lam_conv_geometry *, lam_job, lam_channel_form);
	int64_t (*affine_slices)(const lam_affine_geometry *);

	/* Packs PyTorch's weight into the copy. */
	void (*conv_pack)(const lam_conv_geometry *, lam_job, lam_channel_form, const lam_real *w,
		lam_real *packed, struct lam_slices);
	void (*affine_pack)(const lam_affine_geometry *, const lam_real *w, lam_real *packed,
		struct lam_slices);

	/* Computes one sample. `bias` is aligned, and padded to whole lane blocks. */
	void (*conv)(
		const lam_conv_geometry *, lam_job, lam_channel_form, const struct lam_conv_call *);

	/* Forward of the dense form together with a depthwise front, which is read where the call's
	 * `from` would be. The call's scratch serves both. */
	struct lam_front_needs (*front_needs)(
		const lam_conv_geometry *, const lam_conv_geometry *front);
	void (*front)(const lam_conv_geometry *, const struct lam_conv_call *,
		const lam_conv_geometry *front, const struct lam_conv_call *front_call);

	/* Computes any number of samples; each is a "block" of the call. A sample of x has `in`
	 * values, and the step from one to the next may be any number. A sample of y, and `bias`,
	 * has `out` values, padded to whole lane blocks. */
	void (*affine)(const lam_affine_geometry *, const struct lam_affine_call *);

	/* For the input gradient, which is the map of a geometry with in and out exchanged: packs
	 * its weight, the transposed of w, [in][out] of that geometry. And the gradients of weight
	 * and bias. */
	void (*affine_pack_transposed)(const lam_affine_geometry *, const lam_real *w,
		lam_real *packed, struct lam_slices);
	void (*affine_gradient)(
		const lam_affine_geometry *, const struct lam_channel_affine_gradient *);

	/* The weight gradient runs in phases, as in conv.h: weight_slices() is 0 if there is no
	 * such phase. weight_shared() and weight_scratch() are bytes that all slices of all phases
	 * share, and that each thread needs. */
	int64_t (*weight_slices)(
		const lam_conv_geometry *, lam_channel_weight_form, int64_t samples, int phase);
	struct lam_channel_bytes (*weight_shared)(
		const lam_conv_geometry *, lam_channel_weight_form);
	size_t (*weight_scratch)(const lam_conv_geometry *, lam_channel_weight_form);
	void (*weight_gradient)(const lam_conv_geometry *, lam_channel_weight_form,
		const struct lam_channel_gradient_call *);
};

#endif
