# SPDX-License-Identifier: MIT
# Tests: `make check` runs them with the best ISA of the machine, `make check-isa` again with each
# of the others.
#
# To add a test program: write tests/ROOM/X_test.c (with tests/kit.h) and name it in float_tests.
# To run it in double as well, name tests/ROOM/X_test_double in double_tests. Both link the whole
# library statically, private functions too, and what they call of the battery. One name per line,
# sorted.

float_tests = \
	tests/files/accept_test \
	tests/files/append_test \
	tests/files/array_options_test \
	tests/files/bad_files_test \
	tests/files/bad_nets_test \
	tests/files/checkpoint_files_test \
	tests/files/file_test \
	tests/files/float_mode_files_test \
	tests/files/foreign_weights_test \
	tests/files/graph_files_test \
	tests/files/lock_test \
	tests/files/manual_test \
	tests/files/many_test \
	tests/files/model_text_test \
	tests/files/npy_test \
	tests/files/npz_test \
	tests/files/option_names_test \
	tests/files/reuse_test \
	tests/files/save_test \
	tests/files/shrink_test \
	tests/files/zip_test \
	tests/kernels/affine_test \
	tests/kernels/conv_test \
	tests/kernels/isa_test \
	tests/kernels/map_test \
	tests/kernels/multiply_test \
	tests/kernels/norm_test \
	tests/kernels/pool_test \
	tests/kernels/reduce_test \
	tests/kernels/sums_test \
	tests/kernels/transpose_test \
	tests/kernels/update_test \
	tests/kernels/upsample_test \
	tests/kernels/vec_test \
	tests/net/absorb_test \
	tests/net/calls_test \
	tests/net/declared_test \
	tests/net/divisor_test \
	tests/net/dlopen_test \
	tests/net/elements_test \
	tests/net/ends_test \
	tests/net/eval_backward_test \
	tests/net/few_threads_test \
	tests/net/float_mode_test \
	tests/net/front_test \
	tests/net/frozen_backward_test \
	tests/net/frozen_test \
	tests/net/gan_test \
	tests/net/gate_test \
	tests/net/gradcheck_inputs_test \
	tests/net/gradcheck_nets_test \
	tests/net/gradcheck_test \
	tests/net/guards_test \
	tests/net/late_test \
	tests/net/maps_test \
	tests/net/memory_test \
	tests/net/net_test \
	tests/net/number_test \
	tests/net/operations_test \
	tests/net/optimizer_test \
	tests/net/options_test \
	tests/net/packed_test \
	tests/net/profile_test \
	tests/net/random_test \
	tests/net/refused_threads_test \
	tests/net/replica_test \
	tests/net/rule_test \
	tests/net/rule_wrong_test \
	tests/net/share_test \
	tests/net/shape_test \
	tests/net/sizes_test \
	tests/net/sort_test \
	tests/net/stack_test \
	tests/net/start_test \
	tests/net/status_test \
	tests/net/team_test \
	tests/net/thread_limit_test \
	tests/net/threads_test \
	tests/net/train_replica_test \
	tests/net/watch_paths_test \
	tests/net/recompute_test \
	tests/net/watch_test \
	tests/net/weights_test \
	tests/net/worth_test \
	tests/pictures/charts_test \
	tests/pictures/images_test \
	tests/pictures/report_test \
	tests/train/augment_fit_test \
	tests/train/augment_test \
	tests/train/average_test \
	tests/train/before_update_test \
	tests/train/balanced_test \
	tests/train/callback_test \
	tests/train/cifar10_test \
	tests/train/clock_test \
	tests/train/comm_test \
	tests/train/csv_test \
	tests/train/dataset_fields_test \
	tests/train/dataset_test \
	tests/train/npy_targets_test \
	tests/train/drop_last_test \
	tests/train/fields_test \
	tests/train/fit_state_test \
	tests/train/few_run_test \
	tests/train/fit_test \
	tests/train/fit_wrong_test \
	tests/train/history_test \
	tests/train/in_run_test \
	tests/train/kept_test \
	tests/train/loader_test \
	tests/train/lookahead_test \
	tests/train/many_shards_test \
	tests/train/mixup_test \
	tests/train/mnist_test \
	tests/train/not_finite_test \
	tests/train/parts_test \
	tests/train/places_test \
	tests/train/progress_losses_test \
	tests/train/progress_run_test \
	tests/train/progress_test \
	tests/train/replay_file_test \
	tests/train/replay_test \
	tests/train/resume_test \
	tests/train/sample_weights_test \
	tests/train/schedule_run_test \
	tests/train/schedule_test \
	tests/train/score_test \
	tests/train/messages_test \
	tests/train/overlap_test \
	tests/train/shard_hash_test \
	tests/train/shards_test \
	tests/train/shards_told_test \
	tests/train/shards_wrong_test \
	tests/train/second_run_test \
	tests/train/stream_test \
	tests/train/targets_test \
	tests/train/weights_wrong_test \
	tests/train/whiten_test

