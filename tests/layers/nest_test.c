/* SPDX-License-Identifier: MIT */
/* Random nests of layers: a net of all layers must compute the same as the layers one by one, each
 * in a net of its own. The difference is the plan, so this tests the plan: the places and lifetimes
 * of activations, absorbed calls, and sums of gradients from several readers. */
#include "tests/battery/prove.h"

enum { CHILDREN = 5, BATCH = 20, MOST = 100000, GROWN = 600 };

enum kind { LEAF, SEQUENTIAL, RESIDUAL, CONCAT, ADD };

/* What a node must keep of its input's shape. */
enum keep { NOTHING, PLANES /* all but the first dimension */, SHAPE };

struct node {
	enum kind kind;
	const struct subject *leaf; /* LEAF: the layer's subject */
	lam_shape in, out;
	int children;
	struct node
		*child[CHILDREN]; /* residual: the body, and perhaps a shortcut; joins: branches */
	lam_net *net;             /* the net of a leaf */
	lam_real *y, *dx;         /* [BATCH][out], [BATCH][in] */
};

static lam_layer *build(const struct node *node)
{
	lam_layer *layers[CHILDREN];
	lam_shape out;
	for (int i = 0; i < node->children; i++)
		layers[i] = build(node->child[i]);
	if (node->kind == LEAF)
		return battery_ordinary(node->leaf, node->in, &out);
	if (node->kind == SEQUENTIAL)
		return lam_sequential_new(
			&(lam_sequential_options){.size = sizeof(lam_sequential_options),
				.layers = layers,
				.count = node->children});
	const lam_join_options join = {
		.size = sizeof join, .layers = layers, .count = node->children};
	if (node->kind == CONCAT || node->kind == ADD)
		return node->kind == ADD ? lam_add_new(&join) : lam_concat_new(&join);
	return node->children == 2 ? lam_residual(layers[0], .shortcut = layers[1])
				   : lam_residual(layers[0]);
}

static bool kept(lam_shape in, lam_shape out, enum keep keep)
{
	if (keep == PLANES && in.rank == out.rank)
		in.dim[0] = out.dim[0];
	return keep == NOTHING || lam_shape_equal(&in, &out);
}

/* Upsampling must not make nests too large. */
static bool grows(lam_shape in, lam_shape out)
{
	return lam_shape_count(&out) > lam_shape_count(&in) && lam_shape_count(&out) > GROWN;
}

/* Chooses a layer that accepts the node's input, but no loss, and none that draws random numbers.
 */
static void choose_leaf(struct node *node, struct dice *dice, enum keep keep)
{
	int subjects = 0;
	lam_layer *layer = NULL;
	while (battery_subject(subjects))
		subjects++;
	while (!layer) {
		node->leaf = battery_subject((int)dice_range(dice, 0, subjects - 1));
		if (!(node->leaf->traits & (SUBJECT_LOSS | SUBJECT_RANDOM)))
			layer = battery_ordinary(node->leaf, node->in, &node->out);
		if (layer && (!kept(node->in, node->out, keep) || grows(node->in, node->out))) {
			lam_layer_free(layer);
			layer = NULL;
		}
	}
	lam_layer_free(layer);
}

/* Chooses what a node with children is, and how many it has. */
static void choose_container(struct node *node, struct dice *dice, int depth, enum keep keep)
{
	const int64_t chosen = dice_range(dice, 0, 99);
	node->kind = depth == 4                ? SEQUENTIAL
		: chosen < 30                  ? RESIDUAL
		: chosen < 45                  ? ADD
		: chosen < 75 && keep != SHAPE ? CONCAT
					       : SEQUENTIAL;
	node->children = node->kind == RESIDUAL ? 1 + dice_chance(dice, 40)
		: node->kind == SEQUENTIAL      ? (int)dice_range(dice, 1, CHILDREN)
						: (int)dice_range(dice, 2, 3);
}

