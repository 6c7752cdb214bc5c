/* SPDX-License-Identifier: MIT */
/* What functions say of a net whose parameters or running statistics are not finite. */
#include <lamina.h>

#include "tests/files/files.h"

enum { IN = 4, HIDDEN = 5, OUT = 3, COUNT = 12 };

static lam_real x[COUNT * IN];
static int32_t labels[COUNT];

static void fill(void)
{
	for (int i = 0; i < COUNT * IN; i++)
		x[i] = (lam_real)((i * 7 + 3) % 11) / 8 - (lam_real)0.5;
	for (int i = 0; i < COUNT; i++)
		labels[i] = i % OUT;
}

static lam_net *normed_net(void)
{
	return lam_net_create(
		lam_sequential(lam_affine(.out = HIDDEN), lam_batch_norm(), lam_tanh(),
			lam_affine(.out = OUT), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = COUNT, .seed = 3);
}

static const lam_real bad_nan = (lam_real)NAN, bad_inf = (lam_real)INFINITY;

/* One value of a net is changed, and its outputs become: */
enum outputs { ALL_NAN, FINITE };
static const struct row {
	const char *param;
	int index;
	const lam_real *value;
	enum outputs outputs;
	const char *sentence; /* of lam_evaluate(); NULL: the loss is finite */
} rows[] = {
	{"0.weight", 7, &bad_nan, ALL_NAN, "; \"0.weight\" has a value of nan (value 7)"},
	{"0.bias", 4, &bad_nan, ALL_NAN, "; \"0.bias\" has a value of nan (value 4)"},
	{"3.bias", 2, &bad_nan, ALL_NAN, "; \"3.bias\" has a value of nan (value 2)"},
	{"3.bias", 1, &bad_inf, ALL_NAN, "; \"3.bias\" has a value of inf (value 1)"},
	{"1.running_mean", 3, &bad_nan, ALL_NAN,
		"; \"1.running_mean\" has a value of nan (value 3)"},
	{"1.running_var", 0, &bad_nan, ALL_NAN, "; \"1.running_var\" has a value of nan (value 0)"},
	{"1.running_var", 0, &bad_inf, FINITE, NULL},
	{"1.bias", 2, &bad_inf, FINITE, NULL}, /* tanh(inf) = 1 */
};

static lam_net *bad_net(const struct row *row)
{
	lam_net *net = normed_net();
	lam_param *param = net ? lam_net_find(net, row->param) : NULL;
	if (check(param, "%s", lam_error()))
		lam_param_edit(param)[row->index] = *row->value;
	return net;
}

static void check_outputs(lam_net *net, const struct row *row)
{
	lam_real y[COUNT * OUT];
	check_ok(lam_net_predict(net, x, COUNT, y));
	for (int i = 0; i < COUNT * OUT; i++)
		check(row->outputs == ALL_NAN ? isnan(y[i]) : isfinite(y[i]), "output %d is %g", i,
			(double)y[i]);
}

static void check_score(lam_net *net, const struct row *row, const lam_dataset *data)
{
	char sentence[200];
	lam_score score = {0};
	if (row->sentence) {
		snprintf(sentence, sizeof sentence,
			"lam_evaluate: the loss over 12 samples is nan; expected a finite one%s",
			row->sentence);
		check_fails(lam_evaluate(net, data, &score), LAM_ERR_NUMERIC, sentence);
		check(isnan(score.loss) && score.accuracy == 0 && score.count == COUNT);
	} else {
		check_ok(lam_evaluate(net, data, &score));
		check(isfinite(score.loss));
	}
}

/* The file has the same values, and what is loaded from it says the same. */
static void check_files(lam_net *net, const struct row *row, const lam_dataset *data)
{
	const char *path = file_path("bad.npz");
	check_ok(lam_net_save(net, path));
	lam_net *loaded = lam_net_load(path, .max_batch = COUNT),
		*served = lam_net_load(path, .inference = true, .max_batch = 1),
		*filled = normed_net(), *shared = lam_net_replica(net);
	require(loaded && served && filled && shared, "%s", lam_error());
	check_ok(lam_net_load_params(filled, path));
	check_outputs(loaded, row);
	check_outputs(served, row);
	check_outputs(filled, row);
	check_outputs(shared, row);
	check_score(loaded, row, data);
	const lam_param *saved = lam_net_find(net, row->param),
			*read = lam_net_find(loaded, row->param);
	const lam_shape shape = lam_param_shape(saved);
	check(!memcmp(lam_param_value(saved), lam_param_value(read),
		(size_t)lam_shape_count(&shape) * sizeof(lam_real)));
	lam_net_free(shared);
	lam_net_free(filled);
	lam_net_free(served);
	lam_net_free(loaded);
}

static void each_function_says_what_is_documented(void)
{
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), labels, COUNT);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s %g", rows[i].param, (double)*rows[i].value);
		lam_net *net = bad_net(&rows[i]);
		require(net && data, "%s", lam_error());
		check_outputs(net, &rows[i]);
		check_score(net, &rows[i], data);
		check_files(net, &rows[i], data);
		check_ok(lam_net_forward(net, LAM_EVAL, x, labels, COUNT));
		check(isfinite(lam_net_loss(net)) == (rows[i].outputs == FINITE));
		lam_net_free(net);
		test_end();
	}
	lam_dataset_free(data);
}

