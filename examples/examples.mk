# SPDX-License-Identifier: MIT
# Programs a user would copy from: they see <lamina.h> and the shared library, nothing else. One
# name per line, sorted. Each is one source, examples/X.c, and needs two lines here: its name, and
# examples_X_LDADD = $(example_library).

example_library = liblamina.la

example_programs = \
	examples/autoencoder \
	examples/cifar10 \
	examples/classifier \
	examples/finetune \
	examples/gradcheck \
	examples/images \
	examples/lenet \
	examples/mnist \
	examples/own_layer \
	examples/own_loop \
	examples/own_loss \
	examples/predict \
	examples/replay \
	examples/resnet20 \
	examples/saliency \
	examples/segment \
	examples/signal \
	examples/table \
	examples/xor

examples_autoencoder_SOURCES = examples/autoencoder.c examples/usage.h
examples_autoencoder_LDADD = $(example_library)

examples_cifar10_SOURCES = examples/cifar10.c examples/cifar10.h examples/mistakes.h \
	examples/usage.h
examples_cifar10_LDADD = $(example_library)

examples_classifier_SOURCES = examples/classifier.c examples/usage.h
examples_classifier_LDADD = $(example_library)

examples_finetune_SOURCES = examples/finetune.c examples/usage.h
examples_finetune_LDADD = $(example_library)

examples_gradcheck_SOURCES = examples/gradcheck.c examples/usage.h
examples_gradcheck_LDADD = $(example_library)

examples_images_SOURCES = examples/images.c examples/usage.h
examples_images_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exchange/images
examples_images_LDADD = liblamina-image.la $(example_library)

examples_lenet_SOURCES = examples/lenet.c examples/usage.h
examples_lenet_LDADD = $(example_library)

examples_mnist_SOURCES = examples/mnist.c examples/mistakes.h examples/usage.h
examples_mnist_LDADD = $(example_library)

examples_own_layer_SOURCES = examples/own_layer.c examples/usage.h
examples_own_layer_LDADD = $(example_library)

examples_own_loop_SOURCES = examples/own_loop.c examples/usage.h
examples_own_loop_LDADD = $(example_library)

examples_own_loss_SOURCES = examples/own_loss.c examples/usage.h
examples_own_loss_LDADD = $(example_library)

examples_predict_SOURCES = examples/predict.c examples/usage.h
examples_predict_LDADD = $(example_library)

examples_replay_SOURCES = examples/replay.c examples/usage.h
examples_replay_LDADD = $(example_library)

examples_resnet20_SOURCES = examples/resnet20.c examples/cifar10.h examples/mistakes.h \
	examples/usage.h
examples_resnet20_LDADD = $(example_library)

examples_saliency_SOURCES = examples/saliency.c examples/usage.h
examples_saliency_LDADD = $(example_library)

examples_segment_SOURCES = examples/segment.c examples/usage.h
examples_segment_LDADD = $(example_library)

examples_signal_SOURCES = examples/signal.c examples/usage.h
examples_signal_LDADD = $(example_library)

examples_table_SOURCES = examples/table.c examples/usage.h
examples_table_LDADD = $(example_library)

examples_xor_LDADD = $(example_library)

noinst_PROGRAMS += $(example_programs)

# By several processes, where there is MPI.
if HAVE_MPI
noinst_PROGRAMS += examples/parallel
endif
examples_parallel_SOURCES = examples/parallel.c examples/usage.h
examples_parallel_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/exchange/mpi
examples_parallel_LDADD = liblamina-mpi.la $(example_library)

# All are installed, for who would copy one, with the headers that they include. cpp.cc is in C++:
# tests/installed.sh builds and runs it, where there is a compiler.
nobase_dist_doc_DATA += $(example_programs:=.c) \
	examples/README.md examples/cpp.cc examples/digits.npz examples/parallel.c \
	examples/cifar10.h examples/mistakes.h examples/usage.h examples/wine.csv \
	examples/embedded/board.c \
	examples/embedded/board.h \
	examples/embedded/board.ld \
	examples/embedded/main.c \
	examples/embedded/run \
	examples/web/main.c \
	examples/web/math.h \
	examples/web/page.html \
	examples/web/run
