/* SPDX-License-Identifier: MIT */
/* How layers cut their work into slices. Most of it serves layers that treat every channel alike
 * and independently. Private to layers/. */
#ifndef LAM_CHANNELS_H
#define LAM_CHANNELS_H

#include "framework/kernels/sizes.h"
#include "framework/kernels/thresholds.h"
#include "framework/pass.h"
#include "framework/plan.h"

/* The slices of this call. */
static inline struct lam_slices lam_slices_of(const lam_pass *pass)
{
	return (struct lam_slices){pass->slice, pass->slice_end, pass->slices};
}

/* A range of neighbouring channels. */
struct channels {
	int64_t first, count;
};

/* The number of slices for one block, each of whole channels. A block has `features` values per
 * sample. */
static inline int64_t lam_channel_slices(int64_t channels, int64_t features)
{
	return slices_worth((double)features, LAYER_SLICE_FEATURES, (double)channels);
}

/* The number of planes that lie one after another in a view of `channels` channels. With batch
 * lanes a plane holds one channel, with channel lanes sixteen. */
static inline int64_t lam_channel_groups(const lam_view *view, int64_t channels)
{
	return view->layout == LAM_BATCH_LANES ? channels : lane_blocks(channels);
}

/* For .plan: the number of planes that x of shape `in` will have, as lam_channel_groups(). */
static inline int64_t lam_planned_groups(const lam_plan *plan, const lam_shape *in)
{
	return lam_plan_layout(plan) == LAM_BATCH_LANES ? in->dim[0] : lane_blocks(in->dim[0]);
}

/* The number of slices for one sample with channel lanes, each of whole groups of sixteen channels.
 * A channel has `places` values. */
static inline int64_t lam_channel_group_slices(int64_t channels, int64_t places)
{
	const int64_t groups = lane_blocks(channels);
	return lam_channel_slices(groups, groups * places);
}

/* Whether each value of a sample lies by itself, not in lanes. */
static inline bool lam_is_rows(const lam_view *view)
{
	return view->layout == LAM_ROWS || view->layout == LAM_CALLER_ROWS;
}

/* The .layouts of a lam_sample_form that moves values: it takes what is given, but channel lanes
 * only if `lanes`; otherwise it reads and writes rows. */
static inline lam_layout lam_lanes_or_rows(bool lanes, lam_layout given, lam_layout *out)
{
	const bool rows = given == LAM_CALLER_ROWS || (given == LAM_CHANNEL_LANES && !lanes);
	*out = rows ? LAM_ROWS : given;
	return given == LAM_CALLER_ROWS ? given : *out;
}

/* The number of slices for one sample of a layer that takes rows as well as channel lanes. */
static inline int64_t lam_sample_slices(lam_layout x, int64_t channels, int64_t places)
{
	return x == LAM_CHANNEL_LANES ? lam_channel_group_slices(channels, places)
				      : lam_channel_slices(channels, channels * places / LAM_LANES);
}

/* The channels that this call computes. */
static inline struct channels lam_channels_of(const lam_pass *pass, int64_t channels)
{
	const struct lam_slices slices = lam_slices_of(pass);
	const int64_t first = slices_begin(slices, channels);
	return (struct channels){first, slices_end(slices, channels) - first};
}

/* The address of channel (or group) `channel` of a view whose first dimension is channels. */
static inline lam_real *lam_channel_at(const lam_view *view, int64_t channel)
{
	return view->data + channel * (view->values / lam_channel_groups(view, view->shape.dim[0]));
}

/* For layers whose parameters are a weight and a bias for each channel: writes the gradients that
 * are wanted of the sixteen channels of group `group`. */
static inline void lam_store_lane_gradients(const lam_pass *pass, int64_t group, int64_t channels,
	const double weight[LAM_LANES], const double bias[LAM_LANES])
{
	for (int64_t l = 0, c = group * LAM_LANES; l < LAM_LANES && c < channels; l++, c++) {
		if (pass->dw[0])
			pass->dw[0][c] = (lam_real)weight[l];
		if (pass->dw[1])
			pass->dw[1][c] = (lam_real)bias[l];
	}
}

/* The side of a padded input that is too short for a window, as the end of a sentence; "" for both
 * sides, or for the only side of a signal. */
static inline const char *lam_side_too_short(const int64_t covered[2], const int64_t padded[2])
{
	if (padded[0] == 1 && covered[0] == 1)
		return "";
	return covered[0] <= padded[0] ? " in width" : covered[1] <= padded[1] ? " in height" : "";
}

#endif
