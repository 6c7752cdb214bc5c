/* SPDX-License-Identifier: MIT */
/* Wrong compositions, each with its sentence. With ASan or valgrind this test also shows that a
 * failed composition frees everything that it was given. */
#include "tests/battery/prove.h"

#define IMAGE LAM_SHAPE(1, 8, 8)

static lam_layer *conv(void)
{
	return lam_conv2d(.out = 2, .kernel = {3});
}

/* A composition keeps the sentence of the constructor that failed inside it, at any position. */
static void keeps_the_first_sentence(void)
{
	const char *kernel = "conv2d: option kernel is required",
		   *out = "affine: option out is required";
	refuses(lam_sequential(lam_conv2d(.out = 2), lam_relu()), IMAGE, kernel);
	refuses(lam_sequential(lam_relu(), lam_conv2d(.out = 2)), IMAGE, kernel);
	refuses(lam_sequential(conv(),
			lam_sequential(lam_relu(), lam_residual(lam_conv2d(.out = 2))),
			lam_flatten()),
		IMAGE, kernel);
	refuses(lam_residual(lam_affine()), IMAGE, out);
	refuses(lam_residual(conv(), .shortcut = lam_affine()), IMAGE, out);
	refuses(lam_residual(lam_affine(), .shortcut = conv()), IMAGE, out);
	refuses(lam_residual(conv(), .shortcut = lam_affine(), .name = "down"), IMAGE, out);
	refuses(lam_residual(conv(), .name = ".shortcut", .shortcut = lam_affine()), IMAGE, out);
	refuses(lam_sequential(conv(), lam_sequential(), lam_relu()), IMAGE,
		"sequential: 0 layers; expected 1 to 10000");
}

static void refuses_what_is_missing(void)
{
	refuses(lam_sequential(), IMAGE, "sequential: 0 layers; expected 1 to 10000");
	lam_fail(LAM_ERR_ARGUMENT, "before");
	check(!lam_net_create(NULL, IMAGE));
	check(strcmp(lam_error(), "before") == 0, "a model that failed lost its sentence: %s",
		lam_error());
	check(!lam_layer_new(NULL, NULL));
	check(strcmp(lam_error(), "lam_layer_new: the class is NULL") == 0, "%s", lam_error());
	lam_layer_free(NULL);
	lam_net_free(NULL);
}

static void refuses_a_layer_twice(void)
{
	lam_layer *relu = lam_relu(), *other;
	refuses(lam_sequential(relu, conv(), relu), IMAGE,
		"sequential: layers 0 and 2 are the same relu; expected a layer of its own for "
		"each place");

	/* The same layer at two places of a nest: the inner composition owns it. */
	relu = lam_relu();
	lam_layer *inner = lam_sequential(relu);
	refuses(lam_sequential(inner, relu), IMAGE,
		"sequential: layer 1 (relu) is already part of another composition or net");

	relu = lam_relu();
	inner = lam_residual(relu);
	refuses(lam_residual(conv(), .shortcut = relu), IMAGE,
		"residual: layer 1 (relu) is already part of another composition or net");
	lam_layer_free(inner);

	other = conv();
	refuses(lam_residual(other, .shortcut = other), IMAGE,
		"residual: layers 0 and 1 are the same conv2d; expected a layer of its own for "
		"each place");

	/* A layer that a net owns cannot be composed, and the net still works. */
	relu = lam_relu();
	lam_net *net = lam_net_create(relu, LAM_SHAPE(3));
	require(net != NULL, "%s", lam_error());
	refuses(relu, LAM_SHAPE(3),
		"lam_net_create: the model (relu) is already part of another composition or net");
	refuses(lam_sequential(conv(), relu), LAM_SHAPE(3),
		"sequential: layer 1 (relu) is already part of another composition or net");
	lam_layer_free(relu); /* the caller does not own it any more: this does nothing */
	const lam_real x[3] = {-1, 2, 3};
	lam_real y[3];
	check_ok(lam_net_predict(net, x, 1, y));
	check(y[0] == 0 && y[1] == 2 && y[2] == 3);
	lam_net_free(net);
}

