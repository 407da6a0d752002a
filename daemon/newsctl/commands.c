/*
 * newsctl, the tables: every command, option and exit status with its help. Parsing, `--help` and
 * newsctl(1) are made from them; nothing is described twice.
 */
#include "newsctl_priv.h"

#include <string.h>

#include "text.h"

const char *const ctl_exit_help[CTL_EXIT_COUNT] = {
    [CTL_OK] = "Done.",
    [CTL_FAILED] =
	("Failed, or nothing was found: as grep does, search, show and why end so when the "
	 "store has no match, check when the store is not sound, doctor when something is bad, repair "
	 "when the new store is not sound, and status when links are "
	 "unaccounted for."),
    [CTL_USAGE] = "The command line or the configuration is wrong.",
    [CTL_DOWN] =
	"newsd can't be reached: nobody listens on the control socket, or it may not be used. "
	"status ends so too, after it has shown what the store tells.",
    [CTL_CHOICE] = "add found several feeds and none was chosen: they are listed, nothing was "
		   "added. explain and gaps: the word fits several feeds, which are listed.",
    [CTL_NO_ARTICLE] =
	"extract found no article on the page; its verdict says what stands there instead.",
};

const struct ctl_option ctl_global_options[] = {
    {"config", 'c', "FILE", 0,
	"Read FILE as newsd.conf, to learn where the store and the control socket are."},
    {"json", 0, NULL, 0, "Write JSON, one object a line, for scripts."},
    {"store", 0, "FILE", 0, "Read the store FILE, whatever the configuration says."},
    {"socket", 0, "PATH", 0,
	"Speak to the newsd that listens on PATH, whatever the configuration says."},
    {"version", 0, NULL, 0, "Print the version and exit."},
    {"help", 'h', NULL, 0, "Print help, also for one command, and exit."},
    {0},
};

#define CELLS_OPTIONS                                                                              \
	{"csv", 0, NULL, 0,                                                                        \
	    "Write the members of --json as CSV, with their names in the first line. What a "      \
	    "spreadsheet would take for a formula begins with an apostrophe; control characters "  \
	    "are written as \\u001b."},                                                            \
	{                                                                                          \
		"tsv", 0, NULL, 0, "The same, separated by tabs."                                  \
	}

