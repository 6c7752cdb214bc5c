/* SPDX-License-Identifier: MIT */
/* The architecture of a net as text. Each layer is a line, and containers have braces:
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
 * Options have the form of their class's table, and are written only where they differ from the
 * default. Indentation is ignored. */
#ifndef LAM_ARCHITECTURE_H
#define LAM_ARCHITECTURE_H

#include "framework/files/npz.h"
#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The limits of a text, in writing and in reading. */
enum {
	LAM_ARCHITECTURE_BYTES = 1 << 22,
	/* containers are counted, unlike in LAM_MOST_LAYERS */
	LAM_ARCHITECTURE_LAYERS = 20000,
};

/* Writes the text, which the caller frees with lam_free(). NULL and a sentence when memory is
 * short, or with LAM_ERR_UNSUPPORTED when the text could not be read back: it exceeds the limits
 * above, or a user's class has an option, a choice or a role that is not a single word. */
char *lam_architecture_write(const lam_layer *model, lam_shape input);

/* Parses a text: returns the model, which the caller owns, and its input shape. On failure NULL and
 * a sentence that names the line. `classes` (may be NULL) are the user's classes, ending with NULL,
 * which take precedence over the built-in ones. `npz` is the file whose arrays the text names;
 * NULL: there are none. */
lam_layer *lam_architecture_parse(const char *text, const lam_layer_class *const *classes,
	const lam_npz *npz, lam_shape *input);

#pragma GCC visibility pop
#endif
