/* SPDX-License-Identifier: MIT */
/* Weights of samples that a data set, a run or an evaluation refuses. */
#include "tests/train/weighted_problem.h"

/* Its weights are wrong from sample 4 on. */
static lam_status own_read(const lam_dataset *self, int64_t index, void *const *to)
{
	(void)self;
	if (to[0])
		memcpy(to[0], x[index], sizeof x[index]);
	if (to[1])
		memcpy(to[1], &kinds[index], sizeof *kinds);
	if (to[2])
		*(lam_real *)to[2] = index < 4 ? 1 : (lam_real)NAN;
	return LAM_OK;
}

static void check_says(const char *words)
{
	check(strstr(lam_error(), words), "says \"%s\"", lam_error());
}

static lam_status nothing(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	if (pass->loss)
		*pass->loss = 0;
	return LAM_OK;
}

static lam_layer *unweighted(void)
{
	static const lam_layer_class unweighted_class = {LAM_LAYER_ABI, .kind = "unweighted",
		.flags = LAM_LOSS, .forward = nothing, .backward = nothing};
	return lam_layer_new(&unweighted_class, NULL);
}

static void refuses_bad_weights(void)
{
	weights[7] = -1;
	check(!arrays(weights));
	check_says("data set \"arrays\": the weight of sample 7 is -1; expected a finite number, "
		   "at least 0");
	weights[7] = (lam_real)INFINITY;
	check(!fields("near", weights));
	check_says("data set \"fields\", field \"trust\": the weight of sample 7 is inf");
	check(!fields("far", more));
	check_says("data set \"fields\", field \"trust\": .of is \"far\", and the data set has no "
		   "such targets to weigh");
	check(!fields("x", more));
	check_says(".of is \"x\", and the data set has no such targets");
	check(!lam_dataset_fields(N,
		(const lam_field[]){{"x", x, .shape = LAM_SHAPE(IN)},
			{"loss", kinds, .role = LAM_ROLE_CLASSES},
			{"a", more, .role = LAM_ROLE_WEIGHTS},
			{"b", more, .role = LAM_ROLE_WEIGHTS}, {0}}));
	check_says("field \"b\": the targets \"loss\" have weights twice; expected them once");
	check(!lam_dataset_fields(N,
		(const lam_field[]){{"x", x, .shape = LAM_SHAPE(IN)},
			{"loss", kinds, .role = LAM_ROLE_CLASSES},
			{"a", more, .role = LAM_ROLE_WEIGHTS, .shape = LAM_SHAPE(2)}, {0}}));
	check_says("field \"a\": its shape is 2; expected one weight per sample");
}

static void refuses_weights_in_a_run(void)
{
	static const lam_dataset_class own = {
		LAM_DATASET_ABI, .kind = "own", .read_fields = own_read};
	lam_net *net = classifier(1);
	lam_score score;
	fill();
	lam_dataset *data = lam_dataset_new_fields(&own, N,
		(const lam_field[]){{"input", .shape = LAM_SHAPE(IN)},
			{"loss", .role = LAM_ROLE_CLASSES, .classes = CLASSES},
			{"w", .role = LAM_ROLE_WEIGHTS}, {0}});
	require(net && data, "%s", lam_error());
	check_fails(lam_evaluate(net, data, &score), LAM_ERR_ARGUMENT,
		"data set \"own\", field \"loss.weights\": the weight of sample 4 is nan; expected "
		"a finite number, at least 0");
	lam_dataset_free(data);
	check_ok(lam_net_set_divisor(net, "loss", 3));
	fill();
	data = arrays(weights);
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = adam(),
			    .augment = {.mixup = (lam_real)0.2}),
		LAM_ERR_STATE, "has a divisor");
	check_ok(lam_net_set_divisor(net, "loss", 0));
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = adam(),
			    .augment = {.mixup = (lam_real)0.2}),
		LAM_ERR_UNSUPPORTED,
		"augment: .mixup, but the samples have weights (\"loss.weights\"); expected one");
	check_ok(lam_net_set_divisor(net, "loss", 3));
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = adam()), LAM_ERR_STATE,
		"lam_fit: the loss softmax_cross_entropy \"4\" has a divisor");
	lam_net_free(net);
	net = lam_net_create(unweighted(), LAM_SHAPE(IN), .max_batch = BATCH);
	lam_dataset *auto_encoder = lam_dataset_arrays(
		x[0], LAM_SHAPE(IN), NULL, N, .targets = LAM_INPUT, .weights = weights);
	require(net && auto_encoder, "%s", lam_error());
	check_fails(lam_evaluate(net, auto_encoder, &score), LAM_ERR_UNSUPPORTED,
		"the data set has weights of samples, but the class of the loss unweighted lacks "
		"LAM_WEIGHS_SAMPLES; expected none");
	lam_dataset_free(auto_encoder);
	lam_dataset_free(data);
	lam_net_free(net);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(refuses_bad_weights), TEST(refuses_weights_in_a_run)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
