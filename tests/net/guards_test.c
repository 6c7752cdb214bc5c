/* SPDX-License-Identifier: MIT */
/* Checks of the public functions: invalid nets, lists and layer classes of the caller are refused,
 * each with its sentence. */
#include "tests/battery/prove.h"
#include "tests/train/fit_problem.h"

#include "framework/gradcheck.h"
#include "framework/loader.h"
#include "framework/profile.h"
#include "framework/version.h"

#include <string.h>

static void no_net_is_an_error(void)
{
	lam_real x[4] = {0};
	lam_optimizer sgd = lam_sgd(.lr = 1);
	lam_target_info info;
	check_fails(lam_net_forward(NULL, LAM_EVAL, x, NULL, 1), LAM_ERR_ARGUMENT,
		"lam_net_forward: the net is NULL");
	check_fails(lam_net_backward(NULL), LAM_ERR_ARGUMENT, "lam_net_backward: the net is NULL");
	check_fails(lam_net_backward_from(NULL, x), LAM_ERR_ARGUMENT,
		"lam_net_backward_from: the net is NULL");
	check_fails(
		lam_net_update(NULL, &sgd), LAM_ERR_ARGUMENT, "lam_net_update: the net is NULL");
	check_fails(lam_net_step(NULL, &sgd, x, NULL, 1), LAM_ERR_ARGUMENT,
		"lam_net_step: the net is NULL");
	check_fails(lam_net_predict(NULL, x, 1, x), LAM_ERR_ARGUMENT,
		"lam_net_predict: the net is NULL");
	check_fails(lam_net_accumulate(NULL, true), LAM_ERR_ARGUMENT,
		"lam_net_accumulate: the net is NULL");
	check_fails(
		lam_net_prepare(NULL, &sgd), LAM_ERR_ARGUMENT, "lam_net_prepare: the net is NULL");
	check_fails(
		lam_net_targets(NULL, &info), LAM_ERR_ARGUMENT, "lam_net_targets: the net is NULL");
	check_fails(lam_net_profile_start(NULL), LAM_ERR_ARGUMENT,
		"lam_net_profile_start: the net is NULL");
	check_fails(lam_net_profile_stop(NULL), LAM_ERR_ARGUMENT,
		"lam_net_profile_stop: the net is NULL");
	check_fails(lam_loader_seek(NULL, 0, 0), LAM_ERR_ARGUMENT,
		"lam_loader_seek: the loader is NULL");
	check(!lam_net_replica(NULL, .max_batch = 1)
			&& strstr(lam_error(), "lam_net_replica: the net is NULL"),
		"\"%s\"", lam_error());
	check(lam_net_seed(NULL) == 0 && lam_net_max_batch(NULL) == 0
		&& lam_net_param_count(NULL) == 0 && lam_net_state_count(NULL) == 0);
	check(!lam_net_output(NULL) && !lam_net_input_grad(NULL) && !lam_net_model(NULL)
		&& !lam_net_param(NULL, 0));
	check(!lam_param_trainable(NULL) && !lam_param_decays(NULL) && !lam_param_grad(NULL));
	lam_net_free(NULL);
}

static void a_net_for_inference_does_not_train(void)
{
	lam_optimizer sgd = lam_sgd(.lr = 1);
	lam_net *net = lam_net_create(lam_affine(.out = 3), LAM_SHAPE(4), .inference = true);
	require(net != NULL, "%s", lam_error());
	check_fails(lam_net_prepare(net, &sgd), LAM_ERR_STATE,
		"lam_net_prepare: an optimizer for a net that was made for inference");
	check_fails(lam_net_accumulate(net, true), LAM_ERR_STATE,
		"lam_net_accumulate: the net was made for inference and has no gradients");
	check_fails(lam_net_targets(net, NULL), LAM_ERR_ARGUMENT,
		"lam_net_targets: the target info is NULL");
	lam_net_free(net);
}

static lam_status forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self, (void)pass;
	return LAM_OK;
}

static void check_class(
	const lam_layer_class *layer_class, const void *options, const char *sentence)
{
	lam_layer *layer = lam_layer_new(layer_class, options);
	check(!layer && strstr(lam_error(), sentence), "\"%s\", not \"%s\"", lam_error(), sentence);
	lam_layer_free(layer);
}

