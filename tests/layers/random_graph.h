/* SPDX-License-Identifier: MIT */
/* Graphs drawn at random, and the same computed layer by layer, each in a net of its own. */
#ifndef LAM_TESTS_RANDOM_GRAPH_H
#define LAM_TESTS_RANDOM_GRAPH_H

#include "tests/battery/prove.h"

#include "framework/net/inside.h"

enum { VALUES = 20, MOST_READ = 3, BATCH = 18, MOST = 4000, ENDS = 2 * VALUES };

enum kind { INPUT, LEAF, ADD, CONCAT };

/* A value of the graph, and the layer that makes it. */
struct value {
	enum kind kind;
	const struct subject *leaf;
	int group; /* of a leaf: the first of those that share its parameters, or itself */
	lam_shape shape;
	int from[MOST_READ], reads, readers;
	lam_layer *layer; /* in the whole net */
	lam_net *net;     /* of a leaf */
	int param;        /* of the first of a group: its first one, in the whole net */
	int64_t size;     /* of a sample */
	lam_real *y, *dy; /* [BATCH][size] */
	char name[16];
};

/* A loss of a value, or an output. */
struct end {
	int value;
	bool loss;
	lam_real weight;
	lam_real *target; /* [BATCH][size] */
	char name[16];
};

struct graph {
	int number, count, inputs, ends, losses;
	struct value values[VALUES];
	struct end end[ENDS];
	lam_net *whole;
};

/* Chooses a layer for a shape: no loss, none that draws random numbers, none that makes much. */
static bool choose_leaf(struct value *v, struct dice *dice, lam_shape in)
{
	int subjects = 0;
	while (battery_subject(subjects))
		subjects++;
	for (int tries = 0; tries < 100; tries++) {
		v->leaf = battery_subject((int)dice_range(dice, 0, subjects - 1));
		if (dice_chance(dice, 15))
			v->leaf = battery_find(dice_chance(dice, 50) ? "slice" : "slice_tail");
		lam_layer *layer = v->leaf->traits & (SUBJECT_LOSS | SUBJECT_RANDOM)
			? NULL
			: battery_ordinary(v->leaf, in, &v->shape);
		lam_layer_free(layer);
		if (layer && lam_shape_count(&v->shape) <= MOST)
			return true;
	}
	return false;
}

/* Whether a leaf has parameters, and no states, which cannot be shared. */
static bool may_share(const struct graph *g, const struct value *v)
{
	lam_shape out;
	const lam_shape in = g->values[v->from[0]].shape;
	lam_net *net = lam_net_create(battery_ordinary(v->leaf, in, &out), in, .max_batch = 2);
	const bool may = net && net->plan.param_count > 0 && !net->plan.state_count;
	lam_net_free(net);
	return may;
}

/* Chooses an earlier leaf of the same input shape, whose parameters the new one shares. */
static bool choose_group(const struct graph *g, struct value *v, struct dice *dice)
{
	const lam_shape in = g->values[v->from[0]].shape;
	const int first = (int)dice_range(dice, 0, g->count - 1);
	for (int k = 0; k < g->count; k++) {
		const struct value *other = &g->values[(first + k) % g->count];
		if (other->kind != LEAF || !lam_shape_equal(&g->values[other->from[0]].shape, &in)
			|| !may_share(g, other))
			continue;
		v->group = other->group;
		v->leaf = other->leaf;
		v->shape = other->shape;
		return true;
	}
	return false;
}

/* Whether `b` may join `a`: the same shape, but for the first dimension in a concatenation. */
static bool joins(enum kind kind, lam_shape a, lam_shape b)
{
	if (kind == CONCAT && a.rank == b.rank)
		a.dim[0] = b.dim[0];
	return lam_shape_equal(&a, &b);
}

/* Chooses a value to read, preferably one that nothing reads yet. */
static int choose_value(const struct graph *g, struct dice *dice)
{
	int chosen = (int)dice_range(dice, 0, g->count - 1);
	for (int tries = 0; tries < 4 && g->values[chosen].readers; tries++)
		chosen = (int)dice_range(dice, 0, g->count - 1);
	return chosen;
}

