/* drop_in: the drop-in for systemd that closes private networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/newsctl/drop_in.h"

#define RESOLV_CONF "resolv.conf"
#define NAMESPACES  "max_user_namespaces"

static char dir[40];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/newsd-drop-in-XXXXXX");
	return mkdtemp(dir) ? chdir(dir) : -1;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(RESOLV_CONF);
	unlink(NAMESPACES);
	return rmdir(dir);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* The drop-in where the configuration and the machine are so; malloc'ed. */
static char *
drop_in(const char *conf, const char *resolv_conf, const char *namespaces)
{
	struct drop_in_places places = {RESOLV_CONF, NAMESPACES};
	struct drop_in d = {0};
	struct config *c = NULL;
	struct fault f = {0};
	struct buf out;
	write_file(RESOLV_CONF, resolv_conf);
	write_file(NAMESPACES, namespaces);
	if (config_parse(&c, "test.conf", conf, strlen(conf), &f))
		fail_msg("%s", f.text);
	if (drop_in_gather(&d, c, &places, &f))
		fail_msg("%s", f.text);
	buf_init(&out, 1 << 20);
	drop_in_write(&d, &out);
	char *text = strdup(buf_str(&out));
	buf_clear(&out);
	drop_in_clear(&d);
	config_free(c);
	return text;
}

/* What is open beyond the internet, a line each. */
static void
expect_openings(const char *conf, const char *resolv_conf, const char *expected)
{
	static const char mark[] = "on this machine.\n";
	char *text = drop_in(conf, resolv_conf, "15000\n"), *openings = strstr(text, mark);
	assert_non_null(openings);
	assert_string_equal(openings + strlen(mark), expected);
	free(text);
}

static void
test_resolvers(void **state)
{
	(void)state;
	expect_openings("", "nameserver 192.168.1.1\n", "# resolver\nIPAddressAllow=192.168.1.1\n");
	expect_openings("",
	    "# of the router\nsearch lan\nnameserver 9.9.9.9\n\tnameserver  fd00::53 \nnameserver "
	    "fe80::1%eth0\noptions edns0\nnameserver fd00::53",
	    "# resolver\nIPAddressAllow=fd00::53\n# resolver\nIPAddressAllow=fe80::1\n");
	expect_openings("", "nameserver 10.0.0.2:5353\n", "# resolver\nIPAddressAllow=10.0.0.2\n");
	expect_openings("", "nameserver 2620:fe::fe\n", "");
	expect_openings(
	    "", "search lan\n", "# resolver, as no other is named\nIPAddressAllow=127.0.0.1\n");
}

#define STUB "nameserver 9.9.9.9\n"

static void
test_allow_private(void **state)
{
	(void)state;
	expect_openings("allow_private = 192.168.0.0/16 [fd00::]/8 10.0.0.5:8000\n", STUB,
	    "# allow_private\nIPAddressAllow=192.168.0.0/16\n"
	    "# allow_private\nIPAddressAllow=fd00::/8\n"
	    "# allow_private\nIPAddressAllow=10.0.0.5/32\n");
	expect_openings("allow_private = nas.invalid\n", STUB,
	    "# allow_private = nas.invalid: its address isn't known here; fill it in\n"
	    "#IPAddressAllow=\n");
}

static void
test_all_is_refused(void **state)
{
	(void)state;
	struct drop_in d = {0};
	struct config *c = NULL;
	struct fault f = {0};
	assert_int_equal(config_parse(&c, "t", "allow_private = all\n", 20, &f), 0);
	assert_int_equal(drop_in_gather(&d, c, NULL, &f), ERR_INPUT);
	assert_non_null(strstr(f.text, "allow_private = all"));
	drop_in_clear(&d);
	config_free(c);
}

static void
test_proxy(void **state)
{
	(void)state;
	expect_openings(
	    "proxy = http://10.1.1.1:3128\n", STUB, "# proxy 10.1.1.1\nIPAddressAllow=10.1.1.1\n");
	expect_openings("proxy = http://me:se@cret@[fd00::1]:3128/\n", STUB,
	    "# proxy fd00::1\nIPAddressAllow=fd00::1\n");
	expect_openings("[feed https://n.example/f]\nproxy = socks5://127.0.0.1\n", STUB,
	    "# proxy 127.0.0.1\nIPAddressAllow=127.0.0.1\n");
	expect_openings("proxy = http://9.9.9.9:3128\n", STUB, "");
}

static void
test_endpoint(void **state)
{
	(void)state;
	expect_openings("websub_listen = 127.0.0.1:8090\nwebsub_url = https://n.example/w/\n", STUB,
	    "# reverse proxy of websub_listen = 127.0.0.1:8090\nIPAddressAllow=localhost\n");
	expect_openings("websub_listen = [::1]:8090\nwebsub_url = https://n.example/w/\n", STUB,
	    "# reverse proxy of websub_listen = [::1]:8090\nIPAddressAllow=localhost\n");
	expect_openings("websub_listen = 0.0.0.0:8090\nwebsub_url = https://n.example/w/\n", STUB,
	    "# reverse proxy of websub_listen = 0.0.0.0:8090: its address isn't known here; fill it "
	    "in\n#IPAddressAllow=\n");
	expect_openings("websub_listen = systemd\nwebsub_url = https://n.example/w/\n", STUB, "");
}

static void
test_no_user_namespaces(void **state)
{
	(void)state;
	char *with = drop_in("", STUB, "15000\n"), *without = drop_in("", STUB, "0\n");
	assert_non_null(strstr(with, "\nPrivateUsers=yes\n"));
	assert_null(strstr(without, "\nPrivateUsers=yes\n"));
	assert_non_null(strstr(without, "user.max_user_namespaces is 0"));
	free(with);
	free(without);
}

/* The one that is shipped is right where the resolver is on the machine itself. */
static void
test_shipped(void **state)
{
	(void)state;
	const char *source = getenv("NEWSD_SOURCE");
	char path[4096],
	    *text = drop_in(
		"", "nameserver 127.0.0.53\nnameserver 127.0.0.1\nnameserver ::1\n", "15000\n");
	snprintf(path, sizeof path, "%s/systemd/newsd-addresses.conf", source ? source : ".");
	if (getenv("NEWSD_WRITE_SAMPLES"))
		write_file(path, text);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char shipped[16384];
	size_t len = fread(shipped, 1, sizeof shipped - 1, f);
	fclose(f);
	shipped[len] = '\0';
	assert_string_equal(shipped, text);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolvers),
	    cmocka_unit_test(test_allow_private),
	    cmocka_unit_test(test_all_is_refused),
	    cmocka_unit_test(test_proxy),
	    cmocka_unit_test(test_endpoint),
	    cmocka_unit_test(test_no_user_namespaces),
	    cmocka_unit_test(test_shipped),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
