/* SPDX-License-Identifier: MIT */
/* The battery: the tests that every layer must pass. A layer's `struct subject` says how to choose
 * random options, build the layer and compute it by the textbook. battery_prove() runs these parts:
 *
 *     textbook     compares output, loss, gradients and states with the textbook, in training and
 *                  in evaluation, for random options and shapes, edge cases first
 *     numeric      compares gradients with central differences, in double, by lam_gradcheck() and
 *                  by differences of the battery's own, these in training and in evaluation
 *     adjoint      checks <A x, y> = <x, A' y> for linear layers
 *     reference    compares the textbook and the layer with PyTorch's values
 *     bits         checks that results are bit-identical with 1, 2, 3, 4, 7 and 16 threads, alone
 *                  or between other layers, with one sample or many, in one step or three calls,
 *                  saved and loaded or not
 *     small        does the same in nets of few samples, which compute one sample at a time
 *     wrong        falsifies the layer, one term at a time, and checks that the other parts notice
 *
 * Each part is a function that returns a complaint or NULL, so that `wrong` can call the others. */
#ifndef LAM_BATTERY_H
#define LAM_BATTERY_H

#include "tests/reference/textbook.h"

#include "framework/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest allowed difference, relative to the largest value of the array; trial_tolerance()
 * gives that of a trial. */
#ifdef LAM_DOUBLE
#define BATTERY_TOLERANCE 1e-12
#else
#define BATTERY_TOLERANCE 1e-5
#endif

enum { TRIAL_WEIGHTS = 40 };
enum { TRIAL_PARAMS = 4, TRIAL_STATES = 2, TRIAL_OPTIONS = 2, SUBJECT_CASES = 4 };

/* The tests' own random numbers (splitmix64). */
struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *dice);
double dice_real(struct dice *dice, double low, double high);
int64_t dice_range(struct dice *dice, int64_t low, int64_t high); /* both included */
bool dice_chance(struct dice *dice, int percent);

struct subject;

/* A layer with a batch: its options and shapes, and all arrays of the textbook, row-major. */
struct trial {
	const struct subject *subject;
	int number; /* from 0, edge cases first; negative: options chosen by hand */
	bool small; /* for numeric gradients: few values, away from kinks */

	/* The options that the subject chooses, with the textbook's meanings. A 1-D layer uses
	 * index 1 of the window. */
	int64_t n;
	lam_shape in, to;
	struct window window;
	int64_t border[4], begin, end, axes[LAM_MAX_RANK], scale[2];
	int64_t form; /* which shapes a join's inputs have, as its subject numbers them */
	bool shared;  /* one weight for all channels */
	bool bias, soft, half, linear, align_corners;
	bool rectified; /* a relu follows the layer */
	/* Winograd's algorithm may compute the convolution: ten times the tolerance. */
	bool transformed;
	double option[TRIAL_OPTIONS]; /* of an activation or a loss, as in its table; 0: left out */
	double p, eps, momentum, smoothing, mean[4], std[4];
	int64_t ignore;                /* as the option: 0 is none, LAM_ZERO class 0 */
	double weights[TRIAL_WEIGHTS]; /* of the classes, if `weighted` */
	bool weighted;

	/* What follows from the options, filled in by the subject's .shapes. */
	lam_shape out, param[TRIAL_PARAMS];
	int params, states;
	int64_t state_values;  /* of each state */
	int64_t target_values; /* per sample; 1 for classes, or the number of places */
	int64_t classes;       /* 0: targets are values */

	double *x, *y, *dy, *dx, *w[TRIAL_PARAMS], *dw[TRIAL_PARAMS];
	double *state[TRIAL_STATES], *after[TRIAL_STATES], *eval, *targets;
	double *eval_dx,
		*eval_dw[TRIAL_PARAMS]; /* gradients of evaluation, with the states after */
	double loss;
};

enum {
	SUBJECT_LINEAR = 1, /* y - y(0) is linear in x */
	SUBJECT_LOSS = 2,
	SUBJECT_RANDOM = 4,     /* training draws random numbers */
	SUBJECT_LIMITS = 8,     /* .limit gives the output for an infinite input */
	SUBJECT_ACTIVATION = 16 /* .data is a struct activation (subjects.h) */
};

