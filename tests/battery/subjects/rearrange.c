/* SPDX-License-Identifier: MIT */
/* Layers that keep values or move them, and lam_standardize. */
#include "tests/battery/subjects.h"

#include <math.h>
#include <string.h>

static void choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 3 : 8);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 7, plane);
	t->in = dice_chance(dice, 30) ? LAM_SHAPE(channels, plane[1])
				      : LAM_SHAPE(channels, plane[0], plane[1]);
}

static int64_t places(const struct trial *t)
{
	return lam_shape_count(&t->in) / t->in.dim[0];
}

static bool identity_shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

static lam_layer *identity_build(const struct trial *t)
{
	(void)t;
	return lam_identity();
}

static bool flatten_shapes(struct trial *t)
{
	t->out = LAM_SHAPE(lam_shape_count(&t->in));
	return true;
}

static lam_layer *flatten_build(const struct trial *t)
{
	(void)t;
	return lam_flatten();
}

static void same_forward(struct trial *t)
{
	memcpy(t->y, t->x, (size_t)(t->n * lam_shape_count(&t->in)) * sizeof *t->x);
}

static void same_backward(struct trial *t)
{
	memcpy(t->dx, t->dy, (size_t)(t->n * lam_shape_count(&t->in)) * sizeof *t->x);
}

static void reshape_choose(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	t->to = LAM_SHAPE(places(t), t->in.dim[0]);
	if (dice_chance(dice, 50))
		t->to = LAM_SHAPE(1, t->in.dim[0], 1, places(t));
}

static bool reshape_ordinary(struct trial *t)
{
	t->to = t->in;
	return true;
}

static bool reshape_shapes(struct trial *t)
{
	t->out = t->to;
	return true;
}

static lam_layer *reshape_build(const struct trial *t)
{
	return lam_reshape(.shape = t->to);
}

static void standardize_choose(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	if (t->in.dim[0] > 4)
		t->in.dim[0] = 4;
	bool one = dice_chance(dice, 30);
	for (int c = 0; c < 4; c++) {
		t->mean[c] = one && c ? t->mean[0] : (lam_real)dice_real(dice, 0.25, 1);
		t->std[c] = one && c ? t->std[0] : (lam_real)dice_real(dice, 0.25, 2);
	}
}

static bool standardize_ordinary(struct trial *t)
{
	for (int c = 0; c < 4; c++)
		t->mean[c] = 0.5, t->std[c] = 2;
	return true;
}

static bool standardize_shapes(struct trial *t)
{
	t->out = t->in;
	return true;
}

static lam_layer *standardize_build(const struct trial *t)
{
	lam_standardize_options options = {.size = sizeof options};
	bool one = true; /* one mean and one std for all channels */
	for (int64_t c = 1; c < t->in.dim[0] && c < 4; c++)
		one = one && t->mean[c] == t->mean[0] && t->std[c] == t->std[0];
	for (int64_t c = 0; c < (one ? 1 : t->in.dim[0]); c++) {
		options.mean[c] = (lam_real)t->mean[c];
		options.std[c] = (lam_real)t->std[c];
	}
	return lam_standardize_new(&options);
}

static void standardize_forward(struct trial *t)
{
	textbook_standardize(t->y, t->x, t->mean, t->std, t->n, t->in.dim[0], places(t));
}

static void standardize_backward(struct trial *t)
{
	textbook_standardize_backward(t->dx, t->dy, t->std, t->n, t->in.dim[0], places(t));
}

static void pad_choose(struct trial *t, struct dice *dice)
{
	bool signal = strcmp(t->subject->name, "zero_pad1d") == 0;
	int64_t plane[2], channels = dice_range(dice, 1, t->small ? 2 : 6);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 9, plane);
	t->in = signal ? LAM_SHAPE(channels, plane[1]) : LAM_SHAPE(channels, plane[0], plane[1]);
	for (int i = 0; i < (signal ? 2 : 4); i++)
		t->border[i] = dice_range(dice, -3, 4);
}

static bool pad_ordinary(struct trial *t)
{
	bool signal = strcmp(t->subject->name, "zero_pad1d") == 0;
	for (int i = 0; i < (signal ? 2 : 4); i++)
		t->border[i] = 1;
	return t->in.rank == (signal ? 2 : 3);
}

static bool pad_shapes(struct trial *t)
{
	bool signal = t->in.rank == 2;
	t->window.in[0] = signal ? 1 : t->in.dim[1];
	t->window.in[1] = t->in.dim[signal ? 1 : 2];
	int64_t height = t->window.in[0] + t->border[2] + t->border[3],
		width = t->window.in[1] + t->border[0] + t->border[1];
	t->out = signal ? LAM_SHAPE(t->in.dim[0], width) : LAM_SHAPE(t->in.dim[0], height, width);
	/* A crop that removes everything is refused, even if the other side adds padding. */
	for (int d = 0; d < 2; d++) {
		int64_t first = d ? t->border[0] : t->border[2],
			last = d ? t->border[1] : t->border[3];
		if (t->window.in[d] + (first < 0 ? first : 0) + (last < 0 ? last : 0) < 1)
			return false;
	}
	return lam_shape_valid(&t->out);
}

