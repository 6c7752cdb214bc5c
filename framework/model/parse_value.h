/* SPDX-License-Identifier: MIT */
/* The values of options as an architecture text has them. Private to the framework. */
#ifndef LAM_PARSE_VALUE_H
#define LAM_PARSE_VALUE_H

#include "framework/option.h"
#include "framework/shape.h"

#pragma GCC visibility push(hidden)

/* Reads the option's value into the options struct at the start of `state`; false when the text is
 * none. */
bool lam_parse_value(const lam_option *option, const char *text, void *state);

enum { LAM_DESCRIPTION = 160 };

/* What lam_parse_value() takes, for a sentence. */
void lam_describe_value(const lam_option *option, char text[LAM_DESCRIPTION]);

/* "1x28x28". */
bool lam_parse_shape(const char *text, lam_shape *shape);

/* Early builds of 0.1.0 let one real stand beside a longer list of another option: it is written
 * out. */
void lam_repeat_single_reals(const lam_option *options, void *state);

#pragma GCC visibility pop
#endif
