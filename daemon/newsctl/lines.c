/*
 * newsctl, lines: the input of the filters, one JSON object a line, and the plain parts of an
 * answer. Owns the bytes that were read and not yet used. The filters decide when to read.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define READ_CHUNK     ((size_t)256 << 10)
#define LINE_MAX_BYTES ((size_t)96 << 20) /* a document of CTL_DOCUMENT_MAX, base64 or escaped */
#define JSON_DEPTH_MAX 16

int
ctl_lines_init(struct ctl_lines *lines)
{
	*lines = (struct ctl_lines){0};
	buf_init(&lines->in, LINE_MAX_BYTES);
	lines->tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!lines->tokener) {
		ctl_complain("no memory");
		return ERR_SYSTEM;
	}
	json_tokener_set_flags(lines->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return 0;
}

void
ctl_lines_clear(struct ctl_lines *lines)
{
	if (lines->tokener)
		json_tokener_free(lines->tokener);
	buf_clear(&lines->in);
}

int
ctl_lines_left(const struct ctl_lines *lines)
{
	return lines->taken < lines->in.len;
}

int
ctl_lines_take(struct ctl_lines *lines, const char **line, size_t *len)
{
	const char *start = buf_str(&lines->in) + lines->taken;
	size_t left = lines->in.len - lines->taken;
	const char *end = memchr(start + lines->searched, '\n', left - lines->searched);
	if (!end && (!lines->ended || left == 0)) {
		lines->searched = left;
		return 0;
	}
	*line = start;
	*len = lines->skipping ? 0 : end ? (size_t)(end - start) : left;
	lines->skipping = 0;
	lines->taken += end ? (size_t)(end - start) + 1 : left;
	lines->searched = 0;
	while (*len > 0 && strchr(" \t\r", (*line)[*len - 1]))
		--*len;
	return 1;
}

void
ctl_lines_read(struct ctl_lines *lines)
{
	buf_drop_front(&lines->in, lines->taken);
	lines->taken = 0;
	if (lines->skipping) {
		buf_clear(&lines->in);
		lines->searched = 0;
	}
	void *to = buf_reserve(&lines->in, READ_CHUNK);
	if (!to) {
		char words[80];
		snprintf(words, sizeof words, "the line is longer than %zu bytes", LINE_MAX_BYTES);
		ctl_answer_error(NULL, words);
		lines->skipping = 1;
		return;
	}
	ssize_t n;
	do
		n = read(STDIN_FILENO, to, READ_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		ctl_complain("standard input: %s", strerror(errno));
		lines->failed = 1;
	}
	lines->ended = n <= 0;
	if (n > 0)
		buf_added(&lines->in, (size_t)n);
}

/* Whether ID can be given back as valid JSON that a reader can match. */
static int
id_is_plain(struct json_object *id)
{
	if (json_object_is_type(id, json_type_double))
		return isfinite(json_object_get_double(id));
	return !id || json_object_is_type(id, json_type_string) ||
	       json_object_is_type(id, json_type_int);
}

struct json_object *
ctl_lines_parse(
    struct ctl_lines *lines, const char *line, size_t len, struct json_object **id, struct fault *f)
{
	json_tokener_reset(lines->tokener);
	struct json_object *o = json_tokener_parse_ex(lines->tokener, line, (int)len);
	enum json_tokener_error error = json_tokener_get_error(lines->tokener);
	*id = NULL;
	if (error != json_tokener_success) {
		fault_set(f, ERR_INPUT, "the line is no JSON: %s",
		    error == json_tokener_continue ? "it is cut short"
						   : json_tokener_error_desc(error));
	} else if (!json_object_is_type(o, json_type_object)) {
		fault_set(f, ERR_INPUT, "the line is no JSON object");
	} else if (json_object_object_get_ex(o, "id", id) && !id_is_plain(*id)) {
		*id = NULL;
		fault_set(f, ERR_INPUT, "id is neither a text nor a number");
	}
	return o;
}

int
ctl_member_text(struct json_object *o, const char *key, const char **out, struct fault *f)
{
	struct json_object *value = NULL;
	*out = NULL;
	if (!json_object_object_get_ex(o, key, &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return fault_set(f, ERR_INPUT, "%s is not a text", key);
	*out = json_object_get_string(value);
	if (strlen(*out) != (size_t)json_object_get_string_len(value))
		return fault_set(f, ERR_INPUT, "%s holds a NUL", key);
	return 0;
}

struct json_object *
ctl_answer_new(struct json_object *id)
{
	struct json_object *o = json_object_new_object();
	ctl_put(o, "id", json_object_get(id));
	return o;
}

void
ctl_answer_error(struct json_object *id, const char *words)
{
	struct json_object *o = ctl_answer_new(id);
	ctl_put_str(o, "error", words);
	ctl_print_json(stdout, o);
}
