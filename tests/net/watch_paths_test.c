/* SPDX-License-Identifier: MIT */
/* Which values can be watched, and when lam_net_value() has one. */
#include "tests/files/files.h"

#include <lamina.h>

enum { IN = 147, MOST = 19 };

static lam_real x[MOST * IN];

static void make_data(void)
{
	for (int i = 0; i < MOST * IN; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static lam_layer *block(void)
{
	return lam_sequential(lam_affine(.out = 6), lam_relu(),
		lam_residual(lam_sequential(lam_affine(.out = 6), lam_tanh())),
		lam_concat(lam_identity(), lam_affine(.out = 5)),
		lam_affine(.out = 3, .name = "head"));
}

static void wrong_paths_are_refused(void)
{
	const struct {
		const char *const *watch;
		const char *words;
	} table[] = {
		{LIST("12"),
			".watch: the net has no layer \"12\"; expected one such as \"0\", "
			"\"1\", \"2\", \"2.body\", \"2.body.0\", \"2.body.1\", "
			"\"3\", \"3.0\", \"3.1\", \"head\""},
		{LIST("2.add"), "no layer \"2.add\""},
		{LIST("1", "2", "1"), ".watch: \"1\" is in the list twice; expected it once"},
		{LIST("\033[2J"), "no layer \"\\x1b[2J\""},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		lam_net *net = lam_net_create(block(), LAM_SHAPE(IN), .watch = table[i].watch);
		check(!net && lam_error_status() == LAM_ERR_ARGUMENT
				&& strstr(lam_error(), table[i].words),
			"says \"%s\"", lam_error());
	}
	check(!lam_net_create(lam_sequential(lam_tanh(.name = "a"), lam_relu(.name = "a")),
		      LAM_SHAPE(3), .watch = LIST("a"))
			&& strstr(lam_error(), "several layers are named \"a\""),
		"%s", lam_error());
}

/* Of many paths the sentence lists those that resemble the one that was asked for. */
static void near_paths_are_listed(void)
{
	enum { LONG = 120 };
	lam_layer *layers[LONG + 1];
	for (int i = 0; i < LONG; i++)
		layers[i] = lam_tanh();
	layers[LONG] = lam_residual(
		lam_sequential(lam_affine(.out = 3, .name = "narrow")), .name = "last");
	const lam_sequential_options options = {
		.size = sizeof options, .layers = layers, .count = LONG + 1};
	check(!lam_net_create(
		      lam_sequential_new(&options), LAM_SHAPE(3), .watch = LIST("last.body.narow"))
			&& strstr(lam_error(),
				"no layer \"last.body.narow\"; expected one such as "
				"\"last\", \"last.body\", \"last.body.narrow\""),
		"%s", lam_error());
	for (int i = 0; i <= LONG; i++)
		layers[i] = lam_tanh();
	check(!lam_net_create(lam_sequential_new(&options), LAM_SHAPE(3), .watch = LIST("nothing"))
			&& strstr(lam_error(), "\"0\", \"1\", ") && strstr(lam_error(), " more"),
		"%s", lam_error());
}

static lam_status values_while_it_runs(const lam_layer *self, const lam_pass *pass);
static lam_net *running;
static bool refused;

static const lam_layer_class looking_class = {
	LAM_LAYER_ABI, .kind = "looking", .forward = values_while_it_runs};

static lam_status values_while_it_runs(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (running)
		refused = !lam_net_value(running, "0", NULL)
			&& strstr(lam_error(), "while the net runs");
	memcpy(pass->out->data, pass->x->data, (size_t)pass->x->values * sizeof(lam_real));
	return LAM_OK;
}

static void values_that_are_not_there(void)
{
	make_data();
	lam_net *net = lam_net_create(
		lam_sequential(lam_tanh(), lam_layer_new(&looking_class, NULL)), LAM_SHAPE(IN),
		.max_batch = 4, .inference = true, .threads = 1, .watch = LIST("0"));
	require(net != NULL, "%s", lam_error());
	static lam_real y[MOST * IN];
	check(!lam_net_value(net, "0", NULL) && lam_error_status() == LAM_ERR_STATE
		&& strstr(lam_error(), "no forward before it"));
	check(!lam_net_value(net, "1", NULL) && lam_error_status() == LAM_ERR_ARGUMENT
			&& strstr(lam_error(), "\"1\" is not watched")
			&& strstr(lam_error(), "\"0\""),
		"%s", lam_error());
	check(!lam_net_value(NULL, "0", NULL) && strstr(lam_error(), "the net is NULL"));
	check(!lam_net_value(net, NULL, NULL) && strstr(lam_error(), "the path is NULL"));
	running = net;
	check_ok(lam_net_predict(net, x, MOST, y));
	running = NULL;
	check(refused);
	/* The last batch of the prediction. */
	const lam_real *value = lam_net_value(net, "0", NULL);
	const int rest = MOST % 4;
	check(value && !memcmp(value, y + (MOST - rest) * IN, (size_t)(rest * IN) * sizeof *y));
	lam_net *plain = lam_net_create(lam_tanh(), LAM_SHAPE(3));
	require(plain != NULL);
	check(!lam_net_value(plain, "0", NULL) && strstr(lam_error(), "expected it in the net's"));
	lam_net_free(plain);
	lam_net_free(net);
}

static void files_and_graphs(void)
{
	make_data();
	lam_graph *g = lam_graph_new();
	lam_value in = lam_graph_input(g, "x", LAM_SHAPE(IN));
	lam_value a = lam_apply(g, lam_sequential(lam_affine(.out = 4), lam_tanh()), in);
	lam_value b = lam_apply(g, lam_affine(.out = 4, .name = "side"), in);
	lam_graph_output(g, lam_apply(g, lam_add(), a, b), NULL);
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 4, .inference = true);
	require(net != NULL, "%s", lam_error());
	const char *path = file_path("graph.npz");
	check_ok(lam_net_save(net, path));
	lam_net *loaded = lam_net_load(
		path, .inference = true, .max_batch = 4, .watch = LIST("1", "side", "3", "1.0"));
	require(loaded != NULL, "%s", lam_error());
	static lam_real y[4 * 4], z[4 * 4];
	check_ok(lam_net_predict(net, x, 4, y));
	check_ok(lam_net_predict(loaded, x, 4, z));
	check(!memcmp(y, z, sizeof y));
	const lam_real *sum = lam_net_value(loaded, "3", NULL),
		       *first = lam_net_value(loaded, "1", NULL),
		       *second = lam_net_value(loaded, "side", NULL);
	require(sum && first && second, "%s", lam_error());
	check(!memcmp(sum, y, sizeof y));
	for (int i = 0; i < 16; i++)
		check(first[i] + second[i] == sum[i]);
	check(!lam_net_load(path, .watch = LIST("trunk")) && strstr(lam_error(), "\"side\""));
	lam_net_free(loaded);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(wrong_paths_are_refused),
		TEST(near_paths_are_listed),
		TEST(values_that_are_not_there),
		TEST(files_and_graphs),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
