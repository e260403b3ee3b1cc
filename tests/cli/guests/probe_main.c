// A command that shows what it was granted, and fails in every way a command can. Its first
// argument says what to do.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

extern char** environ;

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

static probe_string_t text(const char* value) {
  return (probe_string_t){(uint8_t*)value, strlen(value)};
}

static int list(const char* path) {
  DIR* folder = opendir(path);
  if (folder == NULL) return failed(path);
  for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder))
    if (entry->d_name[0] != '.') printf("%s\n", entry->d_name);
  closedir(folder);
  return 0;
}

static int write_file(const char* path, const char* contents) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return failed(path);
  fputs(contents, file);
  return fclose(file) == 0 ? 0 : failed(path);
}

static int copy(void) {
  char buffer[512];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, stdin)) > 0) fwrite(buffer, 1, size, stdout);
  return 0;
}

static int configured(const char* key) {
  probe_string_t name = text(key);
  probe_option_string_t value;
  wasi_config_store_error_t error;
  if (!wasi_config_store_get(&name, &value, &error)) return 1;
  if (value.is_some)
    printf("%.*s\n", (int)value.val.len, value.val.ptr);
  else
    printf("(none)\n");
  return 0;
}

static int store_twice(const char* key) {
  probe_string_t name = text(key), value = text("value"), error;
  for (int i = 0; i < 2; ++i)
    if (!keyvalue_store_store_set(&name, &value, &error))
      printf("%.*s\n", (int)error.len, error.ptr);
  return 0;
}

static int log_line(const char* message) {
  probe_string_t context = text("probe"), line = text(message);
  wasi_logging_logging_log(WASI_LOGGING_LOGGING_LEVEL_WARN, &context, &line);
  return 0;
}

static char* volatile kept;  // so that nothing is optimised away

// Touches what it allocates; says where it ended.
static int allocate(int mebibytes) {
  for (int i = 0; i < mebibytes; ++i) {
    char* block = malloc(1 << 20);
    if (block == NULL) {
      printf("no memory after %d MiB\n", i);
      return 5;
    }
    memset(block, 1, 1 << 20);
    kept = block;
  }
  printf("allocated\n");
  return 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "arguments";
  const char* value = argc > 2 ? argv[2] : "";
  if (strcmp(what, "arguments") == 0) {
    for (int i = 0; i < argc; ++i) printf("[%s]\n", argv[i]);
    return 0;
  }
  if (strcmp(what, "environment") == 0) {
    for (char** entry = environ; *entry != NULL; ++entry) printf("%s\n", *entry);
    return 0;
  }
  if (strcmp(what, "copy") == 0) return copy();
  if (strcmp(what, "no-newline") == 0) return fputs("no newline", stdout) < 0;
  if (strcmp(what, "complain") == 0) return fputs("complaint\n", stderr) < 0;
  if (strcmp(what, "list") == 0) return list(value);
  if (strcmp(what, "write") == 0) return write_file(value, argv[3]);
  if (strcmp(what, "config") == 0) return configured(value);
  if (strcmp(what, "store-twice") == 0) return store_twice(value);
  if (strcmp(what, "log") == 0) return log_line(value);
  if (strcmp(what, "allocate") == 0) return allocate(atoi(value));
  if (strcmp(what, "fail") == 0) return 1;
  if (strcmp(what, "sleep") == 0) return usleep((useconds_t)atoi(value) * 1000u);
  if (strcmp(what, "abort") == 0) abort();
  for (volatile int forever = 1; forever && strcmp(what, "spin") == 0;) {
  }
  return 2;
}
