/*
 * newsctl why-dup: what two articles have in common and why they are, or are not, one story: what
 * was decided, what is measured, and both texts with their shared words marked. Only the store is
 * asked.
 */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "stories.h"
#include "table.h"
#include "text.h"

#define TEXT_MAX ((size_t)4 << 20) /* of a text with its marks */

/* One of the two, as it is compared. */
struct half {
	int64_t id;
	struct story_text text;
	struct story_article article;
	char *title, *url;
};

struct why_dup {
	struct half a, b;
	struct relation_row decided; /* article_id 0: nothing was */
	struct story_evidence evidence;
	struct arena arena;
};

/* ---- reading ---- */

static int
keep_names(const struct article_row *row, void *arg)
{
	struct half *h = arg;
	h->title = mem_strdup(row->title ? row->title : "(no title)");
	h->url = mem_strdup(row->url);
	return 0;
}

static int
read_half(struct store *store, struct why_dup *w, struct half *h)
{
	int rc = store_load_story_text(store, h->id, INT64_MAX, &w->arena, &h->text);
	if (rc == 0)
		rc = store_read_article(store, h->id, keep_names, h);
	h->article = (struct story_article){.text = h->text.text,
	    .site = h->text.site,
	    .published = h->text.published,
	    .at = h->text.at};
	if (rc == ERR_NOT_FOUND)
		ctl_complain("there is no article %" PRId64, h->id);
	else if (rc != 0)
		ctl_complain_store(store);
	return rc;
}

/* The first relation that fits: to the other that was asked for, or, for none, the nearest. */
static void
on_relation(const struct relation_row *row, void *arg)
{
	struct why_dup *w = arg;
	int64_t other = row->article_id == w->a.id ? row->link.of : row->article_id;
	if (!w->decided.article_id && (!w->b.id || w->b.id == other)) {
		w->decided = *row;
		w->b.id = other;
	}
}

static int
read_both(struct store *store, struct why_dup *w)
{
	int rc = read_half(store, w, &w->a);
	if (rc != 0)
		return rc;
	if (store_each_relation(store, w->a.id, on_relation, w) != 0) {
		ctl_complain_store(store);
		return ERR_IO;
	}
	if (!w->b.id) {
		ctl_complain("article %" PRId64 " was found to be near to no other, nor another "
			     "of its story to it; name one to compare it with",
		    w->a.id);
		return ERR_NOT_FOUND;
	}
	return read_half(store, w, &w->b);
}

/* ---- the texts, marked ---- */

/* A piece of a text: its bytes, how many tokens it has. */
struct piece {
	size_t bytes, tokens;
};

static size_t
tokens_in(const char *s, size_t len)
{
	struct arena scratch = {0};
	size_t count;
	char *piece = arena_strndup(&scratch, s, len);
	text_tokens(&scratch, piece, &count);
	arena_clear(&scratch);
	return count;
}

