/*
 * test_ssrf: nothing that a feed, a server or a name server says makes newsd connect to the network
 * that it stands in. A trap listens on every local address, on a port that newsd may use, and
 * counts connections; a site of the attacker's, which newsd may reach, sends it there. The same
 * spellings do reach the trap where the operator allows it: so these tests can fail. How the daemon
 * is led there by documents stands in test_e2e_ssrf.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../daemon/fetch/fetch_priv.h"
#include "../daemon/resolve/resolve_priv.h"
#include "clock.h"
#include "dns.h"
#include "fetch_rig.h"

#define SITE     "127.0.0.77" /* the attacker's; the only address that is allowed */
#define EPOCH_MS INT64_C(1800000000000)

static struct origin *trap, *site, *locked; /* LOCKED: of the attacker's address, on another port */
static struct dns *names;
static int has_v6;

/* ---- the names that the attacker's name server gives ---- */

static const struct dns_name zone[] = {
    {"site.test", {SITE}},
    {"loop4.test", {"127.0.0.1"}},
    {"loop6.test", {"::1"}},
    {"mapped.test", {"::ffff:127.0.0.1"}},
    {"any.test", {"0.0.0.0"}},
    {"any6.test", {"::"}},
    {"compat.test", {"::127.0.0.1"}},
    {"nat64.test", {"64:ff9b::7f00:1"}},
    {"6to4.test", {"2002:7f00:1::1"}},
    {"isatap.test", {"2606:4700::5efe:7f00:1"}},
    {"alias.test", {"=localhost 127.0.0.1"}},
    {"alias6.test", {"=inner.test ::1"}},
    {"metadata.test", {"169.254.169.254"}},
    {"lan.test", {"192.168.1.1 10.0.0.1 172.16.0.1"}},
    {"all-bad.test", {"127.0.0.1 127.0.0.2 ::1 0.0.0.0"}},
    {"127.0.0.1.test", {"127.0.0.1"}},
    {"xn--loop-2na.test", {"127.0.0.1"}},
    /* these have a good one, too, or had one */
    {"mixed.test", {"127.0.0.1 " SITE}},
    {"mixed6.test", {"::1 " SITE " 127.0.0.1"}},
    {"rebind.test", {SITE, "127.0.0.1"}},
    {"rebind6.test", {SITE, "::1"}},
    {"turns.test", {SITE, SITE, "127.0.0.1"}},
    {"moves.test", {SITE, "127.0.0.78"}},
};

/* ---- the spellings ---- */

/*
 * What stands between "http:" and the path; %u is the trap's port. LOCAL: it means an address of
 * this machine, so that it arrives where that is allowed. NO_URL: no URL at all.
 */
enum reach { LOCAL, LOCAL6, FAR, NO_URL };

