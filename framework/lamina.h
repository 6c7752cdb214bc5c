/* SPDX-License-Identifier: MIT */
/** \file
 * lamina: compose, train, check and ship convolutional networks on CPUs. This header includes all
 * others; lamina.hpp is the same for C++. To begin with, a dozen functions do:
 *
 *   compose    lam_sequential(), lam_conv2d(), lam_relu(), lam_affine(), …       layers/layers.h
 *   create     lam_net_create(model, shape)                                      framework/net.h
 *   data       lam_mnist_open(), lam_dataset_arrays()                        datasets/datasets.h
 *   fit        lam_fit(net, data, &report, .epochs, .optimizer)              framework/trainer.h
 *   evaluate   lam_evaluate(net, data, &score)                              framework/evaluate.h
 *   save       lam_net_save(net, path)                                          framework/save.h
 *   load       lam_net_load(path, .inference)                                   framework/save.h
 *   predict    lam_net_predict(net, x, n, y)                                     framework/net.h
 *   export     lam_export_c(net, "digits.c")                             exchange/c/export_c.h
 *   look       lam_picture_images(), lam_report_html()         exchange/pictures/pictures.h
 *   error      lam_error(): what went wrong, in a sentence                    framework/status.h
 *   free       lam_net_free() (with its layers), lam_dataset_free()
 *
 * A call takes at most 64 KiB of stack in an optimised build, the thread's own data included, with
 * models nested as deep as they may be (64). Steps and predictions take 32 KiB, on OpenMP's threads
 * too (OMP_STACKSIZE). Your own layers, data sets and callbacks come on top.
 *
 * Each header says in its first line whom it is for, if it is for those who write layers. */
#ifndef LAMINA_H
#define LAMINA_H

#include "framework/augment.h"
#include "framework/comm.h"
#include "framework/dataset.h"
#include "framework/evaluate.h"
#include "framework/gradcheck.h"
#include "framework/io.h"
#include "framework/layer.h"
#include "framework/loader.h"
#include "framework/memory.h"
#include "framework/named.h"
#include "framework/net.h"
#include "framework/operations.h"
#include "framework/optimizer.h"
#include "framework/option.h"
#include "framework/param.h"
#include "framework/pass.h"
#include "framework/plan.h"
#include "framework/profile.h"
#include "framework/progress.h"
#include "framework/random.h"
#include "framework/replay.h"
#include "framework/rule.h"
#include "framework/save.h"
#include "framework/schedule.h"
#include "framework/shape.h"
#include "framework/status.h"
#include "framework/target.h"
#include "framework/trainer.h"
#include "framework/vec.h"
#include "framework/version.h"
#include "framework/whiten.h"

#include "layers/layers.h"

#include "datasets/csv.h"
#include "datasets/datasets.h"
#include "datasets/parts.h"

#include "exchange/c/export_c.h"
#include "exchange/pictures/pictures.h"
#include "exchange/pictures/report.h"

#endif
