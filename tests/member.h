/* member: a member of an answer in JSON, which must be there. */
#ifndef NEWSD_TESTS_MEMBER_H
#define NEWSD_TESTS_MEMBER_H

struct json_object;

/* The member KEY of O, NULL for null; the test fails when there is none. */
struct json_object *member(struct json_object *o, const char *key);

#endif
