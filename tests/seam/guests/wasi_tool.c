// A command-line tool that shows what WASI grants it. Its first argument says what to do; failures
// of the system go to standard error, as the system words them, with exit status 1.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

static int copy(FILE* from) {
  char buffer[512];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, from)) > 0) fwrite(buffer, 1, size, stdout);
  return ferror(from) ? failed("read") : 0;
}

static int write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return failed(path);
  fputs(text, file);
  return fclose(file) == 0 ? 0 : failed(path);
}

static int read_file(const char* path) {
  FILE* file = fopen(path, "r");
  if (file == NULL) return failed(path);
  const int result = copy(file);
  fclose(file);
  return result;
}

static int clocks(void) {
  struct timespec wall, begin, now;
  clock_gettime(CLOCK_REALTIME, &wall);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  usleep(2000);
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long slept =
      (now.tv_sec - begin.tv_sec) * 1000000000ll + (now.tv_nsec - begin.tv_nsec);
  printf("%lld %s\n", (long long)wall.tv_sec, slept >= 2000000 ? "slept" : "did not sleep");
  return 0;
}

static int random_bytes(void) {
  unsigned char bytes[16];
  if (getentropy(bytes, sizeof bytes) != 0) return failed("getentropy");
  for (size_t i = 0; i < sizeof bytes; ++i) printf("%02x", bytes[i]);
  return 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "arguments";
  if (strcmp(what, "arguments") == 0) {
    for (int i = 0; i < argc; ++i) printf("[%s]", argv[i]);
    return 0;
  }
  if (strcmp(what, "environment") == 0) {
    for (char** entry = environ; *entry != NULL; ++entry) printf("[%s]", *entry);
    return 0;
  }
  if (strcmp(what, "copy") == 0) return copy(stdin);
  if (strcmp(what, "both") == 0) {
    fputs("to standard output", stdout);
    fputs("to standard error", stderr);
    return 0;
  }
  if (strcmp(what, "read") == 0) return read_file(argv[2]);
  if (strcmp(what, "write") == 0) return write_file(argv[2], argv[3]);
  if (strcmp(what, "remove") == 0) return remove(argv[2]) == 0 ? 0 : failed(argv[2]);
  if (strcmp(what, "exit") == 0) exit(atoi(argv[2]));
  if (strcmp(what, "abort") == 0) abort();
  if (strcmp(what, "clocks") == 0) return clocks();
  if (strcmp(what, "random") == 0) return random_bytes();
  if (strcmp(what, "sleep") == 0) return usleep((useconds_t)atoi(argv[2]) * 1000u);
  return 2;
}
