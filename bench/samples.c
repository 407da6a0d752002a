/* samples: see samples.h. */
#include "samples.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "figures.h"
#include "hash.h"
#include "inflate.h"
#include "mem.h"

#define WORDS        8000
#define SENTENCES    4000
#define SENTENCE_MAX 200
#define JUNK_BYTES   90000 /* of a page: what no reader sees */
#define PARAGRAPHS   30
#define FILE_MAX     ((size_t)4 << 20)

struct sentence {
	char text[SENTENCE_MAX];
	size_t len;
};

static struct sentence *sentences;
static struct buf junk; /* the part of a page that is the same for all */

/* ---- chance, the same in every run ---- */

struct dice {
	uint64_t state;
};

static uint32_t
roll(struct dice *d, uint32_t sides)
{
	d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((d->state >> 33) % sides);
}

static struct dice
dice_of(const char *host, const char *path)
{
	return (struct dice){hash64_str(host) ^ (path ? hash64_str(path) : 0)};
}

/* ---- text ---- */

static void
make_word(struct dice *d, char *out, size_t size)
{
	static const char *const onsets[] = {"b", "br", "c", "ch", "d", "f", "g", "gr", "h", "l",
	    "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w"};
	static const char *const cores[] = {"a", "e", "i", "o", "u", "ea", "ou", "ai", "\xc3\xa9"};
	static const char *const ends[] = {"", "n", "r", "s", "t", "l", "nd", "st"};
	size_t len = 0;
	for (uint32_t syllables = 1 + roll(d, 3); syllables; syllables--)
		len += (size_t)snprintf(out + len, size - len, "%s%s%s", onsets[roll(d, 20)],
		    cores[roll(d, 9)], ends[roll(d, 8)]);
}

/* Words are not equally common: two of three come from the first few hundred. */
static uint32_t
pick_word(struct dice *d)
{
	switch (roll(d, 3)) {
	case 0:
		return roll(d, 60);
	case 1:
		return roll(d, 600);
	default:
		return roll(d, WORDS);
	}
}

static void
make_sentence(struct dice *d, char (*words)[32], struct sentence *s)
{
	size_t len = 0;
	for (uint32_t n = 10 + roll(d, 8), i = 0; i < n && len < SENTENCE_MAX - 40; i++)
		len += (size_t)snprintf(
		    s->text + len, SENTENCE_MAX - len, "%s%s", i ? " " : "", words[pick_word(d)]);
	if (s->text[0] >= 'a' && s->text[0] <= 'z')
		s->text[0] = (char)(s->text[0] - 'a' + 'A');
	s->len = len + (size_t)snprintf(s->text + len, SENTENCE_MAX - len, ". ");
}

