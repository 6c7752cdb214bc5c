/* SPDX-License-Identifier: MIT */
/* Prints a net's layers and memory as a table. */
#include "framework/base/number.h"
#include "framework/net/inside.h"
#include "framework/net/lines.h"

#include <inttypes.h>
#include <string.h>

static int64_t call_params(const lam_plan *plan, const lam_call *call)
{
	int64_t count = 0;
	for (int k = 0; k < call->params && call->owner < 0; k++)
		count += plan->params[call->first_param + k]->count;
	return count;
}

static void print_bytes(FILE *out, const char *what, int64_t bytes)
{
	fprintf(out, "  %-12s %15" PRId64 " bytes\n", what, bytes);
}

/* Where the list of a line ends, in columns. */
enum { INDENT = 17, WIDTH = 80 };

/* A list that is wrapped within the width. */
struct list {
	FILE *out;
	int column; /* 0: nothing is written yet */
};

/* Writes `before` and `text`, on the next line if they do not fit. */
static void put(struct list *list, const char *before, const char *text)
{
	const int length = (int)(strlen(before) + strlen(text));
	if (list->column + length > WIDTH && list->column > INDENT) {
		fprintf(list->out, ",\n");
		list->column = 0;
		before = "  ";
	}
	if (!list->column)
		list->column = fprintf(list->out, "%*s", INDENT, "");
	list->column += fprintf(list->out, "%s%s", before, text);
}

/* Whether the plan has added a call that converts a value to another layout. */
static bool converts(const lam_call *call)
{
	return call->owns_layer && call->inputs == 1;
}

/* The call that makes a value, conversions aside; -1: it is an input. */
static int producer_of(const lam_plan *plan, lam_slot *slot)
{
	int producer = plan->slots[*slot].producer;
	while (producer >= 0 && converts(&plan->calls[producer])) {
		*slot = plan->calls[producer].in[0].slot;
		producer = plan->slots[*slot].producer;
	}
	return producer;
}

/* The name of a value: that of the call that makes it, or of an input. */
static const char *value_name(const lam_plan *plan, lam_slot slot)
{
	const int producer = producer_of(plan, &slot);
	return producer < 0 ? plan->input_names[slot] : plan->calls[producer].path;
}

/* Writes what a call reads, unless it is the output of the call before, the name of its output, and
 * the weight of a loss. */
static void print_ends(const lam_plan *plan, int index, FILE *out)
{
	const lam_call *call = &plan->calls[index];
	struct list list = {.out = out};
	lam_slot first = call->in[0].slot;
	int before = index - 1;
	while (before >= 0 && converts(&plan->calls[before]))
		before--;
	if (call->inputs > 1 || producer_of(plan, &first) != before)
		for (int k = 0; k < call->inputs; k++)
			put(&list, k ? ", " : "reads ", value_name(plan, call->in[k].slot));
	if (call->loss >= 0 && plan->losses[call->loss].weight != 1)
		put(&list, list.column ? ", weight " : "weight ",
			lam_real_text(plan->losses[call->loss].weight).text);
	for (int i = 0; i < plan->output_count; i++)
		if (plan->outputs[i].slot == call->out && plan->outputs[i].loss < 0
			&& strcmp(plan->outputs[i].name, "output") != 0)
			put(&list, list.column ? ", output " : "output ", plan->outputs[i].name);
	if (list.column)
		fprintf(out, "\n");
}

static void print_inputs(const lam_plan *plan, int width, FILE *out)
{
	for (int k = 0; k < plan->input_count; k++) {
		const bool named = plan->input_count > 1
			|| strcmp(plan->input_names[k], "input") != 0;
		fprintf(out, "%-*s %-24s %-14s %12s\n", width, named ? plan->input_names[k] : "",
			"input", lam_shape_text(plan->slots[k].shape).text, "");
	}
}

bool lam_net_line_of(const lam_net *net, int i, lam_net_line *line)
{
	const lam_plan *plan = &net->plan;
	if (i < 0 || i >= plan->call_count)
		return false;
	const lam_call *call = &plan->calls[i];
	*line = (lam_net_line){.path = call->path,
		.kind = call->layer_class->kind,
		.output = plan->slots[call->out].shape,
		.params = call_params(plan, call)};
	return true;
}

int lam_net_name_width(const lam_net *net)
{
	size_t width = INDENT - 1;
	for (int i = 0; i < net->plan.call_count; i++)
		if (strlen(net->plan.calls[i].path) > width)
			width = strlen(net->plan.calls[i].path);
	return (int)width;
}

/* Says how many layers others compute, in a net for inference. */
static void print_absorbed(const lam_plan *plan, FILE *out)
{
	int absorbed = 0, deferred = 0;
	for (int i = 0; i < plan->call_count; i++) {
		absorbed += plan->calls[i].absorbed;
		deferred += plan->calls[i].deferred;
	}
	if (plan->inference && absorbed)
		fprintf(out, "%d layer%s computed within the layer before\n", absorbed,
			absorbed == 1 ? "" : "s");
	if (deferred)
		fprintf(out, "%d layer%s computed within the layer behind\n", deferred,
			deferred == 1 ? "" : "s");
}

/* Says how many calls .recompute runs again in backward. */
static void print_agains(const lam_plan *plan, FILE *out)
{
	int again = 0;
	for (int i = 0; i < plan->again_count; i++)
		again += !plan->agains[i].nothing;
	if (again)
		fprintf(out, "%d layer%s computed again in backward\n", again,
			again == 1 ? "" : "s");
}

lam_status lam_net_summary(const lam_net *net, FILE *out)
{
	if (!net || !out)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_summary: the %s is NULL",
			net ? "stream" : "net");
	const lam_plan *plan = &net->plan;
	int64_t total = 0;
	const int width = lam_net_name_width(net);
	fprintf(out, "%-*s %-24s %-14s %12s\n", width, "name", "layer", "output", "parameters");
	print_inputs(plan, width, out);
	lam_net_line line;
	for (int i = 0; lam_net_line_of(net, i, &line); i++) {
		total += line.params;
		fprintf(out, "%-*s %-24s %-14s %12" PRId64 "\n", width, line.path, line.kind,
			lam_shape_text(line.output).text, line.params);
		print_ends(plan, i, out);
	}
	fprintf(out,
		"%" PRId64 " parameters; at most %" PRId64 " sample%s per step on %d thread%s%s\n",
		total, net->max_batch, net->max_batch == 1 ? "" : "s", net->threads,
		net->threads == 1 ? "" : "s", net->plan.inference ? ", for inference" : "");
	print_absorbed(plan, out);
	print_agains(plan, out);
	lam_net_memory m;
	lam_net_memory_of(net, &m, sizeof m);
	print_bytes(out, "parameters", m.parameters + m.states);
	print_bytes(out, "gradients", m.gradients);
	/* A net that has met no optimizer cannot know how many moments it will keep. */
	if (net->rule == 0 && !net->plan.inference)
		fprintf(out, "  %-12s %15s %s\n", "moments", "?",
			"bytes, until lam_net_prepare() or the first update");
	else
		print_bytes(out, "moments", m.moments);
	print_bytes(out, "packed", m.packed);
	print_bytes(out, "activations", m.activations);
	print_bytes(out, "scratch", m.scratch);
	print_bytes(out, "buffers", m.buffers);
	print_bytes(out, "total", m.total);
	return ferror(out)
		? lam_fail(LAM_ERR_IO, "lam_net_summary: the stream refused to take the table")
		: LAM_OK;
}
