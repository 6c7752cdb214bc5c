/* SPDX-License-Identifier: MIT */
/* lam_graph: the numbers of its layers, a chain, its place in other layers, and how long it may be.
 */
#include "framework/model/architecture.h"
#include "framework/net/inside.h"
#include "tests/battery/prove.h"

#include <inttypes.h>

enum { BATCH = 21, KINDS = 3 };

static char *text_of(lam_layer *model)
{
	char *text = model ? lam_architecture_write(model, LAM_SHAPE(8)) : NULL;
	check(text != NULL, "%s", lam_error());
	lam_layer_free(model);
	return text;
}

/* y = a(x) + b(x), b made first or last. Compilers differ in the order of nested calls. */
static lam_layer *sum(bool b_first)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(8));
	lam_value a = {0}, b = {0};
	for (int i = 0; i < 2; i++)
		if ((i == 0) == b_first)
			b = lam_apply(g, lam_relu(), lam_apply(g, lam_affine(.out = 2), x));
		else
			a = lam_apply(g, lam_tanh(), lam_apply(g, lam_affine(.out = 2), x));
	lam_graph_output(g, lam_apply(g, lam_add(), a, b), "y");
	return lam_graph_done(g);
}

static void numbers_do_not_depend_on_the_order_of_calls(void)
{
	static const char expected[] = "lamina-architecture 1\n"
				       "input 8\n"
				       "graph {\n"
				       "\tinput shape=8 name=x\n"
				       "\taffine out=2 from=x\n"
				       "\ttanh from=1\n"
				       "\taffine out=2 from=x\n"
				       "\trelu from=3\n"
				       "\tadd from=2,4\n"
				       "\toutput name=y from=5\n"
				       "}\n";
	for (int first = 0; first < 2; first++) {
		char *text = text_of(sum(first));
		check(text && !strcmp(text, expected), "it is %s", text ? text : "nothing");
		lam_free(text);
	}
}

static lam_layer *chain_layer(int i)
{
	switch (i) {
	case 0:
		return lam_conv2d(.out = 5, .kernel = {3}, .pad = {1});
	case 1:
		return lam_batch_norm();
	case 2:
		return lam_relu();
	case 3:
		return lam_residual(lam_conv2d(.out = 5, .kernel = {3}, .pad = {1}));
	case 4:
		return lam_dropout(.p = (lam_real)0.25);
	case 5:
		return lam_affine(.out = KINDS);
	default:
		return lam_softmax_cross_entropy();
	}
}

static lam_layer *chain(bool graph)
{
	lam_layer *layers[7];
	if (!graph) {
		for (int i = 0; i < 7; i++)
			layers[i] = chain_layer(i);
		return lam_sequential_new(&(lam_sequential_options){
			.size = sizeof(lam_sequential_options), .layers = layers, .count = 7});
	}
	lam_graph *g = lam_graph_new();
	lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2, 6, 6));
	for (int i = 0; i < 6; i++)
		x = lam_apply(g, chain_layer(i), x);
	lam_graph_loss(g, chain_layer(6), x);
	return lam_graph_done(g);
}

static void check_same_nets(lam_net *a, lam_net *b)
{
	lam_net_memory of_a, of_b;
	lam_net_memory_of(a, &of_a, sizeof of_a);
	lam_net_memory_of(b, &of_b, sizeof of_b);
	check(!memcmp(&of_a, &of_b, sizeof of_a), "%" PRId64 " bytes, not %" PRId64, of_a.total,
		of_b.total);
	check(a->plan.call_count == b->plan.call_count, "%d calls, not %d", a->plan.call_count,
		b->plan.call_count);
	for (int i = 0; i < a->plan.call_count && i < b->plan.call_count; i++)
		check(a->plan.calls[i].layer_class == b->plan.calls[i].layer_class, "call %d is %s",
			i, a->plan.calls[i].layer_class->kind);
}

