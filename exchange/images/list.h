/* SPDX-License-Identifier: MIT */
/* The files of a folder, of classes or of images alone. Private to exchange/images/. */
#ifndef LAM_IMAGES_LIST_H
#define LAM_IMAGES_LIST_H

#include "framework/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Strings one behind the other, each with its 0. */
typedef struct lam_image_texts {
	char *text;
	size_t used, room;
	const char **list; /* where each begins, sorted */
	int64_t count;
} lam_image_texts;

typedef struct lam_image_list {
	lam_image_texts classes; /* names */
	lam_image_texts files;   /* paths, in the order of classes and bytes */
	int64_t *ends;           /* [classes.count]: files of a class and those before it */
} lam_image_list;

/* Finds the classes and their files; without `classes` all files, and no classes. On failure, too,
 * the list is to be freed. */
lam_status lam_image_list_find(lam_image_list *list, const char *folder, bool classes);

void lam_image_list_free(lam_image_list *list);

#pragma GCC visibility pop
#endif
