/* SPDX-License-Identifier: MIT */
/* The error sentence is kept for each thread, survives later successes, and may quote itself. */
#include "framework/base/shown.h"
#include "framework/status.h"

#include "tests/kit.h"

#include <pthread.h>

static void starts_empty(void)
{
	check(strcmp(lam_error(), "") == 0, "\"%s\"", lam_error());
}

static void keeps_status_and_sentence(void)
{
	check_fails(lam_fail(LAM_ERR_SHAPE, "kernel %dx%d", 5, 3), LAM_ERR_SHAPE, "kernel 5x3");
	check(strcmp(lam_error(), "kernel 5x3") == 0, "\"%s\"", lam_error());
}

static void quotes_itself(void)
{
	lam_fail(LAM_ERR_ARGUMENT, "stride is negative");
	lam_fail(LAM_ERR_ARGUMENT, "conv2d \"3\": %s", lam_error());
	check(strcmp(lam_error(), "conv2d \"3\": stride is negative") == 0, "\"%s\"", lam_error());
}

static void cuts_long_sentences(void)
{
	char text[2000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	lam_fail(LAM_ERR_IO, "%s", text);
	size_t length = strlen(lam_error());
	check(length > 400 && length < 600, "%zu bytes", length);
}

static bool one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

/* Whatever the parts of a sentence hold, it is one printable line: no terminal obeys it, and a log
 * gets no extra line. */
static void shows_one_printable_line(void)
{
	static const struct {
		const char *given, *shown;
	} rows[] = {
		{"\033]0;title\a", "\\x1b]0;title\\x07"},
		{"two\nlines\r\t", "two\\x0alines\\x0d\\x09"},
		{"\177", "\\x7f"},
		{"caf\u00e9 \u65e5\u672c \U0001f40c", "caf\u00e9 \u65e5\u672c \U0001f40c"},
		{"\xc2\x9b[2J", "\\xc2\\x9b[2J"},             /* C1: another escape */
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},          /* right to left */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},          /* a line separator */
		{"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},          /* no width */
		{"\xff\xc3", "\\xff\\xc3"},                   /* no UTF-8 */
		{"\xc0\xaf", "\\xc0\\xaf"},                   /* a slash too long */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
		{"back\\slash", "back\\slash"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		lam_fail(LAM_ERR_FORMAT, "%s", rows[i].given);
		check(strcmp(lam_error(), rows[i].shown) == 0, "row %zu: \"%s\"", i, lam_error());
		check(strcmp(lam_show(rows[i].given).text, rows[i].shown) == 0, "row %zu", i);
		check(strcmp(lam_show_end(rows[i].given).text, rows[i].shown) == 0, "row %zu", i);
	}
	/* Escaping a sentence again changes nothing, because sentences are passed on. */
	lam_fail(LAM_ERR_FORMAT, "\033");
	lam_fail(LAM_ERR_FORMAT, "x: %s", lam_error());
	check(strcmp(lam_error(), "x: \\x1b") == 0, "\"%s\"", lam_error());
}

static void shows_any_bytes(void)
{
	uint64_t state = 1;
	for (int round = 0; round < 20000; round++) {
		char text[300];
		const size_t length = (size_t)round % sizeof text;
		for (size_t i = 0; i < length; i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
			text[i] = (char)(state >> 33 | (round % 3 ? 0 : 0x80));
			text[i] = text[i] ? text[i] : 'x';
		}
		text[length] = '\0';
		const lam_shown start = lam_show(text), end = lam_show_end(text);
		check(strlen(start.text) < sizeof start.text && one_line(start.text));
		check(strlen(end.text) < sizeof end.text && one_line(end.text));
		lam_fail(LAM_ERR_FORMAT, "%s", text);
		check(strlen(lam_error()) < 512 && one_line(lam_error()));
	}
}

/* A long text is cut in its middle, and leaves room for the rest of the sentence. */
static void cuts_long_pieces(void)
{
	char text[5000];
	memset(text, 'm', sizeof text);
	memcpy(text, "begin", 5);
	memcpy(text + sizeof text - 4, "end", 4);
	lam_shown shown = lam_show(text);
	check(strlen(shown.text) == 103 && strncmp(shown.text, "begin", 5) == 0
			&& strstr(shown.text, "mmm...mmm") && strcmp(shown.text + 100, "end") == 0,
		"%s", shown.text);
	shown = lam_show_end(text);
	check(strlen(shown.text) == 103 && strncmp(shown.text, "...mmm", 6) == 0
			&& strcmp(shown.text + 100, "end") == 0,
		"%s", shown.text);
	memset(text, '\033', sizeof text - 1);
	check(strlen(lam_show(text).text) > 90 && strlen(lam_show_end(text).text) > 90);
	/* No character is cut in two: neither of a piece nor of a sentence. */
	for (int before = 0; before < 4; before++) {
		memset(text, 'a', (size_t)before);
		for (size_t i = (size_t)before; i + 3 < sizeof text; i += 3)
			memcpy(text + i, "\u20ac", 3);
		text[before + 3 * 1600] = '\0';
		lam_fail(LAM_ERR_IO, "%s", text);
		check(!strchr(lam_error(), 'x') && strlen(lam_error()) > 500, "%s", lam_error());
		check(!strchr(lam_show(text).text, 'x') && !strchr(lam_show_end(text).text, 'x'));
	}
}

static void *fail_elsewhere(void *seen)
{
	*(bool *)seen = *lam_error() == 0;
	lam_fail(LAM_ERR_IO, "elsewhere");
	return NULL;
}

static void is_per_thread(void)
{
	pthread_t thread;
	bool fresh = false;
	lam_fail(LAM_ERR_STATE, "here");
	require(pthread_create(&thread, NULL, fail_elsewhere, &fresh) == 0);
	pthread_join(thread, NULL);
	check(fresh, "a new thread saw this thread's sentence");
	check(strcmp(lam_error(), "here") == 0, "\"%s\"", lam_error());
}

static void names_every_status(void)
{
	for (int s = LAM_OK; s <= LAM_ERR_UNSUPPORTED; s++) {
		const char *text = lam_status_text((lam_status)s);
		check(*text && strcmp(text, "unknown") != 0, "status %d is \"%s\"", s, text);
	}
	check(strcmp(lam_status_text((lam_status)99), "unknown") == 0);
	check(strcmp(lam_status_text((lam_status)-1), "unknown") == 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(starts_empty),
		TEST(keeps_status_and_sentence),
		TEST(quotes_itself),
		TEST(cuts_long_sentences),
		TEST(shows_one_printable_line),
		TEST(shows_any_bytes),
		TEST(cuts_long_pieces),
		TEST(is_per_thread),
		TEST(names_every_status),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
