/*
 * feed elements: the one table that says what each element of each dialect means, and the
 * namespaces by their right and wrong names. Data only.
 */
#include "feed_priv.h"

#include <string.h>
#include <strings.h>

/* Sorted by name; of several rows of one name the first that fits counts. */
static const struct feed_element elements[] = {
    {"abstract", NS_CORE | NS_DCTERMS, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 8},
    {"abstract", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 8},
    {"author", NS_CORE, CTX_BOTH, KIND_PERSON, FIELD_AUTHORS, 9},
    {"author", NS_CORE, CTX_SOURCE, KIND_PERSON, FIELD_AUTHORS, 1},
    {"author", NS_DC | NS_DCTERMS, CTX_BOTH, KIND_PERSON, FIELD_AUTHORS, 7},
    {"author", NS_ITUNES | NS_GOOGLEPLAY, CTX_BOTH, KIND_PERSON, FIELD_AUTHORS, 5},
    {"available", NS_DCTERMS, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 3},
    {"body", NS_XHTML | NS_CORE, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 7},
    {"category", NS_CORE | NS_MEDIA | NS_ITUNES, CTX_BOTH, KIND_TAG, FIELD_NONE, 0},
    {"channel", NS_CORE, CTX_FEED, KIND_GROUP, CTX_FEED, 0},
    {"comments", NS_CORE, CTX_ITEM, KIND_URL, FIELD_COMMENTS, 9},
    {"content", NS_CORE, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 8},
    {"content", NS_MEDIA, CTX_ITEM, KIND_MEDIA, FIELD_NONE, 0},
    {"copyright", NS_CORE, CTX_BOTH, KIND_LINE, FIELD_RIGHTS, 9},
    {"copyright", NS_MEDIA, CTX_BOTH, KIND_LINE, FIELD_RIGHTS, 3},
    {"created", NS_CORE | NS_DCTERMS, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 4},
    {"creator", NS_DC | NS_DCTERMS | NS_CORE, CTX_BOTH, KIND_PERSON, FIELD_AUTHORS, 7},
    {"credit", NS_MEDIA, CTX_ITEM | CTX_ITEM_IMAGE, KIND_CREDIT, FIELD_AUTHORS, 1},
    {"date", NS_DC | NS_DCTERMS | NS_CORE, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 6},
    {"date", NS_DC | NS_DCTERMS | NS_CORE, CTX_FEED, KIND_DATE, FIELD_UPDATED, 6},
    {"day", NS_CORE, CTX_DAYS, KIND_DAY, FIELD_NONE, 0},
    {"description", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 9},
    {"description", NS_DC | NS_DCTERMS, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 5},
    {"description", NS_ITUNES | NS_GOOGLEPLAY | NS_MEDIA, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 2},
    {"description", NS_CORE, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 9},
    {"description", NS_DC | NS_DCTERMS, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 5},
    {"description", NS_ITUNES | NS_GOOGLEPLAY | NS_MEDIA, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 2},
    {"div", NS_XHTML, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 6},
    {"enclosure", NS_CORE, CTX_ITEM, KIND_ENCLOSURE, FIELD_NONE, 0},
    {"encoded", NS_CONTENT, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 9},
    {"entry", NS_CORE, CTX_FEED, KIND_ITEM, FIELD_NONE, 0},
    {"full-text", NS_CORE | NS_OTHER, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 5},
    {"fullitem", NS_CORE, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 6},
    {"fulltext", NS_CORE | NS_OTHER, CTX_ITEM, KIND_MARKUP, FIELD_CONTENT, 5},
    {"generator", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SOURCE, 9},
    {"generatoragent", NS_ADMIN, CTX_FEED, KIND_ATTR_URL, FIELD_SOURCE, 5},
    {"group", NS_MEDIA, CTX_ITEM, KIND_GROUP, CTX_ITEM, 0},
    {"guid", NS_CORE, CTX_ITEM, KIND_GUID, FIELD_GUID, 9},
    {"hour", NS_CORE, CTX_HOURS, KIND_HOUR, FIELD_NONE, 0},
    {"icon", NS_CORE, CTX_FEED, KIND_URL, FIELD_IMAGE, 3},
    {"id", NS_CORE, CTX_ITEM, KIND_GUID, FIELD_GUID, 8},
    {"identifier", NS_DC | NS_DCTERMS, CTX_ITEM, KIND_GUID, FIELD_GUID, 1},
    {"image", NS_CORE, CTX_FEED, KIND_GROUP, CTX_IMAGE, 0},
    {"image", NS_CORE | NS_SITE_IMAGE, CTX_ITEM, KIND_GROUP, CTX_ITEM_IMAGE, 0},
    {"image", NS_ITUNES | NS_GOOGLEPLAY, CTX_BOTH, KIND_ATTR_URL, FIELD_IMAGE, 5},
    {"info", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 3},
    {"issued", NS_CORE | NS_DCTERMS, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 8},
    {"item", NS_CORE, CTX_FEED, KIND_ITEM, FIELD_NONE, 0},
    {"items", NS_CORE, CTX_FEED, KIND_GROUP, CTX_FEED, 0}, /* RSS 1.1 */
    {"keyword", NS_PRISM, CTX_ITEM, KIND_TAG, FIELD_NONE, 0},
    {"keywords", NS_CORE | NS_ITUNES | NS_MEDIA | NS_NEWS, CTX_BOTH, KIND_TAGS, FIELD_NONE, 0},
    {"language", NS_CORE | NS_DC | NS_DCTERMS | NS_NEWS, CTX_BOTH | CTX_SOURCE, KIND_LANGUAGE,
	FIELD_LANGUAGE, 9},
    {"lastbuilddate", NS_CORE, CTX_FEED, KIND_DATE, FIELD_UPDATED, 9},
    {"lastmod", NS_CORE, CTX_ITEM, KIND_DATE, FIELD_UPDATED, 9},
    {"link", NS_CORE, CTX_BOTH | CTX_SOURCE, KIND_LINK, FIELD_LINK, 9},
    {"loc", NS_CORE, CTX_ITEM, KIND_URL, FIELD_LINK, 9},
    {"loc", NS_SITE_IMAGE, CTX_ITEM_IMAGE, KIND_URL, FIELD_IMAGE, 9},
    {"logo", NS_CORE, CTX_FEED, KIND_ATTR_URL, FIELD_IMAGE, 8},
    {"managingeditor", NS_CORE, CTX_FEED, KIND_PERSON, FIELD_AUTHORS, 8},
    {"modificationdate", NS_PRISM, CTX_ITEM, KIND_DATE, FIELD_UPDATED, 3},
    {"modified", NS_CORE | NS_DCTERMS, CTX_BOTH, KIND_DATE, FIELD_UPDATED, 8},
    {"name", NS_NEWS, CTX_SOURCE, KIND_LINE, FIELD_SOURCE, 3},
    {"news", NS_NEWS, CTX_ITEM, KIND_GROUP, CTX_ITEM, 0},
    {"origlink", NS_FEEDBURNER, CTX_ITEM, KIND_URL, FIELD_ORIGINAL, 9},
    {"owner", NS_ITUNES, CTX_FEED, KIND_PERSON, FIELD_AUTHORS, 1},
    {"pubdate", NS_CORE, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 9},
    {"pubdate", NS_CORE, CTX_FEED, KIND_DATE, FIELD_UPDATED, 5},
    {"publication", NS_NEWS, CTX_ITEM, KIND_GROUP, CTX_SOURCE, 0},
    {"publication_date", NS_NEWS, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 9},
    {"publicationdate", NS_PRISM, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 3},
    {"published", NS_CORE, CTX_ITEM, KIND_DATE, FIELD_PUBLISHED, 9},
    {"publisher", NS_DC | NS_DCTERMS, CTX_FEED, KIND_PERSON, FIELD_AUTHORS, 2},
    {"rights", NS_CORE | NS_DC | NS_DCTERMS, CTX_BOTH, KIND_LINE, FIELD_RIGHTS, 8},
    {"sitemap", NS_CORE, CTX_SITEMAP, KIND_ITEM, FIELD_NONE, 0},
    {"skipdays", NS_CORE, CTX_FEED, KIND_GROUP, CTX_DAYS, 0},
    {"skiphours", NS_CORE, CTX_FEED, KIND_GROUP, CTX_HOURS, 0},
    {"source", NS_CORE, CTX_ITEM, KIND_GROUP, CTX_SOURCE, 0},
    {"source", NS_DC | NS_DCTERMS, CTX_ITEM, KIND_WORD, FIELD_SOURCE, 1},
    {"subject", NS_DC | NS_DCTERMS, CTX_BOTH, KIND_TAG, FIELD_NONE, 0},
    {"subtitle", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 9},
    {"subtitle", NS_ITUNES, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 3},
    {"subtitle", NS_ITUNES, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 1},
    {"summary", NS_CORE, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 9},
    {"summary", NS_ITUNES, CTX_ITEM, KIND_MARKUP, FIELD_SUMMARY, 3},
    {"summary", NS_ITUNES, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 2},
    {"tagline", NS_CORE, CTX_FEED, KIND_LINE, FIELD_SUMMARY, 9},
    {"thumbnail", NS_MEDIA, CTX_ITEM | CTX_ITEM_IMAGE, KIND_ATTR_URL, FIELD_IMAGE, 7},
    {"thumbnail", NS_MEDIA, CTX_FEED, KIND_ATTR_URL, FIELD_IMAGE, 4},
    {"thumbnail", NS_CORE, CTX_ITEM, KIND_ATTR_URL, FIELD_IMAGE, 3},
    {"thumbnail_loc", NS_SITE_VIDEO, CTX_ITEM_IMAGE, KIND_URL, FIELD_IMAGE, 3},
    {"title", NS_CORE, CTX_BOTH, KIND_LINE, FIELD_TITLE, 9},
    {"title", NS_CORE, CTX_SOURCE, KIND_LINE, FIELD_SOURCE, 3},
    {"title", NS_DC | NS_DCTERMS | NS_NEWS, CTX_BOTH, KIND_LINE, FIELD_TITLE, 5},
    {"title", NS_MEDIA | NS_ITUNES, CTX_BOTH, KIND_LINE, FIELD_TITLE, 2},
    {"ttl", NS_CORE, CTX_FEED, KIND_TTL, FIELD_NONE, 0},
    {"updatebase", NS_SY, CTX_FEED, KIND_BEGIN, FIELD_NONE, 0},
    {"updated", NS_CORE, CTX_BOTH, KIND_DATE, FIELD_UPDATED, 9},
    {"updatefrequency", NS_SY, CTX_FEED, KIND_FREQUENCY, FIELD_NONE, 0},
    {"updateperiod", NS_SY, CTX_FEED, KIND_PERIOD, FIELD_NONE, 0},
    {"url", NS_CORE, CTX_IMAGE | CTX_ITEM_IMAGE, KIND_URL, FIELD_IMAGE, 9},
    {"url", NS_CORE, CTX_SITEMAP, KIND_ITEM, FIELD_NONE, 0},
    {"url", NS_PRISM, CTX_ITEM, KIND_URL, FIELD_LINK, 2},
    {"video", NS_SITE_VIDEO, CTX_ITEM, KIND_GROUP, CTX_ITEM_IMAGE, 0},
};

