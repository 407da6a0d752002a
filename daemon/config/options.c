/* The tables of options: see include/config.h. etc/newsd.conf and newsd.conf(5) are made from them.
 */
#include <ctype.h>
#include <string.h>

#include "config_parts.h"
#include "text.h"

#define AT(member) offsetof(struct config, member)

/* heading, name, type, offset, default, words, help, reload */
const struct config_option config_options[] = {
    {"Sources and places", "feeds", CONFIG_LIST, AT(feeds), "", NULL,
	"Files that list the feeds to poll: OPML, a newsboat urls file, or plain text with one URL "
	"a line. They are read again on reload: a feed that appears is added, one that disappears "
	"is no longer polled. Feeds given by `newsctl add` are kept in the store and need no file. "
	"The feeds.opml that comes with newsd is a list of examples.",
	1},
    {NULL, "store", CONFIG_PATH, AT(store), "", NULL,
	"The SQLite file that holds everything. Empty: news.db in $STATE_DIRECTORY (/var/lib/newsd "
	"under systemd), in /var/lib/newsd for root, else in ~/.local/share/newsd.",
	0},
    {NULL, "control_socket", CONFIG_PATH, AT(control_socket), "", NULL,
	"The socket by which newsctl speaks to newsd. Empty: control.sock in $RUNTIME_DIRECTORY "
	"(/run/newsd under systemd), in /run/newsd for root, else newsd.sock in $XDG_RUNTIME_DIR, "
	"or control.sock beside the store's default place.",
	0},
    {NULL, "user", CONFIG_STRING, AT(user), "", NULL,
	"The user to become when started as root, before anything is fetched. Empty: stay who we "
	"are. The systemd unit sets User= itself and needs nothing here.",
	0},
    {NULL, "group", CONFIG_STRING, AT(group), "", NULL,
	"The group to become together with user when started as root; its members may read the "
	"store and use the control socket. Empty: the user's own. Who does not start as root, as "
	"under the systemd unit, which sets Group= itself, needs nothing here.",
	0},

    {"Work", "workers", CONFIG_AUTO, AT(workers), "auto", "0 256",
	"Number of processes that parse documents, each in its own sandbox; auto is one for each "
	"processor. With 0 documents are parsed in the main process, without protection: for the "
	"debugger only.",
	0},
    {NULL, "transfers", CONFIG_INT, AT(transfers), "128", "1 4096",
	"Transfers under way at once. More than 128 gains nothing on one processor.", 0},
    {NULL, "bytes_in_flight", CONFIG_BYTES, AT(bytes_in_flight), "48M", "1M 4G",
	"Memory for all bodies that are being received or wait for a worker. When it is used up, "
	"transfers pause.",
	0},
    {NULL, "body_max", CONFIG_BYTES, AT(body_max), "10M", "64K 256M",
	"The largest document, as received. A larger one is abandoned: `too_big`.", 0},
    {NULL, "inflated_max", CONFIG_BYTES, AT(inflated_max), "32M", "64K 256M",
	"The largest document after decompression.", 0},
    {NULL, "connect_timeout", CONFIG_SPAN, AT(connect_timeout), "10s", "1s 5m",
	"How long a connection, with its TLS handshake, may take.", 0},
    {NULL, "transfer_timeout", CONFIG_SPAN, AT(transfer_timeout), "60s", "1s 1h",
	"How long a whole transfer may take, from name to last byte.", 0},
    {NULL, "redirects_max", CONFIG_INT, AT(redirects_max), "8", "0 30",
	"Redirects that are followed for one document.", 0},
    {NULL, "attempts_max", CONFIG_INT, AT(attempts_max), "5", "1 100",
	"Tries of a link that fails transiently (no connection, 5xx, 429), with growing pauses, "
	"before its outcome is `gave_up`.",
	1},
    {NULL, "content", CONFIG_ENUM, AT(content), "page", "page feed",
	"Where the text of an article comes from: page fetches the page, and where that fails takes "
	"the feed's text instead, if it has at least 60 words; feed takes what the feed says and "
	"fetches no pages.",
	1},

    {NULL, "sitemap_max_age", CONFIG_SPAN, AT(sitemap_max_age), "3d", "1h 5000w",
	"Of a sitemap, which lists a whole site, only entries that were published, or else modified, "
	"so lately become links: at most the newest 1000. Where no entry has a date, all are taken, "
	"but not more than 100. Of an index the sitemaps that changed so lately are read, at most 8 a "
	"poll, the newest first. What is left out is counted in the view polls.",
	1},

    {"Manners", "contact", CONFIG_HEADER, AT(contact), "", "()\\",
	"A URL or mail address where a publisher who is unhappy with newsd finds you. It is sent "
	"with every request, as part of the user agent.",
	0},
    {NULL, "user_agent", CONFIG_HEADER, AT(user_agent), "", NULL,
	"The whole User-Agent header. Empty: newsd and its version, and (+CONTACT) when there is a "
	"contact. robots.txt is read for `newsd` whatever stands here.",
	0},
    {NULL, "proxy", CONFIG_URL, AT(proxy), "",
	"http:// https:// socks4:// socks4a:// socks5:// socks5h://",
	"Send all requests through this proxy. It, not newsd, then looks names up and connects: newsd "
	"judges ports, addresses that are written as numbers and localhost, and which other names may "
	"be reached is the proxy's to say. Empty: none; the environment is not consulted.",
	0},
    {NULL, "ca_file", CONFIG_PATH, AT(ca_file), "", NULL,
	"The bundle of certificates to trust, in PEM; lists of revocations (CRLs) in it are heeded. "
	"Empty: the system's.",
	0},
    {NULL, "poll_min", CONFIG_SPAN, AT(poll_min), "10m", "1s 30d",
	"No feed is polled more often, however busy it is.", 1},
    {NULL, "poll_min_blind", CONFIG_SPAN, AT(poll_min_blind), "1h", "1s 30d",
	"The same for feeds that give no validators (ETag, Last-Modified) to ask with, or whose "
	"validators lie: each poll of them is a whole document.",
	1},
    {NULL, "poll_patience", CONFIG_SPAN, AT(poll_patience), "8m", "1s 1d",
	"How long new entries of a feed may wait, all their times together, by expectation, until "
	"a poll is worth its request. A quarter of it means twice the requests and half the "
	"delay.",
	1},
    {NULL, "poll_max", CONFIG_SPAN, AT(poll_max), "1d", "1s 90d",
	"No feed is polled less often, however quiet it is, unless its server asks for more.", 1},
    {NULL, "accept_proposals", CONFIG_ENUM, AT(accept_proposals), "none", "none redirects all",
	"Proposals that newsd accepts by itself. none: newsctl proposals lists them, newsctl accept "
	"accepts them. redirects: a feed whose address redirects for good, as was seen three times "
	"over a week, is polled where it went, or merged into the feed that is polled there. all: "
	"also, a feed whose server says that it is gone, or that has failed for 60 days, is polled no "
	"more. A page that names another feed is never enough.",
	1},
    {NULL, "host_delay", CONFIG_SPAN_MS, AT(host_delay), "1s", "0 1h",
	"The pause between two requests to one host.", 1},
    {NULL, "host_connections", CONFIG_INT, AT(host_connections), "2", "1 64",
	"Requests to one host at once.", 1},
    {NULL, "address_names", CONFIG_INT, AT(address_names), "0", "0 100000",
	"Hosts that live at one address are asked as if they were one, by host_delay and "
	"host_connections, where at most so many of those that newsd knows live there: for small "
	"machines with many sites. An address with more is taken for a content network's, and its "
	"hosts are strangers to each other. 0: all are, always.",
	1},
    {NULL, "robots", CONFIG_BOOL, AT(robots), "yes", NULL, "Obey robots.txt when fetching pages.",
	1},
    {NULL, "robots_feeds", CONFIG_BOOL, AT(robots_feeds), "no", NULL,
	"Obey robots.txt when polling feeds, too. Feeds are meant for programs, and who lists one "
	"asks for it: as a rule it is polled whatever robots.txt says.",
	1},
    {NULL, "allow_private", CONFIG_ADDRESS, AT(addresses), "", NULL,
	"Addresses outside the public internet that newsd may connect to, against hostile feeds "
	"that point at your own network: networks (192.168.0.0/16), addresses, host names, each "
	"with a port or without (10.0.0.5:8000), or all. What is named here a feed of anybody may lead "
	"to: name the port, too. Empty: none.",
	0},
    {NULL, "allow_ports", CONFIG_PORT, AT(addresses), "80 443 8080 8443", NULL,
	"Ports that newsd may connect to: numbers, ranges (8000-8100), or all.", 0},

    {"WebSub", "websub_listen", CONFIG_STRING, AT(websub_listen), "", NULL,
	"Where hubs reach newsd, behind a reverse proxy that speaks TLS: ADDRESS:PORT "
	"(127.0.0.1:8090), unix:/PATH, or systemd for a socket that the service manager hands over "
	"(newsd-websub.socket). With websub_url, feeds that name a hub are subscribed to and come by "
	"push; polls go on, to make sure. Empty: off.",
	0},
    {NULL, "websub_url", CONFIG_URL, AT(websub_url), "", "http:// https://",
	"The public URL under which the proxy hands requests on to websub_listen, such as "
	"https://news.example.org/websub/. A word that nobody can guess is put behind it for each "
	"feed.",
	0},

    {"Store", "synchronous", CONFIG_ENUM, AT(synchronous), "normal", "off normal full",
	"What a commit waits for. What newsd has acknowledged (an event in the log, an answer to "
	"newsctl) is committed, and a crash or kill of newsd alone undoes no commit in any mode. "
	"normal: a power failure or a crash of the system may undo the commits of the last moments, "
	"all of a commit or nothing, never damages the store, and what is undone is fetched again; a "
	"feed that was added or a decision that was made in these moments must be given again. full: "
	"not even that, at the price of one wait for the disk at each commit. off: the same events may "
	"damage the store; for stores that can be thrown away.",
	0},
    {NULL, "free_space_floor", CONFIG_AUTO_BYTES, AT(free_space_floor), "auto", "0 1000000G",
	"Free space to leave on the store's file system. When there is less, nothing is fetched until "
	"there is a quarter more than that; one line in the log says so, and `newsctl status`. auto: "
	"5 % of the file system, but at most 2 GB and at least 64 MB. 0: off; a disk that is full "
	"stops newsd in the same way then, but other programs first.",
	1},
    {NULL, "upgrade_backup", CONFIG_BOOL, AT(upgrade_backup), "yes", NULL,
	"Keep a copy of the store beside it when a newer newsd upgrades it: news.db.v3-backup, for "
	"version 3 of the schema. newsd never removes it.",
	0},
    {NULL, "commit_interval", CONFIG_SPAN_MS, AT(commit_interval), "250ms", "10ms 10s",
	"The longest time that something stored waits for its commit.", 0},
    {NULL, "commit_rows", CONFIG_INT, AT(commit_rows), "500", "1 10000",
	"Commit earlier when so many rows wait.", 0},
    {NULL, "keep_polls", CONFIG_SPAN, AT(keep_polls), "30d", "1h 5000w",
	"How long the history of polls is kept. Articles, links and sightings are kept for ever.",
	0},
    {NULL, "drop_site_lines", CONFIG_BOOL, AT(drop_site_lines), "yes", NULL,
	"Leave lines out of the body of an article that its site repeats under or over its stories: "
	"newsletter calls, disclaimers, author boxes. They are learned from the site's articles; "
	"`newsctl lines` shows them, and the view dropped_lines what was left out of which article.",
	0},
    {NULL, "keep_links", CONFIG_BOOL, AT(keep_links), "yes", NULL,
	"Keep what the texts of articles link to (the view article_links).", 0},

    {"Stories", "story_window_days", CONFIG_INT, AT(story_window_days), "30", "1 3650",
	"For how many days an article is looked for when copies of it come: newsd keeps track of "
	"which articles tell the same story. See docs/stories.md.",
	0},
    {NULL, "story_memory", CONFIG_BYTES, AT(story_memory), "256M", "1M 64G",
	"The most memory that this may take, about 300 bytes an article of the window. When it is "
	"used up, the oldest articles are no longer looked for.",
	0},
    {NULL, "story_keys", CONFIG_INT, AT(story_keys), "36", "4 36",
	"How many keys of each article are kept in memory. 16 halve the memory, and copies that were "
	"cut or edited much are found less often.",
	0},

    {"Log", "log_file", CONFIG_PATH, AT(log_file), "-", "- journal",
	"Where the log goes: - is standard error, journal is journald with all fields, else a "
	"file, which is opened again on SIGUSR1.",
	1},
    {NULL, "log_format", CONFIG_ENUM, AT(log_format), "text", "text json",
	"text: time, level, event and key=value pairs; json: one object a line. See newsd-log(5).",
	1},
    {NULL, "log_level", CONFIG_ENUM, AT(log_level), "info", "error warn info debug",
	"The least important lines that are written. debug adds unchanged polls and every new link.",
	1},
    {0},
};

