/* SPDX-License-Identifier: MIT */
/* The upsampling kernels agree with their formulas in double, by every output's own place, and
 * write no more than their arrays. */
#include "tests/kernels/arrays.h"

static const struct lam_upsample_geometry geometries[] = {
	{1, {1, 1}, {1, 1}, false},
	{2, {1, 7}, {1, 4}, false},
	{3, {4, 5}, {2, 2}, false},
	{2, {3, 1}, {3, 5}, true},
	{2, {5, 4}, {3, 2}, true},
	{1, {2, 9}, {4, 3}, true},
};
enum { GEOMETRIES = sizeof geometries / sizeof *geometries };

/* The weight of input k in output i. */
static double weight(
	const struct lam_upsample_geometry *g, int side, bool linear, int64_t i, int64_t k)
{
	const double in = (double)g->in[side], scale = (double)g->scale[side];
	if (!linear)
		return i / g->scale[side] == k;
	const double place = g->align_corners && in > 1
		? (double)i * (in - 1) / (in * scale - 1)
		: fmin(fmax(((double)i + 0.5) / scale - 0.5, 0), in - 1);
	return fmax(1 - fabs(place - (double)k), 0);
}

/* Adds every input's part of every output to `to`: the outputs, or backward the inputs. */
static void add_parts(double *to, const lam_real *from, const struct lam_upsample_geometry *g,
	bool linear, bool backward)
{
	const int64_t rows = g->in[0], columns = g->in[1], height = rows * g->scale[0],
		      width = columns * g->scale[1];
	for (int64_t y = 0; y < g->channels * height * width; y++)
		for (int64_t p = 0; p < rows * columns; p++) {
			const double part = weight(g, 0, linear, y / width % height, p / columns)
				* weight(g, 1, linear, y % width, p % columns);
			const int64_t x = y / (height * width) * rows * columns + p;
			for (int64_t l = 0; part != 0 && l < LAM_LANES; l++)
				to[(backward ? x : y) * LAM_LANES + l] += part
					* from[(backward ? y : x) * LAM_LANES + l];
		}
}

static void check_geometry(const struct lam_upsample_geometry *g, bool linear, bool backward)
{
	const struct lam_upsample_kernels *upsample = &lam_kernel()->upsample;
	const size_t in = (size_t)(g->channels * g->in[0] * g->in[1]) * LAM_LANES,
		     out = in * (size_t)(g->scale[0] * g->scale[1]), count = backward ? in : out;
	lam_real *from = array_of(backward ? out : in, 1, -1, 1),
		 *to = array_of(count + 1, 2, 5, 6);
	const lam_real guard = to[count];
	void *scratch = lam_alloc((size_t)lam_upsample_scratch(g), 1);
	double *expected = calloc(count, sizeof *expected);
	require(from && to && scratch && expected, "no memory");
	add_parts(expected, from, g, linear, backward);
	if (linear)
		(backward ? upsample->linear_backward : upsample->linear_forward)(
			to, from, g, scratch);
	else
		(backward ? upsample->nearest_backward : upsample->nearest_forward)(to, from, g);
	check_array(backward ? "dx" : "y", to, expected, count, TOLERANCE);
	check(to[count] == guard);
	lam_free(from), lam_free(to), lam_free(scratch);
	free(expected);
}

static void planes_grow(void)
{
	for (int i = 0; i < GEOMETRIES; i++)
		for (int linear = 0; linear < 2; linear++)
			check_geometry(&geometries[i], linear, false);
}

static void gradients_shrink(void)
{
	for (int i = 0; i < GEOMETRIES; i++)
		for (int linear = 0; linear < 2; linear++)
			check_geometry(&geometries[i], linear, true);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(planes_grow), TEST(gradients_shrink)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
