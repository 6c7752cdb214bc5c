/* SPDX-License-Identifier: MIT */
/* Trials: random options, shapes and data. */
#include "tests/battery/battery.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

double dice_real(struct dice *dice, double low, double high)
{
	return low + (high - low) * (double)(dice_next(dice) >> 11) / 9007199254740992.0;
}

int64_t dice_range(struct dice *dice, int64_t low, int64_t high)
{
	return low + (int64_t)(dice_next(dice) % (uint64_t)(high - low + 1));
}

bool dice_chance(struct dice *dice, int percent)
{
	return dice_range(dice, 0, 99) < percent;
}

int64_t choose_batch(const struct trial *trial, struct dice *dice)
{
	static const int64_t edges[] = {1, 15, 16, 17, 33, 2};
	if (trial->small)
		return trial->number % 4 == 3 ? 17 : dice_range(dice, 1, 3);
	return trial->number < 30 ? edges[trial->number % 6] : dice_range(dice, 1, 36);
}

bool choose_large(const struct trial *trial)
{
	return !trial->small && trial->number % 25 == 24;
}

void choose_plane(struct trial *trial, struct dice *dice, int64_t most, int64_t plane[2])
{
	if (trial->small && most > 4)
		most = 4;
	plane[0] = trial->number < 6 ? 1 : dice_range(dice, 1, most);
	plane[1] = trial->number < 6 ? 1 : dice_range(dice, 1, most);
}

int64_t trial_elements(const struct trial *trial, int param)
{
	return lam_shape_count(&trial->param[param]);
}

/* Random values of both signs, but more of one than of the other, so that sums seldom cancel. The
 * values are exact in the library's precision. */
static void fill(double *values, int64_t count, struct dice *dice, double low, double high)
{
	for (int64_t i = 0; i < count; i++)
		values[i] = (lam_real)dice_real(dice, low, high);
}

static double *numbers(int64_t count)
{
	return calloc((size_t)(count > 0 ? count : 1), sizeof(double));
}

bool trial_allocate(struct trial *t)
{
	int64_t in = t->n * lam_shape_count(&t->in), out = t->n * lam_shape_count(&t->out);
	t->x = numbers(in);
	t->dx = numbers(in);
	t->eval_dx = numbers(in);
	t->y = numbers(out);
	t->dy = numbers(out);
	t->eval = numbers(out);
	t->targets = numbers(t->n * t->target_values);
	bool complete = t->x && t->dx && t->eval_dx && t->y && t->dy && t->eval && t->targets;
	for (int i = 0; i < t->params; i++) {
		t->w[i] = numbers(trial_elements(t, i));
		t->dw[i] = numbers(trial_elements(t, i));
		t->eval_dw[i] = numbers(trial_elements(t, i));
		complete = complete && t->w[i] && t->dw[i] && t->eval_dw[i];
	}
	for (int i = 0; i < t->states; i++) {
		t->state[i] = numbers(t->state_values);
		t->after[i] = numbers(t->state_values);
		complete = complete && t->state[i] && t->after[i];
	}
	return complete;
}

static void fill_all(struct trial *t, struct dice *dice)
{
	fill(t->x, t->n * lam_shape_count(&t->in), dice, -0.5, 1);
	fill(t->dy, t->n * lam_shape_count(&t->out), dice, -0.5, 1);
	for (int i = 0; i < t->params; i++)
		fill(t->w[i], trial_elements(t, i), dice, -0.5, 1);
	for (int i = 0; i < t->states; i++)
		fill(t->state[i], t->state_values, dice, 0.25, 2);
	for (int64_t i = 0; i < t->n * t->target_values; i++)
		t->targets[i] = t->classes ? (double)dice_range(dice, 0, t->classes - 1)
					   : (lam_real)dice_real(dice, 0, 1);
	if (t->subject->fill)
		t->subject->fill(t, dice);
}

struct trial *trial_new(const struct subject *subject, int number, bool small)
{
	struct dice dice = {(uint64_t)number * 2 + small};
	for (const char *c = subject->name; *c; c++)
		dice.state = dice.state * 31 + (unsigned char)*c;
	for (;;) {
		struct trial *t = calloc(1, sizeof *t);
		if (!t)
			return NULL;
		t->subject = subject;
		t->number = number;
		t->small = small;
		subject->choose(t, &dice);
		if (trial_complete(t, &dice))
			return t;
		trial_free(t);
	}
}

bool trial_complete(struct trial *t, struct dice *dice)
{
	if (!t->subject->shapes(t) || !trial_allocate(t))
		return false;
	fill_all(t, dice);
	return true;
}

void trial_free(struct trial *t)
{
	if (t)
		trial_clear(t);
	free(t);
}

void trial_clear(struct trial *t)
{
	free(t->x);
	free(t->dx);
	free(t->eval_dx);
	free(t->y);
	free(t->dy);
	free(t->eval);
	free(t->targets);
	for (int i = 0; i < TRIAL_PARAMS; i++) {
		free(t->w[i]);
		free(t->dw[i]);
		free(t->eval_dw[i]);
	}
	for (int i = 0; i < TRIAL_STATES; i++) {
		free(t->state[i]);
		free(t->after[i]);
	}
}

static void backward(struct trial *t)
{
	t->subject->backward(t);
	if (t->subject->eval_backward) {
		t->subject->eval_backward(t);
		return;
	}
	memcpy(t->eval_dx, t->dx, (size_t)(t->n * lam_shape_count(&t->in)) * sizeof(double));
	for (int i = 0; i < t->params; i++)
		memcpy(t->eval_dw[i], t->dw[i], (size_t)trial_elements(t, i) * sizeof(double));
}

/* If a relu follows the layer, y is the relu's output, and the layer's dy is 0 where y is 0. */
void trial_textbook(struct trial *t, bool back)
{
	int64_t out = t->n * lam_shape_count(&t->out);
	for (int i = 0; i < t->states; i++)
		memcpy(t->after[i], t->state[i], (size_t)t->state_values * sizeof(double));
	t->subject->forward(t);
	if (!t->states && !(t->subject->traits & SUBJECT_RANDOM))
		memcpy(t->eval, t->y, (size_t)out * sizeof(double));
	double *given = t->dy, *masked = t->rectified ? numbers(out) : NULL;
	for (int64_t i = 0; masked && i < out; i++) {
		masked[i] = t->y[i] > 0 ? t->dy[i] : 0;
		t->y[i] = fmax(t->y[i], 0);
		t->eval[i] = fmax(t->eval[i], 0);
	}
	if (masked)
		t->dy = masked;
	if (back)
		backward(t);
	t->dy = given;
	free(masked);
}
