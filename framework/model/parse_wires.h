/* SPDX-License-Identifier: MIT */
/* The children of a graph in an architecture text, which name what they read. Private to model/. */
#ifndef LAM_PARSE_WIRES_H
#define LAM_PARSE_WIRES_H

#include "framework/layer.h"

#pragma GCC visibility push(hidden)

/* The words from= and weight= of a child's line; NULL: it has none. */
struct lam_reads {
	const char *from, *weight;
	int line;
};

/* The member of `reads` that a word of a line means, "from" or "weight"; NULL: it is an option of
 * the class, or `reads` is NULL. */
const char **lam_reads_word(const lam_layer_class *c, struct lam_reads *reads, const char *word);

/* Makes a wired container; consumes children[count]. On failure *line becomes that of the child
 * that the sentence is about, if it is about one. */
lam_layer *lam_parse_wires(const lam_layer_class *c, const void *options,
	lam_layer *const *children, const struct lam_reads *reads, int count, int *line);

/* Checks a model against the line of its input. If it carries the shapes of several inputs, that is
 * the first; a single input may have another shape than the model carries. */
lam_status lam_check_model(const lam_layer *model, lam_shape input);

#pragma GCC visibility pop
#endif
