/* SPDX-License-Identifier: MIT */
/** \file
 * For those who write layers: the layer and its class, which built-in layers and a user's own
 * layers define alike.
 *
 * A class is static const data. A layer is a class with options, a name and children. The net that
 * owns it holds its parameters and all that changes during a step. A layer belongs to at most one
 * composition or net. */
#ifndef LAM_LAYER_H
#define LAM_LAYER_H

#include "epilogue.h"
#include "option.h"
#include "pass.h"
#include "plan.h"
#include "rule.h"
#include "shape.h"
#include "status.h"
#include "target.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What "correct" means for the output of a loss. */
typedef enum lam_metric {
	LAM_METRIC_NONE = 0, /**< no accuracy */
	/** the largest output is the target class (or the largest of the soft targets); if the
	 * output has more dimensions, along its first one, at each place of the others */
	LAM_METRIC_CLASS = 1,
	LAM_METRIC_BINARY = 2, /**< each output is on the same side of 1/2 as its target */
} lam_metric;

typedef struct lam_sample_form lam_sample_form;

/** What .emit_c writes to (lam_c_print()). */
typedef struct lam_c lam_c;

/** What .emit_onnx writes to: lam_onnx_add_node() of lamina_onnx.h. */
typedef struct lam_onnx lam_onnx;

/** The vtable. A member left out (NULL, 0) has the stated meaning. During a step functions get a
 * read-only layer and may run on any thread. On failure they return lam_fail(…). */
