/* SPDX-License-Identifier: MIT */
/* Archives: what is written is read back, in every form. Wrong use gives a sentence and no file. */
#include "framework/files/zip.h"

#include "framework/memory.h"

#include "tests/files/files.h"

static const lam_zip_options forms[] = {
	{.zip64 = false}, {.deflate = true}, {.zip64 = true}, {.deflate = true, .zip64 = true}};
enum { FORMS = sizeof forms / sizeof *forms };

/* Fills an array with bytes of which one half deflates well and the other not at all. */
static void fill(unsigned char *bytes, size_t count)
{
	uint32_t state = 1;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = i < count / 2 ? (unsigned char)(i / 100) : (unsigned char)(state >> 24);
	}
}

static void add(lam_zip_writer *zip, const char *name, const void *bytes, size_t count)
{
	check_ok(lam_zip_begin(zip, name, count));
	check_ok(lam_zip_write(zip, bytes, count));
	check_ok(lam_zip_end(zip));
}

/* Checks that the entry `name` holds these bytes, reading `piece` bytes at a time. */
static void check_entry(const lam_zip *zip, const char *name, const unsigned char *bytes,
	size_t count, size_t piece)
{
	int64_t index = lam_zip_find(zip, name);
	require(index >= 0, "no %s", name);
	check(strcmp(lam_zip_entry_at(zip, index)->name, name) == 0
		&& lam_zip_entry_at(zip, index)->size == count);
	lam_status status;
	lam_zip_stream *stream = lam_zip_stream_open(zip, index, &status);
	require(stream != NULL, "%s", lam_error());
	unsigned char *back = malloc(count + 1);
	for (size_t at = 0; at < count; at += piece)
		check_ok(lam_zip_stream_read(
			stream, back + at, piece < count - at ? piece : count - at));
	check_ok(lam_zip_stream_end(stream));
	check(count == 0 || memcmp(back, bytes, count) == 0, "%s", name);
	lam_zip_stream_close(stream);
	free(back);
}

static void every_form_comes_back(void)
{
	enum { LONG = 300000 };
	unsigned char *bytes = malloc(LONG);
	fill(bytes, LONG);
	for (int f = 0; f < FORMS; f++) {
		test_begin("deflate %d, zip64 %d", forms[f].deflate, forms[f].zip64);
		const char *path = file_path("form.zip");
		lam_zip_writer *writer = lam_zip_create(path, &forms[f]);
		require(writer != NULL, "%s", lam_error());
		add(writer, "long", bytes, LONG);
		add(writer, "empty", "", 0);
		add(writer, "a/b/ü.txt", bytes, 10);
		check_ok(lam_zip_finish(writer));
		lam_zip *zip = lam_zip_open(path);
		require(zip != NULL, "%s", lam_error());
		check(lam_zip_count(zip) == 3 && lam_zip_find(zip, "none") == -1);
		check(lam_zip_find(zip, "long") == 0 && lam_zip_find(zip, "a/b/ü.txt") == 2);
		check_entry(zip, "long", bytes, LONG, 70001);
		check_entry(zip, "long", bytes, LONG, LONG);
		check_entry(zip, "empty", bytes, 0, 1);
		check_entry(zip, "a/b/ü.txt", bytes, 10, 1);
		lam_zip_close(zip);
		test_end();
	}
	free(bytes);
}

/* More entries than fit the 16-bit count of the end record. */
static void many_entries_come_back(void)
{
	enum { MANY = 70000 };
	const char *path = file_path("many.zip");
	lam_zip_writer *writer = lam_zip_create(path, NULL);
	require(writer != NULL, "%s", lam_error());
	char name[16];
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%d", i);
		if (lam_zip_begin(writer, name, 1) != LAM_OK
			|| lam_zip_write(writer, "x", 1) != LAM_OK || lam_zip_end(writer) != LAM_OK)
			break;
	}
	check_ok(lam_zip_finish(writer));
	lam_zip *zip = lam_zip_open(path);
	require(zip != NULL, "%s", lam_error());
	check(lam_zip_count(zip) == MANY && lam_zip_find(zip, "69999") == 69999);
	check_entry(zip, "65536", (const unsigned char *)"x", 1, 1);
	lam_zip_close(zip);
}

static void empty_archive_comes_back(void)
{
	lam_zip_writer *writer = lam_zip_create(file_path("empty.zip"), NULL);
	require(writer != NULL, "%s", lam_error());
	check_ok(lam_zip_finish(writer));
	lam_zip *zip = lam_zip_open(file_path("empty.zip"));
	require(zip != NULL, "%s", lam_error());
	check(lam_zip_count(zip) == 0 && lam_zip_find(zip, "x") == -1);
	lam_zip_close(zip);
}

static void equal_contents_give_equal_bytes(void)
{
	static const char *const names[] = {"one.zip", "two.zip"};
	struct bytes bytes[2];
	for (int i = 0; i < 2; i++) {
		lam_zip_writer *writer = lam_zip_create(file_path(names[i]), &forms[1]);
		require(writer != NULL, "%s", lam_error());
		add(writer, "x", "content", 7);
		check_ok(lam_zip_finish(writer));
		bytes[i] = file_read(file_path(names[i]));
	}
	check(bytes[0].count == bytes[1].count
		&& memcmp(bytes[0].data, bytes[1].data, bytes[0].count) == 0);
	free(bytes[0].data);
	free(bytes[1].data);
}

