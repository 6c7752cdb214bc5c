/* SPDX-License-Identifier: MIT */
/* Heapsort (Williams 1964). The children of item i are the items 2 i + 1 and 2 i + 2; neither is
 * greater than item i. */
#include "framework/base/sort.h"

#include <string.h>

/* The items are pointers of a type that only `order` knows, so they are moved as bytes. */
enum { ITEM = sizeof(void *) };

static void swap(unsigned char *a, unsigned char *b)
{
	unsigned char held[ITEM];
	memcpy(held, a, ITEM);
	memcpy(a, b, ITEM);
	memcpy(b, held, ITEM);
}

/* Moves item `at` down until no child is greater. */
static void sink(
	unsigned char *items, size_t at, size_t count, int (*order)(const void *, const void *))
{
	for (size_t below; (below = 2 * at + 1) < count; at = below) {
		if (below + 1 < count
			&& order(items + below * ITEM, items + (below + 1) * ITEM) < 0)
			below++;
		if (order(items + at * ITEM, items + below * ITEM) >= 0)
			return;
		swap(items + at * ITEM, items + below * ITEM);
	}
}

void lam_sort(void *items, size_t count, int (*order)(const void *a, const void *b))
{
	unsigned char *bytes = items;
	for (size_t at = count / 2; at-- > 0;)
		sink(bytes, at, count, order);
	for (size_t last = count; last-- > 1;) {
		swap(bytes, bytes + last * ITEM);
		sink(bytes, 0, last, order);
	}
}