static const struct spelling {
	const char *name, *text;
	enum reach reach;
} spellings[] = {
    {"dotted", "//127.0.0.1:%u", LOCAL},
    {"another loopback address", "//127.0.0.2:%u", LOCAL},
    {"the last loopback address", "//127.255.255.254:%u", LOCAL},
    {"two parts", "//127.1:%u", LOCAL},
    {"three parts", "//127.0.1:%u", LOCAL},
    {"one number", "//2130706433:%u", LOCAL},
    {"hexadecimal", "//0x7f000001:%u", LOCAL},
    {"hexadecimal, upper case", "//0X7F000001:%u", LOCAL},
    {"octal", "//017700000001:%u", LOCAL},
    {"hexadecimal parts", "//0x7f.0x0.0x0.0x1:%u", LOCAL},
    {"octal parts", "//0177.0.0.01:%u", LOCAL},
    {"mixed parts", "//0x7f.0.1:%u", LOCAL},
    {"many zeros", "//0000000177.0.0.1:%u", LOCAL},
    {"zeros in each part", "//0177.000.000.001:%u", LOCAL},
    {"the root's dot", "//127.0.0.1.:%u", LOCAL},
    {"two dots at the end", "//127.0.0.1..:%u", NO_URL},
    {"a part too many", "//127.0.0.0.1:%u", NO_URL},
    {"a number too large", "//4294967296:%u", NO_URL},
    {"a number that wraps", "//6425673729:%u", NO_URL},
    {"this network", "//0.0.0.0:%u", LOCAL},
    {"zero", "//0:%u", LOCAL},
    {"zero, hexadecimal", "//0x0:%u", LOCAL},
    {"zero with dot", "//0.0.0.0.:%u", LOCAL},
    {"percent-encoded", "//%%31%%32%%37.0.0.1:%u", LOCAL},
    {"percent-encoded dots", "//127%%2e0%%2E0%%2e1:%u", LOCAL},
    {"percent-encoded twice", "//%%2531%%2532%%2537.0.0.1:%u", NO_URL},
    {"fullwidth digits", "//\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1:%u", LOCAL},
    {"circled digits", "//\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.\xe2\x91\xa0:%u", LOCAL},
    {"mathematical digits", "//\xf0\x9d\x9f\x8f\xf0\x9d\x9f\x90\xf0\x9d\x9f\x95.0.0.1:%u", LOCAL},
    {"ideographic stops",
	"//127\xe3\x80\x82"
	"0\xe3\x80\x82"
	"0\xe3\x80\x82"
	"1:%u",
	LOCAL},
    {"fullwidth stops",
	"//127\xef\xbc\x8e"
	"0\xef\xbc\x8e"
	"0\xef\xbc\x8e"
	"1:%u",
	LOCAL},
    {"soft hyphen", "//127.0\xc2\xad.0.1:%u", LOCAL},
    {"zero-width space", "//127.0\xe2\x80\x8b.0.1:%u", LOCAL},
    {"Arabic digits", "//\xd9\xa1\xd9\xa2\xd9\xa7.0.0.1:%u", NO_URL},
    {"a name", "//localhost:%u", LOCAL},
    {"a name in capitals", "//LOCALHOST:%u", LOCAL},
    {"a name with dot", "//localhost.:%u", LOCAL},
    {"a name in circles", "//\xe2\x93\x9blocalhost:%u", FAR},
    {"a name in fullwidth", "//\xef\xbd\x8cocalhost:%u", LOCAL},
    {"a name below it", "//any.localhost:%u", LOCAL},
    {"tab and newline", "//127.0.\t0.\n1:%u", LOCAL},
    {"one slash", "/127.0.0.1:%u", LOCAL},
    {"no slash", "127.0.0.1:%u", LOCAL},
    {"five slashes", "/////127.0.0.1:%u", LOCAL},
    {"backslashes", "\\\\127.0.0.1:%u", LOCAL},
    {"user", "//site.test@127.0.0.1:%u", LOCAL},
    {"user and password", "//site.test:80@127.0.0.1:%u", LOCAL},
    {"two at signs", "//site.test@site.test@127.0.0.1:%u", LOCAL},
    {"user with slash", "//site.test%%2f@127.0.0.1:%u", LOCAL},
    {"user with fragment", "//site.test%%23@127.0.0.1:%u", LOCAL},
    {"backslash before the user", "//127.0.0.1:%u\\@site.test", LOCAL},
    {"space in the host", "//127.0.0.1 .site.test:%u", NO_URL},
    {"NUL in the host", "//127.0.0.1%%00.site.test:%u", NO_URL},
    {"port of six digits", "//127.0.0.1:0%u", LOCAL},
    {"port beyond", "//127.0.0.1:65536%u", NO_URL},
    {"IPv6", "//[::1]:%u", LOCAL6},
    {"IPv6, whole", "//[0:0:0:0:0:0:0:1]:%u", LOCAL6},
    {"IPv6, zeros", "//[0000::0001]:%u", LOCAL6},
    {"IPv6, unspecified", "//[::]:%u", LOCAL6},
    {"mapped", "//[::ffff:127.0.0.1]:%u", LOCAL6},
    {"mapped, hexadecimal", "//[::ffff:7f00:1]:%u", LOCAL6},
    {"mapped, whole", "//[0:0:0:0:0:ffff:7f00:0001]:%u", LOCAL6},
    {"mapped zero", "//[::ffff:0.0.0.0]:%u", LOCAL6},
    {"compatible", "//[::127.0.0.1]:%u", FAR},
    {"translated", "//[::ffff:0:127.0.0.1]:%u", FAR},
    {"NAT64", "//[64:ff9b::127.0.0.1]:%u", FAR},
    {"NAT64, hexadecimal", "//[64:ff9b::7f00:1]:%u", FAR},
    {"NAT64, local", "//[64:ff9b:1::127.0.0.1]:%u", FAR},
    {"6to4", "//[2002:7f00:1::]:%u", FAR},
    {"6to4 of a LAN", "//[2002:c0a8:101::1]:%u", FAR},
    {"Teredo", "//[2001:0:808:808:0:0:80ff:fffe]:%u", FAR},
    {"ISATAP", "//[2606:4700::5efe:127.0.0.1]:%u", FAR},
    {"ISATAP, link-local", "//[fe80::5efe:127.0.0.1]:%u", FAR},
    {"link-local", "//[fe80::1]:%u", FAR},
    {"zone", "//[fe80::1%%25lo]:%u", NO_URL},
    {"zone of loopback", "//[::1%%25lo]:%u", NO_URL},
    {"zone as it is typed", "//[::1%%lo]:%u", NO_URL},
    {"IPv6 without brackets", "//::1:%u", NO_URL},
    {"brackets around IPv4", "//[127.0.0.1]:%u", NO_URL},
    {"site-local", "//[fec0::1]:%u", FAR},
    {"unique local", "//[fd00:ec2::254]:%u", FAR},
    {"IPv6 multicast", "//[ff02::1]:%u", FAR},
    {"cloud metadata", "//169.254.169.254:%u", FAR},
    {"cloud metadata, one number", "//2852039166:%u", FAR},
    {"cloud metadata, hexadecimal", "//0xa9fea9fe:%u", FAR},
    {"cloud metadata, mapped", "//[::ffff:a9fe:a9fe]:%u", FAR},
    {"another cloud's metadata", "//192.0.0.192:%u", FAR},
    {"a third cloud's metadata", "//100.100.100.200:%u", FAR},
    {"private, 10", "//10.0.0.1:%u", FAR},
    {"private, 172", "//172.31.255.254:%u", FAR},
    {"private, 192", "//192.168.0.1:%u", FAR},
    {"carrier's", "//100.64.0.1:%u", FAR},
    {"benchmarking", "//198.18.0.1:%u", FAR},
    {"multicast", "//224.0.0.1:%u", FAR},
    {"broadcast", "//255.255.255.255:%u", FAR},
    {"DNS: loopback", "//loop4.test:%u", LOCAL},
    {"DNS: IPv6 loopback", "//loop6.test:%u", LOCAL6},
    {"DNS: mapped", "//mapped.test:%u", LOCAL6},
    {"DNS: zero", "//any.test:%u", LOCAL},
    {"DNS: IPv6 zero", "//any6.test:%u", LOCAL6},
    {"DNS: compatible", "//compat.test:%u", FAR},
    {"DNS: NAT64", "//nat64.test:%u", FAR},
    {"DNS: 6to4", "//6to4.test:%u", FAR},
    {"DNS: ISATAP", "//isatap.test:%u", FAR},
    {"DNS: an alias", "//alias.test:%u", LOCAL},
    {"DNS: an alias, IPv6", "//alias6.test:%u", LOCAL6},
    {"DNS: cloud metadata", "//metadata.test:%u", FAR},
    {"DNS: a LAN", "//lan.test:%u", FAR},
    {"DNS: several, all bad", "//all-bad.test:%u", LOCAL},
    {"DNS: a name that looks like it", "//127.0.0.1.test:%u", LOCAL},
    {"DNS: an international name", "//xn--loop-2na.test:%u", LOCAL},
};
#define SPELLINGS (sizeof spellings / sizeof *spellings)

