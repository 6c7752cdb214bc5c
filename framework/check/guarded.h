/* SPDX-License-Identifier: MIT */
/* Arrays with guard zones around each part, so that a check sees what a layer writes or reads
 * beyond its end. Private to the framework. */
#ifndef LAM_GUARDED_H
#define LAM_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* In memory: zone, part 0, zone, part 1, ..., zone. Parts begin at multiples of LAM_ALIGN. */
typedef struct lam_guarded {
	unsigned char *memory;
	int64_t parts;
	size_t bytes, zone; /* of each part, and of each zone at least */
} lam_guarded;

/* The bytes of a pattern: as numbers it is NaN, or 0. */
enum { LAM_PATTERN_NAN = 0xff, LAM_PATTERN_ZERO = 0 };

/* Allocates parts and zones, all of them 0. On failure false, and a sentence is set. */
bool lam_guarded_make(lam_guarded *g, int64_t parts, size_t bytes, size_t zone);
void lam_guarded_free(lam_guarded *g);

void *lam_guarded_part(const lam_guarded *g, int64_t part);

/* The bytes from one part to the next. */
size_t lam_guarded_stride(const lam_guarded *g);

/* Fills all parts, or all zones, with a pattern. */
void lam_guarded_fill(const lam_guarded *g, int pattern);
void lam_guarded_arm(const lam_guarded *g, int pattern);

/* Whether all zones still have the pattern that they were filled with. */
bool lam_guarded_intact(const lam_guarded *g, int pattern);

#pragma GCC visibility pop
#endif