static void a_chain_is_a_sequence(void)
{
	enum { SAMPLE = 2 * 6 * 6 };
	static lam_real x[BATCH * SAMPLE], y[2][BATCH * KINDS];
	int32_t kinds[BATCH];
	struct dice dice = {4};
	for (int i = 0; i < BATCH; i++)
		kinds[i] = i % KINDS;
	for (int i = 0; i < BATCH * SAMPLE; i++)
		x[i] = (lam_real)dice_real(&dice, -1, 1);
	lam_net *net[2];
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	for (int graph = 0; graph < 2; graph++) {
		net[graph] = lam_net_create(
			chain(graph), LAM_SHAPE(2, 6, 6), .max_batch = BATCH, .seed = 5);
		require(net[graph], "%s", lam_error());
		for (int step = 0; step < 4; step++)
			check_ok(lam_net_step(net[graph], &adam, x, kinds, BATCH));
	}
	check_same_nets(net[1], net[0]);
	int64_t count, other;
	const lam_real *dw = lam_net_gradients(net[0], &count);
	check(!memcmp(dw, lam_net_gradients(net[1], &other), (size_t)count * sizeof *dw)
			&& count == other,
		"other gradients");
	for (int i = 0; i < lam_net_param_count(net[0]); i++) {
		const lam_param *a = lam_net_param(net[0], i), *b = lam_net_param(net[1], i);
		const lam_shape shape = lam_param_shape(a);
		check(!memcmp(lam_param_value(a), lam_param_value(b),
			      (size_t)lam_shape_count(&shape) * sizeof(lam_real)),
			"%s has other values", lam_param_name(b));
	}
	for (int batch = 3; batch <= BATCH; batch += BATCH - 3) {
		lam_net *replica[2];
		for (int graph = 0; graph < 2; graph++) {
			replica[graph] = lam_net_replica(net[graph], .max_batch = batch);
			require(replica[graph], "%s", lam_error());
			check_ok(lam_net_predict(replica[graph], x, BATCH, y[graph]));
		}
		check(!memcmp(y[0], y[1], sizeof y[0]), "other predictions");
		check_same_nets(replica[1], replica[0]);
		lam_net_free(replica[0]);
		lam_net_free(replica[1]);
	}
	lam_net_free(net[0]);
	lam_net_free(net[1]);
}

/* h = relu(W x + b); y = (h, tanh(h)) */
static lam_layer *forked(bool graph, lam_shape shape)
{
	if (!graph)
		return lam_sequential(lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}), lam_relu(),
			lam_concat(lam_sequential(lam_tanh(), lam_relu()), lam_tanh()));
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, NULL, shape);
	const lam_value h = lam_apply(
		g, lam_relu(), lam_apply(g, lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}), x));
	const lam_value y = lam_apply(g, lam_concat(),
		lam_apply(g, lam_relu(), lam_apply(g, lam_tanh(), h)), lam_apply(g, lam_tanh(), h));
	lam_graph_output(g, y, NULL);
	return lam_graph_done(g);
}

/* In other layers a graph's declared shape and the name of its output do not matter. */
static lam_layer *nested(bool graph, int kind)
{
	const lam_shape any = LAM_SHAPE(7, 5, 5);
	if (kind == 0)
		return lam_sequential(lam_tanh(), forked(graph, any), lam_global_avg_pool());
	if (kind == 1)
		return lam_residual(
			lam_sequential(forked(graph, any), lam_conv2d(.out = 2, .kernel = {1})));
	if (kind == 2)
		return lam_concat(forked(graph, any), lam_relu());
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2, 4, 4));
	lam_graph_output(g, lam_apply(g, forked(graph, any), lam_apply(g, lam_tanh(), x)), "y");
	return lam_graph_done(g);
}

