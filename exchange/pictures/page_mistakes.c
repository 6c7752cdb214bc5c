/* SPDX-License-Identifier: MIT */
/* What a net does wrong, sample by sample: the worst mistakes of a classifier, the reconstructions
 * of an autoencoder. */
#include "exchange/pictures/image.h"
#include "exchange/pictures/page.h"
#include "exchange/pictures/svg.h"

#include "framework/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { RECONSTRUCTIONS = 12, VALUES = 12 };

/* Samples of a data set that are predicted at once. */
struct batch {
	lam_net *net;
	const lam_dataset *dataset;
	int64_t inputs, outputs, room;
	lam_real *x, *y;
	int32_t *classes;
};

static void close_batch(struct batch *b)
{
	lam_free(b->x);
	lam_free(b->y);
	lam_free(b->classes);
}

static bool open_batch(struct batch *b, lam_net *net, const lam_dataset *dataset, int64_t most)
{
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	const int64_t room = lam_net_max_batch(net);
	*b = (struct batch){.net = net,
		.dataset = dataset,
		.inputs = lam_shape_count(&in),
		.outputs = lam_shape_count(&out),
		.room = room < most ? room : most};
	b->x = lam_alloc_blank((size_t)b->room, (size_t)b->inputs * sizeof *b->x);
	b->y = lam_alloc_blank((size_t)b->room, (size_t)b->outputs * sizeof *b->y);
	b->classes = lam_alloc((size_t)b->room, sizeof *b->classes);
	if (b->x && b->y && b->classes)
		return true;
	close_batch(b);
	return false;
}

/* Reads and predicts samples from number `first` on; *n is how many there are. */
static lam_status next(struct batch *b, int64_t first, int64_t *n)
{
	const int64_t left = lam_dataset_count(b->dataset) - first;
	lam_status status = LAM_OK;
	*n = left < b->room ? left : b->room;
	for (int64_t i = 0; i < *n && !status; i++)
		status = lam_dataset_read(
			b->dataset, first + i, b->x + i * b->inputs, b->classes + i);
	return status ? status : lam_net_predict(b->net, b->x, *n, b->y);
}

static bool one_of_each(const lam_net *net, const lam_dataset *dataset, lam_target_info *info)
{
	const lam_shape in = lam_net_input_shape(net), shape = lam_dataset_shape(dataset);
	return lam_net_input_count(net) == 1 && lam_net_loss_count(net) == 1
		&& lam_net_output_count(net) == 1 && lam_dataset_field_count(dataset) == 2
		&& lam_shape_equal(&in, &shape) && lam_net_targets(net, info) == LAM_OK;
}

bool lam_page_classifies(const lam_net *net, const lam_dataset *dataset)
{
	lam_target_info info;
	const lam_shape out = lam_net_output_shape(net);
	return one_of_each(net, dataset, &info) && info.type == LAM_CLASSES && info.shape.rank == 0
		&& lam_dataset_targets(dataset).type == LAM_CLASSES && out.rank == 1
		&& out.dim[0] > 1;
}

static int32_t largest(const lam_real *y, int64_t count)
{
	int32_t best = 0;
	for (int64_t k = 0; k < count; k++) {
		if (isnan(y[k]))
			return -1;
		best = y[k] > y[best] ? (int32_t)k : best;
	}
	return best;
}

/* Inserts a mistake into a list that is sorted by the probability of the true class. */
static void keep(lam_mistake *list, int64_t *count, int64_t most, lam_mistake mistake)
{
	int64_t at = *count;
	if (at == most && !(mistake.truth_part < list[at - 1].truth_part))
		return;
	*count += at < most;
	at -= at == most;
	for (; at > 0 && mistake.truth_part < list[at - 1].truth_part; at--)
		list[at] = list[at - 1];
	list[at] = mistake;
}

/* Fills in the worst mistakes; *all is how many there are altogether. */
static lam_status find(
	struct batch *b, lam_mistake *list, int64_t *count, int64_t most, int64_t *all)
{
	int64_t n = 0;
	lam_status status = LAM_OK;
	*count = *all = 0;
	for (int64_t first = 0; first < lam_dataset_count(b->dataset) && !status; first += n) {
		status = next(b, first, &n);
		for (int64_t i = 0; i < n && !status; i++) {
			const lam_real *y = b->y + i * b->outputs;
			const int32_t truth = b->classes[i], said = largest(y, b->outputs);
			if (said == truth || truth < 0 || truth >= b->outputs)
				continue; /* right, or a class that does not count */
			++*all;
			keep(list, count, most,
				(lam_mistake){first + i, truth, said,
					said < 0 ? -1 : (double)y[truth],
					said < 0 ? (double)NAN : (double)y[said]});
		}
	}
	return status;
}

void lam_class_label_of(
	const lam_net *net, const lam_dataset *dataset, int64_t i, lam_class_label *label)
{
	snprintf(label->number, sizeof label->number, "%" PRId64, i);
	label->text = lam_net_class_name(net, i);
	if (!label->text && dataset)
		label->text = lam_dataset_class_name(dataset, i);
	if (!label->text)
		label->text = i < 0 ? "nothing (NaN)" : label->number;
}

static void put_image(lam_text *page, const struct batch *b, lam_image_size size, lam_range range)
{
	lam_canvas canvas;
	lam_text png = {0};
	if (!page->status)
		page->status = lam_canvas_open(
			&canvas, size.width, size.height, LAM_PAPER, "lam_report_html");
	if (page->status)
		return;
	lam_draw_image(&canvas, 0, 0, 1, b->x, size, range);
	lam_canvas_png(&canvas, &png);
	lam_canvas_close(&canvas);
	lam_text_format(page, "<img alt=\"\" width=\"%" PRId64 "\" height=\"%" PRId64 "\" src=\"",
		size.width, size.height);
	lam_text_png(page, &png);
	lam_text_add(page, "\"/>");
}

