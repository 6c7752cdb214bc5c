/* SPDX-License-Identifier: MIT */
/* Nets of int8: the written C computes, bit by bit, what the library has measured, close to the
 * net. */
#include "tests/exchange/c_compile.h"
#include "tests/exchange/c_nets.h"

enum { SAMPLES = 20 };

/* Smooth functions and moves of values. */
static lam_layer *c_mixed(void)
{
	return lam_sequential(lam_upsample2d(.scale = {2}), lam_conv2d(.out = 6, .kernel = {3}),
		lam_tanh(), lam_batch_norm(), lam_sigmoid(),
		lam_concat(lam_max_pool2d(.kernel = {2}), lam_avg_pool2d(.kernel = {2})),
		lam_conv2d(.out = 8, .kernel = {3}, .stride = {2}, .pad = {1}, .groups = 2),
		lam_hard_swish(), lam_flatten(), lam_affine(.out = 5), lam_mean_squared_error());
}

/* Weights as a trained net has them: outputs are neither all alike nor far apart. */
static lam_net *net_of(const struct c_net *row)
{
	lam_net *net = lam_net_create(c_net_model(row), row->shape, .max_batch = 16, .seed = 3);
	if (!net)
		exit(TEST_ERROR);
	for (int i = 0; i < lam_net_param_count(net); i++) {
		lam_param *param = lam_net_param(net, i);
		const lam_shape shape = lam_param_shape(param);
		for (int64_t k = 0; shape.rank == 1 && k < shape.dim[0]; k++)
			lam_param_edit(param)[k] += (lam_real)(0.05 * (double)(k % 5 - 2));
	}
	return net;
}

static void exports(const struct c_net *row, bool integer)
{
	test_begin("%s%s", row->name, integer ? ", without floats" : "");
	lam_net *net = net_of(row);
	const int64_t values = lam_shape_count(&row->shape);
	lam_real *x = malloc((size_t)(values * SAMPLES) * sizeof *x);
	int32_t classes[SAMPLES] = {0};
	unsigned state = 9;
	for (int64_t i = 0; i < values * SAMPLES; i++) {
		state = state * 1664525u + 1013904223u;
		x[i] = (lam_real)((double)(state >> 8) / 16777216);
	}
	lam_dataset *data = lam_dataset_arrays(x, row->shape, classes, SAMPLES);
	char path[200], command[600];
	lam_export_c_report report, floats;
	snprintf(path, sizeof path, "%s/%s.c", c_folder, row->name);
	check_ok(lam_export_c(net, path, .report = &floats));
	lam_dataset *few = lam_dataset_arrays(x, row->shape, classes, 5);
	check_ok(lam_export_c(net, path, .calibrate = data, .score = few, .report = &report));
	check(report.samples == 5, "%d samples scored", (int)report.samples);
	lam_dataset_free(few);
	check_ok(lam_export_c(
		net, path, .name = "it", .calibrate = data, .integer = integer, .report = &report));
	check(report.samples == SAMPLES && report.difference < 0.1, "off by %g", report.difference);
	check(report.arena_bytes <= floats.arena_bytes / 2, "%d bytes", (int)report.arena_bytes);
	snprintf(command, sizeof command,
		"cd %s && cc -O1 -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror -DIT_TEST "
		"%s.c -o it -lm && ./it >said && { ! command -v c++ || c++ -x c++ -Wall -Wextra "
		"-Wconversion -Werror -fsyntax-only %s.c; } >said",
		c_folder, row->name, row->name);
	if (system("command -v cc >/dev/null") == 0)
		check(system(command) == 0, "%s", command);
	lam_dataset_free(data);
	lam_net_free(net);
	free(x);
	test_end();
}

static void written_c_computes_what_was_measured(void)
{
	static const struct c_net mixed = {"mixed", c_mixed, {3, {2, 9, 8}}};
	require(c_begin(), "no folder");
	exports(&mixed, false);
	exports(&mixed, true);
	for (size_t i = 0; i < sizeof c_nets / sizeof *c_nets; i++)
		if (strcmp(c_nets[i].name, "unet") != 0 && strcmp(c_nets[i].name, "mnistcnn") != 0)
			exports(&c_nets[i], i % 2);
	c_end();
}

