/* SPDX-License-Identifier: MIT */
/* Augmentation: draws the move of a sample, and applies it. */
#include "framework/data/inside.h"

#include "framework/random.h"

#include <string.h>

/* Makes the keys of augmentation differ from the shuffle's and from those of layers. */
#define AUGMENT UINT64_C(0x6175676d656e74)

/* An integer in [-most, most] from a random word. */
static int64_t spread(uint32_t word, int most)
{
	return (int64_t)((uint64_t)word * (2 * (uint64_t)most + 1) >> 32) - most;
}

lam_move lam_augment_move(const lam_augment *augment, uint64_t seed, int64_t epoch, int64_t index)
{
	lam_random_words words = lam_random(
		lam_random_key(seed, (uint64_t)epoch, AUGMENT), (uint64_t)index, 0);
	return (lam_move){
		.dy = spread(words.word[0], augment->shift),
		.dx = spread(words.word[1], augment->shift),
		.flip = augment->flip && words.word[2] >> 31,
	};
}

/* to[x] = from[x - dx], or 0 where x - dx is outside the row. */
static void move_row(lam_real *to, const lam_real *from, int64_t width, int64_t dx)
{
	int64_t size = dx < 0 ? -dx : dx;
	if (size > width)
		size = width;
	lam_real *gap = dx < 0 ? to + width - size : to;
	memset(gap, 0, (size_t)size * sizeof *to);
	memcpy(dx < 0 ? to : to + size, dx < 0 ? from + size : from,
		(size_t)(width - size) * sizeof *to);
}

static void flip_row(lam_real *row, int64_t width)
{
	for (int64_t left = 0, right = width - 1; left < right; left++, right--) {
		lam_real value = row[left];
		row[left] = row[right];
		row[right] = value;
	}
}

void lam_augment_apply(lam_real *to, const lam_real *from, int64_t planes, int64_t height,
	int64_t width, lam_move move)
{
	for (int64_t p = 0; p < planes; p++)
		for (int64_t y = 0; y < height; y++) {
			lam_real *row = to + (p * height + y) * width;
			int64_t source = y - move.dy;
			if (source < 0 || source >= height) {
				memset(row, 0, (size_t)width * sizeof *row);
				continue;
			}
			move_row(row, from + (p * height + source) * width, width, move.dx);
			if (move.flip)
				flip_row(row, width);
		}
}
