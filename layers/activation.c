/* SPDX-License-Identifier: MIT */
/* The elementwise activations, y = f(x) and dL/dx = dL/dy f'(x), for any shape. The formulas are in
 * framework/kernels/curves.h; each row of its list becomes a class here.
 *
 * An activation whose gradient reads y may always overwrite its input; one whose gradient reads x,
 * only where no backward follows. The idle lanes of a block repeat a sample, so f' is finite there
 * if it is for that sample, and their dy = 0 gives dx = 0. */
#include "layers/activation.h"
#include "layers/classes.h"

#include "framework/kernels/kernels.h"

/* The option tables: OPTION adds a row to the table of its curve. */
#define OPTION(name, member, ...) LAM_OPTION(lam_##name##_options, member, REAL, __VA_ARGS__),
#define CURVE(name, reads, family, epilogue, check, ...) \
	static const lam_option name##_table[] = {__VA_ARGS__ LAM_OPTIONS_END};
LAM_CURVES(CURVE)
#undef CURVE
#undef OPTION

/* The number of option `index`. */
static double number_of(const lam_layer *self, int index)
{
	const lam_option *option = &lam_layer_class_of(self)->options[index];
	const char *state = lam_layer_state(self);
	return (double)*(const lam_real *)(state + option->offset);
}

static lam_status check_order(lam_layer *self)
{
	const lam_option *options = lam_layer_class_of(self)->options;
	if (number_of(self, 0) < number_of(self, 1))
		return LAM_OK;
	return lam_fail(LAM_ERR_ARGUMENT, "%s is %g; expected above option %s, which is %g",
		options[1].name, number_of(self, 1), options[0].name, number_of(self, 0));
}

static struct lam_curve_options options_of(const lam_layer *self, const lam_option *table)
{
	struct lam_curve_options o = {{0}};
	const char *state = lam_layer_state(self);
	for (int i = 0; table[i].name; i++)
		o.value[i] = *(const lam_real *)(state + table[i].offset);
	return o;
}

static void apply(lam_real *y, size_t count, enum lam_curve_index curve, struct lam_curve_options o)
{
	lam_kernel()->map.curve[curve].forward(y, y, count, o);
}

static lam_status forward(
	const lam_pass *pass, enum lam_curve_index curve, struct lam_curve_options o)
{
	lam_kernel()->map.curve[curve].forward(
		pass->out->data, pass->x->data, (size_t)pass->out->values, o);
	return LAM_OK;
}

static lam_status backward(const lam_pass *pass, const lam_view *kept, enum lam_curve_index curve,
	struct lam_curve_options o)
{
	lam_kernel()->map.curve[curve].backward(
		pass->dx->data, pass->dy->data, kept->data, (size_t)pass->dy->values, o);
	return LAM_OK;
}

/* The meaning of the words in a row. */
#define KEEPS_X LAM_KEEP_X
#define KEEPS_Y LAM_KEEP_Y
#define KEEPS_NONE 0
#define KEPT_X pass->x
#define KEPT_Y pass->y
#define KEPT_NONE pass->dy
#define FAMILY_RECTIFIES LAM_RECTIFIES
#define FAMILY_THROUGH LAM_LOOKS_THROUGH
#define FAMILY_OTHER 0
#define CHECK_ORDERED check_order
#define CHECK_NONE NULL

#define CURVE(name, reads, family, epilogue_word, check, ...) \
	static lam_status name##_forward(const lam_layer *self, const lam_pass *pass) \
	{ \
		return forward(pass, LAM_CURVE_##name, options_of(self, name##_table)); \
	} \
\
	static void name##_apply(const lam_layer *self, lam_real *y, size_t count) \
	{ \
		apply(y, count, LAM_CURVE_##name, options_of(self, name##_table)); \
	} \
\
	static lam_status name##_backward(const lam_layer *self, const lam_pass *pass) \
	{ \
		return backward( \
			pass, KEPT_##reads, LAM_CURVE_##name, options_of(self, name##_table)); \
	} \
\
	const lam_layer_class lam_##name##_class = { \
		LAM_LAYER_ABI, \
		.flags = LAM_LIGHT | LAM_ELEMENTWISE | LAM_ELEMENTWISE_TRAINING | LAM_IN_PLACE \
			| KEEPS_##reads | FAMILY_##family | LAM_EVAL_BACKWARD, \
		.kind = #name, \
		.state_size = sizeof(lam_##name##_options), \
		.options = name##_table, \
		.epilogue = LAM_EPILOGUE_##epilogue_word, \
		.init = CHECK_##check, \
		.forward = name##_forward, \
		.backward = name##_backward, \
		.apply = name##_apply, \
	}; \
\
	lam_layer *lam_##name##_new(const lam_##name##_options *options) \
	{ \
		return lam_layer_new(&lam_##name##_class, options); \
	}
LAM_CURVES(CURVE)
