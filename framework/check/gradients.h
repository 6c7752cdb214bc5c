/* SPDX-License-Identifier: MIT */
/* The data of a gradient check, for the files that it consists of. Private to check/. */
#ifndef LAM_GRADIENTS_H
#define LAM_GRADIENTS_H

#include "framework/check/slope.h"
#include "framework/gradcheck.h"

#pragma GCC visibility push(hidden)

/* A value that could not be judged. */
typedef struct lam_unsure {
	int call, array; /* the call's inputs, and then its parameters */
	int64_t index;   /* inputs: sample * features + feature */
} lam_unsure;

typedef struct lam_unsure_list {
	lam_unsure *at;
	int64_t count, room;
} lam_unsure_list;

typedef struct lam_check {
	const lam_gradcheck_options *options;
	bool ranged; /* .low or .high was given */
	double tolerance;
	lam_net *net;
	bool declared;      /* this round checks what classes declare, and no gradients */
	lam_mode mode;      /* of this round */
	int64_t n;          /* its samples */
	int64_t first_n;    /* samples of the first batch, whose values are judged one by one */
	int64_t groups;     /* > 0: values are judged in about as many groups; 0: one by one */
	int draw;           /* draws of the batch before this one, in this round */
	lam_real **slots;   /* the values of each slot in this round, [blocks][features][16] */
	void **targets;     /* of each loss of the net */
	lam_real **weights; /* of the samples, for each loss; NULL: 1 */
	lam_unsure_list unsure, again; /* in this draw, and in the one before */
	char too_many[600];            /* undecided: of which array; "": of none */
	int64_t *wrong;                /* of each call */
	int worst_call;                /* of the value with the largest error */
	double errors[LAM_GRADCHECK_WORST];
	lam_gradcheck_report report;
} lam_check;

/* A model of several inputs of these shapes: the layer, a join. Consumes the layer, also on
 * failure. The shapes must live as long as the model. */
lam_layer *lam_check_inputs(lam_layer *join, const lam_shape *shapes, int inputs);

/* Draws the batch of this round: fills the slots of the inputs, and the targets. */
lam_status lam_check_draw(lam_check *c);

/* Runs every call of the net once on the batch, and checks the gradients of each. */
lam_status lam_check_calls(lam_check *c);

/* Records the judgement of a value of array `name` of a call; or that it could not be judged. */
void lam_check_note(lam_check *c, int call, const char *name, int64_t index, double analytic,
	const lam_judgement *judgement);
lam_status lam_check_unsure(lam_check *c, lam_unsure value);

/* Random numbers of this draw: normal, or uniform in [0, 1). `array` distinguishes uses. */
double lam_check_normal(const lam_check *c, uint64_t array, int64_t i);
double lam_check_uniform(const lam_check *c, uint64_t array, int64_t i);

enum {
	LAM_DRAW_INPUT = 1,
	LAM_DRAW_R = 2,
	LAM_DRAW_TARGETS = 3,
	LAM_DRAW_PARAMS = 4,
	LAM_DRAW_WEIGHTS = 5
};

#pragma GCC visibility pop
#endif
