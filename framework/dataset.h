/* SPDX-License-Identifier: MIT */
/** \file
 * The data set: samples of one shape, each with a target, which are read by index. For a net of
 * several inputs or losses a sample has several fields, each with a name: the inputs, and the
 * targets of the losses.
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A data set; lam_dataset_free() frees it. */
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
	 * must not write to the state without a lock. Required by lam_dataset_new(). */
	lam_status (*read)(const lam_dataset *self, int64_t index, lam_real *x, void *target);
	/** Frees what the state owns, not the state itself; NULL: nothing. */
	void (*destroy)(lam_dataset *self);
	/** For lam_dataset_new_fields(), which needs it instead of `.read`: writes field i of
	 * sample `index` to to[i], as `.read` does with x and target. to[i] NULL: it is not wanted,
	 * or is LAM_ROLE_SAME. */
	lam_status (*read_fields)(const lam_dataset *self, int64_t index, void *const *to);
	/** Instead of `.read` and `.read_fields`, for a stream that can only be read in order, such
	 * as a pipe: writes the next sample, field i to to[i]; without names to[0] is x and to[1]
	 * the target. Called by one thread at a time, for a batch at once; it may write to the
	 * state. Needs LAM_ENDLESS. A loader reads one batch ahead of the step. Only one loader may
	 * use it, and a run that is trained on it cannot be resumed */
	lam_status (*next)(const lam_dataset *self, void *const *to);
} lam_dataset_class;

/** First in a class: `static const lam_dataset_class spiral_class = { LAM_DATASET_ABI, .kind =
 * "spiral", … }`. */
#define LAM_DATASET_ABI .abi = LAM_DATASET_ABI_NUMBER
#define LAM_DATASET_ABI_NUMBER (2u << 16 | (uint32_t)sizeof(lam_real))

/** The count of a stream: data whose length is not known. Its `.read` gets any index from 0 on, and
 * must be a function of it, so that a run can be resumed; or it has a `.next`. A loader and
 * lam_fit() need .steps_per_epoch for it, and take its samples in order. It cannot be evaluated. */
#define LAM_ENDLESS INT64_MAX

/** Makes a data set of `dataset_class` with a zeroed state, which the caller then fills in
 * (lam_dataset_state()). `count`, which may be LAM_ENDLESS, and the dimensions are at least 1.
 * LAM_CLASSES: `targets.classes` is the number of classes, or 0 if it is not known; `targets.shape`
 * is that of a map of classes, or has rank 0 for one per sample; `targets.ignore` is a class that
 * marks places, or samples, without one. LAM_VALUES needs `targets.shape`; LAM_INPUT uses `shape`.
 * NULL and a sentence on failure. */
LAM_MUST_CHECK lam_dataset *lam_dataset_new(const lam_dataset_class *dataset_class, int64_t count,
	lam_shape shape, lam_target_info targets);

/** What a field is to a net. */
typedef enum lam_role {
	LAM_ROLE_INPUT = 0, /**< an input: lam_real */
	LAM_ROLE_CLASSES,   /**< the targets of a loss: int32_t classes */
	LAM_ROLE_VALUES,    /**< the targets of a loss: lam_real */
	LAM_ROLE_SAME,      /**< the targets of a loss, which are an input (autoencoders) */
	/** the weights of the samples in a loss: one lam_real, finite and at least 0 (io.h) */
	LAM_ROLE_WEIGHTS,
} lam_role;

/** A field of a data set. A list of them ends with {0}, and has each name once. */
typedef struct lam_field {
	/** of the net's input or loss; copied. lam_net_input_name() and lam_net_loss_name() say
	 * which names a net has. LAM_ROLE_WEIGHTS: any; the data set calls the field by its loss,
	 * "kind.weights" */
	const char *name;
	/** for lam_dataset_fields(): [count][shape], row-major, int32_t for classes and else
	 * lam_real; NULL with LAM_ROLE_SAME; borrowed. Other functions do not read it */
	const void *data;
	lam_shape shape; /**< of one sample's; LAM_ROLE_CLASSES: of a map, or rank 0 for one class
			  * per sample; LAM_ROLE_SAME, LAM_ROLE_WEIGHTS: may be left out */
	lam_role role;   /**< what the field is for; default: an input */
	int64_t classes; /**< LAM_ROLE_CLASSES: their number; 0: not known */
	/** LAM_ROLE_CLASSES: the class that marks what does not count, as in lam_target_info */
	int32_t ignore;
	/** LAM_ROLE_SAME: the name of the input; LAM_ROLE_WEIGHTS: of the targets. Default: the
	 * first one */
	const char *of;
	bool still; /**< .augment does not move it, whatever its shape */
} lam_field;

