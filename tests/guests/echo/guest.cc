// The echo guest. Its functions come in a few shapes, decided by wit-bindgen's C generator; there
// is one macro per shape, and each defines the function of `guest-echo` and that of `via-host`.
//
// The generated header has other names for the same type in each interface, so the macros take
// parameter types from the declarations. Nothing is freed here: see arena.cc.

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "echo.h"

namespace {

template <typename Function>
struct Parameters;

template <typename Return, typename... Parameter>
struct Parameters<Return(Parameter...)> {
  using Tuple = std::tuple<Parameter...>;
};

// The type of parameter `index` of `function`.
#define PARAMETER(index, function) \
  std::tuple_element_t<index, Parameters<decltype(function)>::Tuple>

#define GUEST(name) exports_capstan_echo_guest_echo_echo_##name
#define VIA(name) exports_capstan_echo_via_host_via_host_##name
#define HOST(name) capstan_echo_host_echo_echo_##name

// A pointer to the same struct under the name it has in `host-echo`.
#define AS(index, function, pointer) reinterpret_cast<PARAMETER(index, function)>(pointer)

}  // namespace

// T echo(T x)
#define VALUE(name)                                                                \
  PARAMETER(0, GUEST(name)) GUEST(name)(PARAMETER(0, GUEST(name)) x) { return x; } \
  PARAMETER(0, VIA(name)) VIA(name)(PARAMETER(0, VIA(name)) x) { return HOST(name)(x); }

// void echo(T* x, T* result)
#define MEMORY(name)                                                                \
  void GUEST(name)(PARAMETER(0, GUEST(name)) x, PARAMETER(1, GUEST(name)) result) { \
    *result = *x;                                                                   \
  }                                                                                 \
  void VIA(name)(PARAMETER(0, VIA(name)) x, PARAMETER(1, VIA(name)) result) {       \
    HOST(name)(AS(0, HOST(name), x), AS(1, HOST(name), result));                    \
  }

// bool echo(T* x, T* result): null and false are `none`
#define OPTION(name)                                                                \
  bool GUEST(name)(PARAMETER(0, GUEST(name)) x, PARAMETER(1, GUEST(name)) result) { \
    if (x != nullptr) {                                                             \
      *result = *x;                                                                 \
    }                                                                               \
    return x != nullptr;                                                            \
  }                                                                                 \
  bool VIA(name)(PARAMETER(0, VIA(name)) x, PARAMETER(1, VIA(name)) result) {       \
    return HOST(name)(AS(0, HOST(name), x), AS(1, HOST(name), result));             \
  }

// bool echo(Result* x, T* ok, E* error): true is `ok`
#define RESULT(name)                                                                          \
  bool GUEST(name)(PARAMETER(0, GUEST(name)) x, PARAMETER(1, GUEST(name)) ok,                 \
                   PARAMETER(2, GUEST(name)) error) {                                         \
    if (x->is_err) {                                                                          \
      *error = x->val.err;                                                                    \
    } else {                                                                                  \
      *ok = x->val.ok;                                                                        \
    }                                                                                         \
    return !x->is_err;                                                                        \
  }                                                                                           \
  bool VIA(name)(PARAMETER(0, VIA(name)) x, PARAMETER(1, VIA(name)) ok,                       \
                 PARAMETER(2, VIA(name)) error) {                                             \
    return HOST(name)(AS(0, HOST(name), x), AS(1, HOST(name), ok), AS(2, HOST(name), error)); \
  }

// bool echo(Result* x, T* payload): only the case `with` has a payload
#define HALF_RESULT(name, with, has_payload)                                         \
  bool GUEST(name)(PARAMETER(0, GUEST(name)) x, PARAMETER(1, GUEST(name)) payload) { \
    if (has_payload) {                                                               \
      *payload = x->val.with;                                                        \
    }                                                                                \
    return !x->is_err;                                                               \
  }                                                                                  \
  bool VIA(name)(PARAMETER(0, VIA(name)) x, PARAMETER(1, VIA(name)) payload) {       \
    return HOST(name)(AS(0, HOST(name), x), AS(1, HOST(name), payload));             \
  }

void GUEST(nothing)() {}
void VIA(nothing)() { HOST(nothing)(); }

VALUE(bool)
VALUE(u8)
VALUE(s8)
VALUE(u16)
VALUE(s16)
VALUE(u32)
VALUE(s32)
VALUE(u64)
VALUE(s64)
VALUE(f32)
VALUE(f64)
VALUE(char)
MEMORY(string)

