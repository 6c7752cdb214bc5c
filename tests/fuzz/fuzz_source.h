/* SPDX-License-Identifier: MIT */
/* A fuzzer's bytes, taken one after the other as numbers, and the nets that are composed as they
 * say. */
#ifndef LAM_TESTS_FUZZ_SOURCE_H
#define LAM_TESTS_FUZZ_SOURCE_H

#include "framework/layer.h"

#include <stdint.h>

/* The bytes; zeros behind their end. */
struct source {
	const uint8_t *at, *end;
	int layers; /* composed so far */
};

/* 0 to below - 1. */
static inline int take(struct source *s, int below)
{
	return s->at < s->end ? *s->at++ % below : 0;
}

/* Values of a sample in nets that fuzz_compose() makes, at each place. */
enum { FUZZ_VALUES = 96 };

/* A model for inputs of shape `in`, of all kinds of layers in lam_catalogue, which mostly fits.
 * NULL and a sentence where memory is short. */
lam_layer *fuzz_compose(struct source *s, lam_shape in);

/* A single layer that is no container, which mostly takes such an input, and its output's shape. */
lam_layer *fuzz_compose_leaf(struct source *s, lam_shape in, lam_shape *out);

#endif
