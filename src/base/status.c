/* Status texts and error details; see status.h. The texts are the rows of status.def. */
#include "status.h"
#include "text.h"

static const char *const status_texts[NF_STATUS_COUNT] = {
#define STATUS(name, text) [NF_##name] = text,
#include "status.def"
#undef STATUS
};

_Static_assert(NF_OK == 0, "a status is tested for failure as a truth value");

const char *nf_status_text(nf_status status)
{
    return (unsigned)status < NF_STATUS_COUNT ? status_texts[status] : "unknown status";
}

enum { DELETE = 0x7f };

nf_status nf_fail_list(nf_error *error, nf_status status, const char *format, va_list list)
{
    if (error == NULL) return status;
    error->status = status;
    error->line = error->column = 0;
    error->file[0] = 0;
    nf_format_list(error->message, sizeof error->message, format, list);
    for (char *at = error->message; *at; at++) /* hostile names must not steer a terminal */
        if ((unsigned char)*at < ' ' || *at == DELETE) *at = '?';
    return status;
}

nf_status nf_fail(nf_error *error, nf_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    nf_fail_list(error, status, format, list);
    va_end(list);
    return status;
}

nf_status nf_fail_at(nf_error *error, nf_status status, const char *file, uint32_t line,
                     uint32_t column, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    nf_fail_list(error, status, format, list);
    va_end(list);
    if (error == NULL) return status;
    error->line = line;
    error->column = column;
    nf_format(error->file, sizeof error->file, "%s", file ? file : "");
    return status;
}

size_t nf_error_format(const nf_error *error, char *text, size_t size)
{
    char place[NF_ERROR_FILE_BYTES + 32] = "";
    size_t length = 0;
    const char *message = error->message[0] ? error->message : nf_status_text(error->status);
    if (error->file[0]) length += nf_format(place, sizeof place, "%s:", error->file);
    if (error->line) length += nf_format(place + length, sizeof place - length, "%u:", error->line);
    if (error->line && error->column)
        length += nf_format(place + length, sizeof place - length, "%u:", error->column);
    return nf_format(text, size, "%s%s%s", place, length ? " " : "", message);
}
