/* Max pooling.
 *     y[c][i][j]  = max over taps (p, q) of x[c][i s - pad + p d][j s - pad + q d],  index = p kernel[1] + q of the winner
 *     dx[c][h][w] = sum of dy[c][i][j] over the windows (i, j) whose winner is (h, w)
 * Each lane has a winner of its own, so forward compares and selects, and backward asks at every tap whether it won.
 *
 * `any` loops clip each window at the border; `tiles` loops are for windows side by side. The kernel's sides are arguments
 * so that the common ones become constants, whose loops over taps unroll. */
#include "framework/kernels/pool_index.h"
#include "framework/kernels/pool_parts.h"

#define INLINE static inline __attribute__((always_inline))

/* best = v, winner = tap where v is greater, or is the first NaN: !(v <= best) holds for NaN too, best == best not after one. */
INLINE void challenge(vec *best, vec_mask *winner, vec v, int64_t tap)
{
	const vec_mask takes = ~(v <= *best) & (*best == *best);
	*best = vec_select(takes, v, *best);
	*winner = (takes & ((vec_mask){0} + (int32_t)tap)) | (~takes & *winner);
}

/* One output. `corner` is tap (0, 0) of its window; row and column are the steps from tap to tap. bytes 0: no index wanted. */
INLINE void winner_of(lam_real *y, void *index, int64_t at, int bytes, const lam_real *corner, int64_t row, int64_t column,
	struct window vertical, struct window horizontal, int64_t kernel_width)
{
#pragma GCC unroll 4
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_splat(-INFINITY);
		vec_mask winner = {0};
		if (vertical.first < vertical.end && horizontal.first < horizontal.end) {
			winner += (int32_t)(vertical.first * kernel_width + horizontal.first);
			best = vec_load(corner + vertical.first * row + horizontal.first * column + l);
		}
#pragma GCC unroll 3
		for (int64_t p = vertical.first; p < vertical.end; p++)
#pragma GCC unroll 3
			for (int64_t q = horizontal.first; q < horizontal.end; q++)
				if (p > vertical.first || q > horizontal.first)
					challenge(&best, &winner, vec_load(corner + p * row + q * column + l), p * kernel_width + q);
		vec_store(y + at + l, best);
		if (bytes)
			index_store(index, at + l, bytes, winner);
	}
}

INLINE void forward_tiles(lam_real *y, void *index, int bytes, const lam_real *x, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const struct window vertical = {0, 0, kernel_height}, horizontal = {0, 0, kernel_width};
	const int64_t row = g->in[1] * LAM_LANES, out_width = g->out[1];
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const lam_real *corner = x + i * kernel_height * row;
			for (int64_t j = 0; j < out_width; j++, at += LAM_LANES, corner += kernel_width * LAM_LANES)
				winner_of(y, index, at, bytes, corner, row, LAM_LANES, vertical, horizontal, kernel_width);
		}
}

INLINE void forward_any(lam_real *y, void *index, int bytes, const lam_real *x, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const struct window whole_vertical = {0, 0, kernel_height}, whole_horizontal = {0, 0, kernel_width};
	const int64_t row = g->in[1] * LAM_LANES, tap_row = g->dilation[0] * row, tap_column = g->dilation[1] * LAM_LANES;
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				const lam_real *corner = x + vertical.start * row + horizontal.start * LAM_LANES;
				if (vertical.end - vertical.first == kernel_height && horizontal.end - horizontal.first == kernel_width)
					winner_of(y, index, at, bytes, corner, tap_row, tap_column, whole_vertical, whole_horizontal,
						kernel_width);
				else
					winner_of(y, index, at, bytes, corner, tap_row, tap_column, vertical, horizontal, kernel_width);
			}
		}
}

void LAM_KERNEL(pool_max_forward)(lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t height = g->kernel[0], width = g->kernel[1];
	const size_t bytes = index ? lam_pool_index_bytes(g->kernel) : 0;
	const bool tiles = windows_are_tiles(g);
	if (tiles && height == 2 && width == 2 && index)
		forward_tiles(y, index, 1, x, g, 2, 2);
	else if (tiles && height == 2 && width == 2)
		forward_tiles(y, index, 0, x, g, 2, 2);
	else if (tiles && height == 1 && width == 2)
		forward_tiles(y, index, (int)bytes, x, g, 1, 2);
	else if (height == 3 && width == 3 && index)
		forward_any(y, index, 1, x, g, 3, 3);
	else if (bytes <= 1)
		forward_any(y, index, (int)bytes, x, g, height, width);
	else if (bytes == 2)
		forward_any(y, index, 2, x, g, height, width);
	else
		forward_any(y, index, 4, x, g, height, width);
}

