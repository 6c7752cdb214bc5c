/* SPDX-License-Identifier: MIT */
/* How layers cut their work into slices, above all those that treat every channel alike and alone.
 * Private to layers/. */
#ifndef LAM_CHANNELS_H
#define LAM_CHANNELS_H

#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/pass.h"

/* The slices of this call. */
static inline struct lam_slices lam_slices_of(const lam_pass *pass)
{
	return (struct lam_slices){pass->slice, pass->slice_end, pass->slices};
}

/* A run of channels. */
struct channels {
	int64_t first, count;
};

/* One block of `features` input values per sample in slices of whole channels. */
static inline int64_t lam_channel_slices(int64_t channels, int64_t features)
{
	return slices_worth((double)features, LAYER_SLICE_FEATURES, (double)channels);
}

/* How many runs of places a view of `channels` has: one per channel, or one per sixteen that lie in
 * the lanes. */
static inline int64_t lam_channel_groups(const lam_view *view, int64_t channels)
{
	return view->layout == LAM_BATCH_LANES ? channels : lane_blocks(channels);
}

/* One sample with channels in the lanes, likewise cut. */
static inline int64_t lam_channel_group_slices(int64_t channels, int64_t places)
{
	const int64_t groups = lane_blocks(channels);
	return lam_channel_slices(groups, groups * places);
}

/* The channels of this call. */
static inline struct channels lam_channels_of(const lam_pass *pass, int64_t channels)
{
	const struct lam_slices slices = lam_slices_of(pass);
	const int64_t first = slices_begin(slices, channels);
	return (struct channels){first, slices_end(slices, channels) - first};
}

/* Where channel (or group) `channel` of a view begins; its first dimension is channels. */
static inline lam_real *lam_channel_at(const lam_view *view, int64_t channel)
{
	return view->data + channel * (view->values / lam_channel_groups(view, view->shape.dim[0]));
}

/* Which side of a padded input a window does not fit into, as the end of a sentence; "" for both,
 * and for signals' only one. */
static inline const char *lam_side_too_short(const int64_t covered[2], const int64_t padded[2])
{
	if (padded[0] == 1 && covered[0] == 1)
		return "";
	return covered[0] <= padded[0] ? " in width" : covered[1] <= padded[1] ? " in height" : "";
}

#endif
