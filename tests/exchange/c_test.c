/* SPDX-License-Identifier: MIT */
/* Exported nets compute what the library does: every kind of layer with random options, and whole
 * nets. All are compiled as one file, without a warning. */
#include "tests/battery/subjects.h"
#include "tests/exchange/c_compile.h"
#include "tests/exchange/c_nets.h"
#include "tests/layers/architectures.h"

enum { TRIALS = 8 };

static const char flags[] = "-O1 -std=c99 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror "
			    "-Wno-error=unknown-pragmas";

/* The folder's all.c is C++, too, where there is a compiler of it. */
static void compile_as_cpp(void)
{
	char command[300];
	test_begin("compiled as c++");
	snprintf(command, sizeof command,
		"c++ -x c++ -Wall -Wextra -Wconversion -Werror -Wno-error=unknown-pragmas "
		"-fsyntax-only %s/all.c",
		c_folder);
	if (system("command -v c++ >/dev/null") != 0)
		test_skip("not installed");
	else
		check(system(command) == 0, "%s", command);
	test_end();
}

static void add_subject(const struct subject *subject)
{
	for (int number = 0; number < TRIALS; number++) {
		struct trial *trial = trial_new(subject, number, number % 2);
		require(trial, "%s %d", subject->name, number);
		lam_net *net = trial_net(trial, &(struct setting){.no_input_grad = true});
		struct rows rows;
		require(net && rows_take(&rows, trial) && !net_take(net, trial), "%s %d: %s",
			subject->name, number, lam_error());
		char title[80];
		snprintf(title, sizeof title, "%s, trial %d", subject->name, number);
		const double tolerance = trial_tolerance(trial);
		c_add_net(net, title, tolerance > 1e-5 ? tolerance : 1e-5, false, rows.x);
		rows_free(&rows);
		lam_net_free(net);
		trial_free(trial);
	}
}

static void add_net(const char *name, lam_layer *model, lam_shape shape)
{
	lam_net *net = shape.rank
		? lam_net_create(model, shape, .max_batch = 1, .direct = true, .inference = true)
		: lam_net_create(model, .max_batch = 20, .direct = true);
	require(net, "%s: %s", name, lam_error());
	c_draw(net, 5);
	c_add_net(net, name, 1e-5, true, NULL);
	lam_net_free(net);
}

static lam_layer *conv16(int kernel)
{
	return lam_conv2d(.out = 16, .kernel = {kernel},
		.pad = {kernel / 2, kernel > 1 ? kernel / 2 : LAM_ZERO});
}

/* Convolutions that add what lies where they write, or elsewhere, with and without a scale behind
 * the sum. */
static lam_layer *sums(void)
{
	return lam_sequential(conv16(3), lam_residual(conv16(3)), lam_batch_norm(),
		lam_residual(lam_sequential(conv16(3), lam_relu(), conv16(3))), lam_relu(),
		lam_residual(conv16(1), .shortcut = conv16(1)), lam_tanh(),
		lam_residual(lam_sequential(conv16(1), lam_tanh(), conv16(1))));
}

/* A block needs memory for two values of its size, where no tile of a row overlaps the next. */
static void sums_take_no_memory(void)
{
	static const struct {
		int64_t width, values;
	} rows[] = {{8, 2}, {9, 3}};
	require(c_begin(), "no folder");
	for (int i = 0; i < 2; i++) {
		lam_export_c_report report;
		char path[200];
		lam_net *net = lam_net_create(
			lam_sequential(conv16(3),
				lam_residual(lam_sequential(conv16(3), lam_relu(), conv16(3))),
				conv16(3)),
			LAM_SHAPE(3, 8, rows[i].width));
		snprintf(path, sizeof path, "%s/sums.c", c_folder);
		require(net, "%s", lam_error());
		check_ok(lam_export_c(net, path, .report = &report));
		check(report.arena_bytes == rows[i].values * 4 * 16 * 8 * rows[i].width,
			"%d bytes for a width of %d", (int)report.arena_bytes, (int)rows[i].width);
		lam_net_free(net);
	}
	c_end();
}

static void compute_what_the_library_does(void)
{
	require(c_begin(), "no folder");
	test_begin("every net is exported");
	for (int i = 0; battery_subject(i); i++)
		add_subject(battery_subject(i));
	const int layers = c_all.count;
	for (int i = 0; i < ARCHITECTURES; i++)
		add_net(architectures[i].name, architectures[i].make(), architectures[i].shape);
	for (size_t i = 0; i < sizeof c_nets / sizeof *c_nets; i++)
		add_net(c_nets[i].name, c_net_model(&c_nets[i]), c_nets[i].shape);
	add_net("windows in the padding",
		lam_max_pool2d(.kernel = {2}, .stride = {1}, .dilation = {2}, .pad = {1}),
		LAM_SHAPE(2, 3, 1));
	add_net("sums", sums(), LAM_SHAPE(3, 8, 8));
	add_net("sums of a width that tiles do not divide", sums(), LAM_SHAPE(3, 8, 9));
	add_net("sums of few values", sums(), LAM_SHAPE(3, 3, 2));
	test_end();
	test_begin("compiled without a warning");
	const bool compiled = c_compile(flags);
	if (!compiled)
		test_skip("there is no compiler cc");
	test_end();
	if (compiled)
		compile_as_cpp();
	for (int i = 0; compiled && c_all.library && i < c_all.count; i++) {
		if (i == 0 || i >= layers)
			test_begin("%s", i ? c_all.cases[i].title : "layers one by one");
		c_compare(i);
		if (i >= layers - 1)
			test_end();
	}
	c_end();
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(sums_take_no_memory), TEST(compute_what_the_library_does)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
