/* SPDX-License-Identifier: MIT */
/** \file
 * Graphs: layers of several inputs, outputs and losses, each reading any values that were made
 * before.
 *
 *     lam_graph *g = lam_graph_new();
 *     lam_value x = lam_graph_input(g, "x", LAM_SHAPE(8));
 *     lam_value z = lam_graph_input(g, "z", LAM_SHAPE(3));
 *     lam_value h = lam_apply(g, lam_concat(), lam_apply(g, lam_affine(.out = 5), x), z);
 *     lam_graph_loss(g, lam_softmax_cross_entropy(), lam_apply(g, lam_affine(.out = 4), h));
 *     lam_net *net = lam_net_create(lam_graph_done(g), .max_batch = 64);
 *
 * Errors wait for lam_graph_done(), which then gives the sentence of the first. A graph is made by
 * one thread at a time. */
#ifndef LAM_GRAPH_H
#define LAM_GRAPH_H

#include "../framework/layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A graph that is being made. */
typedef struct lam_graph lam_graph;

/** A value in a graph: an input, or a layer's output. It is valid until lam_graph_done() or
 * lam_graph_free(). Its members are private. */
typedef struct lam_value {
	uint64_t graph; /* the graph's number; 0: no value */
	int64_t node;
} lam_value;

/** NULL when memory is short. The other functions take a NULL graph: they free the layer that they
 * are given. */
LAM_MUST_CHECK lam_graph *lam_graph_new(void);

/** Adds an input. `shape` is that of a sample. It matters where the graph is the net's model; there
 * lam_net_create(graph, shape) replaces the shape of a single input. A graph that stands in another
 * layer takes the shapes that it is given. Inputs keep the order of these calls. `name` is copied,
 * and has the characters of a layer's name; NULL: none. */
lam_value lam_graph_input(lam_graph *graph, const char *name, lam_shape shape);

/** Applies a layer to values[count]; several are for a join or another graph with as many inputs.
 * Returns the layer's output. Consumes the layer, also on failure. A layer is applied once. A loss
 * is refused. lam_apply(graph, layer, a, b, …) calls it with the values in a list.
 *
 * Layers without a .name are named by numbers, as in a sequence: "2.weight". The numbers count the
 * inputs, then layers, losses and outputs in the order of a walk: for each loss or output, in the
 * order of their calls, first what it reads, and so on. So they do not depend on the order in which
 * lam_apply() was called. */
lam_value lam_apply_to(lam_graph *graph, lam_layer *layer, const lam_value *values, int count);

/** As lam_apply_to(), for a list that ends with LAM_NO_VALUE. */
lam_value lam_apply_list(lam_graph *graph, lam_layer *layer, const lam_value *values);

/** The end of such a list. */
#define LAM_NO_VALUE \
	{ \
		0, -1 \
	}

/** Options of lam_graph_loss(). */
typedef struct lam_graph_loss_options {
	/* If .size is 0, the call fails without reading or consuming anything else. */
	size_t size;
	lam_graph *graph; /**< may be NULL: the loss is freed */
	lam_layer *loss;  /**< consumed, also on failure */
	lam_value value;  /**< what the loss reads, such as logits */
	LAM_NAMED;
	/** names the loss, if the layer has no .name; copied. One loss may have no name: it is
	 * called "loss" */
	const char *name;
	/** the net's loss is the sum of all, each times its weight. Finite; default 1, LAM_ZERO: 0.
	 * A loss that has parameters has weight 1. lam_net_set_loss_weight() changes it */
	lam_real weight;
} lam_graph_loss_options;
/** Ends a value with a loss of the net, which has one or several. */
void lam_graph_loss_with(const lam_graph_loss_options *options);

/** Names a value that has no loss as an output of the net. NULL: one output may have no name; it is
 * called "output". In a graph that stands in another layer the one output is the value that the
 * graph returns, and its name has no meaning. */
void lam_graph_output(lam_graph *graph, lam_value value, const char *name);

/** Ends the graph, which is freed, and returns it as a layer. With one input and one output it may
 * stand wherever a layer may; with several inputs it takes several values of a graph.
 *
 * NULL, and everything is freed, with the sentence of the first failure: a layer whose constructor
 * failed, a layer that is applied twice or belongs elsewhere, a value of another graph, an input or
 * a value that nothing reads, shapes that do not fit, two inputs, outputs or losses of one name,
 * two layers of one name, neither a loss nor an output, more than 10,000 layers. */
LAM_MUST_CHECK lam_layer *lam_graph_done(lam_graph *graph);

/** Frees a graph that is not wanted, and its layers. NULL is allowed. */
void lam_graph_free(lam_graph *graph);

#ifndef __cplusplus
/** lam_apply(graph, layer, a), lam_apply(graph, lam_concat(), a, b) */
#define lam_apply(graph, layer, ...) \
	lam_apply_list((graph), (layer), (const lam_value[]){__VA_ARGS__, LAM_NO_VALUE})
/** lam_graph_loss(graph, layer, value, .name = "kind", .weight = 0.5f) */
#define lam_graph_loss(...) \
	lam_graph_loss_with(&(lam_graph_loss_options){ \
		.size = sizeof(lam_graph_loss_options), .graph = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
