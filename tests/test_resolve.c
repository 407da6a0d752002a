/*
 * test_resolve: names to addresses against a name server of the test's own on loopback: TTLs,
 * failures, silence, lies, sharing, bounds, and the files that change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../daemon/resolve/resolve_priv.h"
#include "clock.h"
#include "resolve.h"

#define EPOCH_MS INT64_C(1800000000000)

enum manner { PLAIN, SILENT, GARBAGE, POINTER_LOOP, WRONG_ID, LONG_RDATA, CUT, ALIAS };

struct record {
	const char *name;
	int rcode;
	uint32_t ttl;
	int v4, v6; /* how many */
	enum manner manner;
};

static struct name_server {
	int fd;
	unsigned port;
	struct event *event;
	const struct record *records;
	size_t records_len;
	unsigned asked, asked_v6;
	int v6_silent;
} server;

static struct event_base *base;
static struct resolver *resolver;
static char dir[] = "/tmp/newsd-test-resolve-XXXXXX";
static char conf_path[128], hosts_path[128];

/* the name server */

static size_t
put16(uint8_t *p, size_t at, unsigned v)
{
	p[at] = (uint8_t)(v >> 8);
	p[at + 1] = (uint8_t)v;
	return at + 2;
}

static size_t
put_answer(uint8_t *p, size_t at, unsigned owner, unsigned type, uint32_t ttl, const void *data,
    size_t len)
{
	at = put16(p, at, owner);
	at = put16(p, at, type);
	at = put16(p, at, 1);
	at = put16(p, at, ttl >> 16);
	at = put16(p, at, ttl & 0xffff);
	at = put16(p, at, (unsigned)len);
	memcpy(p + at, data, len);
	return at + len;
}

/* The question's name as text; returns the offset behind the question. */
static size_t
question_read(const uint8_t *p, size_t len, char *name, unsigned *type)
{
	size_t at = 12, out = 0;
	while (at < len && p[at]) {
		if (out)
			name[out++] = '.';
		memcpy(name + out, p + at + 1, p[at]);
		out += p[at];
		at += p[at] + 1u;
	}
	name[out] = '\0';
	*type = (unsigned)(p[at + 1] << 8 | p[at + 2]);
	return at + 5;
}

static const struct record *
record_find(const char *name)
{
	static const struct record any = {.ttl = 300, .v4 = 1};
	for (size_t i = 0; i < server.records_len; i++)
		if (strcasecmp(server.records[i].name, name) == 0)
			return &server.records[i];
	return &any;
}

static size_t
addresses_put(uint8_t *p, size_t at, const struct record *r, unsigned type, unsigned owner)
{
	uint8_t v4[4] = {192, 0, 2, 0}, v6[16] = {0x20, 0x01, 0x0d, 0xb8};
	for (int i = 0; type == 1 && i < r->v4; i++) {
		v4[3] = (uint8_t)(i + 1);
		at = put_answer(p, at, owner, 1, r->ttl, v4, sizeof v4);
	}
	for (int i = 0; type == 28 && i < r->v6; i++) {
		v6[15] = (uint8_t)(i + 1);
		at = put_answer(p, at, owner, 28, r->ttl, v6, sizeof v6);
	}
	return at;
}

static size_t
answer_make(uint8_t *p, size_t at, const struct record *r, unsigned type)
{
	unsigned count = (unsigned)(type == 1 ? r->v4 : r->v6);
	put16(p, 2, (r->manner == CUT ? 0x8380u : 0x8180u) | (unsigned)r->rcode);
	put16(p, 8, 0); /* no additional section: an EDNS record of the question is dropped */
	put16(p, 10, 0);
	if (r->manner == WRONG_ID)
		p[0] ^= 0x55;
	if (r->manner == POINTER_LOOP) {
		put16(p, 6, 1);
		at = put_answer(p, at, 0xc000u | (unsigned)at, 1, 60, "\1\2\3\4", 4);
	} else if (r->manner == LONG_RDATA) {
		put16(p, 6, 1);
		at = put_answer(p, at, 0xc00c, 1, 60, "\1\2\3\4", 4);
		put16(p, at - 6, 60000);
	} else if (r->manner == ALIAS) {
		put16(p, 6, count + 1);
		unsigned target = (unsigned)at + 12;
		at = put_answer(p, at, 0xc00c, 5, r->ttl, "\5other\4test", 12);
		at = addresses_put(p, at, r, type, 0xc000u | target);
	} else {
		put16(p, 6, count);
		at = addresses_put(p, at, r, type, 0xc00c);
	}
	return at;
}