static void
make_junk(struct dice *d)
{
	buf_init(&junk, SIZE_MAX / 4);
	while (junk.len < JUNK_BYTES) {
		switch (roll(d, 4)) {
		case 0:
			buf_add_str(&junk, "<style>\n");
			for (int i = 0; i < 60; i++)
				buf_printf(&junk,
				    ".c%u>.d%u:hover{margin:%upx auto;color:#%06x;display:flex}\n",
				    roll(d, 900), roll(d, 900), roll(d, 64), roll(d, 1 << 24));
			buf_add_str(&junk, "</style>\n");
			break;
		case 1:
			buf_add_str(&junk, "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">");
			for (int i = 0; i < 12; i++)
				buf_printf(&junk, "<path fill=\"#%06x\" d=\"M%u.%u %uL%u %uZ\"/>",
				    roll(d, 1 << 24), roll(d, 24), roll(d, 99), roll(d, 24),
				    roll(d, 24), roll(d, 24));
			buf_add_str(&junk, "</svg>\n");
			break;
		case 2:
			buf_printf(&junk,
			    "<!-- slot %u begins: <div class=\"ad\"> is filled by the server -->\n",
			    roll(d, 9999));
			break;
		default:
			buf_add_str(&junk, "<script>\n(function(w,d){var q=w.q||[];\n");
			for (int i = 0; i < 60; i++)
				buf_printf(&junk,
				    "q.push({id:\"u%u\",on:%u<%u&&d.hidden,html:\"<b>%u<\\/"
				    "b>\"});\n",
				    roll(d, 99999), roll(d, 99), roll(d, 99), roll(d, 99));
			buf_add_str(&junk, "})(window,document);\n</script>\n");
		}
	}
}

void
samples_prepare(void)
{
	struct dice d = {42};
	if (sentences)
		return;
	char(*words)[32] = mem_zalloc(WORDS * sizeof *words);
	for (size_t i = 0; i < WORDS; i++)
		make_word(&d, words[i], sizeof words[i]);
	sentences = mem_zalloc(SENTENCES * sizeof *sentences);
	for (size_t i = 0; i < SENTENCES; i++)
		make_sentence(&d, words, &sentences[i]);
	mem_free(words);
	make_junk(&d);
}

static void
add_sentences(struct buf *out, struct dice *d, size_t bytes)
{
	for (size_t end = out->len + bytes; out->len < end;) {
		const struct sentence *s = &sentences[roll(d, SENTENCES)];
		buf_add(out, s->text, s->len);
	}
}

static void
add_title(struct buf *out, struct dice *d)
{
	const struct sentence *s = &sentences[roll(d, SENTENCES)];
	buf_add(out, s->text, s->len < 70 ? s->len - 2 : 60);
}

/* ---- documents ---- */

void
sample_feed(struct buf *out, const char *host, unsigned items)
{
	struct dice d = dice_of(host, NULL);
	buf_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
	    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>News of %s</title>"
	    "<link>http://%s/</link><description>All the "
	    "news</description><language>en</language>\n",
	    host, host);
	for (unsigned i = 0; i < items; i++) {
		buf_add_str(out, "<item><title>");
		add_title(out, &d);
		buf_printf(out,
		    "</title><link>http://%s/news/%u/story-%u.html</link><guid>http://%s/?p=%u</"
		    "guid>"
		    "<pubDate>Mon, 05 Jan 2026 %02u:%02u:00 GMT</pubDate><dc:creator>Ann "
		    "Writer</dc:creator>"
		    "<category>Politics</category><category>Region</category><description>",
		    host, 2026 + i % 2, i, host, i, i % 24, i % 60);
		add_sentences(out, &d, 1024 - SENTENCE_MAX / 4);
		buf_add_str(out, "</description></item>\n");
	}
	buf_add_str(out, "</channel></rss>\n");
}

static void
add_list(struct buf *out, struct dice *d, const char *class, unsigned links)
{
	buf_printf(out, "<div class=\"%s\"><ul>\n", class);
	for (unsigned i = 0; i < links; i++) {
		buf_printf(out,
		    "<li class=\"item item--%u\"><a class=\"link\" href=\"/section/%u/%u\" "
		    "data-track=\"%s-%u\">"
		    "<span>",
		    i % 7, roll(d, 40), roll(d, 99999), class, i);
		add_title(out, d);
		buf_add_str(out, "</span></a></li>\n");
	}
	buf_add_str(out, "</ul></div>\n");
}

static void
add_head(struct buf *out, struct dice *d, const char *host, const char *path)
{
	struct buf title;
	buf_init(&title, SENTENCE_MAX);
	add_title(&title, d);
	buf_printf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s | The "
	    "Post</title>\n"
	    "<link rel=\"canonical\" href=\"http://%s%s\"><meta property=\"og:title\" "
	    "content=\"%s\">"
	    "<meta property=\"og:site_name\" content=\"The Post\"><meta property=\"og:type\" "
	    "content=\"article\">"
	    "<meta property=\"og:image\" content=\"http://%s/i/1.jpg\">\n"
	    "<script "
	    "type=\"application/ld+json\">{\"@context\":\"https://"
	    "schema.org\",\"@type\":\"NewsArticle\","
	    "\"headline\":\"%s\",\"datePublished\":\"2026-01-05T10:00:00Z\",\"author\":{\"@type\":"
	    "\"Person\","
	    "\"name\":\"Ann Writer\"},\"publisher\":{\"@type\":\"Organization\",\"name\":\"The "
	    "Post\"}}</script>\n"
	    "</head><body>\n",
	    buf_str(&title), host, path, buf_str(&title), host, buf_str(&title));
	buf_clear(&title);
}

