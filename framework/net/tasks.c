/* SPDX-License-Identifier: MIT */
/* The list of tasks of a run, in this order:
 *
 *   - pack changed parameters,
 *   - copy the input rows,
 *   - forward of each call,
 *   - from the last call to the first, what must be computed again, its parameter gradients and
 *     its input gradient; behind all of them the gradients of weights that are updated
 *     meanwhile (late.h),
 *   - of a shard, the sums of its gradients and of those before it; if a watcher sends them, these
 *     come as soon as enough gradients are there, and of several shards behind each call's,
 *   - norms and updates of the other parameters, and the average of all. */
#include "framework/net/gather.h"
#include "framework/net/late.h"
#include "framework/net/shard.h"
#include "framework/net/walk.h"
#include "framework/plan/times.h"

/* A parameter has at most five: ACCUMULATE, NORM, MEASURE, UPDATE, AVERAGE. A run that adds
 * gradients of shards updates nothing, so SHARDS and WHOLE have room. */
size_t lam_most_tasks(const lam_plan *plan)
{
	return (size_t)plan->packed_count + 3 * (size_t)plan->call_count + (size_t)plan->again_count
		+ (size_t)plan->sum_count + 5 * (size_t)plan->param_count
		+ (size_t)plan->state_count + (size_t)plan->part_count + (size_t)plan->input_count
		+ 2 * (size_t)plan->output_count + (size_t)plan->loss_count + 1;
}

static void add(lam_walk *walk, lam_task_kind kind, int index)
{
	walk->net->tasks[walk->task_count++] = (lam_task){.kind = kind, .index = index};
}

static bool trains(const lam_net *net, const lam_call *call)
{
	for (int k = 0; k < call->params; k++)
		if (net->plan.params[call->first_param + k]->trainable)
			return true;
	return false;
}

/* Changes whenever one of the parameters and states changes that a packed copy is made of. */
static uint64_t copy_version(const lam_plan *plan, const lam_packed_copy *copy)
{
	if (copy->index != LAM_CHANNEL_MAP)
		return atomic_load(plan->params[copy->param]->version);
	const lam_call *call = &plan->calls[copy->call];
	uint64_t version = 1; /* not 0, without parameters and states either */
	for (int k = 0; k < call->params; k++)
		version += atomic_load(plan->params[call->first_param + k]->version);
	for (int k = 0; k < call->states; k++)
		version += atomic_load(plan->states[call->first_state + k]->version);
	return version;
}

/* Lists the packed copies that must be made again. `all`: also those that only backward reads. */
static void list_packed(lam_walk *walk, bool all)
{
	lam_plan *plan = &walk->net->plan;
	for (int i = 0; i < plan->packed_count; i++) {
		lam_packed_copy *copy = &plan->packed[i];
		const uint64_t version = copy_version(plan, copy);
		const bool read = copy->bytes && (all || !copy->backward_only);
		if (read && copy->version != version) {
			add(walk, TASK_PACK, i);
			copy->version = version;
		}
	}
}

bool lam_copies_input(const lam_walk *walk, int k)
{
	const lam_run_input *given = &walk->run.inputs[k];
	if (!walk->net->plan.few)
		return given->rows;
	const bool later = walk->backward_may_follow && !(walk->run.what & LAM_RUN_BACKWARD);
	return given->lanes || later;
}

static void list_forward(lam_walk *walk)
{
	lam_net *net = walk->net;
	lam_plan *plan = &net->plan;
	list_packed(walk, walk->run.mode == LAM_TRAIN);
	for (int k = 0; k < plan->input_count; k++)
		if (lam_copies_input(walk, k))
			add(walk, TASK_ROWS_IN, k);
	for (int i = 0; i < plan->call_count; i++)
		if (!(plan->calls[i].layer_class->flags & LAM_VIEW) && !plan->calls[i].absorbed
			&& !plan->calls[i].laid && !plan->calls[i].deferred) {
			add(walk, TASK_FORWARD, i);
			if (lam_walk_shards(walk) > 1 && plan->calls[i].states > 0)
				add(walk, TASK_STATES, i);
		}
	for (int i = 0; walk->run.y_rows && i < plan->output_count; i++)
		if (walk->run.y_rows[i])
			add(walk, TASK_ROWS_OUT, i);
}

