/* SPDX-License-Identifier: MIT */
/* lam_onnx_load(): what it refuses, with which sentences; nets that are trained,
 * checked and saved. */
#include "framework/gradcheck.h"
#include "framework/io.h"
#include "framework/save.h"
#include "layers/activation.h"
#include "layers/loss.h"
#include "tests/exchange/onnx_build.h"

#include <inttypes.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static void every_refused_node_is_told(void)
{
	build b;
	char text[2000] = "";
	FILE *told = tmpfile();
	build_begin(&b, 13);
	build_input(&b, "x", 0, 3, 8, 8);
	build_node(&b, "LSTM", "x", "a");
	build_node(&b, "Relu", "a", "b");
	build_node(&b, "Relu", "x", "c");
	build_node(&b, "Loop", "c", "d");
	LaminaOnnx__Node *pool = build_node(&b, "MaxPool", "c", "e");
	build_int(&b, pool, "colour", 3);
	build_node(&b, "Concat", "b d e", "y");
	build_node(&b, "GRU", "x", "unused");
	build_output(&b, "y");
	lam_net *net = build_load(&b, (lam_onnx_load_options){.refused = told});
	check(!net, "it was loaded");
	says(LAM_ERR_UNSUPPORTED, "3 nodes cannot be mapped");
	says(LAM_ERR_UNSUPPORTED, "node \"node0\" (LSTM): lamina has no layer");
	rewind(told);
	check(fread(text, 1, sizeof text - 1, told) > 0, "nothing was told");
	check(strstr(text, "node \"node0\" (LSTM): ") && strstr(text, "node \"node3\" (Loop): ")
			&& strstr(text, "node \"node4\" (MaxPool): attribute \"colour\""),
		"told: %s", text);
	check(!strstr(text, "GRU") && !strstr(text, "Relu"), "told too much: %s", text);
	fclose(told);
	build_free(&b);
}

/* A net of two convolutions, a branch and a softmax, by pieces. */
static void small_net(build *b)
{
	static const int64_t ones[4] = {1, 1, 1, 1}, axes[2] = {2, 3};
	build_begin(b, 13);
	build_input(b, "image", 0, 2, 6, 6);
	build_weights(b, "first.weight", 4, 2, 3, 3);
	build_weights(b, "first.bias", 4);
	build_weights(b, "scale", 1, 4, 1, 1);
	build_weights(b, "shift", 4, 1, 1);
	build_weights(b, "fc.weight", 3, 4);
	build_weights(b, "fc.bias", 3);
	LaminaOnnx__Node *conv = build_node(b, "Conv", "image first.weight first.bias", "a");
	build_ints(b, conv, "pads", 4, ones);
	build_node(b, "Sigmoid", "a", "s");
	build_node(b, "Mul", "s a", "silu");
	build_node(b, "Mul", "silu scale", "scaled");
	build_node(b, "Add", "scaled shift", "shifted");
	build_node(b, "Add", "shifted a", "sum");
	LaminaOnnx__Node *mean = build_node(b, "ReduceMean", "sum", "mean");
	build_ints(b, mean, "axes", 2, axes);
	build_int(b, mean, "keepdims", 0);
	LaminaOnnx__Node *gemm = build_node(b, "Gemm", "mean fc.weight fc.bias", "logits");
	build_int(b, gemm, "transB", 1);
	build_node(b, "Softmax", "logits", "class");
	build_output(b, "class");
}

static void names_come_from_the_file(void)
{
	build b;
	small_net(&b);
	lam_net *net = build_load(&b, (lam_onnx_load_options){.max_batch = 4});
	check(net != NULL, "%s", lam_error());
	if (net) {
		check(!strcmp(lam_net_input_name(net, 0), "image"), "input");
		check(!strcmp(lam_net_output_name(net, 0), "class"), "output");
		check(lam_net_find(net, "first.weight") && lam_net_find(net, "fc.bias"),
			"names of parameters");
	}
	lam_net_free(net);
	build_free(&b);
}

