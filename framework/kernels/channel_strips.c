/* SPDX-License-Identifier: MIT */
/* Strips of a plane as lanes (channel_strips.h). A thread computes an item at a time (strips.h),
 * whose strips and sums lie in its scratch. */
#include "framework/kernels/channel_strips.h"
#include "framework/kernels/finish_vec.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/strips.h"
#include "framework/kernels/sweep_shape.h"

/* to[j step + i] = from[i][j] for i, j < 16 */
HOT static void transpose_block(const lam_real *const from[LAM_LANES], lam_real *to, int64_t step)
{
	for (int i = 0; i < LAM_LANES; i += VEC)
		for (int j = 0; j < LAM_LANES; j += VEC)
			vec_transpose_square(from + i, j, to + j * step + i, step);
}

/* Where the strips lie along an axis of a plane: each begins `step` positions behind the one
 * before. Of `size` positions each has `values` values. */
struct direction {
	int64_t strips, step, size, values;
};

/* Less than any place, and the sum of two is too. */
#define OUTSIDE (INT64_MIN / 4)

/* Where position `at` of the first strip, and the same one of all others, lies. */
static void find_places(const struct direction *direction, int64_t at, int64_t *place)
{
	for (int64_t i = 0; i < direction->strips; i++, at += direction->step)
		place[i] = at < 0 || at >= direction->size ? OUTSIDE : at * direction->values;
}

/* The places of all strips from those along both axes; negative: outside of the plane, or idle. */
static void cross_places(const struct direction *down, const struct direction *along,
	const int64_t *row, const int64_t *column, int64_t *place)
{
	const int64_t *end = place + LAM_LANES;

	for (int64_t i = 0; i < down->strips; i++)
		for (int64_t j = 0; j < along->strips; j++)
			*place++ = row[i] + column[j];
	while (place < end)
		*place++ = OUTSIDE;
}

