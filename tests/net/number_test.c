/* SPDX-License-Identifier: MIT */
/* Numbers as text: every real is read back with the same bits in every locale, and anything that is
 * no number is refused. */
#include "framework/base/number.h"

#include "tests/kit.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>

static bool comes_back(double value)
{
	double back = 0;
	const lam_number_string text = lam_double_text(value);
	return check(lam_double_parse(text.text, &back) && memcmp(&back, &value, sizeof back) == 0,
		"%.17g became \"%s\"", value, text.text);
}

static bool real_comes_back(lam_real value)
{
	lam_real back = 0;
	const lam_number_string text = lam_real_text(value);
	return check(lam_real_parse(text.text, &back) && memcmp(&back, &value, sizeof back) == 0,
		"%.17g became \"%s\"", (double)value, text.text);
}

/* Random bits: every exponent, subnormals too. */
static void reals_come_back(void)
{
	uint64_t bits = 12345;
	for (int i = 0; i < 20000; i++) {
		bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		double value;
		uint64_t mixed = bits ^ bits >> 29;
		memcpy(&value, &mixed, sizeof value);
		if (isfinite(value) && !comes_back(value))
			return;
		lam_real real;
		memcpy(&real, &mixed, sizeof real);
		if (isfinite((double)real) && !real_comes_back(real))
			return;
	}
	const double edges[] = {0, -0.0, 1, -1, 0.1, 1.0 / 3, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, 1e22,
		123456789, INFINITY, -INFINITY};
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		comes_back(edges[i]);
	const lam_real reals[] = {
		0, (lam_real)0.1, FLT_MAX, FLT_MIN, FLT_TRUE_MIN, (lam_real)INFINITY};
	for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
		real_comes_back(reals[i]);
}

static void text_is_short(void)
{
	check(strcmp(lam_real_text((lam_real)0.1).text, "0.1") == 0, "%s",
		lam_real_text((lam_real)0.1).text);
	check(strcmp(lam_real_text(3).text, "3") == 0);
	check(strcmp(lam_real_text((lam_real)1e-5).text, "1e-05") == 0);
	check(strcmp(lam_double_text(NAN).text, "nan") == 0);
	check(strcmp(lam_double_text(-NAN).text, "nan") == 0);
	check(strcmp(lam_double_text(-INFINITY).text, "-inf") == 0);
}

static void reals_are_read(void)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {{"1", 1}, {"-1.5", -1.5}, {"+2", 2}, {".5", 0.5}, {"5.", 5}, {"1e3", 1000},
		{"1E-2", 0.01}, {"-0", 0}, {"1e-999", 0}};
	static const char *const bad[] = {"", " 1", "1 ", "1,5", "0x10", "1e", "1e+", "e5", ".",
		"-", "--1", "1.2.3", "infinity", "NAN", "nan(1)", "1f", "1e999"};
	double value;
	lam_real real;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		check(lam_double_parse(good[i].text, &value) && value == good[i].value, "\"%s\"",
			good[i].text);
		check(lam_real_parse(good[i].text, &real) && real == (lam_real)good[i].value,
			"\"%s\"", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		value = 7;
		check(!lam_double_parse(bad[i], &value) && value == 7, "\"%s\"", bad[i]);
		check(!lam_real_parse(bad[i], &real), "\"%s\"", bad[i]);
	}
	check(!lam_double_parse(NULL, &value));
	char longest[300];
	memset(longest, '1', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	check(!lam_double_parse(longest, &value));
	check(lam_real_parse("1e39", &real) == (sizeof(lam_real) == sizeof(double)));
	check(lam_double_parse("nan", &value) && isnan(value));
}

static void integers_are_read(void)
{
	int64_t value = 0;
	check(lam_integer_parse("-12", -12, 12, &value) && value == -12);
	check(lam_integer_parse("9223372036854775807", INT64_MIN, INT64_MAX, &value)
		&& value == INT64_MAX);
	check(lam_integer_parse("-9223372036854775808", INT64_MIN, INT64_MAX, &value)
		&& value == INT64_MIN);
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "1.0", "0x1", "13", "-13", "99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check(!lam_integer_parse(bad[i], -12, 12, &value), "\"%s\"", bad[i]);
	check(!lam_integer_parse("9223372036854775808", INT64_MIN, INT64_MAX, &value));
	check(!lam_integer_parse(NULL, 0, 1, &value));
}

/* A locale whose decimal point is a comma. */
static void locale_does_not_matter(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
		"fr_FR.utf8", "de_DE", "ps_AF.UTF-8", "fa_IR.UTF-8"};
	bool found = false;
	for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
		found = setlocale(LC_NUMERIC, names[i]) != NULL
			&& strcmp(localeconv()->decimal_point, ".") != 0;
	if (!found) {
		test_skip("no locale with a decimal comma is installed");
		return;
	}
	check(strcmp(lam_double_text(1.5).text, "1.5") == 0, "%s", lam_double_text(1.5).text);
	comes_back(0.1);
	comes_back(-1.25e-300);
	real_comes_back((lam_real)0.3);
	double value;
	check(!lam_double_parse("1,5", &value));
	setlocale(LC_NUMERIC, "C");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(reals_come_back),
		TEST(text_is_short),
		TEST(reals_are_read),
		TEST(integers_are_read),
		TEST(locale_does_not_matter),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
