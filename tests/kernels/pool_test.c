/* SPDX-License-Identifier: MIT */
/* The pooling kernels agree with plain loops in double, for a table of special geometries and for
 * random ones, with ties, NaN and infinities among the inputs. */
#include "tests/kernels/arrays.h"

static size_t inputs_of(const struct lam_pool_geometry *g)
{
	return (size_t)(g->channels * g->in[0] * g->in[1]);
}

static size_t outputs_of(const struct lam_pool_geometry *g)
{
	return (size_t)(g->channels * g->out[0] * g->out[1]);
}

/* Computes the output's size as PyTorch does: the last window must begin inside the input or its
 * left padding. False when there is no output. */
static bool complete(struct lam_pool_geometry *g, bool ceil_mode)
{
	for (int axis = 0; axis < 2; axis++) {
		const int64_t reach = g->dilation[axis] * (g->kernel[axis] - 1) + 1,
			      room = g->in[axis] + 2 * g->pad[axis] - reach;
		if (room < 0)
			return false;
		g->out[axis] = (room + (ceil_mode ? g->stride[axis] - 1 : 0)) / g->stride[axis] + 1;
		if (ceil_mode && (g->out[axis] - 1) * g->stride[axis] >= g->in[axis] + g->pad[axis])
			g->out[axis]--;
	}
	return true;
}

/* A position in the loops below: output (i, j) of a channel, in one lane. */
struct place {
	size_t channel, i, j, lane;
};

static struct place place_of(const struct lam_pool_geometry *g, size_t at)
{
	const size_t height = (size_t)g->out[0], width = (size_t)g->out[1], o = at / LAM_LANES;
	return (struct place){o / (height * width), o / width % height, o % width, at % LAM_LANES};
}

static int64_t tap_of(const struct lam_pool_geometry *g, struct place at, int64_t p, int64_t q)
{
	const int64_t h = (int64_t)at.i * g->stride[0] - g->pad[0] + p * g->dilation[0];
	const int64_t w = (int64_t)at.j * g->stride[1] - g->pad[1] + q * g->dilation[1];
	if (h < 0 || h >= g->in[0] || w < 0 || w >= g->in[1])
		return -1;
	return ((((int64_t)at.channel * g->in[0] + h) * g->in[1] + w) * LAM_LANES)
		+ (int64_t)at.lane;
}

static int64_t index_at(const void *index, const struct lam_pool_geometry *g, size_t at)
{
	const size_t bytes = lam_pool_index_bytes(g->kernel);
	return bytes == 1    ? ((const uint8_t *)index)[at]
		: bytes == 2 ? ((const uint16_t *)index)[at]
			     : ((const int32_t *)index)[at];
}

static void check_max(const struct lam_pool_geometry *g)
{
	const size_t in = inputs_of(g) * LAM_LANES, out = outputs_of(g) * LAM_LANES;
	lam_real *x = array_of(in, 1, -2, 2), *dy = array_of(out, 2, -1, 1),
		 *y = array_of(out, 3, 0, 1);
	lam_real *plain = array_of(out, 4, 0, 1), *dx = array_of(in, 5, 5, 6);
	double *best = lam_alloc(out, sizeof *best), *gradient = lam_alloc(in, sizeof *gradient);
	int32_t *index = lam_alloc(out, sizeof *index);
	for (size_t i = 0; i < in; i++)
		x[i] = lam_random(6, 0, i).word[0] % 3 ? x[i] : (lam_real)(int)x[i]; /* ties */
	for (size_t i = 0; i < in; i += 37)
		x[i] = i % 3 == 0 ? NAN : i % 3 == 1 ? -INFINITY : INFINITY;
	for (size_t i = 7; i < in; i += LAM_LANES)
		x[i] = -INFINITY; /* not greater than the padding */

	lam_kernel()->pool.max_forward(y, index, x, g);
	lam_kernel()->pool.max_forward(plain, NULL, x, g);
	lam_kernel()->pool.max_backward(dx, dy, index, g);
	for (size_t at = 0; at < out; at++) {
		const struct place place = place_of(g, at);
		int64_t winner = 0, source = -1;
		best[at] = -INFINITY;
		for (int64_t p = 0; p < g->kernel[0]; p++)
			for (int64_t q = 0; q < g->kernel[1]; q++) {
				const int64_t tap = tap_of(g, place, p, q);
				if (tap < 0)
					continue;
				const double v = x[tap];
				if (source < 0
					|| (!isnan(best[at]) && (isnan(v) || v > best[at]))) {
					best[at] = v;
					winner = p * g->kernel[1] + q;
					source = tap;
				}
			}
		check(index_at(index, g, at) == winner, "index[%zu] is %d, not %d", at,
			(int)index_at(index, g, at), (int)winner);
		if (source >= 0)
			gradient[source] += dy[at];
	}
	check_array("y", y, best, out, 0);
	check_array("y without index", plain, best, out, 0);
	check_array("dx", dx, gradient, in, TOLERANCE);
	lam_free(x), lam_free(dy), lam_free(y), lam_free(plain), lam_free(dx), lam_free(best),
		lam_free(gradient), lam_free(index);
}

