/* SPDX-License-Identifier: MIT */
/* Making a graph by handles. Nodes stand in the order of the calls, which is a compiler's choice
 * where calls are nested; lam_graph_done() orders them by a walk from the losses and outputs. */
#include "framework/base/failure.h"
#include "framework/base/float_mode.h"
#include "framework/base/options.h"
#include "framework/base/shown.h"
#include "framework/layer/wires.h"
#include "framework/memory.h"
#include "framework/plan/inside.h"
#include "layers/classes.h"
#include "layers/composition.h"
#include "layers/graph.h"
#include "layers/graph_ends.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct node {
	lam_layer *layer;
	int *from; /* [inputs], earlier nodes */
	int inputs, readers;
	lam_real weight; /* of a loss */
	int place;       /* in the list of children; -1: not yet */
	/* While walking: */
	int met;     /* how many of its inputs the walk has gone to */
	int came_by; /* the node from which the walk came */
};

struct lam_graph {
	uint64_t number;
	struct node *nodes;
	int count, room;
	lam_said failure; /* the first; its status is LAM_OK if there is none */
};

static bool is_end(const lam_layer *layer)
{
	return layer->layer_class->flags & (LAM_SINK | LAM_LOSS);
}

/* Keeps the calling thread's error as the graph's failure, if it is the first. */
static lam_value failed(lam_graph *graph)
{
	if (!graph->failure.status)
		graph->failure = lam_said_so_far();
	return (lam_value){0};
}

lam_graph *lam_graph_new(void)
{
	static atomic_uint_fast64_t graphs;
	lam_graph *graph = lam_alloc(1, sizeof *graph);
	if (graph)
		graph->number = (uint64_t)atomic_fetch_add(&graphs, 1) + 1;
	return graph;
}

/* Whether a layer may be applied; if not, the sentence says why. */
static bool is_free(const lam_graph *graph, const lam_layer *layer)
{
	if (!layer && !*lam_error())
		lam_fail(LAM_ERR_ARGUMENT, "graph: a layer is NULL");
	if (!layer)
		return false;
	const char *kind = lam_layer_is_number(layer) ? NULL : layer->layer_class->kind;
	if (!kind)
		return lam_fail(LAM_ERR_ARGUMENT,
			       "graph: a number stands where a layer is expected"),
		       false;
	if (!layer->taken)
		return true;
	for (int i = 0; i < graph->count; i++)
		if (graph->nodes[i].layer == layer)
			return lam_fail(LAM_ERR_ARGUMENT,
				       "graph: the same %s is applied twice; expected a layer of "
				       "its own for each place",
				       kind),
			       false;
	return lam_fail(LAM_ERR_ARGUMENT,
		       "graph: a layer (%s) is already part of another composition or net", kind),
	       false;
}

/* Takes a layer, also where the graph has failed, so that it is freed once. NULL: it is not to be
 * had, or memory is short. */
static struct node *take(lam_graph *graph, lam_layer *layer)
{
	if (!is_free(graph, layer)) {
		failed(graph);
		return NULL;
	}
	if (graph->count == graph->room) {
		const int wanted = graph->room ? 2 * graph->room : 16;
		struct node *grown = lam_grow(
			graph->nodes, (size_t)graph->room, (size_t)wanted, sizeof *graph->nodes);
		if (!grown) {
			failed(graph);
			lam_layer_free(layer);
			return NULL;
		}
		graph->nodes = grown;
		graph->room = wanted;
	}
	layer->taken = true;
	graph->nodes[graph->count] = (struct node){.layer = layer, .weight = 1, .place = -1};
	return &graph->nodes[graph->count++];
}

/* Whether a value is one of the graph's that the last node may read; if not, the sentence says why.
 */
static bool is_value(const lam_graph *graph, lam_value value)
{
	if (!value.graph)
		lam_fail(LAM_ERR_ARGUMENT,
			"graph: no value of a graph stands where one is expected");
	else if (value.graph != graph->number || value.node < 0 || value.node >= graph->count - 1
		|| is_end(graph->nodes[value.node].layer))
		lam_fail(LAM_ERR_ARGUMENT,
			"graph: a value of another graph, or of one that is done; expected one of "
			"this graph");
	else
		return true;
	return false;
}

