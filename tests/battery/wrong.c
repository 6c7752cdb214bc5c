/* SPDX-License-Identifier: MIT */
/* The battery's own test: it must notice a layer that is wrong in one small way.
 *
 * A wrong copy of the layer's class calls the right function. After a job's last unit it changes
 * what was written: all of one array by 1%, or the largest value to 0. Or it falsifies the inputs:
 * the output gradient of one sample or one feature is 0, so that its terms are missing from every
 * sum. The nets run with one thread. */
#include "tests/battery/battery.h"

#include "framework/layer/inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum target { OUT, LOSS, DX, DW, DY_SAMPLE, DY_FEATURE, TARGETS };
enum change { SCALE, DROP, CHANGES };

static struct {
	lam_layer_class wrong;
	lam_sample_form form; /* of the wrong class, if the right one has one */
	lam_sample_training training;
	const lam_layer_class *right;
	enum target target;
	enum change change;
	int param;
	int64_t counts[TRIAL_PARAMS]; /* of each parameter */
	bool changed;                 /* a value other than 0 was changed */
} fault;

/* Changes all of `count` values, or the largest. */
static void spoil(lam_real *values, int64_t count)
{
	if (fault.change == SCALE) {
		for (int64_t i = 0; i < count; i++) {
			fault.changed |= values[i] != 0;
			values[i] *= (lam_real)1.01;
		}
		return;
	}
	int64_t at = 0;
	for (int64_t i = 1; i < count; i++)
		if (fabs((double)values[i]) > fabs((double)values[at]))
			at = i;
	fault.changed |= values[at] != 0;
	values[at] = 0;
}

/* Where value f of a view's block is: of lane 0 in batch lanes, as every block has a sample there,
 * but other lanes might be idle. */
static int64_t place_of(const lam_view *view, int64_t f)
{
	const int64_t places = view->features / view->shape.dim[0], c = f / places;
	if (view->layout == LAM_BATCH_LANES)
		return f * LAM_LANES;
	if (view->layout != LAM_CHANNEL_LANES)
		return f;
	return (c / LAM_LANES * places + f % places) * LAM_LANES + c % LAM_LANES;
}

/* Spoils all values of a block, or the largest of a sample. */
static void spoil_view(const lam_view *view, int64_t block)
{
	if (!view->data)
		return;
	if (fault.change == SCALE) {
		spoil(view->data + block * view->block, view->values);
		return;
	}
	lam_real *data = view->data + block * view->block;
	int64_t at = 0;
	for (int64_t f = 1; f < view->features; f++)
		if (fabs((double)data[place_of(view, f)]) > fabs((double)data[place_of(view, at)]))
			at = f;
	at = place_of(view, at);
	fault.changed |= data[at] != 0;
	data[at] = 0;
}

/* Whether this call is one of the class's lam_sample_form. */
static bool of_form(const lam_pass *pass)
{
	return fault.right->sample && pass->x->layout != LAM_BATCH_LANES;
}

/* Whether this call is the last of the job, or of the job for one block if the phase is per block.
 * With one thread units run in order. */
static bool last_unit(const lam_layer *self, lam_job job, const lam_pass *pass, bool *per_block)
{
	lam_phase phase[LAM_MAX_PHASES] = {{.per_block = job != LAM_GRADIENT, .slices = 1}};
	const lam_sample_form *form = of_form(pass) ? fault.right->sample : NULL;
	int phases = 1;
	if (form && form->training && form->training->phases)
		phases = form->training->phases(
			self, job, pass->mode, pass->x->layout, pass->blocks, phase);
	else if (form && form->phases && job != LAM_GRADIENT)
		phases = form->phases(self, pass->x->layout, pass->blocks, phase);
	else if (!form && fault.right->phases)
		phases = fault.right->phases(self, job, pass->mode, pass->blocks, phase);
	*per_block = phase[pass->phase].per_block;
	return pass->phase == phases - 1 && pass->slice_end == pass->slices;
}

static void spoil_views(
	const lam_layer *self, lam_job job, const lam_pass *pass, const lam_view *view)
{
	bool per_block;
	if (!last_unit(self, job, pass, &per_block))
		return;
	for (int64_t block = 0; block < (per_block ? 1 : pass->blocks); block++)
		spoil_view(view, block);
}

