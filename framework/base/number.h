/* SPDX-License-Identifier: MIT */
/* Conversion between numbers and text, the same in every locale. */
#ifndef LAM_NUMBER_H
#define LAM_NUMBER_H

#include "framework/real.h"

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Room for any real or integer as text. */
enum { LAM_NUMBER_TEXT = 40 };

typedef struct lam_number_string {
	char text[LAM_NUMBER_TEXT];
} lam_number_string;

/* The shortest decimal text that reads back as the same lam_real ("0.1", not "0.10000000149"), of
 * at most 9 digits in float and 17 in double; or "nan", "inf", "-inf". */
lam_number_string lam_real_text(lam_real value);

/* As lam_real_text(), for a double, in both precisions. */
lam_number_string lam_double_text(double value);

/* As lam_real_text(), for a float, in both precisions. */
lam_number_string lam_float_text(float value);

/* Reads a whole string: an optional sign, digits with an optional point, an optional exponent; or
 * nan, inf. Spaces, hexadecimal and trailing text are refused, and so is a finite number too large
 * for lam_real. On false *value is unchanged. */
bool lam_real_parse(const char *text, lam_real *value);
bool lam_double_parse(const char *text, double *value);

/* Reads a whole string: an optional minus, then digits. False when it is anything else or the
 * number is outside [least, most]. */
bool lam_integer_parse(const char *text, int64_t least, int64_t most, int64_t *value);

#pragma GCC visibility pop
#endif
