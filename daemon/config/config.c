/* config: see include/config.h. The file, the values that depend on who runs, and the end. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config_parts.h"
#include "mem.h"

#ifndef PACKAGE_VERSION
#error "PACKAGE_VERSION comes from configure"
#endif
#ifndef NEWSD_SYSCONFDIR
#define NEWSD_SYSCONFDIR "/etc"
#endif

#define CONFIG_PATH_DEFAULT NEWSD_SYSCONFDIR "/newsd/newsd.conf"
#define FILE_MAX            (1u << 20)

/* Where systemd puts StateDirectory= and RuntimeDirectory=, whatever the prefix. */
#define SYSTEM_STATE_DIR "/var/lib/newsd"
#define SYSTEM_RUN_DIR   "/run/newsd"

/* ---- places ---- */

/* The value of NAME when it is an absolute path, else NULL: the XDG base directory specification
 * wants others ignored. */
static const char *
env_path(const char *name)
{
	const char *value = getenv(name);
	return value && *value == '/' ? value : NULL;
}

char *
config_default_dir(void)
{
	const char *service = env_path("STATE_DIRECTORY"), *data = env_path("XDG_DATA_HOME");
	if (service) /* systemd.exec(5): several are separated by colons */
		return mem_strndup(service, strcspn(service, ":"));
	if (geteuid() == 0)
		return mem_strdup(SYSTEM_STATE_DIR);
	if (data)
		return mem_printf("%s/newsd", data);
	const char *home = env_path("HOME");
	const struct passwd *pw = home ? NULL : getpwuid(geteuid());
	return mem_printf("%s/.local/share/newsd", home ? home : pw ? pw->pw_dir : "");
}

static char *
default_socket(void)
{
	const char *service = env_path("RUNTIME_DIRECTORY"), *user = env_path("XDG_RUNTIME_DIR");
	if (service)
		return mem_printf("%.*s/control.sock", (int)strcspn(service, ":"), service);
	if (geteuid() == 0)
		return mem_strdup(SYSTEM_RUN_DIR "/control.sock");
	if (user)
		return mem_printf("%s/newsd.sock", user);
	char *dir = config_default_dir();
	char *path = mem_printf("%s/control.sock", dir);
	mem_free(dir);
	return path;
}

/* RFC 9110 10.1.5: product and comment. */
static char *
default_user_agent(const char *contact)
{
	return *contact ? mem_printf("newsd/" PACKAGE_VERSION " (+%s)", contact)
			: mem_strdup("newsd/" PACKAGE_VERSION);
}

static void
fill(char **value, char *computed)
{
	if (**value) {
		mem_free(computed);
		return;
	}
	mem_free(*value);
	*value = computed;
}

void
config_complete(struct config *c)
{
	char *dir = config_default_dir();
	fill(&c->store, mem_printf("%s/news.db", dir));
	mem_free(dir);
	fill(&c->control_socket, default_socket());
	fill(&c->user_agent, default_user_agent(c->contact));
}

/* ---- the file ---- */

static int
read_file(const char *path, struct buf *out, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error;
	if (fd < 0)
		return fault_set(f, error_of_file(errno), "configuration %s can't be opened: %s",
		    path, strerror(errno));
	error = buf_read_fd(out, fd);
	if (error == ERR_LIMIT)
		fault_set(f, error, "configuration %s is larger than %u KB", path, FILE_MAX >> 10);
	else if (error)
		fault_set(f, error, "configuration %s can't be read: %s", path, strerror(errno));
	close(fd);
	return error;
}

int
config_load(struct config **out, const char *path, struct fault *f)
{
	struct buf text;
	struct fault ignored;
	if (!f)
		f = &ignored;
	if (!path)
		path = getenv("NEWSD_CONF");
	int given = path && *path;
	if (!given)
		path = CONFIG_PATH_DEFAULT;
	buf_init(&text, FILE_MAX);
	int error = read_file(path, &text, f);
	if (error == ERR_NOT_FOUND && !given) {
		*out = config_new();
		error = 0;
	} else if (!error) {
		error = config_parse(out, path, buf_str(&text), text.len, f);
		if (!error)
			(*out)->path = mem_strdup(path);
	}
	buf_clear(&text);
	return error;
}

struct config *
config_new(void)
{
	struct config *c = NULL;
	config_parse(&c, "default", "", 0, NULL);
	return c;
}

void
config_free(struct config *c)
{
	if (!c)
		return;
	for (const struct config_option *o = config_options; o->name; o++)
		config_unset(c, o);
	for (size_t i = 0; i < c->feed_sections_len; i++) {
		for (const struct config_option *o = config_feed_options; o->name; o++)
			config_unset(&c->feed_sections[i], o);
		mem_free(c->feed_sections[i].url);
		mem_free(c->feed_sections[i].canonical);
	}
	mem_free(c->feed_sections);
	for (size_t i = 0; i < c->host_sections_len; i++)
		mem_free(c->host_sections[i].name);
	mem_free(c->host_sections);
	address_policy_clear(&c->addresses);
	mem_free(c->path);
	mem_free(c);
}

size_t
config_needs_restart(const struct config *running, const struct config *next, struct buf *names)
{
	size_t n = 0;
	for (size_t i = 0; config_options[i].name; i++) {
		if (config_options[i].reload || running->given[i] == next->given[i])
			continue;
		buf_printf(names, "%s%s", n ? " " : "", config_options[i].name);
		n++;
	}
	return n;
}

int
config_was_given(const struct config *c, const char *name)
{
	const struct config_option *o = config_find_option(config_options, name);
	assert(o);
	return c->given[o - config_options] != 0;
}
