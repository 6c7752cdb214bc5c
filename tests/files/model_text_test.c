/* SPDX-License-Identifier: MIT */
/* Models from descriptions that people write, and back. */
#include <lamina.h>

#include "tests/kit.h"

static void a_description_comes_back(void)
{
	static const char text[] = "# two layers\n\n  # of which\nlamina-architecture 1\ninput 4\n"
				   "sequential {\n\taffine out=3\n\t# the last\n\ttanh\n}\n",
			  expected[] = "lamina-architecture 1\ninput 4\nsequential {\n"
				       "\taffine out=3\n\ttanh\n}\n";
	lam_shape shape;
	lam_layer *model = lam_model_parse(text, NULL, &shape);
	require(model, "%s", lam_error());
	check(shape.rank == 1 && shape.dim[0] == 4);
	char *back = lam_model_text(model, shape);
	check(back && strcmp(back, expected) == 0, "%s", back);
	lam_free(back);
	lam_layer_free(model);
}

static void refused(const char *text, const char *words)
{
	lam_shape shape;
	lam_layer *model = lam_model_parse(text, NULL, &shape);
	check(!model && strstr(lam_error(), words), "says \"%s\"", lam_error());
	lam_layer_free(model);
}

static void wrong_descriptions_are_refused(void)
{
	refused("", "line 1: \"\"; expected lamina-architecture");
	refused("# nothing\n", "expected lamina-architecture");
	refused("#\n#\nlamina-architecture 1\ninput 4\nafine out=1\n",
		"line 5: unknown layer \"afine\"");
	refused("lamina-architecture 1\ninput 4\nstandardize count=1 means=architecture/0\n",
		"line 3");
	refused(NULL, "the text is NULL");
	check(!lam_model_parse("", NULL, NULL) && strstr(lam_error(), "place of the shape"));
	check(!lam_model_text(NULL, (lam_shape){0}) && strstr(lam_error(), "the model is NULL"));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(a_description_comes_back), TEST(wrong_descriptions_are_refused)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
