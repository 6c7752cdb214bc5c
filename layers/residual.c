/* SPDX-License-Identifier: MIT */
/* The residual block, y = body(x) + shortcut(x), or without a shortcut y = body(x) + x. dL/dx is
 * the sum of the gradients through both. The plan expands it to its children's calls and a sum. */
#include "layers/residual.h"
#include "layers/classes.h"

#include "framework/base/options.h"
#include "framework/layer/inside.h"

enum { BODY, SHORTCUT };

/* The state of a block, without its children. */
struct residual {
	LAM_LAYER_OPTIONS;
};

static lam_slot expand(const lam_layer *self, lam_plan *plan, lam_slot x)
{
	lam_layer *shortcut = lam_layer_child(self, SHORTCUT);
	lam_slot body = lam_plan_layer(plan, lam_layer_child(self, BODY), x, "body");
	lam_slot other = shortcut && body >= 0 ? lam_plan_layer(plan, shortcut, x, "shortcut") : x;
	if (body < 0 || other < 0)
		return -1;
	const lam_shape a = lam_plan_shape(plan, body), b = lam_plan_shape(plan, other);
	if (!lam_shape_equal(&a, &b)) {
		lam_fail(LAM_ERR_SHAPE, "the body makes %s and the %s %s; expected equal shapes",
			lam_shape_text(a).text, shortcut ? "shortcut makes" : "input is",
			lam_shape_text(b).text);
		return -1;
	}
	return lam_plan_add(plan, body, other);
}

static const char *role(const lam_layer *self, int index)
{
	(void)self;
	return index == BODY ? "body" : "shortcut";
}

const lam_layer_class lam_residual_class = {
	LAM_LAYER_ABI,
	.kind = "residual",
	.state_size = sizeof(struct residual),
	.expand = expand,
	.role = role,
	.min_children = 1,
	.max_children = 2,
};

lam_layer *lam_residual_new(const lam_residual_options *given)
{
	lam_residual_options o;
	if (!lam_take_options("residual", &o, sizeof o,
		    offsetof(lam_residual_options, shortcut_given),
		    offsetof(lam_residual_options, named), given)) {
		const bool body = lam_options_hold(given, offsetof(lam_residual_options, shortcut));
		const bool both = lam_options_hold(
			given, offsetof(lam_residual_options, shortcut_given));
		lam_layers_free((lam_layer *const[]){body ? given->body : NULL,
					both ? given->shortcut : NULL},
			2);
		return NULL;
	}
	if (o.second || o.second_given) {
		lam_fail(LAM_ERR_ARGUMENT, "residual: " LAM_NOT_NAMED);
		lam_layers_free((lam_layer *const[]){o.body, o.shortcut}, 2);
		return NULL;
	}
	bool has_shortcut = o.shortcut || o.shortcut_given;
	struct residual options = {.size = sizeof options, .name = o.name};
	return lam_layer_new_with_children(&lam_residual_class, &options,
		(lam_layer *const[]){o.body, o.shortcut}, has_shortcut ? 2 : 1);
}
