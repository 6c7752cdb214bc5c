/* SPDX-License-Identifier: MIT */
/* Optimizers: 20 steps of each rule, by the update that nets use, compared with torch.optim
 * (tests/reference/optimizers.txt); defaults, moments and bad options. */
#include "framework/net.h"
#include "framework/net/optimizer_check.h"
#include "layers/layers.h"

#include "tests/kit.h"

#include <stdlib.h>

enum { VALUES = 4, STEPS = 20 };

static void set(lam_sgd_options *sgd, lam_adam_options *adam, lam_rmsprop_options *rms,
	const char *word, lam_real value)
{
	if (!strcmp(word, "lr"))
		sgd->lr = adam->lr = rms->lr = value;
	else if (!strcmp(word, "weight_decay"))
		sgd->weight_decay = adam->weight_decay = rms->weight_decay = value;
	else if (!strcmp(word, "momentum"))
		sgd->momentum = rms->momentum = value;
	else if (!strcmp(word, "eps"))
		adam->eps = rms->eps = value;
	else if (!strcmp(word, "nesterov"))
		sgd->nesterov = value != 0;
	else if (!strcmp(word, "centered"))
		rms->centered = value != 0;
	else if (!strcmp(word, "beta1"))
		adam->beta1 = value;
	else if (!strcmp(word, "beta2"))
		adam->beta2 = value;
	else if (check(!strcmp(word, "alpha"), "unknown word %s", word))
		rms->alpha = value;
}

static lam_optimizer read_rule(FILE *file, const char *name, int words)
{
	lam_sgd_options sgd = {.size = sizeof sgd};
	lam_adam_options adam = {.size = sizeof adam};
	lam_rmsprop_options rms = {.size = sizeof rms};
	for (int i = 0; i < words; i++) {
		char word[32];
		double value = 0;
		check(fscanf(file, "%31s %lf", word, &value) == 2);
		set(&sgd, &adam, &rms, word, (lam_real)value);
	}
	if (!strcmp(name, "sgd"))
		return lam_sgd_new(&sgd);
	if (!strcmp(name, "rmsprop"))
		return lam_rmsprop_new(&rms);
	return !strcmp(name, "adam") ? lam_adam_new(&adam) : lam_adamw_new(&adam);
}

static void follow(FILE *file, const lam_optimizer *optimizer)
{
	lam_real w[VALUES] = {1, (lam_real)-0.5, (lam_real)0.25, 2}, grad[VALUES],
		 moments[LAM_MAX_MOMENTS][VALUES] = {{0}};
	for (int step = 0; step < STEPS; step++) {
		for (int i = 0; i < VALUES; i++)
			grad[i] = (lam_real)sin(1 + step + 3 * i) + w[i] / 2;
		lam_update update = {.optimizer = optimizer,
			.name = "weight",
			.value = w,
			.gradient = grad,
			.count = VALUES,
			.step = step,
			.gradient_scale = 1,
			.decays = true};
		for (int m = 0; m < lam_optimizer_moments(optimizer); m++)
			update.moment[m] = moments[m];
		check_ok(lam_update_default(&update));
		for (int i = 0; i < VALUES; i++) {
			double expected = 0;
			check(fscanf(file, "%lf", &expected) == 1);
			/* Numbers like 0.1 and 0.999 are not exact in float, which changes
			 * 1 - beta2 most. */
			check_near((double)w[i], expected, sizeof(lam_real) == 4 ? 5e-6 : 1e-12);
		}
	}
}

/* NULL: it is missing, which is a failure. */
static FILE *open_reference(void)
{
	char path[4096];
	const char *top = getenv("top_srcdir");
	snprintf(path, sizeof path, "%s/tests/reference/optimizers.txt", top ? top : ".");
	FILE *file = fopen(path, "r");
	check(file != NULL, "%s cannot be opened", path);
	return file;
}

static void agrees_with_pytorch(void)
{
	char name[32];
	int words, cases = 0;
	FILE *file = open_reference();
	require(file != NULL);
	while (fscanf(file, " rule %31s %d", name, &words) == 2) {
		test_begin("%s, case %d", name, ++cases);
		lam_optimizer optimizer = read_rule(file, name, words);
		check(!strcmp(lam_rule_name(optimizer.rule), name));
		follow(file, &optimizer);
		test_end();
	}
	check(cases == 13, "%d cases", cases);
	fclose(file);
}