/* Draws the next value. */
static void draw_value(struct graph *g, struct dice *dice)
{
	struct value *v = &g->values[g->count];
	*v = (struct value){.kind = !dice_chance(dice, 45) ? LEAF
			: dice_chance(dice, 50)            ? ADD
							   : CONCAT,
		.from = {choose_value(g, dice)},
		.group = g->count,
		.reads = 1};
	const struct value *first = &g->values[v->from[0]];
	v->shape = first->shape;
	const bool shares = v->kind == LEAF && dice_chance(dice, 30) && choose_group(g, v, dice);
	if (v->kind == LEAF && !shares && !choose_leaf(v, dice, first->shape))
		return;
	for (int tries = 0; v->kind != LEAF && tries < 30 && v->reads < MOST_READ; tries++) {
		const int other = (int)dice_range(dice, 0, g->count - 1);
		if (!joins(v->kind, first->shape, g->values[other].shape))
			continue;
		v->from[v->reads++] = other;
		v->shape.dim[0] += v->kind == CONCAT ? g->values[other].shape.dim[0] : 0;
		if (dice_chance(dice, 50))
			break;
	}
	if ((v->kind != LEAF && v->reads < 2) || lam_shape_count(&v->shape) > MOST)
		return;
	for (int k = 0; k < v->reads; k++)
		g->values[v->from[k]].readers++;
	g->count++;
}

/* Every value that nothing reads is an end, and some of the others. */
static void draw_ends(struct graph *g, struct dice *dice)
{
	const bool losses = dice_chance(dice, 80);
	for (int i = g->inputs; i < g->count; i++) {
		if (g->values[i].readers && !dice_chance(dice, 15))
			continue;
		struct end *end = &g->end[g->ends];
		*end = (struct end){.value = i, .loss = losses && dice_chance(dice, 70)};
		end->weight = dice_chance(dice, 30) ? 1 : (lam_real)dice_real(dice, -1, 2);
		snprintf(end->name, sizeof end->name, "end%d", g->ends++);
		g->losses += end->loss;
	}
	for (int i = 0; i < g->inputs; i++)
		if (!g->values[i].readers) {
			g->end[g->ends] = (struct end){.value = i, .loss = true, .weight = 1};
			snprintf(g->end[g->ends].name, sizeof g->end->name, "end%d", g->ends);
			g->ends++;
			g->losses++;
		}
}

static struct graph *draw(int number)
{
	struct graph *g = calloc(1, sizeof *g);
	struct dice dice = {(uint64_t)number + 7777};
	if (!g)
		return NULL;
	g->number = number;
	g->inputs = g->count = (int)dice_range(&dice, 1, 3);
	const lam_shape shape = LAM_SHAPE(
		dice_range(&dice, 1, 4), dice_range(&dice, 2, 5), dice_range(&dice, 2, 5));
	for (int i = 0; i < g->inputs; i++) {
		g->values[i] = (struct value){.kind = INPUT, .shape = shape};
		if (dice_chance(&dice, 30))
			g->values[i].shape.dim[0] += 2;
		snprintf(g->values[i].name, sizeof g->values[i].name, "in%d", i);
	}
	const int wanted = (int)dice_range(&dice, 2, VALUES);
	for (int tries = 0; tries < 4 * VALUES && g->count < wanted; tries++)
		draw_value(g, &dice);
	draw_ends(g, &dice);
	return g;
}

static lam_layer *build_layer(const struct graph *g, const struct value *v)
{
	lam_shape out;
	return v->kind == LEAF   ? battery_ordinary(v->leaf, g->values[v->from[0]].shape, &out)
		: v->kind == ADD ? lam_add()
				 : lam_concat();
}

static lam_layer *build(struct graph *g)
{
	lam_graph *graph = lam_graph_new();
	lam_value values[VALUES];
	for (int i = 0; i < g->count; i++) {
		struct value *v = &g->values[i];
		lam_value in[MOST_READ];
		for (int k = 0; k < v->reads; k++)
			in[k] = values[v->from[k]];
		if (v->kind == INPUT) {
			values[i] = lam_graph_input(graph, v->name, v->shape);
			continue;
		}
		v->layer = v->kind == LEAF && v->group != i ? lam_share(g->values[v->group].layer)
							    : build_layer(g, v);
		values[i] = lam_apply_to(graph, v->layer, in, v->reads);
	}
	for (int i = 0; i < g->ends; i++) {
		const struct end *end = &g->end[i];
		if (end->loss)
			lam_graph_loss(graph, lam_mean_squared_error(), values[end->value],
				.name = end->name, .weight = end->weight);
		else
			lam_graph_output(graph, values[end->value], end->name);
	}
	return lam_graph_done(graph);
}

static lam_net *build_net(struct graph *g, int threads)
{
	return lam_net_create(build(g), .max_batch = BATCH, .seed = (uint64_t)g->number,
		.input_grad = true, .threads = threads);
}

/* The value that a child of the whole net makes; -1: none. */
static int value_of(const struct graph *g, const lam_layer *child)
{
	for (int i = 0; i < g->count; i++)
		if (g->values[i].layer == child)
			return i;
	return -1;
}

/* Finds where in the whole net's list the parameters of each group begin: they come in the order of
 * its children, those of a group where it is met first. */
