/* Average pooling, with d(i, j) the divisor of window (i, j):
 *     y[c][i][j] = sum over the window's taps inside the input / d(i, j)
 *     dx[c][h][w] = sum of dy[c][i][j] / d(i, j) over the windows that hold (h, w)
 * d counts the taps inside the padded input, or with exclude_pad those inside the input, as PyTorch's AvgPool2d does. */
#include "framework/kernels/pool_parts.h"

#define INLINE static inline __attribute__((always_inline))

/* The taps of one axis that count in the divisor. */
static int64_t counted(const struct lam_pool_geometry *g, int axis, struct window w)
{
	if (g->exclude_pad)
		return w.end - w.first;
	const int64_t end = g->in[axis] + g->pad[axis], last = w.start + g->kernel[axis];
	return (last < end ? last : end) - w.start;
}

static lam_real share(const struct lam_pool_geometry *g, struct window vertical, struct window horizontal)
{
	const int64_t divisor = counted(g, 0, vertical) * counted(g, 1, horizontal);
	return divisor > 0 ? 1 / (lam_real)divisor : 0;
}

INLINE void average_of(lam_real *y, const lam_real *x, int64_t row, struct window vertical, struct window horizontal,
	lam_real factor)
{
#pragma GCC unroll 4
	for (int l = 0; l < LAM_LANES; l += VEC) {
		vec sum = {0};
#pragma GCC unroll 2
		for (int64_t p = vertical.first; p < vertical.end; p++)
#pragma GCC unroll 2
			for (int64_t q = horizontal.first; q < horizontal.end; q++)
				sum += vec_load(x + p * row + q * LAM_LANES + l);
		vec_store(y + l, sum * factor);
	}
}

/* The common case, whole windows of 2 x 2 or 1 x 2 side by side, with the kernel a constant. */
INLINE void forward_tiles(lam_real *y, const lam_real *x, const struct lam_pool_geometry *g, int64_t height, int64_t width)
{
	const struct window vertical = {0, 0, height}, horizontal = {0, 0, width};
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++)
			for (int64_t j = 0; j < g->out[1]; j++, y += LAM_LANES)
				average_of(y, x + i * height * row + j * width * LAM_LANES, row, vertical, horizontal,
					1 / (lam_real)(height * width));
}

void LAM_KERNEL(pool_average_forward)(lam_real *y, const lam_real *x, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const bool tiles = windows_are_tiles(g);
	if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2) {
		forward_tiles(y, x, g, 2, 2);
		return;
	}
	if (tiles && g->kernel[0] == 1 && g->kernel[1] == 2) {
		forward_tiles(y, x, g, 1, 2);
		return;
	}
	for (int64_t c = 0; c < g->channels; c++, x += g->in[0] * row)
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, y += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				average_of(y, x + vertical.start * row + horizontal.start * LAM_LANES, row, vertical, horizontal,
					share(g, vertical, horizontal));
			}
		}
}

/* Windows side by side: every input is written once, or is beyond the last window. */
INLINE void backward_tiles(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g, int64_t height, int64_t width)
{
	const int64_t row = g->in[1] * LAM_LANES;
	const lam_real factor = 1 / (lam_real)(height * width);
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		for (int64_t i = 0; i < g->out[0]; i++) {
			lam_real *corner = dx + i * height * row;
			for (int64_t j = 0; j < g->out[1]; j++, dy += LAM_LANES, corner += width * LAM_LANES)
#pragma GCC unroll 4
				for (int l = 0; l < LAM_LANES; l += VEC) {
					const vec d = vec_load(dy + l) * factor;
#pragma GCC unroll 2
					for (int64_t p = 0; p < height; p++)
#pragma GCC unroll 2
						for (int64_t q = 0; q < width; q++)
							vec_store(corner + p * row + q * LAM_LANES + l, d);
				}
			for (int64_t p = 0; p < height; p++)
				clear_positions(dx + (i * height + p) * row, g->out[1] * width, g->in[1]);
		}
		clear_positions(dx, g->out[0] * height * g->in[1], g->in[0] * g->in[1]);
	}
}

static void backward_any(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g)
{
	const int64_t row = g->in[1] * LAM_LANES;
	for (int64_t c = 0; c < g->channels; c++, dx += g->in[0] * row) {
		clear_positions(dx, 0, g->in[0] * g->in[1]);
		for (int64_t i = 0; i < g->out[0]; i++) {
			const struct window vertical = window_of(g, 0, i);
			for (int64_t j = 0; j < g->out[1]; j++, dy += LAM_LANES) {
				const struct window horizontal = window_of(g, 1, j);
				const lam_real factor = share(g, vertical, horizontal);
				for (int64_t p = vertical.first; p < vertical.end; p++)
					for (int64_t q = horizontal.first; q < horizontal.end; q++)
						for (int l = 0; l < LAM_LANES; l += VEC) {
							lam_real *tap = dx + (vertical.start + p) * row + (horizontal.start + q) * LAM_LANES + l;
							vec_store(tap, vec_load(tap) + vec_load(dy + l) * factor);
						}
			}
		}
	}
}

void LAM_KERNEL(pool_average_backward)(lam_real *dx, const lam_real *dy, const struct lam_pool_geometry *g)
{
	const bool tiles = windows_are_tiles(g);
	if (tiles && g->kernel[0] == 2 && g->kernel[1] == 2)
		backward_tiles(dx, dy, g, 2, 2);
	else if (tiles)
		backward_tiles(dx, dy, g, g->kernel[0], g->kernel[1]);
	else
		backward_any(dx, dy, g);
}
