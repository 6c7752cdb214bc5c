/* SPDX-License-Identifier: MIT */
/* What is in a saved ONNX file: names, the batch, metadata; layers of one's own; what is refused,
 * with which sentences. */
#include "tests/exchange/onnx_cases.h"
#include "tests/exchange/onnx_cube.h"

#include "exchange/onnx/onnx.pb-c.h"

static lam_status cube_refuse(const lam_layer *self, lam_onnx *onnx)
{
	(void)self, (void)onnx;
	return lam_fail(LAM_ERR_UNSUPPORTED, "no cubes today");
}

/* The model in a file; free it with lamina_onnx__model__free_unpacked(). */
static LaminaOnnx__Model *read_model(const char *path)
{
	static uint8_t bytes[1 << 16];
	FILE *file = fopen(path, "rb");
	const size_t count = file ? fread(bytes, 1, sizeof bytes, file) : 0;
	LaminaOnnx__Model *model = lamina_onnx__model__unpack(NULL, count, bytes);
	if (!file || !model || !model->graph)
		exit(TEST_ERROR);
	fclose(file);
	return model;
}

/* "x[batch,4] -> y[batch,2]" */
static void describe(const LaminaOnnx__ValueInfo *info, char *text, size_t room)
{
	const LaminaOnnx__TensorShape *shape = info->type->tensor_type->shape;
	int at = snprintf(text, room, "%s", info->name);
	for (size_t d = 0; d < shape->n_dim; d++)
		if (shape->dim[d]->dim_param)
			at += snprintf(
				text + at, room - (size_t)at, " %s", shape->dim[d]->dim_param);
		else
			at += snprintf(
				text + at, room - (size_t)at, " %d", (int)shape->dim[d]->dim_value);
}

static void names_are_the_nets(void)
{
	static const char *const expected[] = {
		"0.weight", "0.bias", "1.weight", "3.weight", "last.weight", "last.bias"};
	static const char *const classes[] = {"a \"b\"", "\\ü"};
	require(onnx_begin(), "no folder");
	lam_net *net = cube_net(cube_emit);
	check_ok(lam_net_set_class_names(net, classes, 2));
	char path[200], text[200];
	snprintf(path, sizeof path, "%s/names.onnx", onnx_folder);
	check_ok(lam_onnx_save(net, path, .opset = 15));
	LaminaOnnx__Model *model = read_model(path);
	check(model->opset_import[0]->version == 15 && model->ir_version == 8, "other versions");
	const LaminaOnnx__Graph *graph = model->graph;
	describe(graph->input[0], text, sizeof text);
	check(!strcmp(text, "input batch 4"), "the input is %s", text);
	describe(graph->output[0], text, sizeof text);
	check(!strcmp(text, "loss batch 2"), "the output is %s", text);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		bool found = false;
		for (size_t k = 0; k < graph->n_initializer; k++)
			found |= !strcmp(graph->initializer[k]->name, expected[i]);
		check(found, "there is no %s", expected[i]);
	}
	check(model->n_metadata_props == 1 && !strcmp(model->metadata_props[0]->key, "classes"),
		"other metadata");
	check(!strcmp(model->metadata_props[0]->value, "[\"a \\\"b\\\"\",\"\\\\ü\"]"), "%s",
		model->metadata_props[0]->value);
	check(!strcmp(graph->node[0]->name, "0/Gemm"), "%s", graph->node[0]->name);
	lamina_onnx__model__free_unpacked(model, NULL);
	lam_net_free(net);
	onnx_end();
}

/* One value under several names, and an input that is an output. */
static void ends_have_names_of_their_own(void)
{
	require(onnx_begin(), "no folder");
	lam_graph *g = lam_graph_new();
	lam_value x = lam_graph_input(g, "x", LAM_SHAPE(3));
	lam_value y = lam_apply(g, lam_relu(), x), z = lam_apply(g, lam_dropout(.p = 0.5f), y);
	lam_graph_output(g, y, "y");
	lam_graph_output(g, z, "z");
	lam_graph_output(g, lam_apply(g, lam_identity(), x), "same");
	lam_graph_output(g, lam_apply(g, lam_tanh(), z), "t");
	lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 4);
	require(net, "%s", lam_error());
	char path[200];
	snprintf(path, sizeof path, "%s/ends.onnx", onnx_folder);
	check_ok(lam_onnx_save(net, path));
	LaminaOnnx__Model *model = read_model(path);
	const LaminaOnnx__Graph *graph = model->graph;
	static const char *const names[] = {"y", "z", "same", "t"};
	check(graph->n_output == 4, "%d outputs", (int)graph->n_output);
	for (size_t i = 0; i < graph->n_output && i < 4; i++) {
		int made = 0;
		check(!strcmp(graph->output[i]->name, names[i]), "%s", graph->output[i]->name);
		for (size_t k = 0; k < graph->n_node; k++)
			made += !strcmp(graph->node[k]->output[0], names[i]);
		check(made == 1, "%d nodes make %s", made, names[i]);
	}
	lamina_onnx__model__free_unpacked(model, NULL);
	lam_net_free(net);
	onnx_end();
}

