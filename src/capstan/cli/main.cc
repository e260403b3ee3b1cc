#include <capstan/cli/command.h>

int main(int argc, char** argv) { return capstan::cli::run(argc, argv); }
