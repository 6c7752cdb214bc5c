/* SPDX-License-Identifier: MIT */
/* Applying the option tables of layers, optimizers and schedules. Private to the framework. */
#ifndef LAM_OPTION_TABLE_H
#define LAM_OPTION_TABLE_H

#include "framework/option.h"
#include "framework/status.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Fills in the options at the start of `state` that were left out, and checks the others. An error
 * sentence names the option, not the layer. */
lam_status lam_options_resolve(const lam_option *options, void *state);

/* Checks that options which were resolved, and may have been edited, are still in their ranges. */
lam_status lam_options_check(const lam_option *options, const void *state);

/* Whether the option has the value that it would have if left out. */
bool lam_option_is_default(const lam_option *option, const void *state);

/* Copies the options, with their defaults filled in, from one state to another. Arrays are not
 * copied: lam_options_keep_arrays() on the new state does that. */
void lam_options_copy(const lam_option *options, void *to, const void *from);

/* Replaces the caller's arrays at the start of `state` by copies, which lam_options_free_arrays()
 * frees. On failure none of the caller's is left. */
lam_status lam_options_keep_arrays(const lam_option *options, void *state);
void lam_options_free_arrays(const lam_option *options, void *state);

/* The values of an ARRAY, and in *count how many; NULL: it was left out. */
const lam_real *lam_option_array(const lam_option *option, const void *state, int64_t *count);

/* The first row without a range because its .most was forgotten, or NULL. */
const lam_option *lam_option_without_range(const lam_option *options);

/* A constructor of a plain struct (a schedule), which has a member for each of the
 * options. */
typedef struct lam_value_constructor {
	const char *name;          /* "adam"; error sentences begin with it */
	const lam_option *options; /* with offsets in the options struct; NULL: none */
	size_t size;               /* of the options struct */
	const size_t *places;      /* of each row's member in the plain struct */
} lam_value_constructor;

/* Fills in the defaults of the caller's options, checks their ranges, and copies them to the
 * members of `value`. Changes `options`. */
lam_status lam_value_construct(
	const lam_value_constructor *constructor, void *options, void *value);

/* Checks that the members, which may have been edited, are in the ranges of their options. */
lam_status lam_value_check(const lam_value_constructor *constructor, const void *value);

#pragma GCC visibility pop
#endif