static const char *
spell(const struct spelling *s, const char *scheme)
{
	static char url[512];
	int n = snprintf(url, sizeof url, "%s:", scheme);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n += snprintf(url + n, sizeof url - (size_t)n, s->text, origin_port(trap));
#pragma GCC diagnostic pop
	snprintf(url + n, sizeof url - (size_t)n, "/secret");
	return url;
}

/* ---- fixtures ---- */

static char conf[160];

static void
open_fetcher(const char *proxy)
{
	char text[128];
	struct fetch_options o = net_options();
	snprintf(conf, sizeof conf, "%s.conf", ca_path);
	snprintf(text, sizeof text, "nameserver 127.0.0.1:%u\n", dns_port(names));
	net_write(conf, text);
	o.resolv_conf = conf;
	o.ca_file = ca_path;
	o.proxy = proxy;
	net_reopen(&o);
	resolve_assume_v6(fetcher->resolver, 1);
}

static void
allow(const char *fmt, unsigned port)
{
	char word[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(word, sizeof word, fmt, port);
#pragma GCC diagnostic pop
	assert_int_equal(address_policy_allow(&policy, word, NULL), 0);
}

/* All of this machine: IPv4 comes to an IPv6 socket as well. */
static struct origin *
listen_everywhere(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
	if (fd >= 0)
		close(fd);
	return origin_new(base, has_v6 ? "::" : "0.0.0.0", 0, NULL);
}

static int
setup(void **state)
{
	char word[16];
	if (net_setup(state) != 0)
		return -1;
	trap = listen_everywhere();
	site = origin_new(base, SITE, 0, NULL);
	locked = origin_new(base, SITE, 0, NULL);
	origin_page(trap, "/secret", (struct origin_reply){.body = "secret", .size = 6});
	origin_page(site, "/", (struct origin_reply){.body = "public", .size = 6});
	names = dns_new(base, zone, sizeof zone / sizeof *zone);
	address_policy_clear(&policy);
	allow(SITE ":%u", origin_port(site));
	snprintf(word, sizeof word, "%u", origin_port(trap));
	assert_int_equal(address_policy_port(&policy, word, NULL), 0);
	SSL_CTX_free(origin_tls_new(ca_path, "DNS:none.test"));
	open_fetcher("");
	return 0;
}

static int
teardown(void **state)
{
	origin_free(trap);
	origin_free(site);
	origin_free(locked);
	dns_free(names);
	unlink(conf);
	return net_teardown(state);
}

/* Nobody came to the trap, nor set out: all sockets that were opened were to the site. */
static void
nobody_came(const char *what)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	uint64_t begun = fetch_counters(fetcher)->connections;
	if (origin_counts(trap)->connections || begun != origin_counts(site)->connections)
		fail_msg("%s: %d connections arrived, %d were begun, %d of them to the site", what,
		    (int)origin_counts(trap)->connections, (int)begun,
		    (int)origin_counts(site)->connections);
}