/* Each window writes all of its inputs, and nobody else does. */
INLINE void backward_tiles(lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const int64_t row = g->in[1] * LAM_LANES, out_width = g->out[1];
	const vec zero = {0};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		for (int64_t i = 0; i < g->out[0]; i++) {
			lam_real *corner = dx + i * kernel_height * row;
			for (int64_t j = 0; j < out_width; j++, at += LAM_LANES, corner += kernel_width * LAM_LANES)
#pragma GCC unroll 4
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + at + l);
					const vec_mask winner = index_load(index, at + l, 1);
#pragma GCC unroll 3
					for (int64_t p = 0; p < kernel_height; p++)
#pragma GCC unroll 3
						for (int64_t q = 0; q < kernel_width; q++) {
							const vec_mask won = winner == (int32_t)(p * kernel_width + q);
							vec_store(corner + p * row + q * LAM_LANES + l, vec_select(won, d, zero));
						}
				}
			for (int64_t p = 0; p < kernel_height; p++)
				clear_positions(dx + (i * kernel_height + p) * row, out_width * kernel_width, g->in[1]);
		}
		clear_positions(dx, g->out[0] * kernel_height * g->in[1], g->in[0] * g->in[1]);
	}
}

/* Adds one output's gradient to the tap that won. */
INLINE void reward(lam_real *corner, const lam_real *dy, const void *index, int64_t at, int bytes, int64_t row, int64_t column,
	struct window vertical, struct window horizontal, int64_t kernel_width)
{
	const vec zero = {0};
#pragma GCC unroll 4
	for (int l = 0; l < LAM_LANES; l += VEC) {
		const vec d = vec_load(dy + at + l);
		const vec_mask winner = index_load(index, at + l, bytes);
#pragma GCC unroll 3
		for (int64_t p = vertical.first; p < vertical.end; p++)
#pragma GCC unroll 3
			for (int64_t q = horizontal.first; q < horizontal.end; q++) {
				lam_real *tap = corner + p * row + q * column + l;
				const vec_mask won = winner == (int32_t)(p * kernel_width + q);
				vec_store(tap, vec_load(tap) + vec_select(won, d, zero));
			}
	}
}

INLINE void backward_any(lam_real *dx, const lam_real *dy, const void *index, int bytes, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const struct window whole_vertical = {0, 0, kernel_height}, whole_horizontal = {0, 0, kernel_width};
	const int64_t row = g->in[1] * LAM_LANES, tap_row = g->dilation[0] * row, tap_column = g->dilation[1] * LAM_LANES;
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		clear_positions(dx, 0, g->in[0] * g->in[1]);
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				lam_real *corner = dx + vertical.start * row + horizontal.start * LAM_LANES;
				if (vertical.end - vertical.first == kernel_height && horizontal.end - horizontal.first == kernel_width)
					reward(corner, dy, index, at, bytes, tap_row, tap_column, whole_vertical, whole_horizontal, kernel_width);
				else
					reward(corner, dy, index, at, bytes, tap_row, tap_column, vertical, horizontal, kernel_width);
			}
		}
	}
}

void LAM_KERNEL(pool_max_backward)(lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g)
{
	const int64_t height = g->kernel[0], width = g->kernel[1];
	const size_t bytes = lam_pool_index_bytes(g->kernel);
	const bool tiles = windows_are_tiles(g);
	if (tiles && height == 2 && width == 2)
		backward_tiles(dx, dy, index, g, 2, 2);
	else if (tiles && height == 1 && width == 2)
		backward_tiles(dx, dy, index, g, 1, 2);
	else if (tiles && bytes == 1)
		backward_tiles(dx, dy, index, g, height, width);
	else if (height == 3 && width == 3)
		backward_any(dx, dy, index, 1, g, 3, 3);
	else if (bytes == 1)
		backward_any(dx, dy, index, 1, g, height, width);
	else if (bytes == 2)
		backward_any(dx, dy, index, 2, g, height, width);
	else
		backward_any(dx, dy, index, 4, g, height, width);
}
