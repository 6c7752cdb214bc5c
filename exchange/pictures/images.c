/* SPDX-License-Identifier: MIT */
/* A grid of images. */
#include "exchange/pictures/image.h"

#include "framework/base/number.h"
#include "framework/base/options.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
	GAP = 6,     /* pixels between cells */
	FRAME = 2,   /* around an image with a verdict */
	HEIGHT = 64, /* of an image, about */
	MOST_CHARACTERS = 24,
	LABEL_SCALE = 2,
};

/* Where the images lie; in pixels. */
struct grid {
	lam_image_size size;
	lam_range range;
	int64_t columns, rows;
	int scale, label_scale;
	int64_t image_height, image_width; /* scaled, without frame */
	int64_t cell_height, cell_width;   /* with labels, without gap */
	int64_t characters;                /* of the longest label; 0: there is none */
	int64_t gap, frame;                /* GAP and FRAME, or 0 */
};

static lam_status check(const lam_picture_images_options *o, lam_image_size *size)
{
	static const char what[] = "lam_picture_images";
	lam_image_size heat;
	if (o->count < 0 || (o->count && !o->x))
		return lam_fail(LAM_ERR_ARGUMENT, "%s: %" PRId64 " images%s", what, o->count,
			o->x ? "; expected 0 or more" : " at NULL");
	if (!lam_image_size_of(o->shape, size))
		return lam_fail(LAM_ERR_SHAPE, "%s: the shape is %s; expected HxW, 1xHxW or 3xHxW",
			what, lam_shape_text(o->shape).text);
	if (o->heat && (!lam_image_size_of(o->heat_shape, &heat) || heat.channels != 1))
		return lam_fail(LAM_ERR_SHAPE, "%s: .heat_shape is %s; expected hxw or 1xhxw", what,
			lam_shape_text(o->heat_shape).text);
	if (o->bare && (o->labels || o->verdicts))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: .bare leaves no space for .labels and .verdicts", what);
	if (o->scale < 0 || o->columns < 0 || o->scale > 1000)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: .scale is %d and .columns is %d; expected 1 to 1000 and 1 or more",
			what, o->scale, o->columns);
	if (!isfinite(o->black) || !isfinite(o->white))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s: .black is %s and .white is %s; expected finite values", what,
			lam_real_text(o->black).text, lam_real_text(o->white).text);
	return LAM_OK;
}

static void plan_labels(const lam_picture_images_options *o, struct grid *g)
{
	for (int64_t i = 0; o->labels && i < o->count; i++) {
		const int64_t length = o->labels[i] ? (int64_t)lam_text_length(o->labels[i]) : 0;
		g->characters = length > g->characters ? length : g->characters;
	}
	if (g->characters > MOST_CHARACTERS)
		g->characters = MOST_CHARACTERS;
	/* Short labels are large, long ones small, so that they do not spread the images. */
	g->label_scale = g->characters * LAM_GLYPH_WIDTH * LABEL_SCALE <= 2 * g->image_width
		? LABEL_SCALE
		: 1;
}

static struct grid plan(const lam_picture_images_options *o, lam_image_size size)
{
	struct grid g = {.size = size,
		.range = LAM_RANGE_NONE,
		.gap = o->bare ? 0 : GAP,
		.frame = o->bare ? 0 : FRAME};
	const int64_t values = lam_shape_count(&o->shape) * o->count;
	g.scale = o->scale ? o->scale
			   : (int)(HEIGHT / (size.height > HEIGHT ? HEIGHT : size.height));
	g.image_height = size.height * g.scale;
	g.image_width = size.width * g.scale;
	plan_labels(o, &g);
	const int64_t label = g.characters * LAM_GLYPH_WIDTH * g.label_scale;
	g.cell_width = (g.image_width > label ? g.image_width : label) + 2 * g.frame;
	g.cell_height = g.image_height * (o->below ? 2 : 1) + (o->below ? g.gap / 2 : 0)
		+ 2 * g.frame + (g.characters ? LAM_GLYPH_HEIGHT * g.label_scale + 2 : 0);
	const int64_t square = (int64_t)ceil(
		sqrt((double)o->count * (double)g.cell_height / (double)g.cell_width));
	g.columns = o->columns ? o->columns : square > 0 ? square : 1;
	if (g.columns > o->count)
		g.columns = o->count ? o->count : 1;
	g.rows = o->count ? (o->count + g.columns - 1) / g.columns : 1;
	if (o->black != 0 || o->white != 0) {
		g.range = (lam_range){(double)o->black, (double)o->white};
		return g;
	}
	lam_range_add(&g.range, o->x, values);
	if (o->below)
		lam_range_add(&g.range, o->below, values);
	return g;
}

/* A map's value at a place of 0 to 1 in each direction, between its neighbours. */
static double between(const lam_real *map, lam_image_size size, double v, double u)
{
	const double y = fmax(0, v * (double)size.height - 0.5),
		     x = fmax(0, u * (double)size.width - 0.5);
	const int64_t top = (int64_t)y, left = (int64_t)x,
		      bottom = top + 1 < size.height ? top + 1 : top,
		      right = left + 1 < size.width ? left + 1 : left;
	const double b = y - (double)top, r = x - (double)left;
	return (1 - b)
		* ((1 - r) * (double)map[top * size.width + left]
			+ r * (double)map[top * size.width + right])
		+ b
		* ((1 - r) * (double)map[bottom * size.width + left]
			+ r * (double)map[bottom * size.width + right]);
}

