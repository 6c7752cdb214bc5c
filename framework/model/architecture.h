/* SPDX-License-Identifier: MIT */
/* The architecture of a net as text, and back. One layer a line, containers in braces:
 *
 *     lamina-architecture 1
 *     input 1x28x28
 *     sequential {
 *         conv2d out=32 kernel=3,3 name=conv1
 *         residual {
 *             body: relu
 *         }
 *         softmax_cross_entropy
 *     }
 *
 * Options stand as their class's table says and only where they differ from the default.
 * Indentation means nothing. */
#ifndef LAM_ARCHITECTURE_H
#define LAM_ARCHITECTURE_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The largest text that is read: far more than MAX_CALLS layers need. */
enum { LAM_ARCHITECTURE_BYTES = 1 << 22 };

/* The text; give it to lam_free(). NULL and a sentence when there is no memory. */
char *lam_architecture_write(const lam_layer *model, lam_shape input);

/* The model, to be owned by the caller, and its input shape; NULL and a sentence that names the
 * line. `classes`: layers of the caller's own, ending with NULL, looked at before the built-in
 * ones; may be NULL. */
lam_layer *lam_architecture_parse(
	const char *text, const lam_layer_class *const *classes, lam_shape *input);

#pragma GCC visibility pop
#endif
