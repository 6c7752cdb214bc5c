/* SPDX-License-Identifier: MIT */
/* Rows to lane blocks and back, for many numbers of features and rows, for rows with a stride and
 * any alignment, and for slices; and axes in another order. */
#include "tests/kernels/arrays.h"

static void rows_become_lanes_and_back(void)
{
	static const size_t features[] = {1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 33, 48, 100};
	for (size_t f = 0; f < sizeof features / sizeof *features; f++)
		for (int real = 1; real <= LAM_LANES; real++) {
			const size_t count = features[f], stride = count + f % 3,
				     rows = stride * LAM_LANES;
			lam_real *x = array_of(rows + 1, f, -1, 1),
				 *block = array_of(count * LAM_LANES + 1, 1, 5, 6);
			lam_real *back = array_of(rows + 1, 2, 5, 6),
				 *untouched = copy_of(back, rows + 1);
			const lam_real guard = block[count * LAM_LANES];
			lam_kernel()->transpose.rows_to_block(block, x + 1, stride, count, real);
			for (size_t i = 0; i < count * LAM_LANES; i++) {
				const size_t lane = i % LAM_LANES,
					     row = lane < (size_t)real ? lane : (size_t)real - 1;
				check(block[i] == x[1 + row * stride + i / LAM_LANES],
					"%zu features, %d rows, value %zu", count, real, i);
			}
			check(block[count * LAM_LANES] == guard);

			lam_kernel()->transpose.block_to_rows(back + 1, stride, block, count, real);
			for (size_t i = 0; i < rows; i++) {
				const bool written = i / stride < (size_t)real
					&& i % stride < count;
				check(back[1 + i] == (written ? x : untouched)[1 + i],
					"%zu features, %d rows, back %zu", count, real, i);
			}
			check(back[0] == untouched[0]);
			lam_free(x), lam_free(block), lam_free(back), lam_free(untouched);
		}
}

static void slices_are_parts_of_the_whole(void)
{
	enum { FEATURES = 53, CUT = 21, REAL = 11 };
	lam_real *x = array_of(FEATURES * REAL, 1, -1, 1),
		 *whole = array_of(FEATURES * LAM_LANES, 2, 0, 1);
	lam_real *parts = array_of(FEATURES * LAM_LANES, 3, 0, 1),
		 *back = array_of(FEATURES * REAL, 4, 0, 1);
	const struct lam_transpose_kernels *transpose = &lam_kernel()->transpose;
	transpose->rows_to_block(whole, x, FEATURES, FEATURES, REAL);
	transpose->rows_to_block(parts, x, FEATURES, CUT, REAL);
	transpose->rows_to_block(parts + CUT * LAM_LANES, x + CUT, FEATURES, FEATURES - CUT, REAL);
	check_same_bits("block", parts, whole, FEATURES * LAM_LANES);
	transpose->block_to_rows(
		back + CUT, FEATURES, whole + CUT * LAM_LANES, FEATURES - CUT, REAL);
	transpose->block_to_rows(back, FEATURES, whole, CUT, REAL);
	check_same_bits("rows", back, x, FEATURES * REAL);
	lam_free(x), lam_free(whole), lam_free(parts), lam_free(back);
}

/* Axes of several lengths in another order, of single values and of lane blocks. */
static void axes_change_places(void)
{
	static const struct lam_permutation permutations[] = {
		{{1, 1, 1, 1}, {0, 0, 0, 0}},
		{{3, 4, 2, 5}, {5, 30, 15, 1}},
		{{2, 1, 7, 3}, {21, 0, 1, 7}},
		{{5, 2, 4, 3}, {1, 60, 15, 5}},
	};
	for (size_t n = 0; n < sizeof permutations / sizeof *permutations; n++)
		for (int64_t width = 1; width <= LAM_LANES; width += LAM_LANES - 1) {
			const struct lam_permutation *p = &permutations[n];
			const int64_t *size = p->size, *step = p->step,
				      count = size[0] * size[1] * size[2] * size[3];
			lam_real *x = array_of((size_t)(count * width), n, -1, 1),
				 *y = array_of((size_t)(count * width) + 1, 1, 5, 6);
			const lam_real guard = y[count * width];
			lam_kernel()->transpose.permute(y, x, p, width);
			for (int64_t at = 0; at < count * width; at++) {
				int64_t rest = at / width, from = 0;
				for (int d = 3; d >= 0; d--) {
					from += rest % size[d] * step[d];
					rest /= size[d];
				}
				check(y[at] == x[from * width + at % width],
					"permutation %zu, width %d, value %d", n, (int)width,
					(int)at);
			}
			check(y[count * width] == guard);
			lam_free(x), lam_free(y);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(rows_become_lanes_and_back),
		TEST(slices_are_parts_of_the_whole),
		TEST(axes_change_places),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
