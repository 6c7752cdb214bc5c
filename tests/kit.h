/* SPDX-License-Identifier: MIT */
/* The test kit: one header, no library. It prints one line per case,
 *
 *     ok    name
 *     FAIL  name            (after the places and values that failed)
 *     skip  name: reason
 *
 * which build-aux/total adds up over all programs. It exits with Automake's codes: 0 all passed, 1
 * a case failed, 77 every case was skipped, 99 the program itself failed. A test program is
 *
 *     static void counts_values(void)
 *     {
 *             check(lam_shape_count(&shape) == 6, "got %" PRId64, lam_shape_count(&shape));
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *             static const struct test tests[] = {TEST(counts_values), TEST(…)};
 *             return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
 *     }
 *
 * and `shape_test counts_values` runs only that case. A function with a table opens a case for each
 * row: test_begin("3x3, stride %d", stride) ... test_end(). Only the main thread may make checks.
 */
#ifndef LAM_TEST_KIT_H
#define LAM_TEST_KIT_H

#include "framework/memory.h"
#include "framework/real.h"
#include "framework/status.h"
#include "framework/threads/region.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { TEST_PASS = 0, TEST_FAIL = 1, TEST_SKIP = 77, TEST_ERROR = 99 };
enum { TEST_SHOWN = 10 }; /* failures printed for each case; the rest are only counted */

struct test {
	const char *name;
	void (*run)(void);
};
#define TEST(function) \
	{ \
#function, function \
	}

/* The results so far; one object per program, since each includes this header once. */
static struct {
	int passed, failed, skipped; /* cases */
	bool open, skip;             /* a row's case is open; it was skipped */
	int failures, rows;          /* of the open case; rows opened by the running function */
	char name[160];              /* of the open case */
	const char *function;
} kit;

#define KIT_UNUSED __attribute__((unused))

/* Options for the address sanitizer: it returns NULL for sizes that no machine has, as the system's
 * allocator does, instead of aborting. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Tests use all the threads that they ask for, whatever the machine and however small the net: the
 * linker takes these two instead of the library's. A program that tests those defines
 * TEST_LIBRARY_THREADS. */
#ifndef TEST_LIBRARY_THREADS
int lam_processors(void)
{
	return 1 << 20;
}

int lam_region_worth(double operations, int phases, int64_t units)
{
	(void)operations;
	(void)phases;
	(void)units;
	return 1 << 20;
}
#endif

/* An allocator that fills memory with NaN, so that tests notice a value that is read before it is
 * written. */
static void *kit_allocate(void *data, size_t align, size_t bytes)
{
	void *memory = NULL;
	(void)data;
	return posix_memalign(&memory, align, bytes) ? NULL : memset(memory, 0xff, bytes);
}

static void kit_release(void *data, void *memory)
{
	(void)data;
	free(memory);
}

/* The number of random cases to run: `count`, or $LAMINA_TEST_SHARE percent of it, but at least
 * one. For tools that make tests slow (valgrind, an emulator). */
KIT_UNUSED static int test_share(int count)
{
	const char *share = getenv("LAMINA_TEST_SHARE");
	int wanted = share ? (int)((long long)count * atoi(share) / 100) : count;

	return wanted < 1 ? 1 : wanted < count ? wanted : count;
}

/* check(condition) or check(condition, "got %d", n): records a failure and goes on. Its value is
 * the condition's. */
