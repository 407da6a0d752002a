/*
 * When it was published and changed. What is declared for the article goes before what only stands
 * on the page, and there what stands between title and body before the rest; the address comes
 * between them.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"
#include "url.h"

#define DATE_WORDS 6    /* of a date in a longer text */
#define LINES_MAX  1000 /* with a digit, that are looked at */
#define LINE_MAX   160  /* bytes of a line that may be a dateline */
#define LABEL_MAX  24   /* ... of one that only says what the next is */
#define YEAR_MIN   1990 /* of a date that is only shown */
#define YEAR_MAX   2100
#define COST_URL   9
#define COST_NONE  1000

struct pick {
	struct date date;
	const char *source;
	const char *raw; /* as written, NULL: in the address */
	unsigned cost;   /* smaller is surer */
};

struct picks {
	struct pick published, modified;
};

/* A date within a text. */
struct found {
	struct date date;
	size_t at;       /* its first digit */
	const char *raw; /* its words */
};

/* What stands before a date and says what it is of. The case of ASCII alone is disregarded. */
static const char *const change_cues[] = {"updated", "update", "modified", "revised",
    "aktualisiert", "geändert", "mis à jour", "maj", "mise à jour", "actualizado", "atualizado",
    "actualización", "atualização", "aggiornamento", "Änderung", "aktualisierung", "wijziging",
    "aggiornato", "bijgewerkt", "gewijzigd", "oppdatert", "opdateret", "uppdaterad", "päivitetty",
    "zaktualizowano", "aktualizace", "aktualizováno", "обновлено", "Обновлено", "изменено",
    "Изменено", "оновлено", "Оновлено", "güncelleme", "更新", "تحديث", "last reviewed", "reviewed",
    "edited", "stand"};
static const char *const publish_cues[] = {"published", "posted", "publish", "created", "written",
    "first published", "veröffentlicht", "veröffentlichung", "erschienen", "erstellt", "publié",
    "publication", "mis en ligne", "publicado", "publicada", "publicación", "publicação",
    "pubblicato", "pubblicata", "pubblicazione", "gepubliceerd", "publisert", "udgivet",
    "publicerad", "julkaistu", "opublikowano", "vydáno", "опубликовано", "Опубликовано",
    "yayınlanma", "公開", "発表", "配信", "نشر", "post time"};

/* Forms without a date write the epoch, or year 1. */
static int
try_date(const char *s, struct date *out)
{
	struct date d;
	if (!s || date_parse(s, &d) || d.precision < DATE_DAY || (d.utc >= 0 && d.utc < 86400) ||
	    d.utc < date_days(1700, 1, 1) * 86400)
		return 0;
	*out = d;
	return 1;
}

static int
is_recent(const struct date *d)
{
	return d->utc >= date_days(YEAR_MIN, 1, 1) * 86400 &&
	       d->utc < date_days(YEAR_MAX, 1, 1) * 86400;
}