static void an_incomplete_class_is_refused(void)
{
	struct endless {
		LAM_LAYER_OPTIONS;
		lam_real eps;
	};
	static const lam_option no_options[] = {LAM_OPTIONS_END};
	static const lam_option endless[] = {
		LAM_OPTION(struct endless, eps, REAL, .fallback = (lam_real)1e-5, .above = true),
		LAM_OPTIONS_END,
	};
	static const struct {
		lam_layer_class layer_class;
		const char *sentence;
	} rows[] = {
		{{.kind = "old", .forward = forward},
			"the class was compiled for another lamina (abi 0); expected "},
		{{LAM_LAYER_ABI, .forward = forward},
			"the class's kind is \"(NULL)\"; expected one word of letters, digits and "
			"underscores"},
		{{LAM_LAYER_ABI, .kind = "two words", .forward = forward},
			"the class's kind is \"two words\"; expected one word"},
		{{LAM_LAYER_ABI, .kind = "idle"}, "the class \"idle\" has no .forward"},
		{{LAM_LAYER_ABI, .kind = "small", .forward = forward, .options = no_options},
			"the class \"small\" has options but a state of 0 bytes"},
		{{LAM_LAYER_ABI, .kind = "endless", .forward = forward, .options = endless,
			 .state_size = sizeof(struct endless)},
			"the class \"endless\" lets option eps lie from 0 to 0; expected a range "
			"(does its row say .most?)"},
		{{LAM_LAYER_ABI, .kind = "alone", .forward = forward, .min_children = 2,
			 .max_children = 3},
			"alone: 0 layers; expected at least 2"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_class(&rows[i].layer_class, NULL, rows[i].sentence);
	check_class(NULL, NULL, "lam_layer_new: the class is NULL");
	const lam_affine_options unsized = {.out = 3},
				 larger = {.size = 2 * sizeof larger, .out = 3};
	check(!lam_affine_new(&unsized)
			&& strstr(lam_error(),
				"affine: an options struct of 0 bytes; expected its member size"),
		"\"%s\"", lam_error());
	check(!lam_affine_new(&larger)
			&& strstr(lam_error(), "expected its member size to say sizeof the struct"),
		"\"%s\"", lam_error());
}

static void an_invalid_list_is_refused(void)
{
	lam_layer *none[] = {NULL};
	const lam_sequential_options negative = {.size = sizeof negative,
					     .count = -1,
					     .layers = none},
				     lost = {.size = sizeof lost, .count = 2};
	check(!lam_sequential_new(&negative)
			&& strstr(lam_error(),
				"sequential: .count is -1; expected a list of at least 1 layer"),
		"\"%s\"", lam_error());
	check(!lam_sequential_new(&lost)
			&& strstr(lam_error(), "sequential: .count is 2 and .layers NULL"),
		"\"%s\"", lam_error());
	check(!lam_sequential_of(none)
			&& strstr(lam_error(), "sequential: a list without its two ends"),
		"\"%s\"", lam_error());
	check(!lam_sequential_of(NULL)
			&& strstr(lam_error(), "sequential: a list without its two ends"),
		"\"%s\"", lam_error());
}

/* Shapes with more values than any memory holds are refused. */
static void sizes_are_limited(void)
{
	refuses(lam_conv2d(.out = INT_MAX, .kernel = {1000, 1000}), LAM_SHAPE(64, 2000, 2000),
		"conv2d: a weight of 2147483647x64x1000x1000 has too many values");
	refuses(lam_conv2d(.out = 1, .kernel = {3}, .pad = {INT_MAX / 2}), LAM_SHAPE(1, 9, 9),
		"conv2d: an output of 1x2147483653x2147483653 has too many values");
	refuses(lam_transposed_conv2d(.out = 1, .kernel = {3}, .stride = {INT_MAX}),
		LAM_SHAPE(1, 1 << 20, 2),
		"transposed_conv2d: an input of 1048576x2 with stride 2147483647x2147483647 has "
		"too many values in the output");
	refuses(lam_max_pool2d(.kernel = {INT_MAX, 3}), LAM_SHAPE(1, 9, 9),
		"max_pool2d: kernel 2147483647x3 has more than 2147483647 values");
	refuses(lam_max_pool2d(.kernel = {3}, .dilation = {9}), LAM_SHAPE(1, 9, 9),
		"max_pool2d: kernel 3x3 with dilation 9x9 covers 19x19, more than the padded input "
		"9x9");
	refuses(lam_affine(.out = INT_MAX), LAM_SHAPE(INT_MAX),
		"affine: a weight of 2147483647x2147483647 has too many values");
}

static void a_check_and_a_run_want_sense(void)
{
	lam_dataset *data = striped();
	lam_net *net = small_net(1, 1);
	require(data && net, "%s", lam_error());
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .checkpoint = "x", .checkpoint_every = -1),
		LAM_ERR_ARGUMENT,
		"lam_fit: .checkpoint_every is -1; expected steps, or 0 for once an epoch");
	check_fails(lam_fit(net, data, NULL, .epochs = 1, .optimizer = lam_sgd(.lr = 1),
			    .checkpoint = ""),
		LAM_ERR_ARGUMENT, "lam_fit: .checkpoint is empty; expected the path of a file");
	check_fails(lam_gradcheck(lam_affine(.out = 2), LAM_SHAPE(3), NULL, .low = 2, .high = 1),
		LAM_ERR_ARGUMENT,
		"lam_gradcheck: .low is 2 and .high 1; expected finite numbers, low at most high");
	check(strcmp(lam_version(), LAM_VERSION) == 0 && strlen(lam_isa()) > 0);
	lam_net_free(net);
	lam_dataset_free(data);
}