static void
refused(const char *what, struct fetch_request rq)
{
	struct heard h;
	net_fetch(&h, rq);
	if (h.error != FETCH_REFUSED && h.error != FETCH_REDIRECTS)
		fail_msg("%s: %s: %s (%s)", what, rq.url, fetch_error_name(h.error), h.error_text);
	assert_int_equal(h.body.len, 0);
	assert_false(fetch_error_is_transient(h.error));
	heard_clear(&h);
}

/* ---- every spelling, straight ---- */

static void
every_spelling_is_refused(void **state)
{
	(void)state;
	static const enum fetch_kind kinds[] = {FETCH_FEED, FETCH_PAGE, FETCH_ROBOTS, FETCH_HUB};
	for (size_t i = 0; i < SPELLINGS; i++)
		for (size_t k = 0; k < 4; k++) {
			struct fetch_request rq = {.url = spell(&spellings[i], "http"),
			    .kind = kinds[k],
			    .form = kinds[k] == FETCH_HUB ? "hub.mode=subscribe" : NULL,
			    .reuse = (int)(k % 2)};
			struct heard h;
			net_fetch(&h, rq);
			/* a name that nobody has is no connection either */
			if (h.error != FETCH_REFUSED && h.error != FETCH_DNS)
				fail_msg("%s: %s: %s", spellings[i].name, rq.url, h.error_text);
			nobody_came(spellings[i].name);
		}
	print_message("%zu spellings, 4 kinds of request, 0 connections\n", SPELLINGS);
}

static void
every_spelling_is_refused_by_https(void **state)
{
	(void)state;
	for (size_t i = 0; i < SPELLINGS; i++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){.url = spell(&spellings[i], "HTTPS")});
		assert_true(h.error == FETCH_REFUSED || h.error == FETCH_DNS);
		nobody_came(spellings[i].name);
	}
}

