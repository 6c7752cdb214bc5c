/* SPDX-License-Identifier: MIT */
/* Packing of weights for channels in the lanes: PyTorch's layout has an output's weights side by
 * side, the packed one a weight of 16 outputs. So packing is a transposition. It goes square by
 * square, VEC outputs by VEC weights, of which those behind the last output or channel are 0: 3x3
 * weights of 256->256 take 0.5 ns each on the way forward, one by one 4.7 ns. */
#include "framework/kernels/channel_pack.h"
#include "framework/kernels/shuffle.h"

#include <string.h>

/* The most taps of a kernel that is packed in squares. */
enum { MOST_TAPS = 256 };

/* row[a][j] = from[a step + j] for a < rows and j < count, at most VEC, and 0 for all other rows.
 * No value at or behind `end` is read. */
ALWAYS_INLINE void load_rows(vec row[VEC], const lam_real *from, int64_t step, int64_t rows,
	int64_t count, const lam_real *end)
{
	if (rows == VEC && (count >= VEC || end - from >= (VEC - 1) * step + VEC)) {
		UNROLL_FOR (int a = 0; a < VEC; a++)
			row[a] = *(const vec_unaligned *)(from + a * step);
		return;
	}
	for (int a = 0; a < VEC; a++) {
		lam_real values[VEC] = {0};

		for (int64_t j = 0; j < (a < rows ? count : 0); j++)
			values[j] = from[a * step + j];
		memcpy(&row[a], values, sizeof row[a]);
	}
}

/* Where the packed weights of a run go: value i is channel i / taps, tap i % taps. */
struct places {
	int64_t taps, taps_used;        /* of the kernel, and of the sweep */
	int64_t tap_step, channel_step; /* values of the packed copy */
	int16_t index[MOST_TAPS];       /* of each tap in the sweep; -1: another sweep's */
};

/* Packs `count` weights of `rows` outputs, at most VEC; the weights of one output lie side by side,
 * and `step` values behind those of the output before. */
static void pack_squares(const struct places *places, const lam_real *from, int64_t step,
	int64_t rows, int64_t count, const lam_real *end, lam_real *to)
{
	int64_t tap = 0;

	for (int64_t i = 0; i < count; i += VEC) {
		const int64_t here = least(VEC, count - i);
		vec row[VEC];

		load_rows(row, from + i, step, rows, here, end);
		vec_transpose(row);
		for (int64_t j = 0; j < here; j++) {
			if (places->index[tap] >= 0)
				*(vec *)(to + places->index[tap] * places->tap_step) = row[j];
			if (++tap == places->taps) {
				tap = 0;
				to += places->channel_step;
			}
		}
	}
}

/* The taps of an output and a channel of the group, in w. NULL for a lane without an output or
 * channel. */
static const lam_real *weight_of(const struct channel_packing *p, int64_t output, int64_t channel)
{
	const lam_conv_geometry *g = p->g;
	int64_t out = g->out / g->groups, in = g->in / g->groups, taps = g->kh * g->kw;

	if (p->sweep->form == LAM_CHANNEL_DEPTHWISE) {
		output += p->group * LAM_LANES;
		return output < p->sweep->outputs ? p->w + output * taps : NULL;
	}
	if (output >= p->sweep->outputs || channel >= p->sweep->channels)
		return NULL;
	return p->w
		+ (p->group * out * in
			  + (p->job == LAM_FORWARD ? output * in + channel : channel * in + output))
		* taps;
}

/* Packs one tap of one block, for the units of a tile. Returns the end of what it wrote. */
static lam_real *pack_tap(
	const struct channel_packing *p, int64_t block, int64_t tap, lam_real *packed)
{
	const struct channel_sweep *s = p->sweep;
	bool few = s->form == LAM_CHANNEL_FEW_PLANES;
	int64_t channels = s->form == LAM_CHANNEL_DENSE ? s->inner : 1;

	for (int64_t k = 0; k < channels; k++)
		for (int64_t lane = 0; lane < p->units * LAM_LANES; lane++) {
			int64_t output = few ? p->first : p->first * LAM_LANES + lane;
			int64_t channel = few ? block * LAM_LANES + lane : block * s->inner + k;
			const lam_real *from = weight_of(p, output, channel);

			*packed++ = from ? from[tap] : 0;
		}
	return packed;
}

