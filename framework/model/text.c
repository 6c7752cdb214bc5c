/* SPDX-License-Identifier: MIT */
/* Models as text, for programs: descriptions that people write, and what a file holds. */
#include "framework/model/architecture.h"

#include "framework/base/float_mode.h"
#include "framework/memory.h"
#include "framework/save.h"

#include <string.h>

/* Makes lines empty whose first word begins with #. */
static void drop_comments(char *text)
{
	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		char *word = line + strspn(line, " \t");
		if (*word == '#')
			memset(line, ' ', strcspn(line, "\n"));
	}
}

lam_layer *lam_model_parse(
	const char *text, const lam_layer_class *const *classes, lam_shape *shape)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	if (!text || !shape) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_model_parse: the %s is NULL",
			text ? "place of the shape" : "text");
		return NULL;
	}
	if (strlen(text) > LAM_ARCHITECTURE_BYTES) {
		lam_fail(LAM_ERR_FORMAT, "lam_model_parse: %zu bytes of text; expected at most %d",
			strlen(text), LAM_ARCHITECTURE_BYTES);
		return NULL;
	}
	char *copy = lam_text_copy(text);
	if (!copy)
		return NULL;
	drop_comments(copy);
	lam_layer *model = lam_architecture_parse(copy, classes, NULL, shape);
	lam_free(copy);
	return model;
}

char *lam_model_text(const lam_layer *model, lam_shape shape)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	if (!model) {
		lam_fail(LAM_ERR_ARGUMENT, "lam_model_text: the model is NULL");
		return NULL;
	}
	return lam_architecture_write(model, shape);
}