typedef struct lam_layer_class {
	uint32_t abi; /**< set by LAM_LAYER_ABI, which comes first */
	/** one word of letters, digits and underscores, which names the class in files and
	 * sentences */
	const char *kind;
	/** bytes of the layer's own struct, which begins with the options struct, if any */
	size_t state_size;
	const lam_option *options; /**< NULL: none */
	/** Checks the input shapes, computes derived members of the state, infers the output's
	 * shape. NULL: the output has the input's shape. The plan puts the layer's kind and name
	 * before an error sentence. It may be called several times. */
	lam_status (*check)(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out);
	/** Declares parameters, state and memory by lam_plan_…(). NULL: needs nothing. */
	lam_status (*plan)(const lam_layer *self, const lam_shape *in, lam_plan *plan);
	/** Writes out, idle lanes too. A loss also writes pass->loss. NULL only for containers and
	 * for LAM_VIEW. */
	lam_status (*forward)(const lam_layer *self, const lam_pass *pass);
	/** Writes all of dx where it is wanted. If the layer has parameters and .gradient is NULL,
	 * it also writes dw; then the default phase is one unit that gets all blocks, because dw
	 * sums over them in order. NULL: the layer has no gradient, and a net that needs one cannot
	 * be created for training. */
	lam_status (*backward)(const lam_layer *self, const lam_pass *pass);
	/** Writes all of every dw that is not NULL. Runs before .backward, which may overwrite dy
	 * (only the library's affine layer, which does not, has an agreement with the net to run
	 * later).
	 * NULL: .backward writes dw, or there are no parameters. */
	lam_status (*gradient)(const lam_layer *self, const lam_pass *pass);

	/** Called once by lam_layer_new() after the options were checked, for checks that a table
	 * cannot express. NULL: nothing. */
	lam_status (*init)(lam_layer *self);
	/** Frees what .init or .check allocated inside the state; NULL: nothing. */
	void (*destroy)(lam_layer *self);
	/** Updates a whole parameter; called once for each. NULL: lam_update_default(), the
	 * optimizer's rule, for slices of each parameter. */
	lam_status (*update)(const lam_layer *self, const lam_update *update);

	/* Losses. */
	/** Losses: the targets that this loss needs for inputs of shape `in`, which may have any
	 * shape. `info` comes as LAM_VALUES of shape `in`, which is the default. With LAM_CLASSES,
	 * `classes` is at least 1, and `shape` has rank 0 unless there is one at each place. */
	lam_status (*targets)(const lam_layer *self, const lam_shape *in, lam_target_info *info);
	/** Losses: lam_net_create() refuses LAM_METRIC_CLASS unless the output has a value per
	 * class or per value of the target, and LAM_METRIC_BINARY unless it has one per value. */
	lam_metric metric;

	/* Containers. */
	/** Containers: emits the children by lam_plan_layer() and returns the last slot; or calls
	 * lam_fail() and returns -1. Each layer's output is returned or read by another layer;
	 * other layers are refused by lam_net_create(). Such a class has no other job. */
	lam_slot (*expand)(const lam_layer *self, lam_plan *plan, lam_slot x);
	/** Containers: the role of child `index`, as "body", in names and in the architecture text.
	 * NULL: its index. */
	const char *(*role)(const lam_layer *self, int index);
	int min_children, max_children; /**< containers and joins; 0, 0: no children */

	/* Joins. */
	/** The number of inputs; both 0: one. A class that takes several is a join:
	 * lam_plan_join(), or lam_apply() on several values. INT_MAX: any number. If it may have
	 * children, they are branches: a join with children takes one input, gives it to each
	 * child, and its call reads their outputs. */
	int min_inputs, max_inputs;
	/** Models that carry the shapes of their inputs: gives name (NULL: none) and shape of input
	 * `index`, from 0; false: there is no such input. NULL: lam_net_create() is given the shape
	 * of the one input. */
	bool (*input)(const lam_layer *self, int index, const char **name, lam_shape *shape);
	/** Containers of several inputs, instead of .expand: x[inputs]. */
	lam_slot (*expand_join)(
		const lam_layer *self, lam_plan *plan, const lam_slot *x, int inputs);

	/* Hints of the planner: how work is cut, what may be shared or absorbed. */
	uint32_t flags;        /**< LAM_IN_PLACE and its kin, below */
	lam_epilogue epilogue; /**< the epilogue that does the same as this class, if any */
	/** Fills in phase[0], ... and returns their number (at most LAM_MAX_PHASES). NULL: one
	 * phase per block with one slice; for LAM_GRADIENT one phase with one slice for all blocks.
	 */
	int (*phases)(const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks,
		lam_phase *phase);
	/** Fills slice `slice` of `slices` of packed copy `index` from its parameter. */
	lam_status (*pack)(const lam_layer *self, int index, const lam_real *w, void *packed,
		int64_t slice, int64_t slices);
	const lam_sample_form *sample; /**< NULL: none */
	/** Layers of one input of shape `in` whose output is a range of its values, in their order:
	 * the first value of the range, counted row-major. The plan lets out be a part of x where
	 * it can, and then does not call forward; and adds dy to that range of a gradient that
	 * other layers begin, and then does not call backward. Must be a pure function. NULL: out
	 * is no range of x. */
	int64_t (*begin)(const lam_layer *self, const lam_shape *in);
	/** In nets for inference a class with LAM_FINISHES may compute what the calls behind it
	 * would, by these two (lam_finish).
	 * Layers with one input that, in evaluation, compute y = (x - center[c]) factor[c] +
	 * term[c] for channel c, the first dimension: writes these numbers, of parameters and
	 * states alone. NULL: this layer does not. */
	void (*channel_map)(const lam_layer *self, const lam_real *const *w, lam_real *const *state,
		lam_real *center, lam_real *factor, lam_real *term);
	/** Layers with LAM_ELEMENTWISE and LAM_IN_PLACE: the same as forward in evaluation, in
	 * place, for any `count` values of the output. NULL: none. */
	void (*apply)(const lam_layer *self, lam_real *y, size_t count);
	/** For lam_export_c(): writes the layer's forward in evaluation, of one sample, as the body
	 * of a C function, by lam_c_print(). exchange/c/export_c.h names the function's arguments.
	 * NULL: nets with the layer are not exported. */
	lam_status (*emit_c)(const lam_layer *self, lam_c *c);
	/** For lam_onnx_save(): writes the layer's forward in evaluation as operators of ONNX. The
	 * last one computes the output. NULL: nets with the layer are not saved as ONNX. */
	lam_status (*emit_onnx)(const lam_layer *self, lam_onnx *onnx);
} lam_layer_class;

/** First in a class: `static const lam_layer_class swish_class = { LAM_LAYER_ABI, .kind = "swish",
 * … }`. */
#define LAM_LAYER_ABI .abi = LAM_LAYER_ABI_NUMBER
#define LAM_LAYER_ABI_NUMBER (7u << 16 | (uint32_t)LAM_LANES << 8 | (uint32_t)sizeof(lam_real))

