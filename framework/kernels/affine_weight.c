/* SPDX-License-Identifier: MIT */
/* dw as a sum of outer products. dy has samples as rows: a row is vectors of outputs, and the value
 * of x in that sample is a number.
 *
 * dw is [out][in]. So a strip of 16 inputs is summed as [16][out] and transposed when it is stored,
 * a whole cache line of each row of dw at a time. Of large weights x has rows, too
 * (affine_turned.c). */
#include "framework/kernels/affine_outer.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

#include <stdbool.h>

#if defined LAM_SMALL || VEC_REGISTERS >= 32
enum { INPUTS = 8 };
#else
enum { INPUTS = 4 };
#endif
enum { VECTORS = AFFINE_VECTORS, STRIP = LAM_LANES, TILE = INPUTS * VECTORS };

_Static_assert((int)TILE <= (int)OUTER_SUMS, "room for the sums of a tile");

/* Adds the products of all samples to sums that begin with zero. */
ALWAYS_INLINE void outer_loop(const struct outer *o, const int inputs, const int vectors)
{
	const lam_real *x = o->values, *row = o->rows;
	vec sum[TILE], held[VECTORS];

	UNROLL_FOR (int k = 0; k < inputs * vectors; k++)
		sum[k] = (vec){0};
	for (int64_t first = 0; first < o->samples; first += LAM_LANES, x += o->block) {
		int64_t lanes = least(o->samples - first, LAM_LANES);

		for (int64_t lane = 0; lane < lanes; lane++, row += vectors * VEC) {
			UNROLL_FOR (int v = 0; v < vectors; v++)
				held[v] = ((const vec *)row)[v];
			UNROLL_FOR (int i = 0; i < inputs; i++) {
				vec value = vec_hold(vec_splat(x[i * LAM_LANES + lane]));

				UNROLL_FOR (int v = 0; v < vectors; v++)
					sum[i * vectors + v] += held[v] * value;
			}
		}
	}
	UNROLL_FOR (int i = 0; i < inputs; i++)
		UNROLL_FOR (int v = 0; v < vectors; v++)
			o->sums[i * VECTORS + v] = sum[i * vectors + v];
}

#define OUTER(I, V) \
	static void outer_##I##_##V(const struct outer *o) \
	{ \
		outer_loop(o, I, V); \
	}
#define ENTRY(I, V) [I][V] = outer_##I##_##V,
#if defined LAM_SMALL
#define OUTERS(X) X(1, 1) X(8, 1)
#elif VEC_REGISTERS >= 32
#define OUTERS(X) X(1, 1) X(1, 2) X(1, 3) X(8, 1) X(8, 2) X(8, 3)
#else
#define OUTERS(X) X(1, 1) X(1, 2) X(1, 3) X(4, 1) X(4, 2) X(4, 3)
#endif

OUTERS(OUTER)

static outer_function *const outer_functions[INPUTS + 1][VECTORS + 1] = {OUTERS(ENTRY)};

/* dw[o][i] = sums[i][o] for `inputs` (at most STRIP) x `outputs` (at most VECTORS vecs). */
static void store_strip(const vec *sums, int64_t inputs, int64_t outputs, lam_real *dw, int64_t in)
{
	for (int64_t i = 0; i < inputs; i += VEC)
		for (int64_t o = 0; o < outputs; o += VEC) {
			int64_t columns = least(inputs - i, VEC), lines = least(outputs - o, VEC);
			vec square[VEC];

			UNROLL_FOR (int k = 0; k < VEC; k++)
				square[k] = sums[(i + k) * VECTORS + o / VEC];
			vec_transpose(square);
			for (int64_t line = 0; line < lines; line++) {
				lam_real *to = dw + (o + line) * in + i;

				if (columns == VEC)
					*(vec_unaligned *)to = square[line];
				else
					for (int64_t k = 0; k < columns; k++)
						to[k] = square[line][k];
			}
		}
}

/* Sums a tile: `inputs` (INPUTS or 1) of x from value `first` on, and `vectors` vectors of the
 * panel whose rows these are. */
ALWAYS_INLINE void sum_tile(const struct lam_affine_gradient_call *call, int64_t first,
	int64_t inputs, const lam_real *rows, int64_t vectors, vec *sums)
{
	outer_sum(outer_functions[inputs][vectors],
		&(struct outer){.values = call->x + first * LAM_LANES,
			.rows = rows,
			.block = call->x_block,
			.row = vectors * VEC,
			.samples = call->samples,
			.sums = sums},
		call->shards, (int)inputs * VECTORS);
}

/* Writes dw for one strip of inputs and one panel of outputs. */
static void multiply(const lam_affine_geometry *g, const struct lam_affine_gradient_call *call,
	int64_t strip, int64_t panel)
{
	int64_t begin = strip * STRIP, inputs = least(g->in - begin, STRIP);
	int64_t first = affine_panel_begin(g, panel),
		count = affine_panel_begin(g, panel + 1) - first;
	int64_t output = first * VEC, outputs = least(g->out - output, count * VEC);
	const lam_real *rows = affine_panel_rows(
		g, call->rows, affine_blocks(call->samples, call->shards), panel);
	lam_real *dw = call->dw + output * g->in + begin;
	vec sums[STRIP * VECTORS] = {0};

	/* Each cache line is in another row of dw, a pattern that the processor does not
	 * prefetch. */
	for (int64_t o = 0; o < outputs; o++)
		__builtin_prefetch(dw + o * g->in, 1);
	for (int64_t i = 0, width; i < inputs; i += width) {
		width = inputs - i < INPUTS ? 1 : INPUTS;
		sum_tile(call, begin + i, width, rows, count, sums + i * VECTORS);
	}
	store_strip(sums, inputs, outputs, dw, g->in);
}

/* Goes panel by panel, so that a slice is a range of rows of the weight, as in update and packing.
 * Then x is read again for each panel. If x is too large for the second cache, it goes strip by
 * strip instead, and reads each strip of x once for all panels. */
void affine_weight_gradient(
	const lam_affine_geometry *g, const struct lam_affine_gradient_call *call)
{
	int64_t strips = ceil_divide(g->in, STRIP), panels = affine_panels(g),
		items = strips * panels;
	bool by_panel = g->in * affine_blocks(call->samples, call->shards) * LAM_LANES
			* (int64_t)sizeof(lam_real)
		<= AFFINE_STRIP_BYTES;

	if (call->turned) {
		affine_turned_gradient(g, call);
		return;
	}
	for (int64_t item = slices_begin(call->slices, items);
		item < slices_end(call->slices, items); item++)
		if (by_panel)
			multiply(g, call, item % strips, item / strips);
		else
			multiply(g, call, item / panels, item % panels);
}
