/* SPDX-License-Identifier: MIT */
/* The values of options in an architecture text. Private to the framework. */
#ifndef LAM_PARSE_VALUE_H
#define LAM_PARSE_VALUE_H

#include "framework/option.h"
#include "framework/shape.h"

#pragma GCC visibility push(hidden)

/* Parses the option's value into the options struct at the start of `state`; false when the text is
 * invalid. */
bool lam_parse_value(const lam_option *option, const char *text, void *state);

enum { LAM_DESCRIPTION = 160 };

/* Describes the values that lam_parse_value() accepts, for error sentences. */
void lam_describe_value(const lam_option *option, char text[LAM_DESCRIPTION]);

/* Parses a shape like "1x28x28". */
bool lam_parse_shape(const char *text, lam_shape *shape);

/* Repeats a single real to the length of another option's list, as early builds of 0.1.0 allowed
 * both beside each other. */
void lam_repeat_single_reals(const lam_option *options, void *state);

/* Whether the option has this name, or once had it. */
bool lam_option_named(const lam_option *option, const char *name);

#pragma GCC visibility pop
#endif
