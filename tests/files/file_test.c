/* SPDX-License-Identifier: MIT */
/* Files appear whole or not at all. After any failure the old file stays, and no temporary file is
 * left. */
#include "framework/files/file.h"

#include "tests/files/files.h"

#include <signal.h>
#include <sys/resource.h>

/* Checks that the folder holds only the file "x", with the text "old". */
static void old_stays(void)
{
	check(file_holds(file_path("x"), "old"));
	check(!file_exists(file_path("x.tmp")));
}

static void begin(void)
{
	file_write(file_path("x"), "old", 3);
}

static void appears_when_committed(void)
{
	begin();
	lam_file_writer *file = lam_file_create(file_path("x"));
	require(file != NULL, "%s", lam_error());
	check_ok(lam_file_write(file, "new content", 11));
	check(lam_file_position(file) == 11);
	check(file_holds(file_path("x"), "old"));
	check_ok(lam_file_patch(file, 4, "CON", 3));
	check_ok(lam_file_commit(file));
	check(file_holds(file_path("x"), "new CONtent"));
	check(!file_exists(file_path("x.tmp")));
}

static void does_not_when_abandoned(void)
{
	begin();
	lam_file_writer *file = lam_file_create(file_path("x"));
	require(file != NULL, "%s", lam_error());
	check_ok(lam_file_write(file, "new", 3));
	check(file_exists(file_path("x.tmp")));
	lam_file_abandon(file);
	old_stays();
	lam_file_abandon(NULL);
}

/* Writes pieces smaller and larger than the buffer, and patches bytes in the file, in the buffer
 * and across both. */
static void keeps_order(void)
{
	enum { TOTAL = 1 << 20 };
	unsigned char *bytes = malloc(TOTAL);
	for (int i = 0; i < TOTAL; i++)
		bytes[i] = (unsigned char)(i * 31 >> 3);
	lam_file_writer *file = lam_file_create(file_path("long"));
	require(file != NULL, "%s", lam_error());
	size_t at = 0;
	for (size_t part = 1; at < TOTAL; part = part * 3 % 200003) {
		size_t count = part < TOTAL - at ? part : TOTAL - at;
		check_ok(lam_file_write(file, bytes + at, count));
		at += count;
	}
	static const size_t places[] = {0, 70000, TOTAL - 10, TOTAL - 66000};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		bytes[places[i]] ^= 255;
		bytes[places[i] + 1] ^= 255;
		check_ok(lam_file_patch(file, places[i], bytes + places[i], 2));
	}
	memset(bytes + TOTAL - 100000, 7, 100000);
	check_ok(lam_file_patch(file, TOTAL - 100000, bytes + TOTAL - 100000, 100000));
	check_ok(lam_file_commit(file));
	struct bytes back = file_read(file_path("long"));
	check(back.count == TOTAL && memcmp(back.data, bytes, TOTAL) == 0);
	free(back.data);
	free(bytes);
}

static void first_failure_sticks(void)
{
	begin();
	lam_file_writer *file = lam_file_create(file_path("x"));
	require(file != NULL, "%s", lam_error());
	check_fails(lam_file_patch(file, 5, "x", 1), LAM_ERR_ARGUMENT,
		"cannot patch 1 bytes at 5 of 0");
	lam_fail(LAM_ERR_STATE, "something else");
	check_fails(lam_file_write(file, "x", 1), LAM_ERR_ARGUMENT, "cannot patch");
	lam_fail(LAM_ERR_STATE, "something else");
	check_fails(lam_file_commit(file), LAM_ERR_ARGUMENT, "cannot patch");
	old_stays();
}

/* A limit on the file's size makes write() fail, as a full disk does. */
static void survives_a_failing_write(void)
{
	begin();
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 100000;
	signal(SIGXFSZ, SIG_IGN);
	lam_file_writer *file = lam_file_create(file_path("x"));
	require(file != NULL, "%s", lam_error());
	char *block = calloc(1, 200000);
	setrlimit(RLIMIT_FSIZE, &small);
	check_fails(
		lam_file_write(file, block, 200000), LAM_ERR_IO, "cannot write: File too large");
	check_fails(lam_file_commit(file), LAM_ERR_IO, "cannot write");
	setrlimit(RLIMIT_FSIZE, &before);
	free(block);
	old_stays();
}

