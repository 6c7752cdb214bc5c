/* SPDX-License-Identifier: MIT */
/* Results are bit-identical whatever the number of threads, the layers around, the net's max_batch,
 * one call or three, the other samples of the batch, or a file between two steps. */
#include "tests/battery/battery.h"

#include <lamina.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All results of three training steps, an evaluation with its gradients, and a prediction, one
 * array after another. */
struct bits {
	lam_real *values;
	int64_t count, room;
};

static void keep(struct bits *bits, const lam_real *values, int64_t count)
{
	for (int64_t i = 0; values && i < count && bits->count < bits->room; i++)
		bits->values[bits->count++] = values[i];
}

enum { STEPS = 3 };

static bool bits_take(struct bits *bits, const struct trial *t)
{
	bits->count = 0;
	bits->room = t->n
			* ((STEPS + 2) * lam_shape_count(&t->out)
				+ (STEPS + 1) * lam_shape_count(&t->in))
		+ STEPS;
	for (int i = 0; i < t->params; i++)
		bits->room += 4 * trial_elements(t, i);
	bits->room += 2 * t->states * t->state_values;
	bits->values = calloc((size_t)bits->room, sizeof *bits->values);
	return bits->values;
}

/* One training step, in one call (only for losses) or three. */
static lam_status train(lam_net *net, const struct trial *t, const struct rows *rows,
	const lam_optimizer *rule, bool at_once)
{
	if (at_once)
		return lam_net_step(net, rule, rows->x, rows->targets, t->n);
	lam_status status = lam_net_forward(net, LAM_TRAIN, rows->x, rows->targets, t->n);
	if (!status)
		status = net_backward(net, rows);
	return status ? status : lam_net_update(net, rule);
}

static void keep_params(struct bits *bits, lam_net *net, const struct trial *t)
{
	for (int i = 0; i < t->params; i++) {
		keep(bits, lam_param_value(lam_net_param(net, i)), trial_elements(t, i));
		keep(bits, lam_param_grad(lam_net_param(net, i)), trial_elements(t, i));
	}
	for (int i = 0; i < t->states; i++)
		keep(bits, lam_param_value(lam_net_state(net, i)), t->state_values);
}

static lam_status run(lam_net *net, const struct trial *t, const struct rows *rows, bool at_once,
	struct bits *bits)
{
	int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out);
	lam_optimizer rule = lam_sgd(.lr = 0.05f, .momentum = 0.5f);
	lam_status status = net_take(net, t);
	for (int step = 0; !status && step < STEPS; step++) {
		status = train(net, t, rows, &rule, at_once);
		if (status)
			break;
		lam_real loss = (lam_real)(rows->targets ? lam_net_loss(net) : 0);
		keep(bits, &loss, 1);
		keep(bits, lam_net_output(net), out);
		keep(bits, lam_net_input_grad(net), in);
	}
	if (status)
		return status;
	keep_params(bits, net, t);
	status = lam_net_forward(net, LAM_EVAL, rows->x, rows->targets, t->n);
	if (!status)
		status = net_backward(net, rows);
	if (status)
		return status;
	keep(bits, lam_net_output(net), out);
	keep(bits, lam_net_input_grad(net), in);
	keep_params(bits, net, t);
	lam_real *y = malloc((size_t)out * sizeof *y);
	status = y ? lam_net_predict(net, rows->x, t->n, y) : LAM_ERR_MEMORY;
	if (!status)
		keep(bits, y, out);
	free(y);
	return status;
}

/* Returns a complaint, or NULL when the bits are equal. */
static const char *same(
	const struct trial *t, const struct bits *a, const struct bits *b, const char *what)
{
	if (a->count != b->count || a->count != a->room)
		return complain(t, "%s: %" PRId64 " values, not %" PRId64, what, b->count, a->room);
	for (int64_t i = 0; i < a->count; i++)
		if (memcmp(&a->values[i], &b->values[i], sizeof *a->values) != 0)
			return complain(t,
				"%s: value %" PRId64 " of %" PRId64 " is %.17g, not %.17g", what, i,
				a->count, (double)b->values[i], (double)a->values[i]);
	return NULL;
}

static const char *compare_settings(
	const struct trial *t, const struct rows *rows, struct bits *first, struct bits *other)
{
	static const struct {
		const char *what;
		struct setting setting;
		bool at_once;
	} table[] = {
		{"2 threads", {.threads = 2}, false},
		{"3 threads", {.threads = 3}, false},
		{"4 threads", {.threads = 4}, false},
		{"7 threads", {.threads = 7}, false},
		{"16 threads", {.threads = 16}, false},
		{"room for a larger batch", {.threads = 2, .spare = 40}, false},
		{"between two layers", {.threads = 2, .between = true}, false},
		{"steps of one call, 1 thread", {.threads = 1}, true},
		{"steps of one call, 16 threads", {.threads = 16}, true},
	};
	lam_net *net = trial_net(t, &(struct setting){.threads = 1});
	lam_status status = net ? run(net, t, rows, false, first) : LAM_ERR_ARGUMENT;
	lam_net_free(net);
	if (status)
		return complain(t, "%s", lam_error());
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if ((table[i].at_once && !rows->targets)
			|| (table[i].setting.between && t->subject->traits & SUBJECT_RANDOM))
			continue;
		other->count = 0;
		net = trial_net(t, &table[i].setting);
		status = net ? run(net, t, rows, table[i].at_once, other) : LAM_ERR_ARGUMENT;
		lam_net_free(net);
		if (status)
			return complain(t, "%s: %s", table[i].what, lam_error());
		const char *complaint = same(t, first, other, table[i].what);
		if (complaint)
			return complaint;
	}
	return NULL;
}

