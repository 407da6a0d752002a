/*
 * newsctl, render: an article as text for eyes, as HTML and as Markdown. Built from its blocks,
 * never from the page's own markup, and escaped: what a page wrote can't become markup again.
 */
#include "newsctl_priv.h"

#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

/* The form of one kind of output. */
struct form {
	/* LEN bytes, escaped; BEGINS: they begin a line */
	void (*text)(FILE *out, const char *s, size_t len, int begins);
	void (*link)(FILE *out, const char *s, size_t len, const char *url);
	struct {
		const char *open, *close;
	} title, byline, blocks[BLOCK_TYPE_COUNT];
	const char *list_open, *list_close; /* around items in a row */
};

/* ---- the parts ---- */

/* "Ada Lind, Bo Ek - 2026-01-05 - The Harbour", or NULL. */
static char *
byline_of(const struct article *a)
{
	struct buf b;
	char iso[32];
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < a->authors_len; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", a->authors[i]);
	if (a->published.precision != DATE_NONE && *clock_iso(a->published.utc, iso) != '?')
		buf_printf(&b, "%s%.10s", b.len ? " - " : "", iso);
	if (a->site)
		buf_printf(&b, "%s%s", b.len ? " - " : "", a->site);
	char *line = b.len ? mem_strdup(buf_str(&b)) : NULL;
	buf_clear(&b);
	return line;
}

static void
put(FILE *out, const struct form *f, const char *open, const char *text, const char *close)
{
	fputs(open, out);
	f->text(out, text, strlen(text), 1);
	fputs(close, out);
}

static void
put_block(FILE *out, const struct form *f, const struct block *b)
{
	size_t at = 0, len = strlen(b->text);
	if (!f->blocks[b->type].open)
		return;
	fputs(f->blocks[b->type].open, out);
	for (size_t i = 0; i < b->links_len; i++) {
		const struct block_link *l = &b->links[i];
		f->text(out, b->text + at, l->at - at, at == 0);
		f->link(out, b->text + l->at, l->len, l->url);
		at = (size_t)l->at + l->len;
	}
	f->text(out, b->text + at, len - at, at == 0);
	fputs(f->blocks[b->type].close, out);
}

static void
print_blocks(FILE *out, const struct form *f, const struct article *a)
{
	int in_list = 0;
	for (size_t i = 0; i < a->blocks_len; i++) {
		const struct block *b = &a->blocks[i];
		int item = b->type == BLOCK_LIST_ITEM;
		if (item != in_list)
			fputs(item ? f->list_open : f->list_close, out);
		in_list = item;
		put_block(out, f, b);
	}
	if (in_list)
		fputs(f->list_close, out);
}

static void
print_article(FILE *out, const struct form *f, const struct article *a)
{
	char *byline = byline_of(a);
	if (a->title)
		put(out, f, f->title.open, a->title, f->title.close);
	if (byline)
		put(out, f, f->byline.open, byline, f->byline.close);
	print_blocks(out, f, a);
	mem_free(byline);
}

/* ---- HTML ---- */

static void
html_escape(FILE *out, const char *s, size_t len, int begins)
{
	(void)begins;
	for (const char *end = s + len; s < end; s++) {
		switch (*s) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*s, out);
		}
	}
}

static void
html_link(FILE *out, const char *s, size_t len, const char *url)
{
	fputs("<a href=\"", out);
	html_escape(out, url, strlen(url), 0);
	fputs("\">", out);
	html_escape(out, s, len, 0);
	fputs("</a>", out);
}

static const struct form html_form = {
    .text = html_escape,
    .link = html_link,
    .title = {"<h1>", "</h1>\n"},
    .byline = {"<p class=\"byline\">", "</p>\n"},
    .blocks =
	{
	    [BLOCK_PARAGRAPH] = {"<p>", "</p>\n"},
	    [BLOCK_HEADING] = {"<h2>", "</h2>\n"},
	    [BLOCK_LIST_ITEM] = {"<li>", "</li>\n"},
	    [BLOCK_QUOTE] = {"<blockquote>", "</blockquote>\n"},
	    [BLOCK_CAPTION] = {"<p class=\"caption\">", "</p>\n"},
	    [BLOCK_EMBED] = {"<p class=\"embed\">", "</p>\n"},
	    [BLOCK_TABLE] = {"<p class=\"cell\">", "</p>\n"},
	},
    .list_open = "<ul>\n",
    .list_close = "</ul>\n",
};