/* A net whose gradients are written by hand: a weight of two values and a bias. */
static lam_net *small_net(void)
{
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 1), lam_mean_squared_error()), LAM_SHAPE(2));
	if (!check(net != NULL, "%s", lam_error()))
		return NULL;
	lam_real *weight = lam_param_edit(lam_net_param(net, 0));
	weight[0] = 1;
	weight[1] = (lam_real)-0.5;
	lam_param_edit(lam_net_param(net, 1))[0] = (lam_real)0.25;
	const lam_real zeros[2] = {0};
	check_ok(lam_net_forward(net, LAM_TRAIN, zeros, zeros, 1));
	check_ok(lam_net_backward(net));
	return net;
}

static void follow_groups(FILE *file, lam_net *net, lam_optimizer optimizer, lam_real gamma)
{
	const lam_real *value[2] = {
		lam_param_value(lam_net_param(net, 0)), lam_param_value(lam_net_param(net, 1))};
	for (int step = 0; step < STEPS; step++) {
		for (int i = 0; i < 3; i++) {
			lam_real *grad = (lam_real *)lam_param_grad(lam_net_param(net, i / 2));
			grad[i % 2] = (lam_real)sin(1 + step + 3 * i) + value[i / 2][i % 2] / 2;
		}
		check_ok(lam_net_update(net, &optimizer));
		optimizer.lr *= gamma;
		for (int i = 0; i < 3; i++) {
			double expected = 0;
			check(fscanf(file, "%lf", &expected) == 1);
			check_near((double)value[i / 2][i % 2], expected,
				sizeof(lam_real) == 4 ? 2e-5 : 1e-12);
		}
	}
}

/* Factors of single parameters are PyTorch's parameter groups. A schedule multiplies them all. */
static void groups_agree_with_pytorch(void)
{
	char word[64];
	int words, cases = 0;
	FILE *file = open_reference();
	require(file != NULL);
	while (fscanf(file, "%63s", word) == 1) {
		if (strcmp(word, "groups") != 0)
			continue;
		require(fscanf(file, "%31s %d", word, &words) == 2);
		test_begin("groups of %s, case %d", word, ++cases);
		const lam_optimizer optimizer = read_rule(file, word, words);
		lam_net *net = small_net();
		require(net != NULL);
		double factor[5] = {0};
		for (int i = 0; i < 5; i++)
			check(fscanf(file, "%lf", &factor[i]) == 1);
		for (int i = 0; i < 2; i++) {
			lam_param_set_rate(lam_net_param(net, i), (lam_real)factor[i]);
			lam_param_set_decay(lam_net_param(net, i), (lam_real)factor[2 + i]);
			check(lam_param_rate(lam_net_param(net, i)) == (lam_real)factor[i]);
			check(lam_param_decay(lam_net_param(net, i)) == (lam_real)factor[2 + i]);
			check(lam_param_decays(lam_net_param(net, i)) == (factor[2 + i] > 0));
		}
		follow_groups(file, net, optimizer, (lam_real)factor[4]);
		lam_net_free(net);
		test_end();
	}
	check(cases == 4, "%d cases", cases);
	fclose(file);
}

static void factors_are_checked(void)
{
	lam_net *net = small_net();
	require(net != NULL);
	lam_param *p = lam_net_param(net, 0);
	lam_param_set_rate(p, 64);
	lam_param_set_decay(p, (lam_real)0.5);
	lam_param_set_rate(p, -1);
	check(lam_error_status() == LAM_ERR_ARGUMENT
			&& strstr(lam_error(), "lam_param_set_rate of \"0.weight\": -1; expected"),
		"%s", lam_error());
	lam_param_set_rate(p, (lam_real)NAN);
	check(strstr(lam_error(), "nan; expected") != NULL, "%s", lam_error());
	lam_param_set_decay(p, (lam_real)INFINITY);
	check(strstr(lam_error(), "lam_param_set_decay of \"0.weight\": inf;") != NULL, "%s",
		lam_error());
	check(lam_param_rate(p) == 64 && lam_param_decay(p) == (lam_real)0.5);
	lam_param_set_decays(p, false);
	check(lam_param_decay(p) == 0 && !lam_param_decays(p));
	lam_param_set_decays(p, true);
	check(lam_param_decay(p) == 1 && lam_param_decays(p));
	lam_param_set_rate(NULL, 1);
	check(lam_param_rate(NULL) == 0 && lam_param_decay(NULL) == 0);
	lam_param_set_rate(p, sizeof(lam_real) == 4 ? (lam_real)3e38 : (lam_real)1e308);
	const lam_optimizer fast = lam_sgd(.lr = 100);
	check_fails(lam_net_update(net, &fast), LAM_ERR_ARGUMENT, "sgd: option lr is inf");
	lam_net_free(net);
}

