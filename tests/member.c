/* member: see member.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "member.h"

struct json_object *
member(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;
	if (!json_object_object_get_ex(o, key, &value))
		fail_msg("%s is missing in %s", key, json_object_to_json_string(o));
	return value;
}
