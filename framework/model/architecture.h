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

/* The bounds of a text, which hold for writing as for reading. */
enum {
	LAM_ARCHITECTURE_BYTES = 1 << 22,
	/* with the containers, which a net does not count among its own */
	LAM_ARCHITECTURE_LAYERS = 20000,
};

/* The text; give it to lam_free(). NULL and a sentence when there is no memory, or
 * LAM_ERR_UNSUPPORTED when the text could not be read back: it would be larger than the bounds
 * above, or a class of the caller's has an option, a choice or a role that is no word. */
char *lam_architecture_write(const lam_layer *model, lam_shape input);

/* The model, to be owned by the caller, and its input shape; NULL and a sentence that names the
 * line. `classes`: layers of the caller's own, ending with NULL, looked at before the built-in
 * ones; may be NULL. */
lam_layer *lam_architecture_parse(
	const char *text, const lam_layer_class *const *classes, lam_shape *input);

#pragma GCC visibility pop
#endif
