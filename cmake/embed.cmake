# Run by the build (cmake -P): writes the files of some folders into a C++ source. See
# src/capstan/platform/embedded.h.
#
#   OUTPUT  the source to write
#   ROOT    the folder that the names of the files are relative to
#   FILES   the files, separated by |
cmake_minimum_required(VERSION 3.25)
string(REPLACE "|" ";" files "${FILES}")
set(text "// Written by cmake/embed.cmake.\n#include <capstan/platform/embedded.h>\n\n")
string(APPEND text "#include <array>\n\nnamespace capstan::platform {\nnamespace {\n\n")
string(APPEND text "using namespace std::string_view_literals;\n\n")
list(LENGTH files count)
string(APPEND text "constexpr std::array<EmbeddedFile, ${count}> files = {{\n")
foreach(file IN LISTS files)
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${ROOT} OUTPUT_VARIABLE name)
  file(READ ${file} contents)
  string(FIND "${contents}" ")embed\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${file} contains the delimiter of its own literal")
  endif()
  string(APPEND text "    {\"${name}\"sv, R\"embed(${contents})embed\"sv},\n")
endforeach()
string(APPEND text "}};\n\n}  // namespace\n\n")
string(APPEND text "std::span<const EmbeddedFile> embedded_files() { return files; }\n\n")
string(APPEND text "}  // namespace capstan::platform\n")
file(WRITE ${OUTPUT} "${text}")
