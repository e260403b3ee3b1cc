// A command of WASI 0.1, as other compilers make it: a core module, not a component.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  printf("hello, %s\n", argc > 1 ? argv[1] : "world");
  return argc > 2 ? atoi(argv[2]) : 0;
}
