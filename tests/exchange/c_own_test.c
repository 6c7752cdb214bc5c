/* SPDX-License-Identifier: MIT */
/* Layers of one's own in exported nets, what is refused, and the files that appear. */
#include "tests/exchange/c_compile.h"
#include "tests/exchange/cube.h"

static lam_status cube_emit(const lam_layer *self, lam_c *c)
{
	(void)self;
	const lam_shape shape = lam_c_shape(c, 0);
	lam_c_print(c, "\tfor (int i = 0; i < %d; i++)\n", (int)lam_shape_count(&shape));
	lam_c_print(c, "\t\ty[i] = w0[i] * x0[i] * x0[i] * x0[i] + %s;\n", lam_c_constant(c, 0.25));
	return lam_c_shape(c, 1).rank || lam_c_shape(c, -1).rank != shape.rank
		? lam_fail(LAM_ERR_ARGUMENT, "the shapes are wrong")
		: LAM_OK;
}

static lam_status cube_refuse(const lam_layer *self, lam_c *c)
{
	(void)self, (void)c;
	return lam_fail(LAM_ERR_UNSUPPORTED, "no cubes today");
}

static lam_layer_class cube_class = {
	LAM_LAYER_ABI,
	.kind = "cube",
	.plan = cube_plan,
	.forward = cube_forward,
};

static lam_net *net_of(lam_status (*emit)(const lam_layer *, lam_c *))
{
	cube_class.emit_c = emit;
	lam_net *net = lam_net_create(
		lam_sequential(lam_conv2d(.out = 3, .kernel = {2}),
			lam_layer_new(&cube_class, NULL), lam_avg_pool2d(.kernel = {2}),
			lam_layer_new(&cube_class, NULL)),
		LAM_SHAPE(2, 5, 5), .max_batch = 16, .inference = true, .seed = 4);
	if (!net)
		exit(TEST_ERROR);
	lam_real *w = lam_param_edit(lam_net_param(net, 2));
	for (int i = 0; i < 48; i++)
		w[i] = (lam_real)(i % 7) / 4;
	return net;
}

static void layers_of_ones_own_take_part(void)
{
	require(c_begin(), "no folder");
	lam_net *net = net_of(cube_emit);
	c_add_net(net, "cube", 1e-5, false, NULL);
	lam_net_free(net);
	if (c_compile("-O1 -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror"))
		c_compare(0);
	else
		test_skip("there is no compiler cc");
	c_end();
}

static int reasons;

static void count(void *data, const char *reason)
{
	reasons += strstr(reason, data) != NULL;
}

static void reasons_are_all_listed_and_nothing_is_written(void)
{
	lam_net *net = net_of(NULL);
	lam_param_edit(lam_net_param(net, 0))[3] = (lam_real)NAN;
	reasons = 0;
	check_fails(
		lam_export_c(net, "c_refused.c", .refused = count, .refused_data = (void *)"cube"),
		LAM_ERR_UNSUPPORTED,
		"3 reasons: conv2d \"0\": \"0.weight\" is not finite in value 3");
	check(reasons == 2, "%d layers", reasons);
	check(access("c_refused.c", F_OK) && access("c_refused.h", F_OK), "a file was written");
	lam_net_free(net);
	net = net_of(cube_refuse);
	check_fails(lam_export_c(net, "c_refused.c"), LAM_ERR_UNSUPPORTED, "no cubes today");
	check(access("c_refused.c", F_OK), "a file was written");
	check_fails(lam_export_c(net, "c_refused.h"), LAM_ERR_ARGUMENT, "ends in .c");
	check_fails(lam_export_c(net, "2.c"), LAM_ERR_ARGUMENT, "expected an identifier");
	check_fails(lam_export_c(net, "x.c", .name = "for"), LAM_ERR_ARGUMENT, "option name");
	check_fails(lam_export_c(net, "x.c", .weights = (lam_c_weights)7), LAM_ERR_ARGUMENT,
		"option weights is 7");
	check_fails(lam_export_c(NULL, "x.c"), LAM_ERR_ARGUMENT, "the net is NULL");
	lam_net_free(net);
}

