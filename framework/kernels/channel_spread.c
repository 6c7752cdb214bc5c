/* SPDX-License-Identifier: MIT */
/* Spreads the channels of groups that share lane blocks (channel_spread.h). Rows are read from the
 * second cache and written side by side. A vector whose channels lie in one vector of x is one
 * permutation: so are all of groups of 2, 4 and 8 channels with as many outputs. Others, as those
 * of 3 channels, are copied lane by lane. */
#include "framework/kernels/channel_spread.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

/* Where the lanes of a vector come from: `base`, and one of the VEC values there. Or, if they lie
 * further apart, one place for each lane. */
struct source {
	bool near;
	int64_t base, lane[VEC];
	vec_mask index;
};

/* The values of channel `i` of the groups of VEC outputs from `output` on. Lanes without an output
 * have those of the last one. */
static struct source source_of(const struct channel_sweep *s, int64_t output, int64_t i)
{
	struct source source = {.near = true};

	for (int lane = 0; lane < VEC; lane++) {
		const int64_t o = least(output + lane, s->outputs - 1),
			      channel = o / s->group_outputs * s->blocks + i;

		source.lane[lane] = channel / LAM_LANES * s->x_block + channel % LAM_LANES;
		if (lane == 0)
			source.base = source.lane[0] - channel % VEC;
		source.near = source.near && source.lane[lane] >= source.base
			&& source.lane[lane] < source.base + VEC;
		source.index[lane] = (vec_mask_element)(source.lane[lane] - source.base);
	}
	return source;
}

/* Spreads one vector of each of `pixels` neighbours. */
static void spread_pixels(const struct source *source, const lam_real *x, int64_t x_pixel,
	int64_t pixels, lam_real *to)
{
	if (source->near) {
		const vec_mask index = source->index;

		x += source->base;
		for (int64_t b = 0; b < pixels; b++)
			*(vec *)(to + b * LAM_LANES) = vec_permute(
				*(const vec *)(x + b * x_pixel), index);
		return;
	}
	for (int64_t b = 0; b < pixels; b++)
		for (int lane = 0; lane < VEC; lane++)
			to[b * LAM_LANES + lane] = x[b * x_pixel + source->lane[lane]];
}

void channel_spread(const struct channel_sweep *s, int64_t unit, int64_t first, int64_t end,
	const lam_real *x, lam_real *to)
{
	const int64_t pixels = s->axis.axis.size, x_pixel = s->axis.x_step,
		      x_line = s->long_axis.x_step;

	for (int64_t i = 0; i < s->blocks; i++, to += (end - first) * pixels * LAM_LANES)
		for (int v = 0; v < LAM_LANES; v += VEC) {
			const struct source source = source_of(s, unit * LAM_LANES + v, i);

			for (int64_t line = first; line < end; line++)
				spread_pixels(&source, x + line * x_line, x_pixel, pixels,
					to + (line - first) * pixels * LAM_LANES + v);
		}
}

/* The positions from the first tap of an output to its last, and one more. */
static int64_t span_of(const struct axis *axis)
{
	return most(axis->taps - 1, 0) * axis->spacing + 1;
}

int64_t channel_spread_outputs(const struct channel_sweep *s)
{
	const struct axis *lines = &s->long_axis.axis;
	const int64_t values = s->blocks * s->axis.axis.size * LAM_LANES;

	return most(CHANNEL_SPREAD_VALUES / values - span_of(lines), 0) / lines->stride + 1;
}

int64_t channel_spread_values(const struct channel_sweep *s)
{
	const struct axis *lines = &s->long_axis.axis;
	const int64_t outputs = least(channel_spread_outputs(s), most(lines->outputs, 1)),
		      most_lines = (outputs - 1) * lines->stride + span_of(lines);

	return s->blocks * s->axis.axis.size * LAM_LANES * least(most_lines, lines->size);
}

void channel_spread_lines(
	const struct channel_sweep *s, int64_t begin, int64_t end, int64_t *first, int64_t *last)
{
	const struct axis *lines = &s->long_axis.axis;

	*first = limit(lines->origin + begin * lines->stride, 0, lines->size);
	*last = limit(
		lines->origin + (end - 1) * lines->stride + span_of(lines), *first, lines->size);
}
