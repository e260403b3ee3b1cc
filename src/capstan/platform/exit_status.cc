#include <capstan/platform/exit_status.h>

namespace capstan::platform {
namespace {

ExitStatus kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::io:
    case ErrorCode::unsupported:
      return ExitStatus::usage;
    case ErrorCode::not_loadable:
    case ErrorCode::not_linkable:
      return ExitStatus::not_runnable;
    case ErrorCode::deadline:
    case ErrorCode::fuel:
    case ErrorCode::limit:
    case ErrorCode::stack:
      return ExitStatus::limit_reached;
    case ErrorCode::trap:
    case ErrorCode::host:
    case ErrorCode::busy:
    case ErrorCode::internal:
    case ErrorCode::exit:
      break;
  }
  return ExitStatus::trapped;
}

}  // namespace

int exit_status(const Error& error) {
  if (error.code() == ErrorCode::exit) return error.exit_status();
  return static_cast<int>(kind_of(error.code()));
}

}  // namespace capstan::platform
