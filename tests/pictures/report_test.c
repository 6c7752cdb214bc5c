/* SPDX-License-Identifier: MIT */
/* Pages of runs: well-formed, complete, of one file; what they say is so. */
#include "datasets/datasets.h"
#include "exchange/pictures/report.h"
#include "framework/version.h"
#include "layers/layers.h"

#include "tests/pictures/read_png.h"
#include "tests/pictures/well_formed.h"

#include <signal.h>
#include <sys/resource.h>

enum { COUNT = 200, CLASSES = 4, VALUES = 36 };

static const char hostile[] = "<script>alert('1 & 2')</script>";

static lam_real values[COUNT * VALUES];
static int32_t classes[COUNT];

static const char *path(void)
{
	return file_path("run.html");
}

/* Samples of noise, but for a value that tells most of their classes. */
static lam_dataset *data_of(lam_shape shape, lam_target_type type)
{
	uint32_t state = 1;
	for (int i = 0; i < COUNT * VALUES; i++) {
		state = state * 1664525 + 1013904223;
		values[i] = (lam_real)(state >> 8) / (1 << 24);
	}
	for (int i = 0; i < COUNT; i++) {
		classes[i] = i % CLASSES;
		values[i * VALUES + classes[i]] += (lam_real)0.4;
	}
	lam_dataset *data = type == LAM_CLASSES
		? lam_dataset_arrays(
			values, shape, classes, COUNT, .targets = LAM_CLASSES, .classes = CLASSES)
		: lam_dataset_arrays(values, shape, NULL, COUNT, .targets = LAM_INPUT);
	static const char *const names[] = {"a", hostile, "c&d", "\"e\""};
	if (data && type == LAM_CLASSES)
		check_ok(lam_dataset_set_class_names(data, names, CLASSES));
	return data;
}

static lam_net *net_of(lam_shape shape)
{
	return lam_net_create(lam_sequential(lam_flatten(), lam_affine(.out = CLASSES),
				      lam_softmax_cross_entropy()),
		shape, .max_batch = 16, .seed = 3);
}

static void fit(lam_net *net, const lam_dataset *data, lam_report *report)
{
	remove(file_path("run.csv"));
	check_ok(lam_fit(net, data, report, .epochs = 3, .validation = data,
		.optimizer = lam_sgd(.lr = 0.1f), .history = file_path("run.csv")));
}

/* The mistake with the least probability of its class, and how many mistakes there are. */
static int worst(lam_net *net, int *mistakes)
{
	double least = 2;
	int index = -1;
	*mistakes = 0;
	for (int i = 0; i < COUNT; i++) {
		lam_real y[CLASSES];
		check_ok(lam_net_predict(net, values + i * VALUES, 1, y));
		int said = 0;
		for (int k = 1; k < CLASSES; k++)
			said = y[k] > y[said] ? k : said;
		*mistakes += said != classes[i];
		if (said != classes[i] && (double)y[classes[i]] < least) {
			least = (double)y[classes[i]];
			index = i;
		}
	}
	return index;
}

/* Decodes every picture of a page; returns how many there are. */
static int pictures(const char *text)
{
	int count = 0;
	for (const char *at = text; (at = strstr(at, "image/png;base64,")); count++)
		free(png_of_base64(at += 17).pixels);
	return count;
}

