/* SPDX-License-Identifier: MIT */
/* Walks through a folder of classes, or of images. What readdir() gives is in no order: names are
 * sorted by their bytes. */
#include "exchange/images/list.h"

#include "framework/base/shown.h"
#include "framework/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MOST_DEPTH = 16, MOST_CLASSES = 65536, PATH_ROOM = 4096, FIRST_ROOM = 4096 };

/* A path that grows and shrinks as the walk goes on. */
typedef struct walk {
	lam_image_texts *found;
	int depth;       /* of folders below the class's */
	bool of_folders; /* the classes' folders are looked for, and files are counted */
	int64_t beside;  /* images beside the classes' folders */
	char path[PATH_ROOM];
} walk;

static lam_status add(lam_image_texts *t, const char *text)
{
	const size_t length = strlen(text) + 1;
	if (length > t->room - t->used) {
		const size_t room = 2 * t->room + length + FIRST_ROOM;
		char *grown = lam_grow(t->text, t->used, room, 1);
		if (!grown)
			return LAM_ERR_MEMORY;
		t->text = grown;
		t->room = room;
	}
	memcpy(t->text + t->used, text, length);
	t->used += length;
	t->count++;
	return LAM_OK;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts the strings from `first` on; those before it are sorted, and of other classes. */
static void sort_from(lam_image_texts *t, int64_t first)
{
	if (t->count > first)
		qsort(t->list + first, (size_t)(t->count - first), sizeof *t->list, compare);
}

static lam_status make_list(lam_image_texts *t)
{
	t->list = lam_alloc_blank((size_t)t->count, sizeof *t->list);
	if (!t->list)
		return LAM_ERR_MEMORY;
	const char *at = t->text;
	for (int64_t i = 0; i < t->count; i++, at += strlen(at) + 1)
		t->list[i] = at;
	return LAM_OK;
}

/* Whether a name is that of an image, or of another kind of picture, which is refused later. */
static bool is_image(const char *name)
{
	static const char *const endings[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif",
		".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic"};
	const char *ending = strrchr(name, '.');
	for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++)
		if (strcasecmp(ending, endings[i]) == 0)
			return true;
	return false;
}

static lam_status failed(const char *path)
{
	return lam_fail(
		LAM_ERR_IO, "%s: cannot be read: %s", lam_show_end(path).text, strerror(errno));
}

static lam_status walk_folder(walk *w);

static lam_status take(walk *w, const char *name)
{
	struct stat found;
	if (stat(w->path, &found))
		return errno == ENOENT ? LAM_OK : failed(w->path); /* a link to nowhere */
	const bool image = S_ISREG(found.st_mode) && is_image(name);
	if (w->of_folders) {
		w->beside += image;
		return S_ISDIR(found.st_mode) ? add(w->found, name) : LAM_OK;
	}
	if (!S_ISDIR(found.st_mode))
		return image ? add(w->found, w->path) : LAM_OK;
	if (w->depth == MOST_DEPTH)
		return lam_fail(LAM_ERR_IO,
			"%s: folders lie deeper than %d in each other; is there a link to a folder "
			"above?",
			lam_show_end(w->path).text, MOST_DEPTH);
	w->depth++;
	lam_status status = walk_folder(w);
	w->depth--;
	return status;
}

static lam_status walk_entries(walk *w, DIR *folder)
{
	const size_t length = strlen(w->path);
	const bool ends = length > 0 && w->path[length - 1] == '/';
	const struct dirent *entry;
	lam_status status = LAM_OK;
	while (!status && (errno = 0, entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		const int more = snprintf(w->path + length, sizeof w->path - length, "%s%s",
			ends ? "" : "/", entry->d_name);
		if (more < 0 || (size_t)more >= sizeof w->path - length)
			status = lam_fail(LAM_ERR_IO, "%s: the path is longer than %d bytes",
				lam_show_end(w->path).text, PATH_ROOM - 1);
		else
			status = take(w, entry->d_name);
		w->path[length] = 0;
		errno = 0;
	}
	return !status && errno ? failed(w->path) : status;
}

static lam_status walk_folder(walk *w)
{
	DIR *folder = opendir(w->path);
	if (!folder)
		return errno == ENOMEM ? lam_fail(LAM_ERR_MEMORY, "out of memory: a folder")
				       : failed(w->path);
	lam_status status = walk_entries(w, folder);
	closedir(folder);
	return status;
}

static lam_status find_classes(walk *w, lam_image_list *l)
{
	w->found = &l->classes;
	w->of_folders = true;
	lam_status status = walk_folder(w);
	if (status)
		return status;
	if (l->classes.count < 1 || l->classes.count > MOST_CLASSES)
		return lam_fail(LAM_ERR_FORMAT,
			"%s: has %" PRId64 " folders and %" PRId64
			" images; expected a folder for each class, at least 1 and at most %d",
			lam_show_end(w->path).text, l->classes.count, w->beside, MOST_CLASSES);
	status = make_list(&l->classes);
	if (!status)
		sort_from(&l->classes, 0);
	return status;
}

/* All files, whatever folder they are in. */
static lam_status find_all(walk *w, lam_image_list *l)
{
	w->found = &l->files;
	lam_status status = walk_folder(w);
	if (!status && l->files.count == 0)
		return lam_fail(LAM_ERR_FORMAT, "%s: has no image (.png, .jpg, .jpeg)",
			lam_show_end(w->path).text);
	if (!status)
		status = make_list(&l->files);
	if (!status)
		sort_from(&l->files, 0);
	return status;
}

static lam_status find_files(walk *w, lam_image_list *l)
{
	const size_t length = strlen(w->path);
	w->found = &l->files;
	w->of_folders = false;
	for (int64_t i = 0; i < l->classes.count; i++) {
		snprintf(w->path + length, sizeof w->path - length, "%s%s",
			w->path[length - 1] == '/' ? "" : "/", l->classes.list[i]);
		lam_status status = walk_folder(w);
		if (status)
			return status;
		w->path[length] = 0;
		l->ends[i] = l->files.count;
	}
	lam_status status = make_list(&l->files);
	for (int64_t i = 0; i < l->classes.count && !status; i++) {
		const int64_t all = l->files.count;
		l->files.count = l->ends[i];
		sort_from(&l->files, i ? l->ends[i - 1] : 0);
		l->files.count = all;
	}
	return status;
}

lam_status lam_image_list_find(lam_image_list *l, const char *folder, bool classes)
{
	walk w = {.path = ""};
	if (!*folder || strlen(folder) >= sizeof w.path)
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_dataset_images: the folder's path has %zu bytes; expected 1 to %d",
			strlen(folder), PATH_ROOM - 1);
	snprintf(w.path, sizeof w.path, "%s", folder);
	if (!classes)
		return find_all(&w, l);
	lam_status status = find_classes(&w, l);
	if (status)
		return status;
	l->ends = lam_alloc((size_t)l->classes.count, sizeof *l->ends);
	return l->ends ? find_files(&w, l) : LAM_ERR_MEMORY;
}

static void texts_free(lam_image_texts *t)
{
	lam_free(t->text);
	lam_free(t->list);
}

void lam_image_list_free(lam_image_list *l)
{
	texts_free(&l->classes);
	texts_free(&l->files);
	lam_free(l->ends);
}
