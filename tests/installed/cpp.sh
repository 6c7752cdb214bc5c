# SPDX-License-Identifier: MIT
# A part of tests/installed.sh: lamina.hpp. Programs in C++17 and C++20 train a net; every macro
# with named options has its twin in C++, which reaches every option.

for compiler in g++ clang++; do
	for library in lamina lamina-double; do
		try $compiler c++ c++17 $library "$top_srcdir/examples/cpp.cc"
		try $compiler c++ c++20 $library "$top_srcdir/examples/cpp.cc"
		try $compiler c++ c++20 $library "$programs/cpp_20.cpp"
	done
done

# The C headers say which macros there are, of which options struct, and which members it has: those
# behind LAM_NAMED, or all of a layer's. gcc leaves their comments out.
(cd "$top_srcdir" && cat $public_headers) | sed '/^#include/d' |
	gcc -x c -fpreprocessed -dD -E -P - | awk '
	/^typedef struct lam_[a-z0-9_]*_options \{/ { struct = $3; named = 0; next }
	/^}/ { struct = "" }
	struct != "" && /LAM_NAMED|LAM_LAYER_OPTIONS/ {
		named = 1
		if (/LAM_LAYER/) members[struct] = " name"
		next
	}
	named && struct != "" && !/;[ \t]*$/ { begun = begun $0; next }
	named && struct != "" && NF {
		line = begun $0
		begun = ""
		if (match(line, /\(\*[a-z_]*\)/))
			line = substr(line, RSTART + 2, RLENGTH - 3)
		gsub(/\[[^]]*\]|;/, "", line)
		count = split(line, part, ",")
		for (i = 1; i <= count; i++) {
			words = split(part[i], word, /[ \t*]+/)
			if (word[words] != "" && word[words] !~ /_given$/)
				members[struct] = members[struct] " " word[words]
		}
	}
	/^#define / { macro = "" }
	/^#define lam_[a-z0-9_]*\((path, ?)?\.\.\.\)/ {
		macro = $2
		sub(/\(.*/, "", macro)
		sub(/^lam_/, "", macro)
	}
	macro != "" && match($0, /lam_[a-z0-9_]*_options/) {
		print macro members[substr($0, RSTART, RLENGTH)]
		macro = ""
	}' | sort -u >"$work/twins"
{
	printf '#include <%s>\n' lamina-image.h lamina_onnx.h lamina.hpp
	while read -r twin members; do
		case $twin in
		residual) members='name shortcut' ;;
		sequential | concat | add | multiply) members= ;;
		esac
		for member in $members; do
			echo "static_assert(sizeof(lam::${twin}_options::$member) > 0, \"\");"
			echo "static_assert(sizeof(lam::option::$member) > 0, \"\");"
		done
	done <"$work/twins"
	echo 'int main() {}'
} >"$work/twins.cc"
try g++ c++ c++17 lamina "$work/twins.cc"
# Values that would be cut short or taken for true.
wide=
for call in 'affine(out = 8)' 'affine(out = 1LL << 32)' 'affine(no_bias = "x")'; do
	printf '%s\n' '#include <lamina.hpp>' 'using namespace lam::option;' \
		"int main() { return !lam::$call; }" >"$work/wide.cc"
	g++ -std=c++17 $(flags --cflags lamina) -fsyntax-only "$work/wide.cc" >"$work/output" 2>&1
	wide="$wide $?"
done
name="lamina.hpp refuses values that do not fit their option"
if test "$wide" = " 0 1 1"; then
	echo "ok    $name"
else
	cat "$work/output"
	echo "FAIL  $name:$wide"
	result=1
fi

name="lamina.hpp has a twin of every macro"
if test "$(wc -l <"$work/twins")" -ge 45; then
	echo "ok    $name"
else
	cat "$work/twins"
	echo "FAIL  $name"
	result=1
fi
