/* SPDX-License-Identifier: MIT */
/* The calls of a sequence, each with arguments that are mostly good. */
#include "tests/fuzz/fuzz_calls.h"

static int64_t take_n(struct world *w)
{
	const int odd = take(&w->source, 32);
	if (odd == 31)
		return take(&w->source, MOST_SAMPLES + 1);
	return 1 + odd % (int)w->max_batch;
}

static const void *take_targets(struct world *w)
{
	if (!take(&w->source, 12))
		return NULL;
	const bool classes = (w->targets.type == LAM_CLASSES) == (take(&w->source, 24) != 0);
	return !w->has_loss ? NULL : classes ? (const void *)w->classes : (const void *)w->values;
}

void fuzz_take_optimizer(struct world *w)
{
	struct source *s = &w->source;
	const lam_real part = (lam_real)take(s, 4) / 4;
	switch (take(s, 5)) {
	case 0:
		w->optimizer = lam_adam(.lr = (lam_real)0.01, .weight_decay = part);
		break;
	case 1:
		w->optimizer = lam_adamw(.lr = (lam_real)0.01, .weight_decay = part);
		break;
	case 2:
		w->optimizer = lam_rmsprop(.lr = (lam_real)0.01, .momentum = part,
			.centered = take(s, 2), .weight_decay = part);
		break;
	case 3:
		w->optimizer.lr = part;
		break;
	default:
		w->optimizer = lam_sgd(.lr = (lam_real)0.1, .momentum = part,
			.nesterov = take(s, 2), .weight_decay = part);
	}
}

static lam_param *take_param(struct world *w)
{
	const int params = lam_net_param_count(w->net), states = lam_net_state_count(w->net);
	if (params + states == 0)
		return NULL;
	const int i = take(&w->source, params + states);
	return i < params ? lam_net_param(w->net, i) : lam_net_state(w->net, i - params);
}

static lam_status forward(struct world *w, lam_mode mode)
{
	const int64_t n = take_n(w);
	const void *targets = take_targets(w);
	const lam_status status = lam_net_forward(w->net, mode, w->x, targets, n);
	if (!status)
		w->n = n;
	return status;
}

static lam_status call_train(struct world *w)
{
	return forward(w, LAM_TRAIN);
}

static lam_status call_eval(struct world *w)
{
	return forward(w, LAM_EVAL);
}

static lam_status call_backward(struct world *w)
{
	return lam_net_backward(w->net);
}

static lam_status call_backward_from(struct world *w)
{
	return lam_net_backward_from(w->net, take(&w->source, 16) ? w->values : NULL);
}

static lam_status call_update(struct world *w)
{
	return lam_net_update(w->net, &w->optimizer);
}

static lam_status call_step(struct world *w)
{
	const int64_t n = take_n(w);
	const void *targets = take_targets(w);
	const lam_status status = lam_net_step(w->net, &w->optimizer, w->x, targets, n);
	if (!status)
		w->n = n;
	return status;
}

/* What a step does, in three calls. */
static lam_status call_loop(struct world *w)
{
	lam_status status = forward(w, LAM_TRAIN);
	if (!status)
		status = w->has_loss ? lam_net_backward(w->net)
				     : lam_net_backward_from(w->net, w->values);
	return status ? status : lam_net_update(w->net, &w->optimizer);
}

static lam_status predict(struct world *w, lam_net *net)
{
	const int64_t n = 1 + take(&w->source, MOST_SAMPLES);
	const lam_status status = lam_net_predict(net, w->x, n, w->y);
	if (!status)
		fuzz_add(w, w->y, (size_t)(n * lam_shape_count(&w->out)) * sizeof *w->y);
	w->n = 1;
	return status;
}

static lam_status call_predict(struct world *w)
{
	return predict(w, w->net);
}

static void add_score(struct world *w, const lam_score *score)
{
	fuzz_add(w, &score->count, sizeof score->count);
	fuzz_add(w, &score->loss, sizeof score->loss);
	fuzz_add(w, &score->accuracy, sizeof score->accuracy);
	fuzz_add(w, &score->mean_iou, sizeof score->mean_iou);
	if (score->confusion)
		fuzz_add(w, score->confusion,
			(size_t)(score->classes * score->classes) * sizeof *score->confusion);
}

static lam_status call_evaluate(struct world *w)
{
	lam_score score = {.count = 0};
	const lam_status status = lam_evaluate(
		w->net, w->data, &score, .batch = take(&w->source, 4));
	if (!status || status == LAM_ERR_NUMERIC)
		add_score(w, &score);
	w->n = 1;
	return status;
}

static lam_status call_save(struct world *w)
{
	if (w->has_checkpoint) /* there is one file, and it is the run's */
		return LAM_OK;
	const lam_status status = lam_net_save(
		w->net, fuzz_written(), .compress = !take(&w->source, 4));
	if (!status) {
		free(w->saved.bytes);
		w->saved = fuzz_take_saved();
		fuzz_add(w, w->saved.bytes, w->saved.size);
	}
	return status;
}