/* The trap can be fallen into: with the operator's leave the local spellings arrive. */
static void
every_local_spelling_arrives_where_allowed(void **state)
{
	(void)state;
	size_t arrived = 0;
	allow("all", 0);
	for (size_t i = 0; i < SPELLINGS; i++) {
		struct heard h;
		enum reach reach = spellings[i].reach;
		if (reach == FAR || (reach == LOCAL6 && !has_v6))
			continue;
		net_fetch(&h, (struct fetch_request){.url = spell(&spellings[i], "http")});
		if (reach == NO_URL ? h.error != FETCH_REFUSED : h.error != FETCH_OK)
			fail_msg("%s: %s (%s)", spellings[i].name, fetch_error_name(h.error),
			    h.error_text);
		arrived += reach != NO_URL;
		heard_clear(&h);
	}
	assert_int_equal(origin_counts(trap)->requests, arrived);
	assert_true(arrived >= 40);
}

/* ---- every spelling, where a server of the attacker's sends ---- */

static void
every_spelling_is_refused_behind_a_redirect(void **state)
{
	(void)state;
	static const int statuses[] = {301, 302, 303, 307, 308};
	char from[64], header[600];
	snprintf(from, sizeof from, "http://site.test:%u/", origin_port(site));
	for (size_t i = 0; i < SPELLINGS; i++)
		for (size_t k = 0; k < 5; k++) {
			const char *to = spell(&spellings[i], "http");
			if (strpbrk(to, "\t\n")) /* would end the header */
				to = "http://127.0.0.1/";
			snprintf(header, sizeof header, "Location: %s\r\n", to);
			origin_page(site, "/",
			    (struct origin_reply){.status = statuses[k], .headers = header});
			struct heard h;
			net_fetch(&h, (struct fetch_request){
					  .url = from, .kind = k % 2 ? FETCH_ROBOTS : FETCH_PAGE});
			/* what has no slashes is a path at the site, RFC 3986 5.2.2 */
			int stays =
			    h.error == FETCH_OK && strncmp(h.final_url, from, strlen(from)) == 0;
			if (!stays && h.error != FETCH_REFUSED && h.error != FETCH_DNS &&
			    h.error != FETCH_REDIRECTS)
				fail_msg("%s: %s", spellings[i].name, h.error_text);
			heard_clear(&h);
			nobody_came(spellings[i].name);
		}
}

/* A reference has no scheme of its own, or half of one. */
static void
references_lead_nowhere_else(void **state)
{
	(void)state;
	static const char *const locations[] = {"//127.0.0.1:%u/secret", "\\\\127.0.0.1:%u/secret",
	    "/\\127.0.0.1:%u/secret", "\\/127.0.0.1:%u/secret", "///127.0.0.1:%u/secret",
	    "https://127.0.0.1:%u/secret", "https:127.0.0.1:%u/secret", "//[::1]:%u/secret",
	    "//site.test@127.0.0.1:%u/secret", "HTTP://0x7f.1:%u/secret"};
	char from[64];
	snprintf(from, sizeof from, "http://site.test:%u/", origin_port(site));
	for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
		char header[128];
		int n = snprintf(header, sizeof header, "Location: ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n += snprintf(
		    header + n, sizeof header - (size_t)n, locations[i], origin_port(trap));
#pragma GCC diagnostic pop
		snprintf(header + n, sizeof header - (size_t)n, "\r\n");
		origin_page(site, "/", (struct origin_reply){.status = 302, .headers = header});
		refused(locations[i], (struct fetch_request){.url = from});
		nobody_came(locations[i]);
	}
}

static void
a_chain_is_checked_at_each_hop(void **state)
{
	(void)state;
	char header[3][96], from[64];
	for (int i = 0; i < 3; i++) {
		static const char *const paths[] = {"/", "/2", "/3"};
		if (i < 2)
			snprintf(header[i], sizeof header[i], "Location: %s\r\n", paths[i + 1]);
		else
			snprintf(header[i], sizeof header[i],
			    "Location: http://127.1:%u/secret\r\n", origin_port(trap));
		origin_page(site, paths[i],
		    (struct origin_reply){.status = 301 + i % 2, .headers = header[i]});
	}
	snprintf(from, sizeof from, "http://site.test:%u/", origin_port(site));
	refused("three hops", (struct fetch_request){.url = from});
	nobody_came("three hops");
	refused("three hops with a form",
	    (struct fetch_request){.url = from, .kind = FETCH_HUB, .form = "hub.mode=subscribe"});
	assert_int_equal(origin_counts(trap)->connections, 0);
}

