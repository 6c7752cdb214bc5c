/* SPDX-License-Identifier: MIT */
/* Composes nets of all kinds of layers. Options come from the classes' tables, so that a new layer
 * is in these nets as soon as it is in the catalogue. */
#include "framework/layer/inside.h"
#include "framework/model/catalogue.h"
#include "tests/fuzz/fuzz_source.h"

#include <lamina.h>

#include <math.h>
#include <string.h>

enum {
	MOST_LAYERS = 10,
	MOST_DEPTH = 3,
	MOST_BRANCHES = 3,
	MOST_STATE = 2048, /* bytes of a layer's own struct */
	TRIES = 3,         /* of options that a shape takes */
	RARELY = 24,
};

static const lam_real array[] = {
	1, 2, (lam_real)0.5, 3, (lam_real)0.25, 1, 1, 2, 4, 1, 2, 1, 3, 1, 2, (lam_real)0.75};

enum { ARRAY = sizeof array / sizeof *array };

static int take_int(struct source *s, const lam_option *o)
{
	if (!take(s, RARELY))
		return take(s, 2) ? LAM_ZERO : take(s, 256) - 100;
	if (o->required)
		return 1 + take(s, 3);
	const int least = o->least < -2 ? -2 : (int)o->least;
	return least + take(s, (o->most > 3 ? 3 : (int)o->most) - least + 1);
}

static lam_real take_real(struct source *s, const lam_option *o)
{
	static const lam_real odd[] = {LAM_ZERO, -1, 1, (lam_real)1e-30, (lam_real)1e30, 50,
		(lam_real)NAN, (lam_real)INFINITY};
	if (!take(s, RARELY))
		return odd[take(s, 8)];
	const double least = fmax(o->least, -2), most = fmin(o->most, 2);
	return (lam_real)(least + (most - least) * (1 + take(s, 254)) / 256);
}

/* A shape with as many values. */
static lam_shape take_shape(struct source *s, const lam_shape *in)
{
	const int64_t count = lam_shape_count(in);
	const int64_t first = 1 + take(s, 4), second = 1 + take(s, 3);
	switch (take(s, 3)) {
	case 0:
		return LAM_SHAPE(count);
	case 1:
		return count % first ? LAM_SHAPE(count, 1) : LAM_SHAPE(first, count / first);
	default:
		return count % (first * second) ? LAM_SHAPE(1, 1, count)
						: LAM_SHAPE(first, second, count / first / second);
	}
}

static void take_ints(struct source *s, const lam_option *o, const lam_shape *in, int *list)
{
	const int turn = take(s, in->rank), permutes = !strcmp(o->name, "axes");
	for (int i = 0; i < (permutes ? in->rank : o->count); i++)
		list[i] = permutes ? (i + turn) % in->rank : take_int(s, o);
}

/* Gives the option a value. `arrays`: how many values lists of reals and arrays have. */
static void take_option(
	struct source *s, const lam_option *o, const lam_shape *in, int arrays, void *at)
{
	int words = 0;
	switch (o->type) {
	case LAM_OPTION_INT:
		*(int *)at = take_int(s, o);
		break;
	case LAM_OPTION_PAIR:
		((int *)at)[0] = take_int(s, o);
		((int *)at)[1] = take(s, 2) ? take_int(s, o) : 0;
		break;
	case LAM_OPTION_INTS:
		take_ints(s, o, in, at);
		break;
	case LAM_OPTION_REAL:
		*(lam_real *)at = take_real(s, o);
		break;
	case LAM_OPTION_REALS:
		for (int i = 0; i < arrays && i < o->count; i++)
			((lam_real *)at)[i] = take_real(s, o);
		break;
	case LAM_OPTION_BOOL:
		*(bool *)at = take(s, 2);
		break;
	case LAM_OPTION_SHAPE:
		*(lam_shape *)at = take_shape(s, in);
		break;
	case LAM_OPTION_CHOICE:
		while (o->choices[words])
			words++;
		*(int *)at = take(s, words);
		break;
	case LAM_OPTION_COUNT:
		*(int64_t *)at = arrays;
		break;
	case LAM_OPTION_ARRAY:
		*(const lam_real **)at = array;
		break;
	}
}

/* Fills the struct that a layer's options are in. */
static void take_options(
	struct source *s, const lam_layer_class *c, const lam_shape *in, void *state)
{
	static const char *const names[] = {"a", "b", "weight", "a.b", "\033[0m", ""};
	struct lam_option_head *head = state;
	memset(state, 0, c->state_size);
	head->size = c->state_size;
	head->name = take(s, RARELY) ? NULL : names[take(s, 6)];
	const bool has_arrays = !take(s, 3);
	const int channels = in->dim[0] < ARRAY ? (int)in->dim[0] : ARRAY;
	const int arrays = take(s, 2) ? channels : 1;
	for (const lam_option *o = c->options; o && o->name; o++) {
		const bool is_array = o->type == LAM_OPTION_ARRAY || o->type == LAM_OPTION_COUNT;
		if (o->required || (is_array ? has_arrays : !take(s, 4)))
			take_option(s, o, in, arrays, (char *)state + o->offset);
	}
}

/* The shape of its output; false: it does not take such inputs. */
static bool infer(lam_layer *layer, const lam_shape *in, int inputs, lam_shape *out)
{
	*out = *in;
	const lam_layer_class *c = layer->layer_class;
	return !c->check || (!c->check(layer, in, inputs, out) && lam_shape_valid(out));
}

