/* SPDX-License-Identifier: MIT */
/* A picture in another size. On each axis, a new pixel is a weighted mean of neighbours:
 *
 *     down, from N to n < N   pixel d covers [d N, (d + 1) N) and pixel s [s n, (s + 1) n): the
 *                             weight of s is the length that both have in common, of N together
 *     up, from N to n > N     the centre of d lies at p = ((2 d + 1) N - n) / 2 n: the weights of
 *                             floor(p) and floor(p) + 1 are 2 n (1 - frac(p)) and 2 n frac(p), of
 *                             2 n together; the pixels at the ends go on beyond them
 *
 * Weights are whole numbers and so are all sums: the result is the exact mean, rounded once. */
#include "exchange/images/decode.h"

#include <string.h>

/* The weights of one axis. */
typedef struct axis {
	uint32_t *first, *count; /* [to]: the pixels that d reads */
	uint32_t *weights;       /* `count` for each d, one behind the other */
	uint32_t total;          /* of the weights of each d */
} axis;

static uint32_t down(axis *a, uint32_t from, uint32_t to, uint32_t d, uint32_t *weight)
{
	const uint64_t begin = (uint64_t)d * from, end = begin + from;
	const uint32_t first = (uint32_t)(begin / to), last = (uint32_t)((end - 1) / to);
	for (uint32_t s = first; s <= last; s++) {
		const uint64_t left = (uint64_t)s * to, right = left + to;
		weight[s - first] = (uint32_t)((right < end ? right : end)
			- (left > begin ? left : begin));
	}
	a->first[d] = first;
	return last - first + 1;
}

static uint32_t up(axis *a, uint32_t from, uint32_t to, uint32_t d, uint32_t *weight)
{
	const int64_t unit = 2 * (int64_t)to, p = (2 * (int64_t)d + 1) * from - to;
	const bool before = p < 0, behind = p >= (from - 1) * unit;
	a->first[d] = before ? 0 : behind ? from - 1 : (uint32_t)(p / unit);
	weight[0] = before || behind ? (uint32_t)unit : (uint32_t)(unit - p % unit);
	if (before || behind)
		return 1;
	weight[1] = (uint32_t)(p % unit);
	return 2;
}

/* How many numbers an axis has at most. */
static size_t axis_room(int from, int to)
{
	return 4 * (size_t)to + (size_t)from;
}

static axis make_axis(uint32_t *room, int from, int to)
{
	axis a = {.first = room, .count = room + to, .weights = room + 2 * (size_t)to};
	const bool smaller = to <= from;
	uint32_t *weight = a.weights;
	for (int d = 0; d < to; d++) {
		a.count[d] = smaller ? down(&a, (uint32_t)from, (uint32_t)to, (uint32_t)d, weight)
				     : up(&a, (uint32_t)from, (uint32_t)to, (uint32_t)d, weight);
		weight += a.count[d];
	}
	a.total = smaller ? (uint32_t)from : 2 * (uint32_t)to;
	return a;
}

/* Where pixel (row, column) of the picture as it is stored goes in a plane of the sample. */
typedef struct turn {
	int64_t begin, row, column;
} turn;

/* EXIF's orientation says where the stored row 0 and column 0 are seen. */
static turn turn_of(int orientation, int height, int width)
{
	const int64_t w = width, bottom = (int64_t)(height - 1) * width, right = width - 1;
	const turn turns[] = {
		{0, w, 1},                /* 1: top, left */
		{right, w, -1},           /* 2: top, right */
		{bottom + right, -w, -1}, /* 3: bottom, right */
		{bottom, -w, 1},          /* 4: bottom, left */
		{0, 1, w},                /* 5: left, top */
		{right, -1, w},           /* 6: right, top */
		{bottom + right, -1, -w}, /* 7: right, bottom */
		{bottom, 1, -w},          /* 8: left, bottom */
	};
	return turns[orientation - 1];
}

/* sums[i] = weighted sum of `count` rows of `length` bytes. */
static void add_rows(const uint8_t *rows, int64_t length, const uint32_t *weights, uint32_t count,
	uint32_t *restrict sums)
{
	for (int64_t i = 0; i < length; i++)
		sums[i] = weights[0] * rows[i];
	for (uint32_t s = 1; s < count; s++) {
		const uint8_t *row = rows + s * length;
		const uint32_t weight = weights[s];
		for (int64_t i = 0; i < length; i++)
			sums[i] += weight * row[i];
	}
}

/* One channel of a row of sums, to a row of the sample. The quotient of exact numbers below 2^53,
 * and a half: no rounding moves it over a whole number. */
static void finish_row(const uint32_t *sums, int channels, const axis *columns, int width,
	double total, uint8_t *to, int64_t step)
{
	const uint32_t *weight = columns->weights;
	for (int x = 0; x < width; x++, to += step) {
		const uint32_t *from = sums + (size_t)columns->first[x] * (size_t)channels;
		uint64_t sum = 0;
		for (uint32_t s = 0; s < columns->count[x]; s++)
			sum += (uint64_t)*weight++ * from[s * (uint32_t)channels];
		*to = (uint8_t)((double)(int64_t)sum / total + 0.5);
	}
}

static void copy_plane(const lam_picture *p, int channel, const turn *t, uint8_t *plane)
{
	const uint8_t *from = p->pixels + channel;
	for (int y = 0; y < p->height; y++) {
		uint8_t *to = plane + t->begin + y * t->row;
		for (int x = 0; x < p->width; x++, from += p->channels)
			to[x * t->column] = *from;
	}
}

static lam_status resample(
	lam_image_reader *r, int height, int width, const turn *t, int64_t plane, uint8_t *sample)
{
	const lam_picture *p = &r->picture;
	const size_t row_room = axis_room(p->height, height),
		     room = row_room + axis_room(p->width, width);
	const int64_t length = (int64_t)p->width * p->channels;
	uint32_t *numbers = lam_image_room(&r->axes, room, sizeof *numbers),
		 *sums = lam_image_room(&r->sums, (size_t)length, sizeof *sums);
	if (!numbers || !sums)
		return LAM_ERR_MEMORY;
	const axis rows = make_axis(numbers, p->height, height),
		   columns = make_axis(numbers + row_room, p->width, width);
	const double total = (double)rows.total * columns.total;
	const uint32_t *weights = rows.weights;
	for (int y = 0; y < height; y++) {
		add_rows(p->pixels + rows.first[y] * length, length, weights, rows.count[y], sums);
		weights += rows.count[y];
		for (int c = 0; c < p->channels; c++)
			finish_row(sums + c, p->channels, &columns, width, total,
				sample + c * plane + t->begin + y * t->row, t->column);
	}
	return LAM_OK;
}

lam_status lam_image_resize(lam_image_reader *r, const lam_sample_size *size, uint8_t *sample)
{
	const lam_picture *p = &r->picture;
	const bool lies = p->orientation >= 5;
	const int height = lies ? size->width : size->height,
		  width = lies ? size->height : size->width;
	const int64_t plane = (int64_t)size->height * size->width;
	const turn t = turn_of(p->orientation, size->height, size->width);
	lam_status status = LAM_OK;
	if (height == p->height && width == p->width)
		for (int c = 0; c < p->channels; c++)
			copy_plane(p, c, &t, sample + c * plane);
	else
		status = resample(r, height, width, &t, plane, sample);
	for (int c = p->channels; c < size->channels && !status; c++)
		memcpy(sample + c * plane, sample, (size_t)plane);
	return status;
}
