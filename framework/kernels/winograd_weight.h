/* SPDX-License-Identifier: MIT */
/* How Winograd's weight gradient is cut, for its two phases. */
#ifndef LAM_WINOGRAD_WEIGHT_H
#define LAM_WINOGRAD_WEIGHT_H

#include "framework/kernels/winograd.h"

#pragma GCC visibility push(hidden)

struct winograd_chunks {
	struct winograd_grid grid;
	int64_t out_chunks, in_chunks, parts;
	int64_t blocks;
	/* The outputs (a multiple of LAM_LANES) and the channels of a chunk, the last of which may
	 * have fewer; and its rows of V and S: its channels, once for each source. */
	int64_t outs, ins, rows;
	int64_t group; /* tiles that are added together */
	int64_t v_channel, v_element, d_element, s_element, s_chunk; /* steps in values */
	/* Whether a chunk is one part: then its taps, G' S, are what the phases share, and not S.
	 * And the values of a part that they share. */
	bool whole;
	int64_t taps, shared_part;
};

/* Where the taps of a chunk that is one part lie: [output / VEC][row][tap][VEC]. */
static inline int64_t winograd_taps_at(const struct winograd_chunks *c, int64_t row, int64_t o)
{
	return (o / VEC * c->rows + row) * c->taps * VEC;
}

/* Phase 1: adds the parts in order, applies G', and writes dw. */
#define winograd_finish_scratch LAM_KERNEL(winograd_finish_scratch)
size_t winograd_finish_scratch(void);
#define winograd_weight_finish LAM_KERNEL(winograd_weight_finish)
void winograd_weight_finish(const lam_conv_geometry *, const struct winograd_chunks *,
	const struct lam_conv_gradient_call *);

#pragma GCC visibility pop
#endif
