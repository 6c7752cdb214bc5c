/* SPDX-License-Identifier: MIT */
/* The catalogue holds every layer of the list once, under its kind, and every layer has a subject
 * in the battery, but for the inputs and outputs of graphs. */
#include "tests/battery/subjects.h"
#include "tests/kit.h"

#include "framework/layer/inside.h"
#include "framework/model/catalogue.h"
#include "layers/classes.h"

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

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(kinds_are_the_names_of_the_list)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
