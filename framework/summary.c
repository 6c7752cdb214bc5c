/* What a net is made of, as a table, and how many bytes it has. */
#include "framework/memory.h"
#include "framework/net_inside.h"

#include <inttypes.h>
#include <string.h>

static int64_t target_bytes(const lam_net *net)
{
	return net->target_copy ? net->max_batch * (int64_t)net->target_bytes : 0;
}

void lam_net_memory_of(const lam_net *net, lam_net_memory *memory, size_t memory_size)
{
	if (!net || !memory)
		return;
	const lam_plan *plan = &net->plan;
	const int64_t real = sizeof(lam_real);
	const lam_slot_info *in = &plan->slots[0], *out = &plan->slots[plan->output];
	lam_net_memory m = {.size = sizeof m};
	m.parameters = net->values ? plan->param_values * real : 0;
	m.states = net->states ? plan->state_values * real : 0;
	m.gradients = (net->grads ? plan->param_values * real : 0) + (net->fresh ? plan->param_values * real : 0);
	m.packed = plan->packed_bytes;
	m.activations = plan->block_bytes * net->max_blocks;
	m.scratch = plan->scratch_bytes * net->threads + plan->shared_bytes;
	m.buffers = in->features * LAM_LANES * real * net->max_blocks + out->features * real * net->max_batch
		+ (net->plan.input_grad ? in->features * real * net->max_batch : 0) + target_bytes(net);
	for (int k = 0; k < LAM_MAX_MOMENTS; k++)
		m.moments += net->moments[k] ? plan->param_values * real : 0;
	m.total = m.parameters + m.states + m.gradients + m.packed + m.activations + m.scratch + m.buffers + m.moments;
	memcpy(memory, &m, memory_size < sizeof m ? memory_size : sizeof m);
}

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
		return lam_fail(LAM_ERR_ARGUMENT, "lam_net_summary: the %s is NULL", net ? "stream" : "net");
	const lam_plan *plan = &net->plan;
	int64_t total = 0;
	fprintf(out, "%-16s %-24s %-14s %12s\n", "name", "layer", "output", "parameters");
	fprintf(out, "%-16s %-24s %-14s %12s\n", "", "input", lam_shape_text(plan->slots[0].shape).text, "");
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		int64_t params = call_params(plan, call);
		total += params;
		fprintf(out, "%-16s %-24s %-14s %12" PRId64 "\n", call->path, call->layer_class->kind,
			lam_shape_text(plan->slots[call->out].shape).text, params);
	}
	fprintf(out, "%" PRId64 " parameters; at most %" PRId64 " samples per step on %d thread%s%s\n", total, net->max_batch, net->threads,
		net->threads == 1 ? "" : "s", net->plan.inference ? ", for inference" : "");
	lam_net_memory m;
	lam_net_memory_of(net, &m, sizeof m);
	print_bytes(out, "parameters", m.parameters + m.states);
	print_bytes(out, "gradients", m.gradients);
	print_bytes(out, "moments", m.moments);
	print_bytes(out, "packed", m.packed);
	print_bytes(out, "activations", m.activations);
	print_bytes(out, "scratch", m.scratch);
	print_bytes(out, "buffers", m.buffers);
	print_bytes(out, "total", m.total);
	return ferror(out) ? lam_fail(LAM_ERR_IO, "lam_net_summary: the stream refused to take the table") : LAM_OK;
}