/* One layer, for the battery and for every test that walks over all layers (subjects.h). */
struct subject {
	const char *name; /* in reference.txt */
	unsigned traits;
	int cases; /* number of trials for the comparison with the textbook */
	void (*choose)(struct trial *, struct dice *);
	bool (*shapes)(struct trial *); /* false: no such layer exists, so choose again */
	lam_layer *(*build)(const struct trial *);
	/* Sets ordinary options for an input of shape .in; false: the layer takes no such input.
	 * NULL: the defaults are suitable. */
	bool (*ordinary)(struct trial *);
	/* Its label in the benchmark of layers that move data; NULL: it is not measured there. */
	const char *measured;
	const void *data;
	double limit[2]; /* SUBJECT_LIMITS: the output at -infinity and at infinity */
	/* Its cases in reference.txt, unless make_reference.py lists them: a PyTorch module, then
	 * the same options in the battery's words: "nn.LeakyReLU(0.25) slope=0.25". */
	const char *torch[SUBJECT_CASES];
	/* Changes the usual random values; NULL: they are suitable. */
	void (*fill)(struct trial *, struct dice *);
	/* SUBJECT_RANDOM: derives the mask from the layer's output. */
	void (*observe)(struct trial *, const lam_real *y);
	void (*forward)(struct trial *);  /* y, loss, after, eval */
	void (*backward)(struct trial *); /* dx, dw */
	/* eval_dx, eval_dw; NULL: they are dx and dw */
	void (*eval_backward)(struct trial *);
	/* Losses: what the sum of some samples is divided by; NULL: their number. */
	double (*count)(const struct trial *, int64_t first, int64_t n);
	double low, high; /* range of lam_gradcheck's inputs; 0, 0: its default */
};

/* Makes a trial of case `number`, with options and data. NULL when memory is short. */
struct trial *trial_new(const struct subject *subject, int number, bool small);
void trial_free(struct trial *trial);
/* Fills in shapes, arrays and data for options that were chosen by hand. */
bool trial_complete(struct trial *trial, struct dice *dice);
bool trial_allocate(struct trial *trial); /* allocates its arrays, after .shapes */
void trial_clear(struct trial *trial);    /* frees them */
/* Computes the trial by the textbook, with the relu if there is one. */
void trial_textbook(struct trial *trial, bool backward);
int64_t trial_elements(const struct trial *trial, int param); /* values of parameter `param` */

/* Chooses n for case `number`: 1, 15, 16, 17, 33, 2 first, then at random. */
int64_t choose_batch(const struct trial *trial, struct dice *dice);
/* Whether this trial should have samples so large that even one by one they are cut into slices:
 * every 25th, in the subjects that ask. */
bool choose_large(const struct trial *trial);
/* Chooses a plane: 1 x 1 first. One-dimensional subjects have height 1. */
void choose_plane(struct trial *trial, struct dice *dice, int64_t most, int64_t plane[2]);

/* How to make a net of a trial's layer. */
struct setting {
	int threads;
	/* max_batch is n + spare, but on the same side of 16 as trial_room() says; unless spare is
	 * 0, the net first runs another, full batch */
	int64_t spare;
	bool between; /* the layer is between two layers that change nothing */
	bool no_input_grad;
};
lam_net *trial_net(const struct trial *trial, const struct setting *setting);

/* The max_batch of a trial's nets. With fewer than 16 samples the nets of every other trial have
 * room for fewer than 16, and so compute one at a time where a class can. Those of the others have
 * batch lanes. Of each six neighbouring trials, which have the same numbers of samples, the next
 * six have it the other way round. */
int64_t trial_room(const struct trial *trial, int64_t spare);

/* The trial's data in the library's precision. */
struct rows {
	lam_real *x, *dy, *values;
	int32_t *classes;
	const void *targets; /* values or classes, whichever the loss needs; NULL: no loss */
};
bool rows_take(struct rows *rows, const struct trial *trial);
void rows_free(struct rows *rows);

/* Copies the trial's parameters and states into the net. */
lam_status net_take(lam_net *net, const struct trial *trial);

/* Runs backward, with rows->dy or the loss as the net needs it. */
lam_status net_backward(lam_net *net, const struct rows *rows);

double trial_tolerance(const struct trial *trial);

/* The parts of the battery. Each returns a complaint, which is valid until the next call, or
 * NULL. */
const char *battery_textbook(const struct subject *subject, int number);
const char *battery_numeric(const struct subject *subject, int number);
const char *battery_gradcheck(const struct subject *subject, int number);
const char *battery_adjoint(const struct subject *subject, int number);
const char *battery_reference(const struct subject *subject, int *cases);
const char *battery_bits(const struct subject *subject, int number);
const char *battery_saved(const struct subject *subject, int number);
const char *battery_small(const struct subject *subject, int number);
const char *battery_wrong(const struct subject *subject, int *faults);

/* Helpers of the parts: they make a complaint, compare an array, or compare a run of the library
 * with the trial's arrays. */
const char *complain(const struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *compare(const struct trial *trial, const char *what, const lam_real *actual,
	const double *expected, int64_t count, double tolerance);
const char *trial_compare(struct trial *trial, const struct setting *setting, bool given);
const char *trial_compare_small(struct trial *trial); /* after trial_textbook() */

/* Called by `wrong` for each layer that is built, to falsify it; NULL: nothing is done. */
extern void (*battery_spoil)(lam_layer *layer);

#endif