/* Headers that name another place are no redirects. */
static void
headers_that_name_another_place_are_not_followed(void **state)
{
	(void)state;
	char headers[1024], url[64];
	unsigned port = origin_port(trap);
	snprintf(headers, sizeof headers,
	    "Alt-Svc: http/1.1=\"127.0.0.1:%u\"; ma=86400; persist=1, h2=\"[::1]:%u\"\r\n"
	    "Refresh: 0; url=http://127.0.0.1:%u/secret\r\nContent-Location: http://127.0.0.1:%u/secret\r\n"
	    "Link: <http://127.0.0.1:%u/secret>; rel=preload\r\nLocation: http://127.0.0.1:%u/secret\r\n"
	    "Report-To: {\"endpoints\":[{\"url\":\"http://127.0.0.1:%u/secret\"}]}\r\n"
	    "SourceMap: http://127.0.0.1:%u/secret\r\n",
	    port, port, port, port, port, port, port, port);
	origin_page(
	    site, "/", (struct origin_reply){.body = "public", .size = 6, .headers = headers});
	snprintf(url, sizeof url, "http://site.test:%u/", origin_port(site));
	for (int i = 0; i < 4; i++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = i % 2});
		assert_int_equal(h.error, FETCH_OK);
		assert_string_equal(h.final_url, url);
		heard_clear(&h);
	}
	nobody_came("headers"); /* one was kept */
}

static void
other_schemes_are_refused(void **state)
{
	(void)state;
	static const char *const schemes[] = {"file", "ftp", "ftps", "gopher", "gophers", "dict",
	    "ldap", "ldaps", "scp", "sftp", "smb", "smbs", "telnet", "tftp", "imap", "imaps",
	    "pop3", "smtp", "rtsp", "rtmp", "mqtt", "ws", "wss", "jar", "netdoc", "php", "data",
	    "javascript", "unix", "feed", "view-source", "http+unix", "httpx", "htt"};
	char url[128], from[64], header[160];
	snprintf(from, sizeof from, "http://site.test:%u/", origin_port(site));
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		snprintf(
		    url, sizeof url, "%s://127.0.0.1:%u/secret", schemes[i], origin_port(trap));
		refused(schemes[i], (struct fetch_request){.url = url});
		snprintf(header, sizeof header, "Location: %s\r\n", url);
		origin_page(site, "/", (struct origin_reply){.status = 302, .headers = header});
		refused(schemes[i], (struct fetch_request){.url = from});
		nobody_came(schemes[i]);
	}
}

/* ---- ports ---- */

static void
other_ports_are_refused(void **state)
{
	(void)state;
	static const unsigned ports[] = {1, 7, 20, 21, 22, 23, 25, 53, 110, 111, 143, 389, 445, 465,
	    587, 993, 2049, 2375, 3306, 5432, 5900, 6379, 6667, 9200, 11211, 27017};
	char url[96], header[128], from[64];
	snprintf(from, sizeof from, "http://site.test:%u/", origin_port(site));
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		snprintf(url, sizeof url, "http://8.8.8.8:%u/", ports[i]); /* a global address */
		refused("a port", (struct fetch_request){.url = url});
		snprintf(header, sizeof header, "Location: %s\r\n", url);
		origin_page(site, "/", (struct origin_reply){.status = 307, .headers = header});
		refused("a port behind a redirect", (struct fetch_request){.url = from});
		nobody_came(url);
	}
	/* one that somebody listens on, at an address that is allowed with another port */
	snprintf(url, sizeof url, "http://site.test:%u/", origin_port(locked));
	refused("a locked port", (struct fetch_request){.url = url});
	assert_int_equal(origin_counts(locked)->connections, 0);
}

static void
the_ports_of_the_web_alone_are_open_by_default(void **state)
{
	(void)state;
	static const char *const open[] = {"80", "443", "8080", "8443"};
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
	struct address_policy p = {0};
	unsigned count = 0;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(address_policy_port(&p, open[i], NULL), 0);
	for (unsigned port = 0; port < 65536; port++) {
		sin.sin_port = htons((uint16_t)port);
		count += address_check(&p, "a.test", (struct sockaddr *)&sin, NULL) == 0;
	}
	assert_int_equal(count, 4);
	address_policy_clear(&p);
}

