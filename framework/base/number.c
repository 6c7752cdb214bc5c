/* SPDX-License-Identifier: MIT */
/* The C library prints and reads reals with the decimal point of the caller's locale, which this
 * library must not change. So that point is replaced by "." after printing, and "." by that point
 * before reading. */
#include "framework/base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 128 }; /* characters; a longer text is no number */

/* The decimal point of the locale: what the C library prints between the digits of "0.0". */
static void local_point(char point[16])
{
	char zero[32];
	int length = snprintf(zero, sizeof zero, "%.1f", 0.0);
	int bytes = length > 2 && length < 16 ? length - 2 : 0;
	memcpy(point, zero + 1, (size_t)bytes);
	point[bytes] = '\0';
}

/* Prints with `digits` significant digits and "." as decimal point. */
static void print(char text[LAM_NUMBER_TEXT], double value, int digits)
{
	char local[LAM_NUMBER_TEXT], point[16];
	snprintf(local, sizeof local, "%.*g", digits, value);
	local_point(point);
	const char *at = *point ? strstr(local, point) : NULL;
	if (at)
		snprintf(text, LAM_NUMBER_TEXT, "%.*s.%s", (int)(at - local), local,
			at + strlen(point));
	else
		snprintf(text, LAM_NUMBER_TEXT, "%s", local);
}

/* Prints nan, inf or -inf; false when `value` is finite. */
static bool print_special(char text[LAM_NUMBER_TEXT], double value)
{
	if (isfinite(value))
		return false;
	snprintf(text, LAM_NUMBER_TEXT, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
	return true;
}

lam_number_string lam_double_text(double value)
{
	lam_number_string out;
	if (print_special(out.text, value))
		return out;
	double back = 0;
	for (int digits = 15; digits <= 17; digits++) {
		print(out.text, value, digits);
		if (lam_double_parse(out.text, &back) && back == value)
			break;
	}
	return out;
}

lam_number_string lam_float_text(float value)
{
	lam_number_string out;
	if (print_special(out.text, (double)value))
		return out;
	double back = 0;
	for (int digits = 6; digits <= 9; digits++) {
		print(out.text, (double)value, digits);
		if (lam_double_parse(out.text, &back) && (float)back == value)
			break;
	}
	return out;
}

lam_number_string lam_real_text(lam_real value)
{
	return sizeof(lam_real) == sizeof(double) ? lam_double_text((double)value)
						  : lam_float_text((float)value);
}

static const char *skip_digits(const char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Whether the text is [sign] digits [. digits] [e [sign] digits] with at least one digit before the
 * exponent. *point is the address of the decimal point, or NULL. */
static bool is_real(const char *text, const char **point)
{
	const char *at = text + (*text == '-' || *text == '+');
	const char *end = skip_digits(at);
	long digits = end - at;
	*point = NULL;
	if (*end == '.') {
		*point = end;
		at = end + 1;
		end = skip_digits(at);
		digits += end - at;
	}
	if (digits == 0)
		return false;
	if (*end == 'e' || *end == 'E') {
		at = end + 1;
		at += *at == '-' || *at == '+';
		end = skip_digits(at);
		if (end == at)
			return false;
	}
	return *end == '\0';
}

static bool is_special(const char *text, double *value)
{
	static const struct {
		const char *word;
		double value;
	} words[] = {{"nan", NAN}, {"inf", INFINITY}, {"-inf", -INFINITY}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i].word) == 0) {
			*value = words[i].value;
			return true;
		}
	return false;
}

/* Copies the text with the locale's decimal point for "."; false when it is no number. */
static bool localize(const char *text, char local[LONGEST + 16])
{
	const char *dot;
	if (!text || strlen(text) >= LONGEST || !is_real(text, &dot))
		return false;
	char point[16];
	local_point(point);
	if (dot)
		snprintf(local, LONGEST + 16, "%.*s%s%s", (int)(dot - text), text, point, dot + 1);
	else
		snprintf(local, LONGEST + 16, "%s", text);
	return true;
}

bool lam_double_parse(const char *text, double *value)
{
	char local[LONGEST + 16];
	if (text && is_special(text, value))
		return true;
	if (!localize(text, local))
		return false;
	double number = strtod(local, NULL);
	if (!isfinite(number))
		return false;
	*value = number;
	return true;
}

bool lam_real_parse(const char *text, lam_real *value)
{
	char local[LONGEST + 16];
	double special;
	if (text && is_special(text, &special)) {
		*value = (lam_real)special;
		return true;
	}
	if (!localize(text, local))
		return false;
		/* strtod and a cast would round twice, and might miss the nearest float. */
#ifdef LAM_DOUBLE
	lam_real number = strtod(local, NULL);
#else
	lam_real number = strtof(local, NULL);
#endif
	if (!isfinite(number))
		return false;
	*value = number;
	return true;
}

bool lam_integer_parse(const char *text, int64_t least, int64_t most, int64_t *value)
{
	if (!text)
		return false;
	const char *digits = text + (*text == '-');
	if (*digits == '\0' || *skip_digits(digits) != '\0')
		return false;
	errno = 0;
	long long number = strtoll(text, NULL, 10);
	if (errno == ERANGE || number < least || number > most)
		return false;
	*value = number;
	return true;
}
