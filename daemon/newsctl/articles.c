/* newsctl search, show: articles found and read. Only the store is asked. */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

#define SEARCH_LIMIT     20
#define SEARCH_LIMIT_MAX 100000
#define SHOW_WIDTH_MAX   100 /* longer lines are hard to read */

struct json_object *
ctl_article_json(const struct article_row *row)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_str(o, "url", row->url);
	ctl_put_str(o, "title", row->title);
	ctl_put_str(o, "subtitle", row->subtitle);
	ctl_put_str(o, "byline", row->byline);
	ctl_put_time(o, "published", row->published);
	ctl_put_str(o, "published_precision", row->published_precision);
	ctl_put_str(o, "published_doubt", row->published_doubt);
	ctl_put_str(o, "published_raw", row->published_raw);
	ctl_put_time(o, "modified", row->modified);
	ctl_put_time(o, "first_seen", row->first_seen);
	ctl_put_str(o, "language", row->language);
	ctl_put_str(o, "site", row->site);
	ctl_put_str(o, "section", row->section);
	ctl_put_str(o, "tags", row->tags);
	ctl_put_str(o, "image", row->image);
	ctl_put_str(o, "feed", row->feed_url);
	ctl_put_int(o, "story_id", row->story_id);
	ctl_put_str(o, "body_source", row->body_source);
	ctl_put_str(o, "verdict", row->verdict);
	ctl_put_double(o, "confidence", row->confidence);
	ctl_put_str(o, "evidence", row->evidence);
	ctl_put_int(o, "words", row->words);
	ctl_put_int(o, "revisions", row->revisions);
	return o;
}

/* ---- search ---- */

struct search {
	const struct ctl *ctl;
	size_t width, count;
};

/* S as one line, the marks of a match (\1 and \2) replaced by START and END, all else made safe. */
static char *
mark_matches(const char *s, const char *start, const char *end)
{
	char *marked = mem_strdup("");
	while (*s) {
		size_t len = strcspn(s, "\1\2\n");
		char *part = mem_strndup(s, len), *safe = table_safe(part);
		const char *mark = s[len] == '\1'   ? start
				   : s[len] == '\2' ? end
				   : s[len] == '\n' ? " "
						    : "";
		char *longer = mem_printf("%s%s%s", marked, safe, mark);
		mem_free(part);
		mem_free(safe);
		mem_free(marked);
		marked = longer;
		s += len + (s[len] != '\0');
	}
	return marked;
}

static void
print_match(const struct article_row *row)
{
	char when[32];
	char *title = table_safe(row->title ? row->title : "(no title)");
	char *site = table_safe(row->site ? row->site : row->url);
	char *snippet =
	    mark_matches(row->snippet ? row->snippet : "", ctl_style("bold"), ctl_style("off"));
	clock_iso(row->published ? row->published : row->first_seen, when);
	printf("%s%" PRId64 "%s  %.10s  %s%s%s  %s%s%s\n", ctl_style("yellow"), row->id,
	    ctl_style("off"), when, ctl_style("bold"), title, ctl_style("off"), ctl_style("dim"),
	    site, ctl_style("off"));
	if (*snippet)
		printf("    %s\n", snippet);
	mem_free(title);
	mem_free(site);
	mem_free(snippet);
}

static int
on_match(const struct article_row *row, void *arg)
{
	struct search *search = arg;
	search->count++;
	if (!search->ctl->json) {
		print_match(row);
		return 0;
	}
	struct json_object *o = ctl_article_json(row);
	char *snippet = row->snippet ? mark_matches(row->snippet, "", "") : NULL;
	ctl_put_str(o, "snippet", snippet);
	mem_free(snippet);
	ctl_print_row(search->ctl, o);
	return 0;
}

static char *
join_words(int argc, char **argv)
{
	char *joined = mem_strdup(argv[0]);
	for (int i = 1; i < argc; i++) {
		char *longer = mem_printf("%s %s", joined, argv[i]);
		mem_free(joined);
		joined = longer;
	}
	return joined;
}

enum ctl_exit
ctl_run_search(struct ctl *ctl, int argc, char **argv)
{
	int64_t since, limit = SEARCH_LIMIT;
	if (ctl_get_since(ctl, "since", &since) != CTL_OK ||
	    ctl_get_number(ctl, "limit", 1, SEARCH_LIMIT_MAX, &limit) != CTL_OK)
		return CTL_USAGE;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	char *words = join_words(argc, argv);
	struct search search = {.ctl = ctl};
	if (store_search(store, words, ctl_get(ctl, "raw") != NULL, since, (size_t)limit, on_match,
		&search) != 0)
		status = ctl_complain_store(store);
	else if (search.count == 0)
		status = CTL_FAILED;
	mem_free(words);
	store_close(store);
	return status;
}

/* ---- show ---- */

struct shown {
	const struct ctl *ctl;
	int found;
};

/* One line of what is known of an article; nothing when VALUE is. */
static void
print_fact(const char *name, const char *value)
{
	if (!value || !*value)
		return;
	char *safe = table_safe(value);
	printf("%s%-10s%s %s\n", ctl_style("dim"), name, ctl_style("off"), safe);
	mem_free(safe);
}

