/* SPDX-License-Identifier: MIT */
/* What a weight gradient with channels in the lanes takes: work, slices and memory. */
#include "framework/kernels/channel_weight_cut.h"
#include "framework/kernels/channel_winograd.h"

/* Tiles of one unit load a number for each product. With 2 the layout that is chosen for 64
 * channels in 4 and 8 groups on 32x32 is the faster one: on two threads of a Zen 5 channel lanes
 * take 0.23 of the time for one sample, 0.69 for twelve. */
enum { GROUPED_COST = 2 };

COLD double channel_weight_work(const lam_conv_geometry *g, lam_channel_weight_form form)
{
	if (form == LAM_CHANNEL_WEIGHT_WINOGRAD)
		return channel_winograd_weight_work(g);
	const bool grouped = form == LAM_CHANNEL_WEIGHT_GROUPED;
	const struct cut c = channel_weight_cut(g, form);
	const int64_t numbers = grouped ? GROUPED_COST * c.pieces * LAM_LANES : g->in / g->groups;

	return (double)(lane_blocks(g->out) * numbers) * (double)(g->kh * g->kw)
		* (double)(g->oh * g->ow);
}

COLD int64_t channel_weight_slices(
	const lam_conv_geometry *g, lam_channel_weight_form form, int64_t samples, int phase)
{
	if (form == LAM_CHANNEL_WEIGHT_WINOGRAD)
		return channel_winograd_weight_slices(g, samples, phase);
	const struct cut c = channel_weight_cut(g, form);
	const int64_t parts = lam_channel_weight_parts(&c, samples);

	switch (phase_of(&c, phase)) {
	case PAD:
		return samples * g->in;
	case SUM:
		return c.chunks * parts;
	default:
		return phase_of(&c, phase) == ADD && parts > 1 ? c.chunks : 0;
	}
}

COLD struct lam_channel_bytes channel_weight_shared(
	const lam_conv_geometry *g, lam_channel_weight_form form)
{
	if (form == LAM_CHANNEL_WEIGHT_WINOGRAD)
		return (struct lam_channel_bytes){.once = channel_winograd_weight_shared(g)};
	const struct cut c = channel_weight_cut(g, form);

	return (struct lam_channel_bytes){
		.once = part_values(&c) * (int64_t)sizeof(lam_real),
		.per_sample = padded_values(&c) * (int64_t)sizeof(lam_real),
	};
}

/* A chunk's sums, and their totals in double. */
COLD size_t channel_weight_scratch(const lam_conv_geometry *g, lam_channel_weight_form form)
{
	if (form == LAM_CHANNEL_WEIGHT_WINOGRAD)
		return channel_winograd_weight_scratch(g);
	const struct cut c = channel_weight_cut(g, form);

	return (size_t)c.chunk_values * (sizeof(lam_real) + sizeof(double));
}
