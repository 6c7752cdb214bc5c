/* Numbers as text and back, the same in every locale. */
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

/* The shortest of "0.1", "0.10000000149" … that reads back as the same lam_real (up to 9 digits in
 * float, 17 in double); "nan", "inf", "-inf". */
lam_number_string lam_real_text(lam_real value);

/* The same for a double, whatever lam_real is. */
lam_number_string lam_double_text(double value);

/* Reads a whole string: an optional sign, digits with an optional point, an optional exponent; or
 * nan, inf. No spaces, no hexadecimal, no trailing text. False leaves *value alone; so does a
 * finite text whose value is too large for the type. */
bool lam_real_parse(const char *text, lam_real *value);
bool lam_double_parse(const char *text, double *value);

/* Reads a whole string: an optional minus, then digits; false when it is anything else or outside
 * of [least, most]. */
bool lam_integer_parse(const char *text, int64_t least, int64_t most, int64_t *value);

#pragma GCC visibility pop
#endif