/* Makes a random nest. */
static struct node *grow(struct dice *dice, int depth, lam_shape in, enum keep keep)
{
	struct node *node = calloc(1, sizeof *node);
	if (!node)
		return NULL;
	node->in = node->out = in;
	if (depth == 0 || !dice_chance(dice, depth == 4 ? 100 : 45)) {
		choose_leaf(node, dice, keep);
		return node;
	}
	choose_container(node, dice, depth, keep);
	int64_t channels = 0;
	const enum keep within = node->kind == RESIDUAL || node->kind == ADD ? SHAPE
		: node->kind == CONCAT                                       ? PLANES
									     : keep;
	for (int i = 0; i < node->children; i++) {
		node->child[i] = grow(
			dice, depth - 1, node->kind == SEQUENTIAL ? node->out : in, within);
		if (!node->child[i])
			return NULL;
		node->out = node->child[i]->out;
		channels += node->out.dim[0];
	}
	if (node->kind == CONCAT)
		node->out.dim[0] = channels;
	return node;
}

static void cut(struct node *node)
{
	for (int i = 0; i < node->children; i++)
		cut(node->child[i]);
	lam_net_free(node->net);
	free(node->y);
	free(node->dx);
	free(node);
}

/* Makes every leaf's own net, with the parameters of the whole net, from parameter *param on. */
static bool plant(struct node *node, lam_net *whole, int *param)
{
	node->y = calloc((size_t)(BATCH * lam_shape_count(&node->out)), sizeof *node->y);
	node->dx = calloc((size_t)(BATCH * lam_shape_count(&node->in)), sizeof *node->dx);
	for (int i = 0; i < node->children; i++)
		if (!plant(node->child[i], whole, param))
			return false;
	if (!node->y || !node->dx || node->children)
		return node->y && node->dx;
	node->net = lam_net_create(
		build(node), node->in, .max_batch = BATCH, .input_grad = true, .threads = 1);
	for (int i = 0; node->net && i < lam_net_param_count(node->net); i++) {
		lam_param *to = lam_net_param(node->net, i),
			  *from = lam_net_param(whole, (*param)++);
		lam_shape shape = lam_param_shape(to);
		memcpy(lam_param_edit(to), lam_param_value(from),
			(size_t)lam_shape_count(&shape) * sizeof(lam_real));
	}
	return node->net;
}

/* Adds columns [from, from + width) of rows of `wide` values to rows of `width` values, or the
 * other way round. */
static void add_columns(lam_real *rows, int64_t width, const lam_real *others, int64_t wide,
	int64_t from, int64_t n, bool out)
{
	for (int64_t s = 0; s < n; s++)
		for (int64_t i = 0; i < (out ? wide : width); i++)
			if (out)
				rows[s * width + from + i] += others[s * wide + i];
			else
				rows[s * width + i] += others[s * wide + from + i];
}

/* Computes y from x through a node, by the nets of its leaves. */
static lam_status forward(struct node *node, const lam_real *x, int64_t n)
{
	const int64_t width = lam_shape_count(&node->out);
	if (node->net) {
		lam_status status = lam_net_forward(node->net, LAM_TRAIN, x, NULL, n);
		if (!status)
			memcpy(node->y, lam_net_output(node->net),
				(size_t)(n * width) * sizeof *node->y);
		return status;
	}
	int64_t from = 0;
	memset(node->y, 0, (size_t)(n * width) * sizeof *node->y);
	for (int i = 0; i < node->children; i++) {
		struct node *child = node->child[i];
		const int64_t part = lam_shape_count(&child->out);
		lam_status status = forward(
			child, node->kind == SEQUENTIAL && i ? node->child[i - 1]->y : x, n);
		if (status)
			return status;
		if (node->kind != SEQUENTIAL || i == node->children - 1)
			add_columns(node->y, width, child->y, part, from, n, true);
		from += node->kind == CONCAT ? part : 0;
	}
	if (node->kind == RESIDUAL && node->children == 1)
		add_columns(node->y, width, x, width, 0, n, true);
	return LAM_OK;
}

static lam_status backward(struct node *node, const lam_real *dy, int64_t n)
{
	const int64_t in = lam_shape_count(&node->in), width = lam_shape_count(&node->out);
	if (node->net) {
		lam_status status = lam_net_backward_from(node->net, dy);
		if (!status)
			memcpy(node->dx, lam_net_input_grad(node->net),
				(size_t)(n * in) * sizeof *node->dx);
		return status;
	}
	int64_t from = width;
	memset(node->dx, 0, (size_t)(n * in) * sizeof *node->dx);
	if (node->kind == RESIDUAL && node->children == 1)
		add_columns(node->dx, in, dy, in, 0, n, true);
	for (int i = node->children - 1; i >= 0; i--) {
		struct node *child = node->child[i];
		const int64_t part = lam_shape_count(&child->out);
		lam_real *mine = calloc((size_t)(n * part), sizeof *mine);
		if (!mine)
			return LAM_ERR_MEMORY;
		from -= node->kind == CONCAT ? part : 0;
		if (node->kind == SEQUENTIAL && i < node->children - 1)
			add_columns(mine, part, node->child[i + 1]->dx, part, 0, n, false);
		else
			add_columns(
				mine, part, dy, width, node->kind == CONCAT ? from : 0, n, false);
		lam_status status = backward(child, mine, n);
		free(mine);
		if (status)
			return status;
		if (node->kind != SEQUENTIAL || i == 0)
			add_columns(node->dx, in, child->dx, in, 0, n, true);
	}
	return LAM_OK;
}

