/* SPDX-License-Identifier: MIT */
/** \file
 * The layer and its class: what every built-in layer is made of, and what a layer of one's own
 * fills in.
 *
 * A class is static const data. A layer is a class, its options, its name and its children; its
 * parameters and all that changes during a step lie in the net that owns it. A layer is in at most
 * one composition or net. */
#ifndef LAM_LAYER_H
#define LAM_LAYER_H

#include "epilogue.h"
#include "optimizer.h"
#include "option.h"
#include "pass.h"
#include "plan.h"
#include "shape.h"
#include "status.h"
#include "target.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a class declares of itself, so that the plan never asks for a kind. */
enum {
	/** out may be x, and dx may be dy; with LAM_KEEP_X too, out is x only where no backward
	   will read x */
	LAM_IN_PLACE = 1,
	LAM_VIEW = 2,   /**< out is x under another shape, dx is dy: neither is ever called */
	LAM_KEEP_X = 4, /**< backward reads x */
	LAM_KEEP_Y = 8, /**< backward reads y */
	LAM_LOSS = 16,  /**< a loss: the net's last call; sees targets, writes pass->loss */
	/** an activation of the ReLU family: LAM_INIT_DEFAULT in front of it is He's */
	LAM_RECTIFIES = 32,
	/** pooling, flatten, dropout, batch norm: initialisation looks at what follows */
	LAM_LOOKS_THROUGH = 64,
	LAM_ABSORBS = 128,   /**< forward can apply the epilogue of the call that follows */
	LAM_PASSES_DY = 256, /**< every dx is dy: backward is never called */
	/** in evaluation each value of out is a function of the same value of x alone: forward goes
	   over out->values numbers and asks nothing else of them, so that any layout will do */
	LAM_ELEMENTWISE = 512,
};

/** What "correct" means for the output of a loss. */
typedef enum lam_metric {
	LAM_METRIC_NONE = 0, /**< no accuracy */
	/** the largest output is the target class (or the largest of the soft targets) */
	LAM_METRIC_CLASS = 1,
	LAM_METRIC_BINARY = 2, /**< each output is on the same side of 1/2 as its target */
} lam_metric;

/** One parameter, or a slice of it, to be updated. */
typedef struct lam_update {
	const lam_optimizer *optimizer;    /**< the rule and its numbers, defaults filled in */
	const char *name;                  /**< "weight" */
	int param;                         /**< index in the order of lam_plan_param() */
	lam_real *value;                   /**< [count] */
	const lam_real *grad;              /**< [count] */
	lam_real *moment[LAM_MAX_MOMENTS]; /**< [count] each, as many as the rule has */
	int64_t count;
	int64_t step;        /**< updates before this one */
	lam_real grad_scale; /**< multiply gradients by it (clipping); 1 as a rule */
	bool decays;         /**< whether weight decay applies to this parameter */
} lam_update;

/** How a class computes one sample at a time, for nets of less than 16 samples (lam_net_create()):
 * forward alone, in evaluation alone. A class without it gets batch lanes there too, and the plan
 * converts around it. */
typedef struct lam_sample_form {
	/** In which layout forward wants x, whose shape is `in` and which is at hand as `given`,
	 * and in which it writes `*out` (never LAM_CALLER_ROWS). LAM_BATCH_LANES: not with these
	 * options, take the class's own functions. The same answer whenever it is asked. NULL:
	 * channel lanes in and out. */
	lam_layout (*layouts)(
		const lam_layer *self, const lam_shape *in, lam_layout given, lam_layout *out);
	/** As the class's, for x in layout `x`. NULL: one phase, per sample, one slice. */
	int (*phases)(const lam_layer *self, lam_layout x, int64_t samples, lam_phase *phase);
	/** As the class's, for what .plan declared when lam_plan_layout() was `x`. */
	lam_status (*pack)(const lam_layer *self, lam_layout x, int index, const lam_real *w,
		void *packed, int64_t slice, int64_t slices);
	/** As the class's. */
	lam_status (*forward)(const lam_layer *self, const lam_pass *pass);
} lam_sample_form;

/** The vtable. A member left out (NULL, 0) has the stated meaning. Functions get a layer that is
 * read-only during a step; they may run on any thread, and a failing one returns lam_fail(…). */
