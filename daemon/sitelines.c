/* sitelines: see include/sitelines.h. */
#include "sitelines.h"

#include <string.h>

#include "hash.h"
#include "text.h"

#define PACKED_AS       1
#define HEAD_LINES      2 /* of a text, that count as its ends ... */
#define TAIL_LINES      6
#define MIDDLE_WORDS    20  /* longer lines of the middle are not watched: they are paragraphs */
#define HALVE_AT        128 /* articles after which all counts are halved */
#define SPAN_MIN        (6 * 60) /* minutes between the first and the last sight, at least */
#define LONG_SPAN_MIN   (3 * 24 * 60)
#define END_PERCENT     10 /* of the site's articles have a line that goes from the ends */
#define LONG_COUNT      6  /* or so many, over a long time: an author's box */
#define ALL_PERCENT     60 /* of them have a line that goes from anywhere */
#define ALL_COUNT       8
#define VERSION_PERCENT 50 /* of its words were seen before: another version of a story */
#define LEFT_PERCENT    50 /* of a text stay at least */

const char *
siteline_order_name(enum siteline_order o)
{
	static const char *const names[SITELINE_ORDERS] = {
	    [SITELINE_LEARNED] = "learned",
	    [SITELINE_KEEP] = "keep",
	    [SITELINE_DROP] = "drop",
	};
	return (unsigned)o < SITELINE_ORDERS ? names[o] : "unknown";
}

/* ---- bytes ---- */

static void
put(uint8_t **at, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*(*at)++ = (uint8_t)(v >> 8 * i);
}

static uint64_t
get(const uint8_t **at, int bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v |= (uint64_t) * (*at)++ << 8 * i;
	return v;
}

void
sitelines_pack(const struct sitelines *s, uint8_t out[SITELINES_PACKED], size_t *len)
{
	uint8_t *at = out;
	put(&at, PACKED_AS, 1);
	put(&at, s->number, 4);
	put(&at, s->articles, 2);
	for (size_t i = 0; i < s->len; i++) {
		const struct siteline *l = &s->lines[i];
		put(&at, l->hash, 8);
		put(&at, l->first_min, 4);
		put(&at, l->articles, 2);
		put(&at, l->last, 2);
		put(&at, l->order, 1);
	}
	*len = (size_t)(at - out);
}

void
sitelines_unpack(struct sitelines *s, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	memset(s, 0, sizeof *s);
	if (!bytes || len < 7 || len > SITELINES_PACKED || (len - 7) % SITELINES_ENTRY ||
	    *at++ != PACKED_AS)
		return;
	s->number = (uint32_t)get(&at, 4);
	s->articles = (uint16_t)get(&at, 2);
	s->len = (len - 7) / SITELINES_ENTRY;
	for (size_t i = 0; i < s->len; i++) {
		struct siteline *l = &s->lines[i];
		l->hash = get(&at, 8);
		l->first_min = (uint32_t)get(&at, 4);
		l->articles = (uint16_t)get(&at, 2);
		l->last = (uint16_t)get(&at, 2);
		uint64_t order = get(&at, 1);
		l->order = order < SITELINE_ORDERS ? (enum siteline_order)order : SITELINE_LEARNED;
	}
}

/* ---- reading a text ---- */

static size_t
count_lines(const char *text)
{
	size_t n = *text != '\0';
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

void
sitelines_read(struct arena *a, const char *text, struct siteline_text *out)
{
	*out = (struct siteline_text){.lines = count_lines(text)};
	for (size_t i = 0; *text; i++) {
		size_t len = strcspn(text, "\n");
		const char *line = arena_strndup(a, text, len);
		uint32_t words = (uint32_t)text_words(line);
		int is_end = i < HEAD_LINES || i + TAIL_LINES >= out->lines;
		out->words += words;
		if (words >= SITELINES_WORDS_LO &&
		    words <= (is_end ? SITELINES_WORDS_HI : MIDDLE_WORDS))
			*ARENA_PUSH(a, out->uses, out->uses_len) =
			    (struct siteline_use){.text = text,
				.len = len,
				.words = words,
				.hash = hash64_str(line),
				.at = i,
				.is_end = is_end};
		text += len + (text[len] == '\n');
	}
}

/* ---- judging ---- */

static const struct siteline *
find(const struct sitelines *s, uint64_t hash)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->lines[i].hash == hash)
			return &s->lines[i];
	return NULL;
}

static int
is_often(const struct sitelines *s, const struct siteline *l, int64_t at)
{
	int64_t span = at / 60 - l->first_min;
	if (l->articles < SITELINES_KNOWN || span < SPAN_MIN)
		return 0;
	return l->articles * 100 >= s->articles * END_PERCENT ||
	       (l->articles >= LONG_COUNT && span >= LONG_SPAN_MIN);
}