static void refuses_shapes_that_do_not_fit(void)
{
	refuses(lam_sequential(conv(), conv(), conv(), conv()), IMAGE,
		"conv2d \"3\": kernel 3x3 is larger than the padded input 2x2");
	refuses(lam_sequential(
			conv(), lam_sequential(lam_relu(), lam_conv2d(.out = 4, .kernel = {7}))),
		IMAGE, "conv2d \"1.1\": kernel 7x7 is larger than the padded input 6x6");
	refuses(lam_sequential(lam_conv2d(.out = 2, .kernel = {9}, .name = "first")), IMAGE,
		"conv2d \"first\": kernel 9x9 is larger than the padded input 8x8");
	refuses(lam_sequential(conv(), lam_conv2d(.out = 3, .kernel = {1}, .groups = 3)), IMAGE,
		"conv2d \"1\": groups 3 do not divide 2 input channels");
	refuses(lam_sequential(lam_flatten(), conv()), IMAGE,
		"conv2d \"1\": an input of rank 1 (64): conv2d takes CxHxW");
	refuses(lam_sequential(lam_residual(conv())), IMAGE,
		"residual \"0\": the body makes 2x6x6 and the input is 1x8x8; expected equal "
		"shapes");
	refuses(lam_sequential(lam_residual(conv(), .shortcut = lam_flatten())), IMAGE,
		"residual \"0\": the body makes 2x6x6 and the shortcut makes 64; expected equal "
		"shapes");
	refuses(lam_sequential(lam_flatten(), lam_affine(.out = 2, .name = "same"),
			lam_affine(.out = 2, .name = "same")),
		IMAGE,
		"two parameters are named \"same.bias\"; expected layers of different names");
	refuses(lam_relu(), lam_shape_of(0, 0, 0, 0, 0),
		"the input shape is (no shape); expected 1 to 4 dimensions of at least 1, not too "
		"large");
	refuses(lam_relu(), LAM_SHAPE(1, 2, 3, 4, 5),
		"the input shape is (no shape); expected 1 to 4 dimensions of at least 1, not too "
		"large");
	refuses(lam_relu(), LAM_SHAPE(3, -4),
		"the input shape is 3x-4; expected 1 to 4 dimensions of at least 1, not too large");
}

static void refuses_losses_in_the_middle(void)
{
	refuses(lam_sequential(lam_affine(.out = 3), lam_mean_squared_error(), lam_relu()),
		LAM_SHAPE(4),
		"relu \"2\" stands behind the loss mean_squared_error \"1\"; expected the loss to "
		"be the last layer");
	refuses(lam_sequential(
			lam_sequential(lam_softmax_cross_entropy()), lam_softmax_cross_entropy()),
		LAM_SHAPE(4),
		"softmax_cross_entropy \"1\" stands behind the loss softmax_cross_entropy \"0.0\"; "
		"expected the loss to be the last layer");
	refuses(lam_residual(lam_mean_squared_error()), LAM_SHAPE(4),
		"add \"add\" stands behind the loss mean_squared_error \"body\"; expected the loss "
		"to be the last layer");
}

/* Sizes that overflow are refused before memory is allocated. */
static void refuses_sizes_that_overflow(void)
{
	const int64_t huge = (int64_t)1 << 40;
	refuses(lam_relu(), LAM_SHAPE(huge, huge),
		"the input shape is 1099511627776x1099511627776; expected 1 to 4 dimensions of at "
		"least 1, not too large");
	refuses(lam_affine(.out = 1 << 30), LAM_SHAPE(huge),
		"affine: a weight of 1073741824x1099511627776 has too many values");
	refuses(lam_sequential(lam_zero_pad2d(.pad = {INT_MAX, INT_MAX, INT_MAX, INT_MAX})), IMAGE,
		"zero_pad2d \"0\": an output of 1x4294967302x4294967302 has too many values");
	refuses(lam_sequential(
			lam_transposed_conv2d(.out = INT_MAX, .kernel = {1}, .stride = {INT_MAX})),
		IMAGE,
		"transposed_conv2d \"0\": an output of 2147483647x15032385530x15032385530 has too "
		"many values");
}

