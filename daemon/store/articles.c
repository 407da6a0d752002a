/*
 * articles: the archive. Text and metadata of an article, its index for full-text search, and what
 * it was before. The only writer of articles_fts.
 */
#include "mem.h"
#include "store_priv.h"
#include "url.h"

#define HOST_MAX 256

const char *
body_source_name(enum body_source b)
{
	static const char *const names[BODY_SOURCES] = {
	    [BODY_PAGE] = "page",
	    [BODY_FEED] = "feed",
	    [BODY_JSONLD] = "jsonld",
	};
	return (unsigned)b < BODY_SOURCES ? names[b] : "unknown";
}

/* Half of a 128-bit hash as the number that a column holds; big end first on every machine. */
static int64_t
hash_half(const uint8_t *bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return (int64_t)v;
}

static void
put_half(uint8_t *bytes, int64_t half)
{
	uint64_t v = (uint64_t)half;
	for (int i = 7; i >= 0; i--, v >>= 8)
		bytes[i] = (uint8_t)v;
}

/* ---- look-ups ---- */

static int
find_article(struct store *s, enum sql q, sqlite3_stmt *st, struct article_key *out)
{
	int status = st ? store_step(s, q, st) : s->fault.code;
	if (!status)
		return ERR_NOT_FOUND; /* an answer rather than a failure: no words are made for it
				       */
	if (status < 0)
		return status;
	out->id = col_int(st, 0);
	out->story_id = col_int(st, 1);
	out->link_id = col_int(st, 2);
	put_half(out->text_hash, col_int(st, 3));
	put_half(out->text_hash + 8, col_int(st, 4));
	out->tokens = (uint32_t)col_int(st, 5);
	store_done(st);
	return 0;
}

int
store_find_article_by_url(struct store *s, const char *url, struct article_key *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_ARTICLE_BY_URL, INT(hash64_str(url)), TEXT(url));
	return find_article(s, SQL_ARTICLE_BY_URL, st, out);
}

int
store_find_article_by_text(struct store *s, const uint8_t hash[16], struct article_key *out)
{
	sqlite3_stmt *st =
	    QUERY(s, SQL_ARTICLE_BY_TEXT, INT(hash_half(hash)), INT(hash_half(hash + 8)));
	return find_article(s, SQL_ARTICLE_BY_TEXT, st, out);
}

int
store_find_article_by_link(struct store *s, int64_t link_id, struct article_key *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_ARTICLE_BY_LINK, INT(link_id));
	return find_article(s, SQL_ARTICLE_BY_LINK, st, out);
}

/* ---- writing ---- */

/* What an article is stored with, besides itself. */
struct article_place {
	int64_t link_id, feed_id, at, story_id;
	enum body_source source;
};

/* When A was published, of which all that is known may be that it claims to come: then AT. */
static struct date
published_of(const struct article *a, int64_t at)
{
	struct date d = a->published;
	if (d.precision == DATE_NONE && d.doubt & DATE_DOUBT_FUTURE) {
		d.utc = at;
		d.precision = DATE_SECOND;
	}
	return d;
}

/* The precision by name; NULL when there is no date. */
static const char *
precision_of(struct date d)
{
	if (d.precision == DATE_NONE)
		return NULL;
	return d.doubt & DATE_DOUBT_FUTURE ? "future" : date_precision_name(d.precision);
}

/* The doubt in words, in A; NULL when there is none. */
static const char *
doubt_of(struct arena *a, struct date d)
{
	char words[DATE_DOUBT_TEXT_MAX];
	return d.doubt ? arena_strdup(a, date_doubt_text(d.doubt, words)) : NULL;
}

static const char *
text_of(const struct article *a)
{
	return a->text ? a->text : "";
}

static int
insert_article(struct store *s, const struct article *a, const struct article_place *p, int64_t id,
    struct arena *scratch)
{
	struct date published = published_of(a, p->at);
	return RUN(s, SQL_PUT_ARTICLE, INT(id), INT(p->link_id), INT(p->feed_id),
	    INT(p->story_id ? p->story_id : id), TEXT(a->url), INT(hash64_str(a->url)),
	    INT(hash_half(a->text_hash)), INT(hash_half(a->text_hash + 8)), INT(a->tokens),
	    TEXT(a->title), TEXT(a->subtitle),
	    TEXT(store_join(scratch, a->authors, a->authors_len, ", ")), DATE(published),
	    TEXT(precision_of(published)), DATE(a->modified), INT(p->at), TEXT(a->language),
	    TEXT(a->language_source), TEXT(a->site), TEXT(a->section),
	    TEXT(store_join(scratch, a->tags, a->tags_len, ", ")), TEXT(store_web(a->image)),
	    TEXT(a->agency), TEXT(a->syndicated_from), TEXT(a->charset), INT(a->noarchive != 0),
	    TEXT(body_source_name(p->source)), TEXT(verdict_name(a->verdict)), REAL(a->confidence),
	    INT(a->words), TEXT(doubt_of(scratch, published)), TEXT(a->published_raw),
	    TEXT(a->title_source), TEXT(a->published_source), TEXT(a->evidence));
}