#undef AT
#define AT(member) offsetof(struct config_feed, member)

const struct config_option config_feed_options[] = {
    {NULL, "title", CONFIG_STRING, AT(title), "", NULL,
	"A title of your own for the feed. Empty: the feed's.", 1},
    {NULL, "tags", CONFIG_STRING, AT(tags), "", NULL,
	"Words to group feeds by, separated by spaces.", 1},
    {NULL, "content", CONFIG_ENUM, AT(content), "", "page feed",
	"As above, for this feed. Empty: the global option.", 1},
    {NULL, "auth", CONFIG_SECRET, AT(auth), "", NULL,
	"The password for this feed: user:password, or bearer and a token. It is sent to the origin "
	"of the feed's URL in the section, and not where that redirects to; it appears in no log, "
	"answer or store. Let nobody but newsd read the file.",
	1},
    {NULL, "headers", CONFIG_HEADERS, AT(headers), "", NULL,
	"Further header fields for this feed, each in quotes (\"X-Api-Key: abc\"). They are sent and "
	"kept secret as auth is.",
	1},
    {NULL, "proxy", CONFIG_URL, AT(proxy), "",
	"http:// https:// socks4:// socks4a:// socks5:// socks5h://",
	"Poll this feed through this proxy. Empty: as all the others.", 1},
    {NULL, "user_agent", CONFIG_HEADER, AT(user_agent), "", NULL,
	"The User-Agent header for this feed. Empty: as for all the others.", 1},
    {NULL, "poll_interval", CONFIG_SPAN, AT(poll_interval), "0", "0 90d",
	"Poll at this fixed interval, whatever poll_min and poll_max say; one that fails is left "
	"alone for longer. 0: as often as the feed has news.",
	1},
    {0},
};

