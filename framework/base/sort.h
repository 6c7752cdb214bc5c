/* SPDX-License-Identifier: MIT */
/* Sorting in place. The C library's qsort() may allocate memory without the caller's allocator.
 * Private to the framework. */
#ifndef LAM_SORT_H
#define LAM_SORT_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

/* Sorts `count` pointers so that order(&items[i], &items[i + 1]) <= 0, in at most about 2 n log2 n
 * comparisons. The sort is not stable. `items` is an array of pointers of any type; `order` is as
 * for qsort(). */
void lam_sort(void *items, size_t count, int (*order)(const void *a, const void *b));

#pragma GCC visibility pop
#endif
