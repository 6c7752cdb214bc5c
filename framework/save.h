/* SPDX-License-Identifier: MIT */
/** \file
 * Nets as files: .npz archives that numpy.load() opens. A file has an array for each parameter and
 * running statistic, under its name ("0.weight") and in PyTorch's shape, and the text
 * "architecture", from which lam_net_load() composes the model. */
#ifndef LAM_SAVE_H
#define LAM_SAVE_H

#include "named.h"
#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_save_options {
	size_t size;
	lam_net *net; /**< is saved; unchanged */
	/** replaced completely when the new file is written and synced; unchanged on failure. A
	 * symbolic link is replaced itself, and the file that it names is unchanged */
	const char *path;
	LAM_NAMED;
	bool compress; /**< deflate instead of store */
} lam_save_options;

/** Writes architecture, parameters and running statistics, but no moments of the optimizer, which
 * only checkpoints of lam_fit() hold. Values are written unchanged, even NaN and infinity; loading
 * takes them unchanged, and lam_net_predict() says what they do. No other thread may step or edit
 * the net meanwhile. The file keeps the permissions of the one that it replaces, and its owner if
 * root saves.
 *
 * While the file is written, "NAME.tmp" and "NAME.lock" lie beside it. A process that is killed
 * leaves them, and the next save removes them if they are plain files; anything else of these names
 * is refused. If another thread or process is saving to the same path, the call waits for it, for
 * up to ten seconds.
 *
 * LAM_ERR_ARGUMENT without net or path; LAM_ERR_IO, also when the other save takes longer;
 * LAM_ERR_STATE while a run of lam_fit() has the path as its `.checkpoint`; LAM_ERR_UNSUPPORTED for
 * a model that lam_net_load() would refuse (docs/format.md has the bounds); LAM_ERR_MEMORY. */
LAM_MUST_CHECK lam_status lam_net_save_with(const lam_save_options *options);

/** Writes a file of any kind as lam_net_save() does: it appears whole, or the file that was there
 * stays. For programs that write nets in forms of their own. LAM_ERR_ARGUMENT, LAM_ERR_IO,
 * LAM_ERR_STATE and LAM_ERR_MEMORY as there. */
LAM_MUST_CHECK lam_status lam_write_file(const char *path, const void *bytes, size_t count);

/** Which weights of a file: parameters and running statistics. Only a checkpoint of lam_fit() has
 * others than plain ones. */
typedef enum lam_weights {
	/** the plain names; in a checkpoint they are as after the last step */
	LAM_WEIGHTS_RAW = 0,
	LAM_WEIGHTS_AVERAGE, /**< the moving average of a run with `.average` */
	LAM_WEIGHTS_BEST,    /**< of the best epoch of a run with `.keep_best` */
	/** of any file: those with which the run would end. The best epoch's if it has them,
	 * otherwise the average, otherwise the plain ones */
	LAM_WEIGHTS_RESULT,
} lam_weights;

typedef struct lam_load_options {
	size_t size;
	const char *path; /**< the file; required */
	LAM_NAMED;
	bool inference, input_grad, direct; /**< as in lam_net_create() */
	int64_t max_batch;                  /**< as in lam_net_create() */
	int threads;                        /**< as in lam_net_create() */
	uint64_t seed; /**< as in lam_net_create(), but parameters come from the file */
	/** the user's own layer classes that the file may name, ending with NULL */
	const lam_layer_class *const *classes;
	/** the most bytes for the net, as in lam_net_create(). Default: 256 MiB plus 256 times the
	 * file's length; SIZE_MAX: no limit */
	size_t memory_limit;
	/** of one sample, in place of the file's; for a graph of one input, too. The parameters
	 * must come out with the shapes that the file has, as those of convolutions do. Default:
	 * the file's shape */
	lam_shape shape;
	const char *const *watch; /**< as in lam_net_create() */
	/** which weights to load, by default LAM_WEIGHTS_RAW: the plain ones, even if the file has
	 * better ones. LAM_ERR_ARGUMENT if the file has none of these */
	lam_weights weights;
	bool recompute; /**< as in lam_net_create() */
} lam_load_options;

