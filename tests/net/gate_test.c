/* SPDX-License-Identifier: MIT */
/* A batch norm that computes what follows it in training, an addition and a ReLU, and the ReLU's
 * backward, gives the bits that the layers give where they stand: losses, gradients, parameters,
 * statistics, predictions. */
#include "tests/kit.h"
#include "tests/net/summary_text.h"

#include <lamina.h>

enum { MOST = 35, NETS = 150, CLASSES = 5, LONGEST = 1 << 15, STEPS = 4 };

static uint64_t state;

/* A number from 0 to `count` - 1. */
static int draw(int count)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (int)((state >> 33) % (uint64_t)count);
}

static lam_layer *sequence(lam_layer **layers, int count)
{
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
}

static lam_layer *host(int out)
{
	if (draw(3))
		return lam_conv2d(.out = out, .kernel = {3}, .pad = {1}, .no_bias = draw(2));
	return lam_conv2d(.out = out, .kernel = {1});
}

/* A batch norm and what may follow it, in front of a convolution, behind one, or alone. */
static lam_layer *chain(int out, bool ends)
{
	lam_layer *layers[5];
	int count = 0;
	if (!draw(4)) {
		layers[count++] = lam_batch_norm();
		if (draw(3))
			layers[count++] = lam_relu();
	}
	layers[count++] = host(out);
	if (draw(6))
		layers[count++] = lam_batch_norm();
	if (ends && draw(4))
		layers[count++] = draw(5) ? lam_relu() : lam_silu();
	return sequence(layers, count);
}

static lam_layer *block(int in, int out)
{
	lam_layer *sum;
	switch (draw(in == out ? 6 : 3)) {
	case 0:
		return chain(out, true);
	case 1:
		sum = lam_residual(chain(out, false), .shortcut = chain(out, false));
		break;
	case 2: /* the sum is the batch norm's only reader, and not the last one */
		sum = lam_residual(chain(out, true),
			.shortcut = lam_residual(chain(out, false), .shortcut = chain(out, false)));
		break;
	case 3: /* the identity is added to the batch norm of itself */
		sum = lam_residual(lam_batch_norm());
		break;
	default:
		sum = lam_residual(chain(out, draw(4) == 0));
	}
	return draw(4) ? lam_sequential(sum, lam_relu()) : sum;
}

/* The same net for the same `seed`. */
static lam_layer *model(uint64_t seed, int in)
{
	static const int widths[] = {1, 3, 8, 16, 17, 20, 33};
	state = seed;
	const int a = widths[draw(7)], b = widths[draw(7)];
	lam_layer *layers[10] = {block(in, a), block(a, a), block(a, b), block(b, b)};
	int count = 4;
	if (draw(3) == 0)
		layers[count++] = lam_max_pool2d(.kernel = {2}, .stride = {1}, .pad = {1});
	layers[count++] = draw(2) ? lam_global_avg_pool() : lam_flatten();
	layers[count++] = lam_affine(.out = CLASSES);
	layers[count++] = lam_batch_norm();
	if (draw(2))
		layers[count++] = lam_relu();
	layers[count++] = lam_softmax_cross_entropy();
	return sequence(layers, count);
}

/* The paths of all layers but sums and the loss. Watching them keeps every value. */
struct paths {
	char text[100][60];
	const char *list[101];
};

static void list_paths(const lam_net *net, struct paths *paths)
{
	static char summary[LONGEST];
	read_summary(net, summary, sizeof summary);
	int count = 0;
	for (char *line = strtok(summary, "\n"); line && count < 100; line = strtok(NULL, "\n")) {
		char kind[40], *path = paths->text[count];
		if (sscanf(line, "%59s %39s", path, kind) != 2 || *path < '0' || *path > '9'
			|| strstr(line, "parameters;") || !strcmp(kind, "relayout")
			|| strstr(path, ".add") || strstr(kind, "cross_entropy"))
			continue;
		paths->list[count++] = path;
	}
	paths->list[count] = NULL;
}

/* How many ReLUs' backward the profiled runs of a net called. */
static int count_backward(const lam_net *net)
{
	static lam_profile_row rows[400];
	const int all = lam_net_profile_rows(net, rows, 400, sizeof *rows);
	int count = 0;
	for (int i = 0; i < all && i < 400; i++)
		count += !strcmp(rows[i].kind, "relu") && rows[i].job == LAM_PROFILE_BACKWARD;
	return count;
}

static bool same(const lam_real *a, const lam_real *b, int64_t count)
{
	return a && b ? !memcmp(a, b, (size_t)count * sizeof *a) : a == b;
}

static void compare(lam_net *one, lam_net *other, const char *when)
{
	const int params = lam_net_param_count(one), all = params + lam_net_state_count(one);
	for (int i = 0; i < all; i++) {
		lam_param *p = i < params ? lam_net_param(one, i) : lam_net_state(one, i - params),
			  *q = i < params ? lam_net_param(other, i)
					  : lam_net_state(other, i - params);
		const lam_shape shape = lam_param_shape(p);
		const int64_t count = lam_shape_count(&shape);
		check(same(lam_param_value(p), lam_param_value(q), count), "%s: %s", when,
			lam_param_name(p));
		check(i >= params || !lam_param_trainable(p)
				|| same(lam_param_grad(p), lam_param_grad(q), count),
			"%s: the gradient of %s", when, lam_param_name(p));
	}
}

/* Freezes some parameters of both nets, or none. */
static void freeze(lam_net *net, uint64_t seed, int step)
{
	state = seed * 31 + (uint64_t)step;
	const int share = step % 2 ? 2 : 0;
	for (int i = 0; i < lam_net_param_count(net); i++)
		lam_param_set_trainable(lam_net_param(net, i), !share || draw(share));
	lam_param_set_trainable(lam_net_param(net, lam_net_param_count(net) - 1), true);
}

