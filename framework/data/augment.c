/* SPDX-License-Identifier: MIT */
/* Augmentation: draws the move of a sample, and applies it to the sample and to a target that lies
 * on its plane. */
#include "framework/data/inside.h"

#include "framework/net/targets.h"
#include "framework/random.h"

#include <inttypes.h>
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

/* to[y][x] = from[y - dy][x - dx], or *gap where that is outside; then each row is flipped if asked
 * for. `item` is the size of an element, a constant of each caller. */
static inline __attribute__((always_inline)) void move_planes(unsigned char *to,
	const unsigned char *from, const lam_planes *p, lam_move move, const void *gap, size_t item)
{
	const int64_t size = move.dx < 0 ? -move.dx : move.dx, width = p->width,
		      out = size < width ? size : width, kept = width - out;
	for (int64_t i = 0; i < p->planes * p->height; i++) {
		unsigned char *row = to + (size_t)(i * width) * item;
		const int64_t y = i % p->height - move.dy;
		const bool outside = y < 0 || y >= p->height;
		const int64_t first = outside || move.dx >= 0 ? 0 : kept,
			      gaps = outside ? width : out;
		for (int64_t x = first; x < first + gaps; x++)
			memcpy(row + (size_t)x * item, gap, item);
		if (outside)
			continue;
		memcpy(row + (size_t)(move.dx < 0 ? 0 : out) * item,
			from + (size_t)((i - move.dy) * width + (move.dx < 0 ? out : 0)) * item,
			(size_t)kept * item);
		if (move.flip)
			flip_row(row, width, item);
	}
}

void lam_augment_apply(void *to, const void *from, const lam_planes *planes, lam_move move)
{
	const lam_real zero = 0;
	if (planes->classes)
		move_planes(to, from, planes, move, &planes->gap, sizeof planes->gap);
	else
		move_planes(to, from, planes, move, &zero, sizeof zero);
}

lam_status lam_augment_samples(
	const lam_augment *augment, const lam_shape *shape, lam_planes *planes)
{
	const int rank = shape->rank;
	if (rank != 2 && rank != 3)
		return lam_fail(LAM_ERR_SHAPE,
			"augmenting samples of shape %s; expected signals [channels, length] or "
			"images [channels, height, width]",
			lam_shape_text(*shape).text);
	*planes = (lam_planes){
		.planes = shape->dim[0],
		.height = rank == 3 ? shape->dim[1] : 1,
		.width = shape->dim[rank - 1],
	};
	const int64_t least = rank == 3 && planes->height < planes->width ? planes->height
									  : planes->width;
	if (augment->shift >= 0 && augment->shift < least)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"augment: .shift is %d; expected 0 to below %" PRId64 ", for samples of shape %s",
		augment->shift, least, lam_shape_text(*shape).text);
}

/* Whether the last dimensions of the targets are those of the sample's plane. Values have a
 * dimension before them; classes may have one. */
static bool has_plane(const lam_target_info *targets, const lam_shape *sample)
{
	const int plane = sample->rank - 1, rank = targets->shape.rank;
	if (rank < plane || rank > sample->rank
		|| (targets->type == LAM_VALUES && rank < sample->rank))
		return false;
	for (int i = 1; i <= plane; i++)
		if (targets->shape.dim[rank - i] != sample->dim[sample->rank - i])
			return false;
	return true;
}

lam_status lam_augment_targets(const lam_augment *augment, const lam_shape *sample,
	const lam_target_info *targets, int64_t ignored, lam_planes *planes)
{
	const bool classes = targets->type == LAM_CLASSES;
	if (targets->type == LAM_INPUT || targets->shape.rank == 0)
		return LAM_OK;
	if (!has_plane(targets, sample))
		return !classes
			? LAM_OK
			: lam_fail(LAM_ERR_SHAPE,
				"augment: samples of shape %s have maps of classes of "
				"shape %s; expected a class at each place of the sample",
				lam_shape_text(*sample).text, lam_shape_text(targets->shape).text);
	const int64_t gap = targets->ignore ? lam_target_ignored(targets) : ignored,
		      height = sample->rank == 3 ? sample->dim[1] : 1,
		      width = sample->dim[sample->rank - 1];
	if (classes && augment->shift > 0 && gap == INT64_MIN)
		return lam_fail(LAM_ERR_ARGUMENT,
			"augment: .shift is %d, which leaves places of the maps of classes empty; "
			"expected an .ignore of the loss or the data set",
			augment->shift);
	*planes = (lam_planes){
		.planes = lam_target_values(targets) / (height * width),
		.height = height,
		.width = width,
		.classes = classes,
		.gap = (int32_t)gap,
	};
	return LAM_OK;
}
