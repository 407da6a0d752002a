/*
 * schema: the views over the tables (migrations.c), and the road from an older version to this one.
 * The views are what people query, keep their columns, and are made anew by every upgrade.
 * schema_doc.c says in words what each column holds.
 */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "schema.h"
#include "store_priv.h"

#define SQL_MAX 65536

/* ---- views ---- */

/* enum story_kind and enum story_rule in the words of story_kind_name and story_rule_name */
#define KIND_WORDS(column)                                                                         \
	"CASE " column " WHEN 1 THEN 'exact' WHEN 2 THEN 'near' WHEN 3 THEN 'contained'"           \
	" WHEN 4 THEN 'contains' WHEN 5 THEN 'revision' WHEN 6 THEN 'quotes' END"
#define RULE_WORDS(column)                                                                         \
	"CASE " column " WHEN 1 THEN 'copy' WHEN 2 THEN 'short copy' WHEN 3 THEN"                  \
	" 'edited throughout' WHEN 4 THEN 'later version' WHEN 5 THEN 'within the window'"         \
	" WHEN 6 THEN 'passage' END"

/* Columns that come from another table are scalar subqueries: they cost only who asks for them. */
static const char views[] =
    "CREATE VIEW feeds AS SELECT f.id AS id, f.url AS url,"
    " coalesce(f.title, f.own_title) AS title, coalesce(f.site, f.own_site) AS site,"
    " coalesce(f.language, f.own_language) AS language, f.tags AS tags, f.active AS active,"
    " CASE f.origin WHEN 0 THEN 'file' ELSE 'control' END AS origin,"
    " CASE f.content WHEN 0 THEN 'page' WHEN 1 THEN 'feed' END AS content,"
    " f.added AS added, f.last_poll AS last_poll, f.last_change AS last_change,"
    " f.last_status AS last_status, f.error AS error, f.failures AS failures,"
    " f.next_poll AS next_poll, f.next_reason AS next_reason, f.not_before AS not_before,"
    " f.interval_s AS interval_s, f.etag AS etag, f.last_modified AS last_modified,"
    " f.items_total AS items, f.recovered AS recovered, f.recovered_since AS recovered_since,"
    " f.guids_changed AS guids_changed, f.moved_url AS moved_to, f.ended AS ended,"
    " f.merged_into AS merged_into, f.validators AS validators,"
    " f.stale AS stale, f.stale_since AS stale_since"
    " FROM nd_feed f;"

    "CREATE VIEW links AS SELECT l.id AS id, l.url AS url,"
    " (SELECT url FROM nd_feed WHERE id = l.first_feed) AS first_feed,"
    " l.first_feed AS first_feed_id, l.first_seen AS first_seen,"
    " l.outcome AS outcome, l.reason AS reason, l.at AS at, l.status AS status,"
    " l.attempts AS attempts, l.due AS due, l.rechecks AS rechecks, l.article_id AS article_id,"
    " coalesce(l.fetch_url, l.url) AS fetch_url, l.final_url AS final_url,"
    " (SELECT name FROM nd_host WHERE id = l.host) AS host,"
    " CASE l.content WHEN 0 THEN 'page' ELSE 'feed' END AS content,"
    " (SELECT title FROM nd_item WHERE link_id = l.id) AS title,"
    " (SELECT replace(authors, char(10), ', ') FROM nd_item WHERE link_id = l.id) AS authors,"
    /* what claimed to lie in the future counts as of now */
    " (SELECT iif(published_doubt & 16, l.first_seen, published) FROM nd_item"
    "  WHERE link_id = l.id) AS published,"
    " (SELECT CASE WHEN published_doubt & 16 THEN 'future' ELSE CASE published_precision"
    "  WHEN 1 THEN 'year' WHEN 2 THEN 'month' WHEN 3 THEN 'day' WHEN 4 THEN 'minute'"
    "  WHEN 5 THEN 'second' END END FROM nd_item WHERE link_id = l.id) AS published_precision,"
    " (SELECT nullif(rtrim(iif(published_doubt & 1, 'zone ', '')"
    "  || iif(published_doubt & 2, 'order ', '') || iif(published_doubt & 4, 'century ', '')"
    "  || iif(published_doubt & 8, 'weekday ', '') || iif(published_doubt & 16, 'future', '')),"
    "  '') FROM nd_item WHERE link_id = l.id) AS published_doubt,"
    " (SELECT published_raw FROM nd_item WHERE link_id = l.id) AS published_raw,"
    " (SELECT updated FROM nd_item WHERE link_id = l.id) AS updated,"
    " (SELECT summary FROM nd_item WHERE link_id = l.id) AS summary_untrusted,"
    " l.rights AS rights_signals"
    " FROM nd_link l;"

    "CREATE VIEW articles AS SELECT a.id AS id, a.url AS url, a.title AS title,"
    " a.title_source AS title_source,"
    " a.subtitle AS subtitle, a.byline AS byline, a.published AS published,"
    " a.published_precision AS published_precision, a.published_doubt AS published_doubt,"
    " a.published_raw AS published_raw, a.published_source AS published_source,"
    " a.modified AS modified,"
    " a.first_seen AS first_seen, a.language AS language, a.language_source AS language_source,"
    " a.site AS site, a.section AS section, a.tags AS tags, a.image AS image,"
    " a.agency AS agency, a.syndicated_from AS syndicated_from,"
    " (SELECT text FROM nd_body WHERE id = a.id) AS body, a.body_source AS body_source,"
    " a.verdict AS verdict, a.confidence AS confidence, a.evidence AS evidence, a.story_id AS story_id,"
    " a.words AS words, a.link_id AS link_id, a.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = a.feed_id) AS feed,"
    " a.revisions AS revisions, a.revised AS revised, a.charset AS charset,"
    " a.noarchive AS noarchive,"
    " (SELECT rights FROM nd_link WHERE id = a.link_id) AS rights_signals"
    " FROM nd_article a;"

    "CREATE VIEW article_links AS SELECT o.article_id AS article_id, o.position AS position,"
    " o.url AS url, o.host AS host,"
    " (SELECT id FROM nd_link WHERE url_hash = o.url_hash AND url = o.url) AS link_id,"
    " (SELECT article_id FROM nd_link WHERE url_hash = o.url_hash AND url = o.url)"
    " AS to_article_id FROM nd_outlink o;"

    "CREATE VIEW sightings AS SELECT s.link_id AS link_id,"
    " (SELECT url FROM nd_link WHERE id = s.link_id) AS url, s.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = s.feed_id) AS feed, s.guid AS guid,"
    " s.first_seen AS first_seen,"
    " (SELECT article_id FROM nd_link WHERE id = s.link_id) AS article_id"
    " FROM nd_sighting s;"

    "CREATE VIEW aliases AS SELECT a.link_id AS link_id, a.url AS url, a.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = a.feed_id) AS feed, a.at AS at"
    " FROM nd_alias a;"

    "CREATE VIEW polls AS SELECT p.id AS id, p.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = p.feed_id) AS feed, p.at AS at,"
    " p.outcome AS outcome, p.status AS status, p.error AS error, p.recovered AS recovered,"
    " p.bytes AS bytes, p.items AS items, p.skipped AS skipped, p.fresh AS new,"
    " p.joined AS joined, p.overlap AS overlap, p.duration_ms AS duration_ms,"
    " p.next_poll AS next_poll, p.next_reason AS next_reason"
    " FROM nd_poll p;"

    "CREATE VIEW gaps AS SELECT g.id AS id, g.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = g.feed_id) AS feed, g.at AS at, g.begins AS begins,"
    " g.ends AS ends, g.lost AS lost, g.state AS state, g.found AS found,"
    " g.tried AS tried, g.reason AS reason FROM nd_gap g;"

    /* the host of a URL: what stands between // and the next / */
    "CREATE VIEW alarms AS SELECT a.host AS host, count(*) AS feeds, min(a.id) AS first_feed_id,"
    " min(a.since) AS since, max(a.reason) AS reason FROM (SELECT id, stale_since AS since,"
    "  stale AS reason, substr(rest, 1, iif(instr(rest, '/'), instr(rest, '/') - 1, length(rest)))"
    "  AS host FROM (SELECT *, substr(coalesce(moved_url, url),"
    "   instr(coalesce(moved_url, url), '//') + 2) AS rest FROM nd_feed"
    "   WHERE stale IS NOT NULL AND active)) a GROUP BY a.host;"

    "CREATE VIEW outages AS SELECT id, begins, ends, sites, reason FROM nd_outage;"

    "CREATE VIEW revisions AS SELECT id, article_id, at, title, body, cause, words"
    " FROM nd_revision;"

    /* a story is known by its oldest article */
    "CREATE VIEW stories AS SELECT f.story_id AS id, f.id AS first_article, f.title AS title,"
    " (SELECT count(*) FROM nd_article WHERE story_id = f.story_id) AS articles,"
    " (SELECT count(*) FROM nd_article a JOIN nd_link l ON l.article_id = a.id"
    "  WHERE a.story_id = f.story_id) AS links,"
    " (SELECT count(DISTINCT iif(h.name LIKE 'www.%', substr(h.name, 5), h.name))"
    "  FROM nd_article a JOIN nd_link l ON l.article_id = a.id JOIN nd_host h ON h.id = l.host"
    "  WHERE a.story_id = f.story_id) AS sites,"
    " f.first_seen AS first_seen,"
    " (SELECT max(first_seen) FROM nd_article WHERE story_id = f.story_id) AS last_seen,"
    " coalesce((SELECT coalesce(agency, syndicated_from) FROM nd_article"
    "  WHERE story_id = f.story_id AND coalesce(agency, syndicated_from) IS NOT NULL"
    "  ORDER BY id LIMIT 1), f.site, (SELECT h.name FROM nd_link l JOIN nd_host h"
    "  ON h.id = l.host WHERE l.id = f.link_id)) AS origin,"
    " coalesce((SELECT iif(agency IS NULL, 'syndicated', 'agency') FROM nd_article"
    "  WHERE story_id = f.story_id AND coalesce(agency, syndicated_from) IS NOT NULL"
    "  ORDER BY id LIMIT 1), 'first seen') AS origin_reason"
    " FROM nd_article f"
    " WHERE f.id = (SELECT min(id) FROM nd_article WHERE story_id = f.story_id);"

    "CREATE VIEW top_stories AS SELECT id, first_article, title, articles, links, sites,"
    " first_seen, last_seen, origin, origin_reason FROM stories WHERE sites > 1"
    " ORDER BY sites DESC, links DESC, last_seen DESC, id DESC;"

    "CREATE VIEW relations AS SELECT r.article_id AS article_id, r.other_id AS other_id,"
    " " KIND_WORDS("r.kind") " AS kind, " RULE_WORDS(
	"r.rule") " AS rule,"
		  " r.similarity AS similarity, r.containment AS containment, r.figures AS figures,"
		  " r.at AS at FROM nd_relation r;"

		  /* every link that leads to one of its articles; of these, what the article was
		   * stored for is the article itself, and the others are word for word the same */
		  "CREATE VIEW story_members AS SELECT a.story_id AS story_id, a.id AS article_id,"
		  " l.id AS link_id, iif(l.id = a.link_id, a.url, l.url) AS url,"
		  " coalesce(iif(l.id = a.link_id, a.title, (SELECT title FROM nd_item WHERE link_id = l.id)),"
		  "  a.title) AS title,"
		  " (SELECT iif(name LIKE 'www.%', substr(name, 5), name) FROM nd_host WHERE id = l.host)"
		  " AS site, iif(l.id = a.link_id, a.first_seen, l.at) AS first_seen,"
		  " a.published AS published,"
		  " iif(l.id = a.link_id, " KIND_WORDS(
		      "r.kind") ", 'exact') AS relation,"
				" iif(l.id = a.link_id, r.other_id, a.id) AS of_article,"
				" iif(l.id = a.link_id, r.similarity, 1.0) AS similarity,"
				" iif(l.id = a.link_id, r.containment, 1.0) AS containment,"
				" iif(l.id = a.link_id, r.figures, 1.0) AS figures,"
				" (SELECT kind FROM nd_story_move WHERE article_id = a.id) AS decided,"
				" a.agency AS agency, a.syndicated_from AS syndicated_from"
				" FROM nd_article a JOIN nd_link l ON l.article_id = a.id"
				" LEFT JOIN nd_relation r ON r.article_id = a.id AND l.id = a.link_id AND r.other_id ="
				" (SELECT n.other_id FROM nd_relation n JOIN nd_article o ON o.id = n.other_id"
				"  WHERE n.article_id = a.id AND n.kind <> 6 AND o.story_id = a.story_id"
				"  ORDER BY n.similarity DESC, n.other_id LIMIT 1);"

				"CREATE VIEW proposals AS SELECT p.id AS id, p.feed_id AS feed_id,"
				" (SELECT url FROM nd_feed WHERE id = p.feed_id) AS feed, p.kind AS kind,"
				" p.old_url AS old_url, p.new_url AS new_url, p.reason AS reason, p.evidence AS evidence,"
				" p.first_seen AS first_seen, p.last_seen AS last_seen, p.seen AS seen, p.state AS state,"
				" p.decided AS decided FROM nd_proposal p WHERE p.state NOT IN ('forming', 'unlike');"

				"CREATE VIEW subscriptions AS SELECT u.feed_id AS feed_id,"
				" (SELECT url FROM nd_feed WHERE id = u.feed_id) AS feed, u.hub AS hub, u.topic AS topic,"
				" u.state AS state, u.since AS since, u.lease_until AS lease_until, u.due AS due,"
				" u.error AS error, u.pushes AS pushes, u.dropped AS dropped, u.entries AS entries,"
				" u.missed AS missed, u.last_push AS last_push FROM nd_subscription u;"

				"CREATE VIEW hubs AS SELECT hub AS hub, count(*) AS feeds,"
				" sum(state = 'active') AS active, sum(pushes) AS pushes, sum(dropped) AS dropped,"
				" sum(entries) AS entries, sum(missed) AS missed, max(last_push) AS last_push"
				" FROM nd_subscription GROUP BY hub;"

				"CREATE VIEW site_lines AS SELECT l.id AS id,"
				" (SELECT name FROM nd_site WHERE id = l.site) AS site, l.text AS text,"
				" l.articles AS articles, l.dropped AS dropped, l.first_seen AS first_seen,"
				" l.last_seen AS last_seen, coalesce(l.decision, 'learned') AS decision FROM nd_line l;"

				"CREATE VIEW dropped_lines AS SELECT d.article_id AS article_id, d.position AS position,"
				" d.line_id AS line_id, (SELECT text FROM nd_line WHERE id = d.line_id) AS text"
				" FROM nd_dropped d;"

				"CREATE VIEW drifts AS SELECT d.id AS id,"
				" (SELECT name FROM nd_site WHERE id = d.site) AS site, d.kind AS kind, d.began AS began,"
				" d.noticed AS noticed, d.before AS before, d.after AS after, d.ended AS ended,"
				" d.how AS how FROM nd_drift d;"

				"CREATE VIEW quarantine AS SELECT q.id AS id, q.url AS url, q.kind AS kind,"
				" q.state AS state, q.reason AS reason, q.signal AS signal, q.deaths AS deaths,"
				" q.visits AS visits, q.first_seen AS first_seen, q.last_seen AS last_seen,"
				" iif(q.state = 'waiting', coalesce((SELECT due FROM nd_link WHERE id = q.link_id),"
				"  iif(q.kind = 'feed', (SELECT next_poll FROM nd_feed WHERE id = q.feed_id), NULL)),"
				"  NULL) AS retry,"
				" q.settled AS settled, q.link_id AS link_id, q.feed_id AS feed_id,"
				" (SELECT url FROM nd_feed WHERE id = q.feed_id) AS feed, o.url AS document_url,"
				" o.size AS bytes FROM nd_quarantine q LEFT JOIN nd_offender o ON o.id = q.id;"

				"CREATE VIEW ledger AS SELECT name AS outcome, n AS links FROM nd_count"
				" WHERE kind = 'links';";