/* From nothing over violet and red to yellow. */
static lam_colour heated(lam_colour under, double part)
{
	static const lam_colour ramp[] = {0x30006fff, 0xc0285aff, 0xf98e09ff, 0xfcf05aff};
	const double place = part * 3;
	const int i = place >= 2 ? 2 : (int)place;
	return lam_mix(under, lam_mix(ramp[i], ramp[i + 1], place - i), 0.85 * part);
}

static void draw_heat(const lam_picture_images_options *o, const struct grid *g, lam_canvas *canvas,
	int64_t index, int64_t left, int64_t top)
{
	lam_image_size size;
	lam_image_size_of(o->heat_shape, &size);
	const lam_real *map = o->heat + index * size.height * size.width,
		       *x = o->x + index * lam_shape_count(&o->shape);
	lam_range range = LAM_RANGE_NONE;
	lam_range_add(&range, map, size.height * size.width);
	const bool flat = !(range.most > range.least); /* nothing stands out: no colour */
	for (int64_t y = 0; y < g->image_height; y++)
		for (int64_t k = 0; k < g->image_width; k++) {
			const double part = lam_range_part(range,
				between(map, size, ((double)y + 0.5) / (double)g->image_height,
					((double)k + 0.5) / (double)g->image_width));
			const lam_colour under = lam_image_colour(
				x, g->size, y / g->scale, k / g->scale, g->range);
			lam_canvas_set(canvas, left + k, top + y,
				isnan(part) ? LAM_NOT_FINITE : heated(under, flat ? 0 : part));
		}
}

static void draw_cell(const lam_picture_images_options *o, const struct grid *g, lam_canvas *canvas,
	int64_t index)
{
	const int64_t values = lam_shape_count(&o->shape) * index,
		      cell_left = g->gap + index % g->columns * (g->cell_width + g->gap),
		      left = cell_left + (g->cell_width - g->image_width) / 2;
	int64_t top = g->gap + index / g->columns * (g->cell_height + g->gap) + g->frame;
	const lam_verdict verdict = o->verdicts ? o->verdicts[index] : LAM_VERDICT_NONE;
	const lam_colour colour = verdict == LAM_VERDICT_RIGHT ? LAM_GOOD
		: verdict == LAM_VERDICT_WRONG                 ? LAM_BAD
							       : LAM_INK;
	if (verdict == LAM_VERDICT_RIGHT || verdict == LAM_VERDICT_WRONG)
		lam_canvas_fill(canvas, left - FRAME, top - FRAME, g->image_width + 2 * FRAME,
			g->image_height + 2 * FRAME, colour);
	lam_draw_image(canvas, left, top, g->scale, o->x + values, g->size, g->range);
	if (o->heat)
		draw_heat(o, g, canvas, index, left, top);
	top += g->image_height + g->frame;
	if (o->below) {
		top += g->gap / 2;
		lam_draw_image(canvas, left, top, g->scale, o->below + values, g->size, g->range);
		top += g->image_height;
	}
	const char *label = o->labels ? o->labels[index] : NULL;
	if (!label)
		return;
	const int64_t length = (int64_t)lam_text_length(label),
		      shown = length < g->characters ? length : g->characters;
	const int64_t width = shown * LAM_GLYPH_WIDTH * g->label_scale - g->label_scale;
	lam_canvas_text(canvas, cell_left + (g->cell_width - width) / 2, top + 2, g->label_scale,
		colour, label, g->characters);
}

lam_status lam_images_png(const lam_picture_images_options *o, lam_text *png)
{
	lam_image_size size;
	const lam_status wrong = check(o, &size);
	if (wrong)
		return wrong;
	const struct grid g = plan(o, size);
	lam_canvas canvas;
	int64_t width, height;
	if (__builtin_mul_overflow(g.columns, g.cell_width + g.gap, &width)
		|| __builtin_mul_overflow(g.rows, g.cell_height + g.gap, &height))
		width = height = INT64_MAX / 2;
	const lam_status status = lam_canvas_open(
		&canvas, width + g.gap, height + g.gap, LAM_PAPER, "lam_picture_images");
	if (status)
		return status;
	for (int64_t i = 0; i < o->count; i++)
		draw_cell(o, &g, &canvas, i);
	lam_canvas_png(&canvas, png);
	lam_canvas_close(&canvas);
	return png->status;
}

lam_status lam_picture_images_with(const lam_picture_images_options *options)
{
	lam_picture_images_options o;
	lam_text png = {0};
	if (!lam_take_options("lam_picture_images", &o, sizeof o, sizeof o,
		    offsetof(lam_picture_images_options, named), options))
		return LAM_ERR_ARGUMENT;
	if (!o.path)
		return lam_fail(LAM_ERR_ARGUMENT, "lam_picture_images: the path is NULL");
	const lam_status status = lam_images_png(&o, &png);
	if (!status)
		return lam_text_save(&png, o.path);
	lam_text_free(&png);
	return status;
}
