/* address: what is global, the operator's exceptions, ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "address.h"

static struct address_policy policy;

static int
teardown(void **state)
{
	(void)state;
	address_policy_clear(&policy);
	return 0;
}

static const struct sockaddr *
address(const char *text, unsigned port)
{
	static struct sockaddr_storage s;
	struct sockaddr_in *in = (void *)&s;
	struct sockaddr_in6 *in6 = (void *)&s;
	memset(&s, 0, sizeof s);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
	} else {
		memset(&s, 0, sizeof s);
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
	}
	return (const struct sockaddr *)&s;
}

static void
test_global(void **state)
{
	(void)state;
	static const struct {
		const char *address;
		int global;
	} t[] = {
	    {"0.0.0.0", 0},
	    {"0.255.255.255", 0},
	    {"1.0.0.0", 1},
	    {"1.1.1.1", 1},
	    {"9.255.255.255", 1},
	    {"10.0.0.0", 0},
	    {"10.255.255.255", 0},
	    {"11.0.0.0", 1},
	    {"100.63.255.255", 1},
	    {"100.64.0.0", 0},
	    {"100.127.255.255", 0},
	    {"100.128.0.0", 1},
	    {"127.0.0.1", 0},
	    {"127.255.255.254", 0},
	    {"128.0.0.0", 1},
	    {"169.253.255.255", 1},
	    {"169.254.169.254", 0},
	    {"172.15.255.255", 1},
	    {"172.16.0.0", 0},
	    {"172.31.255.255", 0},
	    {"172.32.0.0", 1},
	    {"192.0.0.1", 0},
	    {"192.0.0.9", 1},
	    {"192.0.0.10", 1},
	    {"192.0.0.11", 0},
	    {"192.0.1.0", 1},
	    {"192.0.2.1", 0},
	    {"192.88.99.1", 0},
	    {"192.167.255.255", 1},
	    {"192.168.0.1", 0},
	    {"192.169.0.0", 1},
	    {"198.17.255.255", 1},
	    {"198.18.0.1", 0},
	    {"198.19.255.255", 0},
	    {"198.20.0.0", 1},
	    {"198.51.100.1", 0},
	    {"203.0.113.1", 0},
	    {"223.255.255.255", 1},
	    {"224.0.0.1", 0},
	    {"239.255.255.255", 0},
	    {"240.0.0.1", 0},
	    {"255.255.255.255", 0},
	    {"::", 0},
	    {"::1", 0},
	    {"::2", 0},
	    {"::8.8.8.8", 0}, /* IPv4-compatible: deprecated */
	    {"::ffff:8.8.8.8", 1},
	    {"::ffff:127.0.0.1", 0},
	    {"::ffff:10.1.2.3", 0},
	    {"::ffff:0:8.8.8.8", 0},
	    {"64:ff9b::8.8.8.8", 1},
	    {"64:ff9b::169.254.169.254", 0},
	    {"64:ff9b::192.0.0.9", 1},
	    {"64:ff9b:1::8.8.8.8", 0},
	    {"100::1", 0},
	    {"2001::1", 0},
	    {"2001:0:808:808:0:0:f7f7:f7f7", 1}, /* Teredo, client 8.8.8.8 */
	    {"2001:0:808:808:0:0:80ff:fffe", 0}, /* client 127.0.0.1 */
	    {"2001:0:808:808:0:0:f5ff:fffe", 0}, /* client 10.0.0.1 */
	    {"2001:1::1", 1},
	    {"2001:1::3", 0},
	    {"2001:2::1", 0},
	    {"2001:3::1", 1},
	    {"2001:4:112::1", 1},
	    {"2001:10::1", 0},
	    {"2001:20::1", 1},
	    {"2001:1ff:ffff::1", 0},
	    {"2001:200::1", 1},
	    {"2001:db8::1", 0},
	    {"2001:db9::1", 1},
	    {"2002:808:808::1", 1},
	    {"2002:7f00:1::1", 0},
	    {"2002:c0a8:101::1", 0},
	    {"2606:4700::1111", 1},
	    {"2606:4700::5efe:127.0.0.1", 0}, /* ISATAP */
	    {"2606:4700::200:5efe:10.0.0.1", 0},
	    {"2606:4700::5efe:8.8.8.8", 1},
	    {"2606:4700::100:5efe:127.0.0.1", 1}, /* any other identifier */
	    {"3fff::1", 0},
	    {"3fff:1000::1", 1},
	    {"4000::1", 0},
	    {"5f00::1", 0},
	    {"fc00::1", 0},
	    {"fdff::1", 0},
	    {"fe80::1", 0},
	    {"fec0::1", 0},
	    {"ff02::1", 0},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (address_is_global(address(t[i].address, 80)) != t[i].global)
			fail_msg("%s: wanted %d", t[i].address, t[i].global);
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	assert_int_equal(address_is_global((struct sockaddr *)&un), 0);
	assert_int_equal(address_check(&policy, "x", (struct sockaddr *)&un, NULL), ERR_DENIED);
}

static void
allow(const char *word)
{
	struct fault f = {0};
	if (address_policy_allow(&policy, word, &f))
		fail_msg("%s", f.text);
}

static void
ports(const char *word)
{
	struct fault f = {0};
	if (address_policy_port(&policy, word, &f))
		fail_msg("%s", f.text);
}

static void
checked(const char *host, const char *ip, unsigned port, int want)
{
	struct fault f = {0};
	int got = address_check(&policy, host, address(ip, port), &f);
	if (got != want)
		fail_msg("%s %s port %u: %d (%s)", host, ip, port, got, f.text);
	assert_int_equal(f.code, want);
}

static void
test_nothing_is_open_at_first(void **state)
{
	(void)state;
	checked("n.example", "8.8.8.8", 80, ERR_DENIED);
}

