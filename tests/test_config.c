/* Tests of config: values, mistakes and the words about them, places, the shipped file. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "mem.h"
#include "opml.h"
#include "url.h"

static struct config *
parse(const char *text)
{
	struct config *c = NULL;
	struct fault f = {0};
	if (config_parse(&c, "/etc/newsd/test.conf", text, strlen(text), &f) != 0)
		fail_msg("refused: %s", f.text);
	return c;
}

/* TEXT is refused, and the words about it hold EXPECTED. */
static void
refused(const char *text, size_t len, const char *expected)
{
	struct config *c = NULL;
	struct fault f = {0};
	int error = config_parse(&c, "test.conf", text, len, &f);
	if (error == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(f.code, error);
	assert_null(c);
	if (!strstr(f.text, expected))
		fail_msg("\"%s\" does not say \"%s\"", f.text, expected);
}

/* ---- defaults and values ---- */

static void
test_defaults(void **arg)
{
	(void)arg;
	struct config *c = config_new();
	assert_null(c->path);
	assert_int_equal(c->feeds_len, 0);
	assert_int_equal(c->workers, -1);
	assert_int_equal(c->transfers, 128);
	assert_int_equal(c->bytes_in_flight, 48 << 20);
	assert_int_equal(c->body_max, 10 << 20);
	assert_int_equal(c->inflated_max, 32 << 20);
	assert_int_equal(c->connect_timeout, 10);
	assert_int_equal(c->transfer_timeout, 60);
	assert_int_equal(c->redirects_max, 8);
	assert_int_equal(c->attempts_max, 5);
	assert_int_equal(c->content, CONTENT_PAGE);
	assert_string_equal(c->user_agent, "newsd/" PACKAGE_VERSION);
	assert_string_equal(c->contact, "");
	assert_string_equal(c->proxy, "");
	assert_string_equal(c->user, "");
	assert_int_equal(c->poll_min, 600);
	assert_int_equal(c->poll_max, 86400);
	assert_int_equal(c->host_delay, 1000);
	assert_int_equal(c->host_connections, 2);
	assert_int_equal(c->robots, 1);
	assert_int_equal(c->addresses.allow_len, 0);
	assert_int_equal(c->addresses.ports_len, 4);
	assert_int_equal(c->synchronous, SYNC_NORMAL);
	assert_int_equal(c->commit_interval, 250);
	assert_int_equal(c->commit_rows, 500);
	assert_int_equal(c->keep_polls, 30 * 86400);
	assert_int_equal(c->keep_links, 1);
	assert_string_equal(c->log_file, "-");
	assert_int_equal(c->log_format, LOG_FORMAT_TEXT);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_int_equal(c->feed_sections_len, 0);
	config_free(c);
	config_free(NULL);
}

static void
test_values(void **arg)
{
	(void)arg;
	struct config *c = parse("\xef\xbb\xbf# a comment\r\n"
				 "  workers=0\r\n"
				 "\ttransfers\t=\t7   # seven\n"
				 "bytes_in_flight = 2G\n"
				 "body_max = 65536\n"
				 "transfer_timeout = 1h\n"
				 "poll_max = 1w2d\n"
				 "host_delay = 1500ms\n"
				 "robots = off\n"
				 "content = feed\n"
				 "synchronous = full\n"
				 "log_format = json\n"
				 "log_level = debug\n"
				 "allow_ports = 8000-8100 9000\n"
				 "allow_ports = 443\n"
				 "allow_private = 192.168.0.0/16 nas.local:8080\n"
				 "proxy = SOCKS5h://user:p#1@127.0.0.1:1080\n"
				 "contact = https://news.example/bot#us\n"
				 "user =\n"
				 "\n"
				 "log_file = journal");
	assert_int_equal(c->workers, 0);
	assert_int_equal(c->transfers, 7);
	assert_int_equal(c->bytes_in_flight, INT64_C(2) << 30);
	assert_int_equal(c->body_max, 65536);
	assert_int_equal(c->transfer_timeout, 3600);
	assert_int_equal(c->poll_max, 9 * 86400);
	assert_int_equal(c->host_delay, 1500);
	assert_int_equal(c->robots, 0);
	assert_int_equal(c->content, CONTENT_FEED);
	assert_int_equal(c->synchronous, SYNC_FULL);
	assert_int_equal(c->log_format, LOG_FORMAT_JSON);
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->addresses.ports_len, 3); /* given: the default is gone */
	assert_int_equal(c->addresses.allow_len, 2);
	assert_string_equal(c->proxy, "SOCKS5h://user:p#1@127.0.0.1:1080");
	assert_string_equal(c->contact, "https://news.example/bot#us");
	assert_string_equal(
	    c->user_agent, "newsd/" PACKAGE_VERSION " (+https://news.example/bot#us)");
	assert_string_equal(c->log_file, "journal");
	config_free(c);
}

