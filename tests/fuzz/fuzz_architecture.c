/* SPDX-License-Identifier: MIT */
/* Architecture texts: one that can be parsed is written again, parsed and written to the same text,
 * and making a net of it succeeds or gives a sentence. */
#include "framework/layer/inside.h"
#include "framework/model/architecture.h"
#include "framework/net.h"
#include "tests/fuzz/fuzz.h"

/* Bytes that layers of a few letters may take (standardize takes most), and the net's limit. */
enum { FLOOR = 8 << 20, PER_BYTE = 1024, LIMIT = 4 << 20 };

/* The text of the model; the caller frees it with lam_free(). */
static char *written(const lam_layer *model, lam_shape input)
{
	char *text = lam_architecture_write(model, input);
	if (!text)
		fuzz_wrong("no text of a model that was parsed");
	return text;
}

FUZZ_TARGET(architecture)
{
	char *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	fuzz_begin(FLOOR, PER_BYTE, size);
	lam_shape input, again;
	lam_layer *model = lam_architecture_parse(text, NULL, NULL, &input);
	if (model) {
		char *first = written(model, input);
		lam_layer *second_model = lam_architecture_parse(first, NULL, NULL, &again);
		if (!second_model)
			fuzz_wrong("a text of our own is refused");
		char *second = written(second_model, again);
		if (strcmp(first, second))
			fuzz_wrong("the second text is another");
		lam_free(first);
		lam_free(second);
		lam_layer_free(second_model);
		lam_net_free(lam_net_create(model, lam_layer_planned_shape(model, input),
			.max_batch = 1, .threads = 1, .memory_limit = LIMIT));
	}
	free(text);
	return fuzz_end();
}
