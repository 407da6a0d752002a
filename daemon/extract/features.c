/*
 * The features of lines: see line_features.h. Fills page.features; owns nothing else. Each element
 * and line is looked at a bounded number of times.
 */
#include <string.h>

#include "extract_priv.h"
#include "hash.h"
#include "text.h"

#define STRONG_MIN   60  /* weight of a line that can only be body or junk with prose */
#define NEAR         5   /* lines on each side that are near */
#define TEXT_LOOK    300 /* bytes of a line of which characters are counted */
#define CLAIM_LOOK   100 /* bytes of a line that are looked for in what the page says of itself */
#define CLAIM_MIN    12  /* weight of a line that is looked for */
#define SERVICES_MAX 500 /* weight of a line that may be about services */
#define HEAD_MAX     40  /* weight of a line that may head the comments */
#define PHRASE_MAX   160 /* weight of a line that may be a phrase of furniture */

static int16_t
small(double v)
{
	return (int16_t)(v > 30000 ? 30000 : v < -30000 ? -30000 : v);
}

static int16_t
percent(double part, double whole)
{
	return whole > 0 ? small(part * 100 / whole + 0.5) : 0;
}

/* ---- elements ---- */

static uint64_t
signature_of(const struct html_node *n)
{
	const char *class = html_attr(n, "class");
	return hash64_str(class ? class : "") ^ ((uint64_t)n->tag << 40);
}

/* Count siblings of the same tag and class. */
static void
count_alike(struct page *p)
{
	struct map counts = {0};
	for (struct html_node *n = html_next(p->container, p->container); n;
	     n = html_next(p->container, n)) {
		struct element *e = n->data;
		if (!e || !html_is_block(n->tag))
			continue;
		e->signature = signature_of(n);
		uint64_t key = (e->signature ^ ((uintptr_t)n->parent * 0x9e3779b97f4a7c15u)) | 1;
		unsigned *count = map_get(&counts, key);
		if (!count) {
			count = arena_zalloc(p->a, sizeof *count);
			map_put(&counts, key, count);
		}
		++*count;
		e->siblings = count;
	}
	map_clear(&counts);
}

static struct html_node *
holder_of(const struct page *p, const struct line *l)
{
	struct html_node *n = l->block;
	return l->kind == LINE_TEXT || l->kind == LINE_PRE || n == p->body ? n : n->parent;
}

/* The element that holds most paragraphs of its own, and the steps from it up. */
static void
find_main(struct page *p)
{
	struct html_node *main = p->container;
	double most = 0;
	for (size_t i = p->first; i < p->last; i++) {
		const struct line *l = &p->lines[i];
		if (l->worth <= 0 || line_is_junk(p, l))
			continue;
		struct html_node *n = holder_of(p, l);
		struct element *e = n->data;
		e->own_prose += l->worth;
		if (e->own_prose > most) {
			most = e->own_prose;
			main = n;
		}
	}
	unsigned steps = 1;
	for (struct html_node *n = main; n; n = n == p->body ? NULL : n->parent)
		element_of(n)->to_main = steps++;
}

/* ---- the text of a line ---- */

static enum first_char
first_char(const unsigned char *s, size_t len)
{
	size_t i = 0;
	while (i < len && (s[i] <= ' ' || (s[i] == 0xc2 && i + 1 < len && s[i + 1] == 0xa0)))
		i += s[i] == 0xc2 ? 2 : 1;
	if (i == len)
		return FIRST_OTHER;
	unsigned char c = s[i];
	if (c >= 'a' && c <= 'z')
		return FIRST_LOWER;
	if (c >= 'A' && c <= 'Z')
		return FIRST_UPPER;
	if (c >= '0' && c <= '9')
		return FIRST_DIGIT;
	if (c == '"' || c == '\'' ||
	    (i + 2 < len && c == 0xe2 && s[i + 1] == 0x80 && s[i + 2] >= 0x98 && s[i + 2] <= 0x9f))
		return FIRST_QUOTE;
	return c < 0x80 || (c == 0xe2 && i + 1 < len && s[i + 1] != 0x80) ? FIRST_MARK
									  : FIRST_OTHER;
}

/* Marks that furniture bears more often than prose, as bits. */
static int16_t
signs_in(const unsigned char *s, size_t len)
{
	int16_t signs = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '|')
			signs |= 1;
		else if (s[i] == '@')
			signs |= 2;
		else if (s[i] == 0xc2 && i + 1 < len && s[i + 1] == 0xa9)
			signs |= 4;
		else if (s[i] == '/' && i + 1 < len && s[i + 1] == '/')
			signs |= 8;
		else if (s[i] == ':' && i && i + 1 < len && s[i - 1] >= '0' && s[i - 1] <= '9' &&
			 s[i + 1] >= '0' && s[i + 1] <= '9')
			signs |= 16;
	}
	return signs;
}

