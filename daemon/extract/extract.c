/*
 * extract: see include/extract.h. The road from bytes to article, and the blocks.
 */
#include <libxml/parser.h>
#include <string.h>

#include "charset.h"
#include "extract_priv.h"
#include "signature.h"
#include "text.h"
#include "url.h"

#define BINARY_BYTES 65536
#define LD_SHARE     0.7 /* a body with fewer words than this share of articleBody is doubtful */

void
extract_prepare(void)
{
	struct arena a = {0};
	struct jsonld_article ld = {.is_accessible_for_free = -1};
	charset_preload();
	jsonld_read(&a, "{}", 2, &ld);
	arena_clear(&a);
}

/* ---- blocks and text ---- */

enum block_type
line_block_type(const struct line *l)
{
	switch (l->kind) {
	case LINE_HEADING:
		return BLOCK_HEADING;
	case LINE_ITEM:
		return BLOCK_LIST_ITEM;
	case LINE_QUOTE:
		return BLOCK_QUOTE;
	default:
		return BLOCK_PARAGRAPH;
	}
}

/* Returns how many blocks there are now, 0 when TEXT makes none. */
static unsigned
add_block(struct page *p, enum block_type type, const char *text)
{
	struct article *art = p->article;
	if (!*text)
		return 0;
	*ARENA_PUSH(p->a, art->blocks, art->blocks_len) =
	    (struct block){.type = type, .text = arena_strdup(p->a, text)};
	return (unsigned)art->blocks_len;
}

static void
make_blocks(struct page *p)
{
	const struct element *e = element_of(p->container);
	for (size_t i = 0; i < e->first_line + e->lines; i++) {
		struct line *l = &p->lines[i];
		if (l->kept) {
			l->as_block = add_block(p, line_block_type(l), line_text(p, l));
		} else if (i < e->first_line) {
			continue;
		} else if (l->rule == RULE_CAPTION) {
			add_block(p, BLOCK_CAPTION, line_text(p, l));
		} else if (l->rule == RULE_TABLE) {
			add_block(p, BLOCK_TABLE, line_text(p, l));
		} else if (l->kind == LINE_EMBED) {
			char *src = url_resolve(p->a, p->url, line_text(p, l));
			if (src && url_is_web(src) >= 0)
				add_block(p, BLOCK_EMBED, src);
		}
	}
}

static int
is_text(enum block_type t)
{
	return t == BLOCK_PARAGRAPH || t == BLOCK_HEADING || t == BLOCK_LIST_ITEM ||
	       t == BLOCK_QUOTE;
}

static void
make_text(struct page *p)
{
	struct article *art = p->article;
	size_t len = 0, at = 0;
	for (size_t i = 0; i < art->blocks_len; i++)
		if (is_text(art->blocks[i].type))
			len += strlen(art->blocks[i].text) + 1;
	char *text = art->text = arena_alloc(p->a, len + 1);
	for (size_t i = 0; i < art->blocks_len; i++) {
		if (!is_text(art->blocks[i].type))
			continue;
		size_t n = strlen(art->blocks[i].text);
		if (at + n + 1 > EXTRACT_TEXT_MAX)
			break;
		if (at)
			text[at++] = '\n';
		memcpy(text + at, art->blocks[i].text, n);
		at += n;
	}
	text[at] = '\0';
	art->words = (uint32_t)text_words(text);
	signature_text(text, art->text_hash, &art->tokens);
}

int
extract_ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);
	return len >= n && !strcmp(s + len - n, end);
}

/* JSON-LD may hold the body where the page holds less of it, also as markup. */
static void
use_jsonld_body(struct page *p)
{
	const char *body = p->ld.article_body;
	struct article *art = p->article, *markup;
	if (!body || extract_ends_with(body, "...") || extract_ends_with(body, "…") ||
	    art->words >= (double)text_words(body) * LD_SHARE)
		return;
	if (strstr(body, "</") &&
	    !extract_fragment(p->a, p->url, body, strlen(body), &markup, NULL))
		body = markup->text;
	if (art->words >= (double)text_words(body) * LD_SHARE)
		return;
	art->blocks = NULL;
	art->blocks_len = 0;
	while (*body) {
		size_t n = strcspn(body, "\n");
		add_block(p, BLOCK_PARAGRAPH, arena_strndup(p->a, body, n));
		body += n + (body[n] != '\0');
	}
	art->from_jsonld = 1;
	make_text(p);
}