static void refuses_bad_paths(void)
{
	check(lam_file_create(NULL) == NULL && strstr(lam_error(), "needs a path"), "%s",
		lam_error());
	check(lam_file_create("") == NULL);
	check(lam_file_create(file_path("nowhere/x")) == NULL
			&& strstr(lam_error(), "No such file"),
		"%s", lam_error());
	/* The target becomes a folder: the rename finds that. */
	lam_file_writer *file = lam_file_create(file_path("folder"));
	require(file != NULL, "%s", lam_error());
	mkdir(file_path("folder"), 0777);
	check_fails(lam_file_commit(file), LAM_ERR_IO, "cannot rename");
	check(!file_exists(file_path("folder.tmp")));
	check(lam_file_create(file_path("folder")) == NULL
			&& strstr(lam_error(), "is a folder; expected a regular file"),
		"%s", lam_error());
	/* A pipe stays a pipe. */
	struct stat pipe;
	check(mkfifo(file_path("fifo"), 0666) == 0);
	check(lam_file_create(file_path("fifo")) == NULL
			&& strstr(lam_error(), "fifo' is a device, pipe or socket; expected"),
		"%s", lam_error());
	check(stat(file_path("fifo"), &pipe) == 0 && S_ISFIFO(pipe.st_mode));
	/* A symbolic link in place of the temporary file is not followed. */
	file_write(file_path("victim"), "precious", 8);
	check(symlink(file_path("victim"), file_path("y.tmp")) == 0);
	check(lam_file_create(file_path("y")) == NULL);
	check(file_holds(file_path("victim"), "precious"));
}

/* lam_file_expect() refuses the same paths before the writing, and creates nothing. */
static void expects_writable_paths(void)
{
	check_ok(lam_file_expect(file_path("later"), false));
	check_ok(lam_file_expect("later", false));
	check(!file_exists(file_path("later")) && !file_exists(file_path("later.tmp")));
	check_fails(lam_file_expect(file_path("nowhere/x"), false), LAM_ERR_IO,
		"nowhere/x': cannot open the folder");
	mkdir(file_path("closed"), 0555);
	check_fails(
		lam_file_expect(file_path("closed"), false), LAM_ERR_IO, "is a folder; expected");
	if (geteuid() != 0) /* root may write to any folder */
		check_fails(lam_file_expect(file_path("closed/x"), false), LAM_ERR_IO,
			"closed/x': cannot write into its folder");
}

/* Names that are short enough, but too long with the endings of the temporary files. Common file
 * systems allow 255 bytes. */
static void expects_short_names(void)
{
	char name[260];
	for (int kept = 0; kept < 2; kept++)
		for (size_t length = 235; length <= 256; length++) {
			memset(name, 'n', length);
			name[length] = '\0';
			const char *path = file_path(name);
			if (length + strlen(kept ? ".previous.tmp" : ".lock") <= 255)
				check_ok(lam_file_expect(path, kept));
			else
				check_fails(lam_file_expect(path, kept), LAM_ERR_IO,
					kept ? "is too long: while it is written a file beside it "
					       "has \".previous.tmp\""
					     : "beside it has \".lock\"");
		}
}