static void stands_in_other_layers(void)
{
	enum { SAMPLE = 2 * 4 * 4, OUT = 8 * 4 * 4 };
	static lam_real x[BATCH * SAMPLE], dy[BATCH * OUT], y[2][BATCH * OUT], dx[BATCH * SAMPLE];
	struct dice dice = {6};
	for (int i = 0; i < BATCH * SAMPLE; i++)
		x[i] = (lam_real)dice_real(&dice, -1, 1);
	for (int i = 0; i < BATCH * OUT; i++)
		dy[i] = (lam_real)dice_real(&dice, -1, 1);
	for (int kind = 0; kind < 4; kind++) {
		test_begin("in container %d", kind);
		for (int graph = 0; graph < 2; graph++) {
			lam_net *net = lam_net_create(nested(graph, kind), LAM_SHAPE(2, 4, 4),
				.max_batch = BATCH, .input_grad = true, .seed = 7);
			if (!check(net, "%s", lam_error()))
				break;
			check(lam_net_output_count(net) == 1, "%d outputs",
				lam_net_output_count(net));
			check_ok(lam_net_forward(net, LAM_TRAIN, x, NULL, BATCH));
			const lam_shape out = lam_net_output_shape(net);
			const size_t bytes = (size_t)(BATCH * lam_shape_count(&out)) * sizeof *y[0];
			memcpy(y[graph], lam_net_output(net), bytes);
			check_ok(lam_net_backward_from(net, dy));
			if (graph) {
				check(!memcmp(y[0], y[1], bytes), "other outputs");
				check(!memcmp(dx, lam_net_input_grad(net), sizeof dx),
					"other gradients");
			}
			memcpy(dx, lam_net_input_grad(net), sizeof dx);
			lam_net_free(net);
		}
		test_end();
	}
}

/* A graph of two inputs is applied to two values, in the order of its inputs. */
static lam_layer *difference(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value a = lam_graph_input(g, "a", LAM_SHAPE(1)),
			b = lam_graph_input(g, "b", LAM_SHAPE(1));
	lam_graph_output(g,
		lam_apply(
			g, lam_concat(), lam_apply(g, lam_tanh(), b), lam_apply(g, lam_relu(), a)),
		"c");
	return lam_graph_done(g);
}

static void takes_several_values(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(2)),
			z = lam_graph_input(g, "z", LAM_SHAPE(2));
	lam_graph_output(g, lam_apply(g, difference(), z, x), "y");
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 1, .inference = true);
	require(net, "%s", lam_error());
	const lam_real in_x[] = {1, 2}, in_z[] = {-3, 4};
	lam_real y[4];
	check_ok(lam_net_predict_io(net, (const lam_io[]){{"x", in_x}, {"z", in_z}, {0}}, 1,
		(const lam_out[]){{"y", y}, {0}}));
	check_near(y[0], tanh(1), 1e-6);
	check_near(y[1], tanh(2), 1e-6);
	check_near(y[2], 0, 0);
	check_near(y[3], 4, 0);
	lam_net_free(net);
}

/* A chain of so many calls, each of which reads its predecessor twice. */
static lam_layer *long_graph(int calls)
{
	lam_graph *g = lam_graph_new();
	lam_value x = lam_graph_input(g, "x", LAM_SHAPE(1));
	for (int i = 0; i < calls; i++)
		x = i % 2 ? lam_apply(g, lam_add(), x, x) : lam_apply(g, lam_tanh(), x);
	lam_graph_output(g, x, "y");
	return lam_graph_done(g);
}

static void ten_thousand_calls(void)
{
	lam_net *net = lam_net_create(long_graph(10000), .max_batch = 16, .inference = true);
	require(net, "%s", lam_error());
	lam_real x = 1, y = 0;
	check_ok(lam_net_predict(net, &x, 1, &y));
	check(y > 1, "it is %g", (double)y);
	lam_net_free(net);
	lam_layer *layer = long_graph(10001);
	check(!layer && strstr(lam_error(), "a net of more than 10000 layers"), "%s", lam_error());
	layer = long_graph(30000);
	check(!layer && strstr(lam_error(), "graph: 30002 layers; expected 2 to 20000"), "%s",
		lam_error());
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(numbers_do_not_depend_on_the_order_of_calls),
		TEST(a_chain_is_a_sequence), TEST(stands_in_other_layers),
		TEST(takes_several_values), TEST(ten_thousand_calls)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
