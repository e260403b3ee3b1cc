// Object storage, as Capstan sees it: containers of named objects, read and written as streams.
//
// What a backend implements and what the dialects of WIT (bind.h) are translated to; it knows
// nothing of WebAssembly. What holds on every backend, and conformance_testing.cc checks:
//
//   names       any text, 1 to name_bytes_max bytes (of a container, with its namespace); what is
//   in
//               a name means nothing ('/', "..")
//   containers  create gives the one that is there; remove takes its objects along, and is no error
//               when there is none; a Container of one that was removed answers no_such_container
//   objects     appear whole, when a Writer is committed, or not at all; a Writer that is not
//               committed leaves nothing; writing an object replaces it; removing one that is
//               missing is no error
//   readers     give the object as it was when the Reader was made
//   ranges      start and end are both included; an end behind the last byte, or 0, means the last
//               byte; an end before the start, or a start behind the last byte, is an error, but
//               for 0 of an empty object
//   lists       sorted by bytes; complete and without duplicates for what exists throughout
//   times       whole seconds since 1970: when the object was committed, the container created
//
// Threads: a Store and its Containers may be used from any number of threads; a Reader, Writer or
// Listing by one at a time.
#pragma once

#include <capstan/base/bytes.h>
#include <capstan/base/task.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::blobstore {

inline constexpr std::size_t name_bytes_max = 1024;

enum class ErrorKind : std::uint8_t {
  no_such_container,
  no_such_object,
  access_denied,
  invalid,  // a name, a range, or the order of calls
  full,     // a limit of the backend, or its disk
  other,
};

struct Error {
  Error(ErrorKind kind_in, std::string message_in)
      : kind(kind_in), message(std::move(message_in)) {}

  ErrorKind kind;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <typename T>
using Outcome = std::expected<T, Error>;

struct Range {
  Range(std::uint64_t start_in, std::uint64_t end_in) : start(start_in), end(end_in) {}
  static Range all() { return {0, 0}; }

  std::uint64_t start;
  std::uint64_t end;
};

// What a range is of an object of `size` bytes.
struct Span {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  bool operator==(const Span&) const = default;
};
[[nodiscard]] Outcome<Span> resolve(Range range, std::uint64_t size);

// Whether a container or an object may be called so. `what` is "container" or "object".
[[nodiscard]] Outcome<void> check_name(std::string_view what, std::string_view name);

// What every backend says alike.
[[nodiscard]] Error no_such_container(std::string_view name);
[[nodiscard]] Error no_such_object(std::string_view name);

struct ContainerInfo {
  std::string name;
  std::uint64_t created_at_s = 0;
};

struct ObjectInfo {
  std::string name;
  std::string container;
  std::uint64_t created_at_s = 0;
  std::uint64_t size_bytes = 0;
};

struct ObjectId {
  ObjectId(std::string container_in, std::string object_in)
      : container(std::move(container_in)), object(std::move(object_in)) {}

  std::string container;
  std::string object;

  bool operator==(const ObjectId&) const = default;
};

class Reader {
 public:
  virtual ~Reader() = default;

  // Of the whole range.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // The next bytes, at most `bytes_max`; none at the end.
  [[nodiscard]] virtual Task<Outcome<Bytes>> read(std::size_t bytes_max) = 0;
};

// An object in the making. One call at a time, none after an error.
class Writer {
 public:
  virtual ~Writer() = default;  // what is not committed is given up

  [[nodiscard]] virtual Task<Outcome<void>> write(Bytes bytes) = 0;
  // Once: the object is there when the task is finished, and on a durable backend stays.
  [[nodiscard]] virtual Task<Outcome<void>> commit() = 0;
};

// The names of a container's objects.
class Listing {
 public:
  virtual ~Listing() = default;

  // The next names, at most `names_max`; fewer only at the end.
  [[nodiscard]] virtual Task<Outcome<std::vector<std::string>>> next(std::size_t names_max) = 0;
};

class Container {
 public:
  virtual ~Container() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Task<Outcome<ContainerInfo>> info() = 0;
  [[nodiscard]] virtual Task<Outcome<std::unique_ptr<Reader>>> read(std::string object,
                                                                    Range range) = 0;
  [[nodiscard]] virtual Task<Outcome<std::unique_ptr<Writer>>> write(std::string object) = 0;
  [[nodiscard]] virtual Task<Outcome<std::unique_ptr<Listing>>> list() = 0;
  [[nodiscard]] virtual Task<Outcome<void>> remove(std::vector<std::string> objects) = 0;
  [[nodiscard]] virtual Task<Outcome<bool>> has(std::string object) = 0;
  [[nodiscard]] virtual Task<Outcome<ObjectInfo>> object_info(std::string object) = 0;
  // Removes all objects.
  [[nodiscard]] virtual Task<Outcome<void>> clear() = 0;
};

enum class Waits : std::uint8_t {
  maybe,
  never,  // every task is finished when it is returned, or once it was polled
};

class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Waits waits() const { return Waits::maybe; }

  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Container>>> create(std::string name) = 0;
  [[nodiscard]] virtual Task<Outcome<std::shared_ptr<Container>>> get(std::string name) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> remove(std::string name) = 0;
  [[nodiscard]] virtual Task<Outcome<bool>> exists(std::string name) = 0;
  // To itself, an object is left as it is; a missing one is an error.
  [[nodiscard]] virtual Task<Outcome<void>> copy(ObjectId from, ObjectId to) = 0;
  [[nodiscard]] virtual Task<Outcome<void>> move(ObjectId from, ObjectId to) = 0;
};

// A copy piece by piece, between containers of any two stores.
[[nodiscard]] Task<Outcome<void>> copy_object(std::shared_ptr<Container> from,
                                              std::string from_object,
                                              std::shared_ptr<Container> to, std::string to_object);

}  // namespace capstan::blobstore