/* Checks that each sample, alone and at other positions of the batch, gives the same as with all
 * the others. */
static const char *compare_company(const struct trial *t, const struct rows *rows)
{
	int64_t in = lam_shape_count(&t->in), out = lam_shape_count(&t->out);
	lam_net *net = trial_net(t, &(struct setting){.threads = 2});
	lam_real *y = calloc((size_t)(t->n * out), sizeof *y),
		 *alone = calloc((size_t)(t->n * out), sizeof *alone);
	const char *complaint = NULL;
	if (!net || !y || !alone || net_take(net, t) || lam_net_predict(net, rows->x, t->n, y))
		complaint = complain(t, "%s", lam_error());
	for (int64_t s = 0; !complaint && s < t->n; s++) {
		int64_t count = s % 3 == 2 ? t->n - s : 1;
		if (lam_net_predict(net, rows->x + s * in, count, alone))
			complaint = complain(t, "%s", lam_error());
		else if (memcmp(alone, y + s * out, (size_t)(count * out) * sizeof *y) != 0)
			complaint = complain(t,
				"sample %" PRId64 " is predicted otherwise in a batch of %" PRId64,
				s, count);
	}
	lam_net_free(net);
	free(y);
	free(alone);
	return complaint;
}

/* Runs one step. Stores its results, and those of a prediction after it, in `bits`. */
static lam_status last_step(
	lam_net *net, const struct trial *t, const struct rows *rows, struct bits *bits)
{
	int64_t out = t->n * lam_shape_count(&t->out);
	lam_status status = LAM_OK;
	if (!(t->subject->traits & SUBJECT_RANDOM)) {
		lam_optimizer rule = lam_sgd(.lr = 0.05f);
		status = train(net, t, rows, &rule, false);
		keep_params(bits, net, t);
	}
	lam_real *y = malloc((size_t)out * sizeof *y);
	if (!status)
		status = y ? lam_net_predict(net, rows->x, t->n, y) : LAM_ERR_MEMORY;
	if (!status)
		keep(bits, y, out);
	free(y);
	return status;
}

/* Runs two steps, saves and loads the net, and runs a third step of both nets. The file holds no
 * moments and no count of steps. So the third step uses a rule without moments, and a layer that
 * draws random numbers only predicts. */
static lam_status continue_from(const struct trial *t, const struct rows *rows, const char *path,
	struct bits *stayed, struct bits *loaded)
{
	lam_optimizer rule = lam_sgd(.lr = 0.05f, .momentum = 0.5f);
	lam_net *net = trial_net(t, &(struct setting){.threads = 2}), *copy = NULL;
	lam_status status = net ? net_take(net, t) : LAM_ERR_ARGUMENT;
	for (int step = 0; !status && step + 1 < STEPS; step++)
		status = train(net, t, rows, &rule, false);
	if (!status)
		status = lam_net_save(net, path);
	if (!status
		&& !(copy = lam_net_load(path, .max_batch = (int)trial_room(t, 0),
			     .input_grad = true, .threads = 2)))
		status = LAM_ERR_FORMAT;
	if (!status)
		status = last_step(net, t, rows, stayed);
	if (!status)
		status = last_step(copy, t, rows, loaded);
	lam_net_free(copy);
	lam_net_free(net);
	return status;
}

const char *battery_saved(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, false);
	if (!t)
		return "no memory";
	struct rows rows;
	struct bits stayed = {0}, loaded = {0};
	char path[100];
	snprintf(path, sizeof path, "battery-%ld.npz", (long)getpid());
	const char *complaint = NULL;
	if (!rows_take(&rows, t) || !bits_take(&stayed, t) || !bits_take(&loaded, t))
		complaint = "no memory";
	else if (continue_from(t, &rows, path, &stayed, &loaded))
		complaint = complain(t, "%s", lam_error());
	else if (stayed.count == 0 || stayed.count != loaded.count
		|| memcmp(stayed.values, loaded.values, (size_t)stayed.count * sizeof(lam_real))
			!= 0)
		complaint = complain(t, "a net that was saved and loaded goes on otherwise");
	unlink(path);
	free(stayed.values);
	free(loaded.values);
	rows_free(&rows);
	trial_free(t);
	return complaint;
}

const char *battery_bits(const struct subject *subject, int number)
{
	struct trial *t = trial_new(subject, number, false);
	if (!t)
		return "no memory";
	struct rows rows;
	struct bits first = {0}, other = {0};
	const char *complaint = "no memory";
	if (rows_take(&rows, t) && bits_take(&first, t) && bits_take(&other, t))
		complaint = compare_settings(t, &rows, &first, &other);
	if (!complaint)
		complaint = compare_company(t, &rows);
	free(first.values);
	free(other.values);
	rows_free(&rows);
	trial_free(t);
	return complaint;
}