/* Copies the strips of `blocks` blocks of channels. */
HOT static void gather(
	const struct strips *cut, const lam_real *x, int64_t blocks, lam_real *strips)
{
	static const lam_real outside[LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
	const struct axis *rows = &cut->rows, *columns = &cut->columns;
	const struct direction down = {LAM_LANES / cut->across,
				       cut->down.axis.outputs * rows->stride, rows->size,
				       cut->whole->x_row},
			       along = {cut->across, cut->along.axis.outputs * columns->stride,
				       columns->size, LAM_LANES};
	int64_t row[LAM_LANES], column[LAM_LANES], place[LAM_LANES];

	for (int64_t i = 0; i < cut->down.axis.size; i++) {
		find_places(&down, rows->origin + cut->down.skipped + i, row);
		for (int64_t j = 0; j < cut->along.axis.size; j++, strips += LAM_LANES) {
			find_places(&along, columns->origin + cut->along.skipped + j, column);
			cross_places(&down, &along, row, column, place);
			for (int64_t block = 0; block < blocks; block++) {
				const lam_real *plane = x + block * cut->whole->x_channel,
					       *from[LAM_LANES];

				for (int k = 0; k < LAM_LANES; k++)
					from[k] = place[k] < 0 ? outside : plane + place[k];
				transpose_block(from, strips + block * LAM_LANES * cut->x_plane,
					cut->x_plane);
			}
		}
	}
}

/* Writes the same output of every strip, values[strip][16], to a block of y, with what follows the
 * center. */
ALWAYS_INLINE void store_outputs(
	const struct finish *finish, const lam_real *values, const int64_t *place, lam_real *y)
{
	for (int k = 0; k < LAM_LANES; k++, values += LAM_LANES) {
		if (place[k] < 0)
			continue;
		for (int part = 0; part < LAM_LANES; part += VEC) {
			lam_real *to = y + place[k] + part;

			*(vec *)to = finish_vec(finish, 0, *(const vec *)(values + part), to);
		}
	}
}

/* Brings the sums of a block of outputs to their places in y, with the addition and the ReLU. Bias
 * and center are in the sums already; the function comes last. Lanes of y without an output get
 * what the scratch holds. */
HOT static void scatter(
	const struct strips *cut, const struct finish *finish, const lam_real *sums, lam_real *y)
{
	const struct axis *rows = &cut->rows, *columns = &cut->columns;
	const struct direction down = {LAM_LANES / cut->across, cut->down.axis.outputs,
				       rows->outputs, rows->step * cut->whole->y_row},
			       along = {cut->across, cut->along.axis.outputs, columns->outputs,
				       columns->step * LAM_LANES};
	int64_t row[LAM_LANES], column[LAM_LANES], place[LAM_LANES];

	for (int64_t i = 0; i < cut->down.axis.outputs; i++) {
		find_places(&down, i, row);
		for (int64_t j = 0; j < cut->along.axis.outputs; j++, sums += LAM_LANES) {
			lam_real values[LAM_LANES * LAM_LANES] __attribute__((aligned(LAM_ALIGN)));
			const lam_real *from[LAM_LANES];

			find_places(&along, j, column);
			cross_places(&down, &along, row, column, place);
			for (int k = 0; k < LAM_LANES; k++)
				from[k] = sums + k * cut->y_plane;
			transpose_block(from, values, LAM_LANES);
			store_outputs(finish, values, place, y);
		}
	}
}

/* Applies the function of a finish to a block of y. */
static void apply_function(const struct strips *cut, const struct finish *finish, lam_real *y)
{
	for (int64_t i = 0; i < cut->rows.outputs && finish->apply; i++)
		finish_apply(finish, y + i * cut->rows.step * cut->whole->y_row,
			cut->columns.outputs, cut->columns.step * LAM_LANES, LAM_LANES);
}

/* The sweep of groups [first, end) over strips. */
static struct sweep sweep_of(const struct strips *cut, int64_t first, int64_t end)
{
	const struct sweep *s = cut->whole;
	struct sweep of = *s;

	of.groups = end - first;
	of.rows = cut->down.axis;
	of.columns = cut->along.axis;
	of.x_row = of.columns.size * LAM_LANES;
	of.y_row = of.columns.outputs * LAM_LANES;
	of.x_channel = cut->x_plane;
	of.y_channel = cut->y_plane;
	of.packed += first * sweep_group_weights(s);
	if (of.bias)
		of.bias += first * s->outputs;
	of.finish = finish_from((struct finish){.center = s->finish.center,
					.factor = s->finish.factor,
					.term = s->finish.term},
		first * s->outputs);
	return of;
}

/* Computes unit `unit` of a band. */
static void run_item(
	const struct strips *cut, int64_t unit, const lam_real *x, lam_real *y, lam_real *scratch)
{
	const struct sweep *s = cut->whole;
	const int64_t first = unit * cut->groups, end = least(s->groups, first + cut->groups),
		      in = first * s->channels / LAM_LANES, out = first * s->outputs / LAM_LANES;
	const struct sweep of = sweep_of(cut, first, end);
	struct finish rest = s->finish;
	lam_real *sums = scratch + strips_values(cut);

	rest.center = NULL;
	gather(cut, x + in * s->x_channel, lane_blocks(end * s->channels) - in, scratch);
	sweep_run(&of, scratch, sums, NULL, (struct lam_slices){0, 1, 1});
	y += cut->rows.first * s->y_row + cut->columns.first * LAM_LANES + out * s->y_channel;
	for (int64_t block = out; block < lane_blocks(end * s->outputs); block++) {
		scatter(cut, &rest, sums, y);
		apply_function(cut, &rest, y);
		sums += LAM_LANES * cut->y_plane;
		y += s->y_channel;
	}
}

void channel_strips_run(const lam_conv_geometry *g, lam_job job, const struct lam_conv_call *call)
{
	const lam_real *packed = call->packed;

	for (int64_t index = 0; index < lam_conv_sweeps(g, job); index++) {
		struct sweep s = lam_conv_sweep(g, job, index);
		struct strips cut = lam_strips_cut(&s);
		const int64_t items = strips_units(&cut) * cut.bands;

		s.packed = packed;
		s.bias = call->bias;
		s.finish = finish_of(call->finish, call->epilogue, call->to);
		for (int64_t item = slices_begin(call->slices, items);
			item < slices_end(call->slices, items); item++) {
			lam_strips_move(&cut, item % cut.bands);
			run_item(&cut, item / cut.bands, call->from, call->to, call->scratch);
		}
		packed += s.groups * sweep_group_weights(&s);
	}
}
