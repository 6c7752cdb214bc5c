/* SPDX-License-Identifier: MIT */
/* Writes a checkpoint while the training goes on: copies the state, then writes the copy on a
 * thread of its own.
 *
 * The thread opens no parallel region and reads only such parts of the net as never change, so the
 * steps stay bit-identical. */
#include "framework/train/checkpoint_inside.h"

#include "framework/memory.h"
#include "framework/model/architecture.h"
#include "framework/threads/start.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct lam_checkpoint_writer {
	lam_net *net;
	const char *path;
	lam_file_lock *lock;
	pid_t process; /* the one whose threads are here */
	lam_snapshot copy;
	/* The net's arrays that the copy was sized for: it is made of no others. */
	lam_arena params, states;
	const lam_real *moments[LAM_MAX_MOMENTS];
	const lam_copy *kept;
	bool damaged; /* the file at `path` must not become the previous one */
	bool running; /* `thread` must be joined */
	pthread_t thread;
	/* The last write's, until it is returned; the thread owns it while it runs. */
	lam_status status;
	char sentence[512];
};

static bool allocate(lam_checkpoint_writer *writer)
{
	lam_snapshot *copy = &writer->copy;
	const lam_net *net = copy->net = writer->net;
	const lam_arena params = writer->params = lam_net_params(net),
			states = writer->states = lam_net_states(net);
	copy->rule = lam_net_rule_text(net); /* stays as it is while the run lasts */
	copy->architecture = lam_architecture_write(lam_net_model(net), lam_net_input_shape(net));
	if (!copy->architecture)
		return false;
	if (!(copy->params = lam_alloc((size_t)params.size, sizeof(lam_real))))
		return false;
	if (!(copy->states = lam_alloc((size_t)states.size, sizeof(lam_real))))
		return false;
	if (!(copy->settings = lam_alloc((size_t)params.count, sizeof *copy->settings)))
		return false;
	if (!(copy->rates = lam_alloc(
		      (size_t)params.count * LAM_RATE_COLUMNS, sizeof *copy->rates)))
		return false;
	if (!(copy->losses = lam_alloc(
		      (size_t)(lam_net_loss_count(net) * LAM_LOSS_COLUMNS), sizeof *copy->losses)))
		return false;
	for (int m = 0; m < LAM_MAX_MOMENTS && lam_net_moment(net, m); m++) {
		writer->moments[m] = lam_net_moment(net, m);
		if (!(copy->moments[m] = lam_alloc((size_t)params.size, sizeof(lam_real))))
			return false;
	}
	for (int k = 0; k < LAM_KEPT; k++)
		if (writer->kept && writer->kept[k].params && lam_copy_new(&copy->kept[k], net))
			return false;
	return true;
}

lam_checkpoint_writer *lam_checkpoint_writer_new(
	lam_net *net, const char *path, lam_file_lock *lock, bool damaged, const lam_copy *kept)
{
	lam_checkpoint_writer *writer = lam_alloc(1, sizeof *writer);
	if (!writer)
		return NULL;
	writer->net = net;
	writer->path = path;
	writer->lock = lock;
	writer->process = getpid();
	writer->damaged = damaged;
	writer->kept = kept;
	if (allocate(writer))
		return writer;
	lam_checkpoint_writer_free(writer);
	return NULL;
}

static void copy_losses(lam_snapshot *copy, lam_net *net, const lam_fit_state *state)
{
	const int losses = lam_net_loss_count(net);
	const lam_tally none = {0};
	copy->has_losses = losses > 1;
	for (int i = 0; i < losses; i++) {
		const lam_tally *sums = state->epoch_step ? lam_net_tally(net, i, LAM_TRAINED)
							  : &none;
		double *row = copy->losses + (ptrdiff_t)i * LAM_LOSS_COLUMNS;
		row[LAM_LOSS_WEIGHT] = (double)lam_net_loss_weight(net, i);
		row[LAM_LOSS_SUM] = sums->loss;
		row[LAM_LOSS_RIGHT] = sums->right;
		row[LAM_LOSS_DIVISOR] = sums->weight;
		row[LAM_LOSS_SCORED] = (double)sums->scored;
		copy->has_losses |= lam_net_loss_weight(net, i) != lam_net_made_weight(net, i);
	}
}