static int stops;

static bool count_steps(const lam_progress *progress, void *data)
{
	(void)progress;
	(void)data;
	stops++;
	return false;
}

/* A run finds a parameter in its first step if it reaches the loss. It finds others, and
 * statistics, which no training step reads, at the end of the epoch or before. No checkpoint is
 * written. */
static void runs_refuse_the_net(void)
{
	lam_dataset *data = lam_dataset_arrays(x, LAM_SHAPE(IN), labels, COUNT);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_begin("%s %g", rows[i].param, (double)*rows[i].value);
		const bool statistic = strstr(rows[i].param, "running") != NULL;
		const char *path = file_path("never.npz");
		lam_net *net = bad_net(&rows[i]);
		require(net && data, "%s", lam_error());
		stops = 0;
		check_fails(lam_fit(net, data, NULL, .epochs = 1, .batch = 4, .checkpoint = path,
				    .optimizer = lam_sgd(.lr = (lam_real)1e-3),
				    .step_end = count_steps),
			LAM_ERR_NUMERIC, rows[i].param);
		check(statistic ? stops == 2 : stops <= (rows[i].outputs == FINITE ? 2 : 0),
			"%d steps", stops);
		check(!file_exists(path));
		lam_net_free(net);
		test_end();
	}
	lam_dataset_free(data);
}

/* A training forward of samples with NaN spoils the statistics, not the parameters; a step spoils
 * both. The caller's edit repairs them. */
static void a_step_on_nan_is_no_error(void)
{
	static const char *const names[] = {"1.running_mean", "1.running_var"};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1);
	lam_real bad[COUNT * IN], y[COUNT * OUT];
	lam_net *net = normed_net();
	require(net, "%s", lam_error());
	memcpy(bad, x, sizeof bad);
	bad[5] = bad_nan;
	check_ok(lam_net_forward(net, LAM_TRAIN, bad, labels, COUNT));
	check(isnan(lam_net_loss(net)));
	for (int round = 0; round < 2; round++) {
		check_ok(lam_net_predict(net, x, COUNT, y));
		check(isnan(y[0]) && isnan(y[COUNT * OUT - 1]));
		for (int i = 0; i < 2; i++)
			for (int k = 0; k < HIDDEN; k++) {
				lam_real *value = &lam_param_edit(lam_net_find(net, names[i]))[k];
				check(isnan(*value), "%s", names[i]);
				*value = (lam_real)i;
			}
		/* A forward in evaluation moves nothing, so the net is as new. */
		check_ok(lam_net_forward(net, LAM_EVAL, bad, labels, COUNT));
		check_ok(lam_net_predict(net, x, COUNT, y));
		check(isfinite(y[0]) && isfinite(y[COUNT * OUT - 1]));
		for (int step = 0; step < 2 && round == 0; step++)
			check_ok(lam_net_step(net, &sgd, x, labels, COUNT));
		check_ok(lam_net_forward(net, LAM_TRAIN, bad, labels, COUNT));
	}
	check_ok(lam_net_step(net, &sgd, bad, labels, COUNT));
	check(isnan(lam_net_loss(net)) && isnan(lam_param_value(lam_net_find(net, "0.weight"))[0]));
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(each_function_says_what_is_documented),
		TEST(runs_refuse_the_net),
		TEST(a_step_on_nan_is_no_error),
	};
	fill();
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
