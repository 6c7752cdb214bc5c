# SPDX-License-Identifier: MIT
# Benchmarks: never part of a check, but for one glance that they run at all (tests/bench.sh).
#
#   make bench [BENCH_FLAGS=--quick] [BENCH_JSON=figures.jsonl]
#                       this machine's limits, and what lamina makes of them
#   make bench-compare BASE=old.jsonl NEW=new.jsonl
#                       two such files, figure by figure
#   make bench-predict BENCH_JSON=figures.jsonl
#                       steps on paper beside the measured ones, and on more cores
#   make bench-segment  a U-Net learns to find items in pictures; writes segment.png
#   make benchmarks     builds the programs, those for work on kernels too

# Built with the tests, which run them for a moment.
bench_programs = \
	tests/bench/bench \
	tests/bench/train_once

benchmark_programs = \
	tests/bench/bench_kernels \
	tests/bench/bench_move \
	tests/bench/bench_nets \
	tests/bench/bench_ulp \
	tests/bench/segment

EXTRA_PROGRAMS = $(benchmark_programs)

bench_peak = tests/bench/peak.c tests/bench/peak.h
bench_nets_and_graphs = tests/bench/graphs.c tests/bench/nets.c tests/bench/nets.h

# The peak is that of fused operations.
tests_bench_bench_CFLAGS = $(common_cflags) -ffp-contract=fast
tests_bench_bench_SOURCES = \
	tests/bench/bench.c \
	tests/bench/bench.h \
	tests/bench/bench_cost.c \
	tests/bench/bench_counts.c \
	tests/bench/bench_layers.c \
	tests/bench/bench_others.c \
	tests/bench/bench_speed.c \
	tests/bench/chain.h \
	tests/bench/copy.c \
	tests/bench/figure.c \
	tests/bench/figure.h \
	tests/bench/job.c \
	tests/bench/job.h \
	tests/bench/layers.c \
	tests/bench/layers.h \
	tests/bench/machine.c \
	tests/bench/machine.h \
	tests/bench/measure.c \
	tests/bench/measure.h \
	$(bench_nets_and_graphs) $(bench_peak)
tests_bench_bench_kernels_CFLAGS = $(common_cflags) -ffp-contract=fast
tests_bench_bench_kernels_SOURCES = tests/bench/bench_kernels.c $(bench_peak)
tests_bench_bench_move_SOURCES = tests/bench/bench_move.c tests/bench/move_rows.c \
	tests/bench/move_rows.h
tests_bench_bench_nets_CFLAGS = $(common_cflags) -ffp-contract=fast
tests_bench_bench_nets_SOURCES = tests/bench/bench_nets.c $(bench_nets_and_graphs) $(bench_peak)

tests_bench_segment_SOURCES = tests/bench/segment.c tests/bench/composites.c \
	tests/bench/composites.h tests/bench/png.h

# A program as a user would have it: the shared library, and no wrapper of libtool's around it that
# would take time to start.
tests_bench_train_once_SOURCES = tests/bench/train_once.c $(bench_nets_and_graphs)
tests_bench_train_once_LDADD = liblamina.la
tests_bench_train_once_LDFLAGS = $(AM_LDFLAGS) -no-install

EXTRA_DIST += \
	tests/bench/compare.py \
	tests/bench/predict.py \
	tests/bench/peer_torch.py

CLEANFILES += tests/bench/others.list

benchmarks: $(bench_programs) $(benchmark_programs)

# The list of other nets is python's; without it they are left out.
bench: tests/bench/bench tests/bench/train_once
	$(bench_python) $(srcdir)/tests/bench/others.py --list >tests/bench/others.list || \
		: >tests/bench/others.list
	tests/bench/bench --others tests/bench/others.list --json '$(BENCH_JSON)' $(BENCH_FLAGS)

bench-compare:
	@test -n '$(BASE)' && test -n '$(NEW)' || { echo 'make bench-compare BASE=old.jsonl' \
		'NEW=new.jsonl: two files that make bench BENCH_JSON=… wrote' >&2; exit 2; }
	$(bench_python) $(srcdir)/tests/bench/compare.py '$(BASE)' '$(NEW)'

bench-predict:
	@test -n '$(BENCH_JSON)' || { echo 'make bench-predict BENCH_JSON=figures.jsonl:' \
		'a file that make bench BENCH_JSON=… wrote' >&2; exit 2; }
	$(bench_python) $(srcdir)/tests/bench/predict.py '$(BENCH_JSON)' $(BENCH_FLAGS)

# Over 90% mean intersection over union, or it fails; SAMPLES=N trains on N composites.
bench-segment: tests/bench/segment
	tests/bench/segment segment.png $(SAMPLES)

bench_python = python3

.PHONY: bench bench-compare bench-predict bench-segment benchmarks
