/* SPDX-License-Identifier: MIT */
/* The files of an exported net. Private to exchange/c/. */
#ifndef LAM_C_WRITE_H
#define LAM_C_WRITE_H

#include "exchange/c/graph.h"

#pragma GCC visibility push(hidden)

/* What the files say of the net, beside its graph. */
typedef struct lam_c_file {
	const lam_export_c_options *options;
	const char *base;         /* of the path: "digits" for "nets/digits.c" */
	char upper[64];           /* the name in upper case */
	const char *architecture; /* NULL: it has no text */
	char sha256[65];
	lam_real *const *outputs; /* of the sample that the test makes, one array for each output */
} lam_c_file;

/* Writes C file, header, and weights where they have a file of their own. */
lam_status lam_c_write(const lam_c_graph *graph, const lam_c_file *file);

/* Value `i` of the sample that the test makes: 24 bits of a generator of `state`. */
float lam_c_sample(uint32_t *state);

/* The text of the program that the file is with -DNAME_TEST. */
void lam_c_test_text(const lam_c_graph *graph, const lam_c_file *file, lam_c_text *text);

/* Bytes of what is read, and of the arena. */
int64_t lam_c_weight_bytes(const lam_c_graph *graph);
int64_t lam_c_arena_bytes(const lam_c_graph *graph);

/* Of a net of int8: the loss of accuracy as lines of a comment; arrays and the helper that scales
 * a sum (int8_text.c). */
void lam_c_int8_told(const struct lam_c_int8 *int8, lam_c_text *text);
void lam_c_int8_arrays(const lam_c_graph *graph, const char *upper, lam_c_text *text);

/* Values of the net's input or output `i`. */
static inline int64_t lam_c_end_values(const lam_c_graph *graph, lam_c_place place, int i)
{
	const lam_plan *plan = graph->plan;
	const int slot = place == LAM_C_INPUT ? i : plan->outputs[i].slot;
	return lam_shape_count(&plan->slots[slot].shape);
}

#pragma GCC visibility pop
#endif
