#!/bin/sh
# ablation.sh LINES PAGES SET ...: what each rule of the extractor is worth. LINES is bench/newsd_lines of a build with
# --enable-debug, PAGES the folder of sets (see bench/train.py). Prints the figures with all rules, then with each one off.
set -eu
lines=$1 pages=$2
shift 2
here=$(dirname "$0")
for rule in '' junk side caption meta media table link_list link links read_more furniture scrap other_article repeat title \
	before after lone_heading model credit; do
	echo "without ${rule:-nothing}"
	"${PYTHON:-python3}" "$here/train.py" --judge ${rule:+--off "$rule"} --lines "$lines" --pages "$pages" "$@"
done
