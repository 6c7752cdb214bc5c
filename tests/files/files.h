/* SPDX-License-Identifier: MIT */
/* Files for tests: a temporary folder for each program, whole files in memory, and damage. */
#ifndef LAM_TEST_FILES_H
#define LAM_TEST_FILES_H

#include "tests/kit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct bytes {
	unsigned char *data;
	size_t count;
};

static char files_folder[256];

/* Deletes the folder with its files. */
KIT_UNUSED static void files_remove(void)
{
	DIR *folder = opendir(files_folder);
	char path[1024];
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		snprintf(path, sizeof path, "%s/%s", files_folder, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0
			&& unlink(path) != 0)
			rmdir(path);
	}
	if (folder)
		closedir(folder);
	rmdir(files_folder);
}

/* Returns "FOLDER/name"; the last 64 results stay valid. The first call makes the folder, which
 * is deleted when the program ends. */
KIT_UNUSED static const char *file_path(const char *name)
{
	static char paths[64][512];
	static unsigned next;
	if (!*files_folder) {
		const char *temporary = getenv("TMPDIR");
		snprintf(files_folder, sizeof files_folder, "%s/lamina-test.XXXXXX",
			temporary ? temporary : "/tmp");
		if (!mkdtemp(files_folder)) {
			printf("cannot make %s: %s\n", files_folder, strerror(errno));
			exit(TEST_ERROR);
		}
		atexit(files_remove);
	}
	char *path = paths[next++ % 64];
	snprintf(path, sizeof paths[0], "%s/%s", files_folder, name);
	return path;
}

/* The path of a file in the source tree: file_given("tests/data/…"). */
KIT_UNUSED static const char *file_given(const char *name)
{
	static char paths[4][1024];
	static unsigned next;
	const char *top = getenv("top_srcdir");
	char *path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", top ? top : ".", name);
	return path;
}

KIT_UNUSED static bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

KIT_UNUSED static void file_write(const char *path, const void *data, size_t count)
{
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, count, file) != count || fclose(file) != 0) {
		printf("cannot write %s: %s\n", path, strerror(errno));
		exit(TEST_ERROR);
	}
}

/* Reads a whole file; the caller frees .data. */
KIT_UNUSED static struct bytes file_read(const char *path)
{
	struct bytes bytes = {0};
	FILE *file = fopen(path, "rb");
	struct stat status;
	if (file && fstat(fileno(file), &status) == 0) {
		bytes.count = (size_t)status.st_size;
		bytes.data = malloc(bytes.count + 1);
	}
	if (!bytes.data || fread(bytes.data, 1, bytes.count, file) != bytes.count) {
		printf("cannot read %s: %s\n", path, strerror(errno));
		exit(TEST_ERROR);
	}
	fclose(file);
	return bytes;
}

/* Whether the file holds exactly this text. */
KIT_UNUSED static bool file_holds(const char *path, const char *text)
{
	struct bytes bytes = file_read(path);
	bool same = bytes.count == strlen(text) && memcmp(bytes.data, text, bytes.count) == 0;
	free(bytes.data);
	return same;
}

/* The number of files in the folder. */
KIT_UNUSED static int file_count(void)
{
	int count = 0;
	DIR *folder = opendir(files_folder);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

/* Writes damaged versions of `good` to `path` and calls `look` for each: `good` cut off at every
 * length (cut is true), and `good` with each byte changed in each of three ways. */
KIT_UNUSED static void file_damage(
	const char *path, struct bytes good, void (*look)(const char *path, bool cut, size_t at))
{
	static const unsigned char change[] = {0xff, 0x01, 0x80};
	unsigned char *copy = malloc(good.count + 1);
	for (size_t i = 0; i < good.count; i++) {
		file_write(path, good.data, i);
		look(path, true, i);
	}
	for (size_t i = 0; i < good.count; i++)
		for (size_t c = 0; c < sizeof change; c++) {
			memcpy(copy, good.data, good.count);
			copy[i] ^= change[c];
			file_write(path, copy, good.count);
			look(path, false, i);
		}
	free(copy);
}

#endif
