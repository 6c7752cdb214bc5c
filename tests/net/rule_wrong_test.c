/* SPDX-License-Identifier: MIT */
/* Classes of rules that cannot be used, and options that a rule does not have: a sentence each. */
#include "framework/net/optimizer_check.h"

#include "tests/kit.h"
#include "tests/net/own_rules.h"

#include <stdlib.h>

/* The sentence for lion_class with one member changed. */
#define WRONG(words, ...) \
	do { \
		lam_rule_class wrong = lion_class; \
		__VA_ARGS__; \
		const lam_optimizer o = lam_optimizer_of(&wrong, .lr = 1); \
		check(o.rule == LAM_RULE_NONE && strstr(lam_error(), words), "\"%s\", not \"%s\"", \
			lam_error(), words); \
	} while (0)

static unsigned keeps_too_much(const lam_optimizer *optimizer)
{
	(void)optimizer;
	return 2;
}

static lam_status refuses(const lam_optimizer *optimizer)
{
	return optimizer->lr > 0 ? lam_fail(LAM_ERR_ARGUMENT, "a full moon; expected another night")
				 : LAM_OK;
}

static lam_status says_nothing(const lam_optimizer *optimizer)
{
	(void)optimizer;
	return LAM_ERR_STATE;
}

static void wrong_classes_get_sentences(void)
{
	WRONG("lam_optimizer_of: the rule's class was compiled for another lamina (abi 0x7)",
		wrong.abi = 7);
	WRONG("the rule's name is \"big lion\"; expected one word", wrong.name = "big lion");
	WRONG("the rule's name is \"\"; expected", wrong.name = "");
	WRONG("the rule's name is \"(NULL)\"; expected", wrong.name = NULL);
	WRONG("the rule \"lion\" has no .update", wrong.update = NULL);
	WRONG("the rule \"lion\" has 4 moments; expected 0 to 3", wrong.moments = 4);
	WRONG("the rule \"lion\" has -1 moments", wrong.moments = -1);
	WRONG("the rule \"lion\" has 2 sums and no .measure", wrong.sums = 2);
	WRONG("has 0 sums and a .measure", wrong.measure = lamb_measure);
	WRONG("has 9 sums and a .measure; expected 1 to 8", wrong.measure = lamb_measure,
		wrong.sums = 9);
	WRONG("lion: .keeps returned 0x2 for 1 moments", wrong.keeps = keeps_too_much);
	WRONG("lion: a full moon; expected another night", wrong.check = refuses);
	WRONG("lion: its .check failed", wrong.check = says_nothing);
	WRONG("the rule \"lion\" has no option lr", wrong.options = NULL);
}

static void wrong_tables_get_sentences(void)
{
	const lam_option lr = OWN_RULE_LR;
	lam_option rows[3] = {lr, LAM_OWN_OPTION(1, trust, .most = 3), LAM_OPTIONS_END};
	WRONG("the rule \"lion\" lets option trust lie from 0 to 0", rows[1].most = 0,
		wrong.options = rows);
	rows[1].most = 3;
	WRONG("names an option \"my trust\"", rows[1].name = "my trust", wrong.options = rows);
	rows[1].name = "trust";
	WRONG("its option trust is no member of lam_optimizer", rows[1].offset += 1,
		wrong.options = rows);
	rows[1].offset = offsetof(lam_optimizer, own) + LAM_OWN_OPTIONS * sizeof(lam_real);
	WRONG("its option trust is no member", wrong.options = rows);
	rows[1].offset = offsetof(lam_optimizer, nesterov);
	WRONG("its option trust is no member", wrong.options = rows);
	rows[1] = lr;
	WRONG("its option lr is no member of lam_optimizer with that type, or is there twice",
		wrong.options = rows);
}

#define REFUSED(words, ...) \
	do { \
		const lam_optimizer o = lam_optimizer_of(__VA_ARGS__); \
		check(o.rule == LAM_RULE_NONE && strstr(lam_error(), words), "\"%s\", not \"%s\"", \
			lam_error(), words); \
		check_fails(lam_optimizer_check(&o), LAM_ERR_ARGUMENT, words); \
	} while (0)

