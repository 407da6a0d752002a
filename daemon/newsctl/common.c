/*
 * newsctl, common: one invocation's options, and the ways to the store and to the running newsd.
 * Owns the configuration that was read; never prints to standard output.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "date.h"
#include "mem.h"
#include "table.h"

#define CALL_TIMEOUT_MS 60000 /* newsd answers when it has committed, and a disk may be slow */

void
ctl_give(struct ctl *ctl, const struct ctl_option *option, const char *value)
{
	MEM_GROW(ctl->given, ctl->given_len, ctl->given_cap);
	ctl->given[ctl->given_len++] = (struct ctl_given){option, value};
}

const char *
ctl_get(const struct ctl *ctl, const char *name)
{
	for (size_t i = ctl->given_len; i-- > 0;)
		if (strcmp(ctl->given[i].option->name, name) == 0)
			return ctl->given[i].value ? ctl->given[i].value : "";
	return NULL;
}

enum ctl_exit
ctl_get_number(const struct ctl *ctl, const char *name, int64_t min, int64_t max, int64_t *value)
{
	const char *text = ctl_get(ctl, name);
	if (!text)
		return CTL_OK;
	char *end;
	errno = 0;
	intmax_t n = strtoimax(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max) {
		ctl_complain("--%s \"%s\": expected a number from %" PRId64 " to %" PRId64, name,
		    text, min, max);
		return CTL_USAGE;
	}
	*value = n;
	return CTL_OK;
}

/* "90m", "7d": seconds; -1 when TEXT is no span. */
static int64_t
parse_span(const char *text)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	char *end;
	errno = 0;
	intmax_t n = strtoimax(text, &end, 10);
	if (errno || end == text || n < 0 || n > INT64_C(1000000000) || !*end || end[1])
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].unit == *end)
			return n * units[i].seconds;
	return -1;
}

enum ctl_exit
ctl_get_since(const struct ctl *ctl, const char *name, int64_t *since)
{
	const char *text = ctl_get(ctl, name);
	*since = 0;
	if (!text)
		return CTL_OK;
	int64_t span = parse_span(text);
	struct date date;
	if (span >= 0)
		*since = clock_now() - span;
	else if (date_parse(text, &date) == 0)
		*since = date.utc;
	else {
		ctl_complain("--%s \"%s\": expected a span such as 12h, 7d or 2w, or a date such "
			     "as 2026-01-31",
		    name, text);
		return CTL_USAGE;
	}
	return CTL_OK;
}

void
ctl_clear(struct ctl *ctl)
{
	mem_free(ctl->given);
	config_free(ctl->config);
	*ctl = (struct ctl){0};
}

void
ctl_complain(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = NULL;
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	char *safe = table_safe(text);
	fprintf(stderr, "newsctl: %s\n", safe);
	mem_free(safe);
	free(text);
}

enum ctl_exit
ctl_complain_fault(const struct fault *f)
{
	ctl_complain("%s", f->text);
	return CTL_FAILED;
}

/* ---- the store and the daemon ---- */

const struct config *
ctl_config(struct ctl *ctl)
{
	if (!ctl->config) {
		struct fault f = {0};
		if (config_load(&ctl->config, ctl_get(ctl, "config"), &f) != 0) {
			ctl->config = NULL;
			ctl_complain_fault(&f);
		}
	}
	return ctl->config;
}

/* OWN, a default place; but where there is nothing and the system's service has its SYSTEM, that:
 * so that a member of its group needs no configuration. */
static const char *
own_or_system(const struct config *c, const char *option, const char *own, const char *system)
{
	int own_is_there = access(own, F_OK) == 0 || errno != ENOENT;
	if (config_was_given(c, option) || own_is_there || access(system, F_OK) != 0)
		return own;
	return system;
}

const char *
ctl_store_path(struct ctl *ctl)
{
	const char *given = ctl_get(ctl, "store");
	if (given)
		return given;
	const struct config *c = ctl_config(ctl);
	return c ? own_or_system(c, "store", c->store, CONFIG_SYSTEM_STORE) : NULL;
}

const char *
ctl_socket_path(struct ctl *ctl)
{
	const char *given = ctl_get(ctl, "socket");
	if (given)
		return given;
	const struct config *c = ctl_config(ctl);
	return c ? own_or_system(c, "control_socket", c->control_socket, CONFIG_SYSTEM_SOCKET)
		 : NULL;
}

enum ctl_exit
ctl_open_store(struct ctl *ctl, struct store **out)
{
	const char *path = ctl_store_path(ctl);
	if (!path)
		return CTL_USAGE;
	struct store_options options = {.path = path, .mode = STORE_READ};
	struct fault f = {0};
	return store_open(out, &options, &f) == 0 ? CTL_OK : ctl_complain_fault(&f);
}

enum ctl_exit
ctl_complain_store(const struct store *s)
{
	return ctl_complain_fault(store_fault(s));
}

enum ctl_exit
ctl_connect(struct ctl *ctl, int *fd)
{
	const char *path = ctl_socket_path(ctl);
	if (!path)
		return CTL_USAGE;
	struct fault f = {0};
	*fd = control_connect(path, &f);
	if (*fd >= 0)
		return CTL_OK;
	ctl_complain_fault(&f);
	return CTL_DOWN;
}

enum ctl_exit
ctl_call(int fd, struct json_object *request, struct json_object **answer)
{
	struct fault f = {0};
	int rc = control_call_within(fd, request, answer, CALL_TIMEOUT_MS, &f);
	json_object_put(request);
	return rc == 0 ? CTL_OK : ctl_complain_fault(&f);
}

enum ctl_exit
ctl_ask(struct ctl *ctl, struct json_object *request, struct json_object **answer)
{
	int fd;
	enum ctl_exit status = ctl_connect(ctl, &fd);
	if (status != CTL_OK) {
		json_object_put(request);
		return status;
	}
	status = ctl_call(fd, request, answer);
	close(fd);
	return status;
}

struct json_object *
ctl_request(const char *command)
{
	struct json_object *o = json_object_new_object();
	ctl_put_str(o, "command", command);
	return o;
}