static void
test_defaults(void **state)
{
	(void)state;
	struct fault f = {0};
	ports("80");
	ports("443");
	ports("8000-8002");
	checked("n.example", "8.8.8.8", 80, 0);
	checked("n.example", "8.8.8.8", 443, 0);
	checked("n.example", "8.8.8.8", 22, ERR_DENIED);
	checked("n.example", "8.8.8.8", 7999, ERR_DENIED);
	checked("n.example", "8.8.8.8", 8000, 0);
	checked("n.example", "8.8.8.8", 8002, 0);
	checked("n.example", "8.8.8.8", 8003, ERR_DENIED);
	checked("n.example", "127.0.0.1", 80, ERR_DENIED);
	address_check(&policy, "n.example", address("10.1.1.1", 80), &f);
	assert_non_null(strstr(f.text, "n.example"));
	assert_non_null(strstr(f.text, "10.1.1.1 (private)"));
	address_check(&policy, "n.example", address("8.8.8.8", 25), &f);
	assert_non_null(strstr(f.text, "port 25"));
}

static void
test_networks(void **state)
{
	(void)state;
	ports("80");
	allow("192.168.0.0/16");
	allow("[fd00::]/8");
	allow("fe80::/10");
	allow("10.0.0.5:8000");
	allow("[::1]:9000");
	allow("172.16.0.1");
	checked("x", "192.168.255.1", 80, 0);
	checked("x", "::ffff:192.168.1.1", 80, 0);
	checked("x", "192.169.0.1", 80, 0); /* global */
	checked("x", "192.168.1.1", 81, ERR_DENIED);
	checked("x", "fdab::1", 80, 0);
	checked("x", "fcab::1", 80, ERR_DENIED);
	checked("x", "fe80::1", 80, 0);
	checked("x", "10.0.0.5", 8000, 0); /* names the port, so it is open there */
	checked("x", "10.0.0.5", 80, ERR_DENIED);
	checked("x", "10.0.0.6", 8000, ERR_DENIED);
	checked("x", "8.8.8.8", 8000, ERR_DENIED);
	checked("x", "::1", 9000, 0);
	checked("x", "::1", 80, ERR_DENIED);
	checked("x", "172.16.0.1", 80, 0);
	checked("x", "172.16.0.2", 80, ERR_DENIED);
	/* NAT64 to an allowed network is another address */
	checked("x", "64:ff9b::192.168.1.1", 80, ERR_DENIED);
}

static void
test_hosts(void **state)
{
	(void)state;
	ports("80");
	allow("nas.local");
	allow("dev.example:8000");
	checked("nas.local", "192.168.1.9", 80, 0);
	checked("NAS.Local.", "192.168.1.9", 80, 0);
	checked("evil.example", "192.168.1.9", 80, ERR_DENIED);
	checked("xnas.local", "192.168.1.9", 80, ERR_DENIED);
	checked("nas.local", "192.168.1.9", 8000, ERR_DENIED);
	checked("dev.example", "127.0.0.1", 8000, 0);
	checked("dev.example", "8.8.8.8", 8000, 0);
	checked("dev.example", "127.0.0.1", 80, ERR_DENIED);
	checked("dev.example", "8.8.8.8", 80, 0);
}

static void
test_all(void **state)
{
	(void)state;
	allow("all");
	ports("80");
	checked("x", "127.0.0.1", 80, 0);
	checked("x", "::1", 80, 0);
	checked("x", "::1", 81, ERR_DENIED);
	ports("all");
	checked("x", "::1", 1, 0);
	checked("x", "8.8.8.8", 65535, 0);
	checked("x", "8.8.8.8", 0, ERR_DENIED);
}

static void
test_bad_words(void **state)
{
	(void)state;
	static const char *const allows[] = {"", "/", ":", "10.0.0.0/33", "10.0.0.0/",
	    "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "[fd00::]/129", "[fd00::1]/8",
	    "[fd00::", "[nas.local]", "[]", "nas.local/8", "nas.local:", "nas.local:0",
	    "nas.local:65536", "nas.local:http", "a b", "http://nas.local/", "nas..local",
	    "b\303\274cher.example", "fd00::1:80x", "10.0.0.1 ", "[::1]80"};
	static const char *const bad_ports[] = {
	    "", "0", "65536", "-", "80-", "-80", "90-80", "80-x", "http", "80,443", " 80"};
	char long_word[1000];
	struct fault f;
	for (size_t i = 0; i < sizeof allows / sizeof *allows; i++)
		if (address_policy_allow(&policy, allows[i], &f) != ERR_INPUT ||
		    !strstr(f.text, allows[i]))
			fail_msg("\"%s\" was taken, or: %s", allows[i], f.text);
	for (size_t i = 0; i < sizeof bad_ports / sizeof *bad_ports; i++)
		if (address_policy_port(&policy, bad_ports[i], &f) != ERR_INPUT)
			fail_msg("port \"%s\" was taken", bad_ports[i]);
	memset(long_word, 'a', sizeof long_word - 1);
	long_word[sizeof long_word - 1] = '\0';
	assert_int_equal(address_policy_allow(&policy, long_word, NULL), ERR_INPUT);
	assert_int_equal(policy.allow_len, 0);
	assert_int_equal(policy.ports_len, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_global, teardown),
	    cmocka_unit_test_teardown(test_nothing_is_open_at_first, teardown),
	    cmocka_unit_test_teardown(test_defaults, teardown),
	    cmocka_unit_test_teardown(test_networks, teardown),
	    cmocka_unit_test_teardown(test_hosts, teardown),
	    cmocka_unit_test_teardown(test_all, teardown),
	    cmocka_unit_test_teardown(test_bad_words, teardown),
	};
	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