#define ELEMENTS (sizeof elements / sizeof *elements)

/* URIs in lower case, without scheme, "www." and what follows the last '/' or '#' if it is empty.
 */
static const struct {
	const char *uri;
	enum feed_ns ns;
} uris[] = {
    {"w3.org/2005/atom", NS_CORE},
    {"purl.org/atom/ns", NS_CORE},
    {"purl.org/atom/app", NS_OTHER},
    {"purl.org/rss/1.0", NS_CORE},
    {"purl.org/net/rss1.1", NS_CORE},
    {"purl.org/dc/elements/1.1", NS_DC},
    {"purl.org/dc/elements/1.0", NS_DC},
    {"purl.org/dc/elements/2.0", NS_DC},
    {"purl.org/dc", NS_DC},
    {"purl.org/dc/terms", NS_DCTERMS},
    {"purl.org/rss/1.0/modules/content", NS_CONTENT},
    {"purl.org/rss/1.0/modules/syndication", NS_SY},
    {"search.yahoo.com/mrss", NS_MEDIA},
    {"video.search.yahoo.com/mrss", NS_MEDIA},
    {"rssboard.org/media-rss", NS_MEDIA},
    {"tools.search.yahoo.com/mrss", NS_MEDIA},
    {"itunes.com/dtds/podcast-1.0.dtd", NS_ITUNES},
    {"itunes.apple.com/dtds/podcast-1.0.dtd", NS_ITUNES},
    {"example.com/dtds/podcast-1.0.dtd", NS_ITUNES},
    {"google.com/schemas/play-podcasts/1.0", NS_GOOGLEPLAY},
    {"w3.org/1999/xhtml", NS_XHTML},
    {"w3.org/1999/02/22-rdf-syntax-ns", NS_RDF},
    {"webns.net/mvcb", NS_ADMIN},
    {"rssnamespace.org/feedburner/ext/1.0", NS_FEEDBURNER},
    {"sitemaps.org/schemas/sitemap/0.9", NS_CORE},
    {"google.com/schemas/sitemap/0.84", NS_CORE},
    {"google.com/schemas/sitemap-news/0.9", NS_NEWS},
    {"google.com/schemas/sitemap-image/1.1", NS_SITE_IMAGE},
    {"google.com/schemas/sitemap-video/1.1", NS_SITE_VIDEO},
    {"prismstandard.org/namespaces/basic/1.2", NS_PRISM},
    {"prismstandard.org/namespaces/1.2/basic", NS_PRISM},
    {"prismstandard.org/namespaces/basic/2.0", NS_PRISM},
    {"prismstandard.org/namespaces/basic/2.1", NS_PRISM},
    {"prismstandard.org/namespaces/basic/3.0", NS_PRISM},
    {"w3.org/xml/1998/namespace", NS_XML},
    {"my.netscape.com/rdf/simple/0.9", NS_CORE},
    {"channel.netscape.com/rdf/simple/0.9", NS_CORE},
    {"my.netscape.com/publish/formats/rss-0.91.dtd", NS_CORE},
    {"backend.userland.com/rss", NS_CORE},
    {"backend.userland.com/rss2", NS_CORE},
    {"backend.userland.com/rss2.1", NS_CORE},
    {"backend.userland.com/rss091", NS_CORE},
    {"backend.userland.com/rss092", NS_CORE},
    {"blogs.law.harvard.edu/tech/rss", NS_CORE},
    {"cyber.law.harvard.edu/rss/rss.html", NS_CORE},
    {"rssboard.org/rss-specification", NS_CORE},
    {"purl.org/pie", NS_CORE},
    {"purl.org/echo", NS_CORE},
    {"example.com/newformat", NS_CORE},
    {"example.com/necho", NS_CORE},
    {"uri/of/echo/namespace", NS_CORE},
};

