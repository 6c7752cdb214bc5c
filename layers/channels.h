/* SPDX-License-Identifier: MIT */
/* How layers that treat every channel alike and alone are cut into slices. Private to layers/. */
#ifndef LAM_CHANNELS_H
#define LAM_CHANNELS_H

#include "framework/pass.h"

/* A run of channels. */
struct channels {
	int64_t first, count;
};

/* One block of `features` input values per sample in slices of whole channels, each large enough
 * (about 64 KiB of floats) to be worth handing out. */
static inline int64_t lam_channel_slices(int64_t channels, int64_t features)
{
	const int64_t slices = features / 1024;
	return slices < 1 ? 1 : slices < channels ? slices : channels;
}

/* How many runs of places a view of `channels` has: one per channel, or one per sixteen that lie in
 * the lanes. */
static inline int64_t lam_channel_groups(const lam_view *view, int64_t channels)
{
	return view->layout == LAM_BATCH_LANES ? channels : (channels + LAM_LANES - 1) / LAM_LANES;
}

/* One sample with channels in the lanes, likewise cut. */
static inline int64_t lam_channel_group_slices(int64_t channels, int64_t places)
{
	const int64_t groups = (channels + LAM_LANES - 1) / LAM_LANES;
	return lam_channel_slices(groups, groups * places);
}

/* The channels of this call. */
static inline struct channels lam_channels_of(const lam_pass *pass, int64_t channels)
{
	const int64_t first = channels * pass->slice / pass->slices,
		      end = channels * pass->slice_end / pass->slices;
	return (struct channels){first, end - first};
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
