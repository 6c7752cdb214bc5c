/* SPDX-License-Identifier: MIT */
/* Gradients of the affine map of few samples: the packed copy for dx = W^T dy, and
 *
 *     dw[o][i] = sum over samples of dy[sample][o] x[sample][i]
 *
 * a product whose sum has so few terms that the speed of storing dw limits it. x gives vectors, so
 * dw is written as it lies. */
#include "framework/kernels/channel_affine_weight.h"
#include "framework/kernels/channel_tile.h"
#include "framework/kernels/vector.h"

#include <string.h>

/* Outputs x vectors of a tile: eight sums, and few enough rows of dw that stores stay in order. */
enum { OUTPUTS = 4, VECTORS = 2 };

void channel_affine_pack_transposed(
	const lam_affine_geometry *g, const lam_real *w, lam_real *packed, struct lam_slices slices)
{
	const int64_t units = lane_blocks(g->out),
		      tiles = channel_tile_count(units, CHANNEL_AFFINE_UNITS);

	for (int64_t t = slices_begin(slices, tiles); t < slices_end(slices, tiles); t++) {
		const int64_t first = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t)
			* LAM_LANES,
			      end = channel_tile_begin(units, CHANNEL_AFFINE_UNITS, t + 1)
			* LAM_LANES,
			      width = end - first, used = least(width, g->out - first);
		lam_real *to = packed + first * g->in;

		for (int64_t k = 0; k < g->in; k++, to += width) {
			memcpy(to, w + k * g->out + first, (size_t)used * sizeof *to);
			memset(to + used, 0, (size_t)(width - used) * sizeof *to);
		}
	}
}

/* Writes dw for `outputs` outputs and `vectors` vectors of inputs. */
ALWAYS_INLINE void outer_tile(const struct lam_channel_affine_gradient *call, int64_t in, int64_t o,
	int64_t i, const int outputs, const int vectors)
{
	vec sum[OUTPUTS * VECTORS];

	UNROLL_FOR (int k = 0; k < outputs * vectors; k++)
		sum[k] = (vec){0};
	for (int64_t s = 0; s < call->samples; s++) {
		const lam_real *x = call->x + s * call->x_sample + i,
			       *dy = call->dy + s * call->dy_sample + o;
		vec held[VECTORS];

		UNROLL_FOR (int v = 0; v < vectors; v++)
			held[v] = *(const vec_unaligned *)(x + v * VEC);
		UNROLL_FOR (int k = 0; k < outputs; k++) {
			const vec factor = vec_splat(dy[k]);

			UNROLL_FOR (int v = 0; v < vectors; v++)
				sum[k * vectors + v] += held[v] * factor;
		}
	}
	UNROLL_FOR (int k = 0; k < outputs; k++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			*(vec_unaligned *)(call->dw + (o + k) * in + i
				+ v * VEC) = sum[k * vectors + v];
}

/* The inputs that do not fill a vector. */
static void outer_rest(
	const struct lam_channel_affine_gradient *call, int64_t in, int64_t o, int64_t i)
{
	for (; i < in; i++) {
		lam_real sum = 0;

		for (int64_t s = 0; s < call->samples; s++)
			sum += call->dy[s * call->dy_sample + o] * call->x[s * call->x_sample + i];
		call->dw[o * in + i] = sum;
	}
}

ALWAYS_INLINE void outer_rows(
	const struct lam_channel_affine_gradient *call, int64_t in, int64_t o, const int outputs)
{
	int64_t i = 0;

	for (; i + VECTORS * VEC <= in; i += VECTORS * VEC)
		outer_tile(call, in, o, i, outputs, VECTORS);
	for (; i + VEC <= in; i += VEC)
		outer_tile(call, in, o, i, outputs, 1);
	for (int k = 0; k < outputs; k++)
		outer_rest(call, in, o + k, i);
}

void channel_affine_gradient(
	const lam_affine_geometry *g, const struct lam_channel_affine_gradient *call)
{
	int64_t o = slices_begin(call->slices, g->out);
	const int64_t end = slices_end(call->slices, g->out);

	for (; call->dw && o + OUTPUTS <= end; o += OUTPUTS)
		outer_rows(call, g->in, o, OUTPUTS);
	for (; call->dw && o < end; o++)
		outer_rows(call, g->in, o, 1);
	if (!call->db)
		return;
	for (o = slices_begin(call->slices, g->out); o < end; o++) {
		lam_real sum = 0;

		for (int64_t s = 0; s < call->samples; s++)
			sum += call->dy[s * call->dy_sample + o];
		call->db[o] = sum;
	}
}