static void fills_in_defaults(void)
{
	lam_optimizer adam = lam_adam(.lr = 1), rms = lam_rmsprop(.lr = 1), sgd = lam_sgd(.lr = 1);
	check_near((double)adam.beta1, 0.9, 1e-7);
	check_near((double)adam.beta2, 0.999, 1e-7);
	check_near((double)adam.eps, 1e-8, 1e-14);
	check_near((double)rms.alpha, 0.99, 1e-7);
	check(adam.size == sizeof adam && adam.weight_decay == 0 && sgd.momentum == 0
		&& !sgd.nesterov);
}

static void counts_moments(void)
{
	lam_optimizer rows[] = {
		lam_sgd(.lr = 1),
		lam_sgd(.lr = 1, .momentum = (lam_real)0.5),
		lam_rmsprop(.lr = 1),
		lam_adam(.lr = 1),
		lam_adamw(.lr = 1),
		lam_rmsprop(.lr = 1, .momentum = (lam_real)0.5),
		lam_rmsprop(.lr = 1, .centered = true, .momentum = (lam_real)0.5),
	};
	static const int moments[] = {0, 1, 1, 2, 2, 2, 3};
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
		check(lam_optimizer_moments(&rows[i]) == moments[i], "row %d has %d", (int)i,
			lam_optimizer_moments(&rows[i]));
	check(lam_optimizer_moments(NULL) == 0);
	check(lam_optimizer_moments(&(lam_optimizer){0}) == 0);
}

/* A parameter without weight decay, and a gradient scale as clipping sets it. */
static void obeys_decays_and_scale(void)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.5, .weight_decay = (lam_real)0.25);
	lam_real w = 2;
	const lam_real grad = 4;
	lam_update update = {.optimizer = &sgd,
		.value = &w,
		.gradient = &grad,
		.count = 1,
		.gradient_scale = (lam_real)0.5,
		.decays = false};
	check_ok(lam_update_default(&update));
	check(w == 1, "%g", (double)w);
	update.decays = true;
	w = 2;
	check_ok(lam_update_default(&update));
	check_near((double)w, 2 - 0.5 * (2 + 0.5), 1e-7);
}

#define REFUSED(words, constructor) \
	do { \
		lam_optimizer o = constructor; \
		check_fails(lam_optimizer_check(&o), LAM_ERR_ARGUMENT, words); \
		check(o.rule == LAM_RULE_NONE); \
	} while (0)

static void refuses_senseless_options(void)
{
	REFUSED("sgd: option lr is required", lam_sgd(.momentum = (lam_real)0.5));
	REFUSED("adam: option lr is -1; expected above 0", lam_adam(.lr = -1));
	REFUSED("adamw: option lr is nan; expected a finite number",
		lam_adamw(.lr = (lam_real)NAN));
	REFUSED("rmsprop: option lr is inf", lam_rmsprop(.lr = (lam_real)INFINITY));
	REFUSED("sgd: option momentum is 1; expected at least 0 and below 1",
		lam_sgd(.lr = 1, .momentum = 1));
	REFUSED("sgd: .nesterov without momentum", lam_sgd(.lr = 1, .nesterov = true));
	REFUSED("sgd: option weight_decay is -0.5; expected at least 0",
		lam_sgd(.lr = 1, .weight_decay = (lam_real)-0.5));
	REFUSED("adam: option beta1 is -1", lam_adam(.lr = 1, .beta1 = -1));
	REFUSED("adam: option beta2 is 1", lam_adam(.lr = 1, .beta2 = 1));
	REFUSED("adam: option eps is -1; expected above 0", lam_adam(.lr = 1, .eps = -1));
	REFUSED("rmsprop: option alpha is 2", lam_rmsprop(.lr = 1, .alpha = 2));
	REFUSED("lam_sgd: options of 0 bytes", lam_sgd_new(NULL));
	REFUSED("lam_adamw: options of 0 bytes", lam_adamw_new(NULL));
	REFUSED("lam_adam: options of 3 bytes", lam_adam_new(&(lam_adam_options){.size = 3}));
}

