#!/bin/sh
# check_feed_elements.sh: docs/feeds.md says of every element of daemon/feed/feed_elements.c what it
# feeds, and of no other. With --print: write the tables as the page has to have them.
set -eu
cd "${NEWSD_SOURCE:-$(dirname "$0")/..}"
page=docs/feeds.md
made=$(mktemp)
trap 'rm -f "$made" "$made".*' EXIT

# One line for each place in which a row may stand: where, field, rank, names with their prefixes.
awk '
function field_of(kind, field, at) {
	if (kind ~ /^KIND_TAGS?$/) return "tags"
	if (kind == "KIND_ENCLOSURE" || kind == "KIND_MEDIA") return "enclosures"
	if (kind == "KIND_TTL") return "ttl_min"
	if (kind == "KIND_PERIOD" || kind == "KIND_FREQUENCY") return "sy_period_s"
	if (kind == "KIND_BEGIN") return "sy_base"
	if (kind == "KIND_HOUR") return "skip_hours"
	if (kind == "KIND_DAY") return "skip_days"
	if (kind == "KIND_ITEM") return "(an entry)"
	if (kind == "KIND_GROUP") return "(group)"
	if (field == "FIELD_ORIGINAL") return "canonical"
	if (at == "FEED" && field == "FIELD_SUMMARY") return "subtitle"
	if (at == "FEED" && field == "FIELD_SOURCE") return "generator"
	if (at == "FEED" && field == "FIELD_AUTHORS") return "author"
	return tolower(substr(field, 7))
}
BEGIN {
	split("DC dc DCTERMS dcterms CONTENT content ITUNES itunes MEDIA media SY sy XHTML xhtml " \
	    "ADMIN admin FEEDBURNER feedburner NEWS news SITE_IMAGE image GOOGLEPLAY googleplay " \
	    "PRISM prism SITE_VIDEO video OTHER *", pair, " ")
	for (i = 1; i in pair; i += 2) prefix[pair[i]] = pair[i + 1] ":"
	prefix["CORE"] = ""
	split("FEED feed ITEM entry IMAGE image ITEM_IMAGE entry-image SOURCE source HOURS skipHours " \
	    "DAYS skipDays SITEMAP sitemap", place, " ")
	for (i = 1; i in place; i += 2) where[place[i]] = place[i + 1]
}
/^static const struct feed_element elements/ { inside = 1; next }
/^};/ { inside = 0 }
!inside { next }
{ row = row $0 }
/\},/ {
	gsub(/\/\*[^*]*\*\//, "", row)
	gsub(/[{}" \t]/, "", row)
	split(row, c, ",")
	row = ""
	gsub(/CTX_BOTH/, "CTX_FEED|CTX_ITEM", c[3])
	n = split(c[2], ns, "|")
	m = split(c[3], ctx, "|")
	for (i = 1; i <= m; i++)
		for (k = 1; k <= n; k++) {
			sub(/^NS_/, "", ns[k])
			at = ctx[i]
			sub(/^CTX_/, "", at)
			if (!(ns[k] in prefix) || !(at in where)) {
				print "a namespace or place without a name: " ns[k] " " at | "cat >&2"
				exit 1
			}
			print where[at] "\t" field_of(c[4], c[5], at) "\t" 9 - c[6] "\t`" prefix[ns[k]] c[1] "`"
		}
}' daemon/feed/feed_elements.c | LC_ALL=C sort -u >"$made.rows"

# Of a field one line, its elements by rank.
{
	printf '| where | field | elements, those that win first |\n|---|---|---|\n'
	awk -F '\t' '
	$1 "\t" $2 != last {
		if (NR != 1) print " |"
		last = $1 "\t" $2
		printf "| %s | %s | %s", $1, $2, $4
		rank = $3
		next
	}
	{
		printf "%s %s", $3 != rank ? ";" : ",", $4
		rank = $3
	}
	END { print " |" }' "$made.rows"
} >"$made"

if [ "${1:-}" = --print ]; then
	cat "$made"
	exit 0
fi
sed -n '/^| where | field |/,/^$/p' "$page" | sed '/^$/d' >"$made.page"
if ! diff "$made.page" "$made"; then
	echo "$page does not say what daemon/feed/feed_elements.c does: tests/check_feed_elements.sh --print"
	exit 1
fi
[ "$(wc -l <"$made")" -gt 40 ] || { echo "no elements were read from daemon/feed/feed_elements.c"; exit 1; }