static void find_params(struct graph *g)
{
	const lam_layer *model = lam_net_model(g->whole);
	int param = 0;
	for (int i = 0; i < g->count; i++)
		g->values[i].param = -1;
	for (int c = 0; c < lam_layer_child_count(model); c++) {
		const int i = value_of(g, lam_layer_child(model, c));
		struct value *first = i < 0 ? NULL : &g->values[g->values[i].group];
		if (!first || !first->net || first->param >= 0)
			continue;
		first->param = param;
		param += lam_net_param_count(first->net);
	}
}

/* Makes every leaf's own net, with the parameters that it has in the whole net. */
static bool plant(struct graph *g)
{
	for (int i = 0; i < g->count; i++) {
		struct value *v = &g->values[i];
		v->size = lam_shape_count(&v->shape);
		v->y = calloc((size_t)(BATCH * v->size), sizeof *v->y);
		v->dy = calloc((size_t)(BATCH * v->size), sizeof *v->dy);
		if (!v->y || !v->dy)
			return false;
		if (v->kind == LEAF
			&& !(v->net = lam_net_create(build_layer(g, v), g->values[v->from[0]].shape,
				     .max_batch = BATCH, .input_grad = true, .threads = 1)))
			return false;
	}
	for (int i = 0; i < g->ends; i++) {
		struct end *end = &g->end[i];
		end->target = calloc(
			(size_t)(BATCH * g->values[end->value].size), sizeof *end->target);
		if (!end->target)
			return false;
	}
	find_params(g);
	for (int i = 0; i < g->count; i++)
		for (int k = 0; k < lam_net_param_count(g->values[i].net); k++) {
			lam_param *to = lam_net_param(g->values[i].net, k);
			const lam_shape shape = lam_param_shape(to);
			const int from = g->values[g->values[i].group].param + k;
			memcpy(lam_param_edit(to), lam_param_value(lam_net_param(g->whole, from)),
				(size_t)lam_shape_count(&shape) * sizeof(lam_real));
		}
	return true;
}

static void cut(struct graph *g)
{
	for (int i = 0; i < g->count; i++) {
		lam_net_free(g->values[i].net);
		free(g->values[i].y);
		free(g->values[i].dy);
	}
	for (int i = 0; i < g->ends; i++)
		free(g->end[i].target);
	lam_net_free(g->whole);
	free(g);
}

/* Computes every value from the inputs' y. */
static void forward(struct graph *g, int64_t n)
{
	for (int i = g->inputs; i < g->count; i++) {
		struct value *v = &g->values[i];
		if (v->kind == LEAF) {
			check_ok(lam_net_forward(
				v->net, LAM_TRAIN, g->values[v->from[0]].y, NULL, n));
			memcpy(v->y, lam_net_output(v->net), (size_t)(n * v->size) * sizeof *v->y);
			continue;
		}
		int64_t at = 0;
		memset(v->y, 0, (size_t)(n * v->size) * sizeof *v->y);
		for (int k = 0; k < v->reads; k++) {
			const struct value *x = &g->values[v->from[k]];
			for (int64_t s = 0; s < n; s++)
				for (int64_t f = 0; f < x->size; f++)
					v->y[s * v->size + at + f] += x->y[s * x->size + f];
			at += v->kind == CONCAT ? x->size : 0;
		}
	}
}

/* The weighted sum of the losses; adds their gradients to those of what they read. Without losses
 * the gradients of outputs are their targets. */
static double ends(struct graph *g, int64_t n)
{
	double loss = 0;
	for (int e = 0; e < g->ends; e++) {
		const struct end *end = &g->end[e];
		struct value *v = &g->values[end->value];
		const double mean = 1 / (double)(n * v->size);
		for (int64_t i = 0; i < n * v->size && (end->loss || !g->losses); i++) {
			const double error = (double)(v->y[i] - end->target[i]);
			loss += end->loss ? (double)end->weight * error * error * mean : 0;
			v->dy[i] += end->loss ? (lam_real)((double)end->weight * 2 * error * mean)
					      : end->target[i];
		}
	}
	return loss;
}

static void backward(struct graph *g, int64_t n)
{
	for (int i = g->count - 1; i >= g->inputs; i--) {
		struct value *v = &g->values[i];
		if (v->kind == LEAF) {
			struct value *x = &g->values[v->from[0]];
			check_ok(lam_net_backward_from(v->net, v->dy));
			const lam_real *dx = lam_net_input_grad(v->net);
			for (int64_t k = 0; k < n * x->size; k++)
				x->dy[k] += dx[k];
			continue;
		}
		int64_t at = 0;
		for (int k = 0; k < v->reads; k++) {
			struct value *x = &g->values[v->from[k]];
			for (int64_t s = 0; s < n; s++)
				for (int64_t f = 0; f < x->size; f++)
					x->dy[s * x->size + f] += v->dy[s * v->size + at + f];
			at += v->kind == CONCAT ? x->size : 0;
		}
	}
}

#endif
