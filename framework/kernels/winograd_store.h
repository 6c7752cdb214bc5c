/* SPDX-License-Identifier: MIT */
/* The end of Winograd's forward: from the products of one tile to the outputs in their plane. */
#ifndef LAM_WINOGRAD_STORE_H
#define LAM_WINOGRAD_STORE_H

#include "framework/kernels/finish.h"
#include "framework/kernels/winograd.h"

#pragma GCC visibility push(hidden)

/* What is added to the outputs and done to them: of one output that all lanes have, or, with
 * `channels`, of the sixteen outputs of the lanes. */
struct winograd_end {
	const lam_real *bias;
	struct finish finish;
	bool channels;
	/* From an output to one that is written soon, in values: the same of the next plane, or of
	 * the tile below. */
	int64_t next;
};

/* Transforms the tiles [begin, last) of one output, or of sixteen. Reads M's elements, m_element
 * apart, of neighbouring tiles from m on, and writes the part of each tile that lies inside y's
 * plane. */
#define winograd_store LAM_KERNEL(winograd_store)
void winograd_store(const struct winograd_grid *, const lam_real *m, int64_t m_element,
	const struct winograd_end *, int64_t begin, int64_t last, lam_real *y);

/* Writes the sums of one tile of one output, or of sixteen, [WINOGRAD_PIXELS][16], to plane y, in
 * the lanes `lanes` of each part alone. */
#define winograd_store_sums LAM_KERNEL(winograd_store_sums)
void winograd_store_sums(const struct winograd_grid *, const lam_real *sum,
	const struct winograd_end *, int64_t tile, const vec_mask *lanes, lam_real *y);

/* Applies the function of a finish to the tile at `row`, `column` of plane y. */
static inline void winograd_apply(const struct winograd_grid *grid, const struct finish *finish,
	int64_t row, int64_t column, lam_real *y)
{
	const int64_t rows = grid->high ? winograd_inside(row, grid->oh, grid->row_step) : 1,
		      columns = winograd_inside(column, grid->ow, grid->column_step);

	for (int64_t i = 0; i < rows; i++)
		finish_apply(finish, y + winograd_y_at(grid, row + i * grid->row_step, column),
			columns, grid->column_step * grid->y_column, LAM_LANES);
}

#pragma GCC visibility pop
#endif