static void options_are_those_of_the_table(void)
{
	REFUSED("lam_optimizer_of: the rule's class is NULL", NULL, .lr = 1);
	REFUSED("lion: option lr is required", &lion_class, .beta1 = (lam_real)0.5);
	REFUSED("lion: option lr is -1; expected above 0", &lion_class, .lr = -1);
	REFUSED("lion: option beta2 is 1; expected at least 0 and below 1", &lion_class, .lr = 1,
		.beta2 = 1);
	REFUSED("lion: has no option eps; expected it left out", &lion_class, .lr = 1, .eps = 1);
	REFUSED("lion: has no option nesterov", &lion_class, .lr = 1, .nesterov = true);
	REFUSED("lion: has no option own[3]", &lion_class, .lr = 1, .own = {[3] = 1});
	REFUSED("lamb: option trust is -2; expected above 0", &lamb_class, .lr = 1, .own = {-2});
	lam_optimizer lamb = lam_optimizer_of(&lamb_class, .lr = 1, .beta1 = LAM_ZERO);
	check(lamb.rule == LAM_RULE_OWN && lamb.beta1 == 0 && lamb.own[0] == 10
		&& lamb.beta2 == (lam_real)0.999 && lam_optimizer_moments(&lamb) == 2);
	check(!strcmp(lam_optimizer_name(&lamb), "lamb")
		&& !strcmp(lam_rule_name(LAM_RULE_OWN), "own"));
	char text[LAM_RULE_TEXT];
	lam_optimizer_text(&lamb, text);
	check(!strcmp(text, "lamb trust=10"), "%s", text);
	lamb.own[0] = (lam_real)NAN; /* edited */
	check_fails(lam_optimizer_check(&lamb), LAM_ERR_ARGUMENT, "lamb: option trust is nan");
	lamb.own[0] = 1;
	lamb.momentum = 1;
	check_fails(lam_optimizer_check(&lamb), LAM_ERR_ARGUMENT, "lamb: has no option momentum");
	lamb.rule_class = NULL;
	check_fails(lam_optimizer_check(&lamb), LAM_ERR_ARGUMENT, "class is NULL");
	check(lam_optimizer_moments(&lamb) == 0 && !strcmp(lam_optimizer_name(NULL), "none"));
	check(!strcmp(lam_optimizer_name(&(lam_optimizer){.rule = LAM_RULE_ADAM}), "adam"));
}

static lam_status fails_with_words(const lam_update *update)
{
	(void)update;
	return lam_fail(LAM_ERR_STATE, "the moon is full");
}

static lam_status fails_to_measure(const lam_update *update, double *sum)
{
	(void)update, (void)sum;
	return LAM_ERR_NUMERIC;
}

/* A failing rule stops the step, and its name is in the sentence. */
static void failures_name_the_rule(void)
{
	lam_rule_class one = lion_class, two = lamb_class;
	one.update = fails_with_words;
	two.measure = fails_to_measure;
	const lam_optimizer first = lam_optimizer_of(&one, .lr = 1),
			    second = lam_optimizer_of(&two, .lr = 1);
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 1), lam_mean_squared_error()), LAM_SHAPE(1));
	require(net != NULL, "%s", lam_error());
	const lam_real in = 1;
	check_fails(
		lam_net_step(net, &first, &in, &in, 1), LAM_ERR_STATE, "lion: the moon is full");
	check_fails(lam_net_step(net, &second, &in, &in, 1), LAM_ERR_NUMERIC, "lamb: its .measure");
	lam_dataset *data = lam_dataset_arrays(
		&in, LAM_SHAPE(1), &in, 1, .targets = LAM_VALUES, .target_shape = LAM_SHAPE(1));
	require(data != NULL, "%s", lam_error());
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = second), LAM_ERR_NUMERIC,
		"lam_fit: epoch 1, step 1: lamb: its .measure failed");
	lam_dataset_free(data);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(wrong_classes_get_sentences),
		TEST(wrong_tables_get_sentences),
		TEST(options_are_those_of_the_table),
		TEST(failures_name_the_rule),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