static void checks_again_at_use(void)
{
	lam_optimizer sgd = lam_sgd(.lr = 1);
	sgd.lr = 0; /* a schedule may end at 0 */
	check_ok(lam_optimizer_check(&sgd));
	sgd.lr = -1;
	check_fails(lam_optimizer_check(&sgd), LAM_ERR_ARGUMENT, "sgd: option lr is -1");
	check_fails(lam_optimizer_check(&(lam_optimizer){0}), LAM_ERR_ARGUMENT,
		"no optimizer; expected one made by lam_sgd()");
	check_fails(
		lam_optimizer_check(&(lam_optimizer){.rule = 77}), LAM_ERR_ARGUMENT, "rule is 77");
	check_fails(lam_optimizer_check(NULL), LAM_ERR_ARGUMENT, "NULL");
	check_fails(lam_update_default(NULL), LAM_ERR_ARGUMENT, "NULL");
}

/* With betas or alpha of 0 the moments remember nothing, so each step is lr g / |g|. */
static void zeros_are_said_by_LAM_ZERO(void)
{
	const lam_optimizer rules[] = {
		lam_adam(.lr = (lam_real)0.5, .beta1 = LAM_ZERO, .beta2 = LAM_ZERO),
		lam_adamw(.lr = (lam_real)0.5, .beta1 = LAM_ZERO, .beta2 = LAM_ZERO),
		lam_rmsprop(.lr = (lam_real)0.5, .alpha = LAM_ZERO),
	};
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		lam_real w = 2, moments[LAM_MAX_MOMENTS] = {7, 9};
		const lam_real grad = -4;
		lam_update update = {.optimizer = &rules[i],
			.name = "weight",
			.value = &w,
			.gradient = &grad,
			.moment = {&moments[0], &moments[1]},
			.count = 1,
			.step = 3,
			.gradient_scale = 1,
			.decays = true};
		check_ok(lam_update_default(&update));
		check_near((double)w, 2.5, 1e-6);
	}
	REFUSED("sgd: option lr is 0; expected above 0", lam_sgd(.lr = LAM_ZERO));
	REFUSED("adam: option eps is 0; expected above 0", lam_adam(.lr = 1, .eps = LAM_ZERO));
}

/* RMSprop with momentum and centered RMSprop use the same memory for different moments, which
 * therefore begin anew when the rule changes. */
static void other_moments_begin_anew(void)
{
	const lam_real in[4] = {1, -2, 3, (lam_real)0.5}, wanted[2] = {1, -1};
	const lam_optimizer first = lam_rmsprop(.lr = (lam_real)0.01, .momentum = (lam_real)0.9),
			    then = lam_rmsprop(.lr = (lam_real)0.01, .centered = true);
	lam_net *nets[2];
	for (int i = 0; i < 2; i++) {
		nets[i] = lam_net_create(lam_sequential(lam_affine(.out = 1, .no_bias = true),
						 lam_mean_squared_error()),
			LAM_SHAPE(2), .max_batch = 2);
		require(nets[i] != NULL, "%s", lam_error());
	}
	for (int step = 0; step < 5; step++)
		check_ok(lam_net_step(nets[0], &first, in, wanted, 2));
	const lam_real *w = lam_param_value(lam_net_param(nets[0], 0)),
		       *other = lam_param_value(lam_net_param(nets[1], 0));
	memcpy(lam_param_edit(lam_net_param(nets[1], 0)), w, 2 * sizeof *w);
	for (int step = 0; step < 3; step++)
		for (int i = 0; i < 2; i++)
			check_ok(lam_net_step(nets[i], &then, in, wanted, 2));
	check(w[0] == other[0] && w[1] == other[1], "%g and %g", (double)w[0], (double)other[0]);
	for (int i = 0; i < 2; i++)
		lam_net_free(nets[i]);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(agrees_with_pytorch),
		TEST(groups_agree_with_pytorch),
		TEST(factors_are_checked),
		TEST(fills_in_defaults),
		TEST(counts_moments),
		TEST(obeys_decays_and_scale),
		TEST(refuses_senseless_options),
		TEST(checks_again_at_use),
		TEST(zeros_are_said_by_LAM_ZERO),
		TEST(other_moments_begin_anew),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
