/* SPDX-License-Identifier: MIT */
/* Runs of lam_fit() whose callbacks call on, and what is shown of a net. */
#include "tests/fuzz/fuzz_calls.h"

/* What a callback may not do to the net of its run. */
static bool is_forbidden(const char *call)
{
	static const char *const names[] = {"forward (train)", "backward", "update", "step",
		"backward_from", "fit", "accumulate", "step_io", "loop", NULL};
	int i = 0;
	while (names[i] && strcmp(names[i], call))
		i++;
	return names[i];
}

/* A call within a run, and whether the run ends. */
static bool call_within(struct world *w)
{
	if (take(&w->source, 2)) {
		const struct call *call = fuzz_take_call(w);
		const uint64_t before = fuzz_values_sum(w->net);
		const lam_status status = call->run(w);
		if (is_forbidden(call->name) && !status)
			fuzz_wrong("a callback did what it may not do");
		if ((is_forbidden(call->name) || (status && call->keeps))
			&& before != fuzz_values_sum(w->net))
			fuzz_wrong("what was refused has changed values");
		fuzz_add(w, &status, sizeof status);
	}
	if (!take(&w->source, 16))
		lam_net_free(w->net);
	return !take(&w->source, 8);
}

static bool within(const lam_progress *progress, void *data)
{
	struct world *w = data;
	if (progress->net != w->net)
		fuzz_wrong("the progress of another net");
	fuzz_add(w, &progress->batch_loss, sizeof progress->batch_loss);
	fuzz_add(w, &progress->gradient_norm, sizeof progress->gradient_norm);
	return call_within(w);
}

static void add_report(struct world *w, const lam_report *report)
{
	fuzz_add(w, &report->epochs, sizeof report->epochs);
	fuzz_add(w, &report->steps, sizeof report->steps);
	fuzz_add(w, &report->train.loss, sizeof report->train.loss);
	fuzz_add(w, &report->validation.loss, sizeof report->validation.loss);
	fuzz_add(w, &report->best_loss, sizeof report->best_loss);
	fuzz_add(w, &report->stop, sizeof report->stop);
}

lam_status fuzz_call_fit(struct world *w)
{
	struct source *s = &w->source;
	const bool outer = !w->fits;
	const int64_t count = w->data ? lam_dataset_count(w->data) : 1;
	lam_report report = {.steps = 0};
	w->has_checkpoint = outer ? !take(s, 6) : w->has_checkpoint;
	w->fits = true;
	const lam_status status = lam_fit(w->net, w->data, &report, .epochs = 1 + take(s, 2),
		.batch = take(s, 8) ? (count + 1) / 2 : take(s, 8),
		.validation = take(s, 3) ? NULL : w->data, .optimizer = w->optimizer,
		.schedule = take(s, 3) ? (lam_schedule){.size = 0} : lam_cosine(),
		.clip = take(s, 3) ? 0 : 0.5,
		.augment = {.shift = !take(s, 6), .flip = !take(s, 6)}, .no_shuffle = take(s, 2),
		.drop_last = !take(s, 4), .patience = take(s, 3),
		.checkpoint = outer && w->has_checkpoint ? fuzz_written() : NULL,
		.checkpoint_every = take(s, 3), .step_end = take(s, 2) ? within : NULL,
		.step_end_data = w, .epoch_end = take(s, 4) ? NULL : within, .epoch_end_data = w);
	w->n = 1;
	if (!outer)
		return status;
	w->fits = false;
	if (w->has_checkpoint) {
		struct fuzz_saved saved = fuzz_take_saved();
		if (saved.bytes) {
			free(w->saved.bytes);
			w->saved = saved;
		} else if (!status && !w->starves) {
			fuzz_wrong("a run without its checkpoint");
		}
	}
	w->has_checkpoint = false;
	add_report(w, &report);
	return status;
}

/* Tables are printable, lines apart. */
static lam_status show(struct world *w, lam_status (*write)(const lam_net *net, FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	if (!stream)
		abort();
	const lam_status status = write(w->net, stream);
	fclose(stream);
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\n' && ((unsigned char)text[i] < ' ' || text[i] == 127))
			fuzz_wrong("a table with a control character");
	free(text);
	return status;
}

lam_status fuzz_call_summary(struct world *w)
{
	return show(w, lam_net_summary);
}

lam_status fuzz_call_profile(struct world *w)
{
	switch (take(&w->source, 4)) {
	case 0:
		return lam_net_profile_stop(w->net);
	case 1:
		return show(w, lam_net_profile);
	default:
		return lam_net_profile_start(w->net);
	}
}

/* Of a small layer. Whether it passes is the layer's matter: it may have any options. */
lam_status fuzz_call_gradcheck(struct world *w)
{
	if (take(&w->source, 4))
		return LAM_OK;
	const lam_shape in = LAM_SHAPE(1 + take(&w->source, 3), 1 + take(&w->source, 3));
	lam_shape out;
	lam_gradcheck_report report = {.checked = 0};
	const lam_status status = lam_gradcheck(fuzz_compose_leaf(&w->source, in, &out), in,
		&report, .batch = 1 + take(&w->source, 2), .most = 2, .seed = 5);
	if (!status && !report.checked && report.max_error > 0)
		fuzz_wrong("an error of nothing");
	fuzz_add(w, &report.checked, sizeof report.checked);
	fuzz_add(w, &report.wrong, sizeof report.wrong);
	return status;
}
