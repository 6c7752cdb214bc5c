/* SPDX-License-Identifier: MIT */
/* Prints a net's layers and memory as a table. */
#include "framework/net/inside.h"

#include <inttypes.h>
#include <string.h>

static int64_t call_params(const lam_plan *plan, const lam_call *call)
{
	int64_t count = 0;
	for (int k = 0; k < call->params; k++)
		count += plan->params[call->first_param + k]->count;
	return count;
}

static void print_bytes(FILE *out, const char *what, int64_t bytes)
{
	fprintf(out, "  %-12s %15" PRId64 " bytes\n", what, bytes);
}

lam_status lam_net_summary(const lam_net *net, FILE *out)
{
	if (!net || !out)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_summary: the %s is NULL",
			net ? "stream" : "net");
	const lam_plan *plan = &net->plan;
	int64_t total = 0;
	fprintf(out, "%-16s %-24s %-14s %12s\n", "name", "layer", "output", "parameters");
	fprintf(out, "%-16s %-24s %-14s %12s\n", "", "input",
		lam_shape_text(plan->slots[0].shape).text, "");
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		int64_t params = call_params(plan, call);
		total += params;
		fprintf(out, "%-16s %-24s %-14s %12" PRId64 "\n", call->path,
			call->layer_class->kind, lam_shape_text(plan->slots[call->out].shape).text,
			params);
	}
	fprintf(out,
		"%" PRId64 " parameters; at most %" PRId64 " samples per step on %d thread%s%s\n",
		total, net->max_batch, net->threads, net->threads == 1 ? "" : "s",
		net->plan.inference ? ", for inference" : "");
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