/* Services that furniture of all languages calls by the same names. */
static int16_t
services_in(const char *s)
{
	static const char *const names[] = {"newsletter", "whatsapp", "facebook", "instagram",
	    "twitter", "telegram", "youtube", "tiktok", "linkedin", "podcast", "cookie", "e-mail",
	    "email", "app store", "google", "http", "www."};
	int16_t n = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		n += strcasestr(s, names[i]) != NULL;
	return n;
}

/* What the page says of itself, for comparison. */
struct claims {
	const char *description, *body; /* tokens; NULL: none */
	int16_t body_size;
};

static void
claim_features(struct page *p, struct line *l, const struct claims *claims, int16_t *f)
{
	char *tokens;
	f[F_LD_SIZE] = claims->body_size;
	if (!claims->body && !claims->description)
		return;
	f[F_LD_BODY] = claims->body != NULL;
	if (l->weight < CLAIM_MIN || l->kind == LINE_EMBED)
		return;
	tokens = text_tokens(p->a,
	    arena_strndup(p->a, p->raw + l->at, text_cut(p->raw + l->at, l->len, CLAIM_LOOK)),
	    NULL);
	size_t len = strlen(tokens);
	if (l->len > CLAIM_LOOK && len > 10) /* the last word is cut */
		tokens[text_cut(tokens, len, len - 10)] = '\0';
	if (claims->body && strstr(claims->body, tokens))
		f[F_LD_BODY] = 2;
	if (claims->description && !strncmp(claims->description, tokens, strlen(tokens)))
		f[F_DESCRIPTION] = 1;
}

static void
text_features(struct page *p, struct line *l, int16_t *f)
{
	const unsigned char *s = (const unsigned char *)p->raw + l->at;
	size_t len = l->len < TEXT_LOOK ? l->len : TEXT_LOOK;
	unsigned digits = 0, upper = 0;
	for (size_t i = 0; i < len; i++) {
		digits += s[i] >= '0' && s[i] <= '9';
		upper += s[i] >= 'A' && s[i] <= 'Z';
	}
	f[F_DIGITS] = percent(digits, (double)len);
	f[F_UPPER] = percent(upper, (double)len);
	f[F_FIRST] = (int16_t)first_char(s, len);
	f[F_SIGNS] = signs_in(s, len);
	f[F_IMAGES] = small(l->images);
	f[F_RULE] = (int16_t)l->rule;
	if (l->kind != LINE_EMBED && l->weight < SERVICES_MAX)
		f[F_SOCIAL] = services_in(line_text(p, l));
	if (l->weight < PHRASE_MAX && l->kind != LINE_EMBED) {
		const char *text = line_text(p, l);
		f[F_PHRASE] = phrase_is_read_more(text)                          ? 2
			      : l->weight < HEAD_MAX && phrase_is_comments(text) ? 3
			      : phrase_is_furniture(text)                        ? 1
										 : 0;
	}
}

/* ---- what stands around ---- */

static const unsigned hint_bits[] = {HINT_BODY, HINT_LEAD, HINT_COMMENT, HINT_RELATED, HINT_NAV,
    HINT_SHARE, HINT_SIGNUP, HINT_AD, HINT_META, HINT_CAPTION, HINT_MEDIA, HINT_HIDDEN, HINT_SIDE,
    HINT_ARTICLE, HINT_CARD, HINT_AUTHOR, HINT_DATE};

static void
hint_features(const struct page *p, const struct html_node *n, int16_t *f)
{
	const struct element *e = element_of(n);
	unsigned near = 0, all = e->inherited & ~p->void_hints, own = e->own & all;
	const struct html_node *up = n;
	for (int i = 0; i < 2 && up != p->body; i++) {
		up = up->parent;
		near |= element_of(up)->own;
	}
	for (size_t i = 0; i < sizeof hint_bits / sizeof *hint_bits; i++) {
		unsigned bit = hint_bits[i];
		f[F_H_BODY + i] = !(all & bit) ? 0 : own & bit ? 3 : near & bit ? 2 : 1;
	}
}

static int16_t
mean_weight(const struct element *e)
{
	return small(e->lines ? e->weight / e->lines : 0);
}