const struct config_option *
config_find_option(const struct config_option *table, const char *name)
{
	for (const struct config_option *o = table; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

#undef AT
#define AT(member) offsetof(struct config_host, member)

const struct config_option config_host_options[] = {
    {NULL, "delay", CONFIG_SPAN_MS, AT(delay), "", "0 1h",
	"The pause between two requests to this host, instead of host_delay. Empty: the global "
	"option. A longer crawl-delay of its robots.txt, and what the host itself asks for, hold all "
	"the same.",
	1},
    {NULL, "connections", CONFIG_INT, AT(connections), "", "1 64",
	"Requests to this host at once, instead of host_connections. Empty: the global option.", 1},
    {NULL, "ignore_crawl_delay", CONFIG_BOOL, AT(ignore_crawl_delay), "no", NULL,
	"Take no crawl-delay from the robots.txt of this host: for one whose owner agreed to it. Its "
	"other rules hold.",
	1},
    {0},
};

#define NAME_MAX_LEN 32

const struct config_option *
config_nearest_option(const struct config_option *table, const char *name)
{
	const struct config_option *best = NULL;
	size_t len = strlen(name), best_distance = len / 3 + 1;
	char folded[NAME_MAX_LEN + 1] = "";
	if (len < 2 || len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < len; i++) /* case and '-' for '_' are no slips */
		folded[i] = name[i] == '-' ? '_' : (char)tolower((unsigned char)name[i]);
	for (const struct config_option *o = table; o->name; o++) {
		size_t d = text_distance(folded, o->name);
		if (d < best_distance || (d == best_distance && !best)) {
			best = o;
			best_distance = d;
		}
	}
	return best;
}
