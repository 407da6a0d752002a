/* fetch_rig: see tests/fetch_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch_rig.h"

struct event_base *base;
struct origin *origin;
struct fetcher *fetcher;
struct fetch_door door;
struct address_policy policy;
static char dir[] = "/tmp/newsd-test-fetch-XXXXXX";
char hosts_path[128], ca_path[128];
static char conf_path[128];

static void
copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

void
heard_done(struct fetch_result *r, void *arg)
{
	struct heard *h = arg;
	h->calls++;
	h->error = r->error;
	h->status = r->status;
	h->redirects = r->redirects;
	h->permanent = r->permanent;
	copy(h->error_text, sizeof h->error_text, r->error_text);
	copy(h->final_url, sizeof h->final_url, r->final_url);
	copy(h->type, sizeof h->type, r->content_type);
	copy(h->encoding, sizeof h->encoding, r->content_encoding);
	copy(h->location, sizeof h->location, r->content_location);
	copy(h->link, sizeof h->link, r->link);
	copy(h->etag, sizeof h->etag, r->etag);
	copy(h->last_modified, sizeof h->last_modified, r->last_modified);
	h->retry_after_s = r->retry_after_s;
	h->max_age_s = r->max_age_s;
	h->pace_ms = r->pace_ms;
	h->challenge = r->challenge;
	h->conditional = r->conditional;
	h->offers_parts = r->offers_parts;
	h->rights = r->rights;
	copy(h->error_word, sizeof h->error_word, r->error_word);
	h->bytes = r->bytes;
	if (h->keep_body)
		buf_move(&h->body, &r->body);
}

void
net_loop_until(const int *flag)
{
	while (!*flag)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
}

void
heard_clear(struct heard *h)
{
	buf_clear(&h->body);
}

void
net_fetch(struct heard *h, struct fetch_request rq)
{
	*h = (struct heard){.keep_body = 1};
	door.start(door.self, &rq, heard_done, h);
	assert_int_equal(h->calls, 0);
	net_loop_until(&h->calls);
	assert_int_equal(h->calls, 1);
	assert_string_equal(h->error == FETCH_OK ? h->error_text : "", "");
	if (h->error != FETCH_OK)
		assert_true(h->error_text[0] != '\0');
}

const char *
net_url(const char *host, const char *path)
{
	static char urls[4][512];
	static unsigned turn;
	char *url = urls[turn++ % 4];
	snprintf(url, sizeof urls[0], "http://%s:%u%s", host, origin_port(origin), path);
	return url;
}

void
net_get(struct heard *h, const char *path)
{
	net_fetch(h, (struct fetch_request){.url = net_url("127.0.0.1", path)});
}

struct fetch_options
net_options(void)
{
	return (struct fetch_options){
	    .transfers = 64,
	    .bytes_in_flight = 8u << 20,
	    .body_max = BODY_MAX,
	    .connect_timeout_s = 5,
	    .transfer_timeout_s = 20,
	    .redirects_max = 5,
	    .user_agent = "newsd-test/1",
	    .proxy = "",
	    .ca_file = "",
	    .addresses = &policy,
	    .resolv_conf = conf_path,
	    .hosts = hosts_path,
	};
}

static void
fetcher_open(const struct fetch_options *o)
{
	struct fault f = {0};
	assert_int_equal(fetch_new(&fetcher, base, o, &f), 0);
	door = fetch_door(fetcher);
}

void
net_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

int
net_setup(void **state)
{
	(void)state;
	base = event_base_new();
	origin = origin_new(base, NULL, 0, NULL);
	net_write(conf_path, "nameserver 127.0.0.1:1\noptions timeout:0.05 attempts:1\n");
	net_write(hosts_path,
	    "127.0.0.1 a.test b.test sub.a.test proxy.test\n127.0.0.9 127-0-0-9.test\n"
	    "127.0.0.8 two.test\n127.0.0.1 two.test\n10.9.9.9 private.test\n"
	    "::1 six.test\n127.0.0.1 six.test\n");
	policy = (struct address_policy){0};
	assert_int_equal(address_policy_allow(&policy, "127.0.0.0/8", NULL), 0);
	assert_int_equal(address_policy_allow(&policy, "[::1]", NULL), 0);
	assert_int_equal(address_policy_port(&policy, "1024-65535", NULL), 0);
	struct fetch_options o = net_options();
	fetcher_open(&o);
	return 0;
}

int
net_teardown(void **state)
{
	(void)state;
	fetch_free(fetcher);
	origin_free(origin);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	address_policy_clear(&policy);
	return 0;
}

void
net_reopen(const struct fetch_options *o)
{
	fetch_free(fetcher);
	fetcher_open(o);
}

int
net_run(const struct CMUnitTest *tests, size_t count)
{
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return 1;
	snprintf(conf_path, sizeof conf_path, "%s/resolv.conf", dir);
	snprintf(hosts_path, sizeof hosts_path, "%s/hosts", dir);
	snprintf(ca_path, sizeof ca_path, "%s/ca.pem", dir);
	int failed = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
	unlink(conf_path);
	unlink(hosts_path);
	unlink(ca_path);
	rmdir(dir);
	return failed;
}