static void copy_settings(lam_snapshot *copy, const lam_arena *params)
{
	copy->has_rates = false;
	for (int i = 0; i < params->count; i++) {
		const struct lam_param *param = params->params[i];
		double *rates = copy->rates + (ptrdiff_t)i * LAM_RATE_COLUMNS;
		copy->settings[i] = (param->trainable ? LAM_PARAM_TRAINS : 0)
			| (param->decay > 0 ? LAM_PARAM_DECAYS : 0);
		rates[LAM_RATE_LR] = (double)param->rate;
		rates[LAM_RATE_DECAY] = (double)param->decay;
		copy->has_rates |= param->rate != 1 || (param->decay != 1 && param->decay != 0);
	}
}

static void take_copy(lam_checkpoint_writer *writer, const lam_fit_state *state)
{
	lam_snapshot *copy = &writer->copy;
	const lam_arena params = writer->params, states = writer->states;
	lam_copy_reals(copy->params, params.values, params.size);
	lam_copy_reals(copy->states, states.values, states.size);
	for (int m = 0; m < LAM_MAX_MOMENTS && copy->moments[m]; m++)
		lam_copy_reals(copy->moments[m], writer->moments[m], params.size);
	copy_settings(copy, &params);
	for (int k = 0; k < LAM_KEPT; k++)
		if (copy->kept[k].params) {
			lam_copy_reals(copy->kept[k].params, writer->kept[k].params, params.size);
			lam_copy_reals(copy->kept[k].states, writer->kept[k].states, states.size);
		}
	copy_losses(copy, writer->net, state);
	copy->state = *state;
	const bool open = lam_fit_state_format2(state) || copy->has_rates || copy->rule;
	copy->format = open ? LAM_FORMAT_OPEN : LAM_FORMAT_FIRST;
}

static void *write_copy(void *data)
{
	lam_checkpoint_writer *writer = data;
	writer->status = lam_checkpoint_save(
		&writer->copy, writer->path, writer->lock, writer->damaged);
	/* lam_error() belongs to a thread: copy the sentence for the caller's. */
	if (writer->status)
		snprintf(writer->sentence, sizeof writer->sentence, "%s", lam_error());
	else
		writer->damaged = false;
	return NULL;
}

static void join(lam_checkpoint_writer *writer)
{
	if (writer->running && writer->process == getpid()) /* a forked child has no such thread */
		pthread_join(writer->thread, NULL);
	writer->running = false;
}

lam_status lam_checkpoint_wait(lam_checkpoint_writer *writer)
{
	join(writer);
	const lam_status status = writer->status;
	writer->status = LAM_OK;
	return status ? lam_fail(status, "%s", writer->sentence) : LAM_OK;
}

lam_status lam_checkpoint_write(lam_checkpoint_writer *writer, const lam_fit_state *state)
{
	lam_status status = lam_checkpoint_wait(writer);
	if (!status && writer->lock)
		status = lam_file_lock_held(writer->lock);
	if (status)
		return status;
	take_copy(writer, state);
	writer->running = lam_thread_start(&writer->thread, NULL, write_copy, writer);
	if (!writer->running) /* no thread could be started: training waits for the write */
		write_copy(writer);
	return LAM_OK;
}

void lam_checkpoint_writer_free(lam_checkpoint_writer *writer)
{
	if (!writer)
		return;
	join(writer);
	lam_free(writer->copy.architecture);
	lam_free(writer->copy.params);
	lam_free(writer->copy.states);
	lam_free(writer->copy.settings);
	lam_free(writer->copy.rates);
	lam_free(writer->copy.losses);
	for (int m = 0; m < LAM_MAX_MOMENTS; m++)
		lam_free(writer->copy.moments[m]);
	for (int k = 0; k < LAM_KEPT; k++)
		lam_copy_free(&writer->copy.kept[k]);
	lam_free(writer);
}