/** Loads a net that lam_net_save() or a checkpoint of lam_fit() wrote. Free it with lam_net_free().
 *
 * NULL and a sentence on failure: LAM_ERR_IO, LAM_ERR_FORMAT (damaged, or not a file of lamina's),
 * LAM_ERR_SHAPE, LAM_ERR_ARGUMENT (an invalid option, here or in the file's architecture),
 * LAM_ERR_UNSUPPORTED (a newer version), LAM_ERR_MEMORY.
 *
 * A file that lacks parameters is refused before memory is allocated for them. So is a net that
 * needs more than `.memory_limit`; activations may be large, as their size follows from the shapes
 * in the architecture and max_batch. Reading needs as much memory again as the parameters, 64 bytes
 * per byte of the file, and at most 64 MiB for the architecture. Values are loaded unchanged, even
 * NaN and infinity. */
LAM_MUST_CHECK lam_net *lam_net_load_with(const lam_load_options *options);

typedef struct lam_load_params_options {
	size_t size;
	lam_net *net;     /**< whose parameters are replaced; unchanged on failure */
	const char *path; /**< the file; required */
	LAM_NAMED;
	bool partial;        /**< load only what matches by name and shape, at least one array */
	lam_weights weights; /**< as in lam_net_load() */
} lam_load_params_options;

/** Reads parameters and running statistics by name into a net. The file is one of lamina's, or one
 * written from PyTorch by
 *
 *     numpy.savez(path, **{k: v.numpy() for k, v in torch_model.state_dict().items()})
 *
 * Without `.partial` the file must hold all of the net's arrays with their shapes, and no others.
 * Numbers may be of any of numpy's types, in either byte order, in C or Fortran order. A finite
 * value too large for lam_real is refused; NaN and infinity are loaded.
 *
 * The prefixes of PyTorch's wrappers, if every name has them, are ignored ("module." of
 * DataParallel, "_orig_mod." of torch.compile). A name that is no valid relative path ("w:0",
 * "/params/x") makes the file invalid; with `.partial` it is ignored. No name is used as a path.
 *
 * Memory: as much again as the net's parameters, and 64 bytes per byte of the file. On failure the
 * net is unchanged: LAM_ERR_IO, LAM_ERR_FORMAT (an entry is missing or unknown), LAM_ERR_SHAPE,
 * LAM_ERR_MEMORY. */
LAM_MUST_CHECK lam_status lam_net_load_params_with(const lam_load_params_options *options);

/** Composes a model from its description in the architecture language (docs/format.md), as a file
 * has it or as a person writes it; lines that begin with # are comments. *shape receives the shape
 * of its input. `classes` may be NULL: the caller's own classes that the text may name, ending with
 * NULL. A text cannot hold options that are arrays, such as lam_standardize(.means). The caller
 * owns the model. NULL and a sentence with the number of the line on failure. */
LAM_MUST_CHECK lam_layer *lam_model_parse(
	const char *text, const lam_layer_class *const *classes, lam_shape *shape);

/** The description of a model, and of its input's shape. Free it with lam_free(). NULL and a
 * sentence on failure. */
LAM_MUST_CHECK char *lam_model_text(const lam_layer *model, lam_shape shape);

#ifndef __cplusplus
#define lam_net_save(...) \
	lam_net_save_with(&(lam_save_options){.size = sizeof(lam_save_options), .net = __VA_ARGS__})
#define lam_net_load(...) \
	lam_net_load_with( \
		&(lam_load_options){.size = sizeof(lam_load_options), .path = __VA_ARGS__})
#define lam_net_load_params(...) \
	lam_net_load_params_with(&(lam_load_params_options){ \
		.size = sizeof(lam_load_params_options), .net = __VA_ARGS__})
#endif

#ifdef __cplusplus
}
#endif
#endif
