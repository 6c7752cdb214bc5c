# SPDX-License-Identifier: MIT
# The battery and the tests of layers. One name per line, sorted.

float_tests += \
	tests/layers/activation_test \
	tests/layers/affine_test \
	tests/layers/architectures_test \
	tests/layers/batch_norm_test \
	tests/layers/by_sample_test \
	tests/layers/catalogue_test \
	tests/layers/channel_weight_test \
	tests/layers/classifier_test \
	tests/layers/compose_test \
	tests/layers/container_test \
	tests/layers/conv_test \
	tests/layers/dropout_test \
	tests/layers/few_test \
	tests/layers/few_training_test \
	tests/layers/few_winograd_test \
	tests/layers/graph_ends_test \
	tests/layers/graph_errors_test \
	tests/layers/graph_place_test \
	tests/layers/graph_test \
	tests/layers/loss_test \
	tests/layers/multiply_test \
	tests/layers/nest_test \
	tests/layers/norm_test \
	tests/layers/numbers_test \
	tests/layers/outlier_test \
	tests/layers/pool_test \
	tests/layers/random_graph_test \
	tests/layers/rearrange_test \
	tests/layers/transposed_conv_test \
	tests/layers/upsample_test \
	tests/net/alloc_test

double_tests += \
	tests/layers/activation_test_double \
	tests/layers/affine_test_double \
	tests/layers/architectures_test_double \
	tests/layers/batch_norm_test_double \
	tests/layers/by_sample_test_double \
	tests/layers/channel_weight_test_double \
	tests/layers/classifier_test_double \
	tests/layers/compose_test_double \
	tests/layers/container_test_double \
	tests/layers/conv_test_double \
	tests/layers/dropout_test_double \
	tests/layers/few_test_double \
	tests/layers/few_training_test_double \
	tests/layers/few_winograd_test_double \
	tests/layers/graph_place_test_double \
	tests/layers/graph_test_double \
	tests/layers/loss_test_double \
	tests/layers/multiply_test_double \
	tests/layers/nest_test_double \
	tests/layers/norm_test_double \
	tests/layers/numbers_test_double \
	tests/layers/pool_test_double \
	tests/layers/random_graph_test_double \
	tests/layers/rearrange_test_double \
	tests/layers/transposed_conv_test_double \
	tests/layers/upsample_test_double \
	tests/layers/whole_gradient_test_double \
	tests/net/alloc_test_double

test_headers += \
	tests/battery/choose_window.h \
	tests/battery/prove.h \
	tests/layers/architecture_values.h \
	tests/layers/architectures.h \
	tests/layers/graph_wrong.h \
	tests/layers/random_graph.h

test_data += \
	tests/reference/architectures.txt \
	tests/reference/make_architectures.py \
	tests/reference/make_reference.py \
	tests/reference/reference_case.py \
	tests/reference/reference.txt

battery_sources = \
	tests/battery/battery.h \
	tests/battery/bits.c \
	tests/battery/gradient.c \
	tests/battery/reference.c \
	tests/battery/run.c \
	tests/battery/small.c \
	tests/battery/subjects.c \
	tests/battery/subjects.h \
	tests/battery/subjects/activation.c \
	tests/battery/subjects/affine.c \
	tests/battery/subjects/batch_norm.c \
	tests/battery/subjects/channel_weight.c \
	tests/battery/subjects/container.c \
	tests/battery/subjects/conv.c \
	tests/battery/subjects/dropout.c \
	tests/battery/subjects/loss.c \
	tests/battery/subjects/multiply.c \
	tests/battery/subjects/norm.c \
	tests/battery/subjects/pool.c \
	tests/battery/subjects/rearrange.c \
	tests/battery/subjects/transposed_conv.c \
	tests/battery/subjects/upsample.c \
	tests/battery/trial.c \
	tests/battery/wrong.c \
	tests/reference/textbook.h \
	tests/reference/textbook_conv.c \
	tests/reference/textbook_loss.c \
	tests/reference/textbook_map.c \
	tests/reference/textbook_norm.c \
	tests/reference/textbook_pool.c \
	tests/reference/textbook_rearrange.c \
	tests/reference/textbook_upsample.c

check_LTLIBRARIES = libbattery.la libbattery-double.la
libbattery_la_SOURCES = $(battery_sources)
libbattery_double_la_SOURCES = $(battery_sources)
libbattery_double_la_CPPFLAGS = $(double_cppflags)

battery_double = libbattery-double.la $(double_library)

# PyTorch's values, into the source tree; needs Debian's python3-torch.
EXTRA_PROGRAMS += tests/reference/list_cases
python_with_torch = /usr/bin/python3
make_reference = $(srcdir)/tests/reference/make_reference.py
reference: tests/reference/list_cases
	tests/reference/list_cases | $(python_with_torch) $(make_reference) > reference.tmp
	mv reference.tmp $(srcdir)/tests/reference/reference.txt
.PHONY: reference
