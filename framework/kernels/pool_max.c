/* Max pooling.
 *     y[c][i][j]  = max over taps (p, q) of x[c][i s - pad + p d][j s - pad + q d],  index = p kernel[1] + q of the winner
 *     dx[c][h][w] = sum of dy[c][i][j] over the windows (i, j) whose winner is (h, w)
 * Each lane has a winner of its own, so forward compares and selects, and backward asks at every tap whether it won. */
#include "framework/kernels/pool_parts.h"

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t index_8 __attribute__((vector_size(VEC), aligned(1), may_alias));
typedef uint16_t index_16 __attribute__((vector_size(VEC * 2), aligned(2), may_alias));
typedef int32_t index_32 __attribute__((vector_size(VEC * 4), aligned(4), may_alias));

/* `bytes` is a constant wherever these are inlined. */
INLINE void index_store(void *index, int64_t at, int bytes, vec_mask winner)
{
	if (bytes == 1)
		*(index_8 *)((uint8_t *)index + at) = __builtin_convertvector(winner, index_8);
	else if (bytes == 2)
		*(index_16 *)((uint16_t *)index + at) = __builtin_convertvector(winner, index_16);
	else
		*(index_32 *)((int32_t *)index + at) = __builtin_convertvector(winner, index_32);
}

INLINE vec_mask index_load(const void *index, int64_t at, int bytes)
{
	if (bytes == 1)
		return __builtin_convertvector(*(const index_8 *)((const uint8_t *)index + at), vec_mask);
	if (bytes == 2)
		return __builtin_convertvector(*(const index_16 *)((const uint16_t *)index + at), vec_mask);
	return __builtin_convertvector(*(const index_32 *)((const int32_t *)index + at), vec_mask);
}

/* best = v, winner = tap where v is greater, or is the first NaN: !(v <= best) holds for NaN too, best == best not after one. */
INLINE void challenge(vec *best, vec_mask *winner, vec v, int64_t tap)
{
	const vec_mask takes = ~(v <= *best) & (*best == *best);
	*best = vec_select(takes, v, *best);
	*winner = (takes & ((vec_mask){0} + (int32_t)tap)) | (~takes & *winner);
}

/* One output: x points at tap (0, 0) of its window; row and column are the steps from tap to tap in values. */
INLINE void winner_of(lam_real *y, void *index, int64_t at, int bytes, const lam_real *x, int64_t row, int64_t column,
	struct window vertical, struct window horizontal, int64_t kernel_width)
{
#pragma GCC unroll 4
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec best = vec_splat(-INFINITY);
		vec_mask winner = (vec_mask){0};
		if (vertical.first < vertical.end && horizontal.first < horizontal.end) {
			winner += (int32_t)(vertical.first * kernel_width + horizontal.first);
			best = vec_load(x + vertical.first * row + horizontal.first * column + l);
		}
#pragma GCC unroll 2
		for (int64_t p = vertical.first; p < vertical.end; p++)
#pragma GCC unroll 2
			for (int64_t q = horizontal.first; q < horizontal.end; q++)
				if (p > vertical.first || q > horizontal.first)
					challenge(&best, &winner, vec_load(x + p * row + q * column + l), p * kernel_width + q);
		vec_store(y + at + l, best);
		if (bytes)
			index_store(index, at + l, bytes, winner);
	}
}

/* Windows side by side: all taps of all windows, a kernel that may be a constant. bytes 0: no index is wanted. */
INLINE void forward_tiles(lam_real *y, void *index, int bytes, const lam_real *x, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const struct window vertical = {0, 0, kernel_height}, horizontal = {0, 0, kernel_width};
	const int64_t row = g->in[1] * LAM_LANES;
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const lam_real *corner = x + i * kernel_height * row;
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES, corner += kernel_width * LAM_LANES)
				winner_of(y, index, at, bytes, corner, row, LAM_LANES, vertical, horizontal, kernel_width);
		}
}