/* Calls backward or gradient with the dy of one sample or one feature set to 0 meanwhile. */
static lam_status lie(const lam_layer *self, const lam_pass *pass, bool per_block,
	lam_status (*function)(const lam_layer *, const lam_pass *))
{
	const lam_view *dy = pass->dy;
	int64_t blocks = per_block ? 1 : pass->blocks;
	lam_real *copy = malloc((size_t)(blocks * dy->values) * sizeof *copy);
	if (!copy)
		return lam_fail(LAM_ERR_MEMORY, "no memory for a lie");
	for (int64_t b = 0; b < blocks; b++) {
		lam_real *data = dy->data + b * dy->block;
		memcpy(copy + b * dy->values, data, (size_t)dy->values * sizeof *copy);
		const int64_t lanes = dy->layout == LAM_BATCH_LANES ? LAM_LANES : 1;
		for (int64_t f = 0; f < dy->features; f++)
			for (int64_t lane = 0; lane < lanes; lane++) {
				bool gone = fault.target == DY_SAMPLE
					? lane == 0 && (per_block ? pass->block == 0 : b == 0)
					: f == dy->features - 1;
				lam_real *at = &data[place_of(dy, f) + lane];
				fault.changed |= gone && *at != 0;
				if (gone)
					*at = 0;
			}
	}
	lam_status status = function(self, pass);
	for (int64_t b = 0; b < blocks && !(pass->dx && pass->dx->data == dy->data); b++)
		memcpy(dy->data + b * dy->block, copy + b * dy->values,
			(size_t)dy->values * sizeof *copy);
	free(copy);
	return status;
}

static lam_status wrong_forward(const lam_layer *self, const lam_pass *pass)
{
	lam_status status = of_form(pass) ? fault.right->sample->forward(self, pass)
					  : fault.right->forward(self, pass);
	if (!status && fault.target == OUT)
		spoil_views(self, LAM_FORWARD, pass, pass->out);
	bool per_block;
	if (!status && fault.target == LOSS && pass->loss
		&& last_unit(self, LAM_FORWARD, pass, &per_block)) {
		fault.changed |= *pass->loss != 0;
		*pass->loss *= fault.change == SCALE ? 1.01 : 0;
	}
	return status;
}

static lam_status wrong_gradients(const lam_layer *self, lam_job job, const lam_pass *pass,
	lam_status (*function)(const lam_layer *, const lam_pass *))
{
	bool per_block, last = last_unit(self, job, pass, &per_block);
	lam_status status = fault.target == DY_SAMPLE || fault.target == DY_FEATURE
		? lie(self, pass, per_block, function)
		: function(self, pass);
	for (int k = 0; k < pass->inputs && !status; k++)
		if (fault.target == DX && job == LAM_BACKWARD)
			spoil_views(self, job, pass, &pass->dx[k]);
	if (!status && fault.target == DW && last && (job == LAM_GRADIENT || !fault.right->gradient)
		&& pass->dw[fault.param])
		spoil(pass->dw[fault.param], fault.counts[fault.param]);
	return status;
}

static lam_status wrong_backward(const lam_layer *self, const lam_pass *pass)
{
	return wrong_gradients(self, LAM_BACKWARD, pass,
		of_form(pass) ? fault.right->sample->training->backward : fault.right->backward);
}

static lam_status wrong_gradient(const lam_layer *self, const lam_pass *pass)
{
	return wrong_gradients(self, LAM_GRADIENT, pass,
		of_form(pass) ? fault.right->sample->training->gradient : fault.right->gradient);
}

/* A view has no functions that could be wrong, so it gets a pair that copies. */
static lam_status copy_forward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->out->data, pass->x->data, (size_t)pass->out->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_status copy_backward(const lam_layer *self, const lam_pass *pass)
{
	(void)self;
	memcpy(pass->dx->data, pass->dy->data, (size_t)pass->dx->values * sizeof(lam_real));
	return LAM_OK;
}

static lam_layer_class copying;