static size_t
glyph_bytes(const char *s)
{
	size_t n = 1;
	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* 1: each character of the word is a token, as in scripts without word spaces. */
static int
is_of_characters(const char *s, size_t len, size_t tokens)
{
	size_t sum = 0;
	for (size_t i = 0; i < len; i += glyph_bytes(s + i))
		sum += tokens_in(s + i, glyph_bytes(s + i));
	return sum == tokens;
}

/* The next piece of S: a word with what follows it up to the next space; or a character of one that
 * has many tokens. */
static struct piece
next_piece(const char *s)
{
	size_t len = strcspn(s, " \n");
	struct piece p = {len, tokens_in(s, len)};
	if (p.tokens > 1 && is_of_characters(s, len, p.tokens)) {
		p.bytes = glyph_bytes(s);
		p.tokens = tokens_in(s, p.bytes);
	}
	return p;
}

/* Most of the tokens from AT on are flagged. */
static int
is_shared(const struct story_side *side, size_t at, size_t tokens)
{
	size_t n = 0;
	for (size_t i = at; i < at + tokens && i < side->tokens; i++)
		n += side->shared[i];
	return n * 2 > tokens;
}

/* TEXT with START and END around each run of words that are shared; made safe for a terminal but
 * for these. */
static char *
marked(const char *text, const struct story_side *side, const char *start, const char *end)
{
	struct buf out;
	size_t token = 0;
	int open = 0;
	buf_init(&out, TEXT_MAX);
	while (*text) {
		if (*text == ' ' || *text == '\n') {
			if (*text == '\n' && open)
				buf_add_str(&out, end);
			open = *text == '\n' ? 0 : open;
			buf_add_char(&out, *text++);
			continue;
		}
		struct piece p = next_piece(text);
		int shared = p.tokens ? is_shared(side, token, p.tokens) : open;
		if (shared != open)
			buf_add_str(&out, shared ? start : end);
		open = shared;
		char *raw = mem_strndup(text, p.bytes), *safe = table_safe(raw);
		buf_add_str(&out, safe);
		mem_free(raw);
		mem_free(safe);
		token += p.tokens;
		text += p.bytes;
	}
	if (open)
		buf_add_str(&out, end);
	char *result = mem_strdup(buf_str(&out));
	buf_clear(&out);
	return result;
}

/* ---- in words ---- */

static void
print_half(const char *name, const struct half *h)
{
	char iso[32], *title = table_safe(h->title), *url = table_safe(h->url),
		      *site = table_safe(h->text.site);
	int64_t when = h->text.published ? h->text.published : h->text.at;
	printf("%s%s%s  article %" PRId64 ", story %" PRId64 ", %s, %s %s\n   %s\n   %s\n",
	    ctl_style("bold"), name, ctl_style("off"), h->id, h->text.story_id, site,
	    h->text.published ? "published" : "seen", clock_iso(when, iso), title, url);
	mem_free(title);
	mem_free(url);
	mem_free(site);
}

static void
print_decided(const struct why_dup *w)
{
	char iso[32];
	const struct relation_row *d = &w->decided;
	if (!d->article_id) {
		printf("\nNothing was decided about these two when they came.\n");
		return;
	}
	printf("\nDecided %s: %s is %s%s%s to %s, by the rule \"%s\"\n   similarity %.3f, "
	       "containment %.3f, figures %.3f\n",
	    clock_iso(d->at, iso), d->article_id == w->a.id ? "A" : "B", ctl_style("green"),
	    story_kind_name(d->link.kind), ctl_style("off"), d->article_id == w->a.id ? "B" : "A",
	    story_rule_name(d->link.rule), d->link.similarity, d->link.containment,
	    d->link.figures);
}

static void
print_evidence(const struct story_evidence *e)
{
	const struct story_side *sides[] = {&e->a, &e->b};
	if (e->kind)
		printf("\nMeasured now: A is %s to B, by the rule \"%s\"\n   %s\n",
		    story_kind_name(e->kind), story_rule_name(e->rule), story_rule_help(e->rule));
	else
		printf("\nMeasured now: nothing\n   %s\n", e->refusal);
	printf("   similarity %.3f, containment %.3f, resemblance %.3f\n"
	       "   figures %.3f: %u agree, %u stand in another's place\n"
	       "   longest passage %u words; %.1f hours apart\n",
	    e->similarity, e->containment, e->resemblance, e->figures, e->agree, e->conflict,
	    e->passage, (double)e->distance_s / 3600);
	for (int i = 0; i < 2; i++)
		printf("   %s: %u words, covered %.3f, spread %.3f, head %.3f, before %.3f\n",
		    i ? "B" : "A", sides[i]->tokens, sides[i]->covered, sides[i]->spread,
		    sides[i]->head, sides[i]->before);
}

static void
print_text(const char *name, const struct half *h, const struct story_side *side)
{
	const char *start = ctl_style("green"), *end = ctl_style("off");
	char *text = marked(h->text.text, side, *start ? start : "[", *end ? end : "]");
	printf("\n%s%s%s\n%s\n", ctl_style("bold"), name, ctl_style("off"), text);
	mem_free(text);
}

static void
print_why(const struct why_dup *w)
{
	print_half("A", &w->a);
	print_half("B", &w->b);
	print_decided(w);
	print_evidence(&w->evidence);
	print_text("A", &w->a, &w->evidence.a);
	print_text("B", &w->b, &w->evidence.b);
}

/* ---- as JSON ---- */

static struct json_object *
half_json(const struct half *h, const struct story_side *side)
{
	struct json_object *o = json_object_new_object();
	char *text = marked(h->text.text, side, "[", "]");
	ctl_put_int(o, "article", h->id);
	ctl_put_int(o, "story", h->text.story_id);
	ctl_put_str(o, "site", h->text.site);
	ctl_put_str(o, "title", h->title);
	ctl_put_str(o, "url", h->url);
	ctl_put_time(o, "published", h->text.published);
	ctl_put_time(o, "seen", h->text.at);
	ctl_put_int(o, "words", side->tokens);
	ctl_put_double(o, "covered", side->covered);
	ctl_put_double(o, "spread", side->spread);
	ctl_put_double(o, "head", side->head);
	ctl_put_double(o, "before", side->before);
	ctl_put_str(o, "marked", text);
	mem_free(text);
	return o;
}

static struct json_object *
decided_json(const struct relation_row *d)
{
	if (!d->article_id)
		return NULL;
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "article", d->article_id);
	ctl_put_int(o, "of", d->link.of);
	ctl_put_str(o, "relation", story_kind_name(d->link.kind));
	ctl_put_str(o, "rule", story_rule_name(d->link.rule));
	ctl_put_double(o, "similarity", d->link.similarity);
	ctl_put_double(o, "containment", d->link.containment);
	ctl_put_double(o, "figures", d->link.figures);
	ctl_put_time(o, "at", d->at);
	return o;
}

