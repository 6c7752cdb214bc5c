/* SPDX-License-Identifier: MIT */
/* Convolution and the affine map of one sample at a time, with channels in the lanes
 * (LAM_CHANNEL_LANES of framework/pass.h):
 *
 *   lanes    [ceil(C / 16)][H][W][16]: 16 channels side by side
 *   planes   [C][H][W]: as users give them, at any alignment
 *
 * Lanes that hold no channel hold anything. No kernel here reads them in its input, and every
 * kernel writes them in its output.
 *
 * The formulas are those of conv.h and affine.h; forward alone. What a call reads and writes
 * follows from the geometry and from how the input lies: lam_channel_form. A form is
 *
 *   dense       lanes or planes to lanes: groups = 1, or groups of whole lane blocks
 *   depthwise   lanes to lanes: one channel per group, in and out
 *   few         lanes to planes: at most LAM_CHANNEL_FEW output channels
 *
 * Slices are as in conv.h: any number of them, in any order; the bits are the same. */
#ifndef LAM_CHANNEL_H
#define LAM_CHANNEL_H

#include "framework/kernels/affine.h"
#include "framework/kernels/conv.h"

#include <stdbool.h>

enum { LAM_CHANNEL_FEW = 4 };

typedef enum lam_channel_form {
	LAM_CHANNEL_NONE = 0,     /* there is no such loop: groups that share a lane block */
	LAM_CHANNEL_DENSE,        /* from lanes */
	LAM_CHANNEL_DENSE_PLANES, /* from planes */
	LAM_CHANNEL_DEPTHWISE,
	LAM_CHANNEL_FEW_PLANES /* from lanes to planes */
} lam_channel_form;

/* How a forward (LAM_FORWARD), or a transposed convolution's (LAM_BACKWARD), is
 * done from planes or lanes. */
static inline lam_channel_form lam_channel_form_of(
	const lam_conv_geometry *g, lam_job job, bool planes)
{
	const int64_t out = job == LAM_FORWARD ? g->out : g->in, group_out = g->out / g->groups,
		      group_in = g->in / g->groups;

	if (planes)
		return g->groups == 1 ? LAM_CHANNEL_DENSE_PLANES : LAM_CHANNEL_NONE;
	if (g->groups == 1)
		return out <= LAM_CHANNEL_FEW ? LAM_CHANNEL_FEW_PLANES : LAM_CHANNEL_DENSE;
	if (group_out == 1 && group_in == 1)
		return LAM_CHANNEL_DEPTHWISE;
	return group_out % LAM_LANES == 0 && group_in % LAM_LANES == 0 ? LAM_CHANNEL_DENSE
								       : LAM_CHANNEL_NONE;
}

struct lam_channel_kernels {
	/* Values in the packed copy of the weight. */
	int64_t (*conv_packed_size)(const lam_conv_geometry *, lam_job, lam_channel_form);
	int64_t (*affine_packed_size)(const lam_affine_geometry *);

	/* Slices worth cutting one sample into, at least 1; packing: as the functions of conv.h and
	 * affine.h say. */
	int64_t (*conv_slices)(const lam_conv_geometry *, lam_job, lam_channel_form);
	int64_t (*affine_slices)(const lam_affine_geometry *);

	/* The copy, from PyTorch's layout. */
	void (*conv_pack)(const lam_conv_geometry *, lam_job, lam_channel_form, const lam_real *w,
		lam_real *packed, struct lam_slices);
	void (*affine_pack)(const lam_affine_geometry *, const lam_real *w, lam_real *packed,
		struct lam_slices);

	/* One sample. Its channels filled up to whole lane blocks, `bias` is aligned. There is no
	 * scratch. */
	void (*conv)(
		const lam_conv_geometry *, lam_job, lam_channel_form, const struct lam_conv_call *);

	/* Any number of samples, each a "block" of the call: of any number of values in x, of whole
	 * lane blocks in y. x is [in] at any alignment, y [out] filled up to whole lane blocks, as
	 * is `bias`. */
	void (*affine)(const lam_affine_geometry *, const struct lam_affine_call *);
};

#endif