static const struct {
	const char *prefix;
	enum feed_ns ns;
} prefixes[] = {
    {"dc", NS_DC},
    {"content", NS_CONTENT},
    {"media", NS_MEDIA},
    {"itunes", NS_ITUNES},
    {"sy", NS_SY},
    {"atom", NS_CORE},
    {"atom10", NS_CORE},
    {"a10", NS_CORE},
    {"rss", NS_CORE},
    {"rdf", NS_RDF},
    {"dcterms", NS_DCTERMS},
    {"dct", NS_DCTERMS},
    {"feedburner", NS_FEEDBURNER},
    {"googleplay", NS_GOOGLEPLAY},
    {"xhtml", NS_XHTML},
    {"admin", NS_ADMIN},
    {"news", NS_NEWS},
    {"image", NS_SITE_IMAGE},
    {"video", NS_SITE_VIDEO},
    {"prism", NS_PRISM},
    {"xml", NS_XML},
};

enum feed_ns
feed_namespace(const char *uri, const char *prefix)
{
	if (!uri && !prefix)
		return NS_CORE;
	if (uri) {
		static const char *const fronts[] = {"http://", "https://", "www."};
		for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
			if (!strncasecmp(uri, fronts[i], strlen(fronts[i])))
				uri += strlen(fronts[i]);
		size_t len = strlen(uri);
		while (len && (uri[len - 1] == '/' || uri[len - 1] == '#' || uri[len - 1] == ' '))
			len--;
		for (size_t i = 0; len && i < sizeof uris / sizeof *uris; i++)
			if (uris[i].uri[0] == (*uri | 32) && !strncasecmp(uris[i].uri, uri, len) &&
			    uris[i].uri[len] == '\0')
				return uris[i].ns;
	}
	for (size_t i = 0; prefix && i < sizeof prefixes / sizeof *prefixes; i++)
		if (!strcasecmp(prefixes[i].prefix, prefix))
			return prefixes[i].ns;
	return NS_OTHER;
}

const struct feed_element *
feed_elements_find(const char *name)
{
	size_t low = 0, high = ELEMENTS;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (strcasecmp(elements[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ELEMENTS && !strcasecmp(elements[low].name, name) ? &elements[low] : NULL;
}

const struct feed_element *
feed_elements_match(const struct feed_element *row, unsigned ns, unsigned ctx)
{
	for (const struct feed_element *e = row; e < elements + ELEMENTS; e++) {
		if (e->name != row->name && strcmp(e->name, row->name) != 0)
			return NULL;
		if ((e->ns & ns) && (e->ctx & ctx))
			return e;
	}
	return NULL;
}
