/* SPDX-License-Identifier: MIT */
/* Bad files that must be refused with the right sentence. A list names each file and the words that
 * its sentence must contain. A test program says how to read files, by the ending of their names,
 * and which list to go through:
 *
 *     static const struct reader readers[] = {{".npz", read_npz}, …};
 *     refuse_all("sentences.txt", readers, count, 70, 2 << 20); */
#ifndef LAM_TESTS_BAD_FILES_H
#define LAM_TESTS_BAD_FILES_H

#include "framework/memory.h"

#include "tests/files/files.h"

static size_t largest;

static void *watched_allocate(void *data, size_t align, size_t bytes)
{
	(void)data;
	void *memory = NULL;
	largest = bytes > largest ? bytes : largest;
	return posix_memalign(&memory, align, bytes) == 0 ? memory : NULL;
}

static void watched_release(void *data, void *memory)
{
	(void)data;
	free(memory);
}

struct reader {
	const char *ending;
	/* Opens the file and reads all of it; true on success. */
	bool (*read)(const char *path);
};

static bool ends(const char *text, const char *ending)
{
	size_t a = strlen(text), b = strlen(ending);
	return a > b && strcmp(text + a - b, ending) == 0;
}

/* Whatever the file holds, a terminal that shows the sentence only prints. */
static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

/* Checks one line of a list, file|words. Reading the file must not allocate more than `most` bytes
 * at once, whatever it claims. */
static void refuse(char *line, const struct reader *readers, size_t count, size_t most)
{
	line[strcspn(line, "\n")] = '\0';
	char *name = line, *words = strchr(line, '|'), path[400];
	require(words != NULL, "%s", line);
	*words++ = '\0';
	snprintf(path, sizeof path, "tests/data/bad/%s", name);
	test_begin("%s", name);
	for (size_t i = 0; i < count; i++) {
		if (!ends(name, readers[i].ending))
			continue;
		largest = 0;
		lam_fail(LAM_ERR_STATE, "nothing was said");
		lam_set_allocator(&(lam_allocator){watched_allocate, watched_release, NULL});
		bool good = readers[i].read(file_given(path));
		lam_set_allocator(NULL);
		check(!good && strstr(lam_error(), words), "says \"%s\", not \"%s\"",
			good ? "(all is well)" : lam_error(), words);
		check(is_one_line(lam_error()), "is no line of printable text: %s", lam_error());
		check(strstr(lam_error(), name) != NULL, "does not name the file: %s", lam_error());
		check(largest <= most, "took %zu bytes", largest);
		test_end();
		return;
	}
	check(false, "no reader for %s", name);
}

/* Checks every file of the list tests/data/bad/`list_name`, which must name more than `least`. */
static void refuse_all(
	const char *list_name, const struct reader *readers, size_t count, int least, size_t most)
{
	char path[300], line[300];
	snprintf(path, sizeof path, "tests/data/bad/%s", list_name);
	FILE *list = fopen(file_given(path), "r");
	require(list != NULL, "%s", file_given(path));
	int files = 0;
	for (; fgets(line, sizeof line, list); files++)
		refuse(line, readers, count, most);
	fclose(list);
	test_begin("there are many");
	check(files > least, "%d", files);
}

#endif
