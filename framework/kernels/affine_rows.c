/* SPDX-License-Identifier: MIT */
/* The rows that an affine map's gradients read, with samples as rows, and the bias's gradient. */
#include "framework/kernels/affine_outer.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

int64_t affine_transposed_size(const lam_affine_geometry *g, int64_t blocks)
{
	return blocks * LAM_LANES * affine_vectors(g) * VEC;
}

/* Writes the rows of a block's panel: of `row` values, of which the first `left` are features of
 * `from`, and the others zeros. Transposes squares of VEC features x VEC lanes, one at a time. */
static void transpose_panel(const lam_real *from, int64_t left, int64_t row, lam_real *to)
{
	for (int64_t f = 0; f < row; f += VEC, left -= VEC, from += VEC * LAM_LANES)
		for (int part = 0; part < PARTS; part++) {
			vec square[VEC];

			for (int64_t i = 0; i < VEC; i++)
				square[i] = i < left
					? *(const vec *)(from + part * VEC + i * LAM_LANES)
					: (vec){0};
			vec_transpose(square);
			for (int64_t i = 0; i < VEC; i++)
				*(vec *)(to + (part * VEC + i) * row + f) = square[i];
		}
}

void affine_transpose(const lam_affine_geometry *g, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows)
{
	for (int64_t panel = 0; panel < affine_panels(g); panel++) {
		const int64_t begin = affine_panel_begin(g, panel),
			      row = (affine_panel_begin(g, panel + 1) - begin) * VEC;

		transpose_panel(dy + begin * VEC * LAM_LANES, g->out - begin * VEC, row,
			affine_panel_rows(g, rows, blocks, panel) + block * LAM_LANES * row);
	}
}

/* With a tile of room, which whole vectors of the last one may reach. */
int64_t affine_turned_size(const lam_affine_geometry *g, int64_t blocks)
{
	return (round_up(g->in, TURN_WIDTH) + round_up(g->out, TURN_OUTPUTS) + TURN_OUTPUTS)
		* blocks * LAM_LANES;
}

void affine_turn(const lam_affine_geometry *g, const lam_real *x, const lam_real *dy, int64_t block,
	int64_t blocks, lam_real *rows)
{
	const int64_t samples = blocks * LAM_LANES, first = block * LAM_LANES;

	for (int64_t f = 0; f < g->in; f += TURN_WIDTH)
		transpose_panel(x + f * LAM_LANES, g->in - f, TURN_WIDTH,
			rows + f * samples + first * TURN_WIDTH);
	for (int64_t f = 0; f < g->out; f += TURN_OUTPUTS) {
		lam_real *to = turn_tiles(g, rows, samples) + f * samples + first * TURN_OUTPUTS;

		for (int64_t lane = 0; lane < LAM_LANES; lane++)
			for (int64_t a = 0; a < TURN_OUTPUTS; a++)
				*to++ = f + a < g->out ? dy[(f + a) * LAM_LANES + lane] : 0;
	}
}

/* The sums of VEC outputs over at most SUM_TERMS samples. */
static void sum_rows(const struct outer *o)
{
	vec sum = {0};

	for (int64_t s = 0; s < o->samples; s++)
		sum += vec_load(o->rows + s * o->row);
	*o->sums = sum;
}

/* Over all samples. */
static void sum_samples(const struct outer *all)
{
	double totals[VEC] = {0};
	struct outer of = *all;

	for (int64_t left = all->samples; left > 0; left -= SUM_TERMS) {
		of.samples = least(left, SUM_TERMS);
		sum_rows(&of);
		of.rows += SUM_TERMS * of.row;
		for (int o = 0; o < VEC; o++)
			totals[o] += (double)(*of.sums)[o];
	}
	for (int o = 0; o < VEC; o++)
		(*of.sums)[o] = (lam_real)totals[o];
}

void affine_bias_gradient(const lam_affine_geometry *g, bool turned, const lam_real *rows,
	int64_t samples, const struct lam_affine_shards *shards, lam_real *db, int64_t begin,
	int64_t end)
{
	const int64_t blocks = affine_blocks(samples, shards);

	for (int64_t o = begin, first, last; o < end; o = last) {
		const lam_real *from;
		int64_t row;

		if (turned) {
			const int64_t tile = o / TURN_OUTPUTS * TURN_OUTPUTS;

			first = tile + (o - tile) / VEC * VEC;
			last = least(first + VEC, tile + TURN_OUTPUTS);
			row = TURN_OUTPUTS;
			from = turn_tiles(g, rows, blocks * LAM_LANES) + tile * blocks * LAM_LANES
				+ first - tile;
		} else {
			const int64_t vector = o / VEC, panel = affine_panel_of(g, vector),
				      head = affine_panel_begin(g, panel);

			first = vector * VEC;
			last = first + VEC;
			row = (affine_panel_begin(g, panel + 1) - head) * VEC;
			from = affine_panel_rows(g, rows, blocks, panel) + (vector - head) * VEC;
		}
		vec sum;
		const struct outer outer = {
			.values = from, .rows = from, .row = row, .samples = samples, .sums = &sum};

		if (shards)
			outer_sum(sum_rows, &outer, shards, 1);
		else
			sum_samples(&outer);
		last = least(last, end);
		for (int64_t k = o; k < last; k++)
			db[k] = sum[k - first];
	}
}