MEMORY(list_bool)
MEMORY(list_u8)
MEMORY(list_s8)
MEMORY(list_u16)
MEMORY(list_s16)
MEMORY(list_u32)
MEMORY(list_s32)
MEMORY(list_u64)
MEMORY(list_s64)
MEMORY(list_f32)
MEMORY(list_f64)
MEMORY(list_char)
MEMORY(list_string)
MEMORY(list_list_u8)
MEMORY(list_list_string)
MEMORY(list_record)
MEMORY(list_point)
MEMORY(list_tuple)
MEMORY(list_variant)
MEMORY(list_enum)
MEMORY(list_flags)
MEMORY(list_option_u32)
MEMORY(list_option_string)
MEMORY(list_result)

OPTION(option_bool)
OPTION(option_u8)
OPTION(option_u64)
OPTION(option_string)
OPTION(option_list_u8)
OPTION(option_record)
OPTION(option_option_u32)
OPTION(option_option_string)
OPTION(option_option_option)
OPTION(option_result)

RESULT(result_both)
HALF_RESULT(result_ok, ok, !x->is_err)
HALF_RESULT(result_err, err, x->is_err)
bool GUEST(result_none)(PARAMETER(0, GUEST(result_none)) x) { return !x->is_err; }
bool VIA(result_none)(PARAMETER(0, VIA(result_none)) x) {
  return HOST(result_none)(AS(0, HOST(result_none), x));
}
RESULT(result_mixed)
RESULT(result_record)
RESULT(result_result)
RESULT(result_option)

MEMORY(tuple_one)
MEMORY(tuple)
MEMORY(tuple_mixed)
MEMORY(tuple_nested)

MEMORY(record_one)
MEMORY(record_point)
MEMORY(record_padded)
MEMORY(record)
MEMORY(wide)

MEMORY(variant)
MEMORY(variant_plain)
MEMORY(variant_mixed)
MEMORY(variant_floats)
MEMORY(variant_nested)
VALUE(enum)
VALUE(enum_one)
VALUE(big_enum)

VALUE(flags1)
VALUE(flags7)
VALUE(flags8)
VALUE(flags9)
VALUE(flags16)
VALUE(flags17)
VALUE(flags32)

MEMORY(alias)
MEMORY(deep)

void GUEST(two_params)(echo_string_t* a, echo_list_u32_t* b,
                       echo_tuple2_string_list_u32_t* result) {
  *result = {*a, *b};
}
void VIA(two_params)(echo_string_t* a, echo_list_u32_t* b, echo_tuple2_string_list_u32_t* result) {
  HOST(two_params)(a, b, result);
}

void GUEST(sixteen_params)(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                           std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h,
                           float i, double j, bool k, std::uint32_t l, std::uint8_t m,
                           std::uint16_t n, std::uint32_t o, std::uint64_t p,
                           PARAMETER(16, GUEST(sixteen_params)) result) {
  *result = {a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p};
}
void VIA(sixteen_params)(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                         std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h, float i,
                         double j, bool k, std::uint32_t l, std::uint8_t m, std::uint16_t n,
                         std::uint32_t o, std::uint64_t p,
                         PARAMETER(16, VIA(sixteen_params)) result) {
  HOST(sixteen_params)(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, result);
}

void GUEST(many_params)(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                        std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h, float i,
                        double j, bool k, std::uint32_t l, echo_string_t* m, echo_list_u8_t* n,
                        std::uint32_t* o, PARAMETER(15, GUEST(many_params)) p,
                        PARAMETER(16, GUEST(many_params)) q,
                        PARAMETER(17, GUEST(many_params)) result) {
  *result = {a, b, c, d, e, f, g, h, i, j, k, l, *m, *n, {o != nullptr, o != nullptr ? *o : 0},
             p, *q};
}
void VIA(many_params)(std::uint8_t a, std::int8_t b, std::uint16_t c, std::int16_t d,
                      std::uint32_t e, std::int32_t f, std::uint64_t g, std::int64_t h, float i,
                      double j, bool k, std::uint32_t l, echo_string_t* m, echo_list_u8_t* n,
                      std::uint32_t* o, PARAMETER(15, VIA(many_params)) p,
                      PARAMETER(16, VIA(many_params)) q, PARAMETER(17, VIA(many_params)) result) {
  HOST(many_params)(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, result);
}
