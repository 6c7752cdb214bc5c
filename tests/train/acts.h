/* SPDX-License-Identifier: MIT */
/* All that a program may try to do to a net, as the table of lam_fit() in trainer.h lists it. */
#ifndef LAM_TESTS_ACTS_H
#define LAM_TESTS_ACTS_H

#include "tests/files/files.h"
#include "tests/train/resume_problem.h"

static lam_dataset *data; /* what the acts evaluate and fit */
static lam_real images[BATCH * PIXELS];
static int32_t labels[BATCH];
static const char *other_params; /* a file for lam_net_load_params() */

static lam_optimizer adam(void)
{
	return lam_adam(.lr = (lam_real)0.1);
}

static lam_status step(lam_net *net)
{
	const lam_optimizer rule = adam();
	return lam_net_step(net, &rule, images, labels, BATCH);
}

static lam_status update(lam_net *net)
{
	const lam_optimizer rule = adam();
	return lam_net_update(net, &rule);
}

static lam_status forward(lam_net *net)
{
	return lam_net_forward(net, LAM_TRAIN, images, labels, BATCH);
}

static lam_status backward_from(lam_net *net)
{
	return lam_net_backward_from(net, images);
}

static lam_status forward_io(lam_net *net)
{
	const lam_io io[] = {
		{lam_net_input_name(net, 0), images}, {lam_net_loss_name(net, 0), labels}, {0}};
	return lam_net_forward_io(net, LAM_TRAIN, io, BATCH);
}

static lam_status step_io(lam_net *net)
{
	const lam_optimizer rule = adam();
	const lam_io io[] = {
		{lam_net_input_name(net, 0), images}, {lam_net_loss_name(net, 0), labels}, {0}};
	return lam_net_step_io(net, &rule, io, BATCH);
}

static lam_status backward_from_io(lam_net *net)
{
	const lam_io io[] = {{lam_net_output_name(net, 0), images}, {0}};
	return lam_net_backward_from_io(net, io);
}

static lam_status predict_io(lam_net *net)
{
	lam_real y[BATCH * CLASSES];
	const lam_io io[] = {{lam_net_input_name(net, 0), images}, {0}};
	const lam_out out[] = {{lam_net_output_name(net, 0), y}, {0}};
	return lam_net_predict_io(net, io, BATCH, out);
}

static lam_status weigh(lam_net *net)
{
	return lam_net_set_loss_weight(net, lam_net_loss_name(net, 0), (lam_real)0.5);
}

static lam_status fit(lam_net *net)
{
	return lam_fit(net, data, NULL, .epochs = 1, .optimizer = adam());
}

static lam_status begin_sums(lam_net *net)
{
	return lam_net_accumulate(net, true);
}

static lam_status end_sums(lam_net *net)
{
	return lam_net_accumulate(net, false);
}

static lam_status prepare(lam_net *net)
{
	const lam_optimizer rule = adam();
	return lam_net_prepare(net, &rule);
}

static lam_status end(lam_net *net)
{
	lam_net_free(net);
	return lam_error_status();
}

static lam_status predict(lam_net *net)
{
	lam_real y[BATCH * CLASSES];
	return lam_net_predict(net, images, BATCH, y);
}

static lam_status try_out(lam_net *net)
{
	return lam_net_forward(net, LAM_EVAL, images, labels, 9);
}

static lam_status evaluate(lam_net *net)
{
	lam_score score;
	return lam_evaluate(net, data, &score, .batch = 7);
}

static lam_status save(lam_net *net)
{
	return lam_net_save(net, file_path("aside.npz"));
}

static lam_status replica(lam_net *net)
{
	lam_net *copy = lam_net_replica(net);
	if (!copy)
		return lam_error_status();
	const lam_status status = predict(copy);
	lam_net_free(copy);
	return status;
}

static lam_status warm_up(lam_net *net)
{
	return lam_net_prepare(net, NULL);
}

static lam_status load(lam_net *net)
{
	return lam_net_load_params(net, other_params);
}

