#!/bin/sh
# SPDX-License-Identifier: MIT
# lamina(1) against the command: every option that `lamina COMMAND --help` lists is in the page's
# section of the command, and the other way round. The pages themselves, if scdoc and man are here.

lamina=$top_builddir/tools/lamina
page=$top_srcdir/docs/man/lamina.1.scd
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
result=0

# verdict NAME STATUS: "ok" for 0.
verdict()
{
	if test "$2" = 0; then
		echo "ok    $1"
	else
		echo "FAIL  $1"
		result=1
	fi
}

# section HEADING: the options of a section, sorted; "lamina TOOL": the section that begins so.
section()
{
	awk -v heading="$1" '
		/^# / { section = substr($0, 3); inside = section == heading }
		/^\*lamina [a-z]+\* / && section != "SYNOPSIS" {
			tool = $2
			sub(/\*.*/, "", tool)
			inside = "lamina " tool == heading
		}
		inside && /^\*--/ { gsub(/\*/, "", $1); print $1 }' "$page" | sort
}

{ section IMAGES; section TABLES; } >"$folder/tables"
for tool in train eval predict info check diff bench export import; do
	"$lamina" $tool --help | sed -n '/^Usage/,$s/^  *\(--.*\)/\1/p' |
		sed 's/   .*//' | grep -oE -e '--[a-z][a-z0-9-]*' | sort >"$folder/help"
	section "lamina $tool" >"$folder/page"
	case $tool in
	train | eval | predict | export) cat "$folder/tables" >>"$folder/page" ;;
	esac
	sort -o "$folder/page" "$folder/page"
	test -s "$folder/help" && diff "$folder/help" "$folder/page"
	verdict "the options of lamina $tool (<: in --help alone, >: in the page alone)" $?
done

for page in lamina.1 lamina-net.5 lamina.7; do
	for tool in scdoc man; do
		command -v $tool >/dev/null 2>&1 && continue
		echo "skip  $page: no $tool here"
		continue 2
	done
	scdoc <"$top_srcdir/docs/man/$page.scd" >"$folder/$page" &&
		LC_ALL=C.UTF-8 MANWIDTH=60 man --warnings -l "$folder/$page" \
			>"$folder/text" 2>"$folder/said"
	test $? = 0 && ! test -s "$folder/said"
	verdict "$page is shown without warnings" $?
	cat "$folder/said"
	test "$(LC_ALL=C.UTF-8 wc -L <"$folder/text")" -le 60
	verdict "$page fits 60 columns" $?
done
exit $result