/** The flags of a class. */
enum {
	/** out may be x, and dx may be dy; with LAM_KEEP_X, out is x only where no backward will
	   read x */
	LAM_IN_PLACE = 1,
	LAM_VIEW = 2,   /**< out is x with another shape, dx is dy: the layer is never called */
	LAM_KEEP_X = 4, /**< backward reads x */
	LAM_KEEP_Y = 8, /**< backward reads y */
	LAM_LOSS = 16,  /**< a loss: the net's last call; sees targets, writes pass->loss */
	/** an activation of the ReLU family: for a layer before it LAM_INIT_DEFAULT is He's */
	LAM_RECTIFIES = 32,
	/** pooling, flatten, dropout, batch norm: LAM_INIT_DEFAULT depends on the next layer */
	LAM_LOOKS_THROUGH = 64,
	LAM_ABSORBS = 128,   /**< forward can apply the epilogue of the next call */
	LAM_PASSES_DY = 256, /**< every dx is dy: backward is never called */
	/** in evaluation each value of out depends only on the same value of x: forward is a loop
	   over out->values numbers, so it works in any layout, and may get a part of a block's
	   values (then `values` counts those; `shape` and `features` stay a sample's) */
	LAM_ELEMENTWISE = 512,
	/** .backward and .gradient also give the gradients of a forward in evaluation (pass->mode
	   is LAM_EVAL): what they read that forward has saved, see pass->backward_may_follow.
	   Without it lam_net_backward() refuses the layer after such a forward. Not needed with
	   LAM_VIEW, LAM_PASSES_DY and LAM_SIDE_BY_SIDE */
	LAM_EVAL_BACKWARD = 1024,
	/** out is the values of x[0], then those of x[1], …; every dx is a part of dy, so
	   backward is never called. The plan puts the inputs into out where it can: then x[k].data
	   is a part of out->data, which forward need not copy */
	LAM_SIDE_BY_SIDE = 2048,
	/** its jobs, and .update, take a few operations for each value that they read or write. The
	    work of other jobs is what .plan declares by lam_plan_flops(). A job without either may
	    take any time: a net with such a layer uses all its threads, however small it is */
	LAM_LIGHT = 4096,
	/** a loss whose targets are classes and that heeds lam_pass.second, so that samples may be
	    mixed */
	LAM_MIXES = 8192,
	/** losses: forward and backward multiply each sample's part by its weight (pass->weights).
	    Without it the weights of samples are refused */
	LAM_WEIGHS_SAMPLES = 16384,
	/** with LAM_ELEMENTWISE: that holds for forward in training, too, and backward is a loop
	   over dy->values numbers. Without it, and without a
	   lam_sample_training, the class trains in batch lanes. It is asked before .sample */
	LAM_ELEMENTWISE_TRAINING = 32768,
	/** forward can apply pass->finish, in the sample form too. Needs LAM_ABSORBS */
	LAM_FINISHES = 65536,
	/** with LAM_ABSORBS: forward can also apply the addition of pass->finish, in training, too;
	   and backward after a forward in training the gradient of the epilogue, before its own:
	   see pass->epilogue. In the sample form, too */
	LAM_GATES = 131072,
	/** with LAM_KEEP_X: .gradient reads x, .backward does not. Where values are computed again
	    (lam_net_create(.recompute)), x is then given up between the two */
	LAM_GRADIENT_READS_X = 262144,
	/** layers with states: forward heeds pass->again, so it may run twice in a step. Without it
	    their outputs are kept. Layers without states need no flag */
	LAM_FORWARD_AGAIN = 524288,
	/** forward in several phases, of which the last is per block: its units write nothing of
	    other blocks, and read of them what earlier phases have saved. So what follows may begin
	    with a block while others are in that phase. Of no effect where phases share memory
	    (lam_plan_shared()) */
	LAM_LAST_BY_BLOCK = 1048576,
};

typedef struct lam_sample_training lam_sample_training;

/** How a class computes one sample at a time, in nets of less than 16 samples, or for inference of
 * any number, if they choose to (lam_net_create()).
 * Without .training this is only forward, only in evaluation. A class without it gets batch lanes
 * there, too, and the plan adds conversions around it. */
struct lam_sample_form {
	/** Chooses the layouts. x has shape `in`, and is now in the layout `given`. Returns the
	 * layout in which forward reads x, and writes to *out the layout of its output (never
	 * LAM_CALLER_ROWS). LAM_BATCH_LANES: with these options the class's own functions must be
	 * used. Must be a pure function. NULL: channel lanes for both. */
	lam_layout (*layouts)(
		const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out);
	/** As the class's .phases, for x in layout `x`. NULL: one phase per sample with one
	 * slice. */
	int (*phases)(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase);
	/** As the class's .pack, for the copies that .plan declared when lam_plan_layout() was
	 * `x`. */
	lam_status (*pack)(const lam_layer *self, lam_layout x, int index, const lam_real *w,
		void *packed, int64_t slice, int64_t slices);
	/** As the class's .forward. */
	lam_status (*forward)(const lam_layer *self, const lam_pass *pass);
	const lam_sample_training *training; /**< NULL: the class trains in batch lanes */
};