static void what_has_no_form_is_refused(void)
{
	static const lam_real x[4] = {1, 2, 3, 4};
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(4), x, 1, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(4));
	lam_dataset *other = lam_dataset_arrays(
		x, LAM_SHAPE(2), x, 2, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(2));
	lam_net *net = lam_net_create(lam_sequential(lam_layer_norm(), lam_affine(.out = 4)),
		LAM_SHAPE(4), .max_batch = 1, .seed = 1);
	require(net && data && other, "%s", lam_error());
	check_fails(lam_export_c(net, "no.c", .calibrate = data), LAM_ERR_UNSUPPORTED,
		"layer_norm \"0\": with these options it has no form in int8");
	check_fails(lam_export_c(net, "no.c", .samples = 3), LAM_ERR_ARGUMENT,
		"samples without calibrate");
	check_fails(lam_export_c(net, "no.c", .calibrate = data, .weights = LAM_C_BLOB),
		LAM_ERR_UNSUPPORTED, "LAM_C_INLINE");
	lam_net_free(net);
	net = lam_net_create(lam_affine(.out = 4), LAM_SHAPE(4), .max_batch = 1, .seed = 1);
	check_fails(lam_export_c(net, "no.c", .calibrate = other), LAM_ERR_SHAPE, "samples of 2");
	check_fails(lam_export_c(net, "no.c", .score = data), LAM_ERR_ARGUMENT,
		"score without calibrate");
	check_fails(lam_export_c(net, "no.c", .calibrate = data, .score = other), LAM_ERR_SHAPE,
		"samples of 2 to score");
	check(access("no.c", F_OK), "a file was written");
	lam_net_free(net);
	lam_dataset_free(data);
	lam_dataset_free(other);
}

/* Samples that say nothing of the range, or say too much. */
static void ranges_are_finite_and_not_zero(void)
{
	static const int32_t classes[3] = {0, 1, 7};
	lam_real x[6] = {0};
	lam_export_c_report report;
	lam_net *net = lam_net_create(lam_sequential(lam_affine(.out = 2), lam_affine(.out = 2)),
		LAM_SHAPE(2), .max_batch = 1, .seed = 1);
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(2), classes, 3, .classes = 2, .ignore = 7);
	require(net && data && c_begin(), "%s", lam_error());
	check_fails(lam_export_c(net, "no.c", .calibrate = data), LAM_ERR_UNSUPPORTED,
		"all values of the samples to calibrate are 0");
	x[1] = (lam_real)NAN;
	check_fails(lam_export_c(net, "no.c", .calibrate = data), LAM_ERR_UNSUPPORTED,
		"a sample to calibrate has a value that is not finite");
	x[1] = (lam_real)3e38;
	lam_param_edit(lam_net_param(net, 0))[1] = 100;
	check_fails(lam_export_c(net, "no.c", .calibrate = data), LAM_ERR_UNSUPPORTED,
		"affine \"0\": a value is not finite on a sample");
	check(access("no.c", F_OK), "a file was written");
	x[1] = 1;
	char path[200];
	snprintf(path, sizeof path, "%s/ranges.c", c_folder);
	check_ok(lam_export_c(net, path, .calibrate = data, .report = &report));
	const double twice = 2 * report.net_accuracy;
	check(report.samples == 3 && (twice == 0 || twice == 1 || twice == 2),
		"%g of two classes are right", report.net_accuracy);
	lam_net_free(net);
	lam_dataset_free(data);
	c_end();
}

/* Exports x -> weight x + bias, of one weight for all values; NULL report: it is refused. */
static void export_even(int values, lam_real weight, lam_real bias, lam_export_c_report *report)
{
	char path[200];
	snprintf(path, sizeof path, "%s/even.c", c_folder);
	lam_real *x = malloc((size_t)values * sizeof *x);
	for (int i = 0; i < values; i++)
		x[i] = 1;
	lam_net *net = lam_net_create(lam_affine(.out = 1), LAM_SHAPE(values), .max_batch = 1);
	lam_dataset *data = lam_dataset_arrays(
		x, LAM_SHAPE(values), x, 1, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
	require(net && data, "%s", lam_error());
	lam_real *w = lam_param_edit(lam_net_param(net, 0));
	for (int i = 0; i < values; i++)
		w[i] = weight;
	lam_param_edit(lam_net_param(net, 1))[0] = bias;
	if (report)
		check_ok(lam_export_c(net, path, .calibrate = data, .report = report));
	else
		check_fails(lam_export_c(net, path, .calibrate = data), LAM_ERR_UNSUPPORTED,
			"sums of 140000 products may not fit 32 bits");
	lam_net_free(net);
	lam_dataset_free(data);
	free(x);
}

static void sums_fit_32_bits(void)
{
	lam_export_c_report report;
	require(c_begin(), "no folder");
	export_even(2, (lam_real)1e-12, (lam_real)0.75, &report);
	check(report.difference < 0.01, "a bias beside small weights is off by %g",
		report.difference);
	export_even(2, 1, (lam_real)0.75, &report);
	check(report.difference < 0.01, "off by %g", report.difference);
	export_even(140000, 1, 0, NULL);
	c_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(written_c_computes_what_was_measured),
		TEST(what_has_no_form_is_refused), TEST(ranges_are_finite_and_not_zero),
		TEST(sums_fit_32_bits)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
