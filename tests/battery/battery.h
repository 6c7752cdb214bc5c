/* The battery: what every layer has to stand. A layer's test fills in a `struct subject` (how to
 * choose random options, build the layer, compute it by the textbook) and calls battery_prove(),
 * which
 *
 *     textbook     compares output, loss, gradients and states with the textbook, over random
 *                  options and shapes, edges first
 *     numeric      compares gradients with central differences, in double, through lam_gradcheck()
 *                  and by its own
 *     adjoint      <A x, y> = <x, A' y> for linear layers
 *     reference    compares the textbook and the layer with PyTorch's values
 *     bits         wants the same bits from 1, 2, 3, 4, 7 and 16 threads, alone or between other
 *                  layers, one sample or many,
 *                  in one step or three calls, saved and loaded or not
 *     small        the same in nets of few samples, which compute one sample at a time
 *     wrong        spoils the layer, one term at a time, and wants the above to notice each
 *
 * Each part is a function that returns a complaint or NULL, so that `wrong` can call the others. */
#ifndef LAM_BATTERY_H
#define LAM_BATTERY_H

#include "tests/reference/textbook.h"

#include "framework/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest difference that is forgiven, as a share of the largest value of the array;
 * trial_tolerance() says for a trial. */
#ifdef LAM_DOUBLE
#define BATTERY_TOLERANCE 1e-12
#else
#define BATTERY_TOLERANCE 1e-5
#endif

enum { TRIAL_PARAMS = 4, TRIAL_STATES = 2 };

/* Random numbers of the tests' own (splitmix64). */
struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *dice);
double dice_real(struct dice *dice, double low, double high);
int64_t dice_range(struct dice *dice, int64_t low, int64_t high); /* both included */
bool dice_chance(struct dice *dice, int percent);

struct subject;

/* One layer with one batch: options, shapes, and all arrays of the textbook's side, row-major. */
struct trial {
	const struct subject *subject;
	int number; /* from 0, edges first; negative: options that were chosen by hand */
	bool small; /* for numeric gradients: few values, away from kinks */

	/* Options, chosen by the subject; each means what the textbook says. A 1-D layer lies in
	 * index 1 of the window. */
	int64_t n;
	lam_shape in, to;
	struct window window;
	int64_t border[4];
	bool bias, soft, half, rectified; /* rectified: a relu follows the layer */
	/* a convolution that may be computed by Winograd's algorithm: its bound is ten times as
	 * wide */
	bool transformed;
	double slope, p, eps, momentum, smoothing, mean[4], std[4];

	/* What follows from them, filled in by the subject's .shapes. */
	lam_shape out, param[TRIAL_PARAMS];
	int params, states;
	int64_t state_values;  /* of each state */
	int64_t target_values; /* per sample; 1 for classes */
	int64_t classes;       /* 0: targets are values */

	double *x, *y, *dy, *dx, *w[TRIAL_PARAMS], *dw[TRIAL_PARAMS];
	double *state[TRIAL_STATES], *after[TRIAL_STATES], *eval, *targets;
	double loss;
};

enum {
	SUBJECT_LINEAR = 1, /* y - y(0) is linear in x */
	SUBJECT_LOSS = 2,
	SUBJECT_RANDOM = 4, /* training draws random numbers */
};

struct subject {
	const char *name; /* of its cases in reference.txt */
	unsigned traits;
	int cases; /* of the textbook's comparison */
	void (*choose)(struct trial *, struct dice *);
	bool (*shapes)(struct trial *); /* false: no such layer, choose again */
	lam_layer *(*build)(const struct trial *);
	/* after the usual random values; NULL: they will do */
	void (*fill)(struct trial *, struct dice *);
	/* RANDOM: learns the mask from the layer's output */
	void (*observe)(struct trial *, const lam_real *y);
	void (*forward)(struct trial *);  /* y, loss, after, eval */
	void (*backward)(struct trial *); /* dx, dw */
	double low, high;                 /* of lam_gradcheck's inputs; 0, 0: its own */
};

/* A trial of case `number`: options and data; NULL when there is no memory. */
struct trial *trial_new(const struct subject *subject, int number, bool small);
void trial_free(struct trial *trial);
/* shapes, arrays and data for options that were chosen by hand */
bool trial_complete(struct trial *trial, struct dice *dice);
bool trial_allocate(struct trial *trial);                     /* the arrays, after .shapes */
void trial_clear(struct trial *trial);                        /* frees them */
void trial_textbook(struct trial *trial, bool backward);      /* with the relu that follows */
int64_t trial_elements(const struct trial *trial, int param); /* of parameter `param` */

/* n for case `number`: 1, 15, 16, 17, 33, 2 at first. */
int64_t choose_batch(const struct trial *trial, struct dice *dice);
/* A plane: 1 x 1 at first. One-dimensional subjects have height 1. */
void choose_plane(struct trial *trial, struct dice *dice, int64_t most, int64_t plane[2]);

/* How a net is made of a trial's layer. */
struct setting {
	int threads;
	/* max_batch is n + spare; unless 0, the net first runs another, full batch */
	int64_t spare;
	bool between; /* the layer stands between two that do nothing */
	bool no_input_grad;
};
lam_net *trial_net(const struct trial *trial, const struct setting *setting);

/* The trial's data in the library's precision. */
struct rows {
	lam_real *x, *dy, *values;
	int32_t *classes;
	const void *targets; /* of the two, what the loss wants; NULL: no loss */
};
bool rows_take(struct rows *rows, const struct trial *trial);
void rows_free(struct rows *rows);

/* Gives the net the trial's parameters and states; forward and backward, whatever kind of net it
 * is. */
lam_status net_take(lam_net *net, const struct trial *trial);
lam_status net_backward(lam_net *net, const struct rows *rows);

double trial_tolerance(const struct trial *trial);

/* The parts. NULL: nothing to complain of. The text is valid until the next call. */
const char *battery_textbook(const struct subject *subject, int number);
const char *battery_numeric(const struct subject *subject, int number);
const char *battery_gradcheck(const struct subject *subject, int number);
const char *battery_adjoint(const struct subject *subject, int number);
const char *battery_reference(const struct subject *subject, int *cases);
const char *battery_bits(const struct subject *subject, int number);
const char *battery_saved(const struct subject *subject, int number);
const char *battery_small(const struct subject *subject, int number);
const char *battery_wrong(const struct subject *subject, int *faults);

/* For the parts: builds a complaint; compares an array; compares a run of the library with the
 * trial's arrays. */
const char *complain(const struct trial *trial, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
const char *compare(const struct trial *trial, const char *what, const lam_real *actual,
	const double *expected, int64_t count, double tolerance);
const char *trial_compare(struct trial *trial, const struct setting *setting, bool given);
const char *trial_compare_small(struct trial *trial); /* after trial_textbook() */

/* What `wrong` does to a layer that is being built; NULL: nothing. */
extern void (*battery_spoil)(lam_layer *layer);

#endif