void
ctl_print_html(FILE *out, const struct article *a)
{
	fputs("<!DOCTYPE html>\n<html", out);
	if (a->language)
		put(out, &html_form, " lang=\"", a->language, "\"");
	fputs(">\n<head>\n<meta charset=\"utf-8\">\n", out);
	put(out, &html_form, "<title>", a->title ? a->title : "", "</title>\n");
	if (a->url)
		put(out, &html_form, "<link rel=\"canonical\" href=\"", a->url, "\">\n");
	fputs("</head>\n<body>\n<article>\n", out);
	print_article(out, &html_form, a);
	fputs("</article>\n</body>\n</html>\n", out);
}

/* ---- Markdown (CommonMark 0.31) ---- */

/* Every mark that could begin something within a line, and at its beginning also those of lists,
 * rules and underlines. */
static void
markdown_escape(FILE *out, const char *s, size_t len, int begins)
{
	const char *end = s + len;
	size_t digits = begins ? strspn(s, "0123456789") : 0;
	if (digits && digits < len && (s[digits] == '.' || s[digits] == ')')) {
		fprintf(out, "%.*s\\", (int)digits, s);
		s += digits;
	} else if (begins && len && strchr("-+=", *s)) {
		fputc('\\', out);
	}
	for (; s < end; s++) {
		if (strchr("\\`*_[]<>#|~&!$^", *s))
			fputc('\\', out);
		fputc(*s == '\n' ? ' ' : *s, out);
	}
}

/* "&copy;": what would be read as a character. */
static int
is_reference(const char *s)
{
	size_t n = strspn(s + 1, "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return n && s[1 + n] == ';';
}

/* A destination without pointed brackets: it has no space. Only what must is escaped, for readers
 * who know less than CommonMark. */
static void
markdown_link(FILE *out, const char *s, size_t len, const char *url)
{
	fputc('[', out);
	markdown_escape(out, s, len, 0);
	fputs("](", out);
	for (; *url; url++) {
		if (strchr("\\()<>`$", *url) || (*url == '&' && is_reference(url)))
			fputc('\\', out);
		fputc(*url, out);
	}
	fputc(')', out);
}

static const struct form markdown_form = {
    .text = markdown_escape,
    .link = markdown_link,
    .title = {"# ", "\n\n"},
    .byline = {"*", "*\n\n"},
    .blocks =
	{
	    [BLOCK_PARAGRAPH] = {"", "\n\n"},
	    [BLOCK_HEADING] = {"## ", "\n\n"},
	    [BLOCK_LIST_ITEM] = {"- ", "\n"},
	    [BLOCK_QUOTE] = {"> ", "\n\n"},
	    [BLOCK_CAPTION] = {"*", "*\n\n"},
	    [BLOCK_EMBED] = {"", "\n\n"},
	    [BLOCK_TABLE] = {"", "\n\n"},
	},
    .list_open = "",
    .list_close = "\n",
};

void
ctl_print_markdown(FILE *out, const struct article *a)
{
	print_article(out, &markdown_form, a);
}

/* ---- text ---- */

static void
print_styled(FILE *out, const char *style, const char *text)
{
	fputs(ctl_style(style), out);
	ctl_print_wrapped(out, text, ctl_terminal_width(), 0);
	fputs(ctl_style("off"), out);
}

void
ctl_print_article(FILE *out, const struct article *a)
{
	static const struct {
		const char *mark, *style;
	} marks[BLOCK_TYPE_COUNT] = {
	    [BLOCK_PARAGRAPH] = {"", NULL},
	    [BLOCK_HEADING] = {"", "bold"},
	    [BLOCK_LIST_ITEM] = {"- ", NULL},
	    [BLOCK_QUOTE] = {"> ", NULL},
	};
	char *byline = byline_of(a);
	if (a->title)
		print_styled(out, "bold", a->title);
	if (byline)
		print_styled(out, "dim", byline);
	mem_free(byline);
	for (size_t i = 0; i < a->blocks_len; i++) {
		enum block_type type = a->blocks[i].type;
		if (!marks[type].mark)
			continue;
		if (type != BLOCK_LIST_ITEM || i == 0 || a->blocks[i - 1].type != type)
			fputc('\n', out);
		char *text = mem_printf("%s%s", marks[type].mark, a->blocks[i].text);
		print_styled(out, marks[type].style, text);
		mem_free(text);
	}
}
