/* SPDX-License-Identifier: MIT */
/* Options that are arrays, as entries of a file: "architecture/0", ... in the order in which the
 * text names them. Private to the framework. */
#ifndef LAM_MODEL_ARRAYS_H
#define LAM_MODEL_ARRAYS_H

#include "framework/files/npz.h"
#include "framework/layer.h"
#include "framework/plan/names.h"

#pragma GCC visibility push(hidden)

/* No parameter's name can begin with it. */
#define LAM_ARRAY_PREFIX LAM_ARCHITECTURE_ENTRY "/"

typedef struct lam_array_name {
	char text[40];
} lam_array_name;
lam_array_name lam_array_entry(int index);

/* Adds every array of the model. */
lam_status lam_add_arrays(lam_npz_writer *npz, const lam_layer *model);

/* LAM_ERR_ARGUMENT and a sentence unless the file's arrays are bit-identical to the model's arrays
 * of the same names. */
lam_status lam_same_arrays(const lam_npz *npz, const char *path, const lam_layer *model);

/* Reads the `count` values of entry `name`; free them with lam_free(). NULL and a sentence when
 * there is no such entry, or when it has another number of values. `npz` may be NULL: there is no
 * file. */
lam_real *lam_read_array(const lam_npz *npz, const char *name, int64_t count);

#pragma GCC visibility pop
#endif
