/* SPDX-License-Identifier: MIT */
/* Pooling and padding. */
#include "tests/reference/textbook.h"

#include <math.h>
#include <string.h>

bool textbook_pool_size(struct window *g)
{
	for (int d = 0; d < 2; d++) {
		int64_t span = g->in[d] + 2 * g->pad[d] - g->dilation[d] * (g->kernel[d] - 1) - 1;
		if (span < 0)
			return false;
		g->size[d] = (span + (g->ceil_mode ? g->stride[d] - 1 : 0)) / g->stride[d] + 1;
		if (g->ceil_mode && (g->size[d] - 1) * g->stride[d] >= g->in[d] + g->pad[d])
			g->size[d]--;
	}
	return true;
}

/* The index in its plane of the input that is the maximum for output (i, j); -1: the window is
 * outside the input. */
static int64_t winner(const double *plane, const struct window *g, int64_t i, int64_t j)
{
	int64_t best = -1;
	for (int64_t p = 0; p < g->kernel[0]; p++)
		for (int64_t q = 0; q < g->kernel[1]; q++) {
			int64_t u = i * g->stride[0] + p * g->dilation[0] - g->pad[0];
			int64_t v = j * g->stride[1] + q * g->dilation[1] - g->pad[1];
			if (u < 0 || u >= g->in[0] || v < 0 || v >= g->in[1])
				continue;
			int64_t at = u * g->in[1] + v;
			if (best < 0
				|| (!isnan(plane[best])
					&& (isnan(plane[at]) || plane[at] > plane[best])))
				best = at;
		}
	return best;
}

void textbook_max_pool(double *y, const double *x, const struct window *g, int64_t n)
{
	for (int64_t plane = 0; plane < n * g->channels; plane++, x += g->in[0] * g->in[1])
		for (int64_t i = 0; i < g->size[0]; i++)
			for (int64_t j = 0; j < g->size[1]; j++) {
				int64_t at = winner(x, g, i, j);
				*y++ = at < 0 ? -INFINITY : x[at];
			}
}

void textbook_max_pool_backward(
	double *dx, const double *dy, const double *x, const struct window *g, int64_t n)
{
	int64_t plane = g->in[0] * g->in[1];
	memset(dx, 0, (size_t)(n * g->channels * plane) * sizeof *dx);
	for (int64_t c = 0; c < n * g->channels; c++, x += plane, dx += plane)
		for (int64_t i = 0; i < g->size[0]; i++)
			for (int64_t j = 0; j < g->size[1]; j++, dy++) {
				int64_t at = winner(x, g, i, j);
				if (at >= 0)
					dx[at] += *dy;
			}
}

/* The inputs [low, high) in the window of output (i, j), and the sum's divisor. */
struct taps {
	int64_t low[2], high[2];
	double divisor;
};

static struct taps taps_of(const struct window *g, int64_t i, int64_t j)
{
	struct taps taps = {.divisor = 1};
	int64_t at[2] = {i, j};
	for (int d = 0; d < 2; d++) {
		int64_t low = at[d] * g->stride[d] - g->pad[d], high = low + g->kernel[d];
		if (high > g->in[d] + g->pad[d])
			high = g->in[d] + g->pad[d];
		int64_t padded = high - low;
		taps.low[d] = low < 0 ? 0 : low;
		taps.high[d] = high > g->in[d] ? g->in[d] : high;
		taps.divisor *= (double)(g->exclude_pad ? taps.high[d] - taps.low[d] : padded);
	}
	return taps;
}

void textbook_avg_pool(double *y, const double *x, const struct window *g, int64_t n)
{
	for (int64_t plane = 0; plane < n * g->channels; plane++, x += g->in[0] * g->in[1])
		for (int64_t i = 0; i < g->size[0]; i++)
			for (int64_t j = 0; j < g->size[1]; j++) {
				struct taps taps = taps_of(g, i, j);
				double sum = 0;
				for (int64_t u = taps.low[0]; u < taps.high[0]; u++)
					for (int64_t v = taps.low[1]; v < taps.high[1]; v++)
						sum += x[u * g->in[1] + v];
				*y++ = sum / taps.divisor;
			}
}

