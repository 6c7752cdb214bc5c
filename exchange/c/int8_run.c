/* SPDX-License-Identifier: MIT */
/* What the written C of int8 computes, bit by bit. */
#include "exchange/c/int8.h"

#include "framework/memory.h"

#include <math.h>

int8_t lam_c_int8_scaled(int64_t a, int32_t factor, int32_t shift, int32_t low, int32_t high)
{
	const int64_t t = a * factor, half = (int64_t)1 << (shift - 1),
		      r = t < 0 ? -((half - t) >> shift) : (t + half) >> shift;
	return (int8_t)(r < low ? low : r > high ? high : r);
}

/* The offset of value `i` of a nest, row-major. */
static int64_t offset(const lam_c_nest *nest, int64_t i)
{
	int64_t at = 0;
	for (int d = nest->dims - 1; d >= 0; d--) {
		at += i % nest->size[d] * nest->step[d];
		i /= nest->size[d];
	}
	return at;
}

static int64_t values_of(const lam_c_nest *nest)
{
	int64_t count = 1;
	for (int d = 0; d < nest->dims; d++)
		count *= nest->size[d];
	return count;
}

/* Adds one tap's products to the sums of all lanes, whose number is a constant where it is called,
 * so that compilers vectorise the loop. */
static inline void add_tap(int32_t *restrict sums, const int8_t *restrict x, int64_t step,
	const int8_t *restrict w, int64_t in, int64_t lanes)
{
	for (int64_t k = 0; k < in; k++, w += lanes) {
		const int32_t a = x[k * step];
		for (int64_t l = 0; l < lanes; l++)
			sums[l] += a * w[l];
	}
}

/* One place: the sums of all outputs of a group's block. */
static void place(const lam_c_int8 *int8, const lam_c_step *step, int64_t i, int64_t j,
	const int8_t *x, int8_t *y)
{
	const lam_c_conv *c = &step->conv;
	const bool deep = lam_c_depthwise(c);
	const int64_t taps = c->kernel[0] * c->kernel[1];
	const int64_t n = lam_c_all_lanes(c);
	const int8_t *w = int8->weights + step->w;
	const int32_t *b = int8->numbers + step->b;
	for (int64_t g = 0; g < c->groups; g++)
		for (int64_t o = 0, lanes; o < c->out; o += lanes) {
			int32_t sums[32];
			lanes = deep ? 1 : lam_c_lanes(c, o);
			for (int64_t l = 0; l < lanes; l++)
				sums[l] = b[l];
			for (int64_t t = 0; t < taps; t++) {
				const int64_t u = i * c->stride[0] - c->pad[0]
					+ t / c->kernel[1] * c->dilation[0],
					      v = j * c->stride[1] - c->pad[1]
					+ t % c->kernel[1] * c->dilation[1];
				if (u < 0 || u >= c->size[0] || v < 0 || v >= c->size[1])
					continue;
				const int8_t *from = x + g * c->in * c->x_channel + u * c->x_step[0]
					+ v * c->x_step[1];
				const int8_t *f = deep ? w + t * c->groups + g
						       : w + t * c->in * lanes;
				if (lanes == 32)
					add_tap(sums, from, c->x_channel, f, c->in, 32);
				else if (lanes == 16)
					add_tap(sums, from, c->x_channel, f, c->in, 16);
				else
					add_tap(sums, from, c->x_channel, f, c->in, lanes);
			}
			for (int64_t l = 0; l < lanes && o + l < c->out; l++)
				y[(g * c->out + o + l) * c->y_channel] = lam_c_int8_scaled(
					sums[l], b[n + l], b[2 * n + l], step->low, step->high);
			b += lanes;
			if (!deep)
				w += lanes * taps * c->in;
		}
}

void lam_c_run_conv(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)x, (void)y;
	const lam_c_conv *c = &step->conv;
	for (int64_t i = 0; i < c->places[0]; i++)
		for (int64_t j = 0; j < c->places[1]; j++)
			place(int8, step, i, j, arena + step->x[0],
				arena + step->y + i * c->y_step[0] + j * c->y_step[1]);
}

