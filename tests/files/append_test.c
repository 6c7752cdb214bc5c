/* SPDX-License-Identifier: MIT */
/* Lines that are appended to a file are there as a whole or not at all, whichever system call
 * fails. */
#include "framework/files/append.h"

#include "tests/files/faults.h"
#include "tests/files/files.h"

/* Appends a line. `at`: the call that fails; 0: none. */
static lam_status append_line(const char *path, long at, enum fault_kind kind)
{
	fault_begin(at, kind, EIO);
	lam_append *file = lam_append_open(path);
	lam_status status = file ? lam_append_write(file, "line\n", 5) : lam_error_status();
	if (!status)
		status = lam_append_sync(file);
	lam_append_close(file);
	fault_end();
	return status;
}

static void appended_lines_are_whole(void)
{
	const char *path = file_path("lines.csv");
	for (int kind = FAULT_ERROR; kind <= FAULT_SHORT; kind++)
		for (long at = 1; at == 1 || faults.hit; at++) {
			file_write(path, "head\n", 5);
			const lam_status status = append_line(path, at, (enum fault_kind)kind);
			struct bytes left = file_read(path);
			const bool whole = left.count == 10
				&& !memcmp(left.data, "head\nline\n", 10),
				   none = left.count == 5 && !memcmp(left.data, "head\n", 5);
			check(whole || (status && none), "call %ld (%s) left %zu bytes", at,
				faults.hit ? faults.hit : "none", left.count);
			check(status || whole);
			free(left.data);
		}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(appended_lines_are_whole)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
