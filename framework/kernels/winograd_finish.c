/* SPDX-License-Identifier: MIT */
/* The end of Winograd's weight gradient: from the chunks' sums, or their taps, to dw. */
#include "framework/kernels/shuffle.h"
#include "framework/kernels/winograd_map.h"
#include "framework/kernels/winograd_weight.h"

#include <string.h>

/* The taps of VEC outputs of a row of a pair of chunks: adds the parts, then applies G', if
 * that has not been done. */
static void finish_taps(
	const struct winograd_chunks *c, const lam_real *chunks, int64_t row, int64_t o, vec *tap)
{
	const lam_real *s = chunks + row * c->outs + o,
		       *taps = chunks + winograd_taps_at(c, row, o);
	vec element[WINOGRAD_MOST];

	for (int64_t t = 0; t < c->taps && c->whole; t++)
		tap[t] = ((const vec *)taps)[t];
	if (c->whole)
		return;
	for (int64_t e = 0; e < c->grid.elements; e++) {
		element[e] = *(const vec *)(s + e * c->s_element);
		for (int64_t part = 1; part < c->parts; part++)
			element[e] += *(const vec *)(s + part * c->s_chunk + e * c->s_element);
	}
	winograd_map_gather(&c->grid, element, tap);
}

/* Weights of VEC outputs x some channels, as they lie in dw but for the length of a row: a channel
 * has at most MOST_TAPS of them. */
enum { MOST_TAPS = WINOGRAD_SOURCES * WINOGRAD_TAPS * WINOGRAD_TAPS };
enum { BAND_TAPS = 64, BAND_ROW = MOST_TAPS + LAM_LANES };

/* In scratch: together they would be most of the stack that a step may take. */
struct room {
	vec tap[MOST_TAPS];
	lam_real band[VEC][BAND_ROW];
};

COLD size_t winograd_finish_scratch(void)
{
	return sizeof(struct room);
}

_Static_assert((int)BAND_TAPS <= (int)MOST_TAPS, "a band of several channels fits");

/* Finishes VEC outputs from `o` on of one channel, tap by tap. */
static void finish_channel(const lam_conv_geometry *g, const struct winograd_chunks *c,
	const lam_real *shared, int64_t channel, int64_t o, vec *taps)
{
	const int64_t across = c->grid.taps;

	const int64_t chunk = channel / c->ins, channels = least(c->ins, g->in - chunk * c->ins),
		      pair = o / c->outs * c->in_chunks + chunk;

	for (int k = 0; k < c->grid.sources; k++) {
		const struct winograd_source *source = &c->grid.source[k];
		vec tap[WINOGRAD_TAPS * WINOGRAD_TAPS];

		finish_taps(c, shared + pair * c->parts * c->shared_part,
			k * channels + channel % c->ins, o % c->outs, tap);
		for (int64_t i = 0; i < source->down; i++)
			for (int64_t j = 0; j < source->across; j++)
				taps[winograd_tap_at(source, i, j)] = tap[i * across + j];
	}
}

/* Finishes VEC outputs from `o` on of the channels [first, end), and writes them to dw: a row of
 * each output at once, as rows often lie a power of two apart. */
static void finish_band(const lam_conv_geometry *g, const struct winograd_chunks *c,
	const struct lam_conv_gradient_call *call, int64_t first, int64_t end, int64_t o)
{
	const int64_t taps = g->kh * g->kw;
	struct room *room = call->scratch;
	vec *tap = room->tap;

	for (int64_t channel = first; channel < end; channel++) {
		finish_channel(g, c, call->shared, channel, o, tap);
		/* The end of each row is overwritten by the next channel's. */
		for (int64_t t = 0; t < taps; t += VEC) {
			vec square[VEC];

			UNROLL_FOR (int k = 0; k < VEC; k++)
				square[k] = tap[least(t + k, taps - 1)];
			vec_transpose(square);
			UNROLL_FOR (int k = 0; k < VEC; k++)
				*(vec_unaligned *)(room->band[k] + (channel - first) * taps
					+ t) = square[k];
		}
	}
	for (int64_t k = 0; k < least(VEC, g->out - o); k++)
		memcpy(call->dw + ((o + k) * g->in + first) * taps, room->band[k],
			(size_t)((end - first) * taps) * sizeof(lam_real));
}

void winograd_weight_finish(const lam_conv_geometry *g, const struct winograd_chunks *c,
	const struct lam_conv_gradient_call *call)
{
	const int64_t begin = slices_begin(call->slices, g->in),
		      end = slices_end(call->slices, g->in),
		      band = most(BAND_TAPS / (g->kh * g->kw), 1);

	for (int64_t channel = begin; channel < end; channel += band)
		for (int64_t o = 0; o < g->out; o += VEC)
			finish_band(g, c, call, channel, least(end, channel + band), o);
}