static lam_status edit(lam_net *net)
{
	lam_real *values = lam_param_edit(lam_net_param(net, 0));
	if (!values)
		return lam_error_status();
	values[0] += 1;
	return LAM_OK;
}

static lam_status freeze(lam_net *net)
{
	lam_param_set_trainable(lam_net_param(net, 0), false);
	return lam_param_trainable(lam_net_param(net, 0)) ? lam_error_status() : LAM_OK;
}

static lam_status end_decay(lam_net *net)
{
	lam_param_set_decays(lam_net_param(net, 0), false);
	return lam_param_decays(lam_net_param(net, 0)) ? lam_error_status() : LAM_OK;
}

static lam_status profile(lam_net *net)
{
	return lam_net_profile_start(net);
}

#define IN_RUN " while the net runs; expected it before or after"
#define IN_FIT " while lam_fit() trains the net; expected it before or after"

/* Acts that a callback may do change no bits of the run, unless they are `changes`. */
static const struct act {
	const char *name;
	lam_status (*act)(lam_net *net);
	const char *what; /* the sentence's beginning */
	bool in_callback, changes;
	const char *in_run; /* the sentence's beginning while the net runs; NULL: the same */
} acts[] = {
	{"step", step, "a step", false, false, NULL},
	{"update", update, "an update", false, false, NULL},
	{"backward", lam_net_backward, "a backward", false, false, NULL},
	{"backward from", backward_from, "a backward", false, false, NULL},
	{"forward", forward, "a training forward", false, false, NULL},
	{"forward io", forward_io, "a training forward", false, false, "lam_net_forward_io"},
	{"step io", step_io, "a step", false, false, "lam_net_step_io"},
	{"backward from io", backward_from_io, "a backward", false, false,
		"lam_net_backward_from_io"},
	{"predict io", predict_io, "lam_net_predict_io", true, false, NULL},
	{"fit", fit, "lam_fit", false, false, NULL},
	{"accumulate", begin_sums, "lam_net_accumulate", false, false, NULL},
	{"accumulate not", end_sums, "lam_net_accumulate", false, false, NULL},
	{"prepare", prepare, "lam_net_prepare with an optimizer", false, false, NULL},
	{"free", end, "lam_net_free", false, false, NULL},
	{"predict", predict, "an evaluation forward", true, false, NULL},
	{"evaluation forward", try_out, "an evaluation forward", true, false, NULL},
	{"evaluate", evaluate, "lam_evaluate", true, false, NULL},
	{"save", save, "lam_net_save", true, false, NULL},
	{"profile", profile, "lam_net_profile_start", true, false, NULL},
	{"load", load, "lam_net_load_params", true, true, NULL},
	{"edit", edit, "lam_param_edit of \"0.weight\"", true, true, NULL},
	{"freeze", freeze, "lam_param_set_trainable of \"0.weight\"", true, true, NULL},
	{"end decay", end_decay, "lam_param_set_decays of \"0.weight\"", true, true, NULL},
	{"weigh", weigh, "lam_net_set_loss_weight", true, true, NULL},
	{"replica", replica, NULL, true, false, NULL},
	{"warm up", warm_up, NULL, true, false, NULL},
};
enum { ACTS = sizeof acts / sizeof *acts };

KIT_UNUSED static bool refused(const struct act *act, lam_status status, const char *when)
{
	char sentence[200];
	snprintf(sentence, sizeof sentence, "%s%s",
		act->in_run && !strcmp(when, IN_RUN) ? act->in_run : act->what, when);
	return status == LAM_ERR_STATE && strcmp(lam_error(), sentence) == 0;
}

/* Makes what the acts need. */
static bool begin(void)
{
	const struct plan plan = {.seed = 99};
	data = stripes(NULL);
	lam_net *net = plan_net(&plan);
	other_params = file_path("other.npz");
	for (int i = 0; i < BATCH; i++)
		labels[i] = i % CLASSES;
	const bool made = check(data && net, "%s", lam_error())
		&& check_ok(lam_net_save(net, other_params));
	lam_net_free(net);
	return made;
}

#endif
