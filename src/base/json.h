/*
 * A JSON writer (RFC 8259) onto an nf_text. Commas, line breaks and indentation come by themselves:
 *
 *     nf_json_object_begin(json);
 *     nf_json_key(json, "calls"), nf_json_uint(json, calls);
 *     nf_json_key(json, "versions"), nf_json_array_begin(json);
 *     ...
 *     nf_json_array_end(json);
 *     nf_json_object_end(json);
 *
 * The output is valid UTF-8 whatever the bytes given: what is not UTF-8 becomes U+FFFD. Numbers
 * that JSON cannot say (NaN, infinities) become null. The caller keeps the structure right: a key
 * before each member of an object, an end for each begin. When memory is out the text is cut and
 * arena->failed set. Freestanding.
 */
#ifndef NF_BASE_JSON_H
#define NF_BASE_JSON_H

#include "text.h"

typedef struct nf_json {
    nf_text *text;
    uint32_t depth;
    bool more;   /* something stands before, in this object or array */
    bool member; /* a key was just written */
    bool pretty;
} nf_json;

/* pretty: one member a line, indented by two; else all in one line. */
void nf_json_init(nf_json *json, nf_text *text, bool pretty);

void nf_json_object_begin(nf_json *json);
void nf_json_object_end(nf_json *json);
void nf_json_array_begin(nf_json *json);
void nf_json_array_end(nf_json *json);
void nf_json_key(nf_json *json, const char *name);

void nf_json_string(nf_json *json, const char *string); /* NULL gives null */
void nf_json_bytes(nf_json *json, const char *bytes, size_t length);
void nf_json_int(nf_json *json, int64_t number);
void nf_json_uint(nf_json *json, uint64_t number);
void nf_json_double(nf_json *json, double number);
void nf_json_bool(nf_json *json, bool truth);
void nf_json_null(nf_json *json);

#endif