/** How a class trains one sample at a time. Then the form's .forward is called in training, too,
 * and heeds pass->backward_may_follow. Gradients have the layouts of the values. */
struct lam_sample_training {
	/** As the form's .layouts, which it replaces in nets for training; NULL: as there. */
	lam_layout (*layouts)(
		const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out);
	/** As the class's .phases, for x in layout `x`. NULL: forward and backward as the form's
	 * .phases, .gradient in one unit that gets all samples. */
	int (*phases)(const lam_layer *self, lam_job job, lam_mode mode, lam_layout x,
		int64_t samples, lam_phase *phase);
	/** As the class's .backward, and there if that is. */
	lam_status (*backward)(const lam_layer *self, const lam_pass *pass);
	/** As the class's .gradient, and there if that is. */
	lam_status (*gradient)(const lam_layer *self, const lam_pass *pass);
};

/** Makes a layer of `layer_class` with a copy of the options. `options` points to the class's
 * options struct, which begins with LAM_LAYER_OPTIONS and has its size set; NULL: no option is
 * given. Returns NULL and sets a sentence when an option is refused. */
LAM_MUST_CHECK lam_layer *lam_layer_new(const lam_layer_class *layer_class, const void *options);

/** As lam_layer_new(), for containers. Consumes the children, also on failure. For a NULL child it
 * fails with the sentence that the child's constructor has set. A child that belongs to another
 * composition or net, or is here twice, is an error. */
LAM_MUST_CHECK lam_layer *lam_layer_new_with_children(const lam_layer_class *layer_class,
	const void *options, lam_layer *const *children, int count);

/** A second layer with the same parameters: weights that two branches or two steps of a recurrence
 * share. It has the layer's class and options, but is checked for its own input; its
 * parameters must come out with the same shapes. A container is shared with all its layers.
 * Gradients of all uses are added, in the order of the calls. Both must be in one net. The first
 * one that the net meets gives the parameters their names, and their initial values.
 *
 * `layer` is not consumed, and may already be part of a composition. What a class's functions keep
 * in the state beside options is made anew by .init and .check. States cannot be shared:
 * lam_net_create() refuses a batch norm in a share. NULL for a NULL layer, with the sentence of the
 * constructor that failed. */
LAM_MUST_CHECK lam_layer *lam_share(lam_layer *layer);

/** lam_tie(layer, other): lets `layer` use the parameters of `other`, a layer of another kind or
 * with other options, and returns it. Both must declare as many parameters, of the same shapes in
 * the same order. So an encoder and its decoder share a weight, which the decoder uses transposed:
 *
 *     lam_layer *encoder = lam_conv2d(.out = 32, .kernel = {1}, .no_bias = true);
 *     lam_layer *decoder = lam_tie(
 *             lam_transposed_conv2d(.out = 784, .kernel = {1}, .no_bias = true), encoder);
 *
 * Everything else is as with lam_share(). `layer` is freed on failure; `other` never. */
LAM_MUST_CHECK lam_layer *lam_tie(lam_layer *layer, lam_layer *other);

/** Frees a layer that belongs to no composition and no net, and its children. NULL is allowed. */
void lam_layer_free(lam_layer *layer);

/** The layer's own struct of state_size bytes, aligned for any type; read-only while a net steps.
 * NULL for NULL. */
void *lam_layer_state(const lam_layer *layer);

/** The layer's class; NULL for NULL. */
const lam_layer_class *lam_layer_class_of(const lam_layer *layer);

/** The name given by `.name`, or NULL (for NULL too); lives as long as the layer. */
const char *lam_layer_name(const lam_layer *layer);

/** Whether the net that plans the layer was created with .direct, which excludes algorithms that
 * round differently. Call it in .check and later. */
bool lam_layer_direct(const lam_layer *layer);

/** The number of a container's children; 0 for other layers. */
int lam_layer_child_count(const lam_layer *layer);

/** Child `index`, counted from 0 in the order in which the children were given. The container still
 * owns it. NULL if there is no such child. */
lam_layer *lam_layer_child(const lam_layer *layer, int index);

#ifdef __cplusplus
}
#endif
#endif
