/* SPDX-License-Identifier: MIT */
/* A panel of an affine map, and how its weights are packed by rows. */
#include "framework/kernels/affine_panel.h"
#include "framework/kernels/shuffle.h"

_Static_assert((int)AFFINE_PANEL == (int)SUM_TERMS, "a panel is one sum of a tile");

void affine_add_panel(const struct lam_affine_call *call, int64_t first, int64_t outputs,
	int64_t begin, int64_t end, int64_t terms, struct fetch fetch, const lam_real *packed)
{
	/* Smaller tiles fetch nothing. */
	const int64_t beside = fetch.from && outputs == TILE_OUTPUTS ? fetch.blocks : 0;
	struct tile tile = panel_tile(call, first, outputs, begin, end, terms);

	for (int64_t block = 0, next; block < call->blocks; block = next) {
		const bool fetches = block < beside;

		next = fetches ? least(beside, call->blocks) : call->blocks;
		tile.rows = fetches ? fetch.rows : 1;
		tile.columns = fetches ? fetch.columns : end - begin;
		tile.x_row = tile.columns * LAM_LANES;
		tile.w_row = tile.columns * outputs;
		tile.fetch = fetches ? fetch.from : NULL;
		tile.fetch_row = fetch.row;
		tile.fetch_column = fetch.column;
		tile_lines(&tile, outputs, 1, next - block,
			call->from + block * call->from_block + begin * LAM_LANES, packed,
			call->to + block * call->to_block + first * LAM_LANES);
	}
}

/* to[k][a] = w[a step + k], for `outputs` rows of w. A whole tile is packed VEC terms at a time, by
 * interleaving its rows. Where a vector has room for all outputs of a tile, squares are transposed;
 * the end of each stored vector is overwritten by what comes behind it. */
void affine_pack_rows(const lam_real *w, int64_t step, lam_real *to, int64_t outputs, int64_t terms)
{
	int64_t k = 0;

#if VEC_REGISTERS >= 32
	for (; outputs == TILE_OUTPUTS && k + VEC <= terms; k += VEC, to += VEC * TILE_OUTPUTS) {
		vec row[TILE_OUTPUTS];

		UNROLL_FOR (int a = 0; a < TILE_OUTPUTS; a++)
			row[a] = *(const vec_unaligned *)(w + a * step + k);
		vec_interleave(row, TILE_OUTPUTS);
		UNROLL_FOR (int a = 0; a < TILE_OUTPUTS; a++)
			((vec_unaligned *)to)[a] = row[a];
	}
#endif
	for (; (int)VEC >= (int)TILE_OUTPUTS && (terms - k - VEC) * outputs >= VEC - outputs;
		k += VEC) {
		vec row[VEC];

		UNROLL_FOR (int a = 0; a < VEC; a++)
			row[a] = *(const vec_unaligned *)(w + least(a, outputs - 1) * step + k);
		vec_transpose(row);
		UNROLL_FOR (int i = 0; i < VEC; i++, to += outputs)
			*(vec_unaligned *)to = row[i];
	}
	for (; k < terms; k++)
		for (int64_t a = 0; a < outputs; a++)
			*to++ = w[a * step + k];
}
