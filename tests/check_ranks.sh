#!/bin/sh
# check_ranks.sh: a module may include only modules of lower rank, so that it can be read, tested and fuzzed
# without what stands above it. The ranks are the table in docs/architecture.md; a module that is not in it
# fails, and so does one that is in it and nowhere else.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"

# RANK MODULE... a line, from the rows `| 3 | record, xml | words |`
ranks() {
	sed -n 's/^| \([0-9][0-9]*\) | \([a-z, ]*\) |.*/\1 \2/p' docs/architecture.md | tr -d ,
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
	!in_list {
		for (i = 2; i <= NF; i++) {
			if ($i in rank) wrong("docs/architecture.md: two ranks for " $i)
			rank[$i] = $1 + 0
		}
		next
	}
	{ seen++; used[$2] = used[$3] = 1 }
	!($2 in rank) { if (!told[$2]++) wrong($1 ": no rank for module " $2 " in docs/architecture.md"); next }
	$2 == $3 { next }
	!($3 in rank) { wrong($1 ": includes " $3 ", which has no rank"); next }
	# The ground floor is one: a fault is logged, and an allocation that fails.
	rank[$2] == 0 && rank[$3] == 0 { next }
	rank[$3] >= rank[$2] { wrong($1 ": " $2 " (rank " rank[$2] ") includes " $3 " (rank " rank[$3] ")") }
	function wrong(words) { print words; bad++ }
	END {
		if (!seen) wrong("no includes were found")
		for (module in rank) if (!(module in used)) wrong("docs/architecture.md: there is no module " module)
		print seen + 0 " includes, " bad + 0 " against the ranks"
		exit bad > 0
	}'
