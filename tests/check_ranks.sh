#!/bin/sh
# check_ranks.sh: a module may include only modules of lower rank, so that it can be read, tested and fuzzed
# without what stands above it. The table is the architecture; a module that is not in it fails. A half floor is
# for those that need a neighbour.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"

ranks() {
	cat <<-'EOF'
	0 errors mem clock escape log
	1 buf hash heap table notify
	2 url date charset text language inflate address outcome
	2.5 xml
	3 record
	4 feed opml html jsonld robots signature cadence config
	5 extract resolve hostgate sched stories schema
	5.5 fetch store
	6 wire writer
	7 digest
	8 worker
	8.5 pool
	9 feedlist pipeline control
	9.5 service
	10 newsd newsctl
	EOF
}

# One line an include: FILE MODULE INCLUDED-MODULE. The module of daemon/x.c, daemon/x/y.c and include/x.h is x.
includes() {
	find daemon include -name '*.[ch]' | sort | while read -r file; do
		module=${file#*/}
		module=${module%%/*}
		module=${module%.[ch]}
		sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file" | while read -r header; do
			if [ -e "include/$header" ]; then
				echo "$file $module ${header%.h}"
			elif [ -e "$(dirname "$file")/$header" ]; then
				echo "$file $module $module"
			else
				echo "$file $module $header"
			fi
		done
	done
}

{
	ranks
	echo
	includes
} | awk '
	!in_list && NF == 0 { in_list = 1; next }
	!in_list { for (i = 2; i <= NF; i++) rank[$i] = $1 + 0; next }
	{ seen++ }
	!($2 in rank) { if (!told[$2]++) wrong($1 ": no rank for module " $2 " in tests/check_ranks.sh"); next }
	$2 == $3 { next }
	!($3 in rank) { wrong($1 ": includes " $3 ", which has no rank"); next }
	# The ground floor is one: a fault is logged, and an allocation that fails.
	rank[$2] == 0 && rank[$3] == 0 { next }
	rank[$3] >= rank[$2] { wrong($1 ": " $2 " (rank " rank[$2] ") includes " $3 " (rank " rank[$3] ")") }
	function wrong(words) { print words; bad++ }
	END {
		if (!seen) wrong("no includes were found")
		print seen + 0 " includes, " bad + 0 " against the ranks"
		exit bad > 0
	}'