static void
print_moment(const char *name, int64_t when)
{
	char iso[32];
	if (when)
		print_fact(name, clock_iso(when, iso));
}

/* When ROW was published, as far as it is known, and what it was read from where that is in doubt.
 */
static void
print_published(const struct article_row *row)
{
	char iso[32];
	const char *precision = row->published_precision;
	if (!row->published)
		return;
	clock_iso(row->published, iso);
	if (precision && strcmp(precision, "day") == 0)
		iso[10] = '\0';
	if (!row->published_doubt) {
		print_fact("published", iso);
		return;
	}
	char *words = mem_printf("%s (in doubt: %s; written as \"%s\")", iso, row->published_doubt,
	    row->published_raw ? row->published_raw : "");
	print_fact("published", words);
	mem_free(words);
}

static void
print_article(const struct article_row *row)
{
	size_t width = ctl_terminal_width();
	if (width > SHOW_WIDTH_MAX)
		width = SHOW_WIDTH_MAX;
	fputs(ctl_style("bold"), stdout);
	ctl_print_wrapped(stdout, row->title ? row->title : "(no title)", width, 0);
	fputs(ctl_style("off"), stdout);
	if (row->subtitle && *row->subtitle)
		ctl_print_wrapped(stdout, row->subtitle, width, 0);
	putchar('\n');
	char *source = mem_printf("%s, %" PRId64 " words, verdict %s (%.2f)%s%s%s",
	    row->body_source && strcmp(row->body_source, "feed") == 0 ? "text of the feed"
								      : "text of the page",
	    row->words, row->verdict ? row->verdict : "unknown", row->confidence,
	    row->evidence ? ": " : "", row->evidence ? row->evidence : "",
	    row->revisions ? ", revised" : "");
	char *ids = mem_printf("%" PRId64 ", story %" PRId64 ", revisions %" PRId64, row->id,
	    row->story_id, row->revisions);
	print_fact("by", row->byline);
	print_fact("site", row->site);
	print_fact("section", row->section);
	print_published(row);
	print_moment("modified", row->modified);
	print_moment("seen", row->first_seen);
	print_fact("language", row->language);
	print_fact("tags", row->tags);
	print_fact("url", row->url);
	print_fact("feed", row->feed_url);
	print_fact("image", row->image);
	print_fact("body", source);
	print_fact("article", ids);
	mem_free(source);
	mem_free(ids);
	for (const char *line = row->body ? row->body : ""; *line;) {
		size_t len = strcspn(line, "\n");
		char *paragraph = mem_strndup(line, len);
		putchar('\n');
		ctl_print_wrapped(stdout, paragraph, width, 0);
		mem_free(paragraph);
		line += len + (line[len] == '\n');
	}
}

static int
on_article(const struct article_row *row, void *arg)
{
	struct shown *shown = arg;
	shown->found = 1;
	if (shown->ctl->json) {
		struct json_object *o = ctl_article_json(row);
		ctl_put_str(o, "body", row->body);
		ctl_print_json(stdout, o);
	} else {
		print_article(row);
	}
	return 0;
}

/* A link as found by its URL: which article it led to, and else what became of it. */
struct found_link {
	int64_t article_id;
	char *url, *outcome, *reason;
};

static int
on_link(const struct link_row *row, void *arg)
{
	struct found_link *found = arg;
	found->article_id = row->article_id;
	found->url = mem_strdup(row->url);
	found->outcome = mem_strdup(row->outcome);
	found->reason = mem_strdup(row->reason);
	return 1;
}

/* The article that URL led to; 0 when there is none, which is complained about. */
static int64_t
find_by_url(struct store *store, const char *url)
{
	struct found_link found = {0};
	int rc = store_find_link(store, url, on_link, &found);
	if (rc == ERR_NOT_FOUND)
		ctl_complain("no feed has shown the link %s", url);
	else if (rc != 0)
		ctl_complain_store(store);
	else if (!found.article_id)
		ctl_complain("there is no article of %s: %s%s%s; newsctl why tells more", found.url,
		    found.outcome, found.reason ? ", " : "", found.reason ? found.reason : "");
	mem_free(found.url);
	mem_free(found.outcome);
	mem_free(found.reason);
	return rc == 0 ? found.article_id : 0;
}

int64_t
ctl_find_article(struct store *store, const char *word)
{
	char *end;
	errno = 0;
	int64_t id = strtoimax(word, &end, 10);
	if (errno || end == word || *end)
		return find_by_url(store, word);
	if (id <= 0)
		ctl_complain("there is no article %s", word);
	return id > 0 ? id : 0;
}

enum ctl_exit
ctl_run_show(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct shown shown = {.ctl = ctl};
	int64_t id = ctl_find_article(store, argv[0]);
	if (id > 0 && ctl_get(ctl, "dropped")) {
		status = ctl_show_dropped(ctl, store, id);
		store_close(store);
		return status;
	}
	int rc = id > 0 ? store_read_article(store, id, on_article, &shown) : 0;
	if (rc == ERR_NOT_FOUND)
		ctl_complain("there is no article %" PRId64, id);
	else if (rc != 0)
		ctl_complain_store(store);
	store_close(store);
	return shown.found ? CTL_OK : CTL_FAILED;
}