/* Sums in another order round differently, and later layers carry the differences on. */
static const double TOLERANCE = sizeof(lam_real) == 8 ? 1e-12 : 1e-5;

/* Compares arrays, relative to `largest`; 0: relative to their own largest value. */
static void check_same(int number, const char *what, const lam_real *actual,
	const lam_real *expected, int64_t count, double largest)
{
	double worst = 0;
	bool own = largest == 0;
	for (int64_t i = 0; i < count; i++) {
		largest = own ? fmax(largest, fabs((double)expected[i])) : largest;
		double error = fabs((double)actual[i] - (double)expected[i]);
		worst = isnan(error) ? INFINITY : fmax(worst, error);
	}
	check(worst <= TOLERANCE * largest, "nest %d: %s is off by %g of %g", number, what, worst,
		largest);
}

/* The largest gradient of any parameter. */
static double largest_gradient(lam_net *whole)
{
	int64_t count;
	double largest = 0;
	const lam_real *gradients = lam_net_gradients(whole, &count);
	for (int64_t i = 0; i < count; i++)
		largest = fmax(largest, fabs((double)gradients[i]));
	return largest;
}

/* The gradient of a bias before a normalising layer is 0 apart from rounding, so errors are
 * relative to the largest gradient of the net. */
static void check_gradients(int number, const struct node *node, lam_net *whole, int *param)
{
	for (int i = 0; i < node->children; i++)
		check_gradients(number, node->child[i], whole, param);
	for (int i = 0; node->net && i < lam_net_param_count(node->net); i++) {
		lam_param *from = lam_net_param(whole, (*param)++);
		lam_shape shape = lam_param_shape(from);
		check_same(number, lam_param_name(from), lam_param_grad(from),
			lam_param_grad(lam_net_param(node->net, i)), lam_shape_count(&shape),
			largest_gradient(whole));
	}
}

/* A net for inference of whole blocks, whose activations share memory, predicts the same. */
static void check_inference(
	int number, const struct node *root, lam_net *whole, const lam_real *x, int64_t n)
{
	int64_t count = n * lam_shape_count(&root->out);
	lam_net *net = lam_net_replica(whole, .max_batch = (BATCH + 15) / 16 * 16);
	lam_real *y = calloc((size_t)count, sizeof *y);
	require(net && y, "%s", lam_error());
	check_ok(lam_net_forward(whole, LAM_EVAL, x, NULL, n));
	check_ok(lam_net_predict(net, x, n, y));
	check(memcmp(y, lam_net_output(whole), (size_t)count * sizeof *y) == 0,
		"nest %d predicts otherwise for inference", number);
	lam_net_free(net);
	free(y);
}

/* Checks nets for few samples, which compute one at a time and convert layouts, or all in batch
 * lanes: .max_batch decides. They must give the same values within rounding, and bit-identical ones
 * with any threads and for a sample alone. */
static void check_few(
	int number, const struct node *root, lam_net *whole, const lam_real *x, int64_t n)
{
	int64_t in = lam_shape_count(&root->in), out = lam_shape_count(&root->out), count = n * out;
	lam_real *y = calloc((size_t)count, sizeof *y),
		 *other = calloc((size_t)count, sizeof *other);
	for (int threads = 1; threads <= 3; threads++) {
		int64_t most = 1 + (number * 4 + threads * 7) % 15;
		lam_net *one = lam_net_replica(whole, .max_batch = most, .threads = 1);
		lam_net *net = lam_net_replica(whole, .max_batch = most, .threads = threads);
		require(one && net && y && other, "%s", lam_error());
		check_ok(lam_net_predict(one, x, n, y));
		check_same(number, "few", y, lam_net_output(whole), count, 0);
		check_ok(lam_net_predict(net, x, n, other));
		check(!memcmp(y, other, (size_t)count * sizeof *y),
			"nest %d predicts few otherwise with %d threads", number, threads);
		check_ok(lam_net_predict(net, x + (n - 1) * in, 1, other));
		check(!memcmp(y + (n - 1) * out, other, (size_t)out * sizeof *y),
			"nest %d predicts the last sample otherwise alone", number);
		lam_net_free(net), lam_net_free(one);
	}
	free(y);
	free(other);
}

