/* SPDX-License-Identifier: MIT */
/* A net's operations: layers, values, parameters, in nets of any layout. */
#include "tests/kit.h"

#include <lamina.h>

static lam_status own_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static const lam_layer_class own_class = {LAM_LAYER_ABI, .kind = "relu", .forward = own_forward};

static lam_layer *branches(void)
{
	lam_layer *conv = lam_conv2d(.out = 3, .kernel = {3}, .pad = {1}, .name = "conv");
	return lam_sequential(lam_concat(conv, lam_share(conv), lam_identity()), lam_batch_norm(),
		lam_dropout(.p = 0.5f), lam_layer_new(&own_class, NULL), lam_relu(),
		lam_affine(.out = 4), lam_softmax_cross_entropy());
}

/* The same list, whether values are in batch lanes, channel lanes or rows. */
static void lists_are_the_same_in_every_layout(void)
{
	static const char *const kinds[] = {"conv2d", "conv2d", "identity", "concat", "batch_norm",
		"dropout", "", "relu", "affine", "softmax_cross_entropy"};
	static const int first[] = {0, 0, 0, 1, 4, 5, 6, 7, 8, 9};
	for (int64_t batch = 1; batch <= 20; batch += 19) {
		test_begin("batch of %d", (int)batch);
		lam_net *net = lam_net_create(branches(), LAM_SHAPE(3, 5, 4), .max_batch = batch,
			.inference = true, .seed = 1);
		require(net, "%s", lam_error());
		const int count = lam_net_operation_count(net);
		check(count == 10, "%d operations", count);
		for (int i = 0; i < count && i < 10; i++) {
			const char *kind = lam_net_operation_kind(net, i);
			check(kind ? !strcmp(kind, kinds[i]) : !*kinds[i], "%d: %s", i,
				kind ? kind : "own");
			check(lam_net_operation_input(net, i, 0) == first[i], "%d reads %d", i,
				lam_net_operation_input(net, i, 0));
		}
		check(lam_net_operation_input(net, 3, 2) == 3, "concat reads another third");
		check(lam_net_operation_input(net, 3, 3) == -1, "concat reads a fourth");
		check(lam_net_output_value(net, 0) == 10 && lam_net_output_value(net, 1) == -1,
			"another output");
		const lam_shape joined = lam_net_value_shape(net, 4);
		check(joined.rank == 3 && joined.dim[0] == 9 && joined.dim[2] == 4, "%s",
			lam_shape_text(joined).text);
		check(!strcmp(lam_net_operation_path(net, 8), "5"), "%s",
			lam_net_operation_path(net, 8));
		lam_net_free(net);
		test_end();
	}
}

static void parameters_are_found(void)
{
	lam_net *net = lam_net_create(
		branches(), LAM_SHAPE(3, 5, 4), .max_batch = 4, .inference = true, .seed = 1);
	require(net, "%s", lam_error());
	lam_param *weight = lam_net_operation_param(net, 0, 0);
	check(weight && weight == lam_net_operation_param(net, 1, 0), "no shared weight");
	check(!strcmp(lam_param_name(lam_net_operation_param(net, 8, 1)), "5.bias"),
		"another bias");
	check(!strcmp(lam_param_name(lam_net_operation_state(net, 4, 0)), "1.running_mean"),
		"another state");
	check(!lam_net_operation_param(net, 0, 2) && !lam_net_operation_state(net, 0, 0)
			&& !lam_net_operation_param(net, 10, 0) && !lam_net_operation_layer(net, 10)
			&& !lam_net_operation_path(net, -1) && !lam_net_operation_kind(net, -1)
			&& !lam_net_value_shape(net, 11).rank && !lam_net_value_shape(net, -1).rank,
		"something beyond the end");
	lam_net_free(net);
}

static void options_are_read(void)
{
	lam_layer *conv = lam_conv2d(.out = 3, .kernel = {3, 5}, .pad = {1, LAM_ZERO});
	check(lam_layer_option(conv, "out", 0) == 3, "out");
	check(lam_layer_option(conv, "kernel", 1) == 5, "kernel");
	check(lam_layer_option(conv, "pad", 0) == 1 && lam_layer_option(conv, "pad", 1) == 0,
		"pad");
	check(lam_layer_option(conv, "no_bias", 0) == 0, "no_bias");
	check(isnan(lam_layer_option(conv, "kernel", 2)) && isnan(lam_layer_option(conv, "none", 0))
			&& isnan(lam_layer_option(NULL, "out", 0)),
		"what is not there");
	lam_layer_free(conv);
	lam_layer *dropout = lam_dropout(.p = 0.25f);
	check(lam_layer_option(dropout, "p", 0) == 0.25, "p");
	lam_layer_free(dropout);
	lam_layer *upsample = lam_upsample2d(.scale = {2}, .mode = LAM_LINEAR,
		.align_corners = true);
	check(lam_layer_option(upsample, "mode", 0) == LAM_LINEAR
			&& lam_layer_option(upsample, "align_corners", 0) == 1,
		"mode");
	lam_layer_free(upsample);
}

/* lam_write_file(): whole, or not at all. */
static void files_are_written(void)
{
	char text[20] = "";
	check_ok(lam_write_file("operations.txt", "first", 5));
	check_ok(lam_write_file("operations.txt", "second", 6));
	FILE *file = fopen("operations.txt", "r");
	check(file && fread(text, 1, sizeof text, file) == 6 && !strcmp(text, "second"), "%s",
		text);
	fclose(file);
	remove("operations.txt");
	check_fails(lam_write_file("no/such/file", "x", 1), LAM_ERR_IO, "no/such");
	check_fails(lam_write_file(NULL, "x", 1), LAM_ERR_ARGUMENT, "the path is NULL");
	check_fails(lam_write_file("x", NULL, 1), LAM_ERR_ARGUMENT, "the bytes are NULL");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(lists_are_the_same_in_every_layout),
		TEST(parameters_are_found), TEST(options_are_read), TEST(files_are_written)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