static void
up_features(const struct page *p, struct html_node *n, int16_t *f)
{
	double all = p->prose[p->lines_len];
	f[F_LIKE_SELF] = element_of(n)->siblings ? small(*element_of(n)->siblings) : 0;
	for (int i = 0; i < 3; i++) {
		if (n != p->body)
			n = n->parent;
		const struct element *e = element_of(n);
		int16_t *up = f + F_UP_LINES + 4 * i;
		up[0] = small(e->lines);
		up[1] = percent(e->link_weight, e->weight);
		up[2] = mean_weight(e);
		up[3] = percent(prose_in(p, n), all);
		f[F_LIKE_UP + i] = e->siblings ? small(*e->siblings) : 0;
	}
}

static void
path_features(const struct page *p, struct html_node *n, int16_t *f)
{
	int16_t depth = 0, down = -1;
	f[F_IN_LIST] = f[F_LIST_MEAN] = f[F_IN_TABLE] = -1;
	for (; n; n = n == p->body ? NULL : n->parent, depth++) {
		const struct element *e = element_of(n);
		if (down < 0 && e->to_main) {
			down = depth;
			f[F_MAIN_UP] = small(e->to_main - 1);
			f[F_MAIN_DOWN] = down;
		}
		switch (n->tag) {
		case HTML_UL:
		case HTML_OL:
		case HTML_DL:
			if (f[F_IN_LIST] < 0) {
				f[F_IN_LIST] = percent(e->link_weight, e->weight);
				f[F_LIST_MEAN] = mean_weight(e);
			}
			break;
		case HTML_TABLE:
			if (f[F_IN_TABLE] < 0)
				f[F_IN_TABLE] = mean_weight(e);
			break;
		case HTML_FIGURE:
			f[F_IN_FIGURE] = 1;
			break;
		case HTML_HEADER:
			f[F_IN_HEADER] = 1;
			break;
		case HTML_FORM:
			f[F_IN_HEADER] = 2;
			break;
		case HTML_DETAILS:
			f[F_IN_HEADER] = 3;
			break;
		default:
			break;
		}
	}
	f[F_DEPTH] = depth;
}

static int
is_strong(const struct page *p, const struct line *l)
{
	return l->weight >= STRONG_MIN && l->worth > 0 && !line_is_junk(p, l);
}

static void
place_features(const struct page *p)
{
	double all = p->prose[p->lines_len];
	size_t n = p->lines_len, last = SIZE_MAX;
	for (size_t i = p->first; i < p->last; i++) {
		int16_t *f = p->features[i - p->first];
		size_t from = i > NEAR ? i - NEAR : 0, to = i + NEAR + 1 < n ? i + NEAR + 1 : n;
		f[F_BEFORE] = percent(p->prose[i], all);
		f[F_AT] = percent((double)i, (double)n);
		f[F_NEAR] = small((p->prose[to] - p->prose[from]) / 10);
		f[F_TITLE_LINES] = 3000;
		f[F_TITLE_PROSE] = 3000;
		if (p->title_line != SIZE_MAX) {
			f[F_TITLE_LINES] = small((double)i - (double)p->title_line);
			f[F_TITLE_PROSE] = small((p->prose[i] - p->prose[p->title_line]) / 10);
		}
		f[F_STRONG_BEFORE] = small(last == SIZE_MAX ? 1000 : (double)(i - last));
		if (is_strong(p, &p->lines[i]))
			last = i;
		f[F_PAGE_PROSE] = small(all / 10);
		f[F_PAGE_LINES] = small((double)n);
	}
	last = SIZE_MAX;
	for (size_t i = p->last; i-- > p->first;) {
		p->features[i - p->first][F_STRONG_AFTER] =
		    small(last == SIZE_MAX ? 1000 : (double)(last - i));
		if (is_strong(p, &p->lines[i]))
			last = i;
	}
}

/* What the lines around a line are, in three numbers and whether they share its parent. */
static void
neighbour_features(const struct page *p, size_t i)
{
	static const struct {
		int by;
		enum feature first;
		int whole;
	} others[] = {{-1, F_PREV_KIND, 1}, {1, F_NEXT_KIND, 1}, {-2, F_PREV2_WEIGHT, 0},
	    {2, F_NEXT2_WEIGHT, 0}};
	int16_t *f = p->features[i - p->first];
	for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
		size_t at = i + (size_t)others[k].by;
		int16_t *to = f + others[k].first;
		const struct line *l = at < p->lines_len ? &p->lines[at] : NULL;
		if (others[k].whole) {
			*to++ = (int16_t)(l ? (int)l->kind : -1);
			to[2] = l && holder_of(p, l) == holder_of(p, &p->lines[i]);
		}
		to[0] = small(l ? l->weight : 0);
		to[1] = l ? percent(l->link_weight, l->weight) : 0;
	}
}

