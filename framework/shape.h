/* SPDX-License-Identifier: MIT */
/** \file
 * A shape: the rank and the dimensions of one sample, row-major; the batch is not part of it. */
#ifndef LAM_SHAPE_H
#define LAM_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LAM_MAX_RANK = 4 /**< the most dimensions of a shape */ };

/** A shape, passed by value. Images are C x H x W, signals C x L, feature vectors F; parameters
 * have PyTorch's shapes. Unused dimensions are 0. */
typedef struct lam_shape {
	int rank;                  /**< 1 to LAM_MAX_RANK */
	int64_t dim[LAM_MAX_RANK]; /**< each at least 1 */
} lam_shape;

/** LAM_SHAPE(1, 28, 28): a shape of one to four dimensions. More arguments give an invalid shape,
 * which every function refuses. */
#define LAM_SHAPE(...) LAM_SHAPE_PICK(__VA_ARGS__, 5, 4, 3, 2, 1, 0)(__VA_ARGS__)
#define LAM_SHAPE_PICK(a, b, c, d, e, rank, ...) LAM_SHAPE_##rank
#define LAM_SHAPE_1(a) lam_shape_of(1, a, 0, 0, 0)
#define LAM_SHAPE_2(a, b) lam_shape_of(2, a, b, 0, 0)
#define LAM_SHAPE_3(a, b, c) lam_shape_of(3, a, b, c, 0)
#define LAM_SHAPE_4(a, b, c, d) lam_shape_of(4, a, b, c, d)
#define LAM_SHAPE_5(a, b, c, d, e) lam_shape_of(5, a, b, c, d)

/** The shape of the first `rank` of four dimensions; LAM_SHAPE() calls it. */
static inline lam_shape lam_shape_of(int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
	lam_shape shape = {rank, {a, b, c, d}};
	return shape;
}

/** Whether rank and dimensions are legal and there are at most LAM_MAX_COUNT values. */
bool lam_shape_valid(const lam_shape *shape);

/** The product of the dimensions; -1 when the shape is not valid. */
int64_t lam_shape_count(const lam_shape *shape);

/** Whether rank and dimensions are equal; false when either is NULL. */
bool lam_shape_equal(const lam_shape *a, const lam_shape *b);

/** "3x32x32", returned by value, so that one printf may show several. */
typedef struct lam_shape_string {
	char text[96]; /**< ends with a zero byte */
} lam_shape_string;
lam_shape_string lam_shape_text(lam_shape shape);

#ifdef __cplusplus
}
#endif
#endif
