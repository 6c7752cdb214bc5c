/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write losses and data sets, targets: what a loss compares a net's output with. Data
 * sets and losses describe them alike. */
#ifndef LAM_TARGET_H
#define LAM_TARGET_H

#include "real.h"
#include "shape.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The kinds of target. */
typedef enum lam_target_type {
	LAM_CLASSES = 0, /**< one int32_t per sample: the index of its class, from 0 */
	LAM_VALUES = 1,  /**< lam_real values of a shape of their own, row-major */
	LAM_INPUT = 2,   /**< the sample itself (autoencoders): nothing is stored beside it */
} lam_target_type;

/** The targets of a data set, or those that a loss needs. */
typedef struct lam_target_info {
	lam_target_type type;
	int64_t classes; /**< LAM_CLASSES: their number (0: not known); otherwise 0 */
	/** of one sample's target. LAM_INPUT: the sample's shape; LAM_CLASSES: rank 0 */
	lam_shape shape;
	/** if a loss needs LAM_VALUES: the range of each value; values outside are refused. If both
	 * are 0, any value is allowed. In a data set both are 0 */
	lam_real least, most;
} lam_target_info;

#ifndef __cplusplus
/** Chooses one of three expressions by the type of a pointer to targets: int32_t, lam_real, or a
 * type that says nothing (void and char). Pointers to other types, such as int64_t, do not
 * compile. */
#define LAM_BY_TARGET_TYPE(targets, classes, values, untyped) \
	_Generic((targets), \
		int32_t *: classes, \
		const int32_t *: classes, \
		lam_real *: values, \
		const lam_real *: values, \
		char *: untyped, \
		const char *: untyped, \
		void *: untyped, \
		const void *: untyped)
#endif

#ifdef __cplusplus
}
#endif
#endif
