/* SPDX-License-Identifier: MIT */
#include "framework/kernels/winograd_store.h"
#include "framework/kernels/vector.h"
#include "framework/kernels/winograd_transform.h"

#include <math.h>

/* A number for each output: one for all lanes, or those of part `part` of the lanes. */
ALWAYS_INLINE vec number(const struct winograd_end *end, const lam_real *of, int part)
{
	return end->channels ? *(const vec *)(of + part * VEC) : vec_splat(*of);
}

/* Maps the elements of a part of M to a tile of outputs, each plus `bias`. Rows are mapped as they
 * are loaded. */
ALWAYS_INLINE void map_outputs(
	const lam_real *m, int64_t m_element, vec bias, vec *value, bool high, const int taps)
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

/* Where the outputs of a tile lie that are inside the plane, and the steps between them. */
struct place {
	lam_real *y;
	int64_t rows, columns, row, column;
};

static struct place place_of(
	const struct winograd_grid *grid, int64_t row, int64_t column, lam_real *y)
{
	return (struct place){
		.y = y + winograd_y_at(grid, row, column),
		.rows = grid->high ? winograd_inside(row, grid->oh, grid->row_step) : 1,
		.columns = winograd_inside(column, grid->ow, grid->column_step),
		.row = grid->row_step * grid->y_row,
		.column = grid->column_step * grid->y_column,
	};
}

/* What outputs are at least. ReLU is applied as they are stored: a pass of its own would go over
 * memory, as they do not fit the registers. -INFINITY changes nothing; NaN stays. */
static inline lam_real least_output(const struct winograd_end *end)
{
	return end->finish.epilogue == LAM_EPILOGUE_RELU ? 0 : -INFINITY;
}

/* Does to `count` outputs of part `part` at `to` what follows the bias, but for the epilogue. */
ALWAYS_INLINE void finish_outputs(
	const struct winograd_end *end, const struct place *to, int part, vec *value, int count)
{
	const struct finish *finish = &end->finish;

	if (finish->center) {
		const vec from = number(end, finish->center, part),
			  factor = number(end, finish->factor, part),
			  term = number(end, finish->term, part);

		for (int i = 0; i < count; i++)
			value[i] = (value[i] - from) * factor + term;
	}
	for (int i = 0; i < to->rows && finish->adds; i++)
		for (int j = 0; j < to->columns; j++)
			value[i * WINOGRAD_OUT + j] += *(const vec *)(finish_added(finish, to->y)
				+ i * to->row + j * to->column + part * VEC);
}

/* Transforms one tile at `row`, `column` of plane y. */
ALWAYS_INLINE void store_tile(const struct winograd_grid *grid, const lam_real *m,
	int64_t m_element, const struct winograd_end *end, int64_t row, int64_t column, lam_real *y)
{
	const bool high = grid->high;
	const int height = high ? WINOGRAD_OUT : 1;
	const struct place to = place_of(grid, row, column, y);
	const lam_real bound = least_output(end);

	/* A store whose line is far holds up those behind it. */
	for (int i = 0; i < to.rows; i++)
		for (int j = 0; j < to.columns; j++)
			__builtin_prefetch(to.y + end->next + i * to.row + j * to.column, 1);
	for (int part = 0; part < PARTS; part++) {
		const vec bias = number(end, end->bias, part);
		vec value[WINOGRAD_OUT * WINOGRAD_OUT];

		WINOGRAD_CONSTANTS(grid, map_outputs, m + part * VEC, m_element, bias, value, high);
		finish_outputs(end, &to, part, value, height * WINOGRAD_OUT);
		for (int i = 0; i < to.rows; i++) {
			lam_real *line = to.y + i * to.row + part * VEC;

			if (to.columns == WINOGRAD_OUT)
				UNROLL_FOR (int j = 0; j < WINOGRAD_OUT; j++)
					*(vec *)(line + j * to.column) = vec_at_least(
						value[i * WINOGRAD_OUT + j], bound);
			else
				for (int j = 0; j < to.columns; j++)
					*(vec *)(line + j * to.column) = vec_at_least(
						value[i * WINOGRAD_OUT + j], bound);
		}
	}
}

void winograd_store(const struct winograd_grid *grid, const lam_real *m, int64_t m_element,
	const struct winograd_end *end, int64_t begin, int64_t last, lam_real *y)
{
	for (int64_t tile = begin; tile < last; tile++, m += LAM_LANES) {
		int64_t row, column;

		winograd_tile(grid, tile, &row, &column);
		store_tile(grid, m, m_element, end, row, column, y);
	}
}

COLD void winograd_store_sums(const struct winograd_grid *grid, const lam_real *sum,
	const struct winograd_end *end, int64_t tile, const vec_mask *lanes, lam_real *y)
{
	int64_t row, column;

	winograd_tile(grid, tile, &row, &column);
	const struct place to = place_of(grid, row, column, y);
	const lam_real bound = least_output(end);
	for (int part = 0; part < PARTS; part++) {
		const vec bias = number(end, end->bias, part);
		vec value[WINOGRAD_OUT * WINOGRAD_OUT];

		for (int i = 0; i < WINOGRAD_PIXELS(grid); i++)
			value[i] = *(const vec *)(sum + i * LAM_LANES + part * VEC) + bias;
		finish_outputs(end, &to, part, value, WINOGRAD_PIXELS(grid));
		for (int i = 0; i < to.rows; i++)
			for (int j = 0; j < to.columns; j++) {
				vec *at = (vec *)(to.y + i * to.row + j * to.column) + part;

				*at = vec_select(lanes[part],
					vec_at_least(value[i * WINOGRAD_OUT + j], bound), *at);
			}
	}
}