/* ---- names that change ---- */

/* One of several addresses is good: that one is used, the others are not tried. */
static void
bad_addresses_among_good_ones_are_passed_over(void **state)
{
	(void)state;
	static const char *const hosts[] = {"mixed.test", "mixed6.test"};
	for (size_t i = 0; i < 2; i++) {
		struct heard h;
		char url[64];
		snprintf(url, sizeof url, "http://%s:%u/", hosts[i], origin_port(site));
		net_fetch(&h, (struct fetch_request){.url = url});
		assert_int_equal(h.error, FETCH_OK);
		assert_string_equal(buf_str(&h.body), "public");
		heard_clear(&h);
		nobody_came(hosts[i]);
		snprintf(url, sizeof url, "http://%s:%u/secret", hosts[i], origin_port(trap));
		refused(hosts[i], (struct fetch_request){.url = url}); /* not on this port */
		nobody_came(hosts[i]);
	}
}

/* The trap is on the site's own port now, so that only the name's address differs. */
static void
a_name_that_is_bound_anew_is_checked_anew(void **state)
{
	(void)state;
	static const char *const hosts[] = {"rebind.test", "rebind6.test"};
	clock_fake_start(EPOCH_MS);
	for (size_t i = 0; i < 2; i++) {
		struct heard h;
		char url[64];
		struct origin *inner =
		    origin_new(base, i ? "::1" : "127.0.0.1", origin_port(site), NULL);
		if (i && !has_v6)
			break;
		assert_int_equal(origin_port(inner), origin_port(site));
		origin_page(inner, "/", (struct origin_reply){.body = "secret", .size = 6});
		snprintf(url, sizeof url, "http://%s:%u/", hosts[i], origin_port(site));
		for (int turn = 0; turn < 4;
		     turn++) { /* the first is kept, the next looks up again */
			net_fetch(&h, (struct fetch_request){.url = url, .reuse = turn % 2});
			assert_int_equal(h.error, turn ? FETCH_REFUSED : FETCH_OK);
			heard_clear(&h);
			clock_fake_advance(3601000);
		}
		assert_true(dns_asked(names, hosts[i]) >= 2);
		assert_int_equal(origin_counts(inner)->connections, 0);
		nobody_came(hosts[i]);
		origin_free(inner);
	}
	clock_fake_stop();
}

/* A connection that was kept goes on to where it leads: to the site, whatever the name says now. */
static void
a_kept_connection_leads_where_it_led(void **state)
{
	(void)state;
	char url[64];
	struct heard h;
	clock_fake_start(EPOCH_MS);
	struct origin *inner = origin_new(base, "127.0.0.1", origin_port(site), NULL);
	snprintf(url, sizeof url, "http://turns.test:%u/", origin_port(site));
	for (int turn = 0; turn < 6; turn++) {
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = 1});
		if (h.error == FETCH_OK)
			assert_string_equal(buf_str(&h.body), "public");
		else
			assert_int_equal(h.error, FETCH_REFUSED);
		heard_clear(&h);
		clock_fake_advance(3601000);
	}
	assert_int_equal(origin_counts(inner)->connections, 0);
	nobody_came("kept");
	origin_free(inner);
	clock_fake_stop();
}

/* One that leads to what is no longer allowed is not used, also where its name has moved to what
 * is.
 */
static void
a_kept_connection_is_judged_again(void **state)
{
	(void)state;
	struct heard h;
	char url[64];
	clock_fake_start(EPOCH_MS);
	struct origin *other = origin_new(base, "127.0.0.78", origin_port(site), NULL);
	origin_page(other, "/", (struct origin_reply){.body = "moved", .size = 5});
	snprintf(url, sizeof url, "http://moves.test:%u/", origin_port(site));
	net_fetch(&h, (struct fetch_request){.url = url, .reuse = 1});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	uint64_t requests = origin_counts(site)->requests;
	address_policy_clear(&policy);
	allow("127.0.0.78:%u", origin_port(site));
	clock_fake_advance(3601000);
	refused("kept", (struct fetch_request){.url = url, .reuse = 1});
	assert_int_equal(origin_counts(site)->requests, requests);
	net_fetch(&h, (struct fetch_request){.url = url, .reuse = 1}); /* by a new one */
	assert_int_equal(h.error, FETCH_OK);
	assert_string_equal(buf_str(&h.body), "moved");
	heard_clear(&h);
	clock_fake_stop();
	origin_free(other);
}