int lam_dy_buffer(const lam_plan *plan, int index, lam_slot *slot)
{
	const lam_plan_output *output = &plan->outputs[index];
	*slot = output->slot;
	if (output->loss < 0)
		return plan->slots[output->slot].dy;
	const lam_call *call = &plan->calls[plan->losses[output->loss].call];
	*slot = call->in[0].slot;
	return call->in[0].dx;
}

/* Marks the slots whose gradients a backward needs: those behind a parameter that is trainable, and
 * behind an input whose gradient the caller wants. */
static void mark_needed(lam_plan *plan, const lam_net *net)
{
	for (int k = 0; k < plan->input_count; k++)
		plan->slots[k].needed = plan->slots[k].wants_gradient;
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		bool needed = trains(net, call);
		for (int k = 0; k < call->inputs; k++)
			needed = needed || plan->slots[call->in[k].slot].needed;
		plan->slots[call->out].needed = needed;
	}
}

static bool runs_gradient(const lam_net *net, const lam_call *call)
{
	return call->gradient && trains(net, call);
}

static bool runs_backward(const lam_net *net, const lam_call *call)
{
	bool arithmetic = !(call->layer_class->flags & LAM_HANDS_DY_ON), wants_dx = false;
	for (int k = 0; k < call->inputs; k++) {
		arithmetic = (arithmetic && !call->in[k].range)
			|| call->in[k].copied != BUFFER_NONE;
		wants_dx = wants_dx
			|| (call->in[k].dx != BUFFER_NONE
				&& net->plan.slots[call->in[k].slot].needed);
	}
	return call->backward && arithmetic && (wants_dx || (!call->gradient && trains(net, call)));
}

const lam_call *lam_lacks_eval_backward(lam_net *net)
{
	mark_needed(&net->plan, net);
	enum { HAVE = LAM_EVAL_BACKWARD | LAM_HANDS_DY_ON };
	for (int i = net->plan.call_count - 1; i >= 0; i--) {
		const lam_call *call = &net->plan.calls[i];
		if (!(call->layer_class->flags & HAVE)
			&& (runs_gradient(net, call) || runs_backward(net, call)))
			return call;
	}
	return NULL;
}

/* Whether the host of call `i`, an epilogue, computes its backward. A host whose parameters are
 * frozen may have none of its own. */
static bool host_gates(const lam_walk *walk, int i)
{
	const lam_plan *plan = &walk->net->plan;
	return walk->run.mode == LAM_TRAIN && plan->calls[i].gated
		&& runs_backward(walk->net, &plan->calls[lam_call_host(plan, i)]);
}

/* Lists the sums over shards of parameters [first, end). */
static void list_additions(lam_walk *walk, int first, int end)
{
	const lam_plan *plan = &walk->net->plan;
	for (int i = first; i < end; i++)
		if (lam_param_trains(plan->params[i])
			&& !lam_gathers(walk->run.shard, plan, plan->params[i]->call))
			add(walk, TASK_SHARDS, i);
}

/* The same, if there is something to do that has not been done behind each call. */
static void list_sums(lam_walk *walk, int first, int end)
{
	const bool empty = !(walk->run.what & LAM_RUN_BACKWARD);
	if (lam_walk_shards(walk) == 1 && (empty || lam_shard_levels(walk->run.shard->number) > 0))
		list_additions(walk, first, end);
}

/* Lists a job of call `i` that writes its gradients. Of several shards in a run they are added
 * before the next shard's are written. */
static void list_gradient(lam_walk *walk, lam_task_kind job, int i)
{
	const lam_call *call = &walk->net->plan.calls[i];
	add(walk, job, i);
	if (lam_walk_shards(walk) > 1)
		list_additions(walk, call->first_param, call->first_param + call->params);
}

/* Lists the backward of call `i`. The caller's gradient takes the place of a loss's, which is
 * multiplied by the loss's weight. */
