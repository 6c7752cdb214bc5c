/* SPDX-License-Identifier: MIT */
/** \file
 * Nets as files: .npz archives that numpy.load() opens. One array per parameter and running
 * statistic, under its name
 * ("0.weight", in PyTorch's shape), and the text "architecture", from which lam_net_load() composes
 * the model. */
#ifndef LAM_SAVE_H
#define LAM_SAVE_H

#include "named.h"
#include "net.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lam_save_options {
	size_t size;
	lam_net *net;
	/** replaced as a whole, once the new file is written and synced; on failure it stays as it
	 * was. Of a symbolic link the link is replaced, and the file that it names is left as it is
	 */
	const char *path;
	LAM_NAMED;
	bool compress; /**< deflate instead of store */
} lam_save_options;

/** Writes architecture, parameters and running statistics; the optimizer's moments are lam_fit's
 * business (.checkpoint). LAM_ERR_ARGUMENT without net or path, LAM_ERR_IO, LAM_ERR_MEMORY. Not
 * while another thread steps or edits the net. */
LAM_MUST_CHECK lam_status lam_net_save_with(const lam_save_options *options);

typedef struct lam_load_options {
	size_t size;
	const char *path;
	LAM_NAMED;
	bool inference, input_grad, direct; /**< as in lam_net_create() */
	int max_batch, threads;
	uint64_t seed;
	/** layers of one's own that the file may name, ending with NULL */
	const lam_layer_class *const *classes;
	/** bytes that the net may take, as in lam_net_create(); default: 256 MiB and 256 times the
	 * file's length; SIZE_MAX: any */
	size_t memory_limit;
} lam_load_options;

/** The net that lam_net_save() or lam_fit's checkpoint wrote; freed with lam_net_free(). NULL and a
 * sentence on failure: LAM_ERR_IO, LAM_ERR_FORMAT (damaged, or not what lamina writes),
 * LAM_ERR_SHAPE, LAM_ERR_ARGUMENT (an option here or in the file's architecture that makes no
 * sense), LAM_ERR_UNSUPPORTED (a newer version), LAM_ERR_MEMORY. Parameters that the file does not
 * hold are refused before anything is allocated for them, and so is a net that would take more than
 * `.memory_limit`: its activations are as large as the architecture's shapes ask for, times
 * max_batch. Reading takes as much again as the parameters, 64 bytes per byte of the file, and at
 * most 64 MiB for what the architecture says. Values are taken as they are, NaN and infinity too.
 */
LAM_MUST_CHECK lam_net *lam_net_load_with(const lam_load_options *options);

typedef struct lam_load_params_options {
	size_t size;
	lam_net *net;
	const char *path;
	LAM_NAMED;
	bool partial; /**< take what matches by name and shape; at least one array must */
} lam_load_params_options;

/** Reads parameters and running statistics by name into a net: a file of lamina's, or one that
 * `numpy.savez(path, **{k: v.numpy() for k, v in torch_model.state_dict().items()})` wrote. Without
 * `.partial` every one of the net's must be there with its shape, and nothing else. Any of numpy's
 * numbers will do, in either byte order, C or Fortran order; a finite value too large for lam_real
 * is refused, NaN and infinity are taken as they are. What PyTorch's wrappers put in front of every
 * name ("module." of DataParallel, "_orig_mod." of torch.compile) is passed over. With `.partial`
 * so are names that could not stand in a folder ("w:0", "/params/x"), which refuse the whole file
 * otherwise; no name is ever used as a path. Memory: as much again as the net's parameters, and 64
 * bytes per byte of the file. On failure the net is unchanged:
 * LAM_ERR_IO, LAM_ERR_FORMAT (an entry that is missing or one too many), LAM_ERR_SHAPE,
 * LAM_ERR_MEMORY. */
LAM_MUST_CHECK lam_status lam_net_load_params_with(const lam_load_params_options *options);

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
