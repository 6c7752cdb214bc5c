/* SPDX-License-Identifier: MIT */
/** \file
 * The data set: samples of one shape, each with a target, which are read by index.
 *
 * A class is static const data. Count, shape and targets are fixed when the data set is made. After
 * that a data set never changes, so several threads may read from it at once, even the same
 * sample. */
#ifndef LAM_DATASET_H
#define LAM_DATASET_H

#include "real.h"
#include "shape.h"
#include "status.h"
#include "target.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_dataset lam_dataset;

/** The vtable of a data set. A member left out (NULL, 0) has the stated meaning. */
typedef struct lam_dataset_class {
	uint32_t abi;      /**< set by LAM_DATASET_ABI, which comes first */
	const char *kind;  /**< one word, for messages: "mnist" */
	size_t state_size; /**< bytes of the data set's own struct */

	/** Writes sample `index` (0 to count - 1, checked by the caller) to `x`, row-major in the
	 * data set's shape. Writes its target to `target`: for LAM_CLASSES one int32_t, or one per
	 * place of the targets' shape, row-major; for LAM_VALUES the target's lam_real values.
	 * `target` NULL: it is not wanted, or is the input. Several threads call it at once, so it
	 * must not write to the state without a lock. Required. */
	lam_status (*read)(const lam_dataset *self, int64_t index, lam_real *x, void *target);
	/** Frees what the state owns, not the state itself; NULL: nothing. */
	void (*destroy)(lam_dataset *self);
} lam_dataset_class;

/** First in a class: `static const lam_dataset_class spiral_class = { LAM_DATASET_ABI, .kind =
 * "spiral", … }`. */
#define LAM_DATASET_ABI .abi = LAM_DATASET_ABI_NUMBER
#define LAM_DATASET_ABI_NUMBER (1u << 16 | (uint32_t)sizeof(lam_real))

/** Makes a data set of `dataset_class` with a zeroed state, which the caller then fills in
 * (lam_dataset_state()). `count` and the dimensions are at least 1. LAM_CLASSES: `targets.classes`
 * is the number of classes, or 0 if it is not known; `targets.shape` is that of a map of classes,
 * or has rank 0 for one per sample; `targets.ignore` is a class that marks places, or samples,
 * without one. LAM_VALUES needs `targets.shape`; LAM_INPUT
 * uses `shape`. NULL and a sentence on failure. */
LAM_MUST_CHECK lam_dataset *lam_dataset_new(const lam_dataset_class *dataset_class, int64_t count,
	lam_shape shape, lam_target_info targets);

/** Frees the data set. NULL is allowed. */
void lam_dataset_free(lam_dataset *dataset);

/** The data set's own struct of state_size bytes, aligned for any type; NULL for NULL. */
void *lam_dataset_state(const lam_dataset *dataset);

/** The data set's class; NULL for NULL. */
const lam_dataset_class *lam_dataset_class_of(const lam_dataset *dataset);

/** The number of samples; 0 for NULL. */
int64_t lam_dataset_count(const lam_dataset *dataset);

/** The shape of one sample; rank 0 for NULL. */
lam_shape lam_dataset_shape(const lam_dataset *dataset);

/** The data set's targets; all 0 for NULL. */
lam_target_info lam_dataset_targets(const lam_dataset *dataset);

/** Where the samples come from, for people to read: the path of their file. NULL if the data set
 * was made from arrays, or did not say. Valid until lam_dataset_free() or
 * lam_dataset_set_source(). */
const char *lam_dataset_source(const lam_dataset *dataset);

/** For a data set of one's own: copies `source` for lam_dataset_source(). Not for a data set that
 * another thread is using. */
LAM_MUST_CHECK lam_status lam_dataset_set_source(lam_dataset *dataset, const char *source);

/** Reads sample `index` into `x` (lam_shape_count() values) and its target into `target`:
 * int32_t for LAM_CLASSES, one or as many as the targets' shape has places; for LAM_VALUES the
 * lam_real values of their shape. `target` NULL: it is
 * not wanted; with LAM_INPUT it is not used, as x is the target. Allocates nothing itself.
 * Thread-safe. LAM_ERR_ARGUMENT: no such sample, or a class outside 0 to classes - 1 that is not
 * ignored. */
LAM_MUST_CHECK lam_status lam_dataset_read(
	const lam_dataset *dataset, int64_t index, lam_real *x, void *target);

#ifdef __cplusplus
}
#endif
#endif
