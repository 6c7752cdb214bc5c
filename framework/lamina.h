/* SPDX-License-Identifier: MIT */
/** \file
 * lamina: compose, train, check and ship convolutional networks on CPUs. This header includes all
 * of the public ones.
 *
 *   A lam_layer is a layer, or a composition of layers.       framework/layer.h, layers/layers.h
 *   A lam_net binds one to an input shape and runs it.        framework/net.h, framework/param.h
 *   lam_fit() trains a net on a lam_dataset.
 *       framework/trainer.h, framework/dataset.h, datasets/datasets.h
 *   lam_net_save() and lam_net_load() keep it.                framework/save.h
 *   lam_net_profile() says where its time goes.               framework/profile.h
 *   lam_gradcheck() proves a layer of one's own.              framework/gradcheck.h
 *   lam_error() says what went wrong, in a sentence.          framework/status.h */
#ifndef LAMINA_H
#define LAMINA_H

#include "framework/dataset.h"
#include "framework/evaluate.h"
#include "framework/gradcheck.h"
#include "framework/layer.h"
#include "framework/loader.h"
#include "framework/memory.h"
#include "framework/named.h"
#include "framework/net.h"
#include "framework/optimizer.h"
#include "framework/option.h"
#include "framework/param.h"
#include "framework/pass.h"
#include "framework/plan.h"
#include "framework/profile.h"
#include "framework/progress.h"
#include "framework/random.h"
#include "framework/replay.h"
#include "framework/save.h"
#include "framework/schedule.h"
#include "framework/shape.h"
#include "framework/status.h"
#include "framework/target.h"
#include "framework/trainer.h"
#include "framework/vec.h"
#include "framework/version.h"

#include "layers/layers.h"

#include "datasets/datasets.h"

#endif
