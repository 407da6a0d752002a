#!/bin/sh
# check_tree.sh: what a reader may rely on in every file of the tree.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"
bad=0
wrong() {
	echo "$*"
	bad=$((bad + 1))
}

# Every source is built, every test is run, every document is shipped.
for file in $(find daemon include man tests bench docs etc systemd -type f \
	! -path 'tests/corpus/*' ! -path 'tests/demo/*' ! -name '*.o' ! -name '.*' | sort); do
	case $file in
	*.c | *.h | *.py | *.in | *.sh | *.md | etc/* | systemd/newsd.sysusers) ;;
	*) continue ;;
	esac
	stem=${file%.[ch]}
	grep -qE "(^|[[:space:]])($file|$stem|${file%/*})( |$)" Makefile.am || wrong "$file: not in Makefile.am"
done

# A file is one subject; past this it is two.
for file in $(find daemon include man tests -name '*.[ch]' ! -name 'entities.h' ! -name 'names.h' | sort); do
	lines=$(wc -l <"$file")
	case $file in tests/*) most=1500 ;; *) most=900 ;; esac
	[ "$lines" -le $most ] || wrong "$file: $lines lines; give its parts a folder of their own"
	case $(sed -n 1p "$file") in
	'/*'*) ;;
	*) wrong "$file: does not begin by saying what it is for" ;;
	esac
done

# Nothing unfinished, nothing of one machine.
# shellcheck disable=SC2046 # the names have no spaces
if grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $(find daemon include man tests bench -name '*.[ch]'); then
	wrong "something is unfinished"
fi

# There is a page for every program, and for every format that users meet.
for page in newsd.8 newsctl.1 newsd.conf.5 newsd-schema.5 newsd-log.5; do
	[ -e "man/$page.in" ] || wrong "man/$page.in is missing"
done

echo "$bad findings"
[ "$bad" -eq 0 ]