static void refuses_senseless_nets(void)
{
	check(!lam_net_create(lam_relu(), LAM_SHAPE(3), .max_batch = -1));
	check(strcmp(lam_error(), "lam_net_create: .max_batch is -1; expected 1 to 16777216") == 0,
		"%s", lam_error());
	check(!lam_net_create(lam_relu(), LAM_SHAPE(3), .threads = -1));
	check(strcmp(lam_error(), "lam_net_create: .threads is -1; expected 1 to 1024") == 0, "%s",
		lam_error());
	lam_net *net = lam_net_create(lam_relu(), LAM_SHAPE(3), .threads = 1);
	require(net != NULL, "%s", lam_error());
	check(!lam_net_replica(net, .max_batch = -3));
	check(strcmp(lam_error(), "lam_net_replica: .max_batch is -3; expected 1 to 16777216") == 0,
		"%s", lam_error());
	lam_net_free(net);
	const lam_shape three = LAM_SHAPE(3);
	check_fails(lam_gradcheck(lam_relu(), three, .batch = 1 << 30), LAM_ERR_ARGUMENT,
		"lam_gradcheck: .batch is 1073741824; expected 1 to 16777216");
	check_fails(lam_gradcheck(lam_relu(), three, .tolerance = -1), LAM_ERR_ARGUMENT,
		"lam_gradcheck: .tolerance is -1; expected above 0");
	check_fails(lam_gradcheck(lam_relu(), three, .step = (lam_real)NAN), LAM_ERR_ARGUMENT,
		"lam_gradcheck: .step is nan; expected above 0");
	check_fails(lam_gradcheck(lam_relu(), three, .most = -4), LAM_ERR_ARGUMENT,
		"lam_gradcheck: .most is -4; expected at least 1");
	check(!lam_net_create(lam_relu(), LAM_SHAPE(3), .inference = true, .input_grad = true));
	check(strcmp(lam_error(),
		      "lam_net_create: .input_grad in a net for .inference, which has no gradients")
			== 0,
		"%s", lam_error());
}

/* With options of a wrong size, the layers within that size are freed, and counted here. ASan finds
 * leaks. */
static int destroyed;

static void count_destroyed(lam_layer *self)
{
	(void)self;
	destroyed++;
}

static lam_status do_nothing(const lam_layer *self, const lam_pass *pass)
{
	(void)self, (void)pass;
	return LAM_OK;
}

static lam_layer *counted(void)
{
	static const lam_layer_class layer_class = {LAM_LAYER_ABI, .kind = "counted",
		.forward = do_nothing, .destroy = count_destroyed};
	destroyed = 0;
	return lam_layer_new(&layer_class, NULL);
}

static void consumes_what_the_size_reaches(void)
{
	lam_layer *layer = counted(), *list[] = {layer, layer};
	check(!lam_net_create_with(
		      &(lam_net_options){.size = sizeof(lam_net_options) + 8, .model = layer})
			&& destroyed == 1,
		"%d", destroyed);
	layer = counted();
	check(!lam_net_create_with(&(lam_net_options){.model = layer}) && destroyed == 0, "%d",
		destroyed);
	check_fails(lam_gradcheck_with(&(lam_gradcheck_options){
			    .size = offsetof(lam_gradcheck_options, shape), .layer = layer}),
		LAM_ERR_ARGUMENT, "lam_gradcheck: options of 24 bytes");
	check(destroyed == 1, "%d", destroyed);
	list[0] = list[1] = counted();
	check(!lam_sequential_new(&(lam_sequential_options){.layers = list, .count = 2})
			&& destroyed == 0,
		"%d", destroyed);
	check(!lam_sequential_new(&(lam_sequential_options){
		      .size = sizeof(lam_sequential_options) + 8, .layers = list, .count = 2})
			&& destroyed == 1,
		"%d", destroyed);
	layer = counted();
	check(!lam_residual_new(&(lam_residual_options){
		      .size = offsetof(lam_residual_options, shortcut), .body = layer})
			&& destroyed == 1,
		"%d", destroyed);
	layer = counted();
	check(!lam_residual_new(
		      &(lam_residual_options){.size = 1000, .body = layer, .shortcut = layer})
			&& destroyed == 1,
		"%d", destroyed);
	check(strncmp(lam_error(), "residual: options of 1000 bytes", 31) == 0, "%s", lam_error());
}

