/* SPDX-License-Identifier: MIT */
#include "framework/check/examine.h"

#include "framework/kernels/sizes.h"
#include "framework/net/place.h"
#include "framework/net/use.h"
#include "framework/net/walk.h"

#include <math.h>

/* Examines arrays, and hands a row of figures on each to the caller. */
typedef struct examiner {
	lam_net *net;
	const lam_replay_row *row_of;
	bool (*row)(const lam_replay_row *row, void *data);
	void *data;
	bool enough;
	/* LAM_ERR_NUMERIC: an array was not finite; `sentence` names the first one */
	lam_status status;
	char sentence[300];
} examiner;

static void count_value(lam_replay_row *row, double value)
{
	row->count++;
	if (isnan(value)) {
		row->nans++;
	} else if (isinf(value)) {
		row->infinities++;
	} else {
		row->least = value < row->least || isnan(row->least) ? value : row->least;
		row->most = value > row->most || isnan(row->most) ? value : row->most;
		row->mean += value;
	}
}

static lam_replay_row begin_row(
	const examiner *e, lam_replay_what what, const char *layer, const char *param)
{
	lam_replay_row row = e->row_of ? *e->row_of : (lam_replay_row){0};
	row.size = sizeof row;
	row.what = what;
	row.layer = layer;
	row.param = param;
	row.least = row.most = NAN;
	return row;
}

static void note_first(examiner *e, const lam_replay_row *row)
{
	static const char *const format[] = {
		[LAM_REPLAY_INPUT] = "the input of %s is not finite",
		[LAM_REPLAY_PARAM] = "a parameter of %s, \"%s\", is not finite",
		[LAM_REPLAY_OUTPUT] = "the output of %s is not finite",
		[LAM_REPLAY_LOSS] = "the loss %s is not finite",
		[LAM_REPLAY_PARAM_GRADIENT] =
			"the gradient of a parameter of %s, \"%s\", is not finite",
		[LAM_REPLAY_INPUT_GRADIENT] = "the gradient of the input of %s is not finite",
		[LAM_REPLAY_SUMMED_GRADIENT] = ("the gradient of the input of %s, summed over all "
						"layers that read it, is not finite"),
	};
	e->status = LAM_ERR_NUMERIC;
	snprintf(e->sentence, sizeof e->sentence, format[row->what], row->layer,
		row->param ? row->param : "");
}

static void end_row(examiner *e, lam_replay_row *row)
{
	int64_t finite = row->count - row->nans - row->infinities;
	row->mean = finite ? row->mean / (double)finite : NAN;
	if (finite < row->count && !e->status)
		note_first(e, row);
	e->enough = e->row ? e->row(row, e->data) : e->status != LAM_OK;
}

static void count_lanes(lam_replay_row *row, const lam_real *data, int64_t used)
{
	for (int64_t lane = 0; lane < used; lane++)
		count_value(row, (double)data[lane]);
}

/* Counts a sample's values in channel lanes or rows. */
static void see_sample(lam_replay_row *row, const lam_real *data, const lam_slot_info *slot)
{
	const int64_t channels = slot->shape.dim[0], places = slot->features / channels;
	if (slot->layout != LAM_CHANNEL_LANES) {
		count_lanes(row, data, slot->features);
		return;
	}
	for (int64_t k = 0; k < lane_blocks(channels) * places; k++)
		count_lanes(row, data + k * LAM_LANES, lanes_used(channels, k / places));
}

/* Examines the values or the gradient of a slot, without its idle lanes. */
static void see_slot(examiner *e, lam_replay_what what, const char *layer, lam_slot s, int buffer)
{
	const lam_net *net = e->net;
	const int64_t features = net->plan.slots[s].features;
	lam_place place = lam_net_place(net, buffer);
	if (e->enough)
		return;
	lam_replay_row row = begin_row(e, what, layer, NULL);
	const lam_layout layout = net->plan.slots[s].layout;
	for (int64_t first = 0; first < net->n && layout == LAM_BATCH_LANES;
		first += LAM_LANES, place.data += place.block)
		for (int64_t f = 0; f < features; f++)
			count_lanes(
				&row, place.data + f * LAM_LANES, least(net->n - first, LAM_LANES));
	for (int64_t i = 0; i < net->n && layout != LAM_BATCH_LANES; i++)
		see_sample(&row, place.data + i * place.block, &net->plan.slots[s]);
	end_row(e, &row);
}

