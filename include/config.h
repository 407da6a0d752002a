/*
 * config: newsd.conf. One table of options (name, type, default, help) from which the parser, the
 * shipped etc/newsd.conf and the manual page are made. Pure but for config_load, which reads one
 * file; defaults of paths look at the environment.
 *
 * Syntax: `name = value` lines. A `#` at the start of a line or after white space begins a comment.
 * Lists are separated by white space, and an option that is a list may be repeated; any other may
 * be given once. A value or word in double quotes may hold spaces and `#`, and \" and \\ in it mean
 * " and
 * \. Sections `[feed URL]` and `[host NAME]` follow the global options and hold for that feed or
 * host alone. Relative paths are relative to the file's directory; "~/" is the home directory.
 */
#ifndef NEWSD_CONFIG_H
#define NEWSD_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "address.h"
#include "errors.h"
#include "log.h"

enum content_mode { CONTENT_PAGE, CONTENT_FEED }; /* fetch the page, or take the feed's own text */

/* Which proposals need nobody's word. */
enum accept_proposals { ACCEPT_NONE, ACCEPT_REDIRECTS, ACCEPT_ALL };

enum synchronous { SYNC_OFF, SYNC_NORMAL, SYNC_FULL };

#define CONFIG_OPTIONS_MAX 64

/* A `[feed URL]` section. */
struct config_feed {
	char *url;             /* as written */
	char *canonical;       /* url_canonical(url) */
	uint64_t key;          /* hash64_str(canonical) */
	unsigned line;         /* of the section, in the file */
	char *title;           /* NULL: the feed's own */
	char *tags;            /* space-separated; NULL */
	int content;           /* enum content_mode, -1: the global option */
	int64_t poll_interval; /* seconds, a fixed interval; 0: adaptive */
	/* what its server is told; secrets that are never shown */
	char *auth;     /* "user:password" or "bearer TOKEN"; "" none */
	char **headers; /* "Name: value" */
	size_t headers_len;
	char *proxy, *user_agent; /* "" the general ones */
};

/* A `[host NAME]` section. */
struct config_host {
	char *name;          /* as url_authority gives it: "example.com", "example.com:8080" */
	unsigned line;       /* of the section, in the file */
	int64_t delay;       /* milliseconds, -1: the global option */
	int64_t connections; /* -1: the global option */
	int ignore_crawl_delay;
};

struct config {
	char *path; /* where it came from, NULL: no file */
	/* sources and place */
	char *store;
	char **feeds; /* paths */
	size_t feeds_len;
	char *control_socket;
	char *user, *group; /* to drop to when started as root; "" none */
	/* work */
	int64_t workers;   /* -1: one for each processor */
	int64_t transfers; /* at once */
	int64_t bytes_in_flight;
	int64_t body_max, inflated_max; /* bytes of one document, as received and decoded */
	int64_t connect_timeout, transfer_timeout; /* seconds */
	int64_t redirects_max;
	int64_t attempts_max;      /* tries of a link before gave_up */
	enum content_mode content; /* default for all feeds */
	/* manners */
	char *user_agent, *contact, *proxy, *ca_file;
	int64_t poll_min, poll_min_blind, poll_max, poll_patience; /* seconds */
	enum accept_proposals accept_proposals;
	int robots_feeds;   /* honour robots.txt for feeds, too */
	int64_t host_delay; /* milliseconds between two requests to one host */
	int64_t host_connections;
	int64_t address_names; /* hosts at one address are one where so many live there at most */
	int robots;            /* honour robots.txt for pages */
	struct address_policy addresses; /* allow_private, allow_ports */
	/* what hubs push */
	char *websub_listen, *websub_url; /* "" off */
	/* the store */
	enum synchronous synchronous;
	int64_t commit_interval; /* milliseconds */
	int64_t commit_rows;
	int64_t free_space_floor; /* bytes, -1: auto, 0: off */
	int upgrade_backup;       /* keep a copy of a store that is upgraded */
	int64_t keep_polls;       /* seconds of poll history */
	int64_t sitemap_max_age;  /* seconds: older entries of sitemaps are no news */
	int64_t story_window_days, story_memory, story_keys; /* see stories.h */
	int drop_site_lines; /* leave lines out that a site repeats under its stories */
	int keep_links;      /* keep what articles link to */
	/* the log */
	char *log_file;
	enum log_format log_format;
	enum log_level log_level;
	/* sections, ordered by canonical URL */
	struct config_feed *feed_sections;
	size_t feed_sections_len;
	struct config_host *host_sections; /* in the order of their names */
	size_t host_sections_len;
	/* a hash of what was given for each row of config_options, 0: the default */
	uint64_t given[CONFIG_OPTIONS_MAX];
};