static void names_stay_inside(void)
{
	static const char *const good[] = {"a", "0.weight.npy", "a/b", "..a", "a..", "a/...",
		"日本", "a b", "é", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"", "/a", "..", "../a", "a/..", "a/../b", "a\\b", "C:x",
		"a\nb", "\x7f", "\xc2\x80", "\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xe0\x80\xaf"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		check(lam_zip_name_valid(good[i], strlen(good[i])), "\"%s\"", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check(!lam_zip_name_valid(bad[i], strlen(bad[i])), "\"%s\"", bad[i]);
	check(!lam_zip_name_valid("a\0b", 3));
	char *longest = malloc(LAM_ZIP_LONGEST_NAME + 1);
	memset(longest, 'x', LAM_ZIP_LONGEST_NAME + 1);
	check(lam_zip_name_valid(longest, LAM_ZIP_LONGEST_NAME)
		&& !lam_zip_name_valid(longest, LAM_ZIP_LONGEST_NAME + 1));
	free(longest);
}

/* Ways to use a writer wrongly; each makes finish fail too, and no file appears. */
static lam_status twice(lam_zip_writer *zip)
{
	add(zip, "x", "1", 1);
	add(zip, "x", "2", 1);
	return lam_zip_stick(zip, LAM_OK);
}

static lam_status too_much(lam_zip_writer *zip)
{
	check_ok(lam_zip_begin(zip, "x", 2));
	return lam_zip_write(zip, "123", 3);
}

static lam_status too_little(lam_zip_writer *zip)
{
	check_ok(lam_zip_begin(zip, "x", 2));
	return lam_zip_end(zip);
}

static lam_status inside_another(lam_zip_writer *zip)
{
	check_ok(lam_zip_begin(zip, "x", 2));
	return lam_zip_begin(zip, "y", 2);
}

static lam_status between(lam_zip_writer *zip)
{
	return lam_zip_write(zip, "x", 1);
}

static lam_status end_of_nothing(lam_zip_writer *zip)
{
	return lam_zip_end(zip);
}

static lam_status bad_name(lam_zip_writer *zip)
{
	return lam_zip_begin(zip, "../x", 1);
}

static lam_status no_name(lam_zip_writer *zip)
{
	return lam_zip_begin(zip, NULL, 1);
}

static lam_status never_ended(lam_zip_writer *zip)
{
	return lam_zip_begin(zip, "x", 1);
}

static void wrong_use_is_refused(void)
{
	static const struct {
		lam_status (*use)(lam_zip_writer *zip);
		lam_status at_once, at_end;
		const char *words;
	} uses[] = {
		{twice, LAM_OK, LAM_ERR_ARGUMENT, "'x' was written twice"},
		{too_much, LAM_ERR_STATE, LAM_ERR_STATE, "'x' was begun with 1 bytes less"},
		{too_little, LAM_ERR_STATE, LAM_ERR_STATE, "'x' ended 2 bytes too early"},
		{inside_another, LAM_ERR_STATE, LAM_ERR_STATE, "'y' begun before 'x' was ended"},
		{between, LAM_ERR_STATE, LAM_ERR_STATE, "between its entries"},
		{end_of_nothing, LAM_ERR_STATE, LAM_ERR_STATE, "not begun"},
		{bad_name, LAM_ERR_ARGUMENT, LAM_ERR_ARGUMENT, "'../x' cannot name a zip entry"},
		{no_name, LAM_ERR_ARGUMENT, LAM_ERR_ARGUMENT, "cannot name"},
		{never_ended, LAM_OK, LAM_ERR_STATE, "finished before its entry 'x' was ended"},
	};
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		for (int f = 0; f < FORMS; f++) {
			lam_zip_writer *zip = lam_zip_create(file_path("wrong.zip"), &forms[f]);
			require(zip != NULL, "%s", lam_error());
			check(uses[i].use(zip) == uses[i].at_once, "%s", uses[i].words);
			check_fails(lam_zip_finish(zip), uses[i].at_end, uses[i].words);
			check(!file_exists(file_path("wrong.zip"))
				&& !file_exists(file_path("wrong.zip.tmp")));
			zip = lam_zip_create(file_path("wrong.zip"), &forms[f]);
			require(zip != NULL, "%s", lam_error());
			uses[i].use(zip);
			lam_zip_abandon(zip);
			check(!file_exists(file_path("wrong.zip"))
				&& !file_exists(file_path("wrong.zip.tmp")));
		}
	lam_zip_abandon(NULL);
	lam_zip_close(NULL);
	lam_zip_stream_close(NULL);
	check(lam_zip_create(file_path("nowhere/x"), NULL) == NULL);
	check(lam_zip_open(file_path("nowhere/x")) == NULL);
}

static void reads_no_more_than_there_is(void)
{
	lam_zip_writer *writer = lam_zip_create(file_path("x.zip"), NULL);
	require(writer != NULL, "%s", lam_error());
	add(writer, "x", "12345", 5);
	check_ok(lam_zip_finish(writer));
	lam_zip *zip = lam_zip_open(file_path("x.zip"));
	require(zip != NULL, "%s", lam_error());
	char bytes[8];
	lam_status status;
	lam_zip_stream *stream = lam_zip_stream_open(zip, 0, &status);
	require(stream != NULL, "%s", lam_error());
	check_ok(lam_zip_stream_read(stream, bytes, 4));
	check_fails(lam_zip_stream_end(stream), LAM_ERR_FORMAT,
		"entry 'x': 1 bytes follow what was expected");
	check_fails(lam_zip_stream_read(stream, bytes, 2), LAM_ERR_FORMAT,
		"entry 'x': holds 5 bytes, expected 1 more");
	lam_zip_stream_close(stream);
	lam_zip_close(zip);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(every_form_comes_back),
		TEST(many_entries_come_back),
		TEST(empty_archive_comes_back),
		TEST(equal_contents_give_equal_bytes),
		TEST(names_stay_inside),
		TEST(wrong_use_is_refused),
		TEST(reads_no_more_than_there_is),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
