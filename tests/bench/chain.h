/* SPDX-License-Identifier: MIT */
/* Nets that are given as a shape, "3x32x32", and a chain of words:
 *
 *     c OUT,KERNEL[,STRIDE,PAD,DILATION,GROUPS]   convolution; without bias before bn
 *     t OUT,KERNEL[,STRIDE,PAD]                   transposed convolution; likewise
 *     mp | ap KERNEL[,STRIDE,PAD]                 maximum, average pooling
 *     a OUT   bn   r   tanh   gap   v CxHxW       affine; …; ReLU; …; global average; reshape
 *     up SCALE                                    bilinear upsampling
 *     ( body | shortcut )                         residual; an empty shortcut is the input
 *     [ body ]                                    the input, and behind its channels the body's
 *     ce | mse                                    the loss */
#ifndef BENCH_CHAIN_H
#define BENCH_CHAIN_H

#include <lamina.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 256, NUMBERS = 6 };

struct reader {
	char *words[1024];
	int count, at;
	int sides; /* 1: signals, 2: images */
	bool failed;
};

static const char *next(struct reader *r)
{
	return r->at < r->count ? r->words[r->at++] : "";
}

static bool take(struct reader *r, const char *word)
{
	const bool found = r->at < r->count && !strcmp(r->words[r->at], word);
	r->at += found;
	return found;
}

/* The numbers of a word; those that are missing keep what they were. */
static void numbers(struct reader *r, int n[NUMBERS], char separator)
{
	const char *word = next(r);
	for (int i = 0; i < NUMBERS && *word; i++) {
		char *end;
		n[i] = (int)strtol(word, &end, 10);
		word = *end == separator ? end + 1 : "";
	}
}

static lam_layer *convolution(struct reader *r, bool transposed)
{
	int n[NUMBERS] = {0, 1, 1, 0, 1, 1}; /* out, kernel, stride, pad, dilation, groups */
	numbers(r, n, ',');
	const bool bare = r->at < r->count && !strcmp(r->words[r->at], "bn");
	if (transposed)
		return r->sides == 1 ? lam_transposed_conv1d(.out = n[0], .kernel = n[1],
			       .stride = n[2], .pad = n[3], .no_bias = bare)
				     : lam_transposed_conv2d(.out = n[0], .kernel = {n[1]},
					     .stride = {n[2]}, .pad = {n[3]}, .no_bias = bare);
	return r->sides == 1
		? lam_conv1d(.out = n[0], .kernel = n[1], .stride = n[2], .pad = n[3],
			.dilation = n[4], .groups = n[5], .no_bias = bare)
		: lam_conv2d(.out = n[0], .kernel = {n[1]}, .stride = {n[2]}, .pad = {n[3]},
			.dilation = {n[4]}, .groups = n[5], .no_bias = bare);
}

static lam_layer *pooling(struct reader *r, bool maximum)
{
	int n[NUMBERS] = {2, 0, 0};
	numbers(r, n, ',');
	if (maximum)
		return r->sides == 1
			? lam_max_pool1d(.kernel = n[0], .stride = n[1], .pad = n[2])
			: lam_max_pool2d(.kernel = {n[0]}, .stride = {n[1]}, .pad = {n[2]});
	return r->sides == 1 ? lam_avg_pool1d(.kernel = n[0], .stride = n[1], .pad = n[2])
			     : lam_avg_pool2d(.kernel = {n[0]}, .stride = {n[1]}, .pad = {n[2]});
}

static lam_layer *layers(struct reader *r);

static lam_layer *residual(struct reader *r)
{
	lam_layer *body = layers(r), *shortcut = NULL;
	if (take(r, "|"))
		shortcut = layers(r);
	r->failed = r->failed || !take(r, ")");
	return shortcut ? lam_residual(body, .shortcut = shortcut) : lam_residual(body);
}

static lam_layer *beside(struct reader *r)
{
	lam_layer *body = layers(r);
	r->failed = r->failed || !take(r, "]");
	return lam_concat(lam_identity(), body);
}

static lam_layer *upsampling(struct reader *r)
{
	int n[NUMBERS] = {0};
	numbers(r, n, ',');
	return lam_upsample2d(.scale = {n[0]}, .mode = LAM_LINEAR);
}

static lam_layer *layer(struct reader *r)
{
	int n[NUMBERS] = {0};
	const char *word = next(r);
	if (!strcmp(word, "c") || !strcmp(word, "t"))
		return convolution(r, *word == 't');
	if (!strcmp(word, "mp") || !strcmp(word, "ap"))
		return pooling(r, *word == 'm');
	if (!strcmp(word, "a")) {
		numbers(r, n, ',');
		return lam_affine(.out = n[0]);
	}
	if (!strcmp(word, "v")) {
		numbers(r, n, 'x');
		return lam_reshape(.shape = n[2] ? LAM_SHAPE(n[0], n[1], n[2])
						 : LAM_SHAPE(n[0], n[1]));
	}
	if (!strcmp(word, "("))
		return residual(r);
	if (!strcmp(word, "["))
		return beside(r);
	if (!strcmp(word, "up"))
		return upsampling(r);
	if (!strcmp(word, "ce"))
		return lam_softmax_cross_entropy();
	r->failed = r->failed
		|| (strcmp(word, "bn") && strcmp(word, "r") && strcmp(word, "tanh")
			&& strcmp(word, "gap") && strcmp(word, "mse"));
	return !strcmp(word, "bn")      ? lam_batch_norm()
		: !strcmp(word, "tanh") ? lam_tanh()
		: !strcmp(word, "gap")  ? lam_global_avg_pool()
		: !strcmp(word, "mse")  ? lam_mean_squared_error()
					: lam_relu();
}

static bool ends(const char *word)
{
	return !strcmp(word, "|") || !strcmp(word, ")") || !strcmp(word, "]");
}

/* Layers up to the end, or to the mark of a block. NULL: none. */
static lam_layer *layers(struct reader *r)
{
	lam_layer *list[MOST];
	int count = 0;
	while (r->at < r->count && !ends(r->words[r->at]) && count < MOST && !r->failed)
		list[count++] = layer(r);
	return count ? lam_sequential_new(&(lam_sequential_options){
		       .size = sizeof(lam_sequential_options), .layers = list, .count = count})
		     : NULL;
}

/* The model, and the shape of its input; NULL after a message. Changes the chain's text. */
static lam_layer *chain_model(char *shape_word, char *chain, lam_shape *shape)
{
	struct reader r = {0};
	int n[NUMBERS] = {0};
	r.words[r.count++] = shape_word;
	for (char *word = strtok(chain, " "); word && r.count < 1024; word = strtok(NULL, " "))
		r.words[r.count++] = word;
	numbers(&r, n, 'x');
	r.sides = n[2] || !n[1] ? 2 : 1;
	*shape = n[2]  ? LAM_SHAPE(n[0], n[1], n[2])
		: n[1] ? LAM_SHAPE(n[0], n[1])
		       : LAM_SHAPE(n[0]);
	lam_layer *model = layers(&r);
	if (!r.failed && r.at == r.count)
		return model;
	fprintf(stderr, "word %d of the chain is none that is known\n", r.at);
	return NULL;
}

#endif
