// The guest of the bundle tests: passes calls on to what it imports.
#include "bundle_guest.h"

#include <stdlib.h>

void exports_test_bundles_probe_upper(bundle_guest_string_t* text, bundle_guest_string_t* ret) {
  example_text_text_upper(text, ret);
}

bool exports_test_bundles_probe_greeting(bundle_guest_string_t* ret, bundle_guest_string_t* err) {
  return example_text_text_greeting(ret, err);
}

uint64_t exports_test_bundles_probe_total(bundle_guest_list_u32_t* values) {
  return example_sums_sums_total(values);
}

uint64_t exports_test_bundles_probe_grand_total(void) { return example_sums_sums_grand_total(); }

uint32_t exports_test_bundles_probe_count(uint32_t start, bundle_guest_list_u32_t* steps) {
  const example_counter_counters_own_counter_t counter =
      example_counter_counters_constructor_counter(start);
  const example_counter_counters_borrow_counter_t lent =
      example_counter_counters_borrow_counter(counter);
  uint32_t value = start;
  for (size_t i = 0; i < steps->len; ++i)
    value = example_counter_counters_method_counter_add(lent, steps->ptr[i]);
  example_counter_counters_counter_drop_own(counter);
  return value;
}

uint32_t exports_test_bundles_probe_merge(uint32_t a, uint32_t b) {
  const example_counter_counters_own_counter_t merged =
      example_counter_counters_static_counter_merge(
          example_counter_counters_constructor_counter(a),
          example_counter_counters_constructor_counter(b));
  const uint32_t value = example_counter_counters_method_counter_add(
      example_counter_counters_borrow_counter(merged), 0);
  example_counter_counters_counter_drop_own(merged);
  return value;
}

uint32_t exports_test_bundles_probe_made(void) { return example_counter_counters_made(); }

void exports_test_bundles_probe_keep(uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) (void)example_counter_counters_constructor_counter(i);
}

uint32_t exports_test_bundles_probe_slow_sum(uint32_t a, uint32_t b, uint32_t wait_ms) {
  const example_counter_counters_own_counter_t one =
      example_counter_counters_constructor_counter(a);
  const example_counter_counters_own_counter_t two =
      example_counter_counters_constructor_counter(b);
  const uint32_t sum =
      example_counter_waiting_slow_sum(example_counter_counters_borrow_counter(one),
                                       example_counter_counters_borrow_counter(two), wait_ms);
  example_counter_counters_counter_drop_own(one);
  example_counter_counters_counter_drop_own(two);
  return sum;
}