#define check(condition, ...) \
	kit_check((condition), __FILE__, __LINE__, #condition, " " __VA_ARGS__)

/* As check(), but returns from the function (which must be void) when the condition fails. */
#define require(...) \
	do { \
		if (!check(__VA_ARGS__)) \
			return; \
	} while (0)

/* Checks that the call returns LAM_OK; a failure shows lam_error(). */
#define check_ok(call) kit_check_ok((call), __FILE__, __LINE__, #call)

/* Checks that the call returns `status` and that lam_error() contains `words`. `words` NULL: there
 * must be a sentence. */
#define check_fails(call, status, words) \
	kit_check_fails((call), (status), (words), __FILE__, __LINE__, #call)

/* Checks |actual - expected| <= tolerance. NaN equals only NaN, infinity only itself. */
#define check_near(actual, expected, tolerance) \
	kit_check_near((actual), (expected), (tolerance), __FILE__, __LINE__, #actual)

KIT_UNUSED __attribute__((format(printf, 5, 6))) static bool kit_check(
	bool passed, const char *file, int line, const char *text, const char *format, ...)
{
	if (passed || kit.failures++ >= TEST_SHOWN)
		return passed;
	printf("%s:%d: %s:", file, line, text);
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	return false;
}

KIT_UNUSED static bool kit_check_ok(lam_status status, const char *file, int line, const char *text)
{
	return kit_check(status == LAM_OK, file, line, text, " is %s: %s", lam_status_text(status),
		lam_error());
}

KIT_UNUSED static bool kit_check_fails(lam_status status, lam_status expected, const char *words,
	const char *file, int line, const char *text)
{
	return kit_check(status == expected, file, line, text, " is %s, not %s: %s",
		       lam_status_text(status), lam_status_text(expected), lam_error())
		&& kit_check(*lam_error() && (!words || strstr(lam_error(), words)), file, line,
			text, " says \"%s\", not \"%s\"", lam_error(),
			words ? words : "(any sentence)");
}

KIT_UNUSED static bool kit_check_near(double actual, double expected, double tolerance,
	const char *file, int line, const char *text)
{
	bool same = actual == expected || (isnan(actual) && isnan(expected));
	return kit_check(same || fabs(actual - expected) <= tolerance, file, line, text,
		" is %.17g, not %.17g within %g", actual, expected, tolerance);
}

/* Ends the case of a row: prints and counts it. */
KIT_UNUSED static void test_end(void)
{
	if (!kit.open)
		return;
	kit.open = false;
	if (kit.failures > TEST_SHOWN)
		printf("(%d more)\n", kit.failures - TEST_SHOWN);
	if (kit.failures) {
		printf("FAIL  %s\n", kit.name);
		kit.failed++;
	} else if (!kit.skip) {
		printf("ok    %s\n", kit.name);
		kit.passed++;
	}
	kit.failures = 0;
	kit.skip = false;
	fflush(stdout);
}

/* Opens a case for a row of a table, named "function: text". Ends the case before. */
KIT_UNUSED __attribute__((format(printf, 1, 2))) static void test_begin(const char *format, ...)
{
	test_end();
	int at = snprintf(kit.name, sizeof kit.name, "%s: ", kit.function);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(kit.name + at, sizeof kit.name - (size_t)at, format, arguments);
	va_end(arguments);
	kit.open = true;
	kit.rows++;
}

/* Skips the open case, or the function, for this reason. The caller then returns or goes on to the
 * next row. */
KIT_UNUSED static void test_skip(const char *reason)
{
	printf("skip  %s: %s\n", kit.open ? kit.name : kit.function, reason);
	kit.skipped++;
	kit.skip = true;
}

KIT_UNUSED static void kit_run(const struct test *test)
{
	kit.function = test->name;
	kit.rows = 0;
	kit.failures = 0;
	kit.skip = false;
	test->run();
	test_end();
	/* The checks outside of rows are a case, but a function with only rows is not. */
	if (kit.rows && !kit.failures)
		return;
	snprintf(kit.name, sizeof kit.name, "%s", test->name);
	kit.open = true;
	test_end();
}

KIT_UNUSED static int test_main(const struct test *tests, size_t count, int argc, char **argv)
{
#ifdef __GLIBC__
	/* What is freed is kept: a test that makes many nets would wait for fresh pages. */
	if (mallopt(M_MMAP_THRESHOLD, 1 << 30) || mallopt(M_MMAP_THRESHOLD, 1 << 19))
		mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
	lam_set_allocator(&(lam_allocator){kit_allocate, kit_release, NULL});
	for (size_t i = 0; i < count; i++) {
		bool wanted = argc < 2;
		for (int a = 1; a < argc; a++)
			wanted |= strcmp(argv[a], tests[i].name) == 0;
		if (wanted)
			kit_run(&tests[i]);
	}
	for (int a = 1; a < argc; a++) {
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known |= strcmp(argv[a], tests[i].name) == 0;
		if (!known) {
			fprintf(stderr, "%s: no test is named %s; its tests are:", argv[0],
				argv[a]);
			for (size_t i = 0; i < count; i++)
				fprintf(stderr, " %s", tests[i].name);
			fprintf(stderr, "\n");
			return TEST_ERROR;
		}
	}
	if (kit.failed)
		return TEST_FAIL;
	if (kit.passed)
		return TEST_PASS;
	return kit.skipped ? TEST_SKIP : TEST_ERROR;
}

#endif
