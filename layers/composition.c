/* SPDX-License-Identifier: MIT */
#include "layers/composition.h"

#include "framework/base/options.h"

lam_layer *lam_composition_new(
	const lam_layer_class *layer_class, const lam_sequential_options *given)
{
	lam_sequential_options o;
	if (!lam_take_options(layer_class->kind, &o, sizeof o, sizeof o,
		    offsetof(lam_sequential_options, named), given)) {
		if (lam_options_hold(given, sizeof o) && given->layers)
			lam_layers_free(given->layers, given->count);
		return NULL;
	}
	const int least = layer_class->min_children;
	if (o.count < 0 || (o.count && !o.layers)) {
		lam_fail(LAM_ERR_ARGUMENT,
			"%s: .count is %d%s; expected a list of at least %d layer%s",
			layer_class->kind, o.count, o.layers ? "" : " and .layers NULL", least,
			least == 1 ? "" : "s");
		return NULL;
	}
	struct composition options = {.size = sizeof options, .name = given->name};
	return o.count || least
		? lam_layer_new_with_children(layer_class, &options, given->layers, given->count)
		: lam_layer_new(layer_class, &options);
}

/* Two objects, whose addresses differ from every layer's. */
static char ends[2];

lam_layer *lam_sequential_first(void)
{
	return (lam_layer *)(void *)&ends[0];
}

lam_layer *lam_sequential_last(void)
{
	return (lam_layer *)(void *)&ends[1];
}

lam_layer *lam_composition_of(const lam_layer_class *layer_class, lam_layer *const *list)
{
	const char *kind = layer_class->kind;
	if (!list || list[0] != lam_sequential_first()) {
		lam_fail(LAM_ERR_ARGUMENT,
			"%s: a list without its two ends; expected lam_%s(a, b, …) or "
			"lam_%s_new()",
			kind, kind, kind);
		return NULL;
	}
	int count = 0;
	while (list[1 + count] != lam_sequential_last())
		count++;
	return lam_composition_new(layer_class,
		&(lam_sequential_options){.size = sizeof(lam_sequential_options),
			.layers = list + 1,
			.count = count});
}
