/*
 * fetch/proxy: the option `proxy` read: which URL libcurl gets, and which host to look up for it.
 */
#include <stdlib.h>
#include <string.h>

#include "fetch_priv.h"

#define PROXY_PORT 1080 /* libcurl's, where a proxy's URL names none */

/* socks4 and socks5 would look the target's name up here: their siblings leave that to the proxy.
 */
static const struct {
	const char *scheme, *used;
} proxy_schemes[] = {
    {"http", "http"},
    {"https", "https"},
    {"socks4", "socks4a"},
    {"socks4a", "socks4a"},
    {"socks5", "socks5h"},
    {"socks5h", "socks5h"},
};

static const char *
proxy_scheme(const char *scheme)
{
	for (size_t i = 0; i < sizeof proxy_schemes / sizeof *proxy_schemes; i++)
		if (strcmp(scheme, proxy_schemes[i].scheme) == 0)
			return proxy_schemes[i].used;
	return NULL;
}

static int
proxy_read_parts(struct proxy *p, CURLU *u, const char *text)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *url = NULL;
	const char *used = NULL;
	if (curl_url_set(u, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_DEFAULT_SCHEME) ==
		0 &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == 0)
		used = proxy_scheme(strstr(text, "://") ? scheme : "http");
	if (used && curl_url_set(u, CURLUPART_SCHEME, used, CURLU_NON_SUPPORT_SCHEME) == 0 &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == 0 &&
	    curl_url_get(u, CURLUPART_URL, &url, 0) == 0) {
		unsigned otherwise = strcmp(used, "https") == 0 ? 443 : PROXY_PORT;
		int given = curl_url_get(u, CURLUPART_PORT, &port, 0) == 0;
		p->port = given ? (unsigned)strtoul(port, NULL, 10) : otherwise;
		p->host = mem_strdup(host);
		p->url = mem_strdup(url);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(url);
	return p->url ? 0 : ERR_INPUT;
}

int
proxy_read(struct proxy *p, const char *text, struct fault *f)
{
	if (!text || !*text)
		return 0;
	CURLU *u = curl_url();
	int error = u ? proxy_read_parts(p, u, text) : ERR_SYSTEM;
	curl_url_cleanup(u);
	if (error)
		return fault_set(f, error,
		    "proxy: not a URL like http://host:port (http, https, socks4 or socks5)");
	return 0;
}

void
proxy_clear(struct proxy *p)
{
	mem_free(p->url);
	mem_free(p->host);
	*p = (struct proxy){0};
}