static void see_params(examiner *e, lam_replay_what what, const char *layer, const lam_call *call)
{
	for (int k = 0; k < call->params && !e->enough; k++) {
		const struct lam_param *param = e->net->plan.params[call->first_param + k];
		const lam_real *values = what == LAM_REPLAY_PARAM ? param->value : call->dw[k];
		if (!values)
			continue;
		lam_replay_row row = begin_row(e, what, layer, param->name);
		for (int64_t i = 0; i < param->count; i++)
			count_value(&row, (double)values[i]);
		end_row(e, &row);
	}
}

static void see_loss(examiner *e, int loss, const char *layer)
{
	if (e->enough)
		return;
	lam_replay_row row = begin_row(e, LAM_REPLAY_LOSS, layer, NULL);
	double sum = 0;
	const lam_call *call = &e->net->plan.calls[e->net->plan.losses[loss].call];
	for (int64_t b = 0; b < lam_call_blocks(call, e->net->n); b++)
		sum += e->net->losses[loss].sums[b];
	const double count = e->net->losses[loss].count;
	count_value(&row, count > 0 ? sum / count : 0);
	end_row(e, &row);
}

/* Examines the gradient of a slot with several readers. Their parts are added one by one, and each
 * addition gives a row. */
static void see_sum(examiner *e, const lam_gradient_sum *sum)
{
	const lam_call *call = &e->net->plan.calls[sum->call];
	see_slot(e, LAM_REPLAY_SUMMED_GRADIENT, lam_call_title(call).text,
		call->in[sum->input].slot, sum->to);
}

/* Examines what a task has written. With `before`, examines what the task will read and no other
 * task wrote. */
static void see_task(examiner *e, const lam_task *task, bool before)
{
	if (task->kind == TASK_SUM && !before)
		see_sum(e, &e->net->plan.sums[task->index]);
	if (!lam_task_of_call(task))
		return;
	const lam_call *call = &e->net->plan.calls[task->index];
	const lam_call_name title = lam_call_title(call);
	if (before) {
		if (task->kind == TASK_FORWARD)
			see_params(e, LAM_REPLAY_PARAM, title.text, call);
		return;
	}
	if (task->kind == TASK_FORWARD) {
		see_slot(e, LAM_REPLAY_OUTPUT, title.text, call->out,
			e->net->plan.slots[call->out].buffer);
		if (call->loss >= 0 && e->net->losses[call->loss].targets)
			see_loss(e, call->loss, title.text);
	}
	if (task->kind == TASK_GRADIENT || (task->kind == TASK_BACKWARD && !call->gradient))
		see_params(e, LAM_REPLAY_PARAM_GRADIENT, title.text, call);
	for (int k = 0; k < call->inputs && task->kind == TASK_BACKWARD; k++)
		if (call->in[k].dx != BUFFER_NONE)
			see_slot(e, LAM_REPLAY_INPUT_GRADIENT, title.text, call->in[k].slot,
				call->in[k].dx);
}

lam_status lam_net_examine(lam_net *net, const lam_run *run, const lam_replay_row *row_of,
	bool (*row)(const lam_replay_row *row, void *data), void *data)
{
	examiner e = {.net = net, .row_of = row_of, .row = row, .data = data};
	lam_run look = *run;
	look.what = LAM_RUN_FORWARD | LAM_RUN_BACKWARD;
	look.side = NULL;
	lam_walk walk;
	lam_net_set_running(net, true);
	lam_forget_results(net);
	lam_run_begin(&walk, net, &look);
	const int count = walk.task_count;
	bool fed = false;
	lam_status status = LAM_OK;
	walk.task_count = 1;
	for (int i = 0; i < count && !e.enough && !status; i++) {
		const lam_task *task = walk.tasks = &net->tasks[i];
		if (task->kind == TASK_FORWARD && !fed)
			for (int k = 0; k < net->plan.input_count; k++)
				see_slot(&e, LAM_REPLAY_INPUT,
					lam_call_title(&net->plan.calls[task->index]).text, k, k);
		fed |= task->kind == TASK_FORWARD;
		see_task(&e, task, true);
		status = e.enough ? LAM_OK : lam_walk_run(&walk);
		if (!status)
			see_task(&e, task, false);
	}
	lam_forget_results(net);
	lam_net_set_running(net, false);
	if (status)
		return status;
	return e.status ? lam_fail(e.status, "%s", e.sentence) : LAM_OK;
}