static void list_call_backward(lam_walk *walk, int i)
{
	const lam_plan *plan = &walk->net->plan;
	const int loss = plan->calls[i].loss;
	if (host_gates(walk, i))
		return;
	if (!plan->calls[i].gradient && plan->calls[i].params > 0)
		list_gradient(walk, TASK_BACKWARD, i);
	else if (loss < 0 || !walk->run.dy_rows)
		add(walk, TASK_BACKWARD, i);
	for (int k = 0; loss >= 0 && walk->run.dy_rows && k < plan->output_count; k++)
		if (plan->outputs[k].loss == loss)
			add(walk, TASK_DY_IN, k);
	if (loss >= 0 && !walk->run.dy_rows && plan->losses[loss].weight != 1)
		add(walk, TASK_WEIGHT, loss);
}

/* The sums of a shard that a watcher has been told of. */
struct told {
	int first;       /* of parameters from this one on */
	int whole;       /* parameters from here on are whole */
	int64_t waiting; /* values of those between */
};

/* Notes which parameters are whole after call `i`, and tells the watcher if that is worth a
 * message. A shared parameter is whole only at the end, and so nothing before it is sent sooner. */
static void tell(lam_walk *walk, int i, struct told *told)
{
	const lam_plan *plan = &walk->net->plan;
	while (told->whole > 0 && plan->params[told->whole - 1]->call >= i
		&& !plan->params[told->whole - 1]->parts)
		told->waiting += plan->params[--told->whole]->count;
	if (told->waiting < LAM_SHARD_MESSAGE)
		return;
	list_sums(walk, told->whole, told->first);
	add(walk, TASK_WHOLE, 0);
	walk->net->tasks[walk->task_count - 1].base = plan->params[told->whole]->offset;
	told->first = told->whole;
	told->waiting = 0;
}

/* Marks what must be computed again: what this backward reads, and what that is made of. */
static void mark_agains(lam_plan *plan, const lam_net *net)
{
	for (int a = 0; a < plan->again_count; a++)
		plan->agains[a].needed = false;
	for (int i = 0; i < plan->call_count; i++) {
		const lam_call *call = &plan->calls[i];
		if (!runs_gradient(net, call) && !runs_backward(net, call))
			continue;
		for (int k = 0; k < call->inputs && lam_call_has(plan, i, LAM_KEEP_X); k++)
			if (call->in[k].kept.again >= 0)
				plan->agains[call->in[k].kept.again].needed = true;
		if (call->y_kept.again >= 0 && lam_call_has(plan, i, LAM_KEEP_Y))
			plan->agains[call->y_kept.again].needed = true;
	}
	for (int a = plan->again_count - 1; a >= 0; a--) {
		const lam_again *again = &plan->agains[a];
		for (int k = 0; again->needed && k < plan->calls[again->call].inputs; k++) {
			const int source = plan->sources[again->first_source + k].again;
			if (source >= 0)
				plan->agains[source].needed = true;
		}
	}
}

/* Lists what is computed again before the backward of call `i`, from `a` on. Returns the next. */
static int list_agains(lam_walk *walk, int i, int a)
{
	const lam_plan *plan = &walk->net->plan;
	for (; a < plan->again_count && plan->agains[a].before == i; a++)
		if (plan->agains[a].needed && !plan->agains[a].nothing)
			add(walk, TASK_AGAIN, a);
	return a;
}

/* Whether the gradient of a call comes last, with the update of its weight. */
static bool is_late(const lam_walk *walk, const lam_call *call)
{
	return call->late && lam_updates_late(walk, walk->net->plan.params[call->first_param]);
}

