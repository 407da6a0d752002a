/*
 * Walks over the tree, none of them recursive.
 */
#include <string.h>

#include "html_priv.h"

const char *
html_attr(const struct html_node *n, const char *name)
{
	for (unsigned i = 0; i < n->attributes_len; i++)
		if (n->attributes[i].name == name || !strcmp(n->attributes[i].name, name))
			return n->attributes[i].value;
	return NULL;
}

struct html_node *
html_skip(const struct html_node *root, struct html_node *n)
{
	while (n != root) {
		if (n->next)
			return n->next;
		n = n->parent;
	}
	return NULL;
}

struct html_node *
html_next(const struct html_node *root, struct html_node *n)
{
	return n->first ? n->first : html_skip(root, n);
}

int
html_is_block(enum html_tag tag)
{
	static const char block[HTML_TAG_COUNT] = {
	    [HTML_ADDRESS] = 1,
	    [HTML_ARTICLE] = 1,
	    [HTML_ASIDE] = 1,
	    [HTML_BLOCKQUOTE] = 1,
	    [HTML_BODY] = 1,
	    [HTML_CENTER] = 1,
	    [HTML_DD] = 1,
	    [HTML_DETAILS] = 1,
	    [HTML_DIV] = 1,
	    [HTML_DL] = 1,
	    [HTML_DT] = 1,
	    [HTML_FIELDSET] = 1,
	    [HTML_FIGCAPTION] = 1,
	    [HTML_FIGURE] = 1,
	    [HTML_FOOTER] = 1,
	    [HTML_FORM] = 1,
	    [HTML_H1] = 1,
	    [HTML_H2] = 1,
	    [HTML_H3] = 1,
	    [HTML_H4] = 1,
	    [HTML_H5] = 1,
	    [HTML_H6] = 1,
	    [HTML_HEAD] = 1,
	    [HTML_HEADER] = 1,
	    [HTML_HR] = 1,
	    [HTML_HTML] = 1,
	    [HTML_LI] = 1,
	    [HTML_LINK] = 1,
	    [HTML_MAIN] = 1,
	    [HTML_META] = 1,
	    [HTML_NAV] = 1,
	    [HTML_OL] = 1,
	    [HTML_OPTION] = 1,
	    [HTML_P] = 1,
	    [HTML_PRE] = 1,
	    [HTML_SCRIPT] = 1,
	    [HTML_SECTION] = 1,
	    [HTML_SUMMARY] = 1,
	    [HTML_TABLE] = 1,
	    [HTML_TBODY] = 1,
	    [HTML_TD] = 1,
	    [HTML_TH] = 1,
	    [HTML_THEAD] = 1,
	    [HTML_TITLE] = 1,
	    [HTML_TR] = 1,
	    [HTML_UL] = 1,
	};
	return block[tag];
}

#define TEXT_NODES_MAX 2000 /* looked at for a limited text: emptiness costs too */

/* Append to a growing array in the arena. */
struct joined {
	struct arena *a;
	char *s;
	size_t len, cap;
};

static void
join(struct joined *j, const char *s, size_t len)
{
	if (j->len + len + 1 > j->cap) {
		size_t cap = (j->len + len + 1) * 2 + 64;
		j->s = arena_grow(j->a, j->s, j->len, cap, 1);
		j->cap = cap;
	}
	memcpy(j->s + j->len, s, len);
	j->len += len;
	j->s[j->len] = '\0';
}

static char *
text_below(struct arena *a, struct html_node *root, size_t max, size_t nodes_max)
{
	struct joined j = {.a = a};
	struct html_node *n = root;
	join(&j, "", 0);
	while (n && j.len <= max && nodes_max--) {
		if (n->tag == HTML_TEXT)
			join(&j, n->name, n->text_len);
		else if (n != root && (n->tag == HTML_BR || html_is_block(n->tag)))
			join(&j, "\n", 1);
		if (n->first) {
			n = n->first;
			continue;
		}
		while (n != root && !n->next) {
			n = n->parent;
			if (n != root && html_is_block(n->tag))
				join(&j, "\n", 1);
		}
		n = n == root ? NULL : n->next;
	}
	return j.s;
}

char *
html_text(struct arena *a, struct html_node *n)
{
	return text_below(a, n, SIZE_MAX, SIZE_MAX);
}

char *
html_text_start(struct arena *a, struct html_node *n, size_t max)
{
	return text_below(a, n, max, TEXT_NODES_MAX);
}
