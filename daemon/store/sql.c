/*
 * sql: every statement that newsd sends to the database, each with the words for what it does. The
 * values ?1, ?2, ... are bound by position where the statement is run.
 */
#include "store_priv.h"

#define FEED_COLUMNS                                                                               \
	"id, url, coalesce(title, own_title), coalesce(site, own_site),"                           \
	" coalesce(language, own_language), tags, origin, content, active, added, etag,"           \
	" last_modified, next_poll, interval_s, not_before, next_reason, last_poll, last_change,"  \
	" last_status, error, failures, items_hash, items_total, recovered, recovered_since,"      \
	" guids_changed, moved_url, validators_of, offers_parts, memory, stale_since, ended,"      \
	" merged_into, validators"

#define PROPOSAL_COLUMNS                                                                           \
	"p.id, p.feed_id, p.first_seen, p.last_seen, p.seen, p.decided, f.url,"                    \
	" coalesce(f.title, f.own_title), p.kind, p.old_url, p.new_url, p.reason, p.evidence,"     \
	" p.state, f.failures"

#define WORK_COLUMNS                                                                               \
	"l.id, l.url, coalesce(l.fetch_url, l.url), l.host, l.first_feed, l.content, l.attempts,"  \
	" l.article_id, l.due"

#define POLL_COLUMNS                                                                               \
	"p.at, p.status, p.bytes, p.items, p.fresh, p.duration_ms, p.next_poll, f.url, p.outcome," \
	" p.error, p.next_reason"

#define LINK_COLUMNS                                                                               \
	"l.id, l.first_seen, l.at, l.due, l.article_id, l.attempts, l.status, l.rechecks, l.url,"  \
	" l.outcome, l.reason, l.final_url, (SELECT url FROM nd_feed WHERE id = l.first_feed),"    \
	" (SELECT title FROM nd_item WHERE link_id = l.id)"

#define ARTICLE_COLUMNS                                                                            \
	"a.id, a.story_id, a.feed_id, a.url, a.title, a.subtitle, a.byline, a.language, a.site,"   \
	" a.section, a.tags, a.image, a.body_source, a.verdict, a.published_precision,"            \
	" (SELECT url FROM nd_feed WHERE id = a.feed_id), a.published, a.modified, a.first_seen,"  \
	" a.words, a.revisions, a.confidence, a.published_doubt, a.published_raw, "                \
	"a.evidence"