double_tests = \
	tests/files/npz_test_double \
	tests/files/save_test_double \
	tests/kernels/affine_test_double \
	tests/kernels/conv_test_double \
	tests/kernels/map_test_double \
	tests/kernels/multiply_test_double \
	tests/kernels/norm_test_double \
	tests/kernels/pool_test_double \
	tests/kernels/reduce_test_double \
	tests/kernels/transpose_test_double \
	tests/kernels/update_test_double \
	tests/kernels/upsample_test_double \
	tests/kernels/vec_test_double \
	tests/net/absorb_test_double \
	tests/net/calls_test_double \
	tests/net/declared_test_double \
	tests/net/divisor_test_double \
	tests/net/eval_backward_test_double \
	tests/net/front_test_double \
	tests/net/gan_test_double \
	tests/net/gate_test_double \
	tests/net/gradcheck_inputs_test_double \
	tests/net/gradcheck_nets_test_double \
	tests/net/gradcheck_test_double \
	tests/net/maps_test_double \
	tests/net/memory_test_double \
	tests/net/net_test_double \
	tests/net/number_test_double \
	tests/net/optimizer_test_double \
	tests/net/options_test_double \
	tests/net/random_test_double \
	tests/net/rule_test_double \
	tests/net/train_replica_test_double \
	tests/net/recompute_test_double \
	tests/net/watch_test_double \
	tests/net/weights_test_double \
	tests/pictures/images_test_double \
	tests/pictures/report_test_double \
	tests/train/average_test_double \
	tests/train/csv_test_double \
	tests/train/dataset_fields_test_double \
	tests/train/dataset_test_double \
	tests/train/fields_test_double \
	tests/train/mixup_test_double \
	tests/train/npy_targets_test_double \
	tests/train/parts_test_double \
	tests/train/places_test_double \
	tests/train/score_test_double \
	tests/train/shards_wrong_test_double \
	tests/train/targets_test_double \
	tests/train/whiten_test_double

# Shell scripts: run once, whatever the ISA. They print "ok    name", "FAIL  name", "skip  name:
# reason" like the kit and exit 0, 1 or 77. In their environment: top_srcdir, top_builddir
# (absolute), public_headers, CC, CXX, NM, and PYTHON (one with numpy; empty when there is none):
# python goes behind a shell script that says "skip" then.
script_tests = \
	tests/abi.sh \
	tests/bench.sh \
	tests/completion.sh \
	tests/embedded.sh \
	tests/examples.sh \
	tests/floors.sh \
	tests/footprint.sh \
	tests/headers_alone.sh \
	tests/house_rules.sh \
	tests/manual.sh \
	tests/manual_blocks.sh \
	tests/manual_equations.sh \
	tests/manual_numbers.sh \
	tests/manual_site.sh \
	tests/mpi.sh \
	tests/npz_numpy.sh \
	tests/options.sh \
	tests/python.sh \
	tests/quick_libtool.sh \
	tests/readme.sh \
	tests/report.sh \
	tests/style.sh \
	tests/survival.sh \
	tests/tool.sh \
	tests/tool_full.sh \
	tests/tool_hostile.sh \
	tests/tool_kills.sh \
	tests/tool_width.sh \
	tests/total.sh \
	tests/web.sh

include tests/installed/installed.mk

# Headers and sources that several tests share.
test_headers = \
	tests/files/bad_files.h \
	tests/files/bad_texts.h \
	tests/files/faults.h \
	tests/files/files.h \
	tests/files/saved_plan.h \
	tests/files/witness.h \
	tests/kernels/arrays.h \
	tests/kernels/lane_arrays.h \
	tests/kernels/ulp.h \
	tests/failing_memory.h \
	tests/kit.h \
	tests/net/float_modes.h \
	tests/net/own_rules.h \
	tests/net/recompute_models.h \
	tests/net/scenarios.h \
	tests/net/summary_text.h \
	tests/net/two_losses.h \
	tests/net/weights.h \
	tests/pictures/read_png.h \
	tests/pictures/well_formed.h \
	tests/train/acts.h \
	tests/train/augment_run.h \
	tests/train/checkpoint_run.h tests/train/comm_jobs.h \
	tests/train/counted.h \
	tests/train/ends_problem.h \
	tests/train/average_problem.h \
	tests/train/fit_problem.h \
	tests/train/ranks.h tests/train/resume_problem.h tests/train/shards_jobs.h \
	tests/train/slow_comm.h \
	tests/train/shards_run.h tests/train/shards_wrong.h \
	tests/train/terminal.h \
	tests/train/weighted_problem.h \
	tests/train/write_npy.h

include tests/bench/bench.mk