static void a_classifier(void)
{
	const lam_shape shape = LAM_SHAPE(1, 6, 6);
	lam_dataset *data = data_of(shape, LAM_CLASSES);
	lam_net *net = net_of(shape);
	require(data && net, "%s", lam_error());
	lam_report report;
	fit(net, data, &report);
	const lam_setting settings[] = {{"command", hostile}, {hostile, NULL}, {NULL, NULL}};
	check_ok(lam_report_html(path(), net, .report = &report, .dataset = data,
		.history = file_path("run.csv"), .settings = settings, .title = hostile,
		.mistakes = 5));
	char *text = xml_read(path());
	int mistakes;
	char first[64];
	snprintf(first, sizeof first, "<small>sample %d</small>", worst(net, &mistakes));
	const char *shown = strstr(text, "<small>sample ");
	check(mistakes > 5 && shown && strncmp(shown, first, strlen(first)) == 0, "%.40s, not %s",
		shown ? shown : "nothing", first);
	snprintf(first, sizeof first, "%d of %d samples are wrong", mistakes, COUNT);
	check(strstr(text, first) != NULL, "%s", first);
	check(xml_count(text, "<figure>") == 5 && pictures(text) == 5);
	check(strstr(text, ">Loss<") && strstr(text, ">Accuracy<") && strstr(text, ">epochs<"));
	check(strstr(text, ">softmax_cross_entropy<")
		&& strstr(text, ">seed of the net</th><td>3<"));
	check(strstr(text, "&lt;script&gt;") && strstr(text, lam_version()));
	check_ok(lam_report_html(file_path("again.html"), net, .report = &report, .dataset = data,
		.history = file_path("run.csv"), .settings = settings, .title = hostile,
		.mistakes = 5));
	check(file_holds(file_path("again.html"), text));
	free(text);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void other_samples(void)
{
	static const struct {
		const char *name;
		int rank;
		int64_t dim[3];
		int pictures, charts;
	} rows[] = {{"table", 1, {VALUES}, 0, 0}, {"signals", 2, {3, 12}, 0, 24},
		{"many channels", 2, {12, 3}, 0, 24}, {"no image", 3, {4, 3, 3}, 0, 0},
		{"colour", 3, {3, 3, 4}, 24, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s", rows[i].name);
		const lam_shape shape = {
			rows[i].rank, {rows[i].dim[0], rows[i].dim[1], rows[i].dim[2]}};
		lam_dataset *data = data_of(shape, LAM_CLASSES);
		lam_net *net = net_of(shape);
		require(data && net, "%s", lam_error());
		check_ok(lam_report_html(path(), net, .dataset = data));
		char *text = xml_read(path());
		check(pictures(text) == rows[i].pictures);
		check(xml_count(text, "<svg ") == 1 + rows[i].charts); /* and the matrix */
		free(text);
		lam_net_free(net);
		lam_dataset_free(data);
	}
}

static void an_autoencoder(void)
{
	const lam_shape shape = LAM_SHAPE(1, 6, 6);
	lam_dataset *data = data_of(shape, LAM_INPUT);
	lam_net *net = lam_net_create(
		lam_sequential(
			lam_conv2d(.out = 1, .kernel = {3}, .pad = {1}), lam_mean_squared_error()),
		shape);
	require(data && net, "%s", lam_error());
	check_ok(lam_report_html(path(), net, .dataset = data));
	char *text = xml_read(path());
	check(pictures(text) == 1 && strstr(text, "what the net makes of them"));
	free(text);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void numbers_that_are_not_finite(void)
{
	const lam_shape shape = LAM_SHAPE(1, 6, 6);
	lam_dataset *data = data_of(shape, LAM_CLASSES);
	lam_net *net = net_of(shape);
	require(data && net, "%s", lam_error());
	lam_param_edit(lam_net_param(net, 0))[0] = NAN;
	check_ok(lam_report_html(path(), net, .dataset = data));
	char *text = xml_read(path());
	check(strstr(text, ">NaN<") && strstr(text, "nothing (NaN)"));
	check(strstr(text, "200 of 200 samples are wrong") && pictures(text) == 24);
	free(text);
	lam_net_free(net);
	lam_dataset_free(data);
}

static void a_net_alone(void)
{
	lam_net *net = lam_net_create(lam_relu(), LAM_SHAPE(3));
	require(net != NULL, "%s", lam_error());
	lam_report empty = {.size = sizeof empty, .seconds = NAN, .images_per_second = INFINITY};
	check_ok(lam_report_html(path(), net, .report = &empty));
	char *text = xml_read(path());
	check(strstr(text, "Training run") && strstr(text, ">relu<"));
	free(text);
	lam_net_free(net);
}

static void wrong_pages_are_refused(void)
{
	const lam_shape shape = LAM_SHAPE(1, 6, 6);
	lam_dataset *data = data_of(shape, LAM_CLASSES);
	lam_net *net = net_of(shape), *other = net_of(LAM_SHAPE(3));
	require(data && net && other, "%s", lam_error());
	file_write(path(), "old", 3);
	check_fails(lam_report_html(path(), NULL), LAM_ERR_ARGUMENT, "net is NULL");
	check_fails(lam_report_html(NULL, net), LAM_ERR_ARGUMENT, "path is NULL");
	check_fails(lam_report_html(path(), net, .mistakes = 1001), LAM_ERR_ARGUMENT,
		".mistakes is 1001; expected 1 to 1000");
	check_fails(lam_report_html(path(), other, .dataset = data), LAM_ERR_SHAPE, NULL);
	check_fails(lam_report_html(path(), net, .history = file_path("none.csv")), LAM_ERR_IO,
		"none.csv");
	check_fails(
		lam_report_html(file_path("nowhere/run.html"), net), LAM_ERR_IO, "No such file");
	struct rlimit before, small;
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 2000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	check_fails(lam_report_html(path(), net, .dataset = data), LAM_ERR_IO, "cannot write");
	setrlimit(RLIMIT_FSIZE, &before);
	check(file_holds(path(), "old") && !file_exists(file_path("run.html.tmp")));
	lam_net_free(net);
	lam_net_free(other);
	lam_dataset_free(data);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {TEST(a_classifier), TEST(other_samples),
		TEST(an_autoencoder), TEST(numbers_that_are_not_finite), TEST(a_net_alone),
		TEST(wrong_pages_are_refused)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
