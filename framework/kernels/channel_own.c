/* SPDX-License-Identifier: MIT */
/* Copies channels to lane blocks of their own, and outputs from them (channel_own.h). Rows are read
 * from the second cache and written side by side. A vector whose channels lie in one or two vectors
 * of x is as many permutations. Others, as those of 3 channels, are copied lane by lane. */
#include "framework/kernels/channel_own.h"
#include "framework/kernels/shuffle.h"
#include "framework/kernels/thresholds.h"

/* Where the lanes of a vector come from: one or two vectors, at `base` and `other`, and which of
 * their values. `valid`: the lanes that have a value. Or, if they lie in more of them, one place
 * for each lane. */
struct source {
	bool near, both;
	int64_t base, other, lane[VEC];
	vec_mask index, from_other, valid;
};

/* Finds the one or two vectors that hold source->lane. */
NOT_INLINE static void find_vectors(struct source *source)
{
	source->near = true;
	source->both = false;
	source->base = source->other = source->lane[0] - source->lane[0] % VEC;
	for (int i = 0; i < VEC; i++) {
		const int64_t index = source->lane[i] % VEC, base = source->lane[i] - index;

		if (base != source->base && !source->both) {
			source->other = base;
			source->both = true;
		}
		source->near = source->near && (base == source->base || base == source->other);
		source->from_other[i] = base == source->base ? 0 : -1;
		source->index[i] = (vec_mask_element)index;
	}
}

/* VEC channels of block `i` of group `group`, from lane `lane` on. Lanes without a channel have the
 * last one. */
static struct source source_of(const struct channel_sweep *s, int64_t group, int lane, int64_t i)
{
	struct source source;

	for (int k = 0; k < VEC; k++) {
		const int64_t channel = group * s->channels
			+ least(i * LAM_LANES + lane + k, s->channels - 1);

		source.lane[k] = channel / LAM_LANES * s->x_block + channel % LAM_LANES;
	}
	find_vectors(&source);
	return source;
}

/* The vector of a source that is near, at a pixel. */
ALWAYS_INLINE vec take_lanes(const struct source *source, const lam_real *pixel)
{
	const vec value = vec_permute(*(const vec *)(pixel + source->base), source->index);

	return source->both ? vec_select(source->from_other,
		       vec_permute(*(const vec *)(pixel + source->other), source->index), value)
			    : value;
}

/* Copies one vector of each of `pixels` neighbours. */
static void copy_pixels(const struct source *source, const lam_real *x, int64_t x_pixel,
	int64_t pixels, lam_real *to)
{
	const vec_mask index = source->index;
	const lam_real *from = x + source->base, *end = to + pixels * LAM_LANES;

	if (source->near && !source->both)
		for (; to < end; to += LAM_LANES, from += x_pixel)
			*(vec *)to = vec_permute(*(const vec *)from, index);
	else
		for (; to < end; to += LAM_LANES, x += x_pixel)
			if (source->near)
				*(vec *)to = take_lanes(source, x);
			else
				for (int lane = 0; lane < VEC; lane++)
					to[lane] = x[source->lane[lane]];
}

/* Lines of pixels. Lines of one pixel, as a signal has, are one line. */
struct lines {
	int64_t lines, pixels, line, pixel; /* how many, and the steps from one to the next */
};

static struct lines lines_of(int64_t lines, int64_t pixels, int64_t line, int64_t pixel)
{
	return pixels == 1 ? (struct lines){1, lines, line, line}
			   : (struct lines){lines, pixels, line, pixel};
}

void channel_own_copy(const struct channel_sweep *s, int64_t group, int64_t first, int64_t end,
	const lam_real *x, lam_real *to)
{
	const int64_t plane = (end - first) * s->axis.axis.size * LAM_LANES;
	const struct lines of = lines_of(
		end - first, s->axis.axis.size, s->long_axis.x_step, s->axis.x_step);

	x += first * s->long_axis.x_step;
	for (int64_t i = 0; i < s->blocks; i++, to += plane)
		for (int v = 0; v < LAM_LANES; v += VEC) {
			const struct source source = source_of(s, group, v, i);

			for (int64_t line = 0; line < of.lines; line++)
				copy_pixels(&source, x + line * of.line, of.pixel, of.pixels,
					to + line * of.pixels * LAM_LANES + v);
		}
}

