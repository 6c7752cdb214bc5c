/* SPDX-License-Identifier: MIT */
/* Winograd's convolution of one sample, with channels in the lanes (LAM_CHANNEL_WINOGRAD,
 * LAM_CHANNEL_WEIGHT_WINOGRAD): the members of struct lam_channel_kernels. Private to the kernels.
 */
#ifndef LAM_CHANNEL_WINOGRAD_H
#define LAM_CHANNEL_WINOGRAD_H

#include "framework/kernels/channel.h"
#include "framework/kernels/vector.h"

#pragma GCC visibility push(hidden)

/* Whether it takes less time than the direct sums, by counting operations; the work of a call, in
 * multiply-adds of direct sums that take as long. */
#define channel_winograd_pays LAM_KERNEL(channel_winograd_pays)
#define channel_winograd_work LAM_KERNEL(channel_winograd_work)
bool channel_winograd_pays(const lam_conv_geometry *, lam_job, int64_t samples);
double channel_winograd_work(const lam_conv_geometry *, lam_job, int64_t samples);

#define channel_winograd_packed_size LAM_KERNEL(channel_winograd_packed_size)
#define channel_winograd_slices LAM_KERNEL(channel_winograd_slices)
#define channel_winograd_scratch LAM_KERNEL(channel_winograd_scratch)
#define channel_winograd_pack LAM_KERNEL(channel_winograd_pack)
#define channel_winograd_run LAM_KERNEL(channel_winograd_run)
int64_t channel_winograd_packed_size(const lam_conv_geometry *, lam_job);
int64_t channel_winograd_slices(const lam_conv_geometry *, lam_job);
size_t channel_winograd_scratch(const lam_conv_geometry *, lam_job);
void channel_winograd_pack(
	const lam_conv_geometry *, lam_job, const lam_real *w, lam_real *packed, struct lam_slices);
void channel_winograd_run(const lam_conv_geometry *, lam_job, const struct lam_conv_call *);

/* The transformed weights U, [tile of units][element][block][source][channel of the block][output
 * of the tile], in the order in which they are read. Its rows, of an element's outputs: with
 * several sources the last block has sixteen, too. */
static inline int64_t channel_winograd_rows(int sources, int64_t channels)
{
	return sources > 1 ? sources * round_up(channels, LAM_LANES) : channels;
}

static inline int64_t channel_winograd_row(int sources, int64_t source, int64_t channel)
{
	return (channel / LAM_LANES * sources + source) * LAM_LANES + channel % LAM_LANES;
}

/* The values from element to element of a tile of `units` units, and before tile `tile`, whose
 * first unit is `first`. There is a vector between elements, so that those of a row fall into
 * different sets of the cache: ResNet-18 predicts one sample in 0.97 of the time. */
static inline int64_t channel_winograd_step(int64_t rows, int64_t units)
{
	return (rows * units + 1) * LAM_LANES;
}

static inline int64_t channel_winograd_before(
	int64_t elements, int64_t rows, int64_t first, int64_t tile)
{
	return elements * (rows * first + tile) * LAM_LANES;
}

/* The same of the weight gradient: of one sample; the members for LAM_CHANNEL_WEIGHT_WINOGRAD. */
#define channel_winograd_weight_pays LAM_KERNEL(channel_winograd_weight_pays)
#define channel_winograd_weight_work LAM_KERNEL(channel_winograd_weight_work)
#define channel_winograd_weight_slices LAM_KERNEL(channel_winograd_weight_slices)
#define channel_winograd_weight_shared LAM_KERNEL(channel_winograd_weight_shared)
#define channel_winograd_weight_scratch LAM_KERNEL(channel_winograd_weight_scratch)
#define channel_winograd_weight_gradient LAM_KERNEL(channel_winograd_weight_gradient)
bool channel_winograd_weight_pays(const lam_conv_geometry *);
double channel_winograd_weight_work(const lam_conv_geometry *);
int64_t channel_winograd_weight_slices(const lam_conv_geometry *, int64_t samples, int phase);
int64_t channel_winograd_weight_shared(const lam_conv_geometry *); /* bytes */
size_t channel_winograd_weight_scratch(const lam_conv_geometry *);
void channel_winograd_weight_gradient(
	const lam_conv_geometry *, const struct lam_channel_gradient_call *);

/* Finds the tiles [begin, end) whose windows must be computed directly (winograd_outlier.c), by x,
 * [blocks][h][w][16] with `last` channels in the last block, and its V. A tile reads all channels,
 * so they are compared together. direct[tile]; returns whether there are any. */
struct winograd_grid;
struct winograd_elements;
#define channel_outliers LAM_KERNEL(channel_outliers)
bool channel_outliers(const struct winograd_grid *, const lam_real *x, int64_t blocks, int64_t last,
	int64_t begin, int64_t end, const lam_real *v, const struct winograd_elements *,
	bool *direct);

#pragma GCC visibility pop
#endif
