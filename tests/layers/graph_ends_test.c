/* SPDX-License-Identifier: MIT */
/* lam_graph: inputs, outputs, losses and names that are wrong. */
#include "tests/layers/graph_wrong.h"

static lam_layer *unused_input(void)
{
	struct start s = start();
	lam_graph_input(s.g, "unused", LAM_SHAPE(2));
	return end(s, s.h);
}

static lam_layer *unread_value(void)
{
	struct start s = start();
	lam_apply(s.g, lam_relu(.name = "unread"), s.h);
	return end(s, s.h);
}

static lam_layer *two_losses_of_one_name(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(.name = "a"), s.h);
	lam_graph_loss(s.g, lam_mean_squared_error(), s.h, .name = "a");
	return lam_graph_done(s.g);
}

static lam_layer *two_unnamed_losses(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(), s.h);
	lam_graph_loss(s.g, lam_mean_squared_error(), s.h);
	return lam_graph_done(s.g);
}

static lam_layer *two_inputs_of_one_name(void)
{
	struct start s = start();
	const lam_value x = lam_graph_input(s.g, "x", LAM_SHAPE(2));
	return end(s, lam_apply(s.g, lam_concat(), x, s.h));
}

static lam_layer *two_layers_of_one_name(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_relu(.name = "h"), s.h));
}

static lam_layer *named_like_a_number(void)
{
	struct start s = start();
	const lam_value a = lam_apply(s.g, lam_relu(.name = "3"), s.h);
	return end(s, lam_apply(s.g, lam_tanh(), a));
}

static lam_layer *comma(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_relu(.name = "a,b"), s.h));
}

static lam_layer *two_outputs_of_one_value(void)
{
	struct start s = start();
	lam_graph_output(s.g, s.h, "a");
	lam_graph_output(s.g, s.h, "b");
	return lam_graph_done(s.g);
}

static lam_layer *output_is_input(void)
{
	struct start s = start();
	lam_graph_output(s.g, s.x, "a");
	lam_graph_output(s.g, s.h, "b");
	return lam_graph_done(s.g);
}

static lam_layer *no_end(void)
{
	return lam_graph_done(start().g);
}

static lam_layer *empty(void)
{
	return lam_graph_done(lam_graph_new());
}

static lam_layer *two_names(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(.name = "a"), s.h, .name = "b");
	return lam_graph_done(s.g);
}

static lam_layer *bad_name(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(), s.h, .name = "a.b");
	return lam_graph_done(s.g);
}

static lam_layer *bad_input_name(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_concat(), s.h, lam_graph_input(s.g, "", LAM_SHAPE(2))));
}

static lam_layer *bad_shape(void)
{
	lam_graph *g = lam_graph_new();
	lam_graph_output(g, lam_apply(g, lam_relu(), lam_graph_input(g, "x", LAM_SHAPE(0))), "y");
	return lam_graph_done(g);
}

static lam_layer *two_outputs_inside(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2));
	lam_graph_output(g, lam_apply(g, lam_relu(), x), "a");
	lam_graph_output(g, lam_apply(g, lam_tanh(), x), "b");
	struct start s = start();
	return end(s, lam_apply(s.g, lam_graph_done(g), s.h));
}

static lam_layer *two_values_for_one_input(void)
{
	lam_graph *g = lam_graph_new();
	lam_graph_output(g, lam_apply(g, lam_relu(), lam_graph_input(g, "x", LAM_SHAPE(2))), "a");
	struct start s = start();
	return end(s, lam_apply(s.g, lam_graph_done(g), s.h, s.h));
}

static const struct row rows[] = {
	{"an unused input", unused_input,
		"graph: nothing reads input \"unused\"; expected a layer, a loss or an output"},
	{"an unread value", unread_value, "graph: nothing reads relu \"unread\"; expected a layer"},
	{"two losses of one name", two_losses_of_one_name,
		"two inputs, outputs or losses are named \"a\"; expected different names"},
	{"two unnamed losses", two_unnamed_losses,
		"2 losses have no name; expected a .name for all but one"},
	{"two inputs of one name", two_inputs_of_one_name,
		"graph: input \"x\" and input \"x\", its layers 0 and 1, have one name"},
	{"two layers of one name", two_layers_of_one_name,
		"graph: affine \"h\" and relu \"h\", its layers 1 and 2, have one name"},
	{"a name like a number", named_like_a_number,
		"graph: relu \"3\" and tanh \"3\", its layers 2 and 3, have one name"},
	{"a comma", comma, "graph: relu \"a,b\" has a comma in its name; expected none"},
	{"two outputs of one value", two_outputs_of_one_value,
		"the outputs \"a\" and \"b\" are the same value; expected one name for it"},
	{"an output is an input", output_is_input,
		"graph: output \"a\" is input \"x\"; expected a layer between"},
	{"no end", no_end, "graph: no loss and no output; expected lam_graph_loss() or"},
	{"empty", empty, "graph: no loss and no output; expected lam_graph_loss() or"},
	{"two names", two_names,
		"lam_graph_loss: option name is \"b\" for the mean_squared_error \"a\"; expected "
		"one name"},
	{"a bad name", bad_name, "lam_graph_loss: option name is \"a.b\"; expected printable"},
	{"a bad name of an input", bad_input_name,
		"input: option name has 0 characters; expected 1 to 64"},
	{"a bad shape", bad_shape, "input: option shape is 0; expected 1 to 4 dimensions"},
	{"two outputs inside", two_outputs_inside,
		"graph \"2\": 2 outputs; expected one, where a graph stands in another layer"},
	{"two values for one input", two_values_for_one_input,
		"graph \"2\": 2 values for a graph of 1 input"},
};

static void says_what_is_wrong(void)
{
	check_rows(rows, sizeof rows / sizeof *rows);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(says_what_is_wrong)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
