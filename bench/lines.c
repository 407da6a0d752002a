/*
 * lines: what the extractor makes of each line of pages, as a table for bench/train.py. Standard
 * input: one page a line, `id TAB file TAB url TAB content type`. Standard output: for each page
 * `P id host title`, then for each line `L place kept why inside chance features... text`,
 * separated by tabs. A first line names the columns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "../daemon/extract/extract_priv.h"
#include "url.h"

static const char *const names[] = {
#define X(name) #name,
    FEATURES(X)
#undef X
};

#ifdef NEWSD_DEBUG_HOOKS

static const char *page_id;
static int paths; /* for reading, not for training */

/* For a reader's eyes: a line in short, and the elements that it stands in. */
static void
print_path(struct page *p, struct line *l)
{
	size_t i = (size_t)(l - p->lines);
	printf("%c%c %-13s %5d ", i >= p->first && i < p->last ? '|' : ' ', l->kept ? '+' : '-',
	    rule_names[l->rule], l->score);
	printf("%.100s", line_text(p, l));
	for (const struct html_node *n = l->block; n && n != p->body; n = n->parent) {
		const char *class = html_attr(n, "class"), *id = html_attr(n, "id");
		printf(" < %s%s%s%s%s%s", n->name, id ? "#" : "", id ? id : "", class ? "." : "",
		    class ? class : "", n == p->container ? " [container]" : "");
	}
	printf("\n");
}

static void
print_page(struct page *p)
{
	struct url_parts u;
	const char *url = p->article->canonical ? p->article->canonical : p->url;
	int known = !url_split(url, &u);
	printf("P\t%s\t%.*s\t%s\n", page_id, known ? (int)u.host_len : 0, known ? u.host : "",
	    p->article->title ? p->article->title : "");
	for (size_t i = 0; i < p->lines_len; i++) {
		struct line *l = &p->lines[i];
		int inside = i >= p->first && i < p->last;
		if (paths) {
			print_path(p, l);
			continue;
		}
		printf("L\t%zu\t%d\t%s\t%d\t%d", i, l->kept, rule_names[l->rule], inside, l->score);
		for (size_t f = 0; f < FEATURE_COUNT; f++)
			printf("\t%d", inside && p->features ? p->features[i - p->first][f] : 0);
		printf("\t%s\n", l->kind == LINE_EMBED ? "" : line_text(p, l));
	}
}

static int
read_page(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	char chunk[65536];
	size_t n;
	if (!f)
		return -1;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		if (buf_add(b, chunk, n))
			break;
	fclose(f);
	return 0;
}

int
main(int argc, char **argv)
{
	char line[8192];
	paths = argc > 1 && !strcmp(argv[1], "--paths");
	for (size_t r = 0; argc > 2 && !strcmp(argv[1], "--off") && r < RULE_COUNT; r++)
		extract_rules_off |= (unsigned)!strcmp(argv[2], rule_names[r]) << r;
	printf("#");
	for (size_t f = 0; f < FEATURE_COUNT && !paths; f++)
		printf("\t%s", names[f]);
	printf("\n");
	extract_prepare();
	extract_on_page = print_page;
	while (fgets(line, sizeof line, stdin)) {
		struct arena a = {0};
		struct buf b;
		struct article *article;
		struct fault fault;
		char *file = strchr(line, '\t'), *url = file ? strchr(file + 1, '\t') : NULL,
		     *type = url ? strchr(url + 1, '\t') : NULL;
		if (!type) {
			fprintf(stderr, "lines: not `id TAB file TAB url TAB type`: %s", line);
			return 1;
		}
		*file++ = *url++ = *type++ = '\0';
		type[strcspn(type, "\n")] = '\0';
		page_id = line;
		buf_init(&b, 64 << 20);
		if (read_page(&b, file)) {
			fprintf(stderr, "lines: cannot read %s\n", file);
			return 1;
		}
		extract_page(&a, url, type, (const uint8_t *)buf_str(&b), b.len, &article, &fault);
		buf_clear(&b);
		arena_clear(&a);
	}
	return 0;
}

#else

int
main(void)
{
	fprintf(stderr, "lines: configure with --enable-debug to look inside (%s ...)\n", names[0]);
	return 1;
}

#endif