static void
test_own_user_agent(void **arg)
{
	(void)arg;
	struct config *c =
	    parse("user_agent = \"archive/2 # (see \\\"us\\\")\"\ncontact = me@a.example\n");
	assert_string_equal(c->user_agent, "archive/2 # (see \"us\")");
	config_free(c);
}

static void
test_paths(void **arg)
{
	(void)arg;
	setenv("HOME", "/home/ann", 1);
	struct config *c = parse("feeds = feeds.opml /srv/list.txt \"with space.opml\" ~/urls\n"
				 "feeds = sub/more.opml\n"
				 "store = ~/news.db\n"
				 "ca_file = ca.pem\n"
				 "log_file = log/newsd.log\n"
				 "control_socket = \"/run/a # b\"\n");
	static const char *const feeds[] = {"/etc/newsd/feeds.opml", "/srv/list.txt",
	    "/etc/newsd/with space.opml", "/home/ann/urls", "/etc/newsd/sub/more.opml"};
	assert_int_equal(c->feeds_len, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(c->feeds[i], feeds[i]);
	assert_string_equal(c->store, "/home/ann/news.db");
	assert_string_equal(c->ca_file, "/etc/newsd/ca.pem");
	assert_string_equal(c->log_file, "/etc/newsd/log/newsd.log");
	assert_string_equal(c->control_socket, "/run/a # b");
	config_free(c);
	assert_int_equal(config_parse(&c, "here.conf", "store = news.db", 15, NULL), 0);
	assert_string_equal(c->store, "news.db");
	config_free(c);
}

static void
test_host_sections(void **arg)
{
	(void)arg;
	struct config *c = parse("[host Slow.example:443]\n"
				 "delay = 1m\n"
				 "ignore_crawl_delay = yes\n"
				 "[feed https://a.example/]\n"
				 "[host b.example:8080]\n"
				 "delay = 0\n"
				 "connections = 8\n");
	assert_int_equal(c->host_sections_len, 2);
	const struct config_host *b = &c->host_sections[0], *slow = &c->host_sections[1];
	assert_string_equal(b->name, "b.example:8080");
	assert_int_equal(b->delay, 0);
	assert_int_equal(b->connections, 8);
	assert_false(b->ignore_crawl_delay);
	assert_string_equal(slow->name, "slow.example");
	assert_int_equal(slow->delay, 60000);
	assert_int_equal(slow->connections, -1);
	assert_true(slow->ignore_crawl_delay);
	assert_int_equal(c->feed_sections_len, 1);
	config_free(c);
}

static void
test_feed_overrides(void **arg)
{
	(void)arg;
	struct config *c = parse("content = feed\n"
				 "[feed https://B.example/rss]  # the bee\n"
				 "content = page\n"
				 "poll_interval = 15m\n"
				 "title = \"B # bee\"\n"
				 "[feed\thttps://a.example/]\n"
				 "tags = world  north\n");
	assert_int_equal(c->feed_sections_len, 2);
	const struct config_feed *b = config_find_feed(c, "HTTPS://b.example:443/./rss");
	assert_non_null(b);
	assert_string_equal(b->url, "https://B.example/rss");
	assert_int_equal(b->content, CONTENT_PAGE);
	assert_int_equal(b->poll_interval, 900);
	assert_string_equal(b->title, "B # bee");
	assert_string_equal(b->tags, "");
	const struct config_feed *a = config_find_feed(c, "https://a.example");
	assert_non_null(a);
	assert_int_equal(a->content, -1);
	assert_int_equal(a->poll_interval, 0);
	assert_string_equal(a->tags, "world  north");
	assert_null(config_find_feed(c, "https://c.example/"));
	assert_null(config_find_feed(c, "no url"));
	config_free(c);
}

/* ---- mistakes ---- */

static void
test_mistakes(void **arg)
{
	(void)arg;
	static const struct {
		const char *text, *expected;
	} rows[] = {
	    {"\n\npol_min = 5m\n",
		"test.conf:3: unknown option \"pol_min\"; did you mean \"poll_min\"?"},
	    {"log-level = info", "did you mean \"log_level\"?"},
	    {"Workers = 2", "did you mean \"workers\"?"},
	    {"wrokers = 2", "did you mean \"workers\"?"},
	    {"frobnicate = 1", "unknown option \"frobnicate\"; see newsd.conf(5)"},
	    {"x = 1", "unknown option \"x\"; see"},
	    {"store", "test.conf:1: \"store\": expected name = value"},
	    {"= 5", "expected name = value"},
	    {"transfers = many",
		"test.conf:1: transfers = many: expected a whole number from 1 to 4096"},
	    {"transfers = 0", "from 1 to 4096"},
	    {"transfers = 5000", "from 1 to 4096"},
	    {"transfers =", "transfers = (nothing): expected a whole number"},
	    {"transfers = 99999999999999999999", "expected a whole number"},
	    {"transfers = 5 6", "expected a whole number"},
	    {"workers = -1", "expected auto, or a whole number from 0 to 256"},
	    {"body_max = 5T", "expected bytes such as 64K, 10M or 1G, from 64K to 256M"},
	    {"body_max = 1", "from 64K to 256M"},
	    {"body_max = 9223372036854775807G", "from 64K to 256M"},
	    {"poll_min = 10", "poll_min = 10: expected a time such as 30s, 10m, 2h or 1d"},
	    {"poll_min = 1500ms", "expected a time"},
	    {"poll_min = m", "expected a time"},
	    {"poll_min = 10m10", "expected a time"},
	    {"poll_min = 9223372036854775807w", "expected a time"},
	    {"poll_min = -1s", "expected a time"},
	    {"host_delay = 2h", "from 0 to 1h"},
	    {"robots = maybe", "robots = maybe: expected yes or no"},
	    {"log_format = xml", "log_format = xml: expected text or json"},
	    {"log_format =", "expected text or json"},
	    {"proxy = localhost:3128", "expected a URL that starts with http://, https://, "},
	    {"proxy = http://", "expected a URL"},
	    {"contact = caf\xc3\xa9", "expected printable ASCII text without ()\\"},
	    {"contact = a) evil (b", "without ()\\"},
	    {"user_agent = \"unclosed", "expected printable ASCII"},
	    {"user_agent = \"a\" b", "expected printable ASCII"},
	    {"allow_ports = 99999", "allow_ports = 99999: \"99999\" is no port"},
	    {"allow_private = 10.0.0.0/33", "test.conf:1: allow_private = 10.0.0.0/33: "},
	    {"feeds = https://a.example/rss", "newsctl add URL"},
	    {"feeds = a.opml \"b", "expected paths"},
	    {"feeds = \"\"", "expected paths"},
	    {"store = a\n\nstore = b", "test.conf:3: store was already given on line 1"},
	    {"user_agent = a\x1b[31mb", "control character 0x1b"},
	    {"store = \xff\xfe", "test.conf:1: this is no text; expected UTF-8"},
	    {"poll_min = 2d\n",
		"test.conf:1: poll_min must not exceed poll_max (poll_max is by default 1d)"},
	    {"poll_max = 1m\npoll_min = 2m\n", "test.conf:2: poll_min must not exceed poll_max"},
	    {"\nconnect_timeout = 2m", "connect_timeout must not exceed transfer_timeout"},
	    {"bytes_in_flight = 5M",
		"body_max must not exceed bytes_in_flight (body_max is by default 10M)"},
	    {"[feed]", "test.conf:1: [feed]: expected [feed URL]"},
	    {"[store]", "expected [feed URL]"},
	    {"[feed https://a.example/", "expected [feed URL]"},
	    {"[", "expected [feed URL]"},
	    {"[feed a.opml]", "\"a.opml\" is no URL of a feed"},
	    {"[feed ]", "is no URL of a feed"},
	    {"[feed https://a.example:99999/]", "is no URL of a feed"},
	    {"[feed https://a.example/]\nstore = x", "store holds for all: put it above the first"},
	    {"[feed https://a.example/]\ntitel = x", "did you mean \"title\"?"},
	    {"[feed https://a.example/]\ntitle = x\ntitle = y",
		"test.conf:3: title was already given on line 2"},
	    {"[feed https://a.example/]\ncontent = both",
		"test.conf:2: content = both: expected page or feed"},
	    {"[host]", "test.conf:1: [host]: expected [feed URL] or [host NAME]"},
	    {"[hosts a.example]", "expected [feed URL] or [host NAME]"},
	    {"[host https://a.example/]", "\"https://a.example/\" is no host; expected [host"},
	    {"[host a.example/path]", "is no host"},
	    {"[host a.example b.example]", "\"a.example b.example\" is no host"},
	    {"[host a.example:99999]", "is no host"},
	    {"[host me@a.example]", "is no host"},
	    {"[host a.example]\nhost_delay = 2s", "host_delay holds for all: put it above"},
	    {"[host a.example]\ntitle = x", "unknown option \"title\""},
	    {"[host a.example]\ndelay = soon",
		"test.conf:2: delay = soon: expected a time such as"},
	    {"[host a.example]\nconnections = 0",
		"connections = 0: expected a whole number from 1 to 64"},
	    {"[host a.example]\ndelay = 1s\n[host A.example:443]",
		"test.conf:3: there is a section for a.example on line 1 already; join them"},
	    {"[feed https://a.example/]\n[feed https://A.example]",
		"test.conf:2: there is a section for https://a.example/ on line 1 already"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		refused(rows[i].text, strlen(rows[i].text), rows[i].expected);
	refused("store = a\0b", 11, "this is no text");
}

static void
test_long_values_are_shown_short(void **arg)
{
	(void)arg;
	char text[1000];
	snprintf(text, sizeof text, "transfers = %0900dx", 0);
	refused(text, strlen(text), "00000...: expected a whole number from 1 to 4096");
	char *line = mem_alloc(70001);
	memset(line, 'a', 70000);
	refused(line, 70000, "longer than 65536 bytes");
	mem_free(line);
}

/* ---- files ---- */

static void
test_load(void **arg)
{
	(void)arg;
	char dir[] = "/tmp/newsd-test-config-XXXXXX", path[64], store[80];
	struct config *c = NULL;
	struct fault f;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.conf", dir);
	snprintf(store, sizeof store, "%s/news.db", dir);
	assert_int_equal(config_load(&c, path, &f), ERR_NOT_FOUND);
	assert_non_null(strstr(f.text, path));
	assert_int_equal(config_load(&c, path, NULL), ERR_NOT_FOUND);
	FILE *out = fopen(path, "w");
	fputs("store = news.db\n", out);
	fclose(out);
	assert_int_equal(config_load(&c, path, &f), 0);
	assert_string_equal(c->path, path);
	assert_string_equal(c->store, store);
	config_free(c);
	/* by the environment, and then it has to be there */
	setenv("NEWSD_CONF", path, 1);
	assert_int_equal(config_load(&c, NULL, &f), 0);
	assert_string_equal(c->store, store);
	config_free(c);
	setenv("NEWSD_CONF", "/nonexistent/newsd.conf", 1);
	assert_int_equal(config_load(&c, NULL, &f), ERR_NOT_FOUND);
	unsetenv("NEWSD_CONF");
	assert_int_equal(config_load(&c, dir, &f), ERR_IO);
	/* a mistake names the file as it was given */
	out = fopen(path, "w");
	fputs("\nbad\n", out);
	fclose(out);
	assert_int_equal(config_load(&c, path, &f), ERR_INPUT);
	assert_int_equal(strncmp(f.text, path, strlen(path)), 0);
	assert_non_null(strstr(f.text, ":2: "));
	if (geteuid() != 0) {
		chmod(path, 0);
		assert_int_equal(config_load(&c, path, &f), ERR_DENIED);
	}
	out = fopen(path, "w");
	for (int i = 0; i < 300000; i++)
		fputs("#####\n", out);
	fclose(out);
	assert_int_equal(config_load(&c, path, &f), ERR_LIMIT);
	unlink(path);
	rmdir(dir);
}

static void
check_places(const char *dir, const char *socket)
{
	char store[128];
	struct config *c = config_new();
	char *found = config_default_dir();
	snprintf(store, sizeof store, "%s/news.db", dir);
	assert_string_equal(found, dir);
	assert_string_equal(c->store, store);
	assert_string_equal(c->control_socket, socket);
	mem_free(found);
	config_free(c);
}

static void
test_default_places(void **arg)
{
	(void)arg;
	uid_t user = geteuid();
	static const char *const names[] = {
	    "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"};
	for (size_t i = 0; i < 4; i++)
		unsetenv(names[i]);
	if (user == 0) {
		check_places("/var/lib/newsd", "/run/newsd/control.sock");
		assert_int_equal(seteuid(65534), 0);
	}
	setenv("HOME", "/home/ann", 1);
	check_places("/home/ann/.local/share/newsd", "/home/ann/.local/share/newsd/control.sock");
	setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	check_places("/home/ann/.local/share/newsd", "/run/user/7/newsd.sock");
	setenv("XDG_DATA_HOME", "/data", 1);
	check_places("/data/newsd", "/run/user/7/newsd.sock");
	setenv("STATE_DIRECTORY", "/var/lib/newsd:/var/lib/other", 1);
	setenv("RUNTIME_DIRECTORY", "/run/newsd", 1);
	check_places("/var/lib/newsd", "/run/newsd/control.sock");
	for (size_t i = 0; i < 4; i++)
		unsetenv(names[i]);
	if (user == 0)
		assert_int_equal(seteuid(0), 0);
}

/* ---- secrets ---- */

static void
test_secrets_of_a_feed(void **arg)
{
	(void)arg;
	struct config *c = parse("[feed https://a.example/f]\nauth = \"reader:a b#c\"\n"
				 "headers = \"X-Key: 1 2\" \"X-B: 3\"\nheaders = \"X-C:4\"\n"
				 "proxy = socks5://10.0.0.1:1080\nuser_agent = own/1\n"
				 "[feed https://b.example/f]\n");
	const struct config_feed *a = config_find_feed(c, "https://a.example/f"),
				 *b = config_find_feed(c, "https://b.example/f");
	assert_string_equal(a->auth, "reader:a b#c");
	assert_int_equal(a->headers_len, 3);
	assert_string_equal(a->headers[0], "X-Key: 1 2");
	assert_string_equal(a->headers[2], "X-C:4");
	assert_string_equal(a->proxy, "socks5://10.0.0.1:1080");
	assert_string_equal(a->user_agent, "own/1");
	assert_string_equal(b->auth, "");
	assert_int_equal(b->headers_len, 0);
	config_free(c);
}

static void
test_no_message_shows_a_secret(void **arg)
{
	(void)arg;
	static const char *const lines[] = {"auth = Hush", "auth = \"u:Hush\" more", "auth u:Hush",
	    "auth: u:Hush", "headers = Hush", "headers = \"X-Key Hush\"", "headers \"X-Key: Hush\"",
	    "headers = \"Bad Name: Hush\"", "proxy = ftp://u:Hush@h:1",
	    "auth = u:Hush\nauth = u:Hush"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct config *c;
		struct fault f = {0};
		char text[256];
		snprintf(text, sizeof text, "[feed https://a.example/f]\n%s\n", lines[i]);
		assert_int_equal(config_parse(&c, "x.conf", text, strlen(text), &f), ERR_INPUT);
		assert_non_null(strstr(f.text, "x.conf:"));
		assert_null(strstr(f.text, "Hush"));
	}
}

/* ---- the tables and the shipped file ---- */

static void
check_table(const struct config_option *table)
{
	for (const struct config_option *o = table; o->name; o++) {
		char expected[160];
		size_t len = strlen(o->help);
		assert_true(o->type < CONFIG_TYPE_COUNT);
		assert_true(len > 10 && o->help[len - 1] == '.');
		config_expected(o, expected, sizeof expected);
		assert_true(strlen(expected) > 3 && strlen(expected) < sizeof expected - 1);
		assert_null(strchr(expected, '%'));
		for (const struct config_option *p = table; p < o; p++)
			assert_string_not_equal(p->name, o->name);
	}
	assert_true(table != config_options || table[0].heading);
}

static void
test_tables_are_whole(void **arg)
{
	(void)arg;
	static const char *const promised[] = {"store", "feeds", "proxy", "workers", "log_format",
	    "log_file", "control_socket", "allow_private", "allow_ports", "user_agent", "contact",
	    "user", "group"};
	check_table(config_options);
	check_table(config_feed_options);
	check_table(config_host_options);
	for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
		const struct config_option *o = config_options;
		while (o->name && strcmp(o->name, promised[i]) != 0)
			o++;
		assert_non_null(o->name);
	}
}

static char *
described(size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	assert_int_equal(config_describe(out), 0);
	fclose(out);
	return text;
}

static void
test_shipped_file_is_the_tables_output(void **arg)
{
	(void)arg;
	char path[4096];
	size_t len, shipped_len;
	char *text = described(&len), *shipped = mem_alloc(len + 2);
	snprintf(path, sizeof path, "%s/etc/newsd.conf", getenv("srcdir") ? getenv("srcdir") : ".");
	FILE *in = fopen(path, "r");
	if (!in)
		fail_msg("%s is missing (srcdir names the source tree)", path);
	shipped_len = fread(shipped, 1, len + 1, in);
	shipped[shipped_len] = '\0';
	fclose(in);
	if (strcmp(shipped, text) != 0)
		fail_msg(
		    "%s differs from the tables: write it anew by `newsd --print-config`", path);
	free(text);
	mem_free(shipped);
}

static void
test_shipped_feeds_are_a_list(void **arg)
{
	(void)arg;
	char path[4096];
	struct buf text;
	struct arena a = {0};
	struct fault f = {0};
	struct opml_doc *doc = NULL;
	snprintf(path, sizeof path, "%s/etc/feeds.opml", getenv("srcdir") ? getenv("srcdir") : ".");
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	buf_init(&text, 1u << 20);
	buf_added(&text, fread(buf_reserve(&text, 65536), 1, 65536, in));
	fclose(in);
	if (opml_parse(&a, text.data, text.len, &doc, &f) != 0)
		fail_msg("%s: %s", path, f.text);
	assert_true(doc->feeds_len >= 25);
	for (size_t i = 0; i < doc->feeds_len; i++) {
		assert_int_equal(url_is_web(doc->feeds[i].url), 1);
		assert_true(doc->feeds[i].title && doc->feeds[i].tags_len >= 1);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(doc->feeds[i].url, doc->feeds[j].url);
	}
	buf_clear(&text);
	arena_clear(&a);
}

/* Uncommenting every option must give the defaults. */
static void
test_described_values_are_the_defaults(void **arg)
{
	(void)arg;
	size_t len;
	int options = 0;
	char *text = described(&len), *at = text;
	for (char *line = text; line < text + len; line = strchr(line, '\n') + 1) {
		size_t n = strcspn(line, "\n");
		assert_true(n <= 100);
		if (line[0] == '#' && line[1] != ' ' && n > 1) {
			line[0] = ' ';
			options++;
		}
	}
	struct config *c = parse(at), *d = config_new();
	assert_true(options > 35);
	for (const struct config_option *o = config_options; o->name; o++) {
		const char *a = (const char *)c + o->offset, *b = (const char *)d + o->offset;
		switch (o->type) {
		case CONFIG_STRING:
		case CONFIG_PATH:
		case CONFIG_HEADER:
		case CONFIG_URL:
			assert_string_equal(*(char *const *)a, *(char *const *)b);
			break;
		case CONFIG_ENUM:
		case CONFIG_BOOL:
			assert_memory_equal(a, b, sizeof(int));
			break;
		case CONFIG_LIST:
		case CONFIG_ADDRESS:
		case CONFIG_PORT:
			break;
		default:
			assert_memory_equal(a, b, sizeof(int64_t));
		}
	}
	assert_int_equal(c->addresses.ports_len, d->addresses.ports_len);
	assert_int_equal(c->addresses.allow_len, 0);
	assert_int_equal(c->feeds_len, 0);
	const struct config_feed *feed = config_find_feed(c, "https://example.org/feed.xml");
	assert_non_null(feed);
	assert_int_equal(feed->content, -1);
	assert_int_equal(feed->poll_interval, 0);
	config_free(c);
	config_free(d);
	free(text);
}

static void
test_describe_says_when_it_can_not_write(void **arg)
{
	(void)arg;
	FILE *out = fopen("/dev/full", "w");
	assert_int_equal(config_describe(out), ERR_IO);
	fclose(out);
}

/* An option that nobody looks at again after the start is named, and only that. */
static void
test_needs_restart(void **arg)
{
	(void)arg;
	struct config *running = parse("keep_polls = 30d\ncommit_rows = 100\npoll_min = 5m\n"),
		      *next = parse("keep_polls = 10d\ncommit_rows = 100\npoll_min = 6m\n");
	struct buf names;
	buf_init(&names, 4096);
	assert_int_equal(config_needs_restart(running, running, &names), 0);
	assert_int_equal(config_needs_restart(running, next, &names), 1);
	assert_string_equal(buf_str(&names), "keep_polls");
	buf_clear(&names);
	config_free(running);
	config_free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_own_user_agent),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_feed_overrides),
	    cmocka_unit_test(test_host_sections),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_long_values_are_shown_short),
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_default_places),
	    cmocka_unit_test(test_needs_restart),
	    cmocka_unit_test(test_secrets_of_a_feed),
	    cmocka_unit_test(test_no_message_shows_a_secret),
	    cmocka_unit_test(test_tables_are_whole),
	    cmocka_unit_test(test_shipped_file_is_the_tables_output),
	    cmocka_unit_test(test_shipped_feeds_are_a_list),
	    cmocka_unit_test(test_described_values_are_the_defaults),
	    cmocka_unit_test(test_describe_says_when_it_can_not_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