/* Checks a nest, and frees it. */
static void check_nest(int number, struct node *root)
{
	static lam_real x[BATCH * 200], dy[BATCH * MOST];
	struct dice dice = {(uint64_t)number + 1000};
	require(root && lam_shape_count(&root->out) <= MOST, "no memory");
	lam_net *whole = lam_net_create(build(root), root->in, .max_batch = BATCH,
		.input_grad = true, .threads = 2, .seed = (uint64_t)number);
	int param = 0;
	require(whole && plant(root, whole, &param), "nest %d: %s", number, lam_error());
	check(param == lam_net_param_count(whole), "nest %d has %d parameters, not %d", number,
		lam_net_param_count(whole), param);
	for (int round = 0; round < 2; round++) {
		int64_t n = round ? dice_range(&dice, 2, BATCH) : BATCH;
		for (int64_t i = 0; i < n * lam_shape_count(&root->in); i++)
			x[i] = (lam_real)dice_real(&dice, -1, 2);
		for (int64_t i = 0; i < n * lam_shape_count(&root->out); i++)
			dy[i] = (lam_real)dice_real(&dice, -1, 2);
		check_ok(lam_net_forward(whole, LAM_TRAIN, x, NULL, n));
		check_ok(forward(root, x, n));
		check_same(number, "y", lam_net_output(whole), root->y,
			n * lam_shape_count(&root->out), 0);
		check_ok(lam_net_backward_from(whole, dy));
		check_ok(backward(root, dy, n));
		check_same(number, "y after backward", lam_net_output(whole), root->y,
			n * lam_shape_count(&root->out), 0);
		check_same(number, "dx", lam_net_input_grad(whole), root->dx,
			n * lam_shape_count(&root->in), 0);
		param = 0;
		check_gradients(number, root, whole, &param);
		check_inference(number, root, whole, x, n);
		check_few(number, root, whole, x, n);
	}
	lam_net_free(whole);
	cut(root);
}

static void nests_compute_what_their_leaves_do(void)
{
	for (int number = 0; number < test_share(300) && kit.failures < TEST_SHOWN; number++) {
		struct dice dice = {(uint64_t)number};
		check_nest(number,
			grow(&dice, 4,
				LAM_SHAPE(dice_range(&dice, 1, 4), dice_range(&dice, 2, 5),
					dice_range(&dice, 2, 5)),
				NOTHING));
	}
}

/* A node of two children, or the layer of this name. */
static struct node *node_of(enum kind kind, const char *leaf, struct node *a, struct node *b)
{
	struct node *node = calloc(1, sizeof *node);
	*node = (struct node){.kind = kind, .children = a ? 2 : 0, .child = {a, b}};
	node->in = node->out = LAM_SHAPE(2, 3, 4);
	if (a)
		node->out.dim[0] = a->out.dim[0] + (kind == CONCAT ? b->out.dim[0] : 0);
	else
		lam_layer_free(
			battery_ordinary(node->leaf = battery_find(leaf), node->in, &node->out));
	return node;
}

/* Two concatenations take their gradients from parts of the one of their sum, and the parts
 * overlap. The part for x is read last; relu's own part lies in the same place. */
static void parts_of_one_gradient_may_overlap(void)
{
	check_nest(0,
		node_of(ADD, NULL,
			node_of(CONCAT, NULL, node_of(LEAF, "relu", NULL, NULL),
				node_of(LEAF, "tanh", NULL, NULL)),
			node_of(CONCAT, NULL, node_of(LEAF, "identity", NULL, NULL),
				node_of(LEAF, "sigmoid", NULL, NULL))));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(nests_compute_what_their_leaves_do), TEST(parts_of_one_gradient_may_overlap)};
	return test_main(tests, sizeof tests / sizeof *tests, argc, argv);
}
