/* SPDX-License-Identifier: MIT */
/* lam_graph: layers and values that are wrong, failures in general. */
#include "tests/layers/graph_wrong.h"

static lam_layer *null_layer(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(), lam_apply(s.g, lam_affine(.out = -1), s.h));
	return lam_graph_done(s.g);
}

static lam_layer *null_loss(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_softmax_cross_entropy(.smoothing = 2), s.h);
	return lam_graph_done(s.g);
}

static lam_layer *number(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, (lam_layer *)3, s.h));
}

static lam_layer *other_graph(void)
{
	struct start s = start(), other = start();
	lam_graph_output(s.g, lam_apply(s.g, lam_relu(), other.h), "y");
	lam_graph_free(other.g);
	return lam_graph_done(s.g);
}

static lam_layer *dead_graph(void)
{
	struct start s = start();
	lam_graph_output(s.g, s.h, "y");
	lam_layer_free(lam_graph_done(s.g));
	struct start again = start();
	lam_graph_output(again.g, lam_apply(again.g, lam_relu(), s.h), "y");
	return lam_graph_done(again.g);
}

static lam_layer *no_value(void)
{
	struct start s = start();
	return end(s, (lam_value){0});
}

static lam_layer *no_values(void)
{
	struct start s = start();
	return end(s, lam_apply_to(s.g, lam_concat(), NULL, 0));
}

static lam_layer *made_up(void)
{
	struct start s = start();
	s.h.node = 2;
	return end(s, lam_apply(s.g, lam_relu(), s.h));
}

static lam_layer *do_not_join(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_add(), s.x, s.h));
}

static lam_layer *too_few_inputs(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_concat(), s.h));
}

static lam_layer *too_many_inputs(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_relu(.name = "y"), s.h, s.h));
}

static lam_layer *twice(void)
{
	struct start s = start();
	lam_layer *relu = lam_relu();
	return end(s, lam_apply(s.g, relu, lam_apply(s.g, relu, s.h)));
}

/* The first failure is another one; the layer is freed once all the same. */
static lam_layer *twice_after_a_failure(void)
{
	struct start s = start();
	lam_layer *relu = lam_relu(), *loss = lam_mean_squared_error();
	const lam_value bad = lam_apply(s.g, lam_tanh(), (lam_value){0});
	lam_graph_output(s.g, lam_apply(s.g, relu, lam_apply(s.g, relu, bad)), "y");
	lam_graph_loss(s.g, loss, bad);
	lam_graph_loss(s.g, loss, bad);
	return lam_graph_done(s.g);
}

static lam_layer *elsewhere(void)
{
	struct start s = start();
	lam_layer *relu = lam_relu(), *other = lam_sequential(relu);
	lam_graph_output(s.g, lam_apply(s.g, relu, s.h), "y");
	lam_layer *done = lam_graph_done(s.g);
	lam_layer_free(other);
	return done;
}

static lam_layer *loss_applied(void)
{
	struct start s = start();
	return end(s, lam_apply(s.g, lam_mean_squared_error(), s.h));
}

static lam_layer *no_loss(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_relu(), s.h);
	return lam_graph_done(s.g);
}

static lam_layer *bad_weight(void)
{
	struct start s = start();
	lam_graph_loss(s.g, lam_mean_squared_error(), s.h, .weight = (lam_real)NAN);
	return lam_graph_done(s.g);
}

static const struct row rows[] = {
	{"a layer is NULL", null_layer, "affine: option out is -1; expected at least 1"},
	{"a loss is NULL", null_loss, "softmax_cross_entropy: option smoothing is 2"},
	{"a number", number, "graph: a number stands where a layer is expected"},
	{"another graph", other_graph, "graph: a value of another graph, or of one that is done"},
	{"a graph that is done", dead_graph, "graph: a value of another graph, or of one that is"},
	{"no value", no_value, "graph: no value of a graph stands where one is expected"},
	{"no values", no_values, "graph: concat reads 0 values; expected 1 to 10000"},
	{"a value made up", made_up, "graph: a value of another graph, or of one that is done"},
	{"shapes", do_not_join, "add \"2\": cannot add 2 and 3; expected equal shapes"},
	{"too few inputs", too_few_inputs, "concat \"2\": 1 input; expected 2 or more"},
	{"too many inputs", too_many_inputs, "relu \"y\": 2 inputs; expected 1"},
	{"a layer twice", twice, "graph: the same relu is applied twice; expected a layer of its"},
	{"a layer twice after a failure", twice_after_a_failure,
		"graph: no value of a graph stands where one is expected"},
	{"a layer of another", elsewhere,
		"graph: a layer (relu) is already part of another composition or net"},
	{"a loss applied", loss_applied,
		"graph: mean_squared_error is a loss; expected lam_graph_loss()"},
	{"no loss", no_loss, "graph: relu is no loss; expected one, or lam_graph_output()"},
	{"a bad weight", bad_weight, "lam_graph_loss: option weight is nan; expected a finite"},
};

