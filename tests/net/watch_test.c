/* SPDX-License-Identifier: MIT */
/* Watched values (.watch, lam_net_value): they are what the layers give, bit for bit, and watching
 * changes nothing else. */
#include "tests/kit.h"

#include <lamina.h>

enum { SIDE = 7, IN = 3 * SIDE * SIDE, CLASSES = 5, MOST = 19, LAYERS = 11 };
enum { VALUES = MOST * 24 * SIDE * SIDE };

static const char *const paths[] = {
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "head", "10", NULL};

static lam_real x[MOST * IN];
static int32_t classes[MOST];

static void make_data(void)
{
	for (int i = 0; i < MOST * IN; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (int i = 0; i < MOST; i++)
		classes[i] = i * 3 % CLASSES;
}

/* The first `count` layers of a net that works in place, absorbs, hands on and joins. */
static lam_layer *model(int count)
{
	lam_layer *layers[] = {
		lam_reshape(.shape = LAM_SHAPE(3, SIDE, SIDE)),
		lam_conv2d(.out = 19, .kernel = {3}, .pad = {1}),
		lam_relu(),
		lam_residual(lam_sequential(
			lam_conv2d(.out = 19, .kernel = {3}, .pad = {1}), lam_tanh())),
		lam_concat(lam_identity(), lam_conv2d(.out = 5, .kernel = {1})),
		lam_batch_norm(),
		lam_sigmoid(),
		lam_max_pool2d(.kernel = {2}),
		lam_flatten(),
		lam_affine(.out = CLASSES, .name = "head"),
		lam_softmax_cross_entropy(),
	};
	for (int i = count; i < LAYERS; i++)
		lam_layer_free(layers[i]);
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
}

struct kind {
	const char *name;
	lam_net_options options;
	int n;
};

static const struct kind kinds[] = {
	{"training", {.max_batch = MOST, .seed = 3}, 17},
	{"inference", {.max_batch = MOST, .inference = true}, MOST},
	{"few samples", {.max_batch = 3, .inference = true}, 3},
};

static lam_net *make(const struct kind *kind, int layers, int threads, const char *const *watch)
{
	lam_net_options options = kind->options;
	options.size = sizeof options;
	options.model = model(layers);
	options.shape = LAM_SHAPE(IN);
	options.threads = threads;
	options.watch = watch;
	return lam_net_create_with(&options);
}

/* Gives `to` the parameters and states of the same names. */
static void copy_params(lam_net *to, lam_net *from)
{
	for (int i = 0; i < lam_net_param_count(to) + lam_net_state_count(to); i++) {
		const int k = i - lam_net_param_count(to);
		lam_param *param = k < 0 ? lam_net_param(to, i) : lam_net_state(to, k);
		const lam_shape shape = lam_param_shape(param);
		memcpy(lam_param_edit(param),
			lam_param_value(lam_net_find(from, lam_param_name(param))),
			(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
}

/* Compares the value of a path with the output of the net of the first layers alone. */
static void check_prefix(lam_net *net, const struct kind *kind, int layers, int threads)
{
	lam_shape shape;
	const lam_real *value = lam_net_value(net, paths[layers - 1], &shape);
	lam_net *prefix = make(kind, layers, threads, NULL);
	require(value && prefix, "%s", lam_error());
	copy_params(prefix, net);
	static lam_real y[VALUES];
	check_ok(lam_net_predict(prefix, x, kind->n, y));
	const lam_shape expected = lam_net_output_shape(prefix);
	check(lam_shape_equal(&shape, &expected), "\"%s\" is %s", paths[layers - 1],
		lam_shape_text(shape).text);
	check(!memcmp(value, y, (size_t)(kind->n * lam_shape_count(&shape)) * sizeof *y),
		"\"%s\" with %d threads", paths[layers - 1], threads);
	check(lam_net_value(net, paths[layers - 1], NULL) == value);
	lam_net_free(prefix);
}

static void values_are_what_layers_give(void)
{
	static const int threads[] = {1, 2, 3, 8};
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.05);
	make_data();
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
			test_begin("%s, %d threads", kinds[k].name, threads[t]);
			lam_net *net = make(&kinds[k], LAYERS, threads[t], paths);
			require(net != NULL, "%s", lam_error());
			for (int round = 0; round < 2; round++) {
				check_ok(lam_net_forward(
					net, LAM_EVAL, x, (const int32_t *)classes, kinds[k].n));
				for (int layers = 1; layers <= LAYERS; layers++)
					check_prefix(net, &kinds[k], layers, threads[t]);
				if (kinds[k].options.inference)
					break;
				check_ok(lam_net_step(
					net, &sgd, x, (const int32_t *)classes, kinds[k].n));
			}
			lam_net_free(net);
		}
}

/* Everything that training leaves behind: parameters, statistics, predictions. */
static bool same_net(lam_net *a, lam_net *b)
{
	static lam_real ya[MOST * CLASSES], yb[MOST * CLASSES];
	bool same = true;
	for (int i = 0; i < lam_net_param_count(a) + lam_net_state_count(a); i++) {
		const int k = i - lam_net_param_count(a);
		const lam_param *p = k < 0 ? lam_net_param(a, i) : lam_net_state(a, k),
				*q = k < 0 ? lam_net_param(b, i) : lam_net_state(b, k);
		const lam_shape shape = lam_param_shape(p);
		same = same
			&& !memcmp(lam_param_value(p), lam_param_value(q),
				(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
	same = check_ok(lam_net_predict(a, x, MOST, ya)) && same;
	same = check_ok(lam_net_predict(b, x, MOST, yb)) && same;
	return same && !memcmp(ya, yb, sizeof ya);
}

static lam_layer *random_model(void)
{
	return lam_sequential(lam_reshape(.shape = LAM_SHAPE(3, SIDE, SIDE)),
		lam_conv2d(.out = 6, .kernel = {3}), lam_relu(), lam_dropout(.p = 0.3f),
		lam_residual(lam_sequential(lam_dropout(.p = 0.5f),
			lam_conv2d(.out = 6, .kernel = {3}, .pad = {1}), lam_batch_norm())),
		lam_flatten(), lam_affine(.out = CLASSES), lam_softmax_cross_entropy());
}

/* Steps that draw dropout, and predictions, with and without watching all layers. */
static void watching_changes_no_bits(void)
{
	static const char *const all[] = {
		"0", "1", "2", "3", "4", "4.body", "4.body.0", "4.body.1", "5", "6", "7", NULL};
	const lam_optimizer adam = lam_adam(.lr = (lam_real)0.01);
	make_data();
	for (int threads = 1; threads <= 3; threads++) {
		lam_net *net = lam_net_create(random_model(), LAM_SHAPE(IN), .max_batch = MOST,
			.seed = 2, .threads = threads);
		lam_net *watched = lam_net_create(random_model(), LAM_SHAPE(IN), .max_batch = MOST,
			.seed = 2, .threads = threads, .watch = all);
		require(net && watched, "%s", lam_error());
		for (int step = 0; step < 4; step++) {
			check_ok(lam_net_step_classes(net, &adam, x, classes, MOST - step));
			check_ok(lam_net_step_classes(watched, &adam, x, classes, MOST - step));
		}
		check(same_net(net, watched));
		lam_net_free(net);
		lam_net_free(watched);
	}
}

/* In place, dropout writes over the input that is watched: the value is still what was read. */
static void nothing_writes_over_a_value(void)
{
	static const char *const two[] = {"1", "2", NULL};
	make_data();
	lam_net *net = lam_net_create(
		lam_sequential(lam_affine(.out = 8), lam_tanh(), lam_dropout(.p = 0.5f),
			lam_affine(.out = CLASSES), lam_softmax_cross_entropy()),
		LAM_SHAPE(IN), .max_batch = MOST, .watch = two);
	require(net != NULL, "%s", lam_error());
	check_ok(lam_net_forward_classes(net, LAM_TRAIN, x, classes, MOST));
	check_ok(lam_net_backward(net));
	lam_real before[MOST * 8];
	const lam_real *value = lam_net_value(net, "1", NULL);
	require(value != NULL, "%s", lam_error());
	memcpy(before, value, sizeof before);
	const lam_real *after = lam_net_value(net, "2", NULL);
	int dropped = 0;
	for (int i = 0; i < MOST * 8; i++) {
		dropped += after[i] == 0;
		check(after[i] == 0 || after[i] == 2 * before[i], "value %d", i);
	}
	check(dropped > MOST && dropped < 7 * MOST, "%d", dropped);
	lam_net_free(net);
}

/* The bytes are those of the rows and of what is kept; nothing is allocated later. */
static long long allocations;

static void *count_allocation(void *data, size_t align, size_t bytes)
{
	allocations++;
	return kit_allocate(data, align, bytes);
}

static void memory_is_planned(void)
{
	static const char *const watch[] = {"1", "3", NULL};
	lam_net_memory plain, memory;
	make_data();
	lam_set_allocator(&(lam_allocator){count_allocation, kit_release, NULL});
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		test_begin("%s", kinds[k].name);
		lam_net *without = make(&kinds[k], LAYERS, 2, NULL),
			*net = make(&kinds[k], LAYERS, 2, watch);
		require(net && without, "%s", lam_error());
		lam_net_memory_of(without, &plain, sizeof plain);
		lam_net_memory_of(net, &memory, sizeof memory);
		const int64_t row = 19 * SIDE * SIDE * (int64_t)sizeof(lam_real);
		const int64_t rows = 2 * ((kinds[k].options.max_batch * row + 63) / 64 * 64);
		check(memory.buffers - plain.buffers == rows, "%lld, not %lld",
			(long long)(memory.buffers - plain.buffers), (long long)rows);
		check(memory.activations > plain.activations || !kinds[k].options.inference);
		check(memory.total - plain.total
			== memory.buffers - plain.buffers + memory.activations - plain.activations);
		check_ok(lam_net_prepare(net, NULL));
		const long long before = allocations;
		check_ok(lam_net_forward_classes(net, LAM_EVAL, x, classes, kinds[k].n));
		check(lam_net_value(net, "3", NULL) && lam_net_value(net, "1", NULL));
		check(allocations == before, "%lld allocations", allocations - before);
		lam_net_free(net);
		lam_net_free(without);
		struct kind limited = kinds[k];
		limited.options.memory_limit = (size_t)memory.total;
		net = make(&limited, LAYERS, 2, watch);
		check(net != NULL, "%s", lam_error());
		lam_net_free(net);
		limited.options.memory_limit--;
		check(!make(&limited, LAYERS, 2, watch)
			&& strstr(lam_error(), ".memory_limit allows"));
	}
	lam_set_allocator(&(lam_allocator){kit_allocate, kit_release, NULL});
}

static void paths_of_containers(void)
{
	static const char *const watch[] = {
		"3", "3.body", "3.body.0", "3.body.1", "4", "4.0", "4.1", "", NULL};
	const struct kind few = kinds[2];
	make_data();
	lam_net *net = make(&few, LAYERS, 1, watch), *last = make(&few, 4, 1, NULL);
	require(net && last, "%s", lam_error());
	copy_params(last, net);
	check_ok(lam_net_forward_classes(net, LAM_EVAL, x, classes, few.n));
	static lam_real y[VALUES];
	check_ok(lam_net_predict(last, x, few.n, y));
	lam_shape shape;
	const lam_real *block = lam_net_value(net, "3", &shape);
	const size_t bytes = (size_t)(few.n * lam_shape_count(&shape)) * sizeof *y;
	check(block && !memcmp(block, y, bytes));
	const lam_real *body = lam_net_value(net, "3.body", NULL);
	check(body && memcmp(body, y, bytes) != 0);
	check(body && !memcmp(body, lam_net_value(net, "3.body.1", NULL), bytes));
	const lam_real *identity = lam_net_value(net, "4.0", NULL);
	check(identity && !memcmp(identity, y, bytes));
	check(lam_net_value(net, "4", &shape) && shape.dim[0] == 24);
	check(lam_net_value(net, "4.1", &shape) && shape.dim[0] == 5);
	const lam_real *all = lam_net_value(net, "", &shape);
	check(all && shape.dim[0] == CLASSES
		&& !memcmp(all, lam_net_output(net), (size_t)few.n * CLASSES * sizeof *all));
	lam_net_free(net);
	lam_net_free(last);
}

/* A value that is the caller's input in another shape does not change with the caller's memory. */
static void values_of_the_input_are_copies(void)
{
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		test_begin("%s", kinds[k].name);
		make_data();
		static lam_real before[MOST * IN];
		memcpy(before, x, sizeof x);
		lam_net *net = make(&kinds[k], LAYERS, 1, paths);
		require(net != NULL, "%s", lam_error());
		check_ok(lam_net_forward_classes(net, LAM_EVAL, x, classes, kinds[k].n));
		memset(x, 0, sizeof x);
		const lam_real *value = lam_net_value(net, "0", NULL);
		check(value && !memcmp(value, before, (size_t)(kinds[k].n * IN) * sizeof *x));
		lam_net_free(net);
	}
}

static lam_layer *far_model(void)
{
	return lam_sequential(lam_conv2d(.out = 242, .kernel = {1}),
		lam_conv2d(.out = 242, .kernel = {1}, .pad = {1, 5}, .groups = 242),
		lam_batch_norm(), lam_conv2d(.out = 78, .kernel = {1}),
		lam_conv2d(.out = 78, .kernel = {5, 3}, .stride = {3, 1}, .pad = {3, LAM_ZERO},
			.dilation = {2, 1}, .groups = 78),
		lam_batch_norm(), lam_layer_scale(.factor = 0.9f),
		lam_conv2d(.out = 78, .kernel = {1}));
}

/* Of values that no cache holds the plan counts the moving. A batch norm whose input is watched
 * moves them, but must not choose the layout. */
static void watching_chooses_no_layout(void)
{
	enum { ROOM = 20, IN = 2 * 3 * 55 };
	static lam_real rows[ROOM * IN];
	static const char *const names[] = {"0", "1", "2", "4", "5", "6"};
	for (int i = 0; i < ROOM * IN; i++)
		rows[i] = (lam_real)(i * 79 % 1013) / 1000 - (lam_real)0.25;
	lam_real *y[2] = {NULL, NULL};
	for (size_t w = 0; w <= sizeof names / sizeof *names; w++) {
		const char *const watch[] = {w ? names[w - 1] : NULL, NULL};
		test_begin("watching %s", w ? watch[0] : "nothing");
		lam_net *net = lam_net_create(far_model(), LAM_SHAPE(2, 3, 55), .max_batch = ROOM,
			.inference = true, .seed = 5, .watch = w ? watch : NULL);
		require(net != NULL, "%s", lam_error());
		const lam_shape out = lam_net_output_shape(net);
		const size_t bytes = (size_t)(ROOM * lam_shape_count(&out)) * sizeof(lam_real);
		lam_real *to = y[w > 0] = y[w > 0] ? y[w > 0] : malloc(bytes);
		require(to != NULL);
		check_ok(lam_net_predict(net, rows, ROOM, to));
		check(!memcmp(to, y[0], bytes), "other bits");
		lam_net_free(net);
	}
	free(y[0]);
	free(y[1]);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(values_are_what_layers_give),
		TEST(watching_changes_no_bits),
		TEST(watching_chooses_no_layout),
		TEST(nothing_writes_over_a_value),
		TEST(memory_is_planned),
		TEST(paths_of_containers),
		TEST(values_of_the_input_are_copies),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
