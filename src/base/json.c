/*
 * The JSON writer; see json.h.
 *
 * It keeps no stack: whether a comma is due is one bit. A begin clears it, and whatever ends
 * (a value, an object, an array) sets it for what follows in the enclosing one.
 *
 * UTF-8 is checked by the table of well-formed sequences in the Unicode Standard, chapter 3.9,
 * table 3-7: overlong forms, surrogates and what is above U+10FFFF are not UTF-8.
 */
#include "json.h"
#include "decimal.h"

enum { INDENT = 2 };

static const char REPLACEMENT[] = "\xef\xbf\xbd"; /* U+FFFD */

void nf_json_init(nf_json *json, nf_text *text, bool pretty)
{
    *json = (nf_json){.text = text, .pretty = pretty};
}

static void line_break(nf_json *json)
{
    if (!json->pretty || json->depth == 0) return;
    nf_text_append(json->text, "\n", 1);
    for (uint32_t i = 0; i < json->depth * INDENT; i++) nf_text_append(json->text, " ", 1);
}

/* What stands before a key or a value. */
static void separate(nf_json *json)
{
    if (json->member) {
        json->member = false;
        return;
    }
    if (json->more) nf_text_append(json->text, ",", 1);
    line_break(json);
}

static void begin(nf_json *json, const char *bracket)
{
    separate(json);
    nf_text_append(json->text, bracket, 1);
    json->depth++;
    json->more = false;
}

static void end(nf_json *json, const char *bracket)
{
    json->depth--;
    if (json->pretty && json->more) {
        nf_text_append(json->text, "\n", 1);
        for (uint32_t i = 0; i < json->depth * INDENT; i++) nf_text_append(json->text, " ", 1);
    }
    nf_text_append(json->text, bracket, 1);
    json->more = true;
}

static void value(nf_json *json, const char *text, size_t length)
{
    separate(json);
    nf_text_append(json->text, text, length);
    json->more = true;
}

void nf_json_object_begin(nf_json *json)
{
    begin(json, "{");
}

void nf_json_object_end(nf_json *json)
{
    end(json, "}");
}

void nf_json_array_begin(nf_json *json)
{
    begin(json, "[");
}

void nf_json_array_end(nf_json *json)
{
    end(json, "]");
}

/* The length of the well-formed UTF-8 sequence that starts at text, 0 when there is none. */
static size_t utf8_length(const uint8_t *text, size_t rest)
{
    static const struct {
        uint8_t lead_min, lead_max, second_min, second_max, length;
    } rows[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (text[0] < rows[i].lead_min || text[0] > rows[i].lead_max) continue;
        if (rest < rows[i].length) return 0;
        if (rows[i].length > 1 && (text[1] < rows[i].second_min || text[1] > rows[i].second_max))
            return 0;
        for (size_t k = 2; k < rows[i].length; k++)
            if (text[k] < 0x80 || text[k] > 0xbf) return 0;
        return rows[i].length;
    }
    return 0;
}

static void escape(nf_text *text, char byte)
{
    switch (byte) {
    case '"': nf_text_append(text, "\\\"", 2); break;
    case '\\': nf_text_append(text, "\\\\", 2); break;
    case '\n': nf_text_append(text, "\\n", 2); break;
    case '\r': nf_text_append(text, "\\r", 2); break;
    case '\t': nf_text_append(text, "\\t", 2); break;
    default: nf_text_format(text, "\\u%04x", (unsigned)byte); break;
    }
}

static void quote(nf_text *text, const char *bytes, size_t length)
{
    nf_text_append(text, "\"", 1);
    for (size_t i = 0, step; i < length; i += step) {
        const uint8_t *at = (const uint8_t *)bytes + i;
        size_t valid = utf8_length(at, length - i);
        step = valid ? valid : 1;
        if (valid == 0)
            nf_text_append(text, REPLACEMENT, sizeof REPLACEMENT - 1);
        else if (*at < ' ' || *at == '"' || *at == '\\')
            escape(text, bytes[i]);
        else
            nf_text_append(text, bytes + i, valid);
    }
    nf_text_append(text, "\"", 1);
}

void nf_json_key(nf_json *json, const char *name)
{
    separate(json);
    quote(json->text, name, nf_string_length(name));
    nf_text_append(json->text, ": ", json->pretty ? 2 : 1);
    json->member = true;
}

void nf_json_bytes(nf_json *json, const char *bytes, size_t length)
{
    separate(json);
    quote(json->text, bytes, length);
    json->more = true;
}

void nf_json_string(nf_json *json, const char *string)
{
    if (string)
        nf_json_bytes(json, string, nf_string_length(string));
    else
        nf_json_null(json);
}

void nf_json_int(nf_json *json, int64_t number)
{
    char text[NF_DECIMAL_BYTES];
    value(json, text, nf_format(text, sizeof text, "%lld", (long long)number));
}

void nf_json_uint(nf_json *json, uint64_t number)
{
    char text[NF_DECIMAL_BYTES];
    value(json, text, nf_format(text, sizeof text, "%llu", (unsigned long long)number));
}

void nf_json_double(nf_json *json, double number)
{
    char text[NF_DECIMAL_BYTES];
    if (__builtin_isfinite(number))
        value(json, text, nf_decimal_format(text, number));
    else
        nf_json_null(json);
}

void nf_json_bool(nf_json *json, bool truth)
{
    value(json, truth ? "true" : "false", truth ? 4 : 5);
}

void nf_json_null(nf_json *json)
{
    value(json, "null", 4);
}