static lam_layer *pad_build(const struct trial *t)
{
	const int64_t *b = t->border;
	if (t->in.rank == 2)
		return lam_zero_pad1d(.pad = {(int)b[0], (int)b[1]});
	return lam_zero_pad2d(.pad = {(int)b[0], (int)b[1], (int)b[2], (int)b[3]});
}

static void pad_forward(struct trial *t)
{
	textbook_zero_pad(t->y, t->x, t->n * t->in.dim[0], t->window.in, t->border);
}

static void pad_backward(struct trial *t)
{
	textbook_zero_pad_backward(t->dx, t->dy, t->n * t->in.dim[0], t->window.in, t->border);
}

/* slice */

/* Channels beyond sixteen now and then, so that ranges begin within a group of lanes. */
static void slice_choose(struct trial *t, struct dice *dice)
{
	choose(t, dice);
	if (dice_chance(dice, 20))
		t->in = LAM_SHAPE(t->in.dim[0]);
	if (!t->small && dice_chance(dice, 40))
		t->in.dim[0] = dice_range(dice, 17, 40);
	if (choose_large(t))
		t->in = LAM_SHAPE(37, 40, 40), t->n = 2;
	int64_t channels = t->in.dim[0];
	t->begin = dice_chance(dice, 30) ? 0 : dice_range(dice, 0, channels - 1);
	t->begin = channels > 16 && dice_chance(dice, 30) ? 16 : t->begin;
	t->end = dice_chance(dice, 30) ? 0 : dice_range(dice, t->begin + 1, channels);
}

static bool slice_ordinary(struct trial *t)
{
	t->end = t->in.dim[0] > 1 ? t->in.dim[0] - 1 : 1;
	return true;
}

static bool tail_ordinary(struct trial *t)
{
	t->begin = t->in.dim[0] / 2;
	return true;
}

static struct range range_of(const struct trial *t)
{
	return (struct range){t->in.dim[0], t->begin, t->end ? t->end : t->in.dim[0], places(t)};
}

static bool slice_shapes(struct trial *t)
{
	struct range range = range_of(t);
	t->out = t->in;
	t->out.dim[0] = range.end - range.begin;
	return true;
}

static lam_layer *slice_build(const struct trial *t)
{
	return lam_slice(.begin = (int)t->begin, .end = (int)t->end);
}

static void slice_forward(struct trial *t)
{
	struct range range = range_of(t);
	textbook_slice(t->y, t->x, &range, t->n);
}

static void slice_backward(struct trial *t)
{
	struct range range = range_of(t);
	textbook_slice_backward(t->dx, t->dy, &range, t->n);
}

/* permute */

static void permute_choose(struct trial *t, struct dice *dice)
{
	int64_t most = t->small ? 3 : 6;
	t->n = choose_batch(t, dice);
	t->in.rank = (int)dice_range(dice, 1, LAM_MAX_RANK);
	for (int d = 0; d < t->in.rank; d++)
		t->in.dim[d] = t->number < 6 ? 1 : dice_range(dice, 1, most);
	if (!t->small && dice_chance(dice, 20))
		t->in.dim[0] = dice_range(dice, 15, 20);
	if (choose_large(t))
		t->in = LAM_SHAPE(37, 40, 42), t->n = 2;
	for (int d = 0; d < t->in.rank; d++)
		t->axes[d] = d;
	for (int d = t->in.rank - 1; d > 0; d--) {
		int64_t other = dice_range(dice, 0, d), axis = t->axes[d];
		t->axes[d] = t->axes[other];
		t->axes[other] = axis;
	}
}

static bool permute_ordinary(struct trial *t)
{
	for (int d = 0; d < t->in.rank; d++)
		t->axes[d] = (d + 1) % t->in.rank;
	return true;
}

static bool permute_shapes(struct trial *t)
{
	t->out = t->in;
	for (int d = 0; d < t->in.rank; d++)
		t->out.dim[d] = t->in.dim[t->axes[d]];
	return true;
}

static lam_layer *permute_build(const struct trial *t)
{
	const int64_t *a = t->axes;
	return lam_permute(.axes = {(int)a[0], (int)a[1], (int)a[2], (int)a[3]});
}

/* The textbook has four axes: those that the sample lacks are ones at the end. */
static void four_axes(const struct trial *t, int64_t in[4], int64_t order[4])
{
	for (int d = 0; d < 4; d++) {
		in[d] = d < t->in.rank ? t->in.dim[d] : 1;
		order[d] = d < t->in.rank ? t->axes[d] : d;
	}
}