static const struct ctl_option add_options[] = {
    {"title", 0, "TEXT", 0, "Call the feed TEXT, whatever it calls itself. For one URL only."},
    {"tag", 0, "TAG", 1, "Give the feed the tag TAG, one word."},
    {"content", 0, "MODE", 0,
	"Where articles come from: page fetches the page of each link, feed takes the text that "
	"the feed itself "
	"carries."},
    {"first", 0, NULL, 0, "Where several feeds are found, take the first, which is the likeliest."},
    {"no-discover", 0, NULL, 0, "Take each URL for a feed's, as it is, without looking."},
    {0},
};
static const struct ctl_option show_options[] = {
    {"dropped", 0, NULL, 0,
	"Only the lines that were left out of its text because its site repeats them."},
    {0},
};
static const struct ctl_option lines_options[] = {
    {"all", 0, NULL, 0, "Also lines that were never left out."},
    {"keep", 0, "LINE", 0, "Leave line number LINE in the texts from now on."},
    {"drop", 0, "LINE", 0, "Leave line number LINE out of the texts from now on."},
    {"forget", 0, "LINE", 0, "Let newsd decide about line number LINE again."},
    {"limit", 'n', "COUNT", 0, "At most so many lines (200)."},
    {0},
};
static const struct ctl_option quarantine_options[] = {
    {"all", 0, NULL, 0, "Also those that were parsed since, or whose link ended in another way."},
    {"save", 0, "FILE", 0,
	"Write the document of row ID to FILE, a new one, or to standard output (-): the bytes as "
	"they were received. Beware: they may be made to harm who opens them."},
    {"retry", 0, "ID", 0, "Try the document of row ID again now; a link gets three more visits."},
    {"forget", 0, "ID", 0, "Drop row ID and its document."},
    {0},
};
static const struct ctl_option hubs_options[] = {
    {"feeds", 0, NULL, 0, "One line a feed instead of one a hub."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option gaps_options[] = {
    {"since", 0, "TIME", 0,
	"Only gaps that were noticed since TIME: a span back from now such as 12h, 7d or 2w, or a "
	"date; 7d when not given."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option proposals_options[] = {
    {"all", 0, NULL, 0, "Also those that were accepted or dismissed."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option accept_options[] = {
    {"no-check", 0, NULL, 0, "Accept without looking whether a feed stands at the new address."},
    {0},
};
static const struct ctl_option feeds_options[] = {
    {"failing", 0, NULL, 0, "Only feeds whose last poll failed."},
    {"all", 0, NULL, 0, "Also feeds that were removed."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option import_options[] = {
    {"dry-run", 0, NULL, 0, "Only show the feeds that the file names."},
    {0},
};
static const struct ctl_option search_options[] = {
    {"raw", 0, NULL, 0, "Take the words as an FTS5 query, with its operators."},
    {"since", 0, "TIME", 0,
	"Only articles since TIME: a span back from now such as 12h, 7d or 2w, or a date."},
    {"limit", 0, "COUNT", 0, "At most COUNT articles; 20 when not given."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option tail_options[] = {
    {"follow", 'f', NULL, 0, "Go on with the events of the running newsd as they are committed."},
    {"lines", 'n', "COUNT", 0, "Begin with the newest COUNT outcomes; 10 when not given."},
    {0},
};
static const struct ctl_option stories_options[] = {
    {"since", 0, "TIME", 0,
	"Only stories that something came of since TIME: a span back from now such as 12h or 7d, or a "
	"date; 1d when not given."},
    {"limit", 0, "COUNT", 0, "At most COUNT stories; 20 when not given."},
    CELLS_OPTIONS,
    {0},
};
static const struct ctl_option check_options[] = {
    {"full", 0, NULL, 0, "Compare every index with its table, whatever the size of the store."},
    {"fast", 0, NULL, 0, "Leave that out, whatever the size of the store."},
    {0},
};
static const struct ctl_option doctor_options[] = {
    {"drop-in", 0, NULL, 0,
	"Instead write the drop-in by which systemd lets newsd speak to the internet and to what this "
	"machine's configuration names (name servers, a proxy, allow_private), and to nothing else."},
    {0},
};
static const struct ctl_option backup_options[] = {
    {"force", 0, NULL, 0, "Replace FILE if it is there."},
    {0},
};
static const struct ctl_option digest_options[] = {
    {"inline", 0, NULL, 0,
	"Parse in this process, without the sandbox: for debuggers and benchmarks."},
    {"workers", 0, "COUNT", 0,
	"Use COUNT worker processes; one for each processor when not given."},
    {0},
};
static const struct ctl_option dedup_options[] = {
    {"window", 0, "DAYS", 0,
	"Look for the stories of the last DAYS days of arrivals; 30 when not given."},
    {"memory", 0, "MB", 0,
	"Use at most MB megabytes for the index, 256 when not given; the oldest articles are "
	"forgotten before their time when that is too little."},
    {"keys", 0, "COUNT", 0,
	"Remember COUNT places of each article, 36 when not given: fewer need less memory and "
	"find fewer copies of short texts."},
    {0},
};

static const struct ctl_option extract_options[] = {
    {"url", 0, "URL", 0,
	"Take the page of a file or of standard input for that of URL: relative links are "
	"resolved by it, and left out without it."},
    {"html", 0, NULL, 0, "Write an HTML document, made of the text and its links."},
    {"markdown", 0, NULL, 0, "Write Markdown, links too."},
    {"explain", 0, NULL, 0,
	"Instead of the article tell what was decided, and why: the verdict with its evidence, "
	"which source of title, authors and dates won, and for each line of the page whether it "
	"was kept, what kind it is, the rule that decided and how likely the model took it for body. "
	"With --json the same in the members claims and trace."},
    {0},
};

const struct ctl_command ctl_commands[] = {
    {"add", "URL...", "add feeds to the running newsd",
	"URL is a feed's or a site's: newsd looks at it and, where it is no feed, finds the feeds "
	"of the site. "
	"It tries those that the page names, else links that look like feeds, else the usual "
	"addresses, else the sitemaps in robots.txt, and each is fetched and parsed before it is "
	"offered. "
	"One feed is added. "
	"Several are shown, the likeliest first, and on a terminal you are asked which; elsewhere "
	"nothing is added, and the exit status is 4. "
	"Each feed is stored under the canonical form of its URL and polled soon. "
	"A feed that was removed comes back with its history. "
	"Adding a feed that is there already changes its title, tags and content mode where they "
	"are given.",
	"newsctl add https://example.org\n"
	"newsctl add --tag world --title 'The Example' https://example.org/feed.xml",
	add_options, 1, -1, ctl_run_add},
    {"remove", "FEED...", "stop polling feeds",
	"FEED is a URL or the number that the command feeds shows. "
	"The articles and the history of the feed stay in the store. "
	"A feed that a file of the option feeds in newsd.conf names comes back with the next start "
	"or reload.",
	"newsctl remove https://example.org/feed.xml", NULL, 1, -1, ctl_run_remove},
    {"feeds", "", "list the feeds and how they do",
	"One line a feed: its number, when it was polled and will be polled next, the HTTP status "
	"and the "
	"error of the last poll, and how many links were first seen there. "
	"With --json all that the store knows of it.",
	"newsctl feeds --failing", feeds_options, 0, 0, ctl_run_feeds},
    {"explain", "FEED", "tell why a feed is polled when it is",
	"FEED is a number, a URL, or a part of a title or URL that no other feed has. "
	"In words, with the numbers: when it is polled next and because of what; how many entries are "
	"expected, by hour and weekday as learned; what its window shows, and how likely it is that "
	"entries go by unseen until then; whether its validators are believed; what the publisher "
	"and the server ask for; how its host is spared, and why; failures, the gaps of the last 30 "
	"days, and open proposals. "
	"What only the running newsd knows, the host's gate, is left out when it does not run.",
	"newsctl explain 12\n"
	"newsctl explain --json 'morning post'",
	NULL, 1, 1, ctl_run_explain},
    {"gaps", "[FEED]", "list where entries went by unseen",
	"A feed shows its newest entries only: when none of those that it showed last is left, others "
	"went by in between. "
	"One line a gap: when it was noticed, the feed, from when on and for how long nothing was "
	"seen, how many entries were lost by estimate, how many of them were found again elsewhere, "
	"and what became of it: open, recovered, partly or lost. "
	"The last line adds them up.",
	"newsctl gaps --since 30d\n"
	"newsctl gaps --json https://example.org/feed.xml",
	gaps_options, 0, 1, ctl_run_gaps},
    {"proposals", "", "list what polls suggest to do about their feeds",
	"Nothing changes until a proposal is accepted, unless the option accept_proposals says so. "
	"moved: a page stands where the feed was, and names another. "
	"redirect: the address redirects for good, as was seen three times over a week, to one that "
	"gives the same feed. "
	"gone: its server says so (HTTP 410), three times over two days. "
	"dead: no poll has gone well for 60 days, and at least 30 were tried. "
	"One line a proposal: its number, its feed and whether that fails, the kind, how many polls "
	"suggested it and when "
	"the last did, the address that was polled and the one that is proposed. "
	"With --json also the reason and what was seen.",
	"newsctl proposals", proposals_options, 0, 0, ctl_run_proposals},
    {"accept", "PROPOSAL...", "do what proposals suggest",
	"newsd fetches the new address first: where no feed stands, nothing changes. "
	"A feed that moved keeps its number and its history and is polled at its new address at once. "
	"Where it redirects to a feed that is polled already, it is merged into that, which takes over "
	"its tags and is known by both addresses from then on. "
	"One that is gone or dead is polled no more, and its history stays. "
	"Where a file lists the feed, or newsd.conf has a section about it, the answer tells which "
	"lines to change; "
	"until that is done newsd goes on polling the new address.",
	"newsctl accept 3", accept_options, 1, -1, ctl_run_accept},
    {"dismiss", "PROPOSAL...", "do not do what proposals suggest",
	"Nothing changes, and the same is not proposed again.", "newsctl dismiss 3", NULL, 1, -1,
	ctl_run_dismiss},
    {"lines", "[HOST]", "list the lines that sites repeat, and decide about them",
	"A site puts the same lines under many stories: newsletter calls, disclaimers, author boxes. "
	"newsd learns them from the site's articles, of which it takes no other text for theirs, and "
	"leaves them out of the bodies: option drop_site_lines. "
	"One line a line: its number, how often it was seen of late and left out, what was decided, "
	"the host and the text. "
	"What was left out of one article shows `newsctl show --dropped`. "
	"A decision is remembered and holds for articles that come after it.",
	"newsctl lines www.example.org\n"
	"newsctl lines --keep 17",
	lines_options, 0, 1, ctl_run_lines},
    {"quarantine", "[ID]", "list the documents that crash or stall the parser",
	"A document that kills its worker, by a crash or by more than 2 s of CPU or 5 s of time, costs "
	"itself alone: it is tried once more at once, in a fresh worker, then an hour later and a day "
	"after that. "
	"A link whose third visit ends so is given up, as parser_crash or parser_timeout; a feed goes on "
	"being polled, ever more seldom. "
	"One line a document: its number, state (waiting, given_up, released, ended), what it was parsed "
	"as, how many workers died and at how many visits in a row, the signal, when it last did and is "
	"tried again, whether it is kept, its URL, and how the last worker died. "
	"The last 20 documents are kept, 32 MB together; with --save one can be sent to the developers. "
	"--retry and --forget need the running newsd.",
	"newsctl quarantine\nnewsctl quarantine 3 --save page.bin\nnewsctl quarantine --retry 3",
	quarantine_options, 0, 1, ctl_run_quarantine},
    {"hubs", "", "list the WebSub hubs and how far each can be relied on",
	"Feeds that name a hub are subscribed to when the options websub_listen and websub_url are "
	"set. "
	"One line a hub: its feeds, the deliveries, the entries that came by one before a poll found "
	"them, those that a poll found and the hub had not brought, the deliveries that were dropped "
	"because their signature was missing or wrong, and what follows from it: reliable, and its "
	"feeds are polled more seldom; unreliable; or unproven.",
	"newsctl hubs\n"
	"newsctl hubs --feeds --json",
	hubs_options, 0, 0, ctl_run_hubs},
    {"import", "FILE", "add all feeds of an OPML file, a newsboat urls file or a plain list",
	"The file is parsed by a sandboxed worker and may be \"-\" for standard input. "
	"Folders and categories become tags, with dashes for the spaces in them. "
	"Only http and https addresses are taken; commands, filters, queries and files of a "
	"newsboat list are named and left out. "
	"Feeds that are there already stay as they are, but for a title or tags that the file "
	"gives.",
	"newsctl import --dry-run subscriptions.opml\nnewsctl import subscriptions.opml",
	import_options, 1, 1, ctl_run_import},
    {"export", "[FILE]", "write the feeds as OPML",
	"All feeds that are polled, with title, site and tags, to FILE or to standard output. "
	"FILE is replaced only when the whole list has been written.",
	"newsctl export feeds.opml", NULL, 0, 1, ctl_run_export},
    {"poll", "[FEED...]", "poll feeds now",
	"FEED is a URL or a number. "
	"Without one every feed is polled. "
	"A delay that the server asked for is kept all the same.",
	"newsctl poll 12", NULL, 0, -1, ctl_run_poll},
    {"reload", "", "have newsd read its configuration again",
	"The new configuration is checked first. "
	"When it is wrong the old one stays in force and the answer says where the error is.",
	"newsctl reload", NULL, 0, 0, ctl_run_reload},
    {"status", "", "show the figures of the store and of the running newsd",
	"The store's size, feeds and articles, and how many links came to which outcome. "
	"Every link that was ever discovered has one outcome or is pending, and the last line of "
	"that list "
	"adds them up and compares the sum with the links that were numbered; when they differ, "
	"the exit status is 1. "
	"Then how polling stands: feeds that fail, are due or late, the gaps of the last 7 days, open "
	"proposals, hosts that are closed and why. "
	"Then what newsd does at this moment; when it does not run, that is said and the exit "
	"status is 3.",
	"newsctl status --json", NULL, 0, 0, ctl_run_status},
    {"search", "WORD...", "find articles by the words in title and text",
	"Articles that hold all the words, best match first, with the place where they stand. "
	"Words are taken as they are, without operators, unless --raw is given.",
	"newsctl search --since 7d solar eclipse\nnewsctl search --raw 'title: eclipse NOT lunar'\n"
	"newsctl search --csv --limit 1000 eclipse > eclipse.csv",
	search_options, 1, -1, ctl_run_search},
    {"show", "ARTICLE", "read one article",
	"ARTICLE is the number that search shows, or a URL in any spelling. "
	"The text is wrapped to the terminal; in a pipe each paragraph is one line.",
	"newsctl show 4711\nnewsctl show --json https://example.org/story\n"
	"newsctl show --dropped 4711",
	show_options, 1, 1, ctl_run_show},
    {"tail", "", "show the newest outcomes, and follow what happens",
	"Each line tells the time, the outcome, the link and the reason. "
	"With --follow the running newsd adds every event as soon as it is committed, until "
	"interrupted; "
	"newsd-log(5) lists the events.",
	"newsctl tail -n 50\nnewsctl tail -f --json", tail_options, 0, 0, ctl_run_tail},
    {"why", "URL", "tell what became of a link, and why",
	"The whole story of a link in order of time: which feed showed it first and which others "
	"did, how often it "
	"was tried, its outcome with the reason, the article that came of it or that it "
	"duplicates, and the last "
	"polls of its feed.",
	"newsctl why https://example.org/story", NULL, 1, 1, ctl_run_why},
    {"stories", "", "list the stories that most sites tell",
	"One line a story: its number, how many sites, articles and links tell it, when its first and "
	"its last article came, its headline, and where it probably comes from: the agency or source "
	"that its articles name, else the site that had it first.",
	"newsctl stories --since 6h", stories_options, 0, 0, ctl_run_stories},
    {"story", "STORY", "show who tells a story",
	"Every article of the story and every exact copy, in order of time: the site, what it is to "
	"which article and how much of the shorter text the two share, and the headline. "
	"STORY is its number, or the number of an article of it.",
	"newsctl story 4711", NULL, 1, 1, ctl_run_story},
    {"why-dup", "ARTICLE [OTHER]", "tell why two articles are taken for the same story, or not",
	"Compares ARTICLE with OTHER, else with the article that it was found to be nearest to. "
	"Shows what was decided when it came, every figure that a decision rests on as it is measured "
	"now, the rule, and both texts with the words that stand in the other one marked (in colour on "
	"a terminal, between brackets elsewhere). "
	"Articles are numbers or URLs. "
	"What is measured now leaves out nothing; when the article came, lines that its site repeats "
	"under its stories did not count.",
	"newsctl why-dup 4712\nnewsctl why-dup 4712 4711 --json", NULL, 1, 2, ctl_run_why_dup},
    {"split", "ARTICLE", "make an article a story of its own",
	"For an article that was taken for a copy and is none. "
	"The decision is kept, and copies of the article that come later belong to it.",
	"newsctl split 4712", NULL, 1, 1, ctl_run_split},
    {"merge", "STORY STORY", "make two stories one",
	"The story with the lower number takes in the other one. "
	"The decision is kept, and copies of either that come later belong to it; newsctl split "
	"takes single articles out again.",
	"newsctl merge 4711 4798", NULL, 2, 2, ctl_run_merge},
    {"check", "", "check the store",
	"Checks the database's structure, references between its tables, the sum of outcomes and "
	"the full-text "
	"index, and with --full the keys of stories. "
	"Stores of up to 256 MB are checked in full; of larger ones the comparison of every index "
	"with its table, "
	"which reads all of it, is left out unless --full asks for it. "
	"newsd may run meanwhile.",
	"newsctl check --full", check_options, 0, 0, ctl_run_check},
    {"doctor", "", "look at the whole house, and say what to do next",
	"One line a thing: ok, warn or bad, what is there, and what would help: the configuration (what "
	"newsd -n says), the running newsd, the store, free space and the file system, the write-ahead log "
	"and which process keeps it from shrinking, feeds that fail, the sandbox that this kernel offers "
	"the workers, certificates, name servers, clock and log. "
	"Nothing is changed. "
	"The exit status is 1 when something is bad. "
	"Run as root or newsd's user it sees the most.",
	"newsctl doctor\n"
	"newsctl doctor --drop-in > /etc/systemd/system/newsd.service.d/newsd-addresses.conf",
	doctor_options, 0, 0, ctl_run_doctor},
    {"backup", "FILE", "copy the store while newsd goes on",
	"FILE is the store as it was at one moment, complete and by itself; it appears when it is whole "
	"and on the disk. "
	"A file that is there is not replaced, unless --force is given. "
	"A member of the store's group may do it, too. "
	"To go back to it, stop newsd, move the store with its -wal and -shm away, and put FILE in its "
	"place.",
	"newsctl backup /backup/news-2026-01-31.db", backup_options, 1, 1, ctl_run_backup},
    {"repair", "NEWFILE", "save what can be read of a damaged store",
	"Makes the new store NEWFILE of all that can be read of the store, which is not changed and which "
	"no newsd may have meanwhile. "
	"One line a table: the rows that were saved and how many there were, as far as the store counted "
	"them, rows that were read and are none of this table, and whether some of it can't be read. "
	"Then, in words and figures, what was lost and what was made again from other tables: links keep "
	"their numbers, those that are lost with that outcome; links whose article is lost are pending "
	"again; feeds are asked for whole documents at their next poll. "
	"The new store is checked in full. "
	"The disk that damaged a store is best not trusted with the new one.",
	"newsctl repair /backup/mended.db", NULL, 1, 1, ctl_run_repair},
    {"digest", "", "parse documents: JSON lines in, JSON lines out",
	"Reads one job a line from standard input and writes one answer a line, with the job's id, "
	"in any order, "
	"each as soon as it is known. "
	"The member kind says what to parse: feed, sitemap, page, robots, opml, discover, date or "
	"url. "
	"A document comes as file (a path), body (text) or body_base64, with url and content_type "
	"as they were "
	"fetched and content_encoding when it is still compressed; a feed may have content_location "
	"and link, the header fields of these names; page may have feed_title and feed_text, what a "
	"feed says of it (markup), which helps to find its text; robots takes text or "
	"text_base64, agent and "
	"targets; date takes text; url takes text and base. "
	"A job that fails is answered by its id and error, and the filter goes on. "
	"Documents are parsed in sandboxed worker processes.",
	"echo '{\"id\": 1, \"kind\": \"date\", \"text\": \"Sat, 31 Jan 2026 06:00 +0100\"}' | "
	"newsctl digest",
	digest_options, 0, 0, ctl_run_digest},
    {"dedup", "", "find the articles that tell the same story: JSON lines in, JSON lines out",
	"Reads one article a line from standard input, in order of arrival, and writes one "
	"decision a line in the same order: which story it belongs to, and what it is to the "
	"article nearest to it. "
	"An article is an object with id, url, site, title, text, lang and published; only text "
	"is needed. "
	"A line that is no such object is answered by its id and error, and the filter goes on. "
	"The texts of the window are kept in a temporary file. "
	"With --store FILE the articles of that store were there before: stored in an answer is the "
	"article of it that the line is nearest to, and its story is the store's, with a minus sign.",
	"echo '{\"id\": 1, \"url\": \"https://example.org/a\", \"text\": \"The bridge is "
	"closed.\"}' | newsctl dedup",
	dedup_options, 0, 0, ctl_run_dedup},
    {"extract", "URL|FILE|-", "show the article of one page",
	"Reads a page and writes its article: title, authors, date and text, without what stands "
	"around it. "
	"A URL is fetched once with the configuration's user agent, proxy, limits and rules about "
	"private addresses, and without asking robots.txt; neither the store nor the running newsd "
	"has a part in it. "
	"The page is parsed in a sandboxed worker process. "
	"What is no article ends with status 5 and its verdict: a wall, an error page, a list of "
	"links. "
	"--json writes what digest writes of a page. "
	"Links within the text are not kept, only listed by --json.",
	"newsctl extract https://example.org/story\nnewsctl extract --explain page.html\n"
	"curl -s https://example.org/story | newsctl extract --markdown --url "
	"https://example.org/story -",
	extract_options, 1, 1, ctl_run_extract},
    {"help", "[COMMAND]", "explain a command", "Without COMMAND, list all of them.",
	"newsctl help search", NULL, 0, 1, ctl_run_help},
    {0},
};

const struct ctl_command *
ctl_find_command(const char *name)
{
	for (const struct ctl_command *c = ctl_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const char *
ctl_nearest_command(const char *word)
{
	const char *best = NULL;
	size_t best_distance = 3; /* more than two slips is another word */
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		size_t distance = text_distance(word, c->name);
		if (distance < best_distance && distance < strlen(c->name)) {
			best_distance = distance;
			best = c->name;
		}
	}
	return best;
}