struct pair {
	lam_net *net, *other;
	int64_t n, values;
	const lam_real *x;
	const int32_t *classes;
};

static void train(const struct pair *p, uint64_t seed)
{
	const lam_optimizer sgd = lam_sgd(.lr = (lam_real)0.1, .momentum = (lam_real)0.9);
	static lam_real y[2][MOST * CLASSES];
	char when[40];
	for (int step = 0; step < STEPS; step++) {
		snprintf(when, sizeof when, "step %d", step);
		freeze(p->net, seed, step);
		freeze(p->other, seed, step);
		check_ok(lam_net_step(p->net, &sgd, p->x, p->classes, p->n));
		check_ok(lam_net_step(p->other, &sgd, p->x, p->classes, p->n));
		compare(p->net, p->other, when);
		check_ok(lam_net_predict(p->net, p->x, p->n, y[0]));
		check_ok(lam_net_predict(p->other, p->x, p->n, y[1]));
		check(same(y[0], y[1], p->n * CLASSES), "prediction %d", step);
	}
}

/* Forward and backward by themselves, and in evaluation. */
static void run_apart(const struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		const lam_mode mode = i ? LAM_EVAL : LAM_TRAIN;
		const char *const when = i ? "evaluation" : "apart";
		lam_net *const nets[] = {p->net, p->other};
		for (int k = 0; k < 2; k++) {
			check_ok(lam_net_forward(nets[k], mode, p->x, p->classes, p->n));
			check_ok(lam_net_backward(nets[k]));
		}
		compare(p->net, p->other, when);
		check(same(lam_net_input_grad(p->net), lam_net_input_grad(p->other),
			      p->n * p->values),
			"%s: the gradient of the input", when);
	}
}

static void gives_the_same_bits(void)
{
	static const int batches[] = {2, 5, 15, 16, 19, MOST};
	static lam_real x[MOST * 17 * 9 * 9];
	static int32_t classes[MOST];
	static struct paths paths;
	int left = 0, kept = 0;
	for (int i = 0; i < MOST * 17 * 9 * 9; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (int i = 0; i < MOST; i++)
		classes[i] = i * 7 % CLASSES;
	for (uint64_t seed = 1; seed <= NETS; seed++) {
		const int n = batches[seed % 6], side = (int)(1 + seed % 9);
		const lam_shape in = LAM_SHAPE(seed % 2 ? 3 : 17, side, side);
		test_begin("net %d, %d samples", (int)seed, n);
		struct pair p = {
			.n = n, .values = lam_shape_count(&in), .x = x, .classes = classes};
		p.net = lam_net_create(model(seed, (int)in.dim[0]), in, .max_batch = n,
			.threads = 1 + (int)(seed % 3), .input_grad = seed % 3 == 0, .seed = seed);
		require(p.net != NULL, "%s", lam_error());
		list_paths(p.net, &paths);
		p.other = lam_net_create(model(seed, (int)in.dim[0]), in, .max_batch = n,
			.threads = 1, .input_grad = seed % 3 == 0, .seed = seed,
			.watch = paths.list);
		require(p.other != NULL, "%s", lam_error());
		check_ok(lam_net_profile_start(p.net));
		check_ok(lam_net_profile_start(p.other));
		train(&p, seed);
		left += count_backward(p.net);
		kept += count_backward(p.other);
		run_apart(&p);
		lam_net_free(p.net);
		lam_net_free(p.other);
	}
	test_begin("the backward of ReLUs is computed by batch norms");
	check(left < kept - 2 * NETS, "%d of %d remain", left, kept);
}

/* A value that is added, and read again by a layer behind the sum: the sum's backward copies its
 * gradient, so the ReLU behind it must have been there. */
static lam_layer *graph(void)
{
	lam_graph *g = lam_graph_new();
	const lam_value x = lam_graph_input(g, "x", LAM_SHAPE(3, 6, 6)),
			a = lam_apply(g, lam_sequential(host(12), lam_batch_norm(), lam_relu()), x),
			b = lam_apply(g, lam_sequential(host(12), lam_batch_norm()), x),
			sum = lam_apply(g, lam_sequential(lam_relu(), host(7)),
				lam_apply(g, lam_add(), a, b)),
			more = lam_apply(g, lam_sequential(host(7), lam_batch_norm()), a),
			all = lam_apply(g, lam_relu(), lam_apply(g, lam_add(), sum, more));
	lam_graph_loss(g, lam_softmax_cross_entropy(),
		lam_apply(g, lam_sequential(lam_flatten(), lam_affine(.out = CLASSES)), all));
	return lam_graph_done(g);
}

static void heeds_other_readers(void)
{
	static lam_real x[MOST * 108];
	static int32_t classes[MOST];
	static struct paths paths;
	for (int i = 0; i < MOST * 108; i++)
		x[i] = (lam_real)((i * 7919) % 1013) / 1013 - (lam_real)0.4;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct pair p = {
			.n = seed % 2 ? 5 : MOST, .values = 108, .x = x, .classes = classes};
		test_begin("graph %d", (int)seed);
		state = seed;
		p.net = lam_net_create(graph(), .max_batch = p.n, .input_grad = true, .seed = seed);
		require(p.net != NULL, "%s", lam_error());
		list_paths(p.net, &paths);
		state = seed;
		p.other = lam_net_create(graph(), .max_batch = p.n, .input_grad = true,
			.seed = seed, .watch = paths.list);
		require(p.other != NULL, "%s", lam_error());
		train(&p, seed);
		run_apart(&p);
		lam_net_free(p.net);
		lam_net_free(p.other);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(gives_the_same_bits),
		TEST(heeds_other_readers),
	};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
