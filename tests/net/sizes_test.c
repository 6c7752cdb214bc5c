/* SPDX-License-Identifier: MIT */
/* Nets for another input size than the one that they were made with: from a file, and as replicas.
 */
#include "tests/files/files.h"

#include <lamina.h>

static lam_real x[4 * 3 * 20 * 14];

static lam_layer *convolutions(void)
{
	return lam_sequential(lam_conv2d(.out = 5, .kernel = {3}, .name = "in"), lam_relu(),
		lam_conv2d(.out = 2, .kernel = {3}, .stride = {2}), lam_softmax());
}

static lam_layer *one_input_graph(void)
{
	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "image", LAM_SHAPE(3, 8, 8));
	lam_graph_output(g, lam_apply(g, convolutions(), in), "map");
	return lam_graph_done(g);
}

/* A net of the larger size, with the parameters of the smaller one. */
static void check_larger(lam_net *larger, lam_net *net, lam_layer *model)
{
	static lam_real y[4 * 2 * 8 * 5], z[4 * 2 * 8 * 5];
	lam_net *expected = lam_net_create(model, LAM_SHAPE(3, 20, 14), .inference = true,
		.max_batch = lam_net_max_batch(larger));
	require(expected && larger, "%s", lam_error());
	for (int i = 0; i < lam_net_param_count(net); i++) {
		const lam_shape shape = lam_param_shape(lam_net_param(net, i));
		memcpy(lam_param_edit(lam_net_param(expected, i)),
			lam_param_value(lam_net_param(net, i)),
			(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
	const lam_shape out = lam_net_output_shape(larger);
	check(lam_shape_count(&out) == 2 * 8 * 5, "%s", lam_shape_text(out).text);
	check_ok(lam_net_predict(larger, x, 4, y));
	check_ok(lam_net_predict(expected, x, 4, z));
	check(!memcmp(y, z, sizeof y));
	lam_net_free(expected);
}

static void larger_inputs(void)
{
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	const lam_shape shape = LAM_SHAPE(3, 20, 14);
	for (int graph = 0; graph < 2; graph++)
		for (int batch = 3; batch <= 18; batch += 15) {
			test_begin("%s, %d samples", graph ? "graph" : "sequence", batch);
			lam_net *net = lam_net_create(graph ? one_input_graph() : convolutions(),
				LAM_SHAPE(3, 8, 8), .max_batch = batch, .inference = batch == 3);
			require(net != NULL, "%s", lam_error());
			const char *path = file_path("net.npz"), *again = file_path("larger.npz");
			check_ok(lam_net_save(net, path));
			lam_net *larger = lam_net_load(
				path, .shape = shape, .inference = true, .max_batch = batch);
			require(larger != NULL, "%s", lam_error());
			check_larger(larger, net, convolutions());
			check_ok(lam_net_save(larger, again));
			lam_net *saved = lam_net_load(again, .inference = true, .max_batch = batch);
			require(saved != NULL, "%s", lam_error());
			const lam_shape own = lam_net_input_shape(saved);
			check(lam_shape_equal(&own, &shape));
			lam_net_free(saved);
			lam_net_free(larger);
			larger = lam_net_replica(net, .shape = shape);
			require(larger != NULL, "%s", lam_error());
			check_larger(larger, net, convolutions());
			lam_net *second = lam_net_replica(larger, .max_batch = 1);
			require(second != NULL, "%s", lam_error());
			check_larger(second, net, convolutions());
			lam_net_free(larger);
			check_larger(second, net, convolutions());
			lam_net_free(second);
			lam_net_free(net);
		}
}

static void sizes_that_do_not_fit(void)
{
	lam_net *net = lam_net_create(lam_sequential(lam_conv2d(.out = 2, .kernel = {3}),
					      lam_flatten(), lam_affine(.out = 4)),
		LAM_SHAPE(3, 8, 8), .max_batch = 2);
	require(net != NULL);
	const char *path = file_path("affine.npz");
	check_ok(lam_net_save(net, path));
	check(!lam_net_load(path, .shape = LAM_SHAPE(3, 9, 9))
			&& lam_error_status() == LAM_ERR_SHAPE
			&& strstr(lam_error(),
				"\"2.weight\" has 288 values; its architecture with "
				".shape 3x9x9 needs shape 4x98"),
		"%s", lam_error());
	check(!lam_net_replica(net, .shape = LAM_SHAPE(3, 9, 9))
			&& lam_error_status() == LAM_ERR_SHAPE
			&& strstr(lam_error(),
				"\"2.weight\" is 4x72; with .shape 3x9x9 it would be "
				"4x98"),
		"%s", lam_error());
	check(!lam_net_replica(net, .shape = LAM_SHAPE(3, 2, 2))
			&& lam_error_status() == LAM_ERR_SHAPE,
		"%s", lam_error());
	check(!lam_net_load(path, .shape = LAM_SHAPE(3, 2, 2))
			&& lam_error_status() == LAM_ERR_SHAPE,
		"%s", lam_error());
	check(!lam_net_replica(net, .train = true, .inference = true)
		&& strstr(lam_error(), ".train and .inference"));
	check(!lam_net_replica(net, .input_grad = true)
		&& strstr(lam_error(), "expected it with .train"));
	lam_net_free(net);
}

static void graphs_of_two_inputs_have_their_shapes(void)
{
	lam_graph *g = lam_graph_new();
	lam_value a = lam_graph_input(g, "a", LAM_SHAPE(3)),
		  b = lam_graph_input(g, "b", LAM_SHAPE(3));
	lam_graph_output(g, lam_apply(g, lam_add(), a, b), NULL);
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 2);
	require(net != NULL, "%s", lam_error());
	const char *path = file_path("two.npz");
	check_ok(lam_net_save(net, path));
	check(!lam_net_load(path, .shape = LAM_SHAPE(4)) && strstr(lam_error(), "2 inputs"), "%s",
		lam_error());
	check(!lam_net_replica(net, .shape = LAM_SHAPE(4)) && strstr(lam_error(), "2 inputs"), "%s",
		lam_error());
	lam_net *replica = lam_net_replica(net, .train = true);
	check(replica != NULL, "%s", lam_error());
	lam_net_free(replica);
	lam_net_free(net);
}

static void memory_limits_hold(void)
{
	lam_net *net = lam_net_create(convolutions(), LAM_SHAPE(3, 8, 8), .max_batch = 2);
	require(net != NULL);
	const char *path = file_path("limit.npz");
	check_ok(lam_net_save(net, path));
	lam_net *larger = lam_net_load(path, .shape = LAM_SHAPE(3, 20, 14), .max_batch = 2);
	lam_net *replica = lam_net_replica(net, .train = true, .shape = LAM_SHAPE(3, 20, 14));
	require(larger && replica, "%s", lam_error());
	lam_net_memory memory, of_replica;
	lam_net_memory_of(larger, &memory, sizeof memory);
	lam_net_memory_of(replica, &of_replica, sizeof of_replica);
	check(of_replica.parameters == 0 && of_replica.gradients == memory.gradients);
	lam_net_free(larger);
	lam_net_free(replica);
	const size_t most = (size_t)memory.total, own = (size_t)of_replica.total;
	larger = lam_net_load(
		path, .shape = LAM_SHAPE(3, 20, 14), .max_batch = 2, .memory_limit = most);
	check(larger != NULL, "%s", lam_error());
	lam_net_free(larger);
	check(!lam_net_load(
		      path, .shape = LAM_SHAPE(3, 20, 14), .max_batch = 2, .memory_limit = most - 1)
		&& lam_error_status() == LAM_ERR_MEMORY);
	check(!lam_net_replica(
		      net, .train = true, .shape = LAM_SHAPE(3, 20, 14), .memory_limit = own - 1)
		&& lam_error_status() == LAM_ERR_MEMORY);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(larger_inputs),
		TEST(sizes_that_do_not_fit),
		TEST(graphs_of_two_inputs_have_their_shapes),
		TEST(memory_limits_hold),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
