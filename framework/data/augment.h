/* SPDX-License-Identifier: MIT */
/* Moves, crops and cuts samples: what augmentation draws, and how it is applied. Private to the
 * framework. */
#ifndef LAM_DATA_AUGMENT_H
#define LAM_DATA_AUGMENT_H

#include "framework/augment.h"

#pragma GCC visibility push(hidden)

/* Planes of pixels that are moved alike, of lam_real or of int32_t classes. */
typedef struct lam_planes {
	int64_t planes, height, width;
	int64_t to_height, to_width; /* after the crop */
	int64_t cut;                 /* the side of the square of zeros; 0: none */
	bool classes;
	int32_t gap; /* the class where the move leaves a gap; reals are 0 there */
} lam_planes;

/* What .augment does to sample `index` of the data set in an epoch: it is moved down by dy and
 * right by dx, cropped at the top left corner, and flipped left to right. Then the square from
 * row cut_y and column cut_x on is set to zero. */
typedef struct lam_move {
	int64_t dy, dx;
	bool flip;
	int64_t cut_y, cut_x;
	bool reflect; /* pixels from outside are mirrored at the border; otherwise they are the gap
		       */
} lam_move;

/* `planes` has the sizes of a sample; NULL: nothing moves. */
lam_move lam_augment_move(const lam_augment *augment, const lam_planes *planes, uint64_t seed,
	int64_t epoch, int64_t index);

/* The move of evaluation, which takes the crop from the centre. */
lam_move lam_augment_centre(const lam_planes *planes);

/* Writes `from` [planes][height][width], moved, to `to` [planes][to_height][to_width]. */
void lam_augment_apply(void *to, const void *from, const lam_planes *planes, lam_move move);

/* The key of .function for a sample. */
uint64_t lam_augment_key(uint64_t seed, int64_t epoch, int64_t index);

/* Whether samples are moved, cropped or cut. */
bool lam_augment_moves(const lam_augment *augment);

/* Checks the options that need no sample. */
lam_status lam_augment_check(const lam_augment *augment);

/* Checks the options for samples of this shape, and sets *planes to what moves of a sample. */
lam_status lam_augment_samples(
	const lam_augment *augment, const lam_shape *shape, lam_planes *planes);

/* Sets *planes to what moves of a target; leaves it if nothing does. `ignored` is the class that
 * the loss ignores, or INT64_MIN: it fills gaps unless the data set has one of its own. */
lam_status lam_augment_targets(const lam_augment *augment, const lam_shape *sample,
	const lam_target_info *targets, int64_t ignored, lam_planes *planes);

/* The shape of a data set's field as a loader gives it: `info`, which is the field's, or that of
 * its numbers as the other type, cropped if the field moves. */
lam_shape lam_augment_shape(const lam_augment *augment, const lam_dataset *dataset, int field,
	const lam_target_info *info);

/* Whether a field is an input that moves: the only one, or an image or a signal. */
bool lam_augment_moves_input(const lam_dataset *dataset, int field);

/* The first such input; -1: there is none. */
int lam_augment_first(const lam_dataset *dataset);

#pragma GCC visibility pop
#endif
