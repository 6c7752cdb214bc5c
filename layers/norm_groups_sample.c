/* SPDX-License-Identifier: MIT */
/* Normalisation over groups of channels for one sample at a time, with channels in the lanes:
 * [ceil(C / 16)][places][16]. A row of features has that layout, too.
 *
 * First each channel's moments, side by side; then those of a group are merged; then every channel
 * is mapped: y = a (x - mean) + b. */
#include "layers/norm_groups.h"

#include "framework/kernels/kernels.h"
#include "layers/channels.h"

#include <math.h>

enum { WEIGHT, BIAS };

/* What a thread keeps of sixteen channels. */
struct lane_block {
	struct lam_norm_moments moments;
	struct {
		lam_real mean[LAM_LANES], a[LAM_LANES], b[LAM_LANES];
	} map __attribute__((aligned(LAM_ALIGN)));
};

void lam_norm_groups_sample_plan(const struct norm_groups *norm, lam_plan *plan)
{
	lam_plan_scratch(plan, LAM_FORWARD,
		lane_blocks(norm->groups * norm->channels) * (int64_t)sizeof(struct lane_block));
}

/* The fewest neighbouring groups that fill whole blocks of sixteen channels. */
static int64_t groups_of_unit(const struct norm_groups *norm)
{
	int64_t groups = LAM_LANES;
	while (groups > 1 && groups / 2 * norm->channels % LAM_LANES == 0)
		groups /= 2;
	return groups;
}

static int phases(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase)
{
	(void)x, (void)samples;
	const struct norm_groups *norm = lam_layer_state(self);
	const int64_t blocks = lane_blocks(norm->groups * norm->channels);
	phase[0] = (lam_phase){.per_block = true,
		.slices = lam_channel_slices(
			ceil_divide(norm->groups, groups_of_unit(norm)), blocks * norm->places)};
	return 1;
}

/* Merges the moments of the group's channels, of `places` values each, and sets how each channel is
 * mapped. Channels are counted from the first of `block`. */
static void set_group(const struct norm_groups *norm, const lam_pass *pass,
	struct lane_block *block, int64_t first, const lam_real *w, const lam_real *b)
{
	(void)pass;
	const double places = (double)norm->places;
	const struct lane_block *from = &block[first / LAM_LANES];
	const double origin = from->moments.origin[first % LAM_LANES];
	double mean = 0, squares = 0;
	for (int64_t i = 0; i < norm->channels; i++) {
		const struct lam_norm_moments *m = &block[(first + i) / LAM_LANES].moments;
		const int64_t l = (first + i) % LAM_LANES;
		const double share = 1 / (double)(i + 1),
			     step = (m->origin[l] - origin) + m->mean[l] - mean;
		mean += step * share;
		squares += m->squares[l] + step * step * places * (double)i * share;
	}
	const lam_real center = (lam_real)(origin + mean);
	const double rest = origin - (double)center + mean,
		     r = 1 / sqrt(squares / (places * (double)norm->channels) + (double)norm->eps);
	for (int64_t i = 0; i < norm->channels; i++) {
		struct lane_block *to = &block[(first + i) / LAM_LANES];
		const int64_t l = (first + i) % LAM_LANES;
		const double a = w ? (double)w[i] * r : r;
		to->map.mean[l] = center;
		to->map.a[l] = (lam_real)a;
		to->map.b[l] = (lam_real)((b ? (double)b[i] : 0) - a * rest);
	}
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	const struct norm_groups *norm = lam_layer_state(self);
	const int64_t unit = groups_of_unit(norm), places = norm->places,
		      channels = norm->groups * norm->channels;
	const struct channels units = lam_channels_of(pass, ceil_divide(norm->groups, unit));
	const int64_t group = units.first * unit,
		      end = least((units.first + units.count) * unit, norm->groups),
		      first = group * norm->channels / LAM_LANES,
		      count = least(lane_blocks(end * norm->channels), lane_blocks(channels))
		- first;
	struct lane_block *block = pass->scratch;
	for (int64_t k = 0; k < count; k++)
		lam_kernel()->norm.moments(&block[k].moments, 0,
			pass->x->data + (first + k) * places * LAM_LANES, (size_t)places,
			LAM_LANES);
	for (int64_t l = channels - first * LAM_LANES; l < count * LAM_LANES; l++) {
		struct lane_block *last = &block[count - 1];
		last->map.mean[l % LAM_LANES] = last->map.a[l % LAM_LANES] =
			last->map.b[l % LAM_LANES] = 0;
	}
	for (int64_t g = group; g < end; g++) {
		const int64_t channel = g * norm->channels;
		set_group(norm, pass, block, channel - first * LAM_LANES,
			norm->affine ? pass->w[WEIGHT] + channel : NULL,
			norm->affine ? pass->w[BIAS] + channel : NULL);
	}
	for (int64_t k = 0; k < count; k++)
		lam_kernel()->map.channel_affine_lanes(
			pass->out->data + (first + k) * places * LAM_LANES,
			pass->x->data + (first + k) * places * LAM_LANES, block[k].map.mean,
			block[k].map.a, block[k].map.b, 1, (size_t)places);
	return LAM_OK;
}

const lam_sample_form lam_norm_groups_sample_form = {
	.phases = phases,
	.forward = forward,
};
