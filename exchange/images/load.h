/* SPDX-License-Identifier: MIT */
/* Reads many files at once. Private to exchange/images/. */
#ifndef LAM_IMAGES_LOAD_H
#define LAM_IMAGES_LOAD_H

#include "exchange/images/decode.h"
#include "exchange/images/list.h"

#pragma GCC visibility push(hidden)

enum { LAM_IMAGE_SENTENCE = 512 };

typedef struct lam_image_load {
	const lam_image_texts *files;
	lam_sample_size size;
	int64_t features, pixel_limit;
	bool skip_broken;
	uint8_t *samples; /* [files->count][features] */
	bool *broken;     /* [files->count]: those that .skip_broken leaves out */
	int64_t skipped;
	/* the first file that failed, or that was left out, and its sentence */
	int64_t first;
	lam_status status;
	char sentence[LAM_IMAGE_SENTENCE];
} lam_image_load;

/* Reads all files. The result, and the sentence of a failure, are those of reading one after the
 * other. */
lam_status lam_image_load_all(lam_image_load *load);

#pragma GCC visibility pop
#endif