/* The divisor of PyTorch's average: the number of the window's taps that are inside the padded
 * input or, with exclude_pad, inside the input. */
static double divisor_of(const struct lam_pool_geometry *g, struct place at)
{
	int64_t counted = 0;
	for (int64_t p = 0; p < g->kernel[0]; p++)
		for (int64_t q = 0; q < g->kernel[1]; q++) {
			const int64_t h = (int64_t)at.i * g->stride[0] - g->pad[0] + p,
				      w = (int64_t)at.j * g->stride[1] - g->pad[1] + q;
			const bool padded = h < g->in[0] + g->pad[0] && w < g->in[1] + g->pad[1];
			counted += g->exclude_pad ? tap_of(g, at, p, q) >= 0 : padded;
		}
	return (double)counted;
}

static void check_average(const struct lam_pool_geometry *g)
{
	const size_t in = inputs_of(g) * LAM_LANES, out = outputs_of(g) * LAM_LANES;
	lam_real *x = array_of(in, 1, -2, 2), *dy = array_of(out, 2, -1, 1),
		 *y = array_of(out, 3, 5, 6), *dx = array_of(in, 4, 5, 6);
	double *mean = lam_alloc(out, sizeof *mean), *gradient = lam_alloc(in, sizeof *gradient);
	for (size_t at = 0; at < out; at++) {
		const struct place place = place_of(g, at);
		const double divisor = divisor_of(g, place);
		for (int64_t p = 0; p < g->kernel[0]; p++)
			for (int64_t q = 0; q < g->kernel[1]; q++) {
				const int64_t tap = tap_of(g, place, p, q);
				if (tap < 0)
					continue;
				mean[at] += x[tap] / divisor;
				gradient[tap] += dy[at] / divisor;
			}
	}
	lam_kernel()->pool.average_forward(y, x, g);
	lam_kernel()->pool.average_backward(dx, dy, g);
	check_array("y", y, mean, out, TOLERANCE);
	check_array("dx", dx, gradient, in, TOLERANCE);
	lam_free(x), lam_free(dy), lam_free(y), lam_free(dx), lam_free(mean), lam_free(gradient);
}

static void check_geometry(struct lam_pool_geometry g, bool ceil_mode)
{
	if (!complete(&g, ceil_mode))
		return;
	test_begin("%dx%d kernel %dx%d stride %dx%d pad %dx%d dilation %dx%d%s%s", (int)g.in[0],
		(int)g.in[1], (int)g.kernel[0], (int)g.kernel[1], (int)g.stride[0],
		(int)g.stride[1], (int)g.pad[0], (int)g.pad[1], (int)g.dilation[0],
		(int)g.dilation[1], ceil_mode ? " ceil" : "", g.exclude_pad ? " exclude" : "");
	check_max(&g);
	if (g.dilation[0] == 1 && g.dilation[1] == 1)
		check_average(&g);
	test_end();
}