/* Goes on with the net that was saved. */
static lam_status call_load(struct world *w)
{
	if (w->fits || !w->saved.bytes)
		return LAM_OK;
	lam_net *net = lam_net_load(fuzz_path(w->saved.bytes, w->saved.size),
		.max_batch = w->max_batch, .threads = w->threads, .seed = 3,
		.inference = w->inference, .input_grad = w->input_grad, .direct = w->direct);
	if (!net && !w->starves)
		fuzz_wrong("what was saved is not loaded");
	if (!net)
		return lam_error_status();
	lam_net_free(w->replica);
	lam_net_free(w->net);
	w->net = net;
	w->replica = NULL;
	w->n = 1;
	return LAM_OK;
}

/* From the file, now and then with a byte of it changed. */
static lam_status call_load_params(struct world *w)
{
	if (!w->saved.bytes)
		return LAM_OK;
	const size_t at = (size_t)take(&w->source, 256) * 256 + (size_t)take(&w->source, 256);
	uint8_t *byte = &w->saved.bytes[at % w->saved.size];
	const uint8_t before = *byte;
	const bool whole = take(&w->source, 2);
	*byte = whole ? before : (uint8_t)(before + 1 + take(&w->source, 255));
	const lam_status status = lam_net_load_params(
		w->net, fuzz_path(w->saved.bytes, w->saved.size), .partial = !take(&w->source, 4));
	*byte = before;
	if (status && whole && !w->starves && status != LAM_ERR_FORMAT)
		fuzz_wrong("parameters that were saved are not loaded");
	return status;
}

static lam_status call_freeze(struct world *w)
{
	if (take(&w->source, 4)) {
		lam_param *param = take_param(w);
		if (param)
			lam_param_set_trainable(param, take(&w->source, 2));
		return LAM_OK;
	}
	const bool trainable = take(&w->source, 2);
	for (int i = 0; i < lam_net_param_count(w->net); i++)
		lam_param_set_trainable(lam_net_param(w->net, i), trainable);
	return LAM_OK;
}

static lam_status call_decays(struct world *w)
{
	lam_param *param = take_param(w);
	if (param)
		lam_param_set_decays(param, take(&w->source, 2));
	return LAM_OK;
}

static lam_status call_edit(struct world *w)
{
	static const lam_real odd[] = {0, (lam_real)1e30, (lam_real)-1e-40};
	lam_param *param = take_param(w);
	const lam_shape shape = param ? lam_param_shape(param) : LAM_SHAPE(1);
	lam_real *value = param ? lam_param_edit(param) : NULL;
	if (!value)
		return LAM_OK;
	const int which = take(&w->source, 16);
	value[take(&w->source, 256) % lam_shape_count(&shape)] = which < 3
		? odd[which]
		: (lam_real)(which - 8) / 4;
	return LAM_OK;
}

static lam_status call_accumulate(struct world *w)
{
	return lam_net_accumulate(w->net, take(&w->source, 2));
}

static lam_status call_prepare(struct world *w)
{
	return lam_net_prepare(w->net, take(&w->source, 2) ? &w->optimizer : NULL);
}

static lam_status call_optimizer(struct world *w)
{
	fuzz_take_optimizer(w);
	return LAM_OK;
}

static lam_status call_replica(struct world *w)
{
	if (w->replica && !take(&w->source, 3)) {
		lam_net_free(w->replica);
		w->replica = NULL;
		return LAM_OK;
	}
	if (!w->replica)
		w->replica = lam_net_replica(
			w->net, .max_batch = take(&w->source, 2) * take(&w->source, MOST_SAMPLES));
	return w->replica ? predict(w, w->replica) : lam_error_status();
}

static lam_status call_step_io(struct world *w)
{
	const int64_t n = take_n(w);
	const lam_io io[] = {{lam_net_input_name(w->net, 0), w->x},
		{w->has_loss ? lam_net_loss_name(w->net, 0) : NULL, take_targets(w)}, {NULL, NULL}};
	const lam_status status = take(&w->source, 2)
		? lam_net_step_io(w->net, &w->optimizer, io, n)
		: lam_net_forward_io(w->net, LAM_TRAIN, io, n);
	if (!status)
		w->n = n;
	return status;
}

static const struct call calls[] = {
	{"forward (train)", call_train, true},
	{"backward", call_backward, true},
	{"update", call_update, true},
	{"step", call_step, true},
	{"forward (evaluate)", call_eval, true},
	{"backward_from", call_backward_from, true},
	{"step", call_step, true},
	{"loop", call_loop, false},
	{"loop", call_loop, false},
	{"predict", call_predict, true},
	{"evaluate", call_evaluate, true},
	{"fit", fuzz_call_fit, false},
	{"save", call_save, true},
	{"load", call_load, true},
	{"load_params", call_load_params, true},
	{"freeze", call_freeze, true},
	{"accumulate", call_accumulate, true},
	{"replica", call_replica, true},
	{"decays", call_decays, true},
	{"edit", call_edit, true},
	{"prepare", call_prepare, true},
	{"optimizer", call_optimizer, true},
	{"summary", fuzz_call_summary, true},
	{"profile", fuzz_call_profile, true},
	{"gradcheck", fuzz_call_gradcheck, true},
	{"step_io", call_step_io, true},
};

enum { CALLS = sizeof calls / sizeof *calls };

const struct call *fuzz_take_call(struct world *w)
{
	return &calls[take(&w->source, CALLS)];
}
