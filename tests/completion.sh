#!/bin/sh
# SPDX-License-Identifier: MIT
# What bash completes behind `lamina`, asked as bash asks.

command -v bash >/dev/null 2>&1 || { echo "skip  completion: no bash here"; exit 77; }
PATH=$top_builddir/tools:$PATH
script=$top_srcdir/tools/lamina.bash-completion
LAMINA_NETS=$top_srcdir/tools/nets
export PATH script LAMINA_NETS
case $script in /*) ;; *) script=$PWD/$script LAMINA_NETS=$PWD/$LAMINA_NETS ;; esac
case $top_builddir in /*) ;; *) PATH=$PWD/$PATH ;; esac
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 99
mkdir data mistakes
touch old.svg mine.net mine.npz my.csv x.npy t.npy notes.md 'two words.csv'
result=0

# completes EXPECTED WORD…: the answers behind `lamina WORD…`, sorted, with spaces between.
completes()
{
	expected=$1
	shift
	got=$(bash -c '. "$script"
		COMP_WORDS=(lamina "$@") COMP_CWORD=$#
		_lamina_complete
		printf "%s\n" "${COMPREPLY[@]}"' - "$@" 2>&1 | LC_ALL=C sort | tr '\n' ' ')
	if test "$got" = "$expected${expected:+ }" || test "$got$expected" = ' '; then
		echo "ok    lamina $*"
	else
		echo "expected: $expected"
		echo "got:      $got"
		echo "FAIL  lamina $*"
		result=1
	fi
}

completes '--help --version bench check diff eval export import info predict train' ''
completes 'diff' di
completes 'lenet lenet-modern' train le
completes 'mine.net mine.npz mistakes' info mi
completes 'mine.net mine.npz mistakes' predict mi
completes 'cifar10 data mistakes mnist my.csv t.npy two words.csv x.npy' train lenet --data ''
completes 'mistakes mnist my.csv' train lenet --data m
completes 'two words.csv' eval mine.npz --like tw
completes 'mistakes mnist my.csv' export mine.npz --calibrate m
completes '--int8 --integer' export mine.npz --int
completes 'mistakes mnist my.csv' predict mine.npz m
completes 'mistakes mnist my.csv' predict --top 3 mine.npz m
completes 'mine.net mine.npz mistakes mnistcnn' predict --top 3 m
completes 'mine.net mine.npz mistakes my.csv' train lenet --save m
completes 'x.npy,t.npy' train lenet --data x.npy,t
completes 'data' train lenet --data mnist : d
completes 'data mistakes old.svg' eval mine.npz --picture ''
completes 'adam adamw rmsprop sgd' train lenet --optimizer ''
completes 'adam adamw' train lenet --optimizer = ad
completes 'constant cosine one-cycle plateau step' train lenet --schedule ''
completes 'error mean skip' train lenet --missing ''
completes 'guess no yes' eval mine.npz --header ''
completes 'average best raw result' predict mine.npz --weights ''
completes '' train lenet --epochs ''
completes '--header --help --history --hold-out' train lenet --h
completes '--no-shuffle' train lenet --no
completes '--batch --help --profile --seconds --threads' bench lenet --
completes '--help' diff --
completes 'lenet lenet-modern' diff mine.npz le
exit $result
