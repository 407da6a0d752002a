/*
 * The names of elements and attributes that newsd knows.
 */
#include <string.h>

#include "html_priv.h"

/* In the order of enum html_tag, which is alphabetic from HTML_A on. */
static const char *const tag_names[HTML_TAG_COUNT] = {
    /* clang-format off */
    "", "",
    "a", "abbr", "address", "amp-img", "article", "aside", "audio", "b", "base",
    "blockquote", "body", "br", "button", "center", "cite", "code", "dd", "details",
    "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "font",
    "footer", "form", "frame", "h1", "h2", "h3", "h4", "h5", "h6", "head",
    "header", "hr", "html", "i", "iframe", "img", "input", "label", "li", "link",
    "main", "meta", "nav", "noscript", "object", "ol", "option", "p", "picture",
    "pre", "q", "rp", "rt", "ruby", "script", "section", "select", "small",
    "source", "span", "strong", "style", "sub", "summary", "sup", "svg", "table",
    "tbody", "td", "template", "textarea", "th", "thead", "time", "title", "tr",
    "u", "ul", "video",
    /* clang-format on */
};

/* The attributes that some rule asks for, sorted. */
static const char *const attribute_names[] = {
    /* clang-format off */
    "alt", "aria-hidden", "aria-label", "aria-modal", "charset", "class", "content", "data-component",
    "data-lazy-src", "data-original", "data-src", "data-srcset", "data-testid", "data-type", "datetime",
    "dir", "height", "hidden", "href", "http-equiv", "id", "itemprop", "itemscope", "itemtype", "lang",
    "name", "property", "pubdate", "rel", "role", "shadowrootmode", "src", "srcset", "style", "title",
    "type", "typeof", "width", "xml:lang",
    /* clang-format on */
};

/* Order of NAME, in any case, and KNOWN, in lower case. */
static int
compare(const char *name, size_t len, const char *known)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 32) : name[i];
		if (c != known[i] || !c)
			return (unsigned char)c < (unsigned char)known[i] ? -1 : 1;
	}
	return known[len] ? -1 : 0;
}

static const char *
find(const char *const *names, size_t count, const char *name, size_t len, size_t *at)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = compare(name, len, names[mid]);
		if (order == 0) {
			*at = mid;
			return names[mid];
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

enum html_tag
html_find_tag(const char *name, size_t len)
{
	size_t at;
	if (find(tag_names + HTML_A, HTML_TAG_COUNT - HTML_A, name, len, &at))
		return (enum html_tag)(at + HTML_A);
	return HTML_OTHER;
}

const char *
html_tag_name(enum html_tag tag)
{
	return tag_names[tag];
}

const char *
html_find_attribute(const char *name, size_t len)
{
	size_t at;
	return find(
	    attribute_names, sizeof attribute_names / sizeof *attribute_names, name, len, &at);
}