const struct sql_row sql_table[SQL_COUNT] = {
    [SQL_BEGIN] = {"begin to write", "BEGIN IMMEDIATE"},
    [SQL_COMMIT] = {"commit", "COMMIT"},
    [SQL_ROLLBACK] = {"roll back", "ROLLBACK"},
    [SQL_ADD_COUNT] = {"count rows", "INSERT INTO nd_count (kind, name, n) VALUES (?1, ?2, ?3)"
				     " ON CONFLICT DO UPDATE SET n = n + excluded.n"},

    /* ---- feeds ---- */
    [SQL_FEED_IS_ACTIVE] = {"look a feed up", "SELECT active FROM nd_feed WHERE key = ?1"},
    /* an operator's own addition outranks the listing in a file for as long as it is active */
    [SQL_PUT_FEED] = {"record a feed",
	"INSERT INTO nd_feed (key, url, title, site, language, tags, origin, content, added, "
	"active)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)"
	" ON CONFLICT (key) DO UPDATE SET title = coalesce(excluded.title, title),"
	" site = coalesce(excluded.site, site), language = coalesce(excluded.language, language),"
	" tags = coalesce(excluded.tags, tags),"
	" content = iif(excluded.content < 0, content, excluded.content),"
	" origin = iif(active, max(origin, excluded.origin), excluded.origin),"
	/* what an accepted proposal ended stays so for the file that goes on listing it */
	" active = (ended IS NULL OR excluded.origin <> 0 OR merged_into IS NOT NULL),"
	" ended = iif(excluded.origin <> 0 OR merged_into IS NOT NULL, NULL, ended),"
	" merged_into = NULL"
	" RETURNING id, content, origin, added, active"},
    [SQL_REMOVE_FEED] = {"remove a feed",
	"UPDATE nd_feed SET active = 0, moved_url = NULL, moved_key = NULL, ended = NULL,"
	" merged_into = NULL WHERE id = ?1"},
    [SQL_FEED_BY_MOVED] = {"look a feed up",
	"SELECT id, key FROM nd_feed WHERE moved_key = ?1 AND active"},
    [SQL_FEED_BY_URL] = {"look a feed up",
	"SELECT id, active AND moved_key IS NULL AS polled FROM nd_feed WHERE key = ?1"
	" UNION ALL SELECT id, active FROM nd_feed WHERE moved_key = ?1"
	" ORDER BY polled DESC LIMIT 1"},
    [SQL_RENAME_FEED] = {"rename a feed",
	"UPDATE nd_feed SET key = ?2, url = ?3, moved_url = NULL, moved_key = NULL WHERE id = ?1"},
    [SQL_REDIRECT_FEED] = {"redirect a feed",
	"UPDATE nd_feed SET moved_key = ?2, moved_url = ?3 WHERE id = ?1"},
    [SQL_FRESH_FEED] = {"begin a feed at its new address",
	"UPDATE nd_feed SET etag = NULL, last_modified = NULL, items_hash = NULL, error = NULL,"
	" recovered = NULL, recovered_since = NULL,"
	" failures = 0, not_before = NULL, next_poll = ?2, next_reason = ?3 WHERE id = ?1"},
    [SQL_END_FEED] = {"end a feed",
	"UPDATE nd_feed SET active = 0, moved_url = NULL, moved_key = NULL, ended = ?2,"
	" merged_into = ?3 WHERE id = ?1"},
    [SQL_FEED_NAMES] = {"merge two feeds",
	"SELECT coalesce(moved_url, url), tags FROM nd_feed WHERE id = ?1"},
    /* ?1 takes over from ?2 the operator's title, where it has none, and the tags */
    [SQL_INHERIT_FEED] = {"merge two feeds",
	"UPDATE nd_feed SET title = coalesce(title, (SELECT title FROM nd_feed WHERE id = ?2)),"
	" tags = ?3 WHERE id = ?1"},
    [SQL_MERGED_ON] = {"merge two feeds",
	"UPDATE nd_feed SET merged_into = ?2 WHERE merged_into = ?1"},
    [SQL_MERGED_FEED] = {"look a feed up",
	"SELECT m.id, m.content, m.origin, m.added FROM nd_feed f JOIN nd_feed m"
	" ON m.id = f.merged_into WHERE f.key = ?1 AND NOT f.active AND m.active"},

    /* ---- proposals ---- */
    /* one that was withdrawn begins anew */
    [SQL_PROPOSAL_SEEN] = {"record a proposal",
	"UPDATE nd_proposal SET last_seen = ?4, reason = ?5, evidence = ?6,"
	" seen = iif(state = 'withdrawn', 1, seen + 1),"
	" first_seen = iif(state = 'withdrawn', ?4, first_seen),"
	" state = iif(state = 'withdrawn', 'forming', state)"
	" WHERE feed_id = ?1 AND kind = ?2 AND new_url IS ?3 AND state <> 'accepted'"},
    [SQL_OPEN_PROPOSAL] = {"record a proposal",
	"UPDATE nd_proposal SET state = 'open' WHERE feed_id = ?1 AND kind = ?2 AND new_url IS ?3"
	" AND state <> 'accepted' AND state = 'forming' AND seen >= ?4"
	" AND last_seen - first_seen >= ?5 RETURNING id"},
    [SQL_REFUSE_PROPOSAL] = {"record a proposal",
	"UPDATE nd_proposal SET decided = iif(state = 'open', ?4, decided),"
	" state = iif(state = 'open', 'withdrawn', 'unlike') WHERE feed_id = ?1 AND kind = ?2"
	" AND new_url IS ?3 AND state <> 'accepted' AND state IN ('forming', 'open')"},
    [SQL_DROP_FORMING] = {"drop proposals",
	"DELETE FROM nd_proposal WHERE feed_id = ?1 AND state <> 'accepted'"
	" AND state IN ('forming', 'unlike') AND last_seen < ?2"},
    [SQL_WITHDRAW_PROPOSALS] = {"withdraw proposals",
	"UPDATE nd_proposal SET state = 'withdrawn', decided = ?2 WHERE feed_id = ?1"
	" AND state <> 'accepted' AND ((kind IN ('gone', 'dead') AND state IN ('open', 'dismissed'))"
	" OR (kind = 'redirect' AND state = 'open' AND last_seen < ?2))"},
    [SQL_PUT_PROPOSAL] = {"record a proposal",
	"INSERT INTO nd_proposal (feed_id, kind, old_url, new_url, reason, evidence, first_seen,"
	" last_seen, seen, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 1, 'forming')"},
    [SQL_EACH_PROPOSAL] = {"read the proposals",
	"SELECT " PROPOSAL_COLUMNS " FROM nd_proposal p JOIN nd_feed f ON f.id = p.feed_id"
	" WHERE (p.state = 'open' OR (?1 AND p.state NOT IN ('forming', 'unlike'))) AND (?2 = 0 OR p.feed_id = ?2)"
	" ORDER BY p.id"},
    [SQL_READ_PROPOSAL] = {"read a proposal",
	"SELECT p.feed_id, p.kind, p.old_url, p.new_url, p.state, f.active, f.origin, f.url, f.key,"
	" p.reason, p.evidence, f.tags"
	" FROM nd_proposal p JOIN nd_feed f ON f.id = p.feed_id WHERE p.id = ?1"},
    [SQL_DECIDE_PROPOSAL] = {"decide a proposal",
	"UPDATE nd_proposal SET state = ?2, decided = ?3 WHERE id = ?1"},
    [SQL_DROP_PROPOSALS] = {"drop proposals",
	"DELETE FROM nd_proposal WHERE feed_id = ?1 AND state <> 'accepted'"
	" AND state IN ('open', 'forming', 'unlike')"},

    /* ---- sites ---- */
    [SQL_LOAD_SITE] = {"read a site", "SELECT lines, drift FROM nd_site WHERE id = ?1"},
    [SQL_PUT_SITE] = {"record a site",
	"INSERT INTO nd_site (id, name, lines, drift) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT DO UPDATE SET lines = excluded.lines, drift = excluded.drift"},
    [SQL_PUT_LINE] = {"record a site's line",
	"INSERT INTO nd_line (site, hash, text, articles, dropped, first_seen, last_seen)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (site, hash) DO UPDATE SET"
	" articles = iif(excluded.articles, excluded.articles, articles),"
	" dropped = dropped + excluded.dropped, last_seen = excluded.last_seen RETURNING id"},
    [SQL_PUT_DROPPED] = {"record a line that was left out",
	"INSERT OR REPLACE INTO nd_dropped (article_id, position, line_id) VALUES (?1, ?2, ?3)"},
    [SQL_FORGET_DROPPED] = {"forget lines that were left out",
	"DELETE FROM nd_dropped WHERE article_id = ?1"},
    [SQL_EACH_LINE] = {"read the lines of sites",
	"SELECT id, site, text, articles, dropped, first_seen, last_seen, decision"
	" FROM site_lines WHERE (?1 IS NULL OR site = ?1) AND (?2 OR dropped OR"
	" decision <> 'learned') ORDER BY site, dropped DESC, articles DESC, id LIMIT ?3"},
    [SQL_EACH_DROPPED] = {"read the lines that were left out",
	"SELECT position, line_id, text FROM dropped_lines WHERE article_id = ?1"
	" ORDER BY position"},
    [SQL_READ_LINE] = {"read a site's line",
	"SELECT s.name, l.text, l.hash FROM nd_line l JOIN nd_site s ON s.id = l.site"
	" WHERE l.id = ?1"},
    [SQL_DECIDE_LINE] = {"decide about a site's line",
	"UPDATE nd_line SET decision = nullif(?2, 'learned') WHERE id = ?1"},
    [SQL_PUT_DRIFT] = {"record a drift",
	"INSERT INTO nd_drift (site, kind, began, noticed, before, after)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
    [SQL_END_DRIFT] = {"end a drift",
	"UPDATE nd_drift SET ended = ?2, how = ?3 WHERE site = ?1 AND ended IS NULL"},
    [SQL_LINK_SITE] = {"read the site of a link",
	"SELECT h.name FROM nd_link l JOIN nd_host h ON h.id = l.host WHERE l.id = ?1"},

    /* ---- subscriptions ---- */
    [SQL_PUT_SUBSCRIPTION] = {"record a subscription",
	"INSERT OR REPLACE INTO nd_subscription (feed_id, hub, topic, state, since, lease_until,"
	" due, attempts, error, pushes, dropped, entries, missed, last_push)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"},
    [SQL_DROP_SUBSCRIPTION] = {"drop a subscription",
	"DELETE FROM nd_subscription WHERE feed_id = ?1"},
    [SQL_EACH_SUBSCRIPTION] = {"read the subscriptions",
	"SELECT u.feed_id, u.hub, u.topic, u.state, u.since, u.lease_until, u.due, u.attempts,"
	" u.error, u.pushes, u.dropped, u.entries, u.missed, u.last_push, f.url"
	" FROM nd_subscription u JOIN nd_feed f ON f.id = u.feed_id ORDER BY u.hub, u.feed_id"},

    /* ---- quarantine ---- */
    [SQL_PUT_QUARANTINE] = {"record a document that killed",
	"INSERT INTO nd_quarantine (key, kind, url, link_id, feed_id, reason, signal, deaths,"
	" visits, first_seen, last_seen, state, settled)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12)"
	" ON CONFLICT (key) DO UPDATE SET url = excluded.url, link_id = excluded.link_id,"
	" feed_id = excluded.feed_id, reason = excluded.reason, signal = excluded.signal,"
	" deaths = deaths + excluded.deaths, visits = excluded.visits,"
	" last_seen = excluded.last_seen, state = excluded.state, settled = excluded.settled"
	" RETURNING id"},
    [SQL_PRUNE_QUARANTINE] = {"drop old rows of the quarantine",
	"DELETE FROM nd_quarantine WHERE id IN (SELECT id FROM nd_quarantine"
	" WHERE (state <> 'waiting' OR link_id IS NULL) AND id NOT IN (SELECT id FROM nd_offender) ORDER BY last_seen"
	" LIMIT max(0, (SELECT count(*) FROM nd_quarantine) - ?1))"},
    [SQL_SETTLE_QUARANTINE] = {"settle a row of the quarantine",
	"UPDATE nd_quarantine SET state = ?2, settled = ?3 WHERE key = ?1 RETURNING id"},
    [SQL_OPEN_QUARANTINE] = {"read the quarantine",
	"SELECT key, visits, state FROM nd_quarantine WHERE state IN ('waiting', 'given_up')"},
    [SQL_EACH_QUARANTINE] = {"read the quarantine",
	"SELECT id, url, kind, link_id, feed_id, feed, reason, signal, deaths, visits, first_seen,"
	" last_seen, state, retry, bytes FROM quarantine WHERE ?1 OR state IN ('waiting', 'given_up')"
	" ORDER BY last_seen, id"},
    [SQL_READ_QUARANTINE] = {"read the quarantine",
	"SELECT q.key, q.kind, q.url, q.link_id, q.feed_id, l.outcome, coalesce(l.fetch_url, l.url)"
	" FROM nd_quarantine q LEFT JOIN nd_link l ON l.id = q.link_id WHERE q.id = ?1"},
    [SQL_RETRY_QUARANTINE] = {"let a document be tried again",
	"UPDATE nd_quarantine SET state = 'waiting', visits = 0, settled = NULL WHERE id = ?1"},
    [SQL_DROP_QUARANTINE] = {"forget a row of the quarantine",
	"DELETE FROM nd_quarantine WHERE id = ?1"},
    [SQL_PUT_OFFENDER] = {"keep a document that killed",
	"INSERT OR REPLACE INTO nd_offender (id, at, url, content_type, content_encoding, size,"
	" document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
    [SQL_PRUNE_OFFENDERS] = {"drop old documents that killed",
	"DELETE FROM nd_offender WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER w AS n,"
	" sum(size) OVER w AS total FROM nd_offender WINDOW w AS (ORDER BY at DESC, id DESC))"
	" WHERE n > ?1 OR total > ?2)"},
    [SQL_READ_OFFENDER] = {"read a document that killed",
	"SELECT url, content_type, content_encoding, document FROM nd_offender WHERE id = ?1"},
    [SQL_DROP_OFFENDER] = {"forget a document that killed",
	"DELETE FROM nd_offender WHERE id = ?1"},
    [SQL_REOPEN_LINK] = {"open a link again",
	"UPDATE nd_link SET outcome = 'pending', reason = ?3, at = ?2, due = ?2, attempts = 0"
	" WHERE id = ?1"},
    [SQL_EACH_FEED] = {"read the feeds",
	"SELECT " FEED_COLUMNS " FROM nd_feed WHERE active >= ?1 ORDER BY id"},
    [SQL_FIND_FEED] = {"look a feed up", "SELECT " FEED_COLUMNS " FROM nd_feed WHERE key = ?1"},

    /* ---- polls ---- */
    [SQL_FEED_STATE] = {"read a feed's state",
	"SELECT last_poll_id, items_hash IS NULL, items_hash, memory FROM nd_feed WHERE id = ?1"},
    [SQL_FEED_DOC] = {"record what a feed says of itself",
	"UPDATE nd_feed SET own_title = ?2, own_site = ?3, own_language = ?4, items_hash = ?5,"
	" items_total = items_total + ?6, last_change = coalesce(?7, last_change),"
	" guids_changed = coalesce(?8, guids_changed) WHERE id = ?1"},
    [SQL_FEED_PUSHED] = {"record what a hub brought",
	"UPDATE nd_feed SET items_total = items_total + ?2, last_change = coalesce(?3, last_change),"
	" memory = ?4 WHERE id = ?1"},
    [SQL_FEED_ARCHIVED] = {"record an older page of a feed",
	"UPDATE nd_feed SET items_total = items_total + ?2, last_poll_id = ?3 WHERE id = ?1"},
    [SQL_PUT_POLL] = {"record a poll",
	"INSERT INTO nd_poll (feed_id, at, outcome, status, error, bytes, items, fresh, "
	"duration_ms,"
	" next_poll, next_reason, recovered, prev, joined, skipped, overlap)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
	" ?16)"},
    [SQL_PUT_GAP] = {"record a gap",
	"INSERT INTO nd_gap (feed_id, at, begins, ends, lost, state) VALUES (?1, ?2, ?3, ?4, ?5,"
	" 'open')"},
    [SQL_REMEMBER_HOST] = {"record a host",
	"INSERT INTO nd_host (id, name, gap_ms, gap_until, closed_until) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (id) DO UPDATE SET gap_ms = excluded.gap_ms, gap_until = excluded.gap_until,"
	" closed_until = excluded.closed_until"},
    [SQL_REMEMBERED_HOSTS] = {"read the hosts",
	"SELECT id, name, gap_ms, gap_until, closed_until FROM nd_host"
	" WHERE gap_until > ?1 OR closed_until > ?1"},
    [SQL_PUT_PROMISE] = {"record a promise",
	"INSERT INTO nd_promise (id, host, heard, until, subdomains) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (id) DO UPDATE SET heard = excluded.heard, until = excluded.until,"
	" subdomains = excluded.subdomains"},
    [SQL_DROP_PROMISE] = {"forget a promise", "DELETE FROM nd_promise WHERE id = ?1"},
    [SQL_DROP_PROMISES] = {"forget promises", "DELETE FROM nd_promise WHERE until <= ?1"},
    [SQL_REBASE_PROMISES] = {"record promises",
	"UPDATE nd_promise SET until = until - heard + ?1, heard = ?1 WHERE heard > ?1"},
    [SQL_EACH_PROMISE] = {"read the promises",
	"SELECT id, host, heard, until, subdomains FROM nd_promise WHERE until > ?1 OR heard > ?1"
	" ORDER BY until DESC LIMIT ?2"},
    [SQL_FEED_STALE] = {"record a silence",
	"UPDATE nd_feed SET stale = ?2, stale_since = iif(?2 IS NULL, NULL, ?3) WHERE id = ?1"},
    [SQL_PUT_OUTAGE] = {"record an outage",
	"INSERT INTO nd_outage (begins, sites, reason) VALUES (?1, ?2, ?3)"},
    [SQL_EXCUSE_FEEDS] = {"record an outage",
	"UPDATE nd_feed SET failures = 0 WHERE active = 1 AND failures = 1 AND last_poll >= ?1"
	" AND last_status IS NULL"},
    [SQL_END_OUTAGE] = {"record the end of an outage",
	"UPDATE nd_outage SET ends = max(?1, begins) WHERE ends IS NULL"},
    [SQL_OPEN_OUTAGES] = {"read the outages",
	"SELECT begins, sites, reason FROM nd_outage WHERE ends IS NULL ORDER BY id DESC"},
    [SQL_OPEN_GAPS] = {"read the open gaps",
	"SELECT feed_id, min(begins), max(ends), sum(lost) FROM nd_gap WHERE state = 'open'"
	" GROUP BY feed_id"},
    /* the document that the gap was noticed in has no entry in it, unless entries have no dates
     */
    [SQL_END_GAPS] = {"end gaps",
	"UPDATE nd_gap SET tried = ?2, reason = ?4, found = f.n,"
	" state = CASE WHEN ?3 THEN 'recovered' WHEN f.n > 0 THEN 'partly' ELSE 'lost' END"
	" FROM (SELECT g.id AS gap, count(i.link_id) AS n FROM nd_gap g"
	"  LEFT JOIN nd_sighting s ON s.feed_id = g.feed_id AND s.first_seen >= g.at"
	"  LEFT JOIN nd_item i ON i.link_id = s.link_id AND (i.published > g.begins"
	"   AND i.published < g.ends OR i.published IS NULL AND s.first_seen > g.at)"
	"  WHERE g.feed_id = ?1 AND g.state = 'open' AND g.at <= ?5 GROUP BY g.id) f"
	" WHERE id = f.gap RETURNING found, state"},
    [SQL_FEED_POLLED] = {"record a feed's state",
	"UPDATE nd_feed SET last_poll = ?2, last_status = ?3, error = ?4, failures = ?5,"
	" next_poll = ?6, interval_s = ?7, next_reason = ?8, not_before = ?9, etag = ?10,"
	" last_modified = ?11, last_poll_id = ?12, recovered = iif(?13, ?14, recovered),"
	" recovered_since = iif(?13, iif(?14 IS NULL, NULL, coalesce(recovered_since, ?2)),"
	" recovered_since), memory = ?15, validators_of = ?16, offers_parts = ?17,"
	" validators = ?18 WHERE id = ?1"},
    /* the newest one stays: the next goes on from its number */
    [SQL_OLD_POLLS] = {"read old polls",
	"SELECT id, at FROM nd_poll WHERE id < (SELECT max(id) FROM nd_poll) ORDER BY id"},
    [SQL_DROP_POLLS] = {"drop old polls", "DELETE FROM nd_poll WHERE id <= ?1"},
    [SQL_RECENT_POLLS] = {"read the polls",
	"SELECT " POLL_COLUMNS " FROM nd_poll p JOIN nd_feed f ON f.id = p.feed_id"
	" ORDER BY p.id DESC LIMIT ?1"},
    [SQL_FEED_POLLS] = {"read a feed's polls",
	"WITH RECURSIVE chain(id, n) AS (SELECT last_poll_id, 1 FROM nd_feed WHERE id = ?1"
	" UNION ALL SELECT p.prev, n + 1 FROM chain c JOIN nd_poll p ON p.id = c.id"
	" WHERE p.feed_id = ?1 AND n < ?2)"
	" SELECT " POLL_COLUMNS " FROM chain c CROSS JOIN nd_poll p ON p.id = c.id"
	" CROSS JOIN nd_feed f ON f.id = p.feed_id WHERE p.feed_id = ?1"},

    /* ---- items, sightings, links ---- */
    [SQL_FIND_SIGHTING] = {"look an entry up",
	"SELECT link_id, version, face, gist, guid FROM nd_sighting"
	" WHERE feed_id = ?1 AND guid_hash = ?2"},
    [SQL_PUT_SIGHTING] = {"record a sighting",
	"INSERT INTO nd_sighting (feed_id, guid_hash, link_id, guid, first_seen, version, face,"
	" gist) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
    [SQL_SET_SIGHTING] = {"record an entry's update",
	"UPDATE nd_sighting SET version = ?3, face = ?4, gist = ?5"
	" WHERE feed_id = ?1 AND guid_hash = ?2"},
    [SQL_COUNT_NAMES] = {"count an entry's names",
	"SELECT count(*) FROM nd_sighting WHERE link_id = ?1 AND feed_id = ?2 AND first_seen < ?3"},
    [SQL_SET_TITLE] = {"record an entry's title",
	"UPDATE nd_item SET title = coalesce(?2, title) WHERE link_id = ?1"},
    [SQL_ENTRY_BEFORE] = {"read what an entry was",
	"SELECT l.url, i.title, i.summary, i.published, i.published_precision, i.updated,"
	" i.updated_precision FROM nd_link l LEFT JOIN nd_item i ON i.link_id = l.id"
	" WHERE l.id = ?1"},
    [SQL_READ_WINDOW] = {"read what a feed showed lately",
	"SELECT links FROM nd_window WHERE feed_id = ?1"},
    [SQL_PUT_WINDOW] = {"record what a feed shows",
	"INSERT INTO nd_window (feed_id, links) VALUES (?1, ?2)"
	" ON CONFLICT DO UPDATE SET links = excluded.links"},
    [SQL_LINK_BY_URL] = {"look a link up",
	"SELECT id FROM nd_link WHERE url_hash = ?1 AND url = ?2 UNION ALL"
	" SELECT link_id FROM nd_alias WHERE url_hash = ?1 AND url = ?2 LIMIT 1"},
    [SQL_PUT_ALIAS] = {"record a link's new address",
	"INSERT INTO nd_alias (url_hash, url, link_id, feed_id, at) VALUES (?1, ?2, ?3, ?4, ?5)"},
    [SQL_COUNT_ALIASES] = {"count a link's addresses",
	"SELECT count(*) FROM nd_alias WHERE link_id = ?1"},
    [SQL_MOVE_LINK] = {"record a link's new address",
	"UPDATE nd_link SET fetch_url = ?2, host = ?3 WHERE id = ?1"},
    [SQL_PUT_HOST] = {"record a host",
	"INSERT INTO nd_host (id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING"},
    [SQL_PUT_LINK] = {"record a link",
	"INSERT INTO nd_link (url, url_hash, host, first_feed, first_seen, content, outcome, at, "
	"due,"
	" fetch_url) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?5, ?5, ?7)"},
    [SQL_PUT_ITEM] = {"record an entry",
	"INSERT INTO nd_item (link_id, title, authors, tags, published,"
	" published_precision, published_zone, updated, updated_precision, updated_zone,"
	" published_raw, image, comments, rights, language, source, enclosures, summary,"
	" published_doubt) VALUES (?1,"
	" ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"},
    [SQL_PUT_CONTENT] = {"record an entry's text",
	"INSERT INTO nd_content (link_id, content) VALUES (?1, ?2)"},
    [SQL_DROP_ITEM] = {"drop an entry", "DELETE FROM nd_item WHERE link_id = ?1"},
    [SQL_DROP_CONTENT] = {"drop an entry's text", "DELETE FROM nd_content WHERE link_id = ?1"},
    /* only a link with an article of its own is worth a second look */
    [SQL_RECHECK] = {"read a link's state",
	"SELECT l.outcome, l.rechecks, l.url, coalesce(l.fetch_url, l.url), l.host, l.first_feed,"
	" l.content, EXISTS (SELECT 1 FROM nd_article WHERE id = l.article_id AND link_id = l.id),"
	" l.article_id IS NOT NULL, l.attempts"
	" FROM nd_link l WHERE l.id = ?1"},
    [SQL_REOPEN] = {"open a link again",
	"UPDATE nd_link SET outcome = 'pending', reason = ?3, at = ?2, due = ?2,"
	" attempts = 0, rechecks = rechecks + 1 WHERE id = ?1"},
    [SQL_PENDING] = {"read pending links",
	"SELECT " WORK_COLUMNS ", EXISTS (SELECT 1 FROM nd_content WHERE link_id = l.id) OR"
	" coalesce((SELECT summary <> '' FROM nd_item WHERE link_id = l.id), 0)"
	" FROM nd_link l WHERE l.outcome = 'pending' AND l.host = ?1 ORDER BY l.due LIMIT ?2"},
    /* by the index of what is pending, whatever the planner thinks of the number of links */
    [SQL_SETTLE_PENDING] = {"settle what waits",
	"UPDATE nd_link INDEXED BY nd_link_due SET due = ?1 + max(0, due - at), at = ?1"
	" WHERE outcome = 'pending' AND at > ?1 + 60"},
    [SQL_LAST_POLL] = {"look when the last poll was",
	"SELECT coalesce(max(last_poll), 0) FROM nd_feed"},
    [SQL_PULL_DUE] = {"pull links forward",
	"UPDATE nd_link SET due = ?2 WHERE outcome = 'pending' AND host = ?1 AND due > ?3"},
    [SQL_PENDING_HOSTS] = {"read hosts with pending links",
	"SELECT p.host, (SELECT name FROM nd_host WHERE id = p.host), p.due FROM"
	" (SELECT host, min(due) AS due FROM nd_link WHERE outcome = 'pending' GROUP BY host) p"},
    [SQL_LOAD_ITEM] = {"read an entry",
	"SELECT (SELECT guid FROM nd_sighting WHERE link_id = l.id AND feed_id = l.first_feed),"
	" (SELECT guid_hash FROM nd_sighting WHERE link_id = l.id AND feed_id = l.first_feed),"
	" l.url, coalesce(l.fetch_url, l.url), i.title, i.summary,"
	" (SELECT content FROM nd_content WHERE link_id = l.id), i.authors, i.tags, i.enclosures,"
	" i.published_raw, i.published, i.published_precision, i.published_zone, i.updated,"
	" i.updated_precision, i.updated_zone, i.image, i.comments, i.rights, i.language, i.source,"
	" i.published_doubt"
	" FROM nd_item i JOIN nd_link l ON l.id = i.link_id WHERE i.link_id = ?1"},
    [SQL_LINK_STATE] = {"read a link's state", "SELECT outcome, url FROM nd_link WHERE id = ?1"},
    [SQL_SET_OUTCOME] = {"record an outcome",
	"UPDATE nd_link SET outcome = ?2, reason = ?3, at = ?4, status = ?5, attempts = ?6,"
	" due = ?7, article_id = coalesce(?8, article_id), final_url = ?9, final_hash = ?10,"
	" rights = ?11 WHERE id = ?1"},

    /* ---- articles ---- */
    [SQL_ARTICLE_BY_URL] = {"look an article up",
	"SELECT id, story_id, link_id, text_high, text_low, tokens FROM nd_article"
	" WHERE url_hash = ?1 AND url = ?2 ORDER BY id LIMIT 1"},
    [SQL_ARTICLE_BY_TEXT] = {"look a text up",
	"SELECT id, story_id, link_id, text_high, text_low, tokens FROM nd_article"
	" WHERE text_high = ?1 AND text_low = ?2 ORDER BY id LIMIT 1"},
    [SQL_ARTICLE_BY_LINK] = {"look a link's article up",
	"SELECT a.id, a.story_id, a.link_id, a.text_high, a.text_low, a.tokens FROM nd_link l"
	" JOIN nd_article a ON a.id = l.article_id WHERE l.id = ?1 AND a.link_id = l.id"},
    [SQL_NEXT_ARTICLE] = {"number an article", "SELECT coalesce(max(id), 0) + 1 FROM nd_article"},
    [SQL_PUT_ARTICLE] = {"store an article",
	"INSERT INTO nd_article (id, link_id, feed_id, story_id, url, url_hash, text_high, "
	"text_low,"
	" tokens, title, subtitle, byline, published, published_precision, modified, first_seen,"
	" language, language_source, site, section, tags, image, agency, syndicated_from, charset,"
	" noarchive, body_source, verdict, confidence, words, published_doubt, published_raw,"
	" title_source, published_source, evidence)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
	"?8,"
	" ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26,"
	" ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35)"},
    [SQL_PUT_BODY] = {"store a text", "INSERT INTO nd_body (id, text) VALUES (?1, ?2)"},
    [SQL_INDEX_TEXT] = {"index a text",
	"INSERT INTO articles_fts (rowid, title, body) VALUES (?1, ?2, ?3)"},
    [SQL_INDEX_NEW] = {"index the texts", "INSERT INTO articles_fts (rowid, title, body) SELECT "
					  "id, title, body FROM nd_text WHERE id >= ?1"},
    [SQL_UNINDEX_TEXT] = {"index a text", "INSERT INTO articles_fts (articles_fts, rowid, title, "
					  "body) VALUES ('delete', ?1, ?2, ?3)"},
    [SQL_LOAD_TEXT] = {"read a text",
	"SELECT a.title, b.text, a.words, a.published FROM nd_article a JOIN nd_body b ON b.id = a.id"
	" WHERE a.id = ?1"},
    [SQL_PUT_REVISION] = {"keep a revision",
	"INSERT INTO nd_revision (article_id, at, title, body, cause, words, arrival, published)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
    /* what the new version does not say stays as it was */
    [SQL_REVISE_ARTICLE] = {"revise an article",
	"UPDATE nd_article SET text_high = ?2, text_low = ?3, tokens = ?4, title = ?5,"
	" subtitle = coalesce(?6, subtitle), byline = coalesce(?7, byline),"
	" published_precision = iif(?8 IS NULL, published_precision, ?9),"
	" published_doubt = iif(?8 IS NULL, published_doubt, ?26),"
	" published_raw = iif(?8 IS NULL, published_raw, ?27),"
	" published = coalesce(?8, published), modified = coalesce(?10, modified),"
	" language = coalesce(?11, language), language_source = iif(?11 IS NULL, language_source,"
	" ?12), site = coalesce(?13, site), section = coalesce(?14, section),"
	" tags = coalesce(?15, tags), image = coalesce(?16, image), agency = coalesce(?17, agency),"
	" syndicated_from = coalesce(?18, syndicated_from), charset = coalesce(?19, charset),"
	" noarchive = ?20, body_source = ?21, verdict = ?22, confidence = ?23, words = ?24,"
	" revised = ?25, title_source = ?28,"
	" published_source = iif(?8 IS NULL, published_source, ?29), evidence = ?30,"
	" revisions = revisions + 1 WHERE id = ?1"},
    [SQL_REVISE_BODY] = {"revise a text", "UPDATE nd_body SET text = ?2 WHERE id = ?1"},
    [SQL_PUT_OUTLINK] = {"store what an article links to",
	"INSERT INTO nd_outlink (article_id, position, url, url_hash, host)"
	" VALUES (?1, ?2, ?3, ?4, ?5)"},
    [SQL_DROP_OUTLINKS] = {"drop what an article linked to",
	"DELETE FROM nd_outlink WHERE article_id = ?1"},

    /* ---- stories ---- */
    /* numbered on from what was judged; times never go back, whatever the clock does */
    [SQL_PUT_ARRIVAL] = {"queue a text to be judged",
	"INSERT INTO nd_arrival (seq, article_id, at, revision) SELECT 1 + max("
	"coalesce((SELECT max(seq) FROM nd_arrival), 0),"
	" coalesce((SELECT max(seq) FROM nd_print), 0)), ?1,"
	" max(?2, coalesce((SELECT at FROM nd_arrival ORDER BY seq DESC LIMIT 1),"
	" (SELECT at FROM nd_print ORDER BY seq DESC LIMIT 1), 0)), ?3"},
    [SQL_LOAD_ARRIVALS] = {"read what is to be judged",
	"SELECT seq, article_id, at, revision FROM nd_arrival ORDER BY seq LIMIT ?1"},
    [SQL_DROP_ARRIVAL] = {"note what was judged", "DELETE FROM nd_arrival WHERE seq = ?1"},
    [SQL_STORY_TEXT] = {"read a text",
	"SELECT a.story_id, a.url, a.feed_id, a.published, a.revisions, a.first_seen, b.text"
	" FROM nd_article a JOIN nd_body b ON b.id = a.id WHERE a.id = ?1"},
    [SQL_TEXT_BEFORE] = {"read an earlier text",
	"SELECT body, published FROM nd_revision WHERE article_id = ?1 AND arrival > ?2"
	" ORDER BY id LIMIT 1"},
    [SQL_PUT_PRINT] = {"store an article's keys",
	"INSERT INTO nd_print (seq, article_id, story_id, site, at, signature)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
    [SQL_SET_STORY] = {"put an article into its story",
	"UPDATE nd_article SET story_id = ?2 WHERE id = ?1 AND story_id <> ?2"
	" AND NOT EXISTS (SELECT 1 FROM nd_story_move WHERE article_id = ?1)"},
    [SQL_PUT_RELATION] = {"store what articles are to each other",
	"INSERT OR REPLACE INTO nd_relation (article_id, other_id, kind, rule, similarity,"
	" containment, figures, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
    [SQL_EACH_PRINT] = {"read the keys of articles",
	"SELECT seq, article_id, story_id, site, at, signature FROM nd_print WHERE seq > ?1"
	" ORDER BY seq LIMIT ?2"},
    [SQL_LAST_PRINT] = {"read the keys of articles",
	"SELECT seq, at FROM nd_print ORDER BY seq DESC LIMIT 1"},
    [SQL_PRINT_AT] = {"read the keys of articles",
	"SELECT at FROM nd_print WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1"},
    [SQL_EACH_MOVE] = {"read an operator's decisions",
	"SELECT article_id, story_id FROM nd_story_move"},
    [SQL_NOTE_MOVE] = {"record a decision about stories",
	"INSERT OR REPLACE INTO nd_story_move (article_id, from_id, story_id, kind, at)"
	" SELECT id, story_id, ?2, ?5, ?6 FROM nd_article WHERE story_id = ?1"
	" AND (?3 = 0 OR id = ?3) AND id <> ?4"},
    [SQL_MOVE_STORY] = {"move articles to another story",
	"UPDATE nd_article SET story_id = ?2 WHERE story_id = ?1 AND (?3 = 0 OR id = ?3)"
	" AND id <> ?4"},
    [SQL_STORY_OF] = {"look a story up", "SELECT story_id FROM nd_article WHERE id = ?1"},
    [SQL_STORY_BESIDE] = {"look a story up",
	"SELECT id FROM nd_article WHERE story_id = ?1 AND id <> ?2 ORDER BY id LIMIT 1"},
    /* by the index of the links' times: what is older is not looked at */
    [SQL_TOP_STORIES] = {"read the stories",
	"SELECT s.id, s.first_article, s.articles, s.links, s.sites, s.first_seen, s.last_seen,"
	" s.title, s.origin, s.origin_reason FROM stories s WHERE s.id IN (SELECT"
	" (SELECT story_id FROM nd_article WHERE id = l.article_id) FROM nd_link l"
	" WHERE l.outcome <> 'pending' AND l.at >= ?1 AND l.article_id IS NOT NULL)"
	" ORDER BY s.sites DESC, s.links DESC, s.last_seen DESC, s.id DESC LIMIT ?2"},
    [SQL_STORY_MEMBERS] = {"read a story",
	"SELECT article_id, link_id, url, title, site, first_seen, published, relation, of_article,"
	" similarity, decided, agency, syndicated_from FROM story_members WHERE story_id = ?1"
	" ORDER BY first_seen, article_id, link_id"},
    /* the article's own, and those of its story to it */
    [SQL_RELATIONS] = {"read what articles are to each other",
	"SELECT r.article_id, r.other_id, r.kind, r.rule, r.similarity, r.containment, r.figures,"
	" r.at, a.story_id, (SELECT story_id FROM nd_article WHERE id = r.other_id)"
	" FROM (SELECT * FROM nd_relation WHERE article_id = ?1 UNION ALL"
	" SELECT n.* FROM nd_article m JOIN nd_relation n ON n.article_id = m.id"
	" WHERE m.story_id = (SELECT story_id FROM nd_article WHERE id = ?1) AND n.other_id = ?1) r"
	" JOIN nd_article a ON a.id = r.article_id"
	" ORDER BY r.article_id <> ?1, r.kind = 6, r.similarity DESC, r.article_id, r.other_id"},

    /* ---- reading, for people ---- */
    [SQL_EACH_GAP] = {"read the gaps",
	"SELECT g.id, g.feed_id, g.at, g.begins, g.ends, g.lost, g.found, g.state, f.url,"
	" coalesce(f.title, f.own_title), g.reason FROM nd_gap g JOIN nd_feed f ON f.id = g.feed_id"
	" WHERE g.at >= ?1 AND (?2 = 0 OR g.feed_id = ?2) ORDER BY g.at, g.id"},
    [SQL_STATUS_DUE] = {"count the feeds that are due",
	"SELECT coalesce(sum(active AND next_poll <= ?1), 0),"
	" coalesce(sum(active AND next_poll <= ?1 - 3600), 0), count(ended) FROM nd_feed"},
    [SQL_STATUS_GAPS] = {"count the gaps",
	"SELECT count(*), coalesce(sum(lost), 0), coalesce(sum(found), 0) FROM nd_gap"
	" WHERE at >= ?1"},
    [SQL_STATUS_FEEDS] = {"count the feeds",
	"SELECT count(*), coalesce(sum(failures > 0), 0) FROM nd_feed WHERE active = 1"},
    [SQL_STATUS_STALE] = {"count the feeds",
	"SELECT count(*) FROM nd_feed WHERE active = 1 AND stale_since IS NOT NULL"},
    [SQL_STATUS_PROPOSALS] = {"count the proposals",
	"SELECT count(*) FROM nd_proposal WHERE state = 'open'"},
    [SQL_STATUS_COUNTS] = {"read the counts", "SELECT kind, name, n FROM nd_count"},
    /* a link is never deleted, and its number is the next one */
    [SQL_STATUS_LINKS] = {"count the links", "SELECT coalesce(max(id), 0) FROM nd_link"},
    /* links and articles are numbered as they come */
    [SQL_STATUS_UNJUDGED] = {"count what is to be judged", "SELECT count(*) FROM nd_arrival"},
    [SQL_STATUS_TIMES] = {"read the oldest and newest",
	"SELECT (SELECT first_seen FROM nd_link WHERE id = (SELECT min(id) FROM nd_link INDEXED BY"
	" nd_link_due WHERE outcome = 'pending')),"
	" (SELECT first_seen FROM nd_article ORDER BY id DESC LIMIT 1)"},
    [SQL_SEARCH] = {"search",
	"SELECT " ARTICLE_COLUMNS ", NULL, snippet(articles_fts, -1, char(1), char(2), '…', 24)"
	" FROM articles_fts JOIN nd_article a ON a.id = articles_fts.rowid"
	" WHERE articles_fts MATCH ?1 AND coalesce(a.published, a.first_seen) >= ?2"
	" ORDER BY articles_fts.rank LIMIT ?3"},
    [SQL_READ_ARTICLE] = {"read an article",
	"SELECT " ARTICLE_COLUMNS ", b.text, NULL FROM nd_article a JOIN nd_body b ON b.id = a.id"
	" WHERE a.id = ?1"},
    [SQL_RECENT_LINKS] = {"read the links",
	"SELECT " LINK_COLUMNS " FROM (SELECT id FROM"
	" (SELECT * FROM (SELECT id, at FROM nd_link WHERE outcome <> 'pending'"
	" ORDER BY at DESC, id DESC LIMIT ?1)"
	" UNION ALL SELECT * FROM (SELECT id, at FROM nd_link WHERE outcome = 'pending'"
	" ORDER BY at DESC, id DESC LIMIT ?1)) ORDER BY at DESC, id DESC LIMIT ?1) r"
	" CROSS JOIN nd_link l ON l.id = r.id ORDER BY l.at, l.id"},
    [SQL_READ_LINK] = {"read a link", "SELECT " LINK_COLUMNS " FROM nd_link l WHERE l.id = ?1"},
    [SQL_LINK_BY_FINAL] = {"look a link up",
	"SELECT id FROM nd_link WHERE final_hash = ?1 ORDER BY id LIMIT 1"},
    [SQL_LINK_BY_ARTICLE_URL] = {"look a link up",
	"SELECT link_id FROM nd_article WHERE url_hash = ?1 AND url = ?2 ORDER BY id LIMIT 1"},
    [SQL_SIGHTINGS] = {"read sightings",
	"SELECT s.feed_id, s.first_seen, f.url, s.guid, coalesce(f.title, f.own_title)"
	" FROM nd_sighting s JOIN nd_feed f ON f.id = s.feed_id WHERE s.link_id = ?1"
	" ORDER BY s.first_seen, s.feed_id"},
    [SQL_ALIASES] = {"read a link's addresses",
	"SELECT a.at, a.url, f.url FROM nd_alias a JOIN nd_feed f ON f.id = a.feed_id"
	" WHERE a.link_id = ?1 ORDER BY a.at, a.rowid"},
    [SQL_REVISIONS] = {"read revisions",
	"SELECT at, title, body, cause, words FROM nd_revision WHERE article_id = ?1 ORDER BY id"},
};
