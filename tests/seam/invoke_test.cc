// Calls with text: the values are WAVE, the errors show what would be right.
#include "seam.h"

namespace capstan::seam {
namespace {

const Component& adder() {
  static const Component component = load(with_libc(R"(
    (core module $main (import "libc" "memory" (memory 1))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "nothing")))
    (core instance $main (instantiate $main (with "libc" (instance $libc))))
    (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $main "add")))
    (func (export "echo") (param "text" string) (result string)
      (canon lift (core func $main "echo") (memory $memory) (realloc $realloc)))
    (func (export "nothing") (canon lift (core func $main "nothing")))
    (component $shim (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
      (export "add" (func $add)))
    (instance $math (instantiate $shim (with "add" (func $add))))
    (export "demo:math/basic@1.2.0" (instance $math)))"));
  return component;
}

class Invoke : public testing::Test {
 protected:
  Linker<> linker{engine()};
  Guest<> guest{linker, adder()};
};

TEST_F(Invoke, TextInTextOut) {
  EXPECT_THAT(guest.instance.invoke("", "echo", R"("grüße \"x\"")"), Gives(R"("grüße \"x\"")"));
  EXPECT_THAT(guest.instance.invoke("", "nothing", ""), Gives(""));
  EXPECT_THAT(guest.instance.invoke("demo:math/basic@1.2.0", "add", "1, 2"), Gives("3"));
}

TEST_F(Invoke, InterfacesOfCompatibleVersionsOrNoneCount) {
  EXPECT_THAT(guest.instance.invoke("demo:math/basic@1.0.0", "add", "1, 2"), Gives("3"));
  EXPECT_THAT(guest.instance.invoke("demo:math/basic", "add", "1, 2"), Gives("3"));
  EXPECT_THAT(guest.instance.invoke("demo:math/basic@2.0.0", "add", "1, 2"),
              Fails(ErrorCode::invalid_argument,
                    "'guest' does not export the function 'demo:math/basic@2.0.0#add': did you "
                    "mean 'demo:math/basic@1.2.0#add'?"));
}

TEST_F(Invoke, WhatDoesNotFitShowsTheFunctionsType) {
  EXPECT_THAT(guest.instance.invoke("demo:math/basic", "add", "1"),
              FailsWith(ErrorCode::invalid_argument,
                        "'demo:math/basic@1.2.0#add' cannot be called so: expected 2 arguments, "
                        "got 1; its type is func(a: u32, b: u32) -> u32"));
  EXPECT_THAT(guest.instance.invoke("", "echo", "1"),
              FailsWith(ErrorCode::invalid_argument,
                        "'echo' cannot be called so: argument 1 (`text`): expected string, got "
                        "`1`; its type is func(text: string) -> string"));
  EXPECT_THAT(guest.instance.invoke("", "sing", ""),
              FailsWith(ErrorCode::invalid_argument,
                        "'guest' does not export the function 'sing': it exports "
                        "demo:math/basic@1.2.0#add, echo, nothing"));
  EXPECT_THAT(guest.instance.invoke("", "echo", R"("still alive")"), Gives(R"("still alive")"));
}

TEST_F(Invoke, AfterTheStoreEndedItIsAnError) {
  std::optional<Store<>> store(std::in_place);
  const Instance instance = must(must(linker.prepare(adder())).instantiate(*store));
  store.reset();

  EXPECT_THAT(instance.invoke("", "nothing", ""), Fails(ErrorCode::invalid_argument, "has ended"));
}

}  // namespace
}  // namespace capstan::seam
