/* SPDX-License-Identifier: MIT */
/* Slices, permutations and pixel shuffle: each says where the value at an index of y comes from. */
#include "tests/reference/textbook.h"

void textbook_slice(double *y, const double *x, const struct range *r, int64_t n)
{
	for (int64_t s = 0; s < n; s++)
		for (int64_t c = r->begin; c < r->end; c++)
			for (int64_t p = 0; p < r->places; p++)
				*y++ = x[(s * r->channels + c) * r->places + p];
}

void textbook_slice_backward(double *dx, const double *dy, const struct range *r, int64_t n)
{
	for (int64_t s = 0; s < n; s++)
		for (int64_t c = 0; c < r->channels; c++)
			for (int64_t p = 0; p < r->places; p++)
				*dx++ = c >= r->begin && c < r->end ? *dy++ : 0;
}

/* The index in x of the value at `at` of y, for one sample. */
static int64_t source(const int64_t in[4], const int64_t order[4], int64_t at)
{
	int64_t index[4];
	for (int d = 3; d >= 0; d--) {
		index[order[d]] = at % in[order[d]];
		at /= in[order[d]];
	}
	return ((index[0] * in[1] + index[1]) * in[2] + index[2]) * in[3] + index[3];
}

void textbook_permute(
	double *y, const double *x, const int64_t in[4], const int64_t order[4], int64_t n)
{
	int64_t count = in[0] * in[1] * in[2] * in[3];
	for (int64_t at = 0; at < n * count; at++)
		y[at] = x[at / count * count + source(in, order, at % count)];
}

void textbook_permute_backward(
	double *dx, const double *dy, const int64_t in[4], const int64_t order[4], int64_t n)
{
	int64_t count = in[0] * in[1] * in[2] * in[3];
	for (int64_t at = 0; at < n * count; at++)
		dx[at / count * count + source(in, order, at % count)] = dy[at];
}

/* The index in x of y[plane][i][j]. */
static int64_t shuffled(int64_t plane, int64_t i, int64_t j, const int64_t in[2], int64_t r)
{
	int64_t channel = plane * r * r + i % r * r + j % r;
	return (channel * in[0] + i / r) * in[1] + j / r;
}

void textbook_pixel_shuffle(
	double *y, const double *x, int64_t planes, const int64_t in[2], int64_t r)
{
	for (int64_t plane = 0; plane < planes; plane++)
		for (int64_t i = 0; i < in[0] * r; i++)
			for (int64_t j = 0; j < in[1] * r; j++)
				*y++ = x[shuffled(plane, i, j, in, r)];
}

void textbook_pixel_shuffle_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], int64_t r)
{
	for (int64_t plane = 0; plane < planes; plane++)
		for (int64_t i = 0; i < in[0] * r; i++)
			for (int64_t j = 0; j < in[1] * r; j++)
				dx[shuffled(plane, i, j, in, r)] = *dy++;
}