/* What a layer of one's own declares, in the test below. */
static struct {
	int64_t saved, shared, scratch, packed, slices;
	int times, phases;
} declared;

static lam_status declare(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	lam_plan_param(plan, "weight", LAM_SHAPE(1), (lam_param_options){.init = LAM_INIT_ZERO});
	for (int i = 0; i < declared.times; i++) {
		lam_plan_saved(plan, declared.saved);
		lam_plan_shared(plan, LAM_FORWARD, declared.shared, declared.shared);
		lam_plan_scratch(plan, LAM_FORWARD, declared.scratch);
		lam_plan_packed(plan, 0, declared.packed, 1, false);
	}
	return LAM_OK;
}

static int phases(
	const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks, lam_phase *phase)
{
	(void)self, (void)job, (void)mode, (void)blocks;
	phase[0] = (lam_phase){true, declared.slices};
	return declared.phases;
}

static lam_status pack(
	const lam_layer *self, int index, const lam_real *w, void *packed, int64_t i, int64_t n)
{
	(void)self, (void)index, (void)w, (void)packed, (void)i, (void)n;
	return LAM_OK;
}

static void declared_bytes_are_summed_safely(void)
{
	static const lam_layer_class wide = {LAM_LAYER_ABI, .kind = "wide", .plan = declare,
		.forward = forward, .phases = phases, .pack = pack};
	const int64_t most = LAM_MAX_COUNT;
	static const char bytes[] = "bytes of memory beside its activations",
			  slices[] = "slices; expected 1 to 2147483647",
			  returned[] = "; expected 1 to 4", none[] = "";
	const struct {
		int64_t saved, shared, scratch, packed, slices;
		int times, phases;
		const char *words; /* "": it is right */
	} rows[] = {
		{64, 64, 64, 64, 1, 3, 1, none},
		{most, 0, 0, 0, 1, 40000, 1, bytes},
		{0, most, 0, 0, 1, 40000, 1, bytes},
		{0, 0, most, 0, 1, 40000, 1, bytes},
		{0, 0, 0, most, 1, 40000, 1, bytes},
		{INT64_MAX, 0, 0, 0, 1, 2, 1, bytes},
		{0, INT64_MIN, 0, 0, 1, 1, 1, bytes},
		{0, 0, -1, 0, 1, 1, 1, bytes},
		{0, 0, 0, INT64_MAX - 63, 1, 1, 1, bytes},
		{0, 0, 0, 0, INT64_MAX, 1, 1, slices},
		{0, 0, 0, 0, 0, 1, 1, slices},
		{0, 0, 0, 0, INT64_MIN, 1, 1, slices},
		{0, 0, 0, 0, 1, 1, 0, returned},
		{0, 0, 0, 0, 1, 1, 5, returned},
		{0, 0, 0, 0, 1, 1, -1, returned},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		declared.saved = rows[i].saved;
		declared.shared = rows[i].shared;
		declared.scratch = rows[i].scratch;
		declared.packed = rows[i].packed;
		declared.slices = rows[i].slices;
		declared.times = rows[i].times;
		declared.phases = rows[i].phases;
		lam_net *net = lam_net_create(lam_layer_new(&wide, NULL), LAM_SHAPE(2),
			.max_batch = 32, .threads = 1, .inference = true);
		check(!net == (*rows[i].words != '\0'), "row %d: %s", (int)i, lam_error());
		check(net || (strstr(lam_error(), rows[i].words) && strstr(lam_error(), "wide")),
			"row %d: \"%s\"", (int)i, lam_error());
		lam_net_free(net);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(no_net_is_an_error),
		TEST(a_net_for_inference_does_not_train),
		TEST(an_incomplete_class_is_refused),
		TEST(an_invalid_list_is_refused),
		TEST(sizes_are_limited),
		TEST(declared_bytes_are_summed_safely),
		TEST(a_check_and_a_run_want_sense),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
