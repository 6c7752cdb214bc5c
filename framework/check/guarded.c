/* SPDX-License-Identifier: MIT */
#include "framework/check/guarded.h"

#include "framework/memory.h"

#include <string.h>

size_t lam_guarded_stride(const lam_guarded *g)
{
	return lam_size_align(g->bytes) + g->zone;
}

bool lam_guarded_make(lam_guarded *g, int64_t parts, size_t bytes, size_t zone)
{
	size_t all;
	*g = (lam_guarded){.parts = parts, .bytes = bytes, .zone = lam_size_align(zone)};
	if (!lam_size_multiply((size_t)parts + 1, lam_guarded_stride(g), &all))
		all = SIZE_MAX / 2;
	g->memory = lam_alloc(all, 1);
	return g->memory;
}

void lam_guarded_free(lam_guarded *g)
{
	lam_free(g->memory);
	g->memory = NULL;
}

void *lam_guarded_part(const lam_guarded *g, int64_t part)
{
	return g->memory + g->zone + (size_t)part * lam_guarded_stride(g);
}

/* The zone after part `part`; -1: the zone before the first one. */
static unsigned char *zone_after(const lam_guarded *g, int64_t part, size_t *bytes)
{
	if (part < 0) {
		*bytes = g->zone;
		return g->memory;
	}
	*bytes = lam_guarded_stride(g) - g->bytes;
	return (unsigned char *)lam_guarded_part(g, part) + g->bytes;
}

void lam_guarded_fill(const lam_guarded *g, int pattern)
{
	for (int64_t p = 0; p < g->parts; p++)
		memset(lam_guarded_part(g, p), pattern, g->bytes);
}

void lam_guarded_arm(const lam_guarded *g, int pattern)
{
	for (int64_t p = -1; p < g->parts; p++) {
		size_t bytes;
		unsigned char *zone = zone_after(g, p, &bytes);
		memset(zone, pattern, bytes);
	}
}

bool lam_guarded_intact(const lam_guarded *g, int pattern)
{
	for (int64_t p = -1; p < g->parts; p++) {
		size_t bytes;
		const unsigned char *zone = zone_after(g, p, &bytes);
		if (bytes && (*zone != pattern || memcmp(zone, zone + 1, bytes - 1) != 0))
			return false;
	}
	return true;
}