/* The lanes from `first` on, counted over all outputs, of those of a group, whose units lie `unit`
 * values apart. Lanes behind the group are written, too, so that the next group, whose they are,
 * keeps no undefined ones; but not if y may lie where the values lie that are added. */
COLD static struct source source_of_outputs(
	const struct channel_sweep *s, int64_t group, int64_t first, int64_t unit)
{
	struct source source;

	for (int k = 0; k < VEC; k++) {
		const int64_t output = first + k - group * s->outputs,
			      inside = limit(output, 0, s->outputs - 1);

		source.valid[k] = output == inside || (output > inside && !s->finish.adds) ? -1 : 0;
		source.lane[k] = inside / LAM_LANES * unit + inside % LAM_LANES;
	}
	find_vectors(&source);
	return source;
}

/* Finishes a line of one vector of outputs. */
HOT static void scatter_pixels(const struct source *source, const struct finish *finish, vec bias,
	const lam_real *sums, int64_t y_pixel, int64_t pixels, lam_real *y)
{
	const bool whole = !vec_any(~source->valid);
	const vec none = {0}, center = finish->center ? vec_load(finish->center) : none,
		  factor = finish->center ? vec_load(finish->factor) : none,
		  term = finish->center ? vec_load(finish->term) : none;

	for (int64_t b = 0; b < pixels; b++, sums += LAM_LANES, y += y_pixel) {
		vec value = take_lanes(source, sums) + bias;

		if (finish->center)
			value = (value - center) * factor + term;
		if (finish->adds)
			value += *(const vec *)finish_added(finish, y);
		if (finish->epilogue == LAM_EPILOGUE_RELU)
			value = vec_at_least(value, 0);
		*(vec *)y = whole ? value : vec_select(source->valid, value, *(const vec *)y);
	}
}

COLD void channel_own_scatter(const struct channel_sweep *s, int64_t group, int64_t begin,
	int64_t end, const lam_real *sums, lam_real *y)
{
	const struct axis *lines = &s->long_axis.axis, *columns = &s->axis.axis;
	const int64_t first = group * s->outputs,
		      plane = (end - begin) * columns->outputs * LAM_LANES;
	const struct lines of = lines_of(end - begin, columns->outputs,
		lines->step * s->long_axis.y_step, columns->step * s->axis.y_step);

	y += channel_line_at(s, begin);
	for (int64_t o = first - first % VEC; o < first + s->outputs; o += VEC) {
		const struct source source = source_of_outputs(s, group, o, plane);
		const struct finish finish = finish_from(s->finish, o);
		const vec bias = s->bias ? vec_load(s->bias + o) : (vec){0};
		lam_real *to = y + o / LAM_LANES * s->y_unit + o % LAM_LANES;

		for (int64_t i = 0; i < of.lines; i++)
			scatter_pixels(&source, &finish, bias, sums + i * of.pixels * LAM_LANES,
				of.pixel, of.pixels, to + i * of.line);
	}
}

/* The positions from the first tap of an output to its last, and one more. */
static int64_t span_of(const struct axis *axis)
{
	return most(axis->taps - 1, 0) * axis->spacing + 1;
}

int64_t channel_own_outputs(const struct channel_sweep *s)
{
	const struct axis *lines = &s->long_axis.axis;
	const int64_t values = s->blocks * s->axis.axis.size * LAM_LANES;

	return most(CHANNEL_OWN_VALUES / values - span_of(lines), 0) / lines->stride + 1;
}

int64_t channel_own_values(const struct channel_sweep *s)
{
	const struct axis *lines = &s->long_axis.axis;
	const int64_t outputs = least(channel_own_outputs(s), most(lines->outputs, 1)),
		      most_lines = (outputs - 1) * lines->stride + span_of(lines);

	return LAM_LANES
		* (s->blocks * s->axis.axis.size * least(most_lines, lines->size)
			+ s->units * outputs * s->axis.axis.outputs);
}

void channel_own_lines(
	const struct channel_sweep *s, int64_t begin, int64_t end, int64_t *first, int64_t *last)
{
	const struct axis *lines = &s->long_axis.axis;

	*first = limit(lines->origin + begin * lines->stride, 0, lines->size);
	*last = limit(
		lines->origin + (end - 1) * lines->stride + span_of(lines), *first, lines->size);
}