static void
since_features(const struct page *p)
{
	int16_t h1 = 1000, comments = 1000, more = 1000;
	for (size_t i = p->first; i < p->last; i++) {
		int16_t *f = p->features[i - p->first];
		f[F_SINCE_H1] = h1 += h1 < 1000;
		f[F_SINCE_COMMENTS] = comments += comments < 1000;
		f[F_SINCE_MORE] = more += more < 1000;
		if (p->lines[i].block->tag == HTML_H1)
			h1 = 0;
		if (f[F_PHRASE] == 3)
			comments = 0;
		else if (f[F_PHRASE] == 2)
			more = 0;
	}
}

/* The same line elsewhere on the page. */
static void
repeat_features(const struct page *p)
{
	struct map seen = {0};
	for (size_t i = 0; i < p->lines_len; i++) {
		const struct line *l = &p->lines[i];
		uint64_t key = hash64(p->raw + l->at, l->len) | 1;
		uintptr_t before = (uintptr_t)map_get(&seen, key);
		if (i >= p->first && i < p->last)
			p->features[i - p->first][F_SEEN] = small((double)before);
		map_put(&seen, key, (void *)(before + 1));
	}
	for (size_t i = p->first; i < p->last; i++) {
		const struct line *l = &p->lines[i];
		int16_t *f = p->features[i - p->first];
		uint64_t key = hash64(p->raw + l->at, l->len) | 1;
		f[F_AGAIN] = small((double)((uintptr_t)map_get(&seen, key) - 1) - f[F_SEEN]);
	}
	map_clear(&seen);
}

static uint64_t
like_key(const struct page *p, const struct html_node *n)
{
	uint64_t up = n == p->body ? 0 : element_of(n->parent)->signature;
	return (element_of(n)->signature + up * 31) | 1;
}

static void
alike_features(struct page *p)
{
	struct map likes = {0};
	double all = p->prose[p->lines_len];
	for (size_t i = p->first; i < p->last; i++) {
		struct line *l = &p->lines[i];
		uint64_t key = like_key(p, l->block);
		l->alike = map_get(&likes, key);
		if (!l->alike) {
			l->alike = arena_zalloc(p->a, sizeof *l->alike);
			map_put(&likes, key, l->alike);
		}
		l->alike->prose += l->worth > 0 ? l->worth : 0;
	}
	for (size_t i = p->first; i < p->last; i++)
		p->features[i - p->first][F_LIKE_PROSE] = percent(p->lines[i].alike->prose, all);
	map_clear(&likes);
}

static struct claims
read_claims(struct page *p)
{
	struct claims c = {.body = p->ld.article_body};
	if (p->ld.article_body) {
		c.body = text_tokens(p->a, p->ld.article_body, NULL);
		c.body_size = percent((double)strlen(c.body), p->prose[p->lines_len] + 1);
	}
	if (p->meta.value[META_DESCRIPTION])
		c.description = text_tokens(p->a, p->meta.value[META_DESCRIPTION], NULL);
	return c;
}

/* Numbers of its own: those of enum html_tag may change, and the model would not know. */
static int16_t
tag_class(enum html_tag tag)
{
	switch (tag) {
	case HTML_P:
		return 1;
	case HTML_DIV:
		return 2;
	case HTML_TD:
	case HTML_TH:
		return 3;
	case HTML_LI:
		return 4;
	case HTML_H1:
		return 5;
	case HTML_H2:
		return 6;
	case HTML_H3:
		return 7;
	case HTML_H4:
	case HTML_H5:
	case HTML_H6:
		return 8;
	default:
		return 0;
	}
}

void
features_build(struct page *p)
{
	const struct claims claims = read_claims(p);
	p->features = arena_zalloc(p->a, (p->last - p->first + 1) * sizeof *p->features);
	count_alike(p);
	find_main(p);
	for (size_t i = p->first; i < p->last; i++) {
		struct line *l = &p->lines[i];
		int16_t *f = p->features[i - p->first];
		f[F_KIND] = (int16_t)l->kind;
		f[F_TAG] = tag_class(l->block->tag);
		f[F_WEIGHT] = small(l->weight);
		f[F_LINKS] = percent(l->link_weight, l->weight);
		f[F_BOLD] = percent(l->bold_weight, l->weight);
		f[F_COMMAS] = percent(l->commas, l->weight);
		f[F_ENDS] = (int16_t)l->ends_sentence;
		f[F_BREAKS] = (int16_t)l->breaks;
		text_features(p, l, f);
		claim_features(p, l, &claims, f);
		f[F_IMAGES_AFTER] = i + 1 < p->lines_len ? small(p->lines[i + 1].images) : 0;
		hint_features(p, l->block, f);
		path_features(p, l->block, f);
		up_features(p, l->block, f);
		neighbour_features(p, i);
	}
	place_features(p);
	repeat_features(p);
	since_features(p);
	alike_features(p);
}
