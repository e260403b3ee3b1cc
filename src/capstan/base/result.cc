#include <capstan/base/result.h>

namespace capstan {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::io:
      return "io";
    case ErrorCode::not_loadable:
      return "not_loadable";
    case ErrorCode::not_linkable:
      return "not_linkable";
    case ErrorCode::trap:
      return "trap";
    case ErrorCode::deadline:
      return "deadline";
    case ErrorCode::fuel:
      return "fuel";
    case ErrorCode::limit:
      return "limit";
    case ErrorCode::stack:
      return "stack";
    case ErrorCode::exit:
      return "exit";
    case ErrorCode::busy:
      return "busy";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::host:
      return "host";
    case ErrorCode::internal:
      return "internal";
  }
  return "unknown";
}

}  // namespace capstan