static void it_is_trained_checked_and_saved(void)
{
	build b;
	lam_real x[4 * 72], y[12], again[12];
	const int32_t classes[4] = {0, 1, 2, 1};
	for (int i = 0; i < 4 * 72; i++)
		x[i] = value(i);
	small_net(&b);
	lam_net *net = build_load(
		&b, (lam_onnx_load_options){.max_batch = 4, .loss = lam_softmax_cross_entropy()});
	if (!net) {
		check(false, "%s", lam_error());
		build_free(&b);
		return;
	}
	check(lam_net_output_count(net) == 1 && lam_net_loss_count(net) == 1, "ends");
	lam_shape shape;
	char *text = lam_model_text(lam_net_model(net), lam_net_input_shape(net));
	lam_layer *model = text ? lam_model_parse(text, NULL, &shape) : NULL;
	check(model && !lam_gradcheck(model), "%s", lam_error());
	lam_free(text);
	double first = 0;
	const lam_optimizer adam = lam_adam(.lr = 0.02f);
	for (int step = 0; step < 20; step++) {
		check(!lam_net_step(net, &adam, x, classes, 4), "%s", lam_error());
		first = step ? first : lam_net_loss(net);
	}
	check(lam_net_loss(net) < 0.9 * first, "loss %g after %g", lam_net_loss(net), first);
	check(!lam_net_predict(net, x, 4, y), "%s", lam_error());
	check(!lam_net_save(net, in_folder("trained.npz")), "%s", lam_error());
	lam_net *loaded = lam_net_load(in_folder("trained.npz"), .max_batch = 4);
	check(loaded && !lam_net_predict(loaded, x, 4, again), "%s", lam_error());
	check(!memcmp(y, again, sizeof y), "the saved net predicts otherwise");
	lam_net_free(loaded);
	lam_net_free(net);
	build_free(&b);
}

/* The batch is a number in the shapes, and yet any. */
static void a_fixed_batch_may_be_any(void)
{
	build b;
	static const int64_t flat[2] = {3, -1};
	lam_real x[5 * 8], y[5 * 8];
	build_begin(&b, 14);
	build_input(&b, "x", 3, 2, 4);
	build_numbers(&b, "shape", 2, flat);
	build_node(&b, "Reshape", "x shape", "flat");
	build_node(&b, "Relu", "flat", "y");
	build_output(&b, "y");
	lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
	for (int i = 0; i < 40; i++)
		x[i] = value(i);
	check(net && !lam_net_predict(net, x, 5, y), "%s", lam_error());
	for (int i = 0; i < 40 && net; i++)
		check(y[i] == (x[i] > 0 ? x[i] : 0), "value %d", i);
	lam_net_free(net);
	build_free(&b);
}

static void several_inputs_and_outputs_have_names(void)
{
	build b;
	lam_real x[4], z[4], sum[4], product[4];
	build_begin(&b, 13);
	build_input(&b, "x:0", 0, 2);
	build_input(&b, "z", 0, 2);
	build_node(&b, "Add", "x:0 z", "sum");
	build_node(&b, "Mul", "x:0 z", "product");
	build_output(&b, "sum");
	build_output(&b, "product");
	lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
	for (int i = 0; i < 4; i++) {
		x[i] = value(i);
		z[i] = value(i + 9);
	}
	check(net
			&& !lam_net_predict_io(net, (const lam_io[]){{"x_0", x}, {"z", z}, {0}}, 2,
				(const lam_out[]){{"sum", sum}, {"product", product}, {0}}),
		"%s", lam_error());
	for (int i = 0; i < 4 && net; i++)
		check(sum[i] == x[i] + z[i] && product[i] == x[i] * z[i], "value %d", i);
	lam_net_free(net);
	build_free(&b);
}

static void options_are_checked(void)
{
	build b;
	build_affine(&b);
	build_write(&b, in_folder("m.onnx"));
	check(!lam_onnx_load(NULL), "no path");
	says(LAM_ERR_ARGUMENT, "the path is NULL");
	check(!lam_onnx_load(in_folder("none.onnx")), "no file");
	says(LAM_ERR_IO, "cannot be read");
	check(!lam_onnx_load(in_folder("m.onnx"), .shape = LAM_SHAPE(2, 3)), "another rank");
	says(LAM_ERR_SHAPE, "2 dimensions with the batch; .shape is 2x3");
	check(!lam_onnx_load(in_folder("m.onnx"), .memory_limit = 100), "a limit");
	says(LAM_ERR_MEMORY, "memory_limit");
	check(!lam_onnx_load(in_folder("m.onnx"), .loss = lam_relu()), "no loss");
	says(LAM_ERR_ARGUMENT, "relu is no loss");
	check(!lam_onnx_load_with(&(lam_onnx_load_options){.size = 8}), "a short struct");
	says(LAM_ERR_ARGUMENT, "options of 8 bytes");
	check(!lam_onnx_load(in_folder("none.onnx"), .loss = lam_mean_squared_error()), "no file");
	build_free(&b);
}

