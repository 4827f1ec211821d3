/* See lib_files.h. */
#include "lib_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "os/os.h"

enum { PATH_BYTES = 512 };

static void give_up(const char *path)
{
    fprintf(stderr, "cannot read %s\n", path);
    abort();
}

char *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) give_up(path);
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(length + 1);
    if (text == NULL || fread(text, 1, length, file) != length) give_up(path);
    text[length] = 0;
    fclose(file);
    if (size) *size = length;
    return text;
}

int files_each(const char *folder, const char *suffix, void (*visit)(const char *path))
{
    DIR *directory = opendir(folder);
    int count = 0;
    if (directory == NULL) give_up(folder);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[PATH_BYTES];
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, suffix) != 0) continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        visit(path);
        count++;
    }
    closedir(directory);
    return count;
}

nf_module *module_read(const char *name, const char *text, size_t size)
{
    nf_module *module;
    nf_error error = {.message = ""};
    if (nf_module_read(nf_os_allocator(), name, text, size, &module, &error) == NF_OK)
        return module;
    fprintf(stderr, "%s:%u: %s\n%.*s\n", name, error.line, error.message, (int)size, text);
    abort();
}