static void what_has_no_form_is_refused(void)
{
	lam_net *net = cube_net(NULL);
	char text[1000] = "";
	FILE *told = tmpfile();
	FILE *old = fopen("onnx_refused.onnx", "w");
	require(told && old && fputs("old", old) >= 0 && !fclose(old), "no files");
	check_fails(lam_onnx_save(net, "onnx_refused.onnx", .refused = told), LAM_ERR_UNSUPPORTED,
		"2 layers have no form in ONNX: cube \"1\": its class has no .emit_onnx");
	rewind(told);
	check(fread(text, 1, sizeof text - 1, told) > 0 && strstr(text, "cube \"1\": its class")
			&& strstr(text, "cube \"3\": its class"),
		"%s", text);
	fclose(told);
	lam_net_free(net);
	net = cube_net(cube_refuse);
	check_fails(lam_onnx_save(net, "onnx_refused.onnx"), LAM_ERR_UNSUPPORTED, "no cubes today");
	check_fails(lam_onnx_save(net, "onnx_refused.onnx", .opset = 6), LAM_ERR_ARGUMENT,
		"option opset is 6; expected 7 to 21");
	check_fails(lam_onnx_save(net, "onnx_refused.onnx", .opset = 22), LAM_ERR_ARGUMENT,
		"option opset is 22");
	check_fails(lam_onnx_save(net, NULL), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(lam_onnx_save(NULL, "x.onnx"), LAM_ERR_ARGUMENT, "the net is NULL");
	lam_net_free(net);
	net = cube_net(cube_emit);
	check_fails(lam_onnx_save(net, "no/such/folder.onnx", .opset = 15), LAM_ERR_IO, "no/such");
	lam_net_free(net);
	old = fopen("onnx_refused.onnx", "r");
	check(old && fread(text, 1, 4, old) == 3 && !memcmp(text, "old", 3), "it was written");
	fclose(old);
	remove("onnx_refused.onnx");
}

/* A layer that older operators cannot say, the last version that refuses it, and the sentence. */
static void check_old(lam_layer *layer, int last, const char *sentence)
{
	lam_net *net = lam_net_create(layer, LAM_SHAPE(2, 9, 9));
	char path[200];
	snprintf(path, sizeof path, "%s/old.onnx", onnx_folder);
	require(net, "%s", lam_error());
	for (int opset = 7; opset <= 21; opset++)
		if (opset <= last)
			check_fails(lam_onnx_save(net, path, .opset = opset), LAM_ERR_UNSUPPORTED,
				sentence);
		else
			check_ok(lam_onnx_save(net, path, .opset = opset));
	lam_net_free(net);
}

static void old_operators_cannot_say_all(void)
{
	require(onnx_begin(), "no folder");
	check_old(lam_gelu(), 8, "gelu \"\": its erf needs opset 9 or newer, and .opset is ");
	check_old(lam_softplus(.threshold = 8), 8,
		"softplus \"\": a threshold below 16 needs opset 9 or newer");
	check_old(lam_softplus(), 6, "");
	check_old(lam_max_pool2d(.kernel = {2}, .dilation = {1, 2}), 9,
		"max_pool2d \"\": its dilation needs opset 10 or newer");
	check_old(lam_max_pool2d(.kernel = {2}), 6, "");
	onnx_end();
}

/* Format 3, which came with the versions up to 8, wants constants among the inputs. */
static void old_files_list_constants(void)
{
	static const int formats[] = {[7] = 3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10};
	require(onnx_begin(), "no folder");
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 3), lam_reshape(.shape = LAM_SHAPE(1, 3))),
		LAM_SHAPE(4));
	char path[200], text[200];
	snprintf(path, sizeof path, "%s/listed.onnx", onnx_folder);
	require(net, "%s", lam_error());
	for (int opset = 7; opset <= 21; opset++) {
		check_ok(lam_onnx_save(net, path, .opset = opset));
		LaminaOnnx__Model *model = read_model(path);
		const LaminaOnnx__Graph *graph = model->graph;
		check(model->ir_version == formats[opset], "format %d for opset %d",
			(int)model->ir_version, opset);
		check(graph->n_input == (opset < 9 ? 1 + graph->n_initializer : 1),
			"%d inputs, opset %d", (int)graph->n_input, opset);
		for (size_t i = 0; opset < 9 && i < graph->n_initializer; i++) {
			const LaminaOnnx__Tensor *constant = graph->initializer[i];
			const LaminaOnnx__ValueInfo *input = graph->input[i + 1];
			describe(input, text, sizeof text);
			check(!strncmp(text, constant->name, strlen(constant->name))
					&& input->type->tensor_type->elem_type
						== constant->data_type,
				"%s is listed as %s", constant->name, text);
		}
		lamina_onnx__model__free_unpacked(model, NULL);
	}
	lam_net_free(net);
	onnx_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(names_are_the_nets),
		TEST(ends_have_names_of_their_own), TEST(what_has_no_form_is_refused),
		TEST(old_operators_cannot_say_all), TEST(old_files_list_constants)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
