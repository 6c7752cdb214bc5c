/* SPDX-License-Identifier: MIT */
/* Augmentation: draws the move of a sample, and applies it to the sample and to a target that lies
 * on its plane. */
#include "framework/data/augment.h"

#include "framework/random.h"

#include <string.h>

/* Make the keys of augmentation differ from the shuffle's and from those of layers. */
#define AUGMENT UINT64_C(0x6175676d656e74)
#define ALTERNATE UINT64_C(0x616c7465726e)
#define FUNCTION UINT64_C(0x66756e6374)

/* An integer in 0 to count - 1 from a random word. */
static int64_t below(uint32_t word, int64_t count)
{
	return (int64_t)((uint64_t)word * (uint64_t)count >> 32);
}

/* An integer in [-most, most] from a random word. */
static int64_t spread(uint32_t word, int most)
{
	return below(word, 2 * (int64_t)most + 1) - most;
}

/* Whether a sample is flipped first is drawn once for all epochs. */
static bool alternates(uint64_t seed, int64_t epoch, int64_t index)
{
	const lam_random_words words = lam_random(
		lam_random_key(seed, 0, ALTERNATE), (uint64_t)index, 0);
	return ((words.word[0] >> 31) ^ ((uint64_t)epoch & 1)) != 0;
}

lam_move lam_augment_move(const lam_augment *augment, const lam_planes *planes, uint64_t seed,
	int64_t epoch, int64_t index)
{
	const uint64_t key = lam_random_key(seed, (uint64_t)epoch, AUGMENT);
	const lam_random_words words = lam_random(key, (uint64_t)index, 0);
	lam_move move = {
		/* a signal moves along its length alone */
		.dy = planes && planes->height == 1 ? 0 : spread(words.word[0], augment->shift),
		.dx = spread(words.word[1], augment->shift),
		.flip = augment->flip && words.word[2] >> 31,
		.reflect = augment->reflect,
	};
	if (augment->alternate)
		move.flip = alternates(seed, epoch, index);
	if (!planes || (!augment->crop[0] && !augment->cutout))
		return move;
	const lam_random_words more = lam_random(key, (uint64_t)index, 1);
	move.dy -= below(more.word[0], planes->height - planes->to_height + 1);
	move.dx -= below(more.word[1], planes->width - planes->to_width + 1);
	move.cut_y = below(more.word[2], planes->to_height) - planes->cut / 2;
	move.cut_x = below(more.word[3], planes->to_width) - planes->cut / 2;
	return move;
}

uint64_t lam_augment_key(uint64_t seed, int64_t epoch, int64_t index)
{
	const lam_random_words words = lam_random(
		lam_random_key(seed, (uint64_t)epoch, FUNCTION), (uint64_t)index, 0);
	return (uint64_t)words.word[1] << 32 | words.word[0];
}

lam_move lam_augment_centre(const lam_planes *planes)
{
	return (lam_move){
		.dy = -(planes->height - planes->to_height) / 2,
		.dx = -(planes->width - planes->to_width) / 2,
	};
}

static inline __attribute__((always_inline)) void flip_row(
	unsigned char *row, int64_t width, size_t item)
{
	for (int64_t left = 0, right = width - 1; left < right; left++, right--) {
		unsigned char value[sizeof(lam_real)];
		memcpy(value, row + (size_t)left * item, item);
		memcpy(row + (size_t)left * item, row + (size_t)right * item, item);
		memcpy(row + (size_t)right * item, value, item);
	}
}

static int64_t between(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* The place within 0 to count - 1 that place i lies at when it is mirrored at the border. */
static int64_t mirrored(int64_t i, int64_t count)
{
	return i < 0 ? -i : i >= count ? 2 * (count - 1) - i : i;
}

/* to[x] = from[x - dx] for x in [first, end), which are outside of `from`: mirrored or *gap. */
static inline __attribute__((always_inline)) void fill_gap(unsigned char *to,
	const unsigned char *from, int64_t width, lam_move move, int64_t first, int64_t end,
	const void *gap, size_t item)
{
	for (int64_t x = first; x < end; x++)
		memcpy(to + (size_t)x * item,
			from ? from + (size_t)mirrored(x - move.dx, width) * item : gap, item);
}

/* to[y][x] = from[y - dy][x - dx], or *gap where that is outside; then each row is flipped if asked
 * for. `item` is the size of an element, a constant of each caller. */
static inline __attribute__((always_inline)) void move_planes(unsigned char *to,
	const unsigned char *from, const lam_planes *p, lam_move move, const void *gap, size_t item)
{
	const int64_t width = p->to_width, first = between(move.dx, 0, width),
		      end = between(p->width + move.dx, first, width);
	for (int64_t i = 0; i < p->planes * p->to_height; i++) {
		unsigned char *row = to + (size_t)(i * width) * item;
		const int64_t y = i % p->to_height - move.dy;
		const bool outside = y < 0 || y >= p->height;
		if (outside && !move.reflect) {
			fill_gap(row, NULL, p->width, move, 0, width, gap, item);
			continue;
		}
		const unsigned char *line = from
			+ (size_t)((i / p->to_height * p->height + mirrored(y, p->height))
				  * p->width)
				* item;
		const unsigned char *beside = move.reflect ? line : NULL;
		if (first < end)
			memcpy(row + (size_t)first * item, line + (size_t)(first - move.dx) * item,
				(size_t)(end - first) * item);
		fill_gap(row, beside, p->width, move, 0, first, gap, item);
		fill_gap(row, beside, p->width, move, end, width, gap, item);
		if (move.flip)
			flip_row(row, width, item);
	}
}

/* Sets the square of a move to zero in all planes. */
static void cut(lam_real *to, const lam_planes *p, lam_move move)
{
	const int64_t top = between(move.cut_y, 0, p->to_height),
		      bottom = between(move.cut_y + p->cut, 0, p->to_height),
		      left = between(move.cut_x, 0, p->to_width),
		      right = between(move.cut_x + p->cut, 0, p->to_width);
	for (int64_t i = 0; i < p->planes; i++)
		for (int64_t y = top; y < bottom; y++)
			for (int64_t x = left; x < right; x++)
				to[(i * p->to_height + y) * p->to_width + x] = 0;
}

void lam_augment_apply(void *to, const void *from, const lam_planes *planes, lam_move move)
{
	const lam_real zero = 0;
	if (planes->classes)
		move_planes(to, from, planes, move, &planes->gap, sizeof planes->gap);
	else
		move_planes(to, from, planes, move, &zero, sizeof zero);
	if (planes->cut > 0)
		cut(to, planes, move);
}