/* Connects the last node to what it reads. */
static lam_value read_values(lam_graph *graph, const lam_value *values, int count)
{
	struct node *node = &graph->nodes[graph->count - 1];
	if (graph->failure.status)
		return failed(graph);
	if (count < 1 || count > LAM_MOST_LAYERS || !values) {
		lam_fail(LAM_ERR_ARGUMENT, "graph: %s reads %d values; expected 1 to %d",
			node->layer->layer_class->kind, values ? count : 0, LAM_MOST_LAYERS);
		return failed(graph);
	}
	for (int k = 0; k < count; k++)
		if (!is_value(graph, values[k]))
			return failed(graph);
	node->from = lam_alloc((size_t)count, sizeof *node->from);
	if (!node->from)
		return failed(graph);
	node->inputs = count;
	for (int k = 0; k < count; k++) {
		node->from[k] = (int)values[k].node;
		graph->nodes[node->from[k]].readers++;
	}
	return (lam_value){.graph = graph->number, .node = graph->count - 1};
}

lam_value lam_graph_input(lam_graph *graph, const char *name, lam_shape shape)
{
	if (!graph)
		return (lam_value){0};
	lam_layer *layer = lam_layer_new(&lam_input_class,
		&(lam_graph_input_options){
			.size = sizeof(lam_graph_input_options), .name = name, .shape = shape});
	if (!layer || !take(graph, layer) || graph->failure.status)
		return failed(graph);
	return (lam_value){.graph = graph->number, .node = graph->count - 1};
}

lam_value lam_apply_to(lam_graph *graph, lam_layer *layer, const lam_value *values, int count)
{
	if (!graph) {
		lam_layer_free(layer);
		return (lam_value){0};
	}
	if (!take(graph, layer))
		return (lam_value){0};
	if (layer->layer_class->flags & LAM_LOSS) {
		lam_fail(LAM_ERR_ARGUMENT, "graph: %s is a loss; expected lam_graph_loss()",
			layer->layer_class->kind);
		return failed(graph);
	}
	return read_values(graph, values, count);
}

lam_value lam_apply_list(lam_graph *graph, lam_layer *layer, const lam_value *values)
{
	const lam_value end = LAM_NO_VALUE;
	int count = 0;
	while (values && (values[count].graph != end.graph || values[count].node != end.node))
		count++;
	return lam_apply_to(graph, layer, values, count);
}

/* Sets the name and the weight of the last node, a loss. */
static lam_status set_loss(struct node *node, const char *name, lam_real weight)
{
	lam_layer *loss = node->layer;
	const char *kind = loss->layer_class->kind;
	if (!(loss->layer_class->flags & LAM_LOSS))
		return lam_fail(LAM_ERR_ARGUMENT,
			"graph: %s is no loss; expected one, or lam_graph_output()", kind);
	node->weight = weight == 0 ? 1 : weight == LAM_ZERO ? 0 : weight;
	if (!isfinite(weight))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_graph_loss: option weight is %g; expected a finite number",
			(double)weight);
	if (name && loss->name && strcmp(name, loss->name))
		return lam_fail(LAM_ERR_ARGUMENT,
			"lam_graph_loss: option name is \"%s\" for the %s \"%s\"; expected one "
			"name",
			lam_show(name).text, kind, loss->name);
	if (!name || loss->name)
		return LAM_OK;
	lam_status status = lam_layer_set_name(loss, name);
	return status == LAM_ERR_ARGUMENT ? lam_fail(status, "lam_graph_loss: %s", lam_error())
					  : status;
}

void lam_graph_loss_with(const lam_graph_loss_options *given)
{
	lam_graph_loss_options o;
	const bool whole = lam_take_options("lam_graph_loss", &o, sizeof o, sizeof o,
		offsetof(lam_graph_loss_options, named), given);
	if (!whole && !lam_options_hold(given, offsetof(lam_graph_loss_options, named)))
		return;
	lam_graph *graph = given->graph;
	if (!graph) {
		lam_layer_free(given->loss);
		return;
	}
	if (!whole)
		failed(graph);
	if (!take(graph, given->loss) || !whole)
		return;
	if (set_loss(&graph->nodes[graph->count - 1], o.name, o.weight))
		failed(graph);
	read_values(graph, &o.value, 1);
}

void lam_graph_output(lam_graph *graph, lam_value value, const char *name)
{
	if (!graph)
		return;
	struct composition options = {.size = sizeof options, .name = name};
	lam_layer *layer = lam_layer_new(&lam_output_class, &options);
	if (!layer)
		failed(graph);
	else if (take(graph, layer))
		read_values(graph, &value, 1);
}

/* Gives each node its place: inputs first, then from each loss or output what it reads, depth
 * first. */
