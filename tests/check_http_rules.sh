#!/bin/sh
# check_http_rules.sh: every test that docs/http.md names is one that a test program runs.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"
page=docs/http.md

# The last cell of the rows of the rules, and the names in parentheses below them.
names=$(sed -n '/^## The rules/,$p' "$page" |
    awk -F'|' '/^\|/ { print $4 } !/^\|/ { print }' |
    grep -o '`[a-z][a-z0-9_]*_*[a-z0-9_]*`' | tr -d '`' | sort -u)
missing=0
for name in $names; do
	case $name in
	test_scenarios | test_scenarios_net) continue ;;
	esac
	if ! grep -qE "^$name\(" tests/test_*.c; then
		echo "$page names the test $name, which is none" >&2
		missing=1
	fi
done
rows=$(sed -n '/^## The rules/,/^## Other/p' "$page" | grep '^|' | grep -vc '^|---\|^| rule |')
if [ "$rows" -lt 76 ]; then
	echo "$page has $rows rules, 76 are known" >&2
	missing=1
fi
exit "$missing"