/* The name of a layer's parameter or state in the next test. */
static const char *given_name;
static bool names_a_state;

static lam_status plan_one(const lam_layer *self, const lam_shape *in, lam_plan *plan)
{
	(void)self, (void)in;
	if (names_a_state)
		lam_plan_state(plan, given_name, LAM_SHAPE(1), 0);
	else
		lam_plan_param(
			plan, given_name, LAM_SHAPE(1), (lam_param_options){.init = LAM_INIT_ONE});
	return LAM_OK;
}

static lam_net *net_that_names(const char *name, bool state, bool alone)
{
	static const lam_layer_class layer_class = {
		LAM_LAYER_ABI, .kind = "named", .plan = plan_one, .forward = do_nothing};
	lam_layer *layer = lam_layer_new(&layer_class, NULL);
	given_name = name;
	names_a_state = state;
	return lam_net_create(alone ? layer : lam_sequential(layer), LAM_SHAPE(3), .max_batch = 1,
		.inference = true);
}

/* Names that could not be saved and loaded are refused when the net is made. */
static void refuses_names_that_cannot_be_saved(void)
{
	static const char *const bad[] = {"", "../x", "a\nb", "a b", "a/b", "x:y", "\xc3\xa4", ".",
		".a", "a.", "a..b",
		"a2345678901234567890123456789012345678901234567890123456789012345"};
	static const char *const reserved[] = {"architecture", "format", "build"};
	static const char *const good[] = {"weight", "weight_ih_l0", "out_proj.weight", "formats",
		"a234567890123456789012345678901234567890123456789012345678901234"};
	for (int state = 0; state < 2; state++) {
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
			check(!net_that_names(bad[i], state, false)
					&& lam_error_status() == LAM_ERR_ARGUMENT,
				"\"%s\" is taken", bad[i]);
			check(strstr(lam_error(), "named \"0\": a parameter is named \"")
					&& strstr(lam_error(), "\"; expected 1 to 64 characters")
					&& !strchr(lam_error(), '\n'),
				"%s", lam_error());
		}
		check(!net_that_names(NULL, state, false)
				&& strstr(lam_error(),
					"named \"0\": the name of a parameter is NULL"),
			"%s", lam_error());
		for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
			check(!net_that_names(reserved[i], state, true)
					&& strstr(lam_error(), "as an entry of the file's own"),
				"%s", lam_error());
			lam_net *net = net_that_names(reserved[i], state, false);
			check(net != NULL, "%s", lam_error());
			lam_net_free(net);
		}
		for (size_t i = 0; i < sizeof good / sizeof *good; i++)
			for (int alone = 0; alone < 2; alone++) {
				lam_net *net = net_that_names(good[i], state, alone);
				check(net != NULL, "%s", lam_error());
				lam_net_free(net);
			}
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(keeps_the_first_sentence),
		TEST(refuses_what_is_missing),
		TEST(refuses_a_layer_twice),
		TEST(refuses_shapes_that_do_not_fit),
		TEST(refuses_losses_in_the_middle),
		TEST(refuses_sizes_that_overflow),
		TEST(refuses_senseless_nets),
		TEST(consumes_what_the_size_reaches),
		TEST(refuses_names_that_cannot_be_saved),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