/* What A links to. */
static int
put_links(struct store *s, int64_t id, const struct article *a)
{
	char host[HOST_MAX];
	int status = 0;
	for (size_t i = 0; i < a->links_len && !status && !s->drop_links; i++) {
		const char *url = a->links[i];
		if (url_host(url, host, sizeof host))
			continue;
		status = RUN(s, SQL_PUT_OUTLINK, INT(id), INT(i + 1), TEXT(url),
		    INT(hash64_str(url)), TEXT(host));
	}
	return status;
}

int
store_put_article(struct store *s, const struct article *a, int64_t link_id, int64_t feed_id,
    enum body_source source, int64_t at, int64_t story_id, int64_t *id)
{
	struct arena scratch = {0};
	struct article_place place = {link_id, feed_id, at, story_id, source};
	int64_t arrival;
	int found, own, status = store_enter(s, &own);
	*id = 0;
	if (status)
		return status;
	if (!a->url)
		status = fault_set(&s->fault, ERR_INPUT,
		    "store %s: the article of link %lld has no URL", s->path, (long long)link_id);
	if (!status)
		status = store_number(s, SQL_NEXT_ARTICLE, id, &found, NULL, 0);
	if (!status)
		status = insert_article(s, a, &place, *id, &scratch);
	if (!status)
		status = RUN(s, SQL_PUT_BODY, INT(*id), TEXT(text_of(a)));
	if (!status)
		status = put_links(s, *id, a);
	if (!status)
		status = store_put_arrival(s, *id, at, 0, &arrival);
	if (!status && !s->index_from)
		s->index_from = *id;
	s->counts[COUNT_ARTICLES] += !status;
	arena_clear(&scratch);
	return store_leave(s, own, status);
}

/* ---- the index ---- */

/*
 * New articles are indexed by one statement just before the commit. FTS5 gathers words in memory,
 * and every statement that SQLite guards by a savepoint (an UPDATE of a foreign key, for one) makes
 * it write them out: one by one, an article cost 600 us rather than 400.
 */
int
store_index_new(struct store *s)
{
	return s->index_from ? RUN(s, SQL_INDEX_NEW, INT(s->index_from)) : 0;
}

static int
is_indexed(const struct store *s, int64_t id)
{
	return !s->index_from || id < s->index_from;
}

/* ---- revisions ---- */

/* Keep what article ID was as a revision, and take it out of the index. */
static int
retire_text(struct store *s, int64_t id, int64_t at, const char *cause)
{
	sqlite3_stmt *st = QUERY(s, SQL_LOAD_TEXT, INT(id));
	int status = st ? store_step(s, SQL_LOAD_TEXT, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "article", id);
	if (status < 0)
		return status;
	const char *title = col_text(st, 0), *text = col_text(st, 1);
	int64_t arrival;
	status = store_put_arrival(s, id, at, 1, &arrival);
	if (!status)
		status = RUN(s, SQL_PUT_REVISION, INT(id), INT(at), TEXT(title), TEXT(text),
		    TEXT(cause), INT(col_int(st, 2)), INT(arrival), SOME(col_int(st, 3)));
	/* the index must be told the text that it holds, or it keeps ghosts of it */
	if (!status && is_indexed(s, id))
		status = RUN(s, SQL_UNINDEX_TEXT, INT(id), TEXT(title), TEXT(text));
	store_done(st);
	return status;
}

static int
update_article(struct store *s, int64_t id, const struct article *a, enum body_source source,
    int64_t at, struct arena *scratch)
{
	return RUN(s, SQL_REVISE_ARTICLE, INT(id), INT(hash_half(a->text_hash)),
	    INT(hash_half(a->text_hash + 8)), INT(a->tokens), TEXT(a->title), TEXT(a->subtitle),
	    TEXT(store_join(scratch, a->authors, a->authors_len, ", ")), DATE(a->published),
	    TEXT(precision_of(a->published)), DATE(a->modified), TEXT(a->language),
	    TEXT(a->language_source), TEXT(a->site), TEXT(a->section),
	    TEXT(store_join(scratch, a->tags, a->tags_len, ", ")), TEXT(store_web(a->image)),
	    TEXT(a->agency), TEXT(a->syndicated_from), TEXT(a->charset), INT(a->noarchive != 0),
	    TEXT(body_source_name(source)), TEXT(verdict_name(a->verdict)), REAL(a->confidence),
	    INT(a->words), INT(at), TEXT(doubt_of(scratch, a->published)), TEXT(a->published_raw),
	    TEXT(a->title_source), TEXT(a->published_source), TEXT(a->evidence));
}

int
store_revise_article(struct store *s, int64_t id, const struct article *a, enum body_source source,
    int64_t at, const char *cause)
{
	struct arena scratch = {0};
	int own, status = store_enter(s, &own);
	if (status)
		return status;
	status = retire_text(s, id, at, cause);
	if (!status)
		status = update_article(s, id, a, source, at, &scratch);
	if (!status)
		status = RUN(s, SQL_REVISE_BODY, INT(id), TEXT(text_of(a)));
	if (!status)
		status = RUN(s, SQL_DROP_OUTLINKS, INT(id));
	if (!status)
		status = put_links(s, id, a);
	if (!status && is_indexed(s, id))
		status = RUN(s, SQL_INDEX_TEXT, INT(id), TEXT(a->title), TEXT(text_of(a)));
	s->counts[COUNT_REVISIONS] += !status;
	arena_clear(&scratch);
	return store_leave(s, own, status);
}
