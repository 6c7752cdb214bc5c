/* SPDX-License-Identifier: MIT */
/* Shapes: which are valid, their counts of values, their texts. */
#include "framework/shape.h"

#include "framework/memory.h"
#include "tests/kit.h"

#include <inttypes.h>

static void macro_counts_its_arguments(void)
{
	check(LAM_SHAPE(7).rank == 1);
	check(LAM_SHAPE(3, 32).rank == 2);
	check(LAM_SHAPE(1, 28, 29).rank == 3 && LAM_SHAPE(1, 28, 29).dim[2] == 29);
	check(LAM_SHAPE(4, 3, 5, 6).rank == 4 && LAM_SHAPE(4, 3, 5, 6).dim[3] == 6);
	lam_shape five = LAM_SHAPE(1, 2, 3, 4, 5);
	check(!lam_shape_valid(&five), "five dimensions were accepted");
}

static void counts_values(void)
{
	static const struct {
		lam_shape shape;
		int64_t count;
	} rows[] = {
		{{1, {1}}, 1},
		{{3, {3, 32, 32}}, 3072},
		{{4, {2, 3, 4, 5}}, 120},
		{{2, {(int64_t)1 << 24, (int64_t)1 << 24}}, LAM_MAX_COUNT},
		{{0, {0}}, -1},
		{{5, {1, 1, 1, 1}}, -1},
		{{-1, {1}}, -1},
		{{2, {3, 0}}, -1},
		{{2, {-3, -3}}, -1},
		{{2, {((int64_t)1 << 24) + 1, (int64_t)1 << 24}}, -1},
		{{4, {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}}, -1},
		{{2, {(int64_t)1 << 32, (int64_t)1 << 32}}, -1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("row %zu, %s", i, lam_shape_text(rows[i].shape).text);
		int64_t count = lam_shape_count(&rows[i].shape);
		check(count == rows[i].count, "got %" PRId64 ", not %" PRId64, count,
			rows[i].count);
		check(lam_shape_valid(&rows[i].shape) == (rows[i].count > 0));
		test_end();
	}
	check(lam_shape_count(NULL) == -1);
}

static void compares(void)
{
	lam_shape a = LAM_SHAPE(3, 4), b = LAM_SHAPE(3, 4), c = LAM_SHAPE(3, 5),
		  d = LAM_SHAPE(3, 4, 1);
	check(lam_shape_equal(&a, &b));
	check(!lam_shape_equal(&a, &c));
	check(!lam_shape_equal(&a, &d));
	check(!lam_shape_equal(&a, NULL) && !lam_shape_equal(NULL, &a));
}

static void prints(void)
{
	check(strcmp(lam_shape_text(LAM_SHAPE(3, 32, 31)).text, "3x32x31") == 0);
	check(strcmp(lam_shape_text((lam_shape){0, {0}}).text, "(no shape)") == 0);
	/* The longest possible text must fit. */
	lam_shape_string longest = lam_shape_text(
		LAM_SHAPE(INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN));
	check(strlen(longest.text) == 4 * 20 + 3, "\"%s\"", longest.text);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(macro_counts_its_arguments),
		TEST(counts_values),
		TEST(compares),
		TEST(prints),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
