/* SPDX-License-Identifier: MIT */
/* The end of Winograd's forward: from the products of one tile to the outputs in their plane. */
#ifndef LAM_WINOGRAD_STORE_H
#define LAM_WINOGRAD_STORE_H

#include "framework/kernels/finish.h"
#include "framework/kernels/vector_math.h"
#include "framework/kernels/winograd_transform.h"

/* What is added to the outputs and done to them: of one output that all lanes have, or of the
 * sixteen outputs of the lanes. */
struct winograd_end {
	const lam_real *bias;
	struct finish finish;
};

/* A number for each output: one for all lanes, or those of part `part` of the lanes. */
ALWAYS_INLINE vec winograd_number(const lam_real *of, const int part, const bool channels)
{
	return channels ? *(const vec *)(of + part * VEC) : vec_splat(*of);
}

/* Maps the elements of a part of M to a tile of outputs, each plus `bias`. Rows are mapped as they
 * are loaded. */
ALWAYS_INLINE void winograd_outputs(
	const lam_real *m, int64_t m_element, vec bias, vec *value, const int taps, const bool high)
{
	const int window = taps + WINOGRAD_OUT - 1, rows = high ? window : 1;
	vec half[WINOGRAD_IN * WINOGRAD_OUT];

	for (int i = 0; i < rows; i++) {
		vec d[WINOGRAD_IN];

		UNROLL_FOR (int j = 0; j < window; j++)
			d[j] = *(const vec *)(m + (i * window + j) * m_element);
		winograd_output(d, half + i * WINOGRAD_OUT, taps);
	}
	for (int q = 0; q < WINOGRAD_OUT; q++) {
		vec column[WINOGRAD_IN], mapped[WINOGRAD_OUT];

		if (!high) {
			value[q] = half[q] + bias;
			continue;
		}
		UNROLL_FOR (int i = 0; i < window; i++)
			column[i] = half[i * WINOGRAD_OUT + q];
		winograd_output(column, mapped, taps);
		UNROLL_FOR (int p = 0; p < WINOGRAD_OUT; p++)
			value[p * WINOGRAD_OUT + q] = mapped[p] + bias;
	}
}

/* Transforms one tile of one output, or of sixteen. Reads M's elements, m_element apart, and writes
 * the part of the tile that lies inside y's plane. */
ALWAYS_INLINE void winograd_store(const struct winograd_grid *grid, const lam_real *m,
	int64_t m_element, const struct winograd_end *end, int64_t row, int64_t column, lam_real *y,
	const bool channels, const int taps, const bool high)
{
	const struct finish *finish = &end->finish;
	const int height = high ? WINOGRAD_OUT : 1;
	const int64_t rows = high ? winograd_inside(row, grid->oh, grid->row_step) : 1,
		      columns = winograd_inside(column, grid->ow, grid->column_step),
		      y_row = grid->row_step * grid->y_row,
		      y_column = grid->column_step * grid->y_column;

	y += winograd_y_at(grid, row, column);
	for (int part = 0; part < PARTS; part++) {
		vec value[WINOGRAD_OUT * WINOGRAD_OUT];

		winograd_outputs(m + part * VEC, m_element,
			winograd_number(end->bias, part, channels), value, taps, high);
		for (int i = 0; i < height * WINOGRAD_OUT && finish->center; i++)
			value[i] = (value[i] - winograd_number(finish->center, part, channels))
					* winograd_number(finish->factor, part, channels)
				+ winograd_number(finish->term, part, channels);
		for (int i = 0; i < rows && finish->adds; i++)
			for (int j = 0; j < columns; j++)
				value[i * WINOGRAD_OUT + j] += *(
					const vec *)(finish_added(finish, y) + i * y_row
					+ j * y_column + part * VEC);
		for (int i = 0; i < height * WINOGRAD_OUT; i++)
			if (finish->epilogue == LAM_EPILOGUE_RELU)
				value[i] = vec_at_least(value[i], 0);
		if (rows == height && columns == WINOGRAD_OUT) {
			for (int i = 0; i < height; i++)
				UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
					*(vec *)(y + i * y_row + j * y_column
						+ part * VEC) = value[i * WINOGRAD_OUT + j];
		} else {
			for (int i = 0; i < rows; i++)
				for (int j = 0; j < columns; j++)
					*(vec *)(y + i * y_row + j * y_column
						+ part * VEC) = value[i * WINOGRAD_OUT + j];
		}
	}
}

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

/* As WINOGRAD_CONSTANTS, for winograd_store() with or without channels in the lanes. */
#define WINOGRAD_STORE(grid, ...) WINOGRAD_CONSTANTS(grid, winograd_store, grid, __VA_ARGS__)

#endif
