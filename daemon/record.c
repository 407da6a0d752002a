/* record: see include/record.h. */
#include "record.h"

#include <stdarg.h>
#include <stdio.h>

#include "buf.h"
#include "charset.h"
#include "errors.h"

#define REASON_MAX 512

static const char *const verdict_names[VERDICT_COUNT] = {
    [VERDICT_FULL] = "full",
    [VERDICT_PARTIAL] = "partial",
    [VERDICT_FEED_ONLY] = "feed_only",
    [VERDICT_PAYWALL_STUB] = "paywall_stub",
    [VERDICT_CONSENT_WALL] = "consent_wall",
    [VERDICT_BOT_CHALLENGE] = "bot_challenge",
    [VERDICT_SPA_SHELL] = "spa_shell",
    [VERDICT_ERROR_PAGE] = "error_page",
    [VERDICT_LISTING] = "listing",
    [VERDICT_LIVE_BLOG] = "live_blog",
    [VERDICT_VIDEO_ONLY] = "video_only",
    [VERDICT_NOT_ARTICLE] = "not_article",
};

static const char *const block_type_names[BLOCK_TYPE_COUNT] = {
    [BLOCK_PARAGRAPH] = "paragraph",
    [BLOCK_HEADING] = "heading",
    [BLOCK_LIST_ITEM] = "list_item",
    [BLOCK_QUOTE] = "quote",
    [BLOCK_CAPTION] = "caption",
    [BLOCK_EMBED] = "embed",
    [BLOCK_TABLE] = "table",
};

static const char *const claim_fate_names[CLAIM_FATE_COUNT] = {
    [CLAIM_LOST] = "lost",
    [CLAIM_AGREES] = "agrees",
    [CLAIM_WON] = "won",
};

static const char *const job_kind_names[JOB_KIND_COUNT] = {
    [0] = "unknown",
    [JOB_FEED] = "feed",
    [JOB_PAGE] = "page",
    [JOB_FRAGMENT] = "fragment",
    [JOB_ROBOTS] = "robots",
    [JOB_OPML] = "opml",
    [JOB_DISCOVER] = "discover",
};

static const char *const found_by_names[FOUND_BY_COUNT] = {
    [FOUND_ITSELF] = "itself",
    [FOUND_DECLARED] = "declared",
    [FOUND_LINKED] = "linked",
    [FOUND_GUESSED] = "guessed",
    [FOUND_SITEMAP] = "sitemap",
};

static const char *const feed_class_names[FEED_CLASS_COUNT] = {
    [FEED_MAIN] = "main",
    [FEED_TOPIC] = "topic",
    [FEED_PODCAST] = "podcast",
    [FEED_COMMENTS] = "comments",
};

static const char *
name_of(const char *const *names, size_t count, unsigned value)
{
	return value < count ? names[value] : "unknown";
}

const char *
verdict_name(enum verdict v)
{
	return name_of(verdict_names, VERDICT_COUNT, v);
}

const char *
block_type_name(enum block_type t)
{
	return name_of(block_type_names, BLOCK_TYPE_COUNT, t);
}

const char *
claim_fate_name(enum claim_fate f)
{
	return name_of(claim_fate_names, CLAIM_FATE_COUNT, f);
}

const char *
job_kind_name(enum job_kind k)
{
	return name_of(job_kind_names, JOB_KIND_COUNT, k);
}

const char *
found_by_name(enum found_by b)
{
	return name_of(found_by_names, FOUND_BY_COUNT, b);
}

const char *
feed_class_name(enum feed_class c)
{
	return name_of(feed_class_names, FEED_CLASS_COUNT, c);
}

struct reply *
reply_new(enum job_kind kind)
{
	struct reply *r = mem_zalloc(sizeof *r);
	r->kind = kind;
	return r;
}

const char *
reply_words(const struct reply *r)
{
	return r->reason ? r->reason : error_name(r->status);
}

void
reply_free(struct reply *r)
{
	if (!r)
		return;
	arena_clear(&r->arena);
	mem_free(r);
}

int
reply_fail(struct reply *r, int status, const char *fmt, ...)
{
	char text[REASON_MAX];
	struct buf reason;
	va_list ap;
	va_start(ap, fmt);
	int n =
	    vsnprintf(text, sizeof text, fmt, ap); /* first: the arguments may live in the arena */
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

	enum job_kind kind = r->kind;
	arena_clear(&r->arena);
	*r = (struct reply){.kind = kind, .status = status};
	/* the text may quote the document, or be cut within a character */
	buf_init(&reason, 4 * sizeof text);
	charset_repair_utf8((const uint8_t *)text, len, &reason);
	r->reason = arena_strdup(&r->arena, buf_str(&reason));
	buf_clear(&reason);
	return status;
}