/* ---- the road ---- */

#ifdef NEWSD_DEBUG_HOOKS
void (*extract_on_page)(struct page *p);
#endif

static struct html_node *
body_of(struct html_doc *doc)
{
	return doc->body ? doc->body : doc->root;
}

static void
extract_body(struct page *p)
{
	container_choose(p);
	judge_lines(p);
	credits_take(p);
	make_blocks(p);
	make_text(p);
}

/* The share of "binary data bytes" (WHATWG MIME Sniffing 3) in the first BINARY_BYTES of TEXT. */
static double
binary_share(struct view text)
{
	static const uint32_t binary =
	    0xf7ffc9ff; /* not tab, line feed, form feed, return, escape */
	size_t n = text.len < BINARY_BYTES ? text.len : BINARY_BYTES, found = 0;
	for (size_t i = 0; i < n; i++)
		found += text.data[i] < 0x20 && (binary >> text.data[i] & 1);
	return n ? (double)found / (double)n : 0;
}

int
extract_page(struct arena *a, const char *url, const char *content_type, const uint8_t *body,
    size_t len, struct article **out, struct fault *f)
{
	static const struct extract_wish none;
	return extract_page_as(a, &none, url, content_type, body, len, out, f);
}

int
extract_page_as(struct arena *a, const struct extract_wish *wish, const char *url,
    const char *content_type, const uint8_t *body, size_t len, struct article **out,
    struct fault *f)
{
	struct page p = {.a = a, .url = url};
	struct charset_result charset;
	struct buf room;
	struct view text;
	buf_init(&room, len * 3 + 16);
	int err = charset_view_utf8(body, len, content_type, CHARSET_HTML, &room, &text, &charset);
	if (!err)
		err = html_parse(a, (const char *)text.data, text.len, &p.doc);
	if (!err && room.len) /* what is UTF-8 as it came is text */
		p.binary = binary_share(text);
	buf_clear(&room);
	if (err)
		return fault_set(
		    f, err, "the page of %zu bytes is over the limits of the parser", len);
	p.article = arena_zalloc(a, sizeof *p.article);
	p.article->charset = arena_strdup(a, charset.name);
	p.article->text = arena_strdup(a, "");
	p.body = body_of(p.doc);
	lines_build(&p);
	witness_hear(&p, wish->witness_title, wish->witness);
	meta_collect(&p);
	metadata_choose(&p);
	extract_body(&p);
	use_jsonld_body(&p);
	metadata_choose_rest(&p);
	verdict_judge(&p);
	if (wish->trace)
		trace_page(&p);
#ifdef NEWSD_DEBUG_HOOKS
	if (extract_on_page)
		extract_on_page(&p);
#endif
	lines_free(&p);
	*out = p.article;
	return 0;
}

int
extract_fragment(struct arena *a, const char *url, const char *html, size_t len,
    struct article **out, struct fault *f)
{
	struct page p = {.a = a, .url = url};
	int err = html_parse_fragment(a, html, len, &p.doc);
	if (err)
		return fault_set(
		    f, err, "the fragment of %zu bytes is over the limits of the parser", len);
	p.article = arena_zalloc(a, sizeof *p.article);
	p.body = p.container = p.doc->root;
	lines_build(&p);
	for (size_t i = 0; i < p.lines_len; i++)
		p.lines[i].kept = p.lines[i].kind != LINE_EMBED;
	make_blocks(&p);
	make_text(&p);
	for (struct html_node *n = p.body; n && !p.article->image; n = html_next(p.body, n))
		if (n->tag == HTML_IMG && html_attr(n, "src"))
			p.article->image = url_resolve(a, url, html_attr(n, "src"));
	p.article->verdict = *p.article->text ? VERDICT_FEED_ONLY : VERDICT_NOT_ARTICLE;
	p.article->confidence = 1;
	lines_free(&p);
	*out = p.article;
	return 0;
}