static void
on_question(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	uint8_t p[2048];
	char name[1024];
	unsigned type;
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	ssize_t got = recvfrom(fd, p, 512, 0, (struct sockaddr *)&from, &from_len);
	if (got < 17)
		return;
	size_t at = question_read(p, (size_t)got, name, &type);
	const struct record *r = record_find(name);
	server.asked++;
	server.asked_v6 += type == 28;
	if (r->manner == SILENT || (server.v6_silent && type == 28))
		return;
	at = answer_make(p, at, r, type);
	if (r->manner == GARBAGE)
		memset(p + 2, 0xff, at - 2);
	sendto(fd, p, at, 0, (struct sockaddr *)&from, from_len);
}

static void
server_open(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	server = (struct name_server){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
	assert_true(server.fd >= 0);
	assert_int_equal(bind(server.fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(server.fd, (struct sockaddr *)&at, &len), 0);
	server.port = ntohs(at.sin_port);
	server.event = event_new(base, server.fd, EV_READ | EV_PERSIST, on_question, NULL);
	event_add(server.event, NULL);
}

static void
server_script(const struct record *records, size_t len)
{
	server.records = records;
	server.records_len = len;
	server.asked = server.asked_v6 = 0;
}

static void
file_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void
conf_write(unsigned port, const char *more)
{
	char text[256];
	snprintf(text, sizeof text, "nameserver 127.0.0.1:%u\noptions timeout:0.05 attempts:1\n%s",
	    port, more);
	file_write(conf_path, text);
}

static int
setup(void **state)
{
	(void)state;
	base = event_base_new();
	server_open();
	conf_write(server.port, "");
	file_write(hosts_path, "");
	clock_fake_start(EPOCH_MS);
	assert_int_equal(resolve_new_from(&resolver, base, conf_path, hosts_path, NULL), 0);
	resolve_assume_v6(resolver, 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	resolve_free(resolver);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_free(server.event);
	close(server.fd);
	event_base_free(base);
	clock_fake_stop();
	return 0;
}

/* look-ups */

struct heard {
	int calls;
	struct resolve_answer answer;
};

static void
on_done(const struct resolve_answer *answer, void *arg)
{
	struct heard *h = arg;
	h->calls++;
	h->answer = *answer;
}

static struct resolve_answer
look_up(const char *host, int *at_once)
{
	struct heard h = {0};
	*at_once = resolve_lookup(resolver, host, &h.answer, on_done, &h);
	while (!*at_once && !h.calls)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	assert_int_equal(h.calls, !*at_once);
	return h.answer;
}

static const char *
spell(const struct sockaddr_storage *ss)
{
	static char text[INET6_ADDRSTRLEN];
	const void *from = ss->ss_family == AF_INET6
			       ? (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr
			       : (const void *)&((const struct sockaddr_in *)ss)->sin_addr;
	inet_ntop(ss->ss_family, from, text, sizeof text);
	return text;
}

static void
numeric_addresses_need_no_server(void **state)
{
	(void)state;
	static const struct {
		const char *host, *address;
	} cases[] = {
	    {"192.0.2.7", "192.0.2.7"},
	    {"192.0.2.7.", "192.0.2.7"},
	    {"::1", "::1"},
	    {"[2001:db8::5]", "2001:db8::5"},
	    {"[2001:DB8::5]", "2001:db8::5"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int at_once;
		struct resolve_answer a = look_up(cases[i].host, &at_once);
		assert_true(at_once);
		assert_int_equal(a.status, 0);
		assert_int_equal(a.count, 1);
		assert_string_equal(spell(&a.addresses[0]), cases[i].address);
	}
	assert_int_equal(resolve_queries(resolver), 0);
}

static void
impossible_and_special_names_are_never_asked_for(void **state)
{
	(void)state;
	char label[300], name[300];
	memset(label, 'a', sizeof label);
	label[64] = '\0';
	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 2 ? '.' : 'a';
	name[255] = '\0';
	const char *const bad[] = {"", ".", "a..b", ".a", "a b", "a\nb", "\xc3\xa9.test", label,
	    name, "[]", "[::1", "fe80::1%eth0", "x.onion", "news.INVALID", "1:2"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int at_once;
		struct resolve_answer a = look_up(bad[i], &at_once);
		assert_true(at_once);
		assert_int_equal(a.status, ERR_NOT_FOUND);
		assert_int_equal(a.count, 0);
	}
	int at_once;
	struct resolve_answer a = look_up("deep.LocalHost", &at_once);
	assert_true(at_once);
	assert_int_equal(a.count, 2);
	assert_string_equal(spell(&a.addresses[0]), "127.0.0.1");
	assert_string_equal(spell(&a.addresses[1]), "::1");
	assert_int_equal(server.asked, 0);
}

static void
ttl_is_kept_within_bounds(void **state)
{
	(void)state;
	static const struct record records[] = {
	    {.name = "plain.test", .ttl = 60, .v4 = 2},
	    {.name = "zero.test", .ttl = 0, .v4 = 1},
	    {.name = "long.test", .ttl = 1000000, .v4 = 1},
	};
	static const int kept_s[] = {60, 30, 3600};
	server_script(records, 3);
	for (size_t i = 0; i < 3; i++) {
		int at_once;
		struct resolve_answer a = look_up(records[i].name, &at_once);
		assert_false(at_once);
		assert_int_equal(a.status, 0);
		assert_int_equal(a.count, records[i].v4);
		assert_string_equal(spell(&a.addresses[0]), "192.0.2.1");
		unsigned asked = server.asked;
		clock_fake_advance((kept_s[i] - 1) * 1000);
		a = look_up(records[i].name, &at_once);
		assert_true(at_once);
		assert_int_equal(a.count, records[i].v4);
		assert_int_equal(server.asked, asked);
		clock_fake_advance(1000);
		a = look_up(records[i].name, &at_once);
		assert_false(at_once);
		assert_int_equal(a.count, records[i].v4);
		assert_int_equal(server.asked, asked + 1);
	}
}

static void
failures_have_their_names_and_are_kept_30_s(void **state)
{
	(void)state;
	static const struct record records[] = {
	    {.name = "nx.test", .rcode = 3},
	    {.name = "empty.test"},
	    {.name = "broken.test", .rcode = 2},
	    {.name = "refused.test", .rcode = 5},
	    {.name = "silent.test", .manner = SILENT},
	    {.name = "garbage.test", .manner = GARBAGE},
	    {.name = "loop.test", .manner = POINTER_LOOP},
	    {.name = "wrong.test", .manner = WRONG_ID},
	    {.name = "long.test", .manner = LONG_RDATA},
	    {.name = "cut.test", .manner = CUT, .v4 = 3},
	};
	static const int status[] = {ERR_NOT_FOUND, ERR_NOT_FOUND, ERR_TIMEOUT, ERR_IO, ERR_TIMEOUT,
	    0, 0, ERR_TIMEOUT, 0, ERR_LIMIT};
	server_script(records, sizeof records / sizeof *records);
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		int at_once;
		struct resolve_answer a = look_up(records[i].name, &at_once);
		assert_false(at_once);
		assert_int_equal(a.count, 0);
		assert_true(a.status < 0);
		if (status[i] && a.status != status[i])
			print_message("%s: %s\n", records[i].name, error_name(a.status));
		if (status[i])
			assert_int_equal(a.status, status[i]);
		clock_fake_advance(29000);
		struct resolve_answer again = look_up(records[i].name, &at_once);
		assert_true(at_once);
		assert_int_equal(again.status, a.status);
		clock_fake_advance(2000);
		struct heard h = {0};
		assert_int_equal(
		    resolve_lookup(resolver, records[i].name, &h.answer, on_done, &h), 0);
		while (!h.calls)
			event_base_loop(base, EVLOOP_ONCE);
	}
}

static void
aliases_are_followed(void **state)
{
	(void)state;
	static const struct record records[] = {
	    {.name = "alias.test", .ttl = 60, .v4 = 1, .manner = ALIAS}};
	int at_once;
	server_script(records, 1);
	struct resolve_answer a = look_up("alias.test", &at_once);
	assert_int_equal(a.status, 0);
	assert_string_equal(spell(&a.addresses[0]), "192.0.2.1");
}

static void
look_ups_of_one_name_share_a_query(void **state)
{
	(void)state;
	static const char *const spellings[] = {
	    "one.test", "ONE.test", "one.test.", "One.Test", "one.test"};
	struct heard h[5] = {0};
	struct resolve_answer now;
	server_script(NULL, 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(resolve_lookup(resolver, spellings[i], &now, on_done, &h[i]), 0);
	while (!h[4].calls)
		event_base_loop(base, EVLOOP_ONCE);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(h[i].calls, 1);
		assert_int_equal(h[i].answer.count, 1);
	}
	assert_int_equal(server.asked, 1);
	assert_int_equal(resolve_queries(resolver), 1);
}

static void
cache_is_bounded(void **state)
{
	(void)state;
	char name[32];
	int at_once;
	server_script(NULL, 0);
	for (int i = 0; i < 4200; i++) {
		snprintf(name, sizeof name, "n%d.test", i);
		look_up(name, &at_once);
		if (i == 4000)
			look_up("n50.test", &at_once); /* used: it stays */
	}
	assert_int_equal(server.asked, 4200);
	look_up("n4199.test", &at_once);
	assert_true(at_once);
	look_up("n50.test", &at_once);
	assert_true(at_once);
	look_up("n0.test", &at_once);
	assert_false(at_once);
}

static void
hosts_file_is_read_and_read_again(void **state)
{
	(void)state;
	static const char text[] = "# a comment\n"
				   "192.0.2.33\tnews.test  alias.test # more\n"
				   "2001:db8::33 NEWS.test\r\n"
				   "not-an-address trap.test\n"
				   "192.0.2.34\n"
				   "  192.0.2.35 indented.test";
	int at_once;
	file_write(hosts_path, text);
	clock_fake_advance(6000);
	struct resolve_answer a = look_up("news.TEST", &at_once);
	assert_true(at_once);
	assert_int_equal(a.count, 2);
	assert_string_equal(spell(&a.addresses[0]), "192.0.2.33"); /* no IPv6 route */
	assert_string_equal(spell(&a.addresses[1]), "2001:db8::33");
	a = look_up("alias.test", &at_once);
	assert_true(at_once);
	assert_int_equal(a.count, 1);
	look_up("indented.test", &at_once);
	assert_true(at_once);
	look_up("trap.test", &at_once);
	assert_false(at_once);
	file_write(hosts_path, "192.0.2.44 news.test\n");
	clock_fake_advance(6000);
	a = look_up("news.test", &at_once);
	assert_int_equal(a.count, 1);
	assert_string_equal(spell(&a.addresses[0]), "192.0.2.44");
	assert_int_equal(unlink(hosts_path), 0);
	clock_fake_advance(6000);
	look_up("news.test", &at_once);
	assert_false(at_once);
}

static void
hosts_line_without_end_is_survived(void **state)
{
	(void)state;
	FILE *out = fopen(hosts_path, "w");
	fputs("192.0.2.1 first.test\n192.0.2.2 ", out);
	for (int i = 0; i < 100000; i++)
		fputs("x", out);
	fputs("\n192.0.2.3 last.test\n", out);
	fclose(out);
	int at_once;
	clock_fake_advance(6000);
	look_up("first.test", &at_once);
	assert_true(at_once);
	look_up("last.test", &at_once);
	assert_true(at_once);
}

static void
changed_servers_are_used(void **state)
{
	(void)state;
	int at_once;
	struct name_server old = server;
	server_script(NULL, 0);
	look_up("before.test", &at_once);
	assert_int_equal(server.asked, 1);
	server_open();
	conf_write(server.port, "# changed\n");
	clock_fake_advance(6000);
	look_up("after.test", &at_once);
	assert_int_equal(server.asked, 1);
	event_free(old.event);
	close(old.fd);
}

static void
bare_names_use_the_search_list(void **state)
{
	(void)state;
	static const struct record records[] = {{.name = "nas.home.test", .ttl = 60, .v4 = 1},
	    {.name = "nas", .rcode = 3}, {.name = "gone.test", .rcode = 3},
	    {.name = "gone.test.home.test", .ttl = 60, .v4 = 1}};
	int at_once;
	server_script(records, 4);
	conf_write(server.port, "search home.test\n");
	clock_fake_advance(6000);
	assert_int_equal(look_up("nas", &at_once).status, 0);
	assert_int_equal(look_up("gone.test", &at_once).status, ERR_NOT_FOUND);
}

static void
families_alternate(void **state)
{
	(void)state;
	static const struct record records[] = {{.name = "both.test", .ttl = 60, .v4 = 9, .v6 = 3}};
	static const int family[] = {
	    AF_INET6, AF_INET, AF_INET6, AF_INET, AF_INET6, AF_INET, AF_INET, AF_INET};
	int at_once;
	server_script(records, 1);
	resolve_assume_v6(resolver, 1);
	struct resolve_answer a = look_up("both.test", &at_once);
	assert_int_equal(a.count, RESOLVE_ADDRESSES_MAX);
	for (size_t i = 0; i < a.count; i++)
		assert_int_equal(a.addresses[i].ss_family, family[i]);
	assert_int_equal(server.asked_v6, 1);
}

static void
silent_second_family_is_not_waited_for(void **state)
{
	(void)state;
	static const struct record records[] = {{.name = "half.test", .ttl = 60, .v4 = 1, .v6 = 1}};
	int at_once;
	conf_write(server.port, "options timeout:5\n");
	clock_fake_advance(6000);
	server_script(records, 1);
	server.v6_silent = 1;
	resolve_assume_v6(resolver, 1);
	clock_fake_stop();
	int64_t start = clock_mono_ms();
	struct resolve_answer a = look_up("half.test", &at_once);
	assert_true(clock_mono_ms() - start < 2000);
	assert_int_equal(a.status, 0);
	assert_int_equal(a.count, 1);
	look_up("half.test", &at_once);
	assert_true(at_once);
	clock_fake_start(EPOCH_MS);
}

static void
silent_server_does_not_hold_up_the_loop(void **state)
{
	(void)state;
	static const struct record records[] = {{.name = "silent.test", .manner = SILENT}};
	struct heard silent = {0}, good = {0};
	struct resolve_answer now;
	server_script(records, 1);
	clock_fake_stop();
	int64_t start = clock_mono_us();
	assert_int_equal(resolve_lookup(resolver, "silent.test", &now, on_done, &silent), 0);
	assert_true(clock_mono_us() - start < 20000);
	assert_int_equal(resolve_lookup(resolver, "good.test", &now, on_done, &good), 0);
	while (!good.calls)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(silent.calls, 0);
	clock_fake_start(EPOCH_MS);
}

static void
free_forgets_pending_look_ups(void **state)
{
	(void)state;
	static const struct record records[] = {{.name = "silent.test", .manner = SILENT}};
	struct heard silent = {0}, quick = {0};
	struct resolve_answer now;
	struct resolver *other;
	server_script(records, 1);
	assert_int_equal(resolve_new_from(&other, base, conf_path, hosts_path, NULL), 0);
	assert_int_equal(resolve_lookup(other, "silent.test", &now, on_done, &silent), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(server.asked, 1);
	assert_int_equal(resolve_lookup(other, "quick.test", &now, on_done, &quick), 0);
	resolve_free(other);
	for (int i = 0; i < 4; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(silent.calls + quick.calls, 0);
}

static void
ignore_message(int severity, const char *message)
{
	(void)severity;
	(void)message;
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    CASE(numeric_addresses_need_no_server),
	    CASE(impossible_and_special_names_are_never_asked_for),
	    CASE(ttl_is_kept_within_bounds),
	    CASE(failures_have_their_names_and_are_kept_30_s),
	    CASE(aliases_are_followed),
	    CASE(look_ups_of_one_name_share_a_query),
	    CASE(cache_is_bounded),
	    CASE(hosts_file_is_read_and_read_again),
	    CASE(hosts_line_without_end_is_survived),
	    CASE(changed_servers_are_used),
	    CASE(bare_names_use_the_search_list),
	    CASE(families_alternate),
	    CASE(silent_second_family_is_not_waited_for),
	    CASE(silent_server_does_not_hold_up_the_loop),
	    CASE(free_forgets_pending_look_ups),
	};
	event_set_log_callback(ignore_message); /* evdns complains about servers */
	if (!mkdtemp(dir))
		return 1;
	snprintf(conf_path, sizeof conf_path, "%s/resolv.conf", dir);
	snprintf(hosts_path, sizeof hosts_path, "%s/hosts", dir);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(conf_path);
	unlink(hosts_path);
	rmdir(dir);
	return failed;
}
