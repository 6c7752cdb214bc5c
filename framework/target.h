/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write losses and data sets, targets: what a loss compares a net's output with. Data
 * sets and losses describe them alike. */
#ifndef LAM_TARGET_H
#define LAM_TARGET_H

#include "option.h"
#include "real.h"
#include "shape.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The kinds of target. */
typedef enum lam_target_type {
	/** int32_t indices of classes, from 0: one per sample, or one per place of a map */
	LAM_CLASSES = 0,
	LAM_VALUES = 1, /**< lam_real values of a shape of their own, row-major */
	LAM_INPUT = 2,  /**< the sample itself (autoencoders): nothing is stored beside it */
} lam_target_type;

/** The targets of a data set, or those that a loss needs. */
typedef struct lam_target_info {
	lam_target_type type; /**< which kind */
	int64_t classes;      /**< LAM_CLASSES: their number (0: not known); otherwise 0 */
	/** of one sample's target. LAM_INPUT: the sample's shape; LAM_CLASSES: the map's shape,
	 * as [H, W], or rank 0 for one class per sample */
	lam_shape shape;
	/** if a loss needs LAM_VALUES: the range of each value; values outside are refused. If both
	 * are 0, any value is allowed. In a data set both are 0 */
	lam_real least, most;
	/** if a loss needs LAM_VALUES: NaN and infinities are refused. In a data set false */
	bool finite;
	/** LAM_CLASSES: targets of this class count neither in a loss nor in its score, and need
	 * not be below `classes`. 0: none; class 0 is said with LAM_ZERO; negative classes too */
	int32_t ignore;
	/** losses with LAM_CLASSES: [classes], at least 0, the weight of each class in the mean
	 * that the loss is (lam_pass.count); NULL: 1. Lives as long as the layer */
	const lam_real *weights;
} lam_target_info;

#ifndef __cplusplus
/** Chooses one of three expressions by the type of a pointer to targets: int32_t, lam_real, or
 * anything else that may point at one of these (void, char, an array of rows, a null pointer). A
 * pointer to another type of number, such as int64_t, does not compile. */
#define LAM_BY_TARGET_TYPE(targets, classes, values, untyped) \
	_Generic((targets), \
		int32_t *: classes, \
		const int32_t *: classes, \
		lam_real *: values, \
		const lam_real *: values, \
		LAM_NO_TARGETS(_Bool), \
		LAM_NO_TARGETS(signed char), \
		LAM_NO_TARGETS(unsigned char), \
		LAM_NO_TARGETS(short), \
		LAM_NO_TARGETS(unsigned short), \
		LAM_NO_TARGETS(unsigned), \
		LAM_NO_TARGETS(long), \
		LAM_NO_TARGETS(unsigned long), \
		LAM_NO_TARGETS(long long), \
		LAM_NO_TARGETS(unsigned long long), \
		LAM_NO_TARGETS(LAM_OTHER_REAL), \
		LAM_NO_TARGETS(long double), \
		default: untyped)
/* clang-format off */
#define LAM_NO_TARGETS(type) \
	type *: (lam_expected_int32_t_or_lam_real){0}, \
	const type *: (lam_expected_int32_t_or_lam_real){0}
/* clang-format on */
typedef struct lam_expected_int32_t_or_lam_real {
	int nothing; /**< unused: the name of the type is what the compiler shows */
} lam_expected_int32_t_or_lam_real;
/* LAM_IF_FIVE(typed, other, a, b, c, d, e) is typed(a, b, c, d, e). With 6 to 64 arguments it is
 * other(…): then the commas of a compound literal have split an argument. */
#define LAM_IF_FIVE(typed, other, ...) \
	LAM_CHOICE(__VA_ARGS__, LAM_8(other), LAM_8(other), LAM_8(other), LAM_8(other), \
		LAM_8(other), LAM_8(other), LAM_8(other), other, other, other, typed, typed, \
		typed, typed, typed, typed) \
	(__VA_ARGS__)
#define LAM_8(word) word, word, word, word, word, word, word, word
#define LAM_CHOICE(...) LAM_CHOICE_65(__VA_ARGS__)
#define LAM_CHOICE_65(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, \
	_18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, _33, _34, _35, \
	_36, _37, _38, _39, _40, _41, _42, _43, _44, _45, _46, _47, _48, _49, _50, _51, _52, _53, \
	_54, _55, _56, _57, _58, _59, _60, _61, _62, _63, _64, choice, ...) \
	choice
#ifdef LAM_DOUBLE
#define LAM_OTHER_REAL float
#else
#define LAM_OTHER_REAL double
#endif
#endif

#ifdef __cplusplus
}
#endif
#endif