INLINE void forward_any(lam_real *y, void *index, int bytes, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				const lam_real *corner = x + vertical.start * row + horizontal.start * LAM_LANES;
				winner_of(y, index, at, bytes, corner, g->dilation[0] * row, g->dilation[1] * LAM_LANES, vertical,
					horizontal, g->kernel[1]);
			}
		}
}

void LAM_KERNEL(pool_max_forward)(lam_real *y, void *index, const lam_real *x, const struct lam_pool_geometry *g)
{
	const size_t bytes = index ? lam_pool_index_bytes(g->kernel) : 0;
	const bool tiles = windows_are_tiles(g);
	if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2) {
		if (index)
			forward_tiles(y, index, 1, x, g, 2, 2);
		else
			forward_tiles(y, index, 0, x, g, 2, 2);
	} else if (tiles && g->kernel[0] == 1 && g->kernel[1] == 2)
		forward_tiles(y, index, (int)bytes, x, g, 1, 2);
	else if (bytes <= 1)
		forward_any(y, index, (int)bytes, x, g);
	else if (bytes == 2)
		forward_any(y, index, 2, x, g);
	else
		forward_any(y, index, 4, x, g);
}

/* Each window writes all of its inputs, and nobody else does. */
INLINE void backward_tiles(lam_real *dx, const lam_real *dy, const void *index, int bytes, const struct lam_pool_geometry *g,
	int64_t kernel_height, int64_t kernel_width)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const vec zero = {0};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		for (int64_t i = 0; i < g->out[0]; i++) {
			lam_real *corner = dx + i * kernel_height * row;
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES, corner += kernel_width * LAM_LANES)
#pragma GCC unroll 4
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + at + l);
					const vec_mask winner = index_load(index, at + l, bytes);
#pragma GCC unroll 2
					for (int64_t p = 0; p < kernel_height; p++)
#pragma GCC unroll 2
						for (int64_t q = 0; q < kernel_width; q++) {
							const vec_mask won = winner == (int32_t)(p * kernel_width + q);
							vec_store(corner + p * row + q * LAM_LANES + l, vec_select(won, d, zero));
						}
				}
			for (int64_t p = 0; p < kernel_height; p++)
				clear_positions(dx + (i * kernel_height + p) * row, g->out[1] * kernel_width, g->in[1]);
		}
		clear_positions(dx, g->out[0] * kernel_height * g->in[1], g->in[0] * g->in[1]);
	}
}

INLINE void backward_any(lam_real *dx, const lam_real *dy, const void *index, int bytes, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const vec zero = {0};
	int64_t at = 0;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		clear_positions(dx, 0, g->in[0] * g->in[1]);
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, at += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				lam_real *corner = dx + vertical.start * row + horizontal.start * LAM_LANES;
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + at + l);
					const vec_mask winner = index_load(index, at + l, bytes);
					for (int64_t p = vertical.first; p < vertical.end; p++)
						for (int64_t q = horizontal.first; q < horizontal.end; q++) {
							lam_real *tap = corner + (p * g->dilation[0] * row + q * g->dilation[1] * LAM_LANES) + l;
							const vec_mask won = winner == (int32_t)(p * g->kernel[1] + q);
							vec_store(tap, vec_load(tap) + vec_select(won, d, zero));
						}
				}
			}
		}
	}
}

void LAM_KERNEL(pool_max_backward)(lam_real *dx, const lam_real *dy, const void *index, const struct lam_pool_geometry *g)
{
	const size_t bytes = lam_pool_index_bytes(g->kernel);
	const bool tiles = windows_are_tiles(g);
	if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2)
		backward_tiles(dx, dy, index, 1, g, 2, 2);
	else if (tiles && g->kernel[0] == 1 && g->kernel[1] == 2)
		backward_tiles(dx, dy, index, 1, g, 1, 2);
	else if (tiles && bytes == 1)
		backward_tiles(dx, dy, index, 1, g, g->kernel[0], g->kernel[1]);
	else if (bytes == 1)
		backward_any(dx, dy, index, 1, g);
	else if (bytes == 2)
		backward_any(dx, dy, index, 2, g);
	else
		backward_any(dx, dy, index, 4, g);
}
