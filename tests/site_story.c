/* site_story: see tests/site_story.h. */
#include "site_story.h"

#include <string.h>

#include "prose.h"

#define STREAM_MAX  ((size_t)64 << 10)
#define EDITED_PART 4 /* percent of the words */

static const char *const paragraphs[] = {
    "The ferry that ran aground off Saltmarsh on Saturday night with 214 people on board had failed "
    "two safety inspections in the past eighteen months, according to papers that its owner "
    "handed to the harbour office on Monday.",
    "Nobody was seriously hurt when the Grey Heron, built in 1987, struck a sandbank at about 9:40 "
    "p.m., some three kilometres short of the pier. Lifeboats from Port Ellery and Whitecliff "
    "brought all passengers ashore within four hours, among them 31 children on their way home "
    "from a music camp.",
    "The papers show that inspectors found a worn steering cable in March of last year and a "
    "faulty depth sounder in November. Both times the ship was allowed to sail on, with a deadline "
    "of 90 days for repairs that nobody seems to have checked.",
    "\"We were told that it had been seen to, and we believed it,\" said Maud Perrin, who has led "
    "the harbour office since 2019. \"That was a mistake, and it was ours.\" She announced that "
    "the five other ships of the line would stay in port until each had been looked at anew.",
    "The owner, Heron Lines, said that the cable had been replaced by its own workshop and that the "
    "new depth sounder had been ordered but was delayed. It offered every passenger 150 and a "
    "free crossing, which a lawyer for eleven of the families called an insult.",
    "For the islanders the standstill comes at the worst time. The market on Long Reach takes in a "
    "third of its year in the six weeks before midsummer, and the only other boat, which carries "
    "the post, has room for twelve people and no cars.",
    "\"You can't sell strawberries to seagulls,\" said Tom Averil, a grower, who had counted on "
    "sending 400 crates to the mainland by Friday. The county has asked two fishing companies "
    "to carry goods until the ferries run again.",
    "Investigators hope to refloat the Grey Heron on Thursday, when the tide stands half a metre "
    "higher. A first report is expected within a month; the recordings from the bridge, they said, "
    "were complete and could be read.",
};
static const char *const captions[] = {
    "The Grey Heron on Sunday morning, seen from the lifeboat",
    "Passengers wait for blankets in the hall of the school Picture: Dale Press",
    "The market on Long Reach in a better year",
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void
begin_page(struct buf *b, const char *site)
{
	buf_printf(b,
	    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s | %s</title>"
	    "</head><body><nav><a href=\"/\">Home</a> <a href=\"/all\">All news</a> "
	    "<a href=\"/sport\">Sport</a></nav><article><h1>%s</h1>",
	    SITE_STORY_TITLE, site, SITE_STORY_TITLE);
}

static void
end_page(struct buf *b)
{
	buf_add_str(b, "</article><footer><p>Imprint and contact</p></footer></body></html>");
}

void
site_story_original(struct buf *b)
{
	begin_page(b, "The Saltmarsh Courier");
	buf_add_str(b, "<p class=\"byline\">By Ines Calder</p>");
	for (size_t i = 0; i < COUNT(paragraphs); i++) {
		buf_printf(b, "<p>%s</p>", paragraphs[i]);
		if (i == 1)
			buf_printf(b,
			    "<figure><img src=\"/heron.jpg\"><figcaption>%s</figcaption></figure>",
			    captions[0]);
	}
	end_page(b);
}

void
site_story_republished(struct buf *b)
{
	begin_page(b, "County Mirror Online");
	buf_printf(b, "<p>%s</p>", SITE_STORY_TITLE);
	buf_add_str(b, "<ul><li>Papers show a worn cable and a faulty depth sounder</li>"
		       "<li>All five other ships of the line stay in port</li>"
		       "<li>Islanders fear for the weeks before midsummer</li></ul>");
	for (size_t i = 0; i < COUNT(paragraphs); i++) {
		buf_printf(b, "<p>%s</p>", paragraphs[i]);
		if (i % 2 && i / 2 < COUNT(captions))
			buf_printf(b, "<p>%s</p>", captions[i / 2]);
	}
	buf_add_str(b, "<p>Source: <a href=\"http://courier.example/\">Read Full Article</a></p>");
	end_page(b);
}

/* The text of article NUMBER of site HOST: its own, or what became of the first site's. */
static void
write_stream(struct buf *out, unsigned host, unsigned number)
{
	struct buf original;
	int is_copy = host > 1 && number % host == 0;
	buf_init(&original, STREAM_MAX);
	prose_article(&original, is_copy || host == 1 ? number : host * 1000 + number,
	    200 + number * 7 % 300);
	if (is_copy)
		prose_edit(out, buf_str(&original), host * 1000 + number, EDITED_PART);
	else
		buf_add(out, original.data, original.len);
	buf_clear(&original);
}

void
site_story_stream(struct buf *b, unsigned host, unsigned number)
{
	struct buf text;
	buf_init(&text, STREAM_MAX);
	write_stream(&text, host, number);
	buf_printf(b,
	    "<!doctype html><html lang=\"en\"><head><title>Paper %u, number %u</title></head><body>"
	    "<article><h1>Paper %u, number %u</h1>",
	    host, number, host, number);
	char *rest = (char *)buf_str(&text), *line;
	while ((line = strsep(&rest, "\n")))
		buf_printf(b, "<p>%s</p>", line);
	end_page(b);
	buf_clear(&text);
}
