/* SPDX-License-Identifier: MIT */
/* lam_sort() sorts as qsort() does, for every order of the input. */
#include "framework/base/sort.h"

#include "tests/kit.h"

#include <stdlib.h>

enum { MOST = 300 };

static long compared;

static int by_value(const void *a, const void *b)
{
	compared++;
	int left = **(const int *const *)a, right = **(const int *const *)b;
	return left < right ? -1 : left > right;
}

/* Sorts `count` items of `kinds` different values, in an order that depends on `turn`. */
static void sort_one(int count, int kinds, int turn)
{
	int values[MOST], *ours[MOST], *theirs[MOST];
	for (int i = 0; i < count; i++) {
		values[i] = turn == 0 ? i % kinds
			: turn == 1   ? (count - i) % kinds
				      : (int)((unsigned)(i + turn) * 2654435761u >> 8) % kinds;
		ours[i] = theirs[i] = &values[i];
	}
	qsort(theirs, (size_t)count, sizeof *theirs, by_value);
	compared = 0;
	lam_sort(ours, (size_t)count, by_value);
	check(compared <= 2 * count * (log2(count + 1) + 1), "%ld comparisons for %d items",
		compared, count);
	bool there[MOST] = {false};
	for (int i = 0; i < count; i++) {
		check(*ours[i] == *theirs[i], "item %d of %d, %d kinds, turn %d", i, count, kinds,
			turn);
		there[ours[i] - values] = true;
	}
	for (int i = 0; i < count; i++)
		check(there[i], "item %d of %d is lost", i, count);
}

static void sorts(void)
{
	for (int count = 0; count <= MOST; count += count < 20 ? 1 : 35)
		for (int kinds = 1; kinds <= MOST; kinds = 3 * kinds + 1)
			for (int turn = 0; turn < 5; turn++)
				sort_one(count, kinds, turn);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(sorts)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