void
sample_page(struct buf *out, const char *host, const char *path)
{
	struct dice d = dice_of(host, path);
	size_t half = junk.len / 2;
	add_head(out, &d, host, path);
	buf_add(out, junk.data, half); /* it may break an element in two, as the web does */
	buf_add_str(out, "\"></script></style></svg><header><nav>\n");
	add_list(out, &d, "menu", 60);
	buf_add_str(out, "</nav></header><main><article><h1>");
	add_title(out, &d);
	buf_add_str(out,
	    "</h1><p class=\"byline\">By <a rel=\"author\" href=\"/ann\">Ann Writer</a></p>\n");
	for (int i = 0; i < PARAGRAPHS; i++) {
		buf_add_str(out, "<p>");
		add_sentences(out, &d, 300);
		if (i % 5 == 2)
			buf_printf(out, "<a href=\"/topic/%u\">see also</a> ", roll(&d, 99));
		buf_add_str(out, "</p>\n");
		if (i % 8 == 7)
			buf_add_str(out, "<h2>What comes next</h2>\n");
	}
	buf_add_str(out, "</article></main><aside>\n");
	add_list(out, &d, "related", 120);
	buf_add_str(out, "</aside><footer>\n");
	add_list(out, &d, "footer", 60);
	buf_add_str(out, "</footer>\n");
	buf_add(out, junk.data + half, junk.len - half);
	buf_add_str(out, "</body></html>\n");
}

/* ---- files ---- */

void
samples_add(struct samples *s, const struct buf *b)
{
	MEM_GROW(s->list, s->len, s->cap);
	struct sample *to = &s->list[s->len++];
	to->data = mem_alloc(b->len + 1);
	to->len = b->len;
	memcpy(to->data, b->data, b->len);
	s->bytes += b->len;
}

static int
ends_as(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);
	return n >= m && !strcmp(name + n - m, suffix);
}

static void
read_file(struct samples *s, const char *path, size_t size)
{
	struct buf file, room, copy;
	struct view plain;
	struct fault fault;
	FILE *f = fopen(path, "r");
	if (!f)
		return;
	buf_init(&file, FILE_MAX);
	buf_init(&room, FILE_MAX);
	buf_init(&copy, FILE_MAX);
	buf_added(&file, fread(buf_reserve(&file, size), 1, size, f));
	fclose(f);
	const char *encoding = ends_as(path, ".gz") ? "gzip" : "";
	if (file.len && !inflate_body(encoding, file.data, file.len, &room, &plain, &fault) &&
	    !buf_add(&copy, plain.data, plain.len))
		samples_add(s, &copy);
	buf_clear(&file);
	buf_clear(&room);
	buf_clear(&copy);
}

void
samples_read(struct samples *s, const char *dir, const char *suffix, size_t max)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", dir, names[i]->d_name);
		struct stat st;
		if (names[i]->d_name[0] == '.' || s->len >= max || stat(path, &st))
			;
		else if (S_ISDIR(st.st_mode))
			samples_read(s, path, suffix, max);
		else if (S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= FILE_MAX &&
			 ends_as(path, suffix))
			read_file(s, path, (size_t)st.st_size);
		mem_free(path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

void
samples_clear(struct samples *s)
{
	for (size_t i = 0; i < s->len; i++)
		mem_free(s->list[i].data);
	mem_free(s->list);
	*s = (struct samples){0};
}
