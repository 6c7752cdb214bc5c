# SPDX-License-Identifier: MIT
# What tests/installed.sh compiles against the installed library, float and double
# (X.cc: in C++), and its own parts (X.sh).
installed_programs = \
	tests/installed/api_1_train.c \
	tests/installed/api_2_predict.c \
	tests/installed/api_3_loop.c \
	tests/installed/api_4_own.c \
	tests/installed/api_5_cplusplus.cc \
	tests/installed/api_6_graph.c \
	tests/installed/api_8_fit.c \
	tests/installed/cmake.sh \
	tests/installed/cmake/CMakeLists.txt \
	tests/installed/cpp.sh \
	tests/installed/cpp_20.cpp \
	tests/installed/files.sh \
	tests/installed/hostile.sh \
	tests/installed/image.c \
	tests/installed/job_cpp17.cpp \
	tests/installed/job_csv.c \
	tests/installed/job_denoise.c \
	tests/installed/job_finetune.c \
	tests/installed/job_gradcheck.c \
	tests/installed/job_images.c \
	tests/installed/job_outputs.c \
	tests/installed/job_run.c \
	tests/installed/job_saliency.c \
	tests/installed/job_signals.c \
	tests/installed/jobs.sh \
	tests/installed/mpi.sh \
	tests/installed/must_check.sh \
	tests/installed/named.sh \
	tests/installed/own_augment.c \
	tests/installed/own_container.c \
	tests/installed/own_focal.c \
	tests/installed/own_gate.c \
	tests/installed/own_layer_norm.c \
	tests/installed/own_rule.c \
	tests/installed/own_schedule.c \
	tests/installed/shape.c \
	tests/installed/static.sh \
	tests/installed/targets.sh