static void knows_the_names_that_it_takes(void)
{
	static const struct {
		const char *other;
		bool kept, replaced;
	} rows[] = {
		{"a.npz", true, true},
		{"a.npz.tmp", true, true},
		{"a.npz.lock", true, true},
		{"a.npz.previous", true, false},
		{"a.npz.previous.tmp", true, false},
		{"a.npz.previous.previous", false, false},
		{"a.np", false, false},
		{"a.npz2", false, false},
		{"", false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(lam_file_takes("a.npz", true, rows[i].other) == rows[i].kept
				&& lam_file_takes("a.npz", false, rows[i].other)
					== rows[i].replaced,
			"%s", rows[i].other);
}

static void one_writer_at_a_time(void)
{
	begin();
	lam_file_writer *first = lam_file_create(file_path("x"));
	require(first != NULL, "%s", lam_error());
	check(lam_file_create(file_path("x")) == NULL);
	check(strstr(lam_error(), "someone else is writing this file") != NULL, "%s", lam_error());
	check_ok(lam_file_write(first, "new", 3));
	check_ok(lam_file_commit(first));
	check(file_holds(file_path("x"), "new"));
}

static void takes_over_what_was_left(void)
{
	begin();
	file_write(file_path("x.tmp"), "left by a process that was killed", 33);
	lam_file_writer *file = lam_file_create(file_path("x"));
	require(file != NULL, "%s", lam_error());
	check_ok(lam_file_write(file, "new", 3));
	check_ok(lam_file_commit(file));
	check(file_holds(file_path("x"), "new"));
	check(!file_exists(file_path("x.tmp")));
}

static void reads_within_bounds(void)
{
	file_write(file_path("r"), "0123456789", 10);
	lam_file_reader *file = lam_file_open(file_path("r"));
	require(file != NULL, "%s", lam_error());
	char bytes[11] = "";
	check(lam_file_size(file) == 10 && strcmp(lam_file_path(file), file_path("r")) == 0);
	check_ok(lam_file_read(file, 3, bytes, 4));
	check(strcmp(bytes, "3456") == 0);
	check_ok(lam_file_read(file, 10, bytes, 0));
	check_fails(lam_file_read(file, 7, bytes, 4), LAM_ERR_FORMAT,
		"ends after 10 bytes, expected 4 more at 7");
	check_fails(
		lam_file_read(file, UINT64_MAX, bytes, 4), LAM_ERR_FORMAT, "ends after 10 bytes");
	check_fails(lam_file_read(file, 2, bytes, SIZE_MAX), LAM_ERR_FORMAT, "ends after 10 bytes");
	check(truncate(file_path("r"), 5) == 0);
	check_fails(lam_file_read(file, 0, bytes, 10), LAM_ERR_FORMAT, "became shorter");
	lam_file_close(file);
	lam_file_close(NULL);
	check(lam_file_open(NULL) == NULL);
	check(lam_file_open(file_path("none")) == NULL && strstr(lam_error(), "No such file"), "%s",
		lam_error());
	check(lam_file_open(files_folder) == NULL && strstr(lam_error(), "a folder"), "%s",
		lam_error());
	check(mkfifo(file_path("pipe"), 0666) == 0);
	check(lam_file_open(file_path("pipe")) == NULL && strstr(lam_error(), "regular file"), "%s",
		lam_error());
}

/* The new file replaces a symbolic link, not the link's target, as save.h says. */
static void a_link_is_replaced(void)
{
	begin();
	check(symlink(file_path("x"), file_path("link")) == 0);
	lam_file_writer *file = lam_file_create(file_path("link"));
	require(file != NULL, "%s", lam_error());
	check_ok(lam_file_write(file, "new", 3));
	check_ok(lam_file_commit(file));
	check(file_holds(file_path("link"), "new"));
	old_stays();
}

/* The reason follows the path in a sentence, so a long path must leave room for it. */
static void long_paths_leave_room(void)
{
	char path[601];
	memset(path, 'a', 600);
	path[600] = '\0';
	memcpy(path + 595, "/x.it", 5);
	lam_path_string shown = lam_path_text(path);
	check(strlen(shown.text) == 103 && !strncmp(shown.text, "...aaa", 6)
			&& !strcmp(shown.text + 98, "/x.it"),
		"%s", shown.text);
	memcpy(path + 499, "\u00e9", 2); /* the cut falls inside this character */
	shown = lam_path_text(path);
	check(strlen(shown.text) == 102 && !strncmp(shown.text, "...aaa", 6), "%s", shown.text);
	check(!strcmp(lam_path_text(path + 600 - 103).text, path + 600 - 103),
		"103 bytes are shown whole");
	check(lam_file_open(path) == NULL && lam_error_status() == LAM_ERR_IO
			&& strstr(lam_error(), "/x.it': cannot open: "),
		"%s", lam_error());
	check(lam_file_create(path) == NULL && strstr(lam_error(), "/x.it': cannot "), "%s",
		lam_error());
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(appears_when_committed),
		TEST(does_not_when_abandoned),
		TEST(keeps_order),
		TEST(first_failure_sticks),
		TEST(survives_a_failing_write),
		TEST(refuses_bad_paths),
		TEST(expects_writable_paths),
		TEST(expects_short_names),
		TEST(knows_the_names_that_it_takes),
		TEST(one_writer_at_a_time),
		TEST(takes_over_what_was_left),
		TEST(reads_within_bounds),
		TEST(a_link_is_replaced),
		TEST(long_paths_leave_room),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