/* Two branches of one matrix, as of twins. */
static void shared_weights_are_one_parameter(void)
{
	build b;
	build_begin(&b, 13);
	build_input(&b, "x", 0, 6);
	build_weights(&b, "w", 6, 6);
	build_weights(&b, "b", 6);
	build_node(&b, "Gemm", "x w b", "a");
	build_node(&b, "Relu", "a", "r");
	build_node(&b, "Gemm", "r w b", "c");
	build_node(&b, "Gemm", "c w", "y");
	build_output(&b, "y");
	lam_net *net = build_load(&b, (lam_onnx_load_options){0});
	check(net && lam_net_param_count(net) == 3, "%d parameters: %s",
		net ? lam_net_param_count(net) : 0, lam_error());
	lam_net_free(net);
	build_free(&b);
}

/* As PyTorch names the layers of a sequence. */
static void layers_may_be_named_by_numbers(void)
{
	build b;
	build_begin(&b, 13);
	build_input(&b, "0", 0, 2, 3);
	build_weights(&b, "2.weight", 4, 6);
	build_weights(&b, "1.weight", 2, 2, 1);
	build_node(&b, "Conv", "0 1.weight", "a");
	build_node(&b, "Flatten", "a", "f");
	LaminaOnnx__Node *gemm = build_node(&b, "Gemm", "f 2.weight", "y");
	build_int(&b, gemm, "transB", 1);
	build_output(&b, "y");
	lam_net *net = build_load(&b, (lam_onnx_load_options){0});
	check(net && lam_net_find(net, "1.weight") && lam_net_find(net, "2.weight"), "%s",
		lam_error());
	lam_net_free(net);
	build_free(&b);
}

static void open_dimensions_need_a_shape(void)
{
	build b;
	build_begin(&b, 13);
	build_input(&b, "x", 0, 3, 0, 0);
	build_node(&b, "GlobalAveragePool", "x", "y");
	build_output(&b, "y");
	check(!build_load(&b, (lam_onnx_load_options){0}), "it was loaded");
	says(LAM_ERR_SHAPE, "dimension 2 of input \"x\" is open (n); expected .shape");
	lam_net *net = build_load(&b, (lam_onnx_load_options){.shape = LAM_SHAPE(3, 5, 4)});
	check(net != NULL, "%s", lam_error());
	lam_net_free(net);
	build_free(&b);
}

/* What another program says under "classes" is taken, if it is a list of names. */
static void class_names_are_a_list_in_json(void)
{
	static const struct {
		const char *text;
		int count;
		const char *last;
	} rows[] = {
		{"[\"a\"]", 1, "a"},
		{" [ \"a\" ,\n\"b, c\" ] ", 2, "b, c"},
		{"[\"\\u00e9\\/\\\"\"]", 1, "\xc3\xa9/\""},
		{"[\"\\ud83d\\uDE00\"]", 1, "\xf0\x9f\x98\x80"},
		{"[\"\\ud83d\"]", 0, NULL},
		{"[\"\\u12\"]", 0, NULL},
		{"[\"\\x\"]", 0, NULL},
		{"[\"a\\", 0, NULL},
		{"[\"a\" \"b\"]", 0, NULL},
		{"[\"a\",]", 0, NULL},
		{"[]", 0, NULL},
		{"[\"\"]", 0, NULL},
		{"[\"a\\nb\"]", 0, NULL},
		{"[\"a\"] b", 0, NULL},
		{"{\"0\": \"a\"}", 0, NULL},
		{"a,b", 0, NULL},
		{"", 0, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build b;
		test_begin("list %zu", i);
		build_affine(&b);
		LaminaOnnx__Entry entry = LAMINA_ONNX__ENTRY__INIT, *entries[] = {&entry};
		entry.key = build_text(&b, "classes", 7);
		entry.value = build_text(&b, rows[i].text, strlen(rows[i].text));
		b.model.metadata_props = entries;
		b.model.n_metadata_props = 1;
		lam_net *net = build_load(&b, (lam_onnx_load_options){.inference = true});
		const int64_t count = net ? lam_net_class_name_count(net) : -1;
		check(count == rows[i].count, "%" PRId64 " names", count);
		if (count > 0)
			check(!strcmp(lam_net_class_name(net, count - 1), rows[i].last), "%s",
				lam_net_class_name(net, count - 1));
		lam_net_free(net);
		build_free(&b);
		test_end();
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(options_are_checked),
		TEST(open_dimensions_need_a_shape), TEST(shared_weights_are_one_parameter),
		TEST(layers_may_be_named_by_numbers), TEST(every_refused_node_is_told),
		TEST(names_come_from_the_file), TEST(it_is_trained_checked_and_saved),
		TEST(a_fixed_batch_may_be_any), TEST(class_names_are_a_list_in_json),
		TEST(several_inputs_and_outputs_have_names)};
	if (!mkdtemp(folder))
		return TEST_ERROR;
	const int result = test_main(tests, sizeof tests / sizeof *tests, argc, argv);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command) ? TEST_ERROR : result;
}