/* LEN of S without a word that inline markup let run into the year: "May 3, 2024Ada". */
static size_t
before_glued_word(const char *s, size_t len)
{
	for (size_t i = 4; i < len; i++)
		if (((s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z')) && s[i] != 'T' &&
		    strspn(s + i - 4, "0123456789") == 4)
			return i;
	return len;
}

/* Is there a digit among the next three words of S? A date begins no earlier. */
static int
is_before_number(const char *s)
{
	for (int words = 0; *s && words < 3; s++) {
		if (*s >= '0' && *s <= '9')
			return 1;
		words += *s == ' ' || *s == '\n';
	}
	return 0;
}

/* Is the word or words of LEN bytes at S, without what encloses them, a date? */
static int
is_date(struct arena *a, const char *s, size_t len, struct found *out)
{
	size_t start = 0;
	while (len && strchr(",.|):;•·", s[len - 1]))
		len--;
	len = before_glued_word(s, len);
	while (start < len && strchr("([|", s[start]))
		start++;
	char *part = arena_strndup(a, s + start, len - start);
	/* a number alone is no date in a text */
	if (strspn(part, "0123456789") == len - start || !try_date(part, &out->date) ||
	    !is_recent(&out->date))
		return 0;
	out->at = start + strcspn(part, "0123456789");
	out->raw = part;
	return 1;
}

/* The parser passes over a word before a date: it is none of what was written of it. */
static void
drop_first_words(struct arena *a, struct found *f)
{
	for (const char *s; (s = strchr(f->raw, ' ')); f->raw = s) {
		struct found less;
		s += strspn(s, " |");
		if (!is_date(a, s, strlen(s), &less) || less.date.utc != f->date.utc ||
		    less.date.precision != f->date.precision)
			return;
	}
}

/* The first date within the short text S: "Published August 7, 2023 by ...". */
static int
find_date(struct arena *a, const char *s, struct found *out)
{
	for (size_t from = 0; s[from]; from += s[from] != 0) {
		size_t ends[DATE_WORDS], n = 0;
		for (size_t end = from; n < DATE_WORDS && s[end] && is_before_number(s + from);) {
			end += strcspn(s + end, " \n");
			ends[n++] = end;
			end += s[end] != '\0';
		}
		while (n--)
			if (is_date(a, s + from, ends[n] - from, out)) {
				out->at += from;
				drop_first_words(a, out);
				return 1;
			}
		from += strcspn(s + from, " \n");
	}
	return 0;
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The last cue in the first LEN bytes of S: where it is, 0 for none. */
static size_t
last_cue(struct arena *a, const char *const cues[], size_t n, const char *s, size_t len)
{
	size_t last = 0;
	char *before = arena_strndup(a, s, len);
	for (size_t i = 0; i < n; i++)
		for (const char *p = before; (p = strcasestr(p, cues[i])); p++)
			if ((p == before || !is_letter(p[-1])) && (size_t)(p - before) + 1 > last)
				last = (size_t)(p - before) + 1;
	return last;
}

#define LAST_CUE(a, cues, s, len) last_cue(a, cues, sizeof(cues) / sizeof *(cues), s, len)

/* What of LEN bytes before a date says: 1 that something was changed then, -1 published, 0 nothing.
 */
static int
cue_before(struct arena *a, const char *s, size_t len)
{
	size_t change = LAST_CUE(a, change_cues, s, len),
	       publish = LAST_CUE(a, publish_cues, s, len);
	return change > publish ? 1 : publish ? -1 : 0;
}

static int
has_digit(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] >= '0' && s[i] <= '9')
			return 1;
	return 0;
}

/* The same of a date that has LEN bytes of its line I before it, or a label for a line before that:
 * "Published" in a heading, the date below. */
static int
cue_of(struct page *p, size_t i, const char *text, size_t len)
{
	int cue = cue_before(p->a, text, len);
	struct line *label = i && !cue && !len ? &p->lines[i - 1] : NULL;
	if (!label || label->kind == LINE_EMBED || label->len > LABEL_MAX * 2 ||
	    has_digit(p->raw + label->at, label->len))
		return cue;
	const char *words = line_text(p, label);
	return strlen(words) <= LABEL_MAX ? cue_before(p->a, words, strlen(words)) : 0;
}

static void
offer(struct pick *to, struct pick one, int or_later)
{
	if (one.cost < to->cost || (or_later && one.cost == to->cost))
		*to = one;
}

static unsigned
place_cost(enum place_kind place)
{
	static const unsigned costs[] = {[PLACE_HEAD] = 0,
	    [PLACE_ABOVE] = 10,
	    [PLACE_TAIL] = 20,
	    [PLACE_BODY] = 30,
	    [PLACE_ELSEWHERE] = 50};
	return costs[place];
}

/* The line in which N begins; p->lines_len when there is none or it is long. */
static size_t
line_around(struct page *p, const struct html_node *n)
{
	while (n && !n->data)
		n = n->parent;
	size_t i = n ? element_of(n)->first_line : p->lines_len;
	return i < p->lines_len && p->lines[i].len <= LINE_MAX * 3 ? i : p->lines_len;
}

static int
is_of_change(struct page *p, const struct claim *c)
{
	static const char *const marks[] = {"updated", "modified", "lastmod", "last-mod", "update"};
	const char *class = html_attr(c->node, "class"), *text;
	for (size_t i = 0; class && i < sizeof marks / sizeof *marks; i++)
		if (strcasestr(class, marks[i]) && !strcasestr(class, "publish"))
			return 1;
	if (c->node->tag != HTML_TIME)
		return cue_before(p->a, c->value, strcspn(c->value, "0123456789")) > 0;
	text = html_text_start(p->a, (struct html_node *)(uintptr_t)c->node, 60);
	text = text_line(p->a, text, strlen(text), 60);
	size_t line = line_around(p, c->node);
	const char *whole = line < p->lines_len ? line_text(p, &p->lines[line]) : NULL;
	const char *at = whole && *text ? strstr(whole, text) : NULL;
	return at && cue_of(p, line, whole, (size_t)(at - whole)) > 0;
}

static void
read_marks(struct page *p, struct picks *picks)
{
	for (size_t i = 0; i < p->meta.claims_len; i++) {
		const struct claim *c = &p->meta.claims[i];
		struct found f = {.raw = c->value};
		if ((c->slot != META_PUBLISHED && c->slot != META_MODIFIED) || !c->node ||
		    place_is_junk(p, c->node) ||
		    (!try_date(c->value, &f.date) && !find_date(p->a, c->value, &f)))
			continue;
		enum place_kind place = place_of(p, c->node);
		unsigned cost = c->rank == META_BODY_RANKS ? place_cost(place) / 10
							   : place_cost(place) + c->rank - 9;
		int change =
		    c->slot == META_MODIFIED || (c->rank != META_BODY_RANKS && is_of_change(p, c));
		offer(change ? &picks->modified : &picks->published,
		    (struct pick){f.date, c->source, f.raw, cost}, place == PLACE_ABOVE);
	}
}

int
date_in_lines(struct page *p, size_t from, size_t to)
{
	struct found f;
	for (size_t i = from; i < to && i < p->lines_len; i++) {
		struct line *l = &p->lines[i];
		if (i != p->title_line && l->len <= LINE_MAX && has_digit(p->raw + l->at, l->len) &&
		    find_date(p->a, line_text(p, l), &f))
			return 1;
	}
	return 0;
}

static void
read_lines(struct page *p, struct picks *picks)
{
	size_t tried = 0;
	for (size_t i = 0; i < p->lines_len && tried < LINES_MAX; i++) {
		struct line *l = &p->lines[i];
		enum place_kind place = place_of_line(p, i);
		struct found f;
		if (i == p->title_line || l->kind == LINE_EMBED || l->len > LINE_MAX * 3 ||
		    l->weight < 6 || (place == PLACE_BODY && l->kept) ||
		    place_is_junk(p, l->block) || !has_digit(p->raw + l->at, l->len))
			continue;
		tried++;
		const char *text = line_text(p, l);
		int far = place == PLACE_ELSEWHERE || place == PLACE_BODY;
		if (strlen(text) > LINE_MAX ||
		    (far && !cue_before(p->a, text, strlen(text)) && !cue_of(p, i, text, 0)) ||
		    !find_date(p->a, text, &f))
			continue;
		int cue = cue_of(p, i, text, strncmp(text, f.raw, strlen(f.raw)) ? f.at : 0);
		if (far && (!cue || strlen(text) > LINE_MAX / 2))
			continue;
		offer(cue > 0 ? &picks->modified : &picks->published,
		    (struct pick){f.date, "text", f.raw, place_cost(place) + 6},
		    place == PLACE_ABOVE);
	}
}

static void
read_head(struct page *p, struct picks *picks)
{
	for (size_t i = 0; i < p->meta.claims_len; i++) {
		const struct claim *c = &p->meta.claims[i];
		struct pick *to = c->slot == META_PUBLISHED  ? &picks->published
				  : c->slot == META_MODIFIED ? &picks->modified
							     : NULL;
		struct date d;
		if (to && !c->node && (!to->source || c->rank < to->cost) && try_date(c->value, &d))
			*to = (struct pick){d, "meta", c->value, c->rank};
	}
}

/* Day and month of D may stand in either order, and the address says in which. */
static void
settle_order(struct date *d, const struct date *address)
{
	int64_t other = d->utc + (int64_t)d->swap_days * 86400;
	if (d->doubt & DATE_DOUBT_ORDER && !(address->doubt & DATE_DOUBT_ORDER) &&
	    other / 86400 == address->utc / 86400) {
		d->utc = other;
		d->doubt &= ~(unsigned)DATE_DOUBT_ORDER;
		d->swap_days = 0;
	}
}

void
dates_choose(struct page *p)
{
	struct picks shown = {.published.cost = COST_NONE, .modified.cost = COST_NONE};
	struct picks said = {.published.source = NULL};
	struct article *art = p->article;
	struct date d;
	read_head(p, &said);
	if (try_date(p->ld.date_published, &d))
		said.published = (struct pick){d, "jsonld", p->ld.date_published, 0};
	if (try_date(p->ld.date_modified, &d))
		said.modified = (struct pick){d, "jsonld", p->ld.date_modified, 0};
	if (!said.published.source || !said.modified.source) {
		read_marks(p, &shown);
		if (!said.published.source)
			read_lines(p, &shown);
		if (date_in_address(p->a, p->url, &d)) {
			settle_order(&shown.published.date, &d);
			offer(&shown.published, (struct pick){d, "url", NULL, COST_URL}, 0);
		}
	}
	const struct pick *modified = said.modified.source ? &said.modified : &shown.modified;
	const struct pick *published = said.published.source    ? &said.published
				       : shown.published.source ? &shown.published
								: modified;
	art->published = published->date;
	art->published_raw = arena_strdup(p->a, published->raw);
	art->modified = modified->date;
	if (published->source)
		art->published_source =
		    arena_strdup(p->a, published == modified ? "modified" : published->source);
}