# A program that links neither the library nor OpenMP; it opens the shared library itself.
tests_net_dlopen_test_CFLAGS = -std=gnu11 -O2 -Wall -Wextra $(WERROR_CFLAGS) $(SANITIZE_CFLAGS)
tests_net_dlopen_test_LDFLAGS = $(SANITIZE_CFLAGS)
tests_net_dlopen_test_LDADD = $(DL_LIBS)
EXTRA_tests_net_dlopen_test_DEPENDENCIES = liblamina.la liblamina-double.la

# Has a pthread_create() of its own.
tests_net_refused_threads_test_LDADD = $(LDADD) $(DL_LIBS)

# Prints the ISA that is in use.
isa_name = tests/kernels/isa_name

# Programs that are built with the tests but are none themselves.
test_programs = \
	tests/files/fault_test \
	tests/files/npz_copy \
	tests/kernels/isa_name \
	tests/net/allocator_test \
	tests/train/checkpoint_test \
	tests/train/damage_test \
	tests/train/kill_test

# Files that tests read.
test_data = \
	tests/abi \
	tests/allowed_skips \
	tests/data/bad \
	tests/data/checkpoints \
	tests/data/npz \
	tests/data/onnx \
	tests/data/torch \
	tests/files/make_checkpoint.c \
	tests/files/npz_numpy.py \
	tests/manual \
	tests/python/lamina_test.py \
	tests/python/layout.py \
	tests/reference/balanced.txt \
	tests/reference/fit_pieces.py \
	tests/reference/fit_vector_math.py \
	tests/reference/gan.txt \
	tests/reference/make_bad_onnx.py \
	tests/reference/make_balanced.py \
	tests/reference/make_gan.py \
	tests/reference/make_onnx.py \
	tests/reference/make_optimizers.py \
	tests/reference/make_state_dict.py \
	tests/reference/optimizers.txt \
	tests/reference/schedules.txt

# Writes the dumps of the binary interface into the tree (docs/release.md).
abi: $(lib_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/abi.sh write
.PHONY: abi

# A libc that fails when it is told to (tests/files/faults.h).
comma = ,
fault_calls = access close faccessat fchmod fchown flock fstat fsync ftruncate link lstat \
	nanosleep open posix_fadvise pread pthread_create pwrite rename stat unlink write
fault_ldflags = $(AM_LDFLAGS) $(fault_calls:%=-Wl$(comma)--wrap=%)
tests_net_allocator_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fsync -Wl,--wrap=posix_fadvise
tests_train_checkpoint_test_LDFLAGS = $(fault_ldflags)
tests_train_clock_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
tests_train_damage_test_LDFLAGS = $(fault_ldflags)
tests_files_append_test_LDFLAGS = $(fault_ldflags)
tests_files_fault_test_LDFLAGS = $(fault_ldflags)
tests_files_shrink_test_LDFLAGS = $(fault_ldflags)

# The kills of `make check` are few; these are enough to believe.
check-kills: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/train/kill_test
	OMP_WAIT_POLICY=passive tests/train/kill_test 300
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/tool_kills.sh 200
.PHONY: check-kills

# What int8 costs on real images: minutes of training.
check-int8: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(srcdir)/tests/int8_fashion.sh
.PHONY: check-int8

include tests/battery/battery.mk
include tests/exchange/exchange.mk

# X_test_double is made of X_test.c by a pattern, which GNU make alone knows.
tests/%_test_double.o: $(srcdir)/tests/%_test.c
	@$(MKDIR_P) $(@D)
	$(AM_V_CC)$(CC) $(DEFS) $(DEFAULT_INCLUDES) $(double_cppflags) $(CPPFLAGS) \
		$(AM_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
tests/%_test_double$(EXEEXT): tests/%_test_double.o $(battery_double)
	$(AM_V_CCLD)$(LINK) $< $(battery_double) $(LIBS)
.SECONDARY: $(double_tests:%=%.o)
-include $(double_tests:%=%.d)

# With the double programs made before their turn, as the others are.
check_SCRIPTS = $(double_tests)
CLEANFILES += $(double_tests) $(double_tests:%=%.o) $(double_tests:%=%.d)

check_PROGRAMS = $(float_tests) $(test_programs) $(bench_programs)
TESTS = tests/installed.sh $(float_tests) $(double_tests) $(script_tests)

# `make install`, which the first one calls, links libraries again where they lie: a script that ran
# a tool or linked a program meanwhile found half of one. So the scripts wait for it.
$(script_tests:.sh=.log): $(filter tests/installed.log,$(TEST_LOGS))

EXTRA_DIST += $(test_headers) $(test_data) $(script_tests) tests/installed.sh \
	$(installed_programs) \
	$(double_tests:_double=.c) tests/int8_fashion.sh tests/tool_kit.sh \
	tests/mpi_bits.sh tests/mpi_end.sh tests/mpi_full.sh tests/mpi_kit.sh tests/web.js
