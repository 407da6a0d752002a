/* hosts: what newsctl asks about gates: of one feed (explain), and of all that are closed. */
#include <json-c/json.h>

#include "service_priv.h"

#define CLOSED_SHOWN 20

static struct json_object *
host_json(const struct pipeline_host *h)
{
	struct json_object *o = json_object_new_object();
	service_put_str(o, "name", h->name);
	service_put_int(o, "gap_ms", h->gap_ms);
	service_put_str(o, "gap_from", h->gap_from);
	service_put_int(o, "crawl_delay_ms", h->crawl_ms);
	json_object_object_add(o, "crawl_delay_ignored", json_object_new_boolean(h->ignores_crawl));
	service_put_int(o, "open_in_ms", h->open_in_ms);
	service_put_str(o, "closed_by", h->closed_by);
	service_put_str(o, "robots_trouble", h->robots_trouble);
	service_put_int(o, "connections", h->connections);
	service_put_int(o, "active", h->active);
	service_put_int(o, "address_names", (int64_t)h->names);
	service_put_int(o, "feeds", (int64_t)h->feeds);
	service_put_int(o, "pages_waiting", (int64_t)h->pages);
	return o;
}

int
hosts_explain(struct service *s, int64_t feed_id, struct json_object *response, struct fault *f)
{
	struct pipeline_feed feed;
	if (pipeline_read_feed(s->pipeline, feed_id, &feed))
		return fault_set(f, ERR_NOT_FOUND, "feed %lld is not polled", (long long)feed_id);
	service_put_str(response, "state", feed.state);
	service_put_int(response, "next_poll", feed.next_poll);
	json_object_object_add(response, "host", host_json(&feed.host));
	return 0;
}

void
hosts_put_closed(struct service *s, struct json_object *response)
{
	struct pipeline_host hosts[CLOSED_SHOWN];
	struct json_object *list = json_object_new_array();
	size_t total = pipeline_closed_hosts(s->pipeline, hosts, CLOSED_SHOWN);
	service_put_int(response, "hosts_closed", (int64_t)total);
	for (size_t i = 0; i < total && i < CLOSED_SHOWN; i++)
		json_object_array_add(list, host_json(&hosts[i]));
	json_object_object_add(response, "closed", list);
}