static void put_signal(lam_text *page, const struct batch *b)
{
	lam_signals_svg(page,
		&(lam_picture_signals_options){
			.x = b->x, .count = 1, .shape = lam_dataset_shape(b->dataset)},
		false);
}

static void put_values(lam_text *page, const struct batch *b)
{
	lam_text_add(page, "<p class=\"values\">");
	for (int64_t i = 0; i < b->inputs && i < VALUES; i++)
		lam_text_format(page, "%s ", lam_digits_of((double)b->x[i], 4).text);
	lam_text_add(page, b->inputs > VALUES ? "\xe2\x80\xa6</p>" : "</p>");
}

static void put_caption(lam_text *page, const struct batch *b, const lam_mistake *m)
{
	lam_class_label truth, said;
	lam_class_label_of(b->net, b->dataset, m->truth, &truth);
	lam_class_label_of(b->net, b->dataset, m->said, &said);
	lam_text_add(page, "<figcaption><b class=\"bad\">");
	lam_text_escaped(page, said.text, 40);
	lam_text_format(page, "</b> %s%%<br/>is <b class=\"good\">",
		lam_digits_of(100 * m->said_part, 3).text);
	lam_text_escaped(page, truth.text, 40);
	if (m->said >= 0)
		lam_text_format(page, "</b> %s%%", lam_digits_of(100 * m->truth_part, 2).text);
	else
		lam_text_add(page, "</b>");
	lam_text_format(page, "<br/><small>sample %" PRId64 "</small></figcaption>", m->index);
}

/* The range of the values of all mistakes' samples, so that their greys can be compared. */
static lam_status find_range(
	struct batch *b, const lam_mistake *list, int64_t count, lam_range *range)
{
	lam_status status = LAM_OK;
	*range = LAM_RANGE_NONE;
	for (int64_t i = 0; i < count && !status; i++) {
		status = lam_dataset_read(b->dataset, list[i].index, b->x, b->classes);
		if (!status)
			lam_range_add(range, b->x, b->inputs);
	}
	return status;
}

static lam_status put_mistakes(
	lam_text *page, struct batch *b, const lam_mistake *list, int64_t count)
{
	const lam_shape shape = lam_dataset_shape(b->dataset);
	lam_image_size size;
	lam_range range;
	const bool image = shape.rank == 3 && lam_image_size_of(shape, &size);
	lam_status status = find_range(b, list, count, &range);
	lam_text_format(page, "<div class=\"%s\">\n", shape.rank == 2 ? "signals" : "figures");
	for (int64_t i = 0; i < count && !status; i++) {
		status = lam_dataset_read(b->dataset, list[i].index, b->x, b->classes);
		lam_text_add(page, "<figure>");
		if (image)
			put_image(page, b, size, range);
		else if (shape.rank == 2)
			put_signal(page, b);
		else if (shape.rank == 1)
			put_values(page, b);
		put_caption(page, b, &list[i]);
		lam_text_add(page, "</figure>\n");
	}
	lam_text_add(page, "</div>\n");
	return status;
}

lam_status lam_page_mistakes(lam_text *page, lam_net *net, const lam_dataset *dataset, int most)
{
	struct batch b;
	int64_t count, all;
	if (!open_batch(&b, net, dataset, lam_dataset_count(dataset)))
		return LAM_ERR_MEMORY;
	lam_mistake *list = lam_alloc((size_t)most, sizeof *list);
	lam_status status = list ? find(&b, list, &count, most, &all) : LAM_ERR_MEMORY;
	if (!status && all == 0)
		lam_text_add(page,
			"<section><h2>Worst mistakes</h2><p>There are none.</p>"
			"</section>\n");
	if (!status && all > 0) {
		lam_text_format(page,
			"<section><h2>Worst mistakes</h2>\n<p class=\"soft\">%s of %s samples are "
			"wrong; these have the least probability of their class.</p>\n",
			lam_grouped_of(all).text, lam_grouped_of(lam_dataset_count(dataset)).text);
		status = put_mistakes(page, &b, list, count);
		lam_text_add(page, "</section>\n");
	}
	lam_free(list);
	close_batch(&b);
	return status;
}

lam_status lam_page_reconstructions(lam_text *page, lam_net *net, const lam_dataset *dataset)
{
	struct batch b;
	lam_target_info info;
	lam_image_size size;
	lam_text png = {0};
	int64_t n;
	const lam_shape in = lam_net_input_shape(net), out = lam_net_output_shape(net);
	if (!one_of_each(net, dataset, &info) || lam_dataset_targets(dataset).type != LAM_INPUT
		|| in.rank != 3 || !lam_shape_equal(&in, &out) || !lam_image_size_of(in, &size))
		return LAM_OK;
	if (!open_batch(&b, net, dataset, RECONSTRUCTIONS))
		return LAM_ERR_MEMORY;
	lam_status status = next(&b, 0, &n);
	if (!status)
		status = lam_images_png(
			&(lam_picture_images_options){
				.x = b.x, .below = b.y, .count = n, .shape = in},
			&png);
	if (!status) {
		lam_text_add(page,
			"<section><h2>Images above what the net makes of them</h2>\n"
			"<img class=\"wide\" alt=\"\" src=\"");
		lam_text_png(page, &png);
		lam_text_add(page, "\"/></section>\n");
	}
	lam_text_free(&png);
	close_batch(&b);
	return status;
}
