#include <capstan/host/core.h>

namespace capstan::host {

namespace {
ErrorCode code_of(capstan_error_code code) {
  switch (code) {
    case CAPSTAN_ERROR_INVALID_ARGUMENT:
      return ErrorCode::invalid_argument;
    case CAPSTAN_ERROR_IO:
      return ErrorCode::io;
    case CAPSTAN_ERROR_NOT_LOADABLE:
      return ErrorCode::not_loadable;
    case CAPSTAN_ERROR_NOT_LINKABLE:
      return ErrorCode::not_linkable;
    case CAPSTAN_ERROR_TRAP:
      return ErrorCode::trap;
    case CAPSTAN_ERROR_DEADLINE:
      return ErrorCode::deadline;
    case CAPSTAN_ERROR_FUEL:
      return ErrorCode::fuel;
    case CAPSTAN_ERROR_LIMIT:
      return ErrorCode::limit;
    case CAPSTAN_ERROR_STACK:
      return ErrorCode::stack;
    case CAPSTAN_ERROR_EXIT:
      return ErrorCode::exit;
    case CAPSTAN_ERROR_BUSY:
      return ErrorCode::busy;
    case CAPSTAN_ERROR_UNSUPPORTED:
      return ErrorCode::unsupported;
    case CAPSTAN_ERROR_HOST:
      return ErrorCode::host;
    case CAPSTAN_ERROR_INTERNAL:
      break;
  }
  return ErrorCode::internal;
}
}  // namespace

Error take_error(capstan_error* error) {
  Error taken(code_of(capstan_error_get_code(error)),
              std::string(abi::detail::from_c(capstan_error_message(error))));
  taken.set_backtrace(std::string(abi::detail::from_c(capstan_error_backtrace(error))));
  taken.set_exit_status(capstan_error_exit_status(error));
  capstan_error_delete(error);
  return taken;
}

}  // namespace capstan::host
