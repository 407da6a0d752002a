/* labelled: see labelled.h. */
#include "labelled.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tests/prose.h"
#include "buf.h"
#include "figures.h"
#include "inflate.h"

#define SITES       40
#define CORPUS_MAX  ((size_t)64 << 20)
#define COPIES      2  /* of each story, at most */
#define REPORTS_ONE 10 /* one text in so many is a report from a form */

static void
add(struct labelled_set *s, const char *text, const char *site, uint64_t cluster)
{
	MEM_GROW(s->list, s->len, s->cap);
	s->list[s->len++] = (struct labelled){.text = arena_strdup(&s->arena, text),
	    .site = arena_strdup(&s->arena, site),
	    .cluster = cluster};
}

/* Text I of the set: the story itself, or a copy of one that came a while before. */
static void
make_text(struct buf *out, struct buf *base, unsigned i, unsigned copy)
{
	base->len = 0;
	if (i % REPORTS_ONE == 0) {
		prose_report(out, i);
		return;
	}
	prose_article(base, i, 120 + i * 7919 % 500);
	if (copy == 0)
		buf_add(out, base->data, base->len);
	else if (copy == 1)
		prose_cut(out, buf_str(base), 2 + i % 4);
	else
		prose_edit(out, buf_str(base), i, 3 + i % 25);
}

void
labelled_make(struct labelled_set *s, unsigned stories)
{
	struct buf text, base;
	char site[32], line[160];
	*s = (struct labelled_set){0};
	buf_init(&text, CORPUS_MAX);
	buf_init(&base, CORPUS_MAX);
	for (unsigned i = 0; i < stories * (COPIES + 1); i++, text.len = 0) {
		unsigned copy = i % (COPIES + 1), lag = copy * 60; /* copies come later */
		if (i / (COPIES + 1) < lag)
			continue;
		unsigned story = i / (COPIES + 1) - lag, at = i * 31 % SITES;
		if (copy && story % REPORTS_ONE == 0)
			continue; /* a report has no copies */
		make_text(&text, &base, story, copy);
		snprintf(site, sizeof site, "site %u", at);
		snprintf(line, sizeof line,
		    "\nSubscribe to the news of %s and never miss what happens in your town, every "
		    "morning at six.",
		    site);
		buf_add_str(&text, line);
		add(s, buf_str(&text), site, story + 1);
	}
	buf_clear(&text);
	buf_clear(&base);
}

static const char *
text_of(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;
	return json_object_object_get_ex(o, key, &value) && value ? json_object_get_string(value)
								  : "";
}

static void
add_parts(struct labelled *l, struct json_object *o, const char *key)
{
	struct json_object *list = NULL;
	if (!json_object_object_get_ex(o, key, &list))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (l->parts_len < sizeof l->parts / sizeof *l->parts)
			l->parts[l->parts_len++] =
			    hash64_str(json_object_get_string(json_object_array_get_idx(list, i)));
}

static void
read_lines(struct labelled_set *s, char *lines)
{
	for (char *line; (line = strsep(&lines, "\n")) && *line;) {
		struct json_object *o = json_tokener_parse(line), *background = NULL;
		if (!o)
			die("the corpus of stories: a line is no JSON");
		add(s, text_of(o, "text"), text_of(o, "site"), hash64_str(text_of(o, "cluster")));
		struct labelled *l = &s->list[s->len - 1];
		l->background = json_object_object_get_ex(o, "bg", &background);
		add_parts(l, o, "partial");
		add_parts(l, o, "also_contains");
		json_object_put(o);
	}
}

int
labelled_read(struct labelled_set *s)
{
	const char *corpus = getenv("BENCH_CORPUS");
	char path[512];
	struct buf file, plain;
	struct view text;
	struct fault f;
	*s = (struct labelled_set){0};
	snprintf(
	    path, sizeof path, "%s/stories/docs.jsonl.gz", corpus ? corpus : "../shared/corpus");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	buf_init(&file, CORPUS_MAX);
	buf_init(&plain, CORPUS_MAX);
	if (buf_read_fd(&file, fd) != 0 ||
	    inflate_body("gzip", file.data, file.len, &plain, &text, &f) != 0)
		die("%s can't be read", path);
	close(fd);
	read_lines(s, (char *)plain.data); /* gzip always fills the room, which ends with a NUL */
	buf_clear(&file);
	buf_clear(&plain);
	return 1;
}

void
labelled_clear(struct labelled_set *s)
{
	mem_free(s->list);
	arena_clear(&s->arena);
	*s = (struct labelled_set){0};
}