static void says_what_is_wrong(void)
{
	check_rows(rows, sizeof rows / sizeof *rows);
}

/* The sentence is kept when other calls of the thread fail later. */
static void the_first_sentence_is_kept(void)
{
	struct start s = start();
	lam_graph_output(s.g, lam_apply(s.g, lam_affine(.out = -3), s.h), "y");
	lam_layer_free(lam_affine(.out = -4));
	lam_graph_output(s.g, lam_apply(s.g, lam_affine(.out = -5), s.h), "y");
	lam_layer *layer = lam_graph_done(s.g);
	check(!layer && strstr(lam_error(), "option out is -3"), "%s", lam_error());
}

static lam_layer *whole(void)
{
	struct start s = start();
	const lam_value z = lam_graph_input(s.g, "z", LAM_SHAPE(1));
	const lam_value y = lam_apply(s.g, lam_concat(), s.h, z);
	lam_graph_output(s.g, lam_apply(s.g, lam_relu(), y), "y");
	lam_graph_loss(s.g, lam_mean_squared_error(), lam_apply(s.g, lam_affine(.out = 1), y),
		.name = "loss", .weight = 2);
	return lam_graph_done(s.g);
}

static void memory_may_end_at_any_moment(void)
{
	lam_set_allocator(&counting);
	lam_layer *layer = NULL;
	for (int at = 1; at < 1000 && !layer; at++) {
		const int before = live;
		fails_at = at;
		layer = whole();
		const bool failed = fails_at == 0;
		fails_at = 0;
		check(failed == !layer && (layer || lam_error_status() == LAM_ERR_MEMORY),
			"allocation %d: %s", at, lam_error());
		check(layer || live == before, "allocation %d: %d are left", at, live - before);
	}
	check(layer != NULL, "%s", lam_error());
	lam_layer_free(layer);
	lam_set_allocator(NULL);
}

static void graphs_that_are_not_wanted_are_freed(void)
{
	lam_set_allocator(&counting);
	const int before = live;
	lam_graph_free(NULL);
	lam_graph_free(start().g);
	check(live == before, "%d allocations are left", live - before);
	lam_value x = lam_graph_input(NULL, "x", LAM_SHAPE(1));
	x = lam_apply(NULL, lam_relu(), x);
	lam_graph_loss(NULL, lam_mean_squared_error(), x);
	lam_graph_output(NULL, x, "y");
	check(live == before, "%d allocations are left", live - before);
	(void)lam_fail(LAM_OK, "%s", "");
	lam_layer *layer = lam_graph_done(NULL);
	check(!layer && strstr(lam_error(), "lam_graph_done: the graph is NULL"), "%s",
		lam_error());
	lam_graph_loss_with(NULL);
	check(strstr(lam_error(), "lam_graph_loss: options of 0 bytes"), "%s", lam_error());
	lam_set_allocator(NULL);
}

/* The class of a graph makes no other graph: what its layers read would be missing. */
static void a_graph_is_made_by_its_functions(void)
{
	struct start s = start();
	lam_layer *whole = end(s, s.h);
	check(whole != NULL, "%s", lam_error());
	struct options {
		LAM_LAYER_OPTIONS;
		lam_shape shape;
	} options = {.size = sizeof options, .shape = LAM_SHAPE(3)};
	lam_layer *input = lam_layer_new(lam_layer_class_of(lam_layer_child(whole, 0)), &options);
	lam_layer *layer = lam_layer_new_with_children(
		lam_layer_class_of(whole), NULL, (lam_layer *[]){input, lam_tanh()}, 2);
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 3), layer), LAM_SHAPE(3));
	check(!net && strstr(lam_error(), "lam_graph_done() has made"), "%s", lam_error());
	lam_net_free(net);
	lam_layer_free(whole);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(says_what_is_wrong),
		TEST(the_first_sentence_is_kept), TEST(memory_may_end_at_any_moment),
		TEST(graphs_that_are_not_wanted_are_freed), TEST(a_graph_is_made_by_its_functions)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