static lam_layer *leaf(
	struct source *s, const lam_layer_class *c, const lam_shape *in, lam_shape *out)
{
	_Alignas(max_align_t) char state[MOST_STATE];
	for (int i = 0; c->state_size <= MOST_STATE && i < TRIES; i++) {
		take_options(s, c, in, state);
		lam_layer *layer = lam_layer_new(c, c->options ? state : NULL);
		/* Now and then it may not fit. */
		if (layer
			&& ((infer(layer, in, 1, out) && lam_shape_count(out) <= FUZZ_VALUES)
				|| !take(s, 4 * RARELY)))
			return layer;
		lam_layer_free(layer);
	}
	*out = *in;
	return lam_relu();
}

/* A layer of any kind that makes `out` of anything. */
static lam_layer *adapter(lam_shape out)
{
	return lam_sequential(
		lam_affine(.out = (int)lam_shape_count(&out)), lam_reshape(.shape = out));
}

static lam_layer *compose(struct source *s, const lam_shape *in, lam_shape *out, int depth);

static lam_layer *compose_chain(struct source *s, const lam_shape *in, lam_shape *out, int depth)
{
	lam_layer *layers[4];
	lam_shape shapes[4 + 1] = {*in};
	const int count = 1 + take(s, 4);
	for (int i = 0; i < count; i++) {
		const int other = i && !take(s, 6) ? take(s, i) : -1;
		if (other >= 0 && lam_shape_equal(&shapes[other], &shapes[i])) {
			layers[i] = lam_share(layers[other]);
			shapes[i + 1] = shapes[other + 1];
		} else {
			layers[i] = compose(s, &shapes[i], &shapes[i + 1], depth + 1);
		}
	}
	*out = shapes[count];
	return lam_sequential_new(&(lam_sequential_options){
		.size = sizeof(lam_sequential_options), .layers = layers, .count = count});
}

static lam_layer *compose_residual(
	struct source *s, const lam_layer_class *c, const lam_shape *in, lam_shape *out, int depth)
{
	lam_layer *children[2];
	children[0] = compose(s, in, out, depth + 1);
	const bool shortcut = !lam_shape_equal(in, out) || !take(s, 4);
	if (shortcut)
		children[1] = adapter(*out);
	return lam_layer_new_with_children(c, NULL, children, 1 + shortcut);
}

static lam_layer *compose_join(
	struct source *s, const lam_layer_class *c, const lam_shape *in, lam_shape *out, int depth)
{
	lam_layer *branches[MOST_BRANCHES];
	lam_shape shapes[MOST_BRANCHES];
	const int count = 2 + take(s, MOST_BRANCHES - 1);
	for (int i = 0; i < count; i++)
		branches[i] = compose(s, in, &shapes[i], depth + 1);
	lam_layer *probe = lam_layer_new(c, NULL);
	const bool fits = probe && infer(probe, shapes, count, out);
	for (int i = 1; i < count && !fits && take(s, RARELY); i++) {
		lam_layer_free(branches[i]);
		branches[i] = adapter(shapes[0]);
		shapes[i] = shapes[0];
	}
	if (probe && !fits && !infer(probe, shapes, count, out))
		*out = shapes[0];
	lam_layer_free(probe);
	return lam_layer_new_with_children(c, NULL, branches, count);
}

/* Two layers that read one value, and their sum. */
static lam_layer *compose_graph(struct source *s, const lam_shape *in, lam_shape *out, int depth)
{
	lam_shape other;
	lam_graph *graph = lam_graph_new();
	const lam_value x = lam_graph_input(graph, NULL, *in);
	const lam_value a = lam_apply(graph, compose(s, in, out, depth + 1), x);
	const lam_value b = lam_apply(graph, compose(s, in, &other, depth + 1), x);
	const lam_value adapted = lam_apply(graph, adapter(*out), b);
	lam_graph_output(graph, lam_apply(graph, lam_add(), a, adapted), NULL);
	return lam_graph_done(graph);
}

static const lam_layer_class *take_class(struct source *s, bool loss)
{
	int count = 0;
	while (lam_catalogue[count])
		count++;
	for (int i = take(s, count), tries = 0; tries < count; tries++, i = (i + 1) % count)
		if (!(lam_catalogue[i]->flags & LAM_LOSS) == !loss)
			return lam_catalogue[i];
	return NULL;
}

static lam_layer *compose(struct source *s, const lam_shape *in, lam_shape *out, int depth)
{
	const lam_layer_class *c = take_class(s, false);
	const bool ends = ++s->layers >= MOST_LAYERS || depth >= MOST_DEPTH;
	*out = *in;
	if (!c->max_children && (!(c->flags & (LAM_SOURCE | LAM_SINK)) || !take(s, RARELY)))
		return leaf(s, c, in, out);
	if (!ends && c->flags & LAM_WIRED && take(s, RARELY))
		return compose_graph(s, in, out, depth);
	if (!ends && c->max_inputs > 1)
		return compose_join(s, c, in, out, depth);
	if (!ends && !strcmp(c->kind, "residual"))
		return compose_residual(s, c, in, out, depth);
	if (!ends && !strcmp(c->kind, "sequential"))
		return compose_chain(s, in, out, depth);
	return lam_tanh();
}

lam_layer *fuzz_compose_leaf(struct source *s, lam_shape in, lam_shape *out)
{
	const lam_layer_class *c = take_class(s, false);
	return c->max_children ? lam_silu() : leaf(s, c, &in, out);
}

lam_layer *fuzz_compose(struct source *s, lam_shape in)
{
	lam_shape out, last;
	const bool loss = take(s, 8);
	lam_layer *body = compose_chain(s, &in, &out, 0);
	if (!loss)
		return body;
	const lam_layer_class *c = take_class(s, true);
	/* This loss takes probabilities. */
	lam_layer *sigmoid = !strcmp(c->kind, "binary_cross_entropy") ? lam_sigmoid()
								      : lam_identity();
	lam_layer *end = leaf(s, c, &out, &last);
	return lam_sequential(body, sigmoid, end);
}