static int
is_everywhere(const struct sitelines *s, const struct siteline *l, int64_t at)
{
	return l->articles >= ALL_COUNT && at / 60 - l->first_min >= SPAN_MIN &&
	       l->articles * 100 >= s->articles * ALL_PERCENT;
}

size_t
sitelines_judge(const struct sitelines *s, struct siteline_text *t, int64_t at)
{
	size_t dropped = 0;
	uint32_t words = 0;
	for (size_t i = 0; i < t->uses_len; i++) {
		struct siteline_use *u = &t->uses[i];
		const struct siteline *l = find(s, u->hash);
		u->dropped = l && l->order != SITELINE_KEEP &&
			     (l->order == SITELINE_DROP || is_everywhere(s, l, at) ||
				 (u->is_end && is_often(s, l, at)));
		dropped += (size_t)u->dropped;
		words += u->dropped ? u->words : 0;
	}
	if (words * 100 > t->words * (100 - LEFT_PERCENT)) {
		for (size_t i = 0; i < t->uses_len; i++)
			t->uses[i].dropped = 0;
		return 0;
	}
	return dropped;
}

char *
sitelines_strip(struct arena *a, const char *text, const struct siteline_text *t)
{
	char *out = arena_alloc(a, strlen(text) + 1), *to = out;
	size_t next = 0;
	for (size_t i = 0; *text; i++) {
		size_t len = strcspn(text, "\n");
		while (next < t->uses_len && t->uses[next].at < i)
			next++;
		int goes = next < t->uses_len && t->uses[next].at == i && t->uses[next].dropped;
		if (!goes) {
			if (to != out)
				*to++ = '\n';
			memcpy(to, text, len);
			to += len;
		}
		text += len + (text[len] == '\n');
	}
	*to = '\0';
	return out;
}

/* ---- learning ---- */

/* The place of a line that is least worth its place: seen in the fewest articles, the longest ago.
 */
static struct siteline *
least(struct sitelines *s)
{
	struct siteline *found = NULL;
	for (size_t i = 0; i < s->len; i++) {
		struct siteline *l = &s->lines[i];
		if (l->order != SITELINE_LEARNED)
			continue;
		uint16_t age = (uint16_t)((uint16_t)s->number - l->last);
		uint16_t found_age = found ? (uint16_t)((uint16_t)s->number - found->last) : 0;
		if (!found || l->articles < found->articles ||
		    (l->articles == found->articles && age > found_age))
			found = l;
	}
	return found;
}

static void
halve(struct sitelines *s)
{
	size_t kept = 0;
	s->articles /= 2;
	for (size_t i = 0; i < s->len; i++) {
		struct siteline l = s->lines[i];
		l.articles /= 2;
		if (l.articles || l.order != SITELINE_LEARNED)
			s->lines[kept++] = l;
	}
	s->len = kept;
}

static struct siteline *
place_for(struct sitelines *s, uint64_t hash, int64_t at)
{
	struct siteline *l = (struct siteline *)find(s, hash);
	if (l)
		return l;
	l = s->len < SITELINES_MAX ? &s->lines[s->len++] : least(s);
	if (l)
		*l = (struct siteline){.hash = hash, .first_min = (uint32_t)(at / 60)};
	return l;
}

/* Most of the text was seen before. */
static int
is_version(const struct sitelines *s, const struct siteline_text *t)
{
	size_t known = 0;
	for (size_t i = 0; i < t->uses_len; i++) {
		const struct siteline *l = find(s, t->uses[i].hash);
		known += l && l->articles < SITELINES_KNOWN;
	}
	return known >= 3 && known * 100 > t->uses_len * VERSION_PERCENT;
}

void
sitelines_learn(struct sitelines *s, struct siteline_text *t, int64_t at)
{
	if (is_version(s, t))
		return;
	s->number++;
	s->articles++;
	for (size_t i = 0; i < t->uses_len; i++) {
		struct siteline_use *u = &t->uses[i];
		struct siteline *l = place_for(s, u->hash, at);
		if (!l)
			break;
		if (l->articles && l->last == (uint16_t)s->number) /* twice in one article */
			continue;
		l->articles++;
		l->last = (uint16_t)s->number;
		u->articles = l->articles;
	}
	if (s->articles >= HALVE_AT)
		halve(s);
}

void
sitelines_order(struct sitelines *s, uint64_t hash, enum siteline_order order, int64_t at)
{
	struct siteline *l = place_for(s, hash, at);
	if (l)
		l->order = order;
}
