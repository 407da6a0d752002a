#!/bin/sh
# run.sh: every benchmark, each in a process of its own. usage: bench/run.sh [NAME...]
# BENCH_SCALE=full measures as much as the README's figures; BENCH_FEEDS=N polls N feeds.
set -eu
program=${BENCH_PROGRAM:-bench/newsd_bench}
corpus=$(dirname "$0")/../../shared/corpus
BENCH_CORPUS=${BENCH_CORPUS:-$corpus}
here=$(dirname "$0")
BENCH_FEEDPARSER=${BENCH_FEEDPARSER:-$here/feedparser_pass.py}
BENCH_READABILITY_PY=${BENCH_READABILITY_PY:-$here/readability_pass.py}
BENCH_READABILITY_JS=${BENCH_READABILITY_JS:-$here/readability_pass.cjs}
export BENCH_CORPUS BENCH_FEEDPARSER BENCH_READABILITY_PY BENCH_READABILITY_JS

ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
if [ ! -x "$program" ]; then
	echo "bench: $program is not built: make $program" >&2
	exit 1
fi
echo "scale ${BENCH_SCALE:-quick}, $(nproc 2>/dev/null || echo some) processors; CPU, medians of pairs"
for name in ${*:-documents feeds polls hosts first store articles month week holes attacks busy idle story_methods story_growth story_store}; do
	"$program" "$name"
done
