/*
 * test_scraped_copy: a real newspaper article as a scraper stored it (title twice, teasers,
 * captions between its paragraphs, a trailer), put on a page of its own beside a clean page of
 * another site: newsctl digest and newsctl dedup make them one story, and the trailer no text. The
 * article lies beside the sources, not in them; without it the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "member.h"
#include "program.h"

#define SEED      "../shared/corpus/seed/article.txt" /* from the top of the sources */
#define INPUT_MAX ((size_t)1 << 20)
#define TRAILER   "Source: Read Full Article"
#define ORIGINAL  "https://courier.example/world/article-1.html"

/* The lines of the article, without empty ones; NULL: it is not here. */
static char *
read_seed(void)
{
	const char *source = getenv("NEWSD_SOURCE");
	char *path = mem_printf("%s/" SEED, source ? source : "."), *text = NULL;
	FILE *f = fopen(path, "r");
	mem_free(path);
	if (!f)
		return NULL;
	text = mem_zalloc(INPUT_MAX);
	assert_true(fread(text, 1, INPUT_MAX - 1, f) > 1000);
	fclose(f);
	return text;
}

static int
ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);
	return len >= n && !memcmp(s + len - n, end, n);
}

/* Captions do not. */
static int
ends_a_sentence(const char *line)
{
	size_t len = strlen(line);
	while (ends_with(line, len, " ") || ends_with(line, len, "\u00a0"))
		len -= line[len - 1] == ' ' ? 1 : 2;
	return ends_with(line, len, ".") || ends_with(line, len, "\u2019");
}

/* Add the job of a page: all lines of TEXT as paragraphs, or what a clean page has of them. */
static void
add_page(struct buf *in, const char *id, const char *url, const char *text, int clean)
{
	struct buf html;
	buf_init(&html, INPUT_MAX);
	char *copy = mem_strdup(text), *rest = copy, *line = strsep(&rest, "\n");
	buf_printf(&html,
	    "<!doctype html><title>%s | A paper</title><nav><a href=\"/\">Home</a></nav>"
	    "<article><h1>%s</h1>",
	    line, line);
	for (unsigned n = 0; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		n++; /* the first is the title again */
		if (!strncmp(line, TRAILER, sizeof TRAILER - 1))
			buf_add_str(&html, clean ? ""
						 : "<p>Source: <a href=\"" ORIGINAL
						   "\">Read Full Article</a></p>");
		else if (!clean || (n > 1 && ends_a_sentence(line)))
			buf_printf(&html, "<p>%s</p>", line);
	}
	buf_add_str(&html, "</article><footer>Imprint</footer>");
	struct json_object *body = json_object_new_string(buf_str(&html));
	buf_printf(in, "{\"id\":\"%s\",\"kind\":\"page\",\"url\":\"%s\",\"body\":%s}\n", id, url,
	    json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
	json_object_put(body);
	buf_clear(&html);
	mem_free(copy);
}

/* Run the filter NAME on IN, which is cleared; its two answers go to A, by id. */
static void
filter(const char *name, struct buf *in, struct json_object *a[2])
{
	const char *env = getenv("NEWSCTL");
	char *program = mem_strdup(env ? env : "./newsctl"), *command = mem_strdup(name);
	char *argv[] = {program, command, NULL};
	struct ran ran;
	program_run(&ran, argv, in->data, in->len);
	if (ran.status)
		fail_msg("%s ended with %d: %s", name, ran.status, ran.err);
	char *rest = ran.out, *line;
	a[0] = a[1] = NULL;
	while ((line = strsep(&rest, "\n")) && rest) {
		struct json_object *o = json_tokener_parse(line);
		a[!strcmp(json_object_get_string(member(o, "id")), "copy")] = o;
	}
	assert_true(a[0] && a[1]);
	in->len = 0;
	ran_clear(&ran);
	mem_free(command);
	mem_free(program);
}

static void
add_article(struct buf *in, const char *id, const char *url, struct json_object *page)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "id", json_object_new_string(id));
	json_object_object_add(o, "url", json_object_new_string(url));
	json_object_object_add(o, "title", json_object_get(member(page, "title")));
	json_object_object_add(o, "text", json_object_get(member(page, "articleBody")));
	buf_printf(in, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void
test_a_real_scraped_copy_is_the_same_story(void **state)
{
	(void)state;
	static const char copy_url[] = "https://mirror.example/2023/02/copied";
	struct json_object *page[2], *answer[2];
	struct buf in;
	char *text = read_seed();
	if (!text) {
		print_message("SKIPPED: there is no " SEED " beside the sources\n");
		skip();
	}
	buf_init(&in, INPUT_MAX);
	add_page(&in, "original", ORIGINAL, text, 1);
	add_page(&in, "copy", copy_url, text, 0);
	filter("digest", &in, page);
	assert_string_equal(
	    json_object_get_string(member(page[1], "syndicated_from")), "courier.example");
	assert_null(strstr(json_object_get_string(member(page[1], "articleBody")), "Read Full"));
	add_article(&in, "original", ORIGINAL, page[0]);
	add_article(&in, "copy", copy_url, page[1]);
	filter("dedup", &in, answer);
	const char *relation = json_object_get_string(member(answer[1], "relation"));
	assert_non_null(relation);
	assert_true(!strcmp(relation, "near") || !strcmp(relation, "contained"));
	assert_int_equal(json_object_get_int(member(answer[0], "story")),
	    json_object_get_int(member(answer[1], "story")));
	for (int i = 0; i < 2; i++) {
		json_object_put(page[i]);
		json_object_put(answer[i]);
	}
	buf_clear(&in);
	mem_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_real_scraped_copy_is_the_same_story),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