/** As lam_dataset_new(), with several fields: at least one input, and any number of others. NULL
 * and a sentence on failure. */
LAM_MUST_CHECK lam_dataset *lam_dataset_new_fields(
	const lam_dataset_class *dataset_class, int64_t count, const lam_field *fields);

/** Frees the data set. NULL is allowed. */
void lam_dataset_free(lam_dataset *dataset);

/** The data set's own struct of state_size bytes, aligned for any type; NULL for NULL. */
void *lam_dataset_state(const lam_dataset *dataset);

/** The data set's class; NULL for NULL. */
const lam_dataset_class *lam_dataset_class_of(const lam_dataset *dataset);

/** The number of samples, or LAM_ENDLESS; 0 for NULL. */
int64_t lam_dataset_count(const lam_dataset *dataset);

/** The number of fields; 2 (samples and targets) if the data set was not made of fields; 0 for
 * NULL. */
int lam_dataset_field_count(const lam_dataset *dataset);

/** Field `i`, from 0, without its data; all 0 out of range. Samples and targets that have no name
 * are called "input" and "loss", and fit any net of one input and one loss. Strings are valid until
 * lam_dataset_free(). */
lam_field lam_dataset_field(const lam_dataset *dataset, int i);

/** The shape of one sample, of the first input; rank 0 for NULL. */
lam_shape lam_dataset_shape(const lam_dataset *dataset);

/** The data set's targets, the first ones; all 0 for NULL and if there are none. */
lam_target_info lam_dataset_targets(const lam_dataset *dataset);

/** Where the samples come from, for people to read: the path of their file. NULL if the data set
 * was made from arrays, or did not say. Valid until lam_dataset_free() or
 * lam_dataset_set_source(). */
const char *lam_dataset_source(const lam_dataset *dataset);

/** For a data set of one's own: copies `source` for lam_dataset_source(). Not for a data set that
 * another thread is using. */
LAM_MUST_CHECK lam_status lam_dataset_set_source(lam_dataset *dataset, const char *source);

/** For a data set of one's own: says that reading a sample takes little more than copying it. The
 * reading of other data sets may take any time, so a small net, too, uses all its threads. Not for
 * a data set that another thread is using. */
void lam_dataset_set_light(lam_dataset *dataset);

/** The name of a class of the targets, from 0; NULL if it has none. Valid until lam_dataset_free()
 * or lam_dataset_set_class_names(). lam_fit() gives the names to its net (lam_net_class_name()). */
const char *lam_dataset_class_name(const lam_dataset *dataset, int64_t class_index);

/** Copies the names of classes 0 to count - 1, each of 1 to 255 bytes of printable UTF-8, at most
 * 16 MiB together; count 0: takes them away. More names than classes are LAM_ERR_ARGUMENT. Not for
 * a data set that another thread is using. */
LAM_MUST_CHECK lam_status lam_dataset_set_class_names(
	lam_dataset *dataset, const char *const *names, int64_t count);

/** Reads sample `index` into `x` (lam_shape_count() values) and its target into `target`:
 * int32_t for LAM_CLASSES, one or as many as the targets' shape has places; for LAM_VALUES the
 * lam_real values of their shape. `target` NULL: it is
 * not wanted; with LAM_INPUT it is not used, as x is the target. Allocates nothing itself.
 * Thread-safe. LAM_ERR_ARGUMENT: no such sample, or a class outside 0 to classes - 1 that is not
 * ignored; a data set that was made of
 * fields. */
LAM_MUST_CHECK lam_status lam_dataset_read(
	const lam_dataset *dataset, int64_t index, lam_real *x, void *target);

/** Reads sample `index` of any data set: field i to to[i], as lam_dataset_read() does with x and
 * target. to[i] NULL: it is not wanted; with LAM_ROLE_SAME it is not used. Allocates nothing
 * itself. Thread-safe. Of a stream with `.next` both functions read the next sample, whatever the
 * index, and are for one thread at a time. */
LAM_MUST_CHECK lam_status lam_dataset_read_fields(
	const lam_dataset *dataset, int64_t index, void *const *to);

#ifdef __cplusplus
}
#endif
#endif