static struct json_object *
why_json(const struct why_dup *w)
{
	const struct story_evidence *e = &w->evidence;
	struct json_object *o = json_object_new_object();
	ctl_put(o, "decided", decided_json(&w->decided));
	ctl_put_str(o, "relation", e->kind ? story_kind_name(e->kind) : NULL);
	ctl_put_str(o, "rule", e->kind ? story_rule_name(e->rule) : NULL);
	ctl_put_str(o, "reason", e->kind ? story_rule_help(e->rule) : e->refusal);
	ctl_put_double(o, "similarity", e->similarity);
	ctl_put_double(o, "containment", e->containment);
	ctl_put_double(o, "resemblance", e->resemblance);
	ctl_put_double(o, "figures", e->figures);
	ctl_put_int(o, "figures_agree", e->agree);
	ctl_put_int(o, "figures_differ", e->conflict);
	ctl_put_int(o, "passage", e->passage);
	ctl_put_int(o, "distance_s", e->distance_s);
	ctl_put(o, "a", half_json(&w->a, &e->a));
	ctl_put(o, "b", half_json(&w->b, &e->b));
	return o;
}

enum ctl_exit
ctl_run_why_dup(struct ctl *ctl, int argc, char **argv)
{
	struct store *store;
	struct why_dup w = {0};
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	w.a.id = ctl_find_article(store, argv[0]);
	if (w.a.id && argc > 1)
		w.b.id = ctl_find_article(store, argv[1]);
	status = CTL_FAILED;
	if (w.a.id && w.a.id == w.b.id) {
		ctl_complain("both are article %" PRId64, w.a.id);
	} else if (w.a.id && (argc == 1 || w.b.id) && read_both(store, &w) == 0) {
		stories_explain(&w.arena, &w.a.article, &w.b.article, &w.evidence);
		if (ctl->json)
			ctl_print_json(stdout, why_json(&w));
		else
			print_why(&w);
		status = CTL_OK;
	}
	mem_free(w.a.title);
	mem_free(w.a.url);
	mem_free(w.b.title);
	mem_free(w.b.url);
	arena_clear(&w.arena);
	store_close(store);
	return status;
}
