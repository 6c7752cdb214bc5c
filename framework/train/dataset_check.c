/* SPDX-License-Identifier: MIT */
/* Compares a data set with a net: its fields with the inputs and the losses. */
#include "framework/base/shown.h"
#include "framework/data/augment.h"
#include "framework/data/fields.h"
#include "framework/net/query.h"
#include "framework/net/targets.h"
#include "framework/train/score.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *target_word(lam_target_type type)
{
	static const char *const words[] = {[LAM_CLASSES] = "classes",
		[LAM_VALUES] = "values",
		[LAM_INPUT] = "the samples themselves"};
	return words[type];
}

/* What to save instead of the numbers of a file, in numpy's words. */
static void how_to_save(char *how, size_t size, const lam_target_info *wanted,
	const lam_target_info *given, const lam_target_numbers *numbers)
{
	const int64_t rows = lam_shape_count(&given->shape),
		      values = lam_shape_count(&wanted->shape);
	const char *real = sizeof(lam_real) == sizeof(float) ? "float32" : "float64";
	if (wanted->type == LAM_CLASSES && wanted->shape.rank > 0)
		snprintf(how, size, " (%s%s; a whole number at each place of %s)", numbers->text,
			numbers->flaw, lam_shape_text(wanted->shape).text);
	else if (wanted->type == LAM_CLASSES && rows == wanted->classes && rows > 1)
		snprintf(how, size, " (%s%s; numpy.argmax(t, axis=1) of one-hot rows)",
			numbers->text, numbers->flaw);
	else if (wanted->type == LAM_CLASSES)
		snprintf(how, size, " (%s%s; one whole number per sample, as t.astype('int32'))",
			numbers->text, numbers->flaw);
	else if (values > 1 && given->classes <= values)
		snprintf(how, size,
			" (%s%s; numpy.eye(%" PRId64 ", dtype='%s')[t] are one-hot rows)",
			numbers->text, numbers->flaw, values, real);
	else
		snprintf(how, size, " (%s%s; reals, as t.astype('%s'))", numbers->text,
			numbers->flaw, real);
}

static lam_status wrong_type(const lam_dataset *dataset, const char *what, lam_call_name loss,
	const lam_target_info *wanted, const lam_target_info *given)
{
	char how[800] = "";
	const lam_target_numbers *numbers = lam_dataset_numbers(dataset);
	if (numbers)
		how_to_save(how, sizeof how, wanted, given, numbers);
	else if (wanted->type == LAM_CLASSES)
		snprintf(how, sizeof how, " (int32_t, LAM_CLASSES)%s%s",
			wanted->shape.rank ? " at each place of " : "",
			wanted->shape.rank ? lam_shape_text(wanted->shape).text : "");
	else
		snprintf(how, sizeof how, " of shape %s (lam_real, LAM_VALUES)",
			lam_shape_text(wanted->shape).text);
	return lam_fail(LAM_ERR_ARGUMENT, "%s has %s as targets; the loss %s expected %s%s", what,
		target_word(given->type), loss.text, target_word(wanted->type), how);
}

/* Without the ones in front: a map of one channel is a map, and one place is a sample's class. */
static lam_shape without_ones(lam_shape shape)
{
	while (shape.rank > 0 && shape.dim[0] == 1) {
		for (int i = 1; i < shape.rank; i++)
			shape.dim[i - 1] = shape.dim[i];
		shape.rank--;
	}
	return shape;
}

static lam_status check_classes(const lam_target_info *wanted, const lam_target_info *given,
	lam_call_name loss, const char *what)
{
	const lam_shape a = without_ones(wanted->shape), b = without_ones(given->shape);
	const int64_t ignored = lam_target_ignored(given);
	if (!lam_shape_equal(&a, &b))
		return lam_fail(LAM_ERR_SHAPE,
			"%s has a class per %s%s; the loss %s expected one per %s%s", what,
			b.rank ? "place of " : "sample",
			b.rank ? lam_shape_text(given->shape).text : "", loss.text,
			a.rank ? "place of " : "sample",
			a.rank ? lam_shape_text(wanted->shape).text : "");
	if (given->classes > wanted->classes && lam_target_ignored(wanted) != given->classes - 1)
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s has %" PRId64 " classes; the loss %s expected at most %" PRId64
			" (the last layer before it that has an option out needs out = %" PRId64
			")",
			what, given->classes, loss.text, wanted->classes, given->classes);
	if (ignored != INT64_MIN && ignored != lam_target_ignored(wanted))
		return lam_fail(LAM_ERR_ARGUMENT,
			"%s ignores class %" PRId64 "; the loss %s expected its own .ignore%s",
			what, ignored, loss.text, lam_class_describe(wanted, 0).ignored);
	return LAM_OK;
}

void lam_name_list_add(lam_name_list *list, const char *name)
{
	const bool first = !strcmp(list->text, "none");
	const size_t at = first ? 0 : strlen(list->text);
	snprintf(list->text + at, sizeof list->text - at, "%s\"%s\"", first ? "" : ", ",
		lam_show(name).text);
}

lam_name_list lam_loss_names(const lam_net *net)
{
	lam_name_list list = {"none"};
	for (int i = 0; i < lam_net_loss_count(net); i++)
		lam_name_list_add(&list, lam_net_loss_name(net, i));
	return list;
}

static lam_name_list input_names(const lam_net *net)
{
	lam_name_list list = {"none"};
	for (int i = 0; i < lam_net_input_count(net); i++)
		lam_name_list_add(&list, lam_net_input_name(net, i));
	return list;
}