static void install(lam_layer *layer)
{
	fault.right = layer->layer_class;
	if (fault.right->expand) {
		battery_spoil = NULL;
		install(layer->children[0]);
		battery_spoil = install;
		return;
	}
	if (fault.right->flags & LAM_VIEW) {
		copying = *fault.right;
		copying.flags &= ~(unsigned)LAM_VIEW;
		copying.forward = copy_forward;
		copying.backward = copy_backward;
		fault.right = &copying;
	}
	fault.wrong = *fault.right;
	fault.wrong.forward = wrong_forward;
	fault.wrong.backward = wrong_backward;
	fault.wrong.gradient = fault.right->gradient ? wrong_gradient : NULL;
	if (fault.right->sample) {
		fault.form = *fault.right->sample;
		fault.form.forward = wrong_forward;
		fault.wrong.sample = &fault.form;
		if (fault.form.training) {
			fault.training = *fault.form.training;
			fault.training.backward = wrong_backward;
			if (fault.training.gradient)
				fault.training.gradient = wrong_gradient;
			fault.form.training = &fault.training;
		}
	}
	layer->layer_class = &fault.wrong;
}

/* Runs the parts that must notice a fault of this kind. */
static const char *run_parts(struct trial *t, bool numeric)
{
	battery_spoil = install;
	const char *complaint = numeric ? battery_numeric(t->subject, t->number)
					: trial_compare(t, &(struct setting){.threads = 1}, false);
	battery_spoil = NULL;
	return complaint;
}

/* Returns NULL if nothing was changed, or if the change was noticed. */
static const char *notice(const struct subject *subject, int number, bool numeric, bool *changed)
{
	static const char *const names[TARGETS] = {
		"output", "loss", "dx", "dw", "dy of a sample", "dy of a feature"};
	struct trial *t = trial_new(subject, number, numeric);
	if (!t)
		return "no memory";
	const char *complaint = NULL;
	fault.changed = false;
	for (int i = 0; i < t->params; i++)
		fault.counts[i] = trial_elements(t, i);
	bool there = fault.target != DW || fault.param < t->params,
	     lie = fault.target == DY_SAMPLE || fault.target == DY_FEATURE;
	bool noticed = there && run_parts(t, numeric);
	/* A missing term may be 0 anyway, for instance in padding; then nothing was changed. */
	if (lie)
		fault.changed = noticed;
	if (there && !noticed && fault.changed)
		complaint = complain(t, "%s %s (parameter %d) went unnoticed%s",
			names[fault.target],
			fault.change == SCALE ? "off by 1%" : "with a term dropped", fault.param,
			numeric ? " by differences" : "");
	*changed |= fault.changed;
	trial_free(t);
	return complaint;
}

/* Runs some trials with one fault. The fault must change something in at least one of them, and
 * must be noticed in every trial where it does. Differences notice gradients that do not fit the
 * output, and only in double. */
static const char *notice_all(const struct subject *subject)
{
	bool changed = false, differ = sizeof(lam_real) == 8 && fault.target != OUT;
	const char *complaint = NULL;
	for (int number = 6; number < 12 && !complaint; number++)
		complaint = notice(subject, number, false, &changed);
	if (!complaint && !changed)
		complaint = "a fault never changed anything";
	for (int number = 6; number < 9 && differ && !complaint; number++)
		complaint = notice(subject, number, true, &changed);
	return complaint;
}

/* The largest number of parameters in these trials. */
static int most_params(const struct subject *subject)
{
	int most = 0;
	for (int number = 6; number < 12; number++) {
		struct trial *t = trial_new(subject, number, false);
		if (t && t->params > most)
			most = t->params;
		trial_free(t);
	}
	return most;
}

const char *battery_wrong(const struct subject *subject, int *faults)
{
	const char *complaint = NULL;
	int params = most_params(subject);
	*faults = 0;
	for (int target = 0; target < TARGETS && !complaint; target++)
		for (int change = 0; change < CHANGES && !complaint; change++) {
			bool lie = target == DY_SAMPLE || target == DY_FEATURE,
			     loss = subject->traits & SUBJECT_LOSS;
			if ((lie && (loss || change == SCALE)) || (target == LOSS && !loss))
				continue;
			for (int param = 0; param < (target == DW ? params : 1) && !complaint;
				param++) {
				fault.target = (enum target)target;
				fault.change = (enum change)change;
				fault.param = param;
				complaint = notice_all(subject);
				++*faults;
			}
		}
	return complaint;
}