void textbook_avg_pool_backward(double *dx, const double *dy, const struct window *g, int64_t n)
{
	int64_t plane = g->in[0] * g->in[1];
	memset(dx, 0, (size_t)(n * g->channels * plane) * sizeof *dx);
	for (int64_t c = 0; c < n * g->channels; c++, dx += plane)
		for (int64_t i = 0; i < g->size[0]; i++)
			for (int64_t j = 0; j < g->size[1]; j++, dy++) {
				struct taps taps = taps_of(g, i, j);
				for (int64_t u = taps.low[0]; u < taps.high[0]; u++)
					for (int64_t v = taps.low[1]; v < taps.high[1]; v++)
						dx[u * g->in[1] + v] += *dy / taps.divisor;
			}
}

/* Whether value u of a side is in its window i. */
static bool in_window(int64_t u, int64_t i, int64_t in, int64_t out)
{
	double low = floor((double)(i * in) / (double)out),
	       high = ceil((double)((i + 1) * in) / (double)out);
	return (double)u >= low && (double)u < high;
}

/* The number of values in window i. */
static double values_of(int64_t i, int64_t in, int64_t out)
{
	double count = 0;
	for (int64_t u = 0; u < in; u++)
		count += in_window(u, i, in, out);
	return count;
}

void textbook_adaptive_avg_pool(
	double *y, const double *x, int64_t planes, const int64_t in[2], const int64_t out[2])
{
	for (int64_t c = 0; c < planes; c++, x += in[0] * in[1])
		for (int64_t i = 0; i < out[0]; i++)
			for (int64_t j = 0; j < out[1]; j++) {
				double sum = 0;
				for (int64_t u = 0; u < in[0]; u++)
					for (int64_t v = 0; v < in[1]; v++)
						if (in_window(u, i, in[0], out[0])
							&& in_window(v, j, in[1], out[1]))
							sum += x[u * in[1] + v];
				*y++ = sum / values_of(i, in[0], out[0])
					/ values_of(j, in[1], out[1]);
			}
}

void textbook_adaptive_avg_pool_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], const int64_t out[2])
{
	memset(dx, 0, (size_t)(planes * in[0] * in[1]) * sizeof *dx);
	for (int64_t c = 0; c < planes; c++, dx += in[0] * in[1])
		for (int64_t i = 0; i < out[0]; i++)
			for (int64_t j = 0; j < out[1]; j++, dy++)
				for (int64_t u = 0; u < in[0]; u++)
					for (int64_t v = 0; v < in[1]; v++)
						if (in_window(u, i, in[0], out[0])
							&& in_window(v, j, in[1], out[1]))
							dx[u * in[1] + v] += *dy
								/ values_of(i, in[0], out[0])
								/ values_of(j, in[1], out[1]);
}

/* The index of the input that output (i, j) copies; -1: it is padding. */
static int64_t source(const int64_t in[2], const int64_t pad[4], int64_t i, int64_t j)
{
	int64_t u = i - pad[2], v = j - pad[0];
	return u < 0 || u >= in[0] || v < 0 || v >= in[1] ? -1 : u * in[1] + v;
}

void textbook_zero_pad(
	double *y, const double *x, int64_t planes, const int64_t in[2], const int64_t pad[4])
{
	int64_t height = in[0] + pad[2] + pad[3], width = in[1] + pad[0] + pad[1];
	for (int64_t c = 0; c < planes; c++, x += in[0] * in[1])
		for (int64_t i = 0; i < height; i++)
			for (int64_t j = 0; j < width; j++) {
				int64_t at = source(in, pad, i, j);
				*y++ = at < 0 ? 0 : x[at];
			}
}

void textbook_zero_pad_backward(
	double *dx, const double *dy, int64_t planes, const int64_t in[2], const int64_t pad[4])
{
	int64_t height = in[0] + pad[2] + pad[3], width = in[1] + pad[0] + pad[1];
	memset(dx, 0, (size_t)(planes * in[0] * in[1]) * sizeof *dx);
	for (int64_t c = 0; c < planes; c++, dx += in[0] * in[1])
		for (int64_t i = 0; i < height; i++)
			for (int64_t j = 0; j < width; j++, dy++) {
				int64_t at = source(in, pad, i, j);
				if (at >= 0)
					dx[at] = *dy;
			}
}