enum config_type {
	CONFIG_STRING,
	CONFIG_PATH,    /* ->words: names that are no paths, "- journal" */
	CONFIG_LIST,    /* of paths; repeating adds */
	CONFIG_HEADER,  /* printable ASCII, fit for an HTTP header; ->words: characters not allowed
			 */
	CONFIG_HEADERS, /* a list of "Name: value", secret; repeating adds */
	CONFIG_SECRET,  /* printable ASCII that no message shows */
	CONFIG_URL,     /* ->words: the schemes, "http:// socks5://" */
	CONFIG_INT,     /* ->words: "min max" */
	CONFIG_AUTO,    /* the same, or "auto", which is -1 */
	CONFIG_BYTES,   /* 10M, 64K; ->words: "min max" */
	CONFIG_AUTO_BYTES, /* the same, or "auto", which is -1 */
	CONFIG_SPAN,       /* seconds: 30s 10m 2h 1d 1w 1h30m; ->words: "min max" */
	CONFIG_SPAN_MS,    /* milliseconds: 250ms 1s; the same */
	CONFIG_BOOL,       /* yes no */
	CONFIG_ENUM,       /* one of ->words, "text json"; the value is its index */
	CONFIG_ADDRESS,    /* lists checked by address.h */
	CONFIG_PORT,
	CONFIG_TYPE_COUNT
};

struct config_option {
	const char *heading; /* set where a new group of options begins, else NULL */
	const char *name;
	enum config_type type;
	size_t offset;     /* in struct config, or config_feed, config_host for their options */
	const char *value; /* the default, as it would be written; "" empty */
	const char *words; /* what may stand there, by type; NULL */
	const char *help;  /* one or more sentences */
	int reload;        /* 1: takes effect on reload; 0: needs a restart */
};
extern const struct config_option config_options[];      /* ends with name NULL */
extern const struct config_option config_feed_options[]; /* the same */
extern const struct config_option config_host_options[]; /* the same */

/* All defaults (paths depend on who runs: see config_default_dir). */
struct config *config_new(void);
/*
 * Read PATH over the defaults. PATH NULL: $NEWSD_CONF, else the compiled-in path, and then its
 * absence is no error. ERR_INPUT: F says file and line, what stands there and what was expected.
 * ERR_NOT_FOUND, ERR_DENIED, ERR_IO: the file can't be read. ERR_LIMIT: it is larger than 1 MB.
 */
int config_load(struct config **out, const char *path, struct fault *f);
/* The same from memory; NAME stands for the file in messages and for its directory in paths. */
int
config_parse(struct config **out, const char *name, const char *text, size_t len, struct fault *f);
void config_free(struct config *c);
/* Add to NAMES, separated by spaces, the options that differ between RUNNING and NEXT and take
 * effect at the next start only. Returns how many. */
struct buf;
size_t
config_needs_restart(const struct config *running, const struct config *next, struct buf *names);
/* 1: the file gave option NAME; 0: it stands at its default. */
int config_was_given(const struct config *c, const char *name);
/* Overrides for URL, NULL when there is no section for it. */
const struct config_feed *config_find_feed(const struct config *c, const char *url);
/*
 * Where state lives when the configuration does not say: "/var/lib/newsd" for root and the service
 * ($STATE_DIRECTORY), else "$XDG_DATA_HOME/newsd" or "~/.local/share/newsd". malloc'ed.
 */
char *config_default_dir(void);
/* Where the system's service keeps its store and its control socket. */
#define CONFIG_SYSTEM_STORE  "/var/lib/newsd/news.db"
#define CONFIG_SYSTEM_SOCKET "/run/newsd/control.sock"
/* What O takes, in words, cut to ROOM bytes: "a time such as 30s, 10m, 2h or 1d, from 1s to 30d".
 */
void config_expected(const struct config_option *o, char *out, size_t room);
/* Write the file of all defaults, every option commented out, with its help: etc/newsd.conf. ERR_IO
 * when OUT fails. */
int config_describe(FILE *out);

#endif
