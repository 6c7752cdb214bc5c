/* SPDX-License-Identifier: MIT */
/* The error sentence is kept for each thread, survives later successes, and may quote itself. */
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
		TEST(is_per_thread),
		TEST(names_every_status),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