static void permute_forward(struct trial *t)
{
	int64_t in[4], order[4];
	four_axes(t, in, order);
	textbook_permute(t->y, t->x, in, order, t->n);
}

static void permute_backward(struct trial *t)
{
	int64_t in[4], order[4];
	four_axes(t, in, order);
	textbook_permute_backward(t->dx, t->dy, in, order, t->n);
}

/* pixel_shuffle */

static void shuffle_choose(struct trial *t, struct dice *dice)
{
	int64_t plane[2], scale = dice_range(dice, 1, 3);
	t->n = choose_batch(t, dice);
	choose_plane(t, dice, 5, plane);
	t->scale[0] = scale;
	t->in = LAM_SHAPE(
		dice_range(dice, 1, t->small ? 2 : 5) * scale * scale, plane[0], plane[1]);
	if (choose_large(t))
		t->in = LAM_SHAPE(5 * scale * scale, 41, 40), t->n = 2;
}

static bool shuffle_ordinary(struct trial *t)
{
	t->scale[0] = 2;
	return t->in.rank == 3 && t->in.dim[0] % 4 == 0;
}

static bool shuffle_shapes(struct trial *t)
{
	int64_t r = t->scale[0];
	t->out = LAM_SHAPE(t->in.dim[0] / (r * r), t->in.dim[1] * r, t->in.dim[2] * r);
	return true;
}

static lam_layer *shuffle_build(const struct trial *t)
{
	return lam_pixel_shuffle(.scale = (int)t->scale[0]);
}

static void shuffle_forward(struct trial *t)
{
	textbook_pixel_shuffle(t->y, t->x, t->n * t->out.dim[0], &t->in.dim[1], t->scale[0]);
}

static void shuffle_backward(struct trial *t)
{
	textbook_pixel_shuffle_backward(
		t->dx, t->dy, t->n * t->out.dim[0], &t->in.dim[1], t->scale[0]);
}

const struct subject rearrange_subjects[] = {
	{"identity", SUBJECT_LINEAR | SUBJECT_LIMITS, 100, choose, identity_shapes, identity_build,
		.limit = {-INFINITY, INFINITY},
		.torch = {"nn.Identity() x=2x2x3x2", "nn.Identity() x=17x3"},
		.forward = same_forward, .backward = same_backward},
	{"flatten", SUBJECT_LINEAR | SUBJECT_LIMITS, 100, choose, flatten_shapes, flatten_build,
		.limit = {-INFINITY, INFINITY}, .forward = same_forward, .backward = same_backward},
	{"reshape", SUBJECT_LINEAR, 100, reshape_choose, reshape_shapes, reshape_build,
		.ordinary = reshape_ordinary, .forward = same_forward, .backward = same_backward},
	{"standardize", SUBJECT_LINEAR | SUBJECT_LIMITS, 200, standardize_choose,
		standardize_shapes, standardize_build, .ordinary = standardize_ordinary,
		.limit = {-INFINITY, INFINITY}, .forward = standardize_forward,
		.backward = standardize_backward},
	{"zero_pad1d", SUBJECT_LINEAR, 200, pad_choose, pad_shapes, pad_build,
		.ordinary = pad_ordinary, .forward = pad_forward, .backward = pad_backward},
	{"zero_pad2d", SUBJECT_LINEAR, 300, pad_choose, pad_shapes, pad_build,
		.ordinary = pad_ordinary, .measured = "zero_pad2d 1", .forward = pad_forward,
		.backward = pad_backward},
	{"slice", SUBJECT_LINEAR, 300, slice_choose, slice_shapes, slice_build,
		.ordinary = slice_ordinary, .measured = "slice", .forward = slice_forward,
		.backward = slice_backward},
	{"slice_tail", SUBJECT_LINEAR, 300, slice_choose, slice_shapes, slice_build,
		.ordinary = tail_ordinary, .measured = "slice_tail", .forward = slice_forward,
		.backward = slice_backward},
	{"permute", SUBJECT_LINEAR, 300, permute_choose, permute_shapes, permute_build,
		.ordinary = permute_ordinary, .measured = "permute", .forward = permute_forward,
		.backward = permute_backward},
	{"pixel_shuffle", SUBJECT_LINEAR, 200, shuffle_choose, shuffle_shapes, shuffle_build,
		.ordinary = shuffle_ordinary, .measured = "pixel_shuffle 2",
		.torch = {"nn.PixelShuffle(2) x=3x8x2x3 scale=2",
			"nn.PixelShuffle(3) x=17x9x1x2 scale=3"},
		.forward = shuffle_forward, .backward = shuffle_backward},
	{0},
};