/* A host that promised https is asked by https, and judged as any other when its name moves. */
static void
a_promise_of_https_opens_nothing(void **state)
{
	(void)state;
	struct heard h;
	char url[64];
	struct origin *secure =
	    origin_new(base, SITE, 0, origin_tls_new(ca_path, "DNS:rebind.test"));
	origin_page(secure, "/",
	    (struct origin_reply){.size = 1,
		.headers = "Strict-Transport-Security: max-age=99999; includeSubDomains\r\n"});
	allow(SITE ":%u", origin_port(secure));
	clock_fake_start(EPOCH_MS);
	open_fetcher("");
	snprintf(url, sizeof url, "https://rebind.test:%u/", origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	clock_fake_advance(3601000);
	struct origin *inner = origin_new(base, "127.0.0.1", origin_port(secure), NULL);
	snprintf(url, sizeof url, "http://rebind.test:%u/", origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_REFUSED);
	assert_int_equal(strncmp(h.final_url, "https:", 6), 0);
	assert_int_equal(origin_counts(inner)->connections, 0);
	clock_fake_stop();
	origin_free(inner);
	origin_free(secure);
}

/* ---- proxies ---- */

static void
proxies_of_the_environment_are_not_used(void **state)
{
	(void)state;
	static const char *const variables[] = {"http_proxy", "HTTP_PROXY", "https_proxy",
	    "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "ftp_proxy"};
	char proxy[64], url[64];
	for (int socks = 0; socks < 2; socks++) {
		snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", socks ? "socks5h" : "http",
		    origin_port(trap));
		for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
			setenv(variables[i], proxy, 1);
		open_fetcher("");
		struct heard h;
		snprintf(url, sizeof url, "http://site.test:%u/", origin_port(site));
		net_fetch(&h, (struct fetch_request){.url = url});
		assert_int_equal(h.error, FETCH_OK);
		heard_clear(&h);
		for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
			unsetenv(variables[i]);
		assert_int_equal(origin_counts(trap)->connections, 0);
	}
}

/* Behind the operator's proxy newsd sees no address but what is written in the URL. */
static void
a_proxy_is_not_asked_for_what_is_plainly_inside(void **state)
{
	(void)state;
	char proxy[64];
	struct origin *p = origin_new(base, SITE, 0, NULL);
	snprintf(proxy, sizeof proxy, "http://" SITE ":%u", origin_port(p));
	open_fetcher(proxy);
	for (size_t i = 0; i < SPELLINGS; i++) {
		const char *url = spell(&spellings[i], "http");
		if (strstr(spellings[i].name, "DNS:") || strstr(spellings[i].name, "circles"))
			continue; /* a name: the proxy's to judge */
		refused(spellings[i].name, (struct fetch_request){.url = url});
	}
	assert_int_equal(origin_counts(p)->connections, 0);
	origin_free(p);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(every_spelling_is_refused),
	    CASE(every_spelling_is_refused_by_https),
	    CASE(every_local_spelling_arrives_where_allowed),
	    CASE(every_spelling_is_refused_behind_a_redirect),
	    CASE(references_lead_nowhere_else),
	    CASE(a_chain_is_checked_at_each_hop),
	    CASE(headers_that_name_another_place_are_not_followed),
	    CASE(other_schemes_are_refused),
	    CASE(other_ports_are_refused),
	    CASE(the_ports_of_the_web_alone_are_open_by_default),
	    CASE(bad_addresses_among_good_ones_are_passed_over),
	    CASE(a_name_that_is_bound_anew_is_checked_anew),
	    CASE(a_kept_connection_leads_where_it_led),
	    CASE(a_kept_connection_is_judged_again),
	    CASE(a_promise_of_https_opens_nothing),
	    CASE(proxies_of_the_environment_are_not_used),
	    CASE(a_proxy_is_not_asked_for_what_is_plainly_inside),
	};
	return net_run(tests, sizeof tests / sizeof *tests);
}