typedef struct lam_layer_class {
	uint32_t abi; /**< set by LAM_LAYER_ABI, which comes first */
	uint32_t flags;
	/** one word of letters, digits and underscores: names the class in files and messages */
	const char *kind;
	/** the layer's own struct, which begins with its options struct (if it has options) */
	size_t state_size;
	const lam_option *options; /**< NULL: none */
	lam_epilogue epilogue;     /**< the epilogue that this class as a whole is, if it is one */
	lam_metric metric;         /**< losses */

	/** Checks the input shapes, fills in derived state, says the output's shape. NULL: out =
	 * in. The plan adds the layer's kind and name in front of the sentence. Called again if the
	 * layer is checked anew. */
	lam_status (*check)(lam_layer *self, const lam_shape *in, int inputs, lam_shape *out);
	/** Declares parameters, state and memory by lam_plan_…(). NULL: needs nothing. */
	lam_status (*plan)(const lam_layer *self, const lam_shape *in, lam_plan *plan);
	/** Containers: emit the children by lam_plan_layer(), return the last slot; or lam_fail()
	 * and return -1. A class that has it is never called. */
	lam_slot (*expand)(const lam_layer *self, lam_plan *plan, lam_slot x);
	/** Fills phase[0 …] and returns how many there are (at most LAM_MAX_PHASES). NULL: one
	 * phase, per block, one slice; for LAM_GRADIENT: one phase, one slice, all blocks. */
	int (*phases)(const lam_layer *self, lam_job job, lam_mode mode, int64_t blocks,
		lam_phase *phase);
	/** Fills slice `slice` of `slices` of packed copy `index` from its parameter. */
	lam_status (*pack)(const lam_layer *self, int index, const lam_real *w, void *packed,
		int64_t slice, int64_t slices);
	/** Writes out, idle lanes too; a loss also writes pass->loss. NULL only for containers and
	 * LAM_VIEW. */
	lam_status (*forward)(const lam_layer *self, const lam_pass *pass);
	/** Writes dx whole where it is wanted (and dw, if the layer has parameters and .gradient is
	 * NULL: then the default phase is one unit that sees all blocks, because dw sums over them
	 * in order). NULL: the layer has no gradient, and a net that needs one cannot be created
	 * for training. */
	lam_status (*backward)(const lam_layer *self, const lam_pass *pass);
	/** Writes every dw that is not NULL whole. Runs before .backward, so dy is still there if
	 * dx will overwrite it. NULL: .backward does it (or there are no parameters). */
	lam_status (*gradient)(const lam_layer *self, const lam_pass *pass);
	/** NULL: the optimizer's rule, lam_update_default(), for slices of each parameter. Called
	 * once for each whole parameter. */
	lam_status (*update)(const lam_layer *self, const lam_update *update);
	/** Losses: what targets this loss wants for inputs of shape `in`. */
	lam_status (*targets)(const lam_layer *self, const lam_shape *in, lam_target_info *info);
	/** Called once by lam_layer_new() after the options are checked, for what a table cannot
	 * say; NULL: nothing. */
	lam_status (*init)(lam_layer *self);
	/** Frees what .init or .check allocated inside the state; NULL: nothing. */
	void (*destroy)(lam_layer *self);
	/** Containers: the role of child `index` in names and in the architecture text ("body");
	 * NULL: its number. */
	const char *(*role)(const lam_layer *self, int index);
	int min_children, max_children; /**< containers; 0, 0: no children */
	const lam_sample_form *sample;  /**< NULL: none */
} lam_layer_class;

/** First in a class: `static const lam_layer_class swish_class = { LAM_LAYER_ABI, .kind = "swish",
 * … }`. */
#define LAM_LAYER_ABI .abi = LAM_LAYER_ABI_NUMBER
#define LAM_LAYER_ABI_NUMBER (3u << 16 | (uint32_t)LAM_LANES << 8 | (uint32_t)sizeof(lam_real))

/** A layer of `layer_class` with a copy of the options (NULL: none given). NULL and a sentence when
 * an option is refused. `options` points at the class's options struct, which begins with
 * LAM_LAYER_OPTIONS and whose size member is set. */
LAM_MUST_CHECK lam_layer *lam_layer_new(const lam_layer_class *layer_class, const void *options);

/** As lam_layer_new(), for containers: consumes the children, also on failure. A NULL child fails
 * with the sentence that its constructor left; a child that is already part of something, or stands
 * here twice, is an error. */
LAM_MUST_CHECK lam_layer *lam_layer_new_with_children(const lam_layer_class *layer_class,
	const void *options, lam_layer *const *children, int count);

/** Frees a layer that is in no composition and no net, and its children. NULL is allowed. */
void lam_layer_free(lam_layer *layer);

/** The layer's own struct, state_size bytes, aligned for anything; read-only while a net steps.
 * NULL for NULL. */
void *lam_layer_state(const lam_layer *layer);

/** The class that the layer was made of; NULL for NULL. */
const lam_layer_class *lam_layer_class_of(const lam_layer *layer);

/** The name given by `.name`, or NULL (for NULL too); lives as long as the layer. */
const char *lam_layer_name(const lam_layer *layer);

/** Whether the net that plans the layer asked for direct algorithms alone (lam_net_options.direct);
 * to be asked in .check and later. */
bool lam_layer_direct(const lam_layer *layer);

/** How many layers a container holds; 0 for any other. */
int lam_layer_child_count(const lam_layer *layer);

/** Child `index`, from 0 in the order in which they were given; it stays the container's. NULL when
 * there is none. */
lam_layer *lam_layer_child(const lam_layer *layer, int index);

/** Applies the optimizer's own rule to a slice; for a .update that adds to it. */
LAM_MUST_CHECK lam_status lam_update_default(const lam_update *update);

#ifdef __cplusplus
}
#endif
#endif