static lam_name_list field_names(const lam_dataset *dataset, bool targets)
{
	lam_name_list list = {"none"};
	for (int i = 0; i < lam_dataset_field_count(dataset); i++)
		if (lam_dataset_field_at(dataset, i)->target == targets
			&& !lam_dataset_field_at(dataset, i)->weighs)
			lam_name_list_add(&list, lam_dataset_field_at(dataset, i)->name);
	return list;
}

/* Checks that each end of the net has its field, and that no field is left over. */
static lam_status check_names(const lam_net *net, const lam_dataset *dataset, const char *what)
{
	const int inputs = lam_net_input_count(net), losses = lam_net_loss_count(net);
	if (!lam_dataset_named(dataset))
		return inputs == 1 && losses == 1
			? LAM_OK
			: lam_fail(LAM_ERR_ARGUMENT,
				"%s has samples and targets without names; expected fields "
				"(lam_dataset_fields()) for the inputs %s and the losses %s",
				what, input_names(net).text, lam_loss_names(net).text);
	int weights = 0;
	for (int i = 0; i < lam_dataset_field_count(dataset); i++)
		weights += lam_dataset_field_at(dataset, i)->weighs > 0;
	bool same = lam_dataset_field_count(dataset) == inputs + losses + weights;
	for (int i = 0; i < inputs && same; i++)
		same = lam_dataset_field_for(dataset, lam_net_input_name(net, i), false) >= 0;
	for (int i = 0; i < losses && same; i++)
		same = lam_dataset_field_for(dataset, lam_net_loss_name(net, i), true) >= 0;
	if (same)
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT,
		"%s has the inputs %s and the targets %s; the net expected the inputs %s and the "
		"targets %s",
		what, field_names(dataset, false).text, field_names(dataset, true).text,
		input_names(net).text, lam_loss_names(net).text);
}

static lam_status check_input(const lam_net *net, int input, const lam_dataset *dataset,
	const lam_augment *augment, const char *what)
{
	const char *name = lam_net_input_name(net, input);
	const int i = lam_dataset_field_for(dataset, name, false);
	const lam_target_info *info = &lam_dataset_field_at(dataset, i)->info;
	const lam_shape wanted = lam_net_shape_of(net, name),
			given = lam_augment_shape(augment, dataset, i, info);
	if (lam_shape_equal(&wanted, &given))
		return LAM_OK;
	const char *crop = lam_shape_equal(&given, &info->shape) ? "" : " after .crop";
	if (!lam_dataset_named(dataset))
		return lam_fail(LAM_ERR_SHAPE,
			"%s has samples of shape %s%s; expected the net's input %s", what,
			lam_shape_text(given).text, crop, lam_shape_text(wanted).text);
	return lam_fail(LAM_ERR_SHAPE, "%s has \"%s\" of shape %s%s; the net's input expected %s",
		what, lam_show(name).text, lam_shape_text(given).text, crop,
		lam_shape_text(wanted).text);
}

static lam_status check_targets(const lam_net *net, int index, const lam_dataset *dataset,
	const lam_augment *augment, const char *what)
{
	const char *name = lam_net_loss_name(net, index);
	const int i = lam_dataset_field_for(dataset, name, true);
	const lam_target_info wanted = lam_net_target_info(net, index);
	lam_target_info given = lam_dataset_targets_for(dataset, i, &wanted);
	given.shape = lam_augment_shape(augment, dataset, i, &given);
	const lam_call_name loss = lam_net_loss_title(net, index);
	char field[200];
	if (lam_dataset_named(dataset)) {
		snprintf(field, sizeof field, "\"%s\" of %s", lam_show(name).text, what);
		what = field;
	}
	if (lam_dataset_weights_for(dataset, i) >= 0 && !lam_net_loss_weighs(net, index))
		return lam_fail(LAM_ERR_UNSUPPORTED,
			"%s has weights of samples, but the class of the loss %s lacks "
			"LAM_WEIGHS_SAMPLES; expected none",
			what, loss.text);
	if ((wanted.type == LAM_CLASSES) != (given.type == LAM_CLASSES))
		return wrong_type(dataset, what, loss, &wanted, &given);
	if (wanted.type == LAM_CLASSES)
		return check_classes(&wanted, &given, loss, what);
	if (lam_shape_count(&given.shape) != lam_shape_count(&wanted.shape))
		return lam_fail(LAM_ERR_SHAPE,
			"%s has targets of shape %s; the loss %s expected %s", what,
			lam_shape_text(given.shape).text, loss.text,
			lam_shape_text(wanted.shape).text);
	return LAM_OK;
}

lam_status lam_check_dataset(const lam_net *net, const lam_dataset *dataset,
	const lam_augment *augment, const char *what)
{
	lam_target_info any;
	lam_status status = lam_net_targets(net, &any); /* fails if there is no loss */
	if (!status)
		status = check_names(net, dataset, what);
	for (int i = 0; i < lam_net_input_count(net) && !status; i++)
		status = check_input(net, i, dataset, augment, what);
	for (int i = 0; i < lam_net_loss_count(net) && !status; i++)
		status = check_targets(net, i, dataset, augment, what);
	return status;
}

lam_augment lam_crop_to_net(const lam_net *net, const lam_dataset *dataset)
{
	lam_augment augment = {0};
	const int first = lam_augment_first(dataset);
	if (first < 0)
		return augment;
	const lam_data_field *f = lam_dataset_field_at(dataset, first);
	const lam_shape shape = lam_net_shape_of(
		net, lam_dataset_named(dataset) ? f->name : lam_net_input_name(net, 0));
	if (shape.rank != f->info.shape.rank || shape.rank < 2)
		return augment;
	for (int i = 0; i < shape.rank - 1; i++)
		augment.crop[i] = (int)shape.dim[i + 1];
	return augment;
}
