/* SPDX-License-Identifier: MIT */
/* Local response normalisation: each value is divided by a power of the squares of its neighbours
 * in the channels. A tile, all channels of some places, is worked on at once: its squares, and in
 * backward its products, lie in columns [C][tile][16]. */
#include "framework/kernels/norm_parts.h"
#include "framework/kernels/vector_math.h"

/* The sum of the column's rows at channels first … end - 1, for one vector. */
INLINE vec sum_rows(const lam_real *column, size_t row, size_t first, size_t end)
{
	vec total = {0};
	for (size_t start = first; start < end; start += SUM_TERMS) {
		const size_t stop = end - start < SUM_TERMS ? end : start + SUM_TERMS;
		vec sum = {0};
		for (size_t c = start; c < stop; c++)
			sum += vec_load(column + c * row);
		total += sum;
	}
	return total;
}

/* The sum over the channels from `before` before c to `after` behind it. */
INLINE vec sum_window(
	const lam_real *column, size_t row, size_t c, size_t before, size_t after, size_t channels)
{
	return sum_rows(column, row, c < before ? 0 : c - before,
		channels - c <= after ? channels : c + after + 1);
}

/* d^-beta. For the usual exponent, 3/4, two square roots make the layer twice as fast. */
INLINE vec power(vec d, lam_real beta)
{
	if (beta == (lam_real)0.75) {
		const vec root = vec_sqrt(d);
		return 1 / (root * vec_sqrt(root));
	}
	return vec_exp(-beta * vec_log(d));
}

/* The tile's squares. */
INLINE void square(lam_real *column, const lam_real *x, size_t channels, size_t plane, size_t row)
{
	for (size_t c = 0; c < channels; c++)
		for (size_t i = 0; i < row; i += VEC) {
			const vec v = vec_load(x + c * plane + i);
			vec_store(column + c * row + i, v * v);
		}
}

void LAM_KERNEL(norm_window)(lam_real *y, const lam_real *x, const struct lam_norm_window *of)
{
	const size_t most = lam_places_tile(of->channels, of->places),
		     plane = of->places * LAM_LANES;
	for (size_t at = of->first; at < of->end; at += most) {
		const size_t row = (of->end - at < most ? of->end - at : most) * LAM_LANES;
		const lam_real *from = x + at * LAM_LANES;
		lam_real *to = y + at * LAM_LANES;
		square(of->column, from, of->channels, plane, row);
		for (size_t c = 0; c < of->channels; c++)
			for (size_t i = 0; i < row; i += VEC) {
				const vec d = of->k
					+ of->scale
						* sum_window(of->column + i, row, c, of->before,
							of->after, of->channels);
				vec_store(to + c * plane + i,
					vec_load(from + c * plane + i) * power(d, of->beta));
			}
	}
}

void LAM_KERNEL(norm_window_backward)(
	lam_real *dx, const lam_real *dy, const lam_real *x, const struct lam_norm_window *of)
{
	const size_t most = lam_places_tile(of->channels, of->places),
		     plane = of->places * LAM_LANES;
	const lam_real slope = 2 * of->scale * of->beta;
	for (size_t at = of->first; at < of->end; at += most) {
		const size_t row = (of->end - at < most ? of->end - at : most) * LAM_LANES;
		const lam_real *xs = x + at * LAM_LANES, *dys = dy + at * LAM_LANES;
		lam_real *column = of->column, *factor = column + of->channels * row,
			 *product = factor + of->channels * row, *to = dx + at * LAM_LANES;
		square(column, xs, of->channels, plane, row);
		for (size_t c = 0; c < of->channels; c++)
			for (size_t i = 0; i < row; i += VEC) {
				const vec d = of->k
					+ of->scale
						* sum_window(column + i, row, c, of->before,
							of->after, of->channels),
					  p = power(d, of->beta);
				vec_store(factor + c * row + i, p);
				vec_store(product + c * row + i,
					vec_load(dys + c * plane + i)
						* (vec_load(xs + c * plane + i) * p / d));
			}
		/* The windows that hold channel c are those of its mirrored window. */
		for (size_t c = 0; c < of->channels; c++)
			for (size_t i = 0; i < row; i += VEC) {
				const vec sum = sum_window(
					product + i, row, c, of->after, of->before, of->channels);
				vec_store(to + c * plane + i,
					vec_load(dys + c * plane + i)
							* vec_load(factor + c * row + i)
						- slope * vec_load(xs + c * plane + i) * sum);
			}
	}
}

/* A place's squares lie one after another in the column, with zeros around them. */
void LAM_KERNEL(norm_window_lanes)(lam_real *y, const lam_real *x, const struct lam_norm_window *of)
{
	const size_t groups = (of->channels + LAM_LANES - 1) / LAM_LANES,
		     plane = of->places * LAM_LANES,
		     values = of->before + groups * LAM_LANES + of->after;
	for (size_t i = 0; i < values; i++)
		of->column[i] = 0;
	for (size_t p = of->first; p < of->end; p++) {
		const lam_real *from = x + p * LAM_LANES;
		lam_real *to = y + p * LAM_LANES;
		for (size_t c = 0; c < of->channels; c++) {
			const lam_real v = from[c / LAM_LANES * plane + c % LAM_LANES];
			of->column[of->before + c] = v * v;
		}
		for (size_t g = 0; g < groups; g++)
			for (size_t l = 0; l < LAM_LANES; l += VEC) {
				const vec sum = sum_rows(of->column + g * LAM_LANES + l, 1, 0,
					of->before + 1 + of->after);
				vec_store(to + g * plane + l,
					vec_load(from + g * plane + l)
						* power(of->k + of->scale * sum, of->beta));
			}
	}
}