/* Returns the number of the first parameters whose sums over shards are not listed. */
static int list_backward(lam_walk *walk)
{
	const lam_net *net = walk->net;
	const lam_plan *plan = &net->plan;
	mark_needed(&walk->net->plan, net);
	/* A forward in evaluation leaves out the copies that only backward reads. */
	if (walk->run.mode == LAM_EVAL)
		list_packed(walk, true);
	lam_slot s;
	for (int i = 0; walk->run.dy_rows && i < plan->output_count; i++)
		if (plan->outputs[i].loss < 0 && lam_dy_buffer(plan, i, &s) != BUFFER_NONE)
			add(walk, TASK_DY_IN, i);
	const bool watched = walk->run.shard && walk->run.shard->watcher;
	struct told told = {plan->param_count, plan->param_count, 0};
	int sum = 0, again = 0;
	mark_agains(&walk->net->plan, net);
	for (int i = plan->call_count - 1; i >= 0; i--) {
		const lam_call *call = &plan->calls[i];
		again = list_agains(walk, i, again);
		if (runs_gradient(net, call) && !is_late(walk, call))
			list_gradient(walk, TASK_GRADIENT, i);
		if (watched && call->gradient)
			tell(walk, i, &told);
		if (runs_backward(net, call))
			list_call_backward(walk, i);
		if (watched && !call->gradient)
			tell(walk, i, &told);
		for (; sum < plan->sum_count && plan->sums[sum].call == i; sum++)
			if (plan->slots[call->in[plan->sums[sum].input].slot].needed)
				add(walk, TASK_SUM, sum);
	}
	for (int i = plan->call_count - 1; i >= 0; i--)
		if (runs_gradient(net, &plan->calls[i]) && is_late(walk, &plan->calls[i])) {
			add(walk, TASK_GRADIENT, i);
			walk->net->tasks[walk->task_count - 1].updates = true;
		}
	for (int i = 0; i < plan->param_count; i++)
		if (plan->params[i]->trainable && plan->params[i]->parts)
			add(walk, TASK_PARTS, i);
	for (int i = 0; i < plan->param_count; i++)
		if (lam_param_trains(plan->params[i]) && lam_net_adds(net, plan->params[i]))
			add(walk, TASK_ACCUMULATE, i);
	return told.first;
}

/* Lists the sums over whole parameters that a rule needs before its updates. */
static void list_measures(lam_walk *walk)
{
	const lam_plan *plan = &walk->net->plan;
	int64_t pieces = 0;
	for (int i = 0; i < plan->param_count; i++)
		if (lam_param_trains(plan->params[i])) {
			add(walk, TASK_MEASURE, i);
			walk->net->tasks[walk->task_count - 1].base = pieces;
			pieces += lam_update_pieces(plan->params[i]->count);
		}
}

static void list_update(lam_walk *walk)
{
	const lam_plan *plan = &walk->net->plan;
	const lam_optimizer *optimizer = walk->run.optimizer; /* NULL: only counted */
	for (int i = 0; i < plan->param_count && lam_run_norms(&walk->run); i++)
		if (lam_param_trains(plan->params[i])) {
			add(walk, TASK_NORM, i);
			walk->net->tasks[walk->task_count - 1].base = walk->norm_parts;
			walk->norm_parts += lam_update_pieces(plan->params[i]->count);
		}
	if (optimizer && optimizer->rule == LAM_RULE_OWN && optimizer->rule_class->measure)
		list_measures(walk);
	for (int i = 0; i < plan->param_count; i++)
		if (lam_param_trains(plan->params[i]) && !lam_updates_late(walk, plan->params[i]))
			add(walk, TASK_UPDATE, i);
	for (int i = 0; walk->run.average && i < plan->param_count + plan->state_count; i++)
		add(walk, TASK_AVERAGE, i);
}

/* Makes this backward write its gradients to the gradient arena, or where a shard wants them. If
 * the arena holds a sum to which they will be added, they go to `fresh`. Calls that share
 * parameters write parts. */
static void bind_gradients(lam_net *net, const lam_shard_run *shard)
{
	lam_plan *plan = &net->plan;
	for (int i = 0; i < plan->param_count; i++) {
		struct lam_param *param = plan->params[i];
		lam_real *grads = shard            ? lam_shard_gradient(net, shard)
			: lam_net_adds(net, param) ? net->fresh
						   : net->grads;
		param->written = param->trainable ? grads + param->offset : NULL;
		plan->calls[param->call].dw[param->index] = param->written;
		for (int k = 0; k < param->parts; k++) {
			const lam_gradient_part *part = &plan->parts[param->first_part + k];
			plan->calls[part->call].dw[part->index] = param->trainable
				? net->parts + part->offset
				: NULL;
		}
	}
}

void lam_list_tasks(lam_walk *walk)
{
	const lam_run *run = &walk->run;
	if (run->side)
		add(walk, TASK_SIDE, 0);
	if (run->what & LAM_RUN_FORWARD)
		list_forward(walk);
	int sums = walk->net->plan.param_count;
	if (run->what & LAM_RUN_BACKWARD) {
		bind_gradients(walk->net, run->shard);
		sums = list_backward(walk);
	}
	if (run->shard)
		list_sums(walk, 0, sums);
	if (run->what & LAM_RUN_UPDATE)
		list_update(walk);
}
