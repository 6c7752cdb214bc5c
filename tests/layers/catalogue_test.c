/* SPDX-License-Identifier: MIT */
/* The catalogue holds every layer of the list once, under its kind; every layer has a subject in
 * the battery, and stands in docs/pytorch.md, but for the inputs and outputs of graphs. */
#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include "framework/layer/inside.h"
#include "framework/model/catalogue.h"
#include "layers/classes.h"

#include <ctype.h>

static void kinds_are_the_names_of_the_list(void)
{
#define LAYER(kind, ...) {#kind, &lam_##kind##_class},
	static const struct {
		const char *kind;
		const lam_layer_class *layer_class;
	} list[] = {LAM_LAYERS(LAYER)};
	const int count = (int)(sizeof list / sizeof *list);
	for (int i = 0; i < count; i++) {
		int found = 0;
		check(strcmp(list[i].layer_class->kind, list[i].kind) == 0, "%s calls itself %s",
			list[i].kind, list[i].layer_class->kind);
		for (const lam_layer_class *const *c = lam_catalogue; *c; c++)
			found += strcmp((*c)->kind, list[i].kind) == 0;
		check(found == 1, "%s stands in the catalogue %d times", list[i].kind, found);
		const bool end = list[i].layer_class->flags & (LAM_SOURCE | LAM_SINK);
		check(end || battery_find(list[i].kind), "%s has no subject", list[i].kind);
	}
	check(!lam_catalogue[count], "the catalogue holds more than the list");
}

/* Whether `text` has this word, with no letter, digit or underscore behind it. */
static bool has_word(const char *text, const char *word)
{
	for (const char *at = text; (at = strstr(at, word)); at++) {
		const unsigned char behind = (unsigned char)at[strlen(word)];
		if (!isalnum(behind) && behind != '_')
			return true;
	}
	return false;
}

static void every_layer_stands_beside_pytorchs(void)
{
	static char text[1 << 20];
	char path[1000], word[100];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/docs/pytorch.md", top ? top : ".");
	FILE *file = fopen(path, "r");
	require(file && fread(text, 1, sizeof text - 1, file) > 0, "%s cannot be read", path);
	fclose(file);
	for (const lam_layer_class *const *c = lam_catalogue; *c; c++) {
		snprintf(word, sizeof word, "lam_%s", (*c)->kind);
		const bool graph = (*c)->input; /* lam_graph_new() and its kin */
		check(graph || (*c)->flags & (LAM_SOURCE | LAM_SINK) || has_word(text, word),
			"docs/pytorch.md has no %s", word);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(kinds_are_the_names_of_the_list),
		TEST(every_layer_stands_beside_pytorchs),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