void lam_c_run_map(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)x, (void)y;
	const int64_t count = values_of(&step->nest[0]);
	const lam_c_nest *channels = &step->nest[step->inputs + 1];
	int64_t terms = 1; /* numbers of channels */
	for (int d = 0; d < channels->dims; d++)
		terms += (channels->size[d] - 1) * channels->step[d];
	for (int64_t i = 0; i < count; i++) {
		int64_t sum = 0;
		const int64_t c = offset(channels, i);
		const int32_t *b = int8->numbers + step->b + c;
		for (int k = 0; k < step->inputs; k++)
			sum += (int64_t)arena[step->x[k] + offset(&step->nest[k + 1], i)]
				* (step->channels ? b[0] : step->factor[k]);
		if (step->channels)
			sum += b[terms];
		arena[step->y + offset(&step->nest[0], i)] = lam_c_int8_scaled(
			sum, 1, LAM_C_SHIFT, step->low, step->high);
	}
}

void lam_c_run_table(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)x, (void)y;
	const int64_t count = values_of(&step->nest[0]);
	for (int64_t i = 0; i < count; i++)
		arena[step->y + offset(&step->nest[0], i)] = int8->weights[step->w + 128
			+ arena[step->x[0] + offset(&step->nest[1], i)]];
}

void lam_c_run_windows(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)int8, (void)x, (void)y;
	const lam_c_windows *w = &step->windows;
	const int64_t taps = w->kernel[0] * w->kernel[1], width = w->y.size[1];
	for (int64_t i = 0; i < w->y.size[0] * width; i++)
		for (int64_t c = 0; c < w->x.channels; c++) {
			int32_t m = w->max ? LAM_C_LEAST : 0;
			for (int64_t t = 0; t < taps; t++) {
				const int64_t u = i / width * w->stride[0] - w->pad[0]
					+ t / w->kernel[1] * w->dilation[0],
					      v = i % width * w->stride[1] - w->pad[1]
					+ t % w->kernel[1] * w->dilation[1];
				if (u < 0 || u >= w->x.size[0] || v < 0 || v >= w->x.size[1])
					continue;
				const int32_t value = arena[step->x[0] + u * w->x.step[0]
					+ v * w->x.step[1] + c * w->x.channel];
				m = !w->max ? m + value : value > m ? value : m;
			}
			arena[step->y + i / width * w->y.step[0] + i % width * w->y.step[1]
				+ c * w->y.channel] = w->max
				? (int8_t)m
				: lam_c_int8_scaled(
					m, step->factor[0], step->shift, LAM_C_LEAST, LAM_C_MOST);
		}
}

void lam_c_run_quantize(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)int8, (void)y;
	const int64_t count = values_of(&step->nest[0]);
	for (int64_t i = 0; i < count; i++) {
		const float t = x[step->x[0] + offset(&step->nest[1], i)] * (float)step->scale;
		arena[step->y + offset(&step->nest[0], i)] = (int8_t)(t >= LAM_C_MOST ? LAM_C_MOST
				: t <= LAM_C_LEAST                                    ? LAM_C_LEAST
						   : (int)(t < 0 ? t - 0.5f : t + 0.5f));
	}
}

void lam_c_run_values(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)int8, (void)x;
	const int64_t count = values_of(&step->nest[0]);
	for (int64_t i = 0; i < count; i++)
		y[step->y + offset(&step->nest[0], i)] =
			(float)arena[step->x[0] + offset(&step->nest[1], i)] * (float)step->scale;
}

void lam_c_run_softmax(
	const lam_c_int8 *int8, const lam_c_step *step, const float *x, int8_t *arena, float *y)
{
	(void)int8, (void)x;
	const int64_t channels = step->nest[0].size[0],
		      places = values_of(&step->nest[0]) / channels;
	for (int64_t p = 0; p < places; p++) {
		float sum = 0;
		int most = LAM_C_LEAST;
		for (int64_t c = 0; c < channels; c++) {
			const int q = arena[step->x[0] + offset(&step->nest[1], c * places + p)];
			most = q > most ? q : most;
		}
		for (int64_t c = 0; c < channels; c++) {
			const int q = arena[step->x[0] + offset(&step->nest[1], c * places + p)];
			float *to = &y[step->y + offset(&step->nest[0], c * places + p)];
			*to = expf((float)(q - most) * (float)step->scale);
			sum += *to;
		}
		for (int64_t c = 0; c < channels; c++)
			y[step->y + offset(&step->nest[0], c * places + p)] /= sum;
	}
}

void lam_c_int8_run(const lam_c_graph *graph, const float *x, int8_t *arena, float *y)
{
	const lam_c_int8 *int8 = graph->int8;
	for (int i = 0; i < int8->step_count; i++)
		int8->steps[i].run(int8, &int8->steps[i], x, arena, y);
}