/* Each file's own test passes, and notices another weight. */
static void files_test_themselves(void)
{
	static const char *const sources[] = {"own.c", "own.c own_weights.c", "own.c"};
	require(c_begin(), "no folder");
	lam_net *net = net_of(cube_emit);
	for (int store = LAM_C_INLINE; store <= LAM_C_BLOB; store++) {
		char path[200], command[600];
		snprintf(path, sizeof path, "%s/own.c", c_folder);
		check_ok(lam_export_c(net, path, .name = "own", .weights = (lam_c_weights)store));
		snprintf(command, sizeof command,
			"cd %s && cc -std=c99 -Wall -Werror -DOWN_TEST %s -o own -lm && ./own "
			"own.weights >said",
			c_folder, sources[store]);
		if (system("command -v cc >/dev/null") == 0)
			check(system(command) == 0, "%s", command);
	}
	lam_net_free(net);
	c_end();
}

/* Exports a net as names.c of the folder, and compiles it with its test; consumes the net. */
static void compile_as(lam_net *net, const char *name, const char *compiler)
{
	char path[200], command[600], upper[50] = {0};
	require(net, "%s", lam_error());
	snprintf(path, sizeof path, "%s/names.c", c_folder);
	check_ok(lam_export_c(net, path, .name = name));
	for (int i = 0; name[i]; i++)
		upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
	snprintf(command, sizeof command,
		"cd %s && %s -Wall -Wextra -Wconversion -Werror -fsyntax-only -D%s_TEST names.c",
		c_folder, compiler, upper);
	if (system("command -v cc >/dev/null") == 0)
		check(system(command) == 0, "%s", command);
	lam_net_free(net);
}

/* Four functions of one value behind a layer, so that a call of them is as long as it can be. */
static lam_net *long_net(void)
{
	return lam_net_create(lam_sequential(lam_affine(.out = 3), lam_hard_sigmoid(),
				      lam_leaky_relu(.slope = 0.1f), lam_hard_swish(),
				      lam_sigmoid_cross_entropy()),
		LAM_SHAPE(4), .max_batch = 1);
}

/* Ends whose names differ by their case, or are no names of C. */
static lam_net *net_of_ends(void)
{
	static const char *const names[] = {"Image", "image", "in-3", "3"};
	lam_graph *graph = lam_graph_new();
	lam_value inputs[4];
	for (int i = 0; i < 4; i++)
		inputs[i] = lam_graph_input(graph, names[i], LAM_SHAPE(2 + i));
	lam_graph_output(graph,
		lam_apply(graph, lam_concat(), inputs[0], inputs[1], inputs[2], inputs[3]), "for");
	return lam_net_create(lam_graph_done(graph), .max_batch = 1);
}

static void names_compile_or_are_refused(void)
{
	static const char *const taken[] = {"exp", "expf", "y0", "log2l", "and", "asm", "nullptr",
		"constexpr", "printf", "fopen", "FILE", "NAN", "INFINITY", "isnan", "int8_t",
		"linux", "weights", "main"};
	require(c_begin(), "no folder");
	lam_net *net = net_of(cube_emit);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		check_fails(lam_export_c(net, "x.c", .name = taken[i]), LAM_ERR_ARGUMENT,
			"no name of C, C++, math.h or stdio.h");
	lam_net_free(net);
	compile_as(long_net(), "abcdefghijklmnopqrstuvwxyzabcdefghijklmn", "cc -std=c99 -pedantic");
	compile_as(net_of_ends(), "ends", "cc -std=c99 -pedantic");
	compile_as(net_of_ends(), "x", "cc -x c++");
	c_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(layers_of_ones_own_take_part),
		TEST(reasons_are_all_listed_and_nothing_is_written), TEST(files_test_themselves),
		TEST(names_compile_or_are_refused)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