/* The weight's tap that row t and column q of the sweep's taps have. */
static int64_t tap_of(const struct channel_sweep *s, int64_t t, int64_t q)
{
	const struct axis *rows = &s->long_axis.axis, *columns = &s->axis.axis;

	return (rows->weight_first + t * rows->weight_step) * s->long_axis.weight_step
		+ (columns->weight_first + q * columns->weight_step) * s->axis.weight_step;
}

/* Packs one block by values. */
static void pack_values(const struct channel_packing *p, int64_t block, lam_real *packed)
{
	const struct channel_sweep *s = p->sweep;

	for (int64_t t = 0; t < s->long_axis.axis.taps; t++)
		for (int64_t q = 0; q < s->axis.axis.taps; q++)
			packed = pack_tap(p, block, tap_of(s, t, q), packed);
}

/* Packs one block by squares. Lanes without an output, and channels that do not exist, are 0. */
static void pack_block(
	const struct channel_packing *p, struct places *places, int64_t block, lam_real *packed)
{
	const struct channel_sweep *s = p->sweep;
	const lam_conv_geometry *g = p->g;
	const int64_t taps = places->taps, width = places->channel_step,
		      inner = s->form == LAM_CHANNEL_DENSE ? s->inner : 1,
		      channels = least(inner, s->channels - block * inner),
		      outputs = least(width, s->outputs - p->first * LAM_LANES),
		      step = p->job == LAM_FORWARD ? g->in / g->groups * taps : taps,
		      runs = p->job == LAM_FORWARD ? 1 : channels;
	const lam_real *end = p->w + g->out * (g->in / g->groups) * taps;

	if (channels < inner || outputs < width)
		memset(packed, 0, (size_t)(places->tap_step * places->taps_used) * sizeof *packed);
	for (int64_t run = 0; run < runs; run++)
		for (int64_t lane = 0; lane < outputs; lane += VEC) {
			const int64_t rows = least(VEC, outputs - lane);
			const lam_real *from = weight_of(
				p, p->first * LAM_LANES + lane, block * s->inner + run);
			lam_real *to = packed + run * width + lane;

			if (step == 1 && rows == VEC)
				*(vec *)to = *(const vec_unaligned *)from;
			else
				pack_squares(
					places, from, step, rows, channels / runs * taps, end, to);
		}
}

void channel_pack_tile(const struct channel_packing *p, lam_real *packed)
{
	const struct channel_sweep *s = p->sweep;
	const int64_t rows = s->long_axis.axis.taps, columns = s->axis.axis.taps,
		      width = p->units * LAM_LANES, taps = p->g->kh * p->g->kw,
		      inner = s->form == LAM_CHANNEL_DENSE ? s->inner : 1;
	const bool squares = rows * columns > 0 && taps <= MOST_TAPS
		&& (s->form == LAM_CHANNEL_DENSE || s->form == LAM_CHANNEL_DENSE_PLANES);
	struct places places = {.taps = taps,
		.taps_used = rows * columns,
		.tap_step = inner * width,
		.channel_step = width};

	packed += (p->group * s->units + p->first) * channel_unit_weights(s);
	for (int64_t tap = 0; squares && tap < taps; tap++)
		places.index[tap] = -1;
	for (int64_t i = 0; squares && i < rows * columns; i++)
		places.index[tap_of(s, i / columns, i % columns)] = (int16_t)i;
	for (int64_t block = 0; block < s->blocks;
		block++, packed += rows * columns * inner * width)
		if (squares)
			pack_block(p, &places, block, packed);
		else
			pack_values(p, block, packed);
}

/* Whole squares go first, in panels that stay in the second cache while all rows are written. */
void channel_pack_rows(const lam_real *w, int64_t terms, int64_t used, int64_t width, lam_real *to)
{
	const int64_t rows = used - used % VEC, whole = terms - terms % VEC;

	for (int64_t panel = 0; panel < whole; panel += PACK_PANEL)
		for (int64_t a = 0; a < rows; a += VEC)
			for (int64_t k = panel; k < least(whole, panel + PACK_PANEL); k += VEC) {
				vec row[VEC];

				UNROLL_FOR (int i = 0; i < VEC; i++)
					row[i] = *(const vec_unaligned *)(w + (a + i) * terms + k);
				vec_transpose(row);
				UNROLL_FOR (int i = 0; i < VEC; i++)
					*(vec *)(to + (k + i) * width + a) = row[i];
			}
	for (int64_t k = 0; k < terms; k++)
		for (int64_t a = k < whole ? rows : 0; a < width; a++)
			to[k * width + a] = a < used ? w[a * terms + k] : 0;
}
