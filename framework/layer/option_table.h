/* SPDX-License-Identifier: MIT */
/* Option tables at work: of layers, optimizers and schedules. Private to the framework. */
#ifndef LAM_OPTION_TABLE_H
#define LAM_OPTION_TABLE_H

#include "framework/option.h"
#include "framework/status.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Fills in what was left out of the options at the start of `state` and refuses what makes no
 * sense. The sentence names the option, not the layer. */
lam_status lam_options_resolve(const lam_option *options, void *state);

/* Whether the option stands at what a zero would have become. */
bool lam_option_is_default(const lam_option *option, const void *state);

/* The first row whose numbers have no range to lie in, or NULL: its .most was forgotten. */
const lam_option *lam_option_without_range(const lam_option *options);

/* A constructor that gives a plain value, an optimizer or a schedule, which has a member for each
 * of the options. */
typedef struct lam_value_constructor {
	const char *name;          /* "adam": begins the sentences */
	const lam_option *options; /* offsets in the options struct; NULL: none */
	size_t size;               /* of the options struct */
	const struct lam_member *members;
} lam_value_constructor;

/* A member of such a value, of the type and under the name of the option. Lists end with a member
 * whose name is NULL. */
typedef struct lam_member {
	const char *name;
	size_t offset; /* in the value */
} lam_member;

/* From options as the caller gave them to the members of `value`: defaults filled in, ranges
 * checked. `options` is changed. */
lam_status lam_value_construct(
	const lam_value_constructor *constructor, void *options, void *value);

/* Whether members that may have been edited since still lie in the range of their option. */
lam_status lam_value_check(const lam_value_constructor *constructor, const void *value);

#pragma GCC visibility pop
#endif