static void windows_of_all_kinds(void)
{
	static const struct lam_pool_geometry table[] = {
		{2, {4, 6}, {0}, {2, 2}, {2, 2}, {0, 0}, .dilation = {1, 1}},
		{2, {5, 7}, {0}, {2, 2}, {2, 2}, {0, 0},
			.dilation = {1, 1}}, /* a row and a column in no window */
		{2, {5, 7}, {0}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, .exclude_pad = true},
		{1, {1, 9}, {0}, {1, 2}, {1, 2}, {0, 0}, .dilation = {1, 1}},
		{1, {1, 9}, {0}, {1, 3}, {1, 2}, {0, 1}, {1, 1}, .exclude_pad = true},
		{1, {1, 1}, {0}, {1, 1}, {1, 1}, {0, 0}, .dilation = {1, 1}},
		{3, {6, 6}, {0}, {3, 3}, {3, 3}, {0, 0}, .dilation = {1, 1}},
		{2, {7, 7}, {0}, {3, 3}, {2, 2}, {1, 1}, .dilation = {1, 1}},
		{2, {7, 7}, {0}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, .exclude_pad = true},
		{1, {8, 5}, {0}, {2, 3}, {4, 1}, {0, 1},
			.dilation = {1, 1}}, /* stride beyond the kernel */
		{1, {9, 9}, {0}, {3, 2}, {2, 1}, {1, 1}, .dilation = {2, 3}},
		{1, {1, 1}, {0}, {2, 2}, {1, 1}, {1, 1}, .dilation = {2, 2}}, /* no tap inside */
		{1, {17, 17}, {0}, {17, 16}, {1, 1}, {0, 0},
			.dilation = {1, 1}}, /* 16-bit indices */
		{1, {257, 256}, {0}, {257, 256}, {1, 1}, {0, 0}, .dilation = {1, 1}}, /* 32-bit */
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (int ceil_mode = 0; ceil_mode < 2; ceil_mode++)
			check_geometry(table[i], ceil_mode);
}

static int64_t draw(uint64_t *counter, int64_t low, int64_t high)
{
	return low + (int64_t)lam_random_below(77, (*counter)++, (uint64_t)(high - low + 1));
}

static void windows_at_random(void)
{
	uint64_t counter = 0;
	for (int round = 0; round < 60; round++) {
		struct lam_pool_geometry g = {.channels = draw(&counter, 1, 3)};
		for (int axis = 0; axis < 2; axis++) {
			g.in[axis] = draw(&counter, 1, 10);
			g.kernel[axis] = draw(&counter, 1, 4);
			g.stride[axis] = draw(&counter, 1, 4);
			g.pad[axis] = draw(&counter, 0, g.kernel[axis] / 2);
			g.dilation[axis] = round % 3 ? 1 : draw(&counter, 1, 3);
		}
		g.exclude_pad = round % 2;
		check_geometry(g, round % 4 > 1);
	}
}

/* The share of input `at` of an axis in output `to` of adaptive windows. */
static double share_of(const struct lam_pool_geometry *g, int axis, int64_t at, int64_t to)
{
	const int64_t in = g->in[axis], out = g->out[axis], low = to * in / out,
		      high = ((to + 1) * in + out - 1) / out;
	return at >= low && at < high ? 1 / (double)(high - low) : 0;
}

static void check_adaptive(const struct lam_pool_geometry *g)
{
	const size_t in = inputs_of(g) * LAM_LANES, out = outputs_of(g) * LAM_LANES;
	lam_real *x = array_of(in, 1, -2, 2), *dy = array_of(out, 2, -1, 1),
		 *y = array_of(out, 3, 5, 6), *dx = array_of(in, 4, 5, 6);
	double *mean = lam_alloc(out, sizeof *mean), *gradient = lam_alloc(in, sizeof *gradient);
	for (size_t at = 0; at < out; at++) {
		const struct place place = place_of(g, at);
		for (int64_t p = 0; p < g->in[0] * g->in[1]; p++) {
			const int64_t h = p / g->in[1], w = p % g->in[1];
			const double share = share_of(g, 0, h, (int64_t)place.i)
				* share_of(g, 1, w, (int64_t)place.j);
			const size_t tap = (place.channel * (size_t)(g->in[0] * g->in[1])
						   + (size_t)p)
					* LAM_LANES
				+ place.lane;
			mean[at] += share * x[tap];
			gradient[tap] += share * dy[at];
		}
	}
	lam_kernel()->pool.average_forward(y, x, g);
	lam_kernel()->pool.average_backward(dx, dy, g);
	check_array("y", y, mean, out, TOLERANCE);
	check_array("dx", dx, gradient, in, TOLERANCE);
	lam_free(x), lam_free(dy), lam_free(y), lam_free(dx), lam_free(mean), lam_free(gradient);
}

static void adaptive_windows(void)
{
	for (int64_t in = 1; in < 8; in++)
		for (int64_t out = 1; out < 10; out++)
			check_adaptive(&(struct lam_pool_geometry){.channels = 2,
				.in = {in, 8 - in},
				.out = {out, 3},
				.kernel = {1, 1},
				.stride = {1, 1},
				.dilation = {1, 1},
				.exclude_pad = true,
				.adaptive = true});
}

static void global_average_is_the_mean(void)
{
	for (size_t plane = 1; plane < 12; plane++) {
		enum { CHANNELS = 3 };
		const size_t count = CHANNELS * plane * LAM_LANES;
		lam_real *x = array_of(count, 1, -1, 1), y[CHANNELS * LAM_LANES];
		double mean[CHANNELS * LAM_LANES] = {0};
		for (size_t i = 0; i < count; i++)
			mean[i / (plane * LAM_LANES) * LAM_LANES + i % LAM_LANES] += (double)x[i]
				/ (double)plane;
		lam_kernel()->pool.global_average_forward(y, x, CHANNELS, plane);
		check_array("y", y, mean, CHANNELS * LAM_LANES, TOLERANCE);
		lam_kernel()->pool.global_average_backward(x, y, CHANNELS, plane);
		for (size_t i = 0; i < count; i++)
			check_near(x[i],
				y[i / (plane * LAM_LANES) * LAM_LANES + i % LAM_LANES]
					/ (double)plane,
				TOLERANCE);
		lam_free(x);
	}
}

static void padding_and_cropping(void)
{
	static const struct lam_pad_geometry table[] = {
		{2, 3, 4, 1, 2, 3, 0}, {2, 3, 4, 0, 0, 0, 0}, {2, 5, 6, -1, 2, -2, 1},
		{1, 5, 6, -2, -3, -1, -3}, {1, 1, 1, 4, 0, 0, 4}, {1, 2, 3, -5, 4, 0, 0},
		{1, 2, 3, 5, -4, 3, -4}, /* completely cropped, then padded */
	};
	for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
		const struct lam_pad_geometry g = table[t];
		const int64_t height = g.height + g.top + g.bottom,
			      width = g.width + g.left + g.right;
		const size_t in = (size_t)(g.channels * g.height * g.width) * LAM_LANES;
		const size_t out = (size_t)(g.channels * height * width) * LAM_LANES;
		lam_real *x = array_of(in, 1, -1, 1), *y = array_of(out, 2, 5, 6),
			 *dx = array_of(in, 3, 5, 6);
		double *expected = lam_alloc(out, sizeof *expected),
		       *gradient = lam_alloc(in, sizeof *gradient);
		for (size_t at = 0; at < out; at++) {
			const int64_t o = (int64_t)at / LAM_LANES, c = o / (height * width);
			const int64_t h = o / width % height - g.top, w = o % width - g.left;
			if (h < 0 || h >= g.height || w < 0 || w >= g.width)
				continue;
			const size_t from = (size_t)((c * g.height + h) * g.width + w) * LAM_LANES
				+ at % LAM_LANES;
			expected[at] = x[from];
			gradient[from] = x[from];
		}
		test_begin("%dx%d by %d %d %d %d", (int)g.height, (int)g.width, (int)g.left,
			(int)g.right, (int)g.top, (int)g.bottom);
		lam_kernel()->pool.pad_forward(y, x, &g);
		check_array("y", y, expected, out, 0);
		lam_kernel()->pool.pad_backward(dx, y, &g);
		check_array("dx", dx, gradient, in, 0);
		test_end();
		lam_free(x), lam_free(y), lam_free(dx), lam_free(expected), lam_free(gradient);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(windows_of_all_kinds),
		TEST(windows_at_random),
		TEST(adaptive_windows),
		TEST(global_average_is_the_mean),
		TEST(padding_and_cropping),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