/* Write the view TWIN over VIEW: the same columns, times as ISO 8601 text. */
static void
add_twin(struct buf *sql, const struct schema_view_row *v)
{
	const char *comma = "";
	buf_printf(sql, "CREATE VIEW %s AS SELECT ", v->twin);
	for (const struct schema_doc_row *c = schema_doc; c->view; c++) {
		if (strcmp(c->view, v->view) != 0)
			continue;
		if (c->type == SCHEMA_TIME)
			buf_printf(sql,
			    "%sstrftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %s, 'unixepoch')"
			    " AS %s",
			    comma, c->column, c->column);
		else
			buf_printf(sql, "%s%s", comma, c->column);
		comma = ", ";
	}
	buf_printf(sql, " FROM %s;", v->view);
}

static int
make_views(struct store *s)
{
	struct buf sql;
	buf_init(&sql, SQL_MAX);
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		if (strcmp(v->view, "articles_fts") != 0)
			buf_printf(&sql, "DROP VIEW IF EXISTS %s;", v->view);
		if (v->twin)
			buf_printf(&sql, "DROP VIEW IF EXISTS %s;", v->twin);
	}
	buf_add_str(&sql, views);
	for (const struct schema_view_row *v = schema_views; v->view; v++)
		if (v->twin)
			add_twin(&sql, v);
	int status = store_execute(s, buf_str(&sql), "make the views");
	buf_clear(&sql);
	return status;
}

/* Every outcome has its row in the ledger from the first day. */
static int
seed_counts(struct store *s)
{
	int status = 0;
	for (int i = 0; i < COUNTER_COUNT && !status; i++)
		status = RUN(s, SQL_ADD_COUNT, TEXT(store_counter_kind(i)),
		    TEXT(store_counter_name(i)), INT(0));
	return status;
}

int
store_migrate(struct store *s)
{
	char pragmas[96];
	int64_t version;
	int status = store_begin(s);
	if (status)
		return status;
	status = store_pragma_number(s, "user_version", &version);
	if (!status && version == STORE_SCHEMA_VERSION)
		return store_leave(s, 1, 0);
	for (int64_t v = version; v < STORE_SCHEMA_VERSION && !status; v++)
		status = store_execute(s, schema_migration((int)v + 1), "make the tables");
	if (!status)
		status = make_views(s);
	if (!status)
		status = seed_counts(s);
	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
	    STORE_APPLICATION, STORE_SCHEMA_VERSION);
	if (!status)
		status = store_execute(s, pragmas, "note the schema's version");
	return store_leave(s, 1, status);
}