static int place_nodes(lam_graph *graph)
{
	struct node *nodes = graph->nodes;
	int placed = 0;
	for (int i = 0; i < graph->count; i++)
		if (nodes[i].layer->layer_class->flags & LAM_SOURCE)
			nodes[i].place = placed++;
	for (int end = 0; end < graph->count; end++) {
		if (!is_end(nodes[end].layer))
			continue;
		nodes[end].came_by = -1;
		for (int at = end; at >= 0;) {
			if (nodes[at].met == nodes[at].inputs) {
				nodes[at].place = placed++;
				at = nodes[at].came_by;
				continue;
			}
			const int next = nodes[at].from[nodes[at].met++];
			if (nodes[next].place < 0) {
				nodes[next].came_by = at;
				at = next;
			}
		}
	}
	return placed;
}

static lam_status check_nodes(const lam_graph *graph)
{
	bool ends = false;
	for (int i = 0; i < graph->count; i++)
		ends = ends || is_end(graph->nodes[i].layer);
	if (!ends)
		return lam_fail(LAM_ERR_ARGUMENT,
			"graph: no loss and no output; expected lam_graph_loss() or "
			"lam_graph_output()");
	for (int i = 0; i < graph->count; i++) {
		const lam_layer *layer = graph->nodes[i].layer;
		if (graph->nodes[i].readers || is_end(layer))
			continue;
		return lam_fail(LAM_ERR_ARGUMENT,
			"graph: nothing reads %s%s%s%s; expected a layer, a loss or an output that "
			"does",
			layer->layer_class->kind, layer->name ? " \"" : "",
			layer->name ? layer->name : "", layer->name ? "\"" : "");
	}
	return LAM_OK;
}

/* Makes the container of the nodes, which it takes over. */
static lam_layer *compose(lam_graph *graph)
{
	const size_t count = (size_t)graph->count;
	lam_layer **children = lam_alloc(count, sizeof *children);
	lam_wire *wires = lam_alloc(count, sizeof *wires);
	if (!children || !wires) {
		lam_free(children);
		lam_free(wires);
		return NULL;
	}
	place_nodes(graph);
	for (int i = 0; i < graph->count; i++) {
		struct node *node = &graph->nodes[i];
		node->layer->taken = false;
		children[node->place] = node->layer;
		wires[node->place] = (lam_wire){
			.from = node->from, .inputs = node->inputs, .weight = node->weight};
		node->layer = NULL;
	}
	for (int i = 0; i < graph->count; i++)
		for (int k = 0; k < graph->nodes[i].inputs; k++)
			graph->nodes[i].from[k] = graph->nodes[graph->nodes[i].from[k]].place;
	int where;
	lam_layer *layer = lam_layer_new_wired(
		&lam_graph_class, NULL, children, wires, graph->count, &where);
	if (!layer && where >= 0 && lam_error_status() != LAM_ERR_MEMORY)
		lam_fail(lam_error_status(), "graph: %s", lam_error());
	lam_free(children);
	lam_free(wires);
	return layer;
}

/* Plans the graph once with the shapes of its inputs, to see whether everything fits. */
static lam_status try_plan(lam_layer *layer)
{
	LAM_FLOAT_SCOPE(caller, LAM_FLOAT_IEEE);
	lam_plan plan = {.inference = true};
	lam_status status = lam_plan_make(&plan, layer, (lam_shape){0});
	lam_plan_free(&plan);
	return status;
}

lam_layer *lam_graph_done(lam_graph *graph)
{
	if (!graph) {
		if (!*lam_error())
			lam_fail(LAM_ERR_ARGUMENT, "lam_graph_done: the graph is NULL");
		return NULL;
	}
	lam_layer *layer = NULL;
	if (graph->failure.status)
		lam_fail(graph->failure.status, "%s", graph->failure.sentence);
	else if (check_nodes(graph) == LAM_OK)
		layer = compose(graph);
	lam_graph_free(graph);
	if (layer && try_plan(layer)) {
		lam_layer_free(layer);
		layer = NULL;
	}
	return layer;
}

void lam_graph_free(lam_graph *graph)
{
	if (!graph)
		return;
	for (int i = 0; i < graph->count; i++) {
		if (graph->nodes[i].layer)
			graph->nodes[i].layer->taken = false;
		lam_layer_free(graph->nodes[i].layer);
		lam_free(graph->nodes[i].from);
	}
	lam_free(graph->nodes);
	lam_free(graph);
}
