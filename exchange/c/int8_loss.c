/* SPDX-License-Identifier: MIT */
/* What a net of int8 loses: its outputs beside the net's, on samples. */
#include "exchange/c/int8.h"

#include "framework/memory.h"
#include "framework/net/targets.h"

#include <math.h>

struct rows {
	lam_real *x, *y;
	float *from, *to;
	int8_t *arena;
	int64_t values, outputs;
};

static int64_t best(const lam_real *y, const float *z, int64_t count)
{
	int64_t at = 0;
	for (int64_t i = 1; i < count; i++)
		if (y ? y[i] > y[at] : z[i] > z[at])
			at = i;
	return at;
}

/* Probabilities in place of logits, channel by channel of each place. */
static void softmax(float *y, int64_t channels, int64_t places)
{
	for (int64_t p = 0; p < places; p++) {
		float sum = 0, most = y[p];
		for (int64_t c = 1; c < channels; c++)
			most = fmaxf(most, y[c * places + p]);
		for (int64_t c = 0; c < channels; c++)
			sum += y[c * places + p] = expf(y[c * places + p] - most);
		for (int64_t c = 0; c < channels; c++)
			y[c * places + p] /= sum;
	}
}

static void compare(const struct rows *rows, int32_t class_index, lam_c_loss *loss)
{
	double most = 0, worst = 0;
	for (int64_t i = 0; i < rows->outputs; i++) {
		most = fmax(most, fabs((double)rows->y[i]));
		worst = fmax(worst, fabs((double)rows->y[i] - (double)rows->to[i]));
	}
	loss->difference = fmax(loss->difference, most > 0 ? worst / most : 0);
	loss->net += best(rows->y, NULL, rows->outputs) == class_index;
	loss->int8 += best(NULL, rows->to, rows->outputs) == class_index;
}

static lam_status rows_new(const lam_c_graph *graph, struct rows *rows)
{
	const lam_plan *plan = graph->plan;
	rows->values = plan->slots[0].features;
	rows->outputs = plan->slots[plan->outputs[0].slot].features;
	rows->x = lam_alloc((size_t)rows->values, sizeof *rows->x);
	rows->y = lam_alloc((size_t)rows->outputs, sizeof *rows->y);
	rows->from = lam_alloc((size_t)rows->values, sizeof *rows->from);
	rows->to = lam_alloc((size_t)rows->outputs, sizeof *rows->to);
	rows->arena = lam_alloc((size_t)graph->arena, 1);
	return rows->x && rows->y && rows->from && rows->to && rows->arena ? LAM_OK
									   : LAM_ERR_MEMORY;
}

static void rows_free(struct rows *rows)
{
	lam_free(rows->x);
	lam_free(rows->y);
	lam_free(rows->from);
	lam_free(rows->to);
	lam_free(rows->arena);
}

lam_status lam_c_int8_compare(
	lam_c_graph *graph, lam_net *net, const lam_dataset *dataset, int64_t samples)
{
	lam_c_loss *loss = &graph->int8->loss;
	const lam_target_info targets = lam_dataset_targets(dataset);
	const bool classes = targets.type == LAM_CLASSES && targets.shape.rank == 0;
	const lam_plan *plan = graph->plan;
	const int64_t all = lam_dataset_count(dataset),
		      channels = plan->slots[plan->outputs[0].slot].shape.dim[0];
	const int64_t ignored = lam_target_ignored(&targets);
	int64_t scored = 0;
	struct rows rows = {0};
	lam_net *replica = lam_net_replica(net, .max_batch = 1, .inference = true);
	lam_status status = replica ? rows_new(graph, &rows) : lam_error_status();
	*loss = (lam_c_loss){.samples = samples < all ? samples : all};
	for (int64_t i = 0; i < loss->samples && !status; i++) {
		int32_t class_index = -1;
		status = lam_dataset_read(
			dataset, i * all / loss->samples, rows.x, classes ? &class_index : NULL);
		if (!status)
			status = lam_net_predict(replica, rows.x, 1, rows.y);
		if (status)
			break;
		for (int64_t k = 0; k < rows.values; k++)
			rows.from[k] = (float)rows.x[k];
		lam_c_int8_run(graph, rows.from, rows.arena, rows.to);
		if (graph->int8->logits)
			softmax(rows.to, channels, rows.outputs / channels);
		scored += class_index != ignored;
		compare(&rows, class_index == ignored ? -1 : class_index, loss);
	}
	loss->net = classes && scored ? loss->net / (double)scored : (double)NAN;
	loss->int8 = classes && scored ? loss->int8 / (double)scored : (double)NAN;
	rows_free(&rows);
	lam_net_free(replica);
	return status;
}
