// The elements of an MMX or XMM register, and what their operations are written with.
#ifndef ENDICOTT_VECTOR_REGISTER_H
#define ENDICOTT_VECTOR_REGISTER_H
#include "Vector.h"
#include <string.h>

typedef union {
  uint8_t b[16];
  int8_t sb[16];
  uint16_t w[8];
  int16_t sw[8];
  uint32_t d[4];
  int32_t sd[4];
  uint64_t q[2];
  int64_t sq[2];
  uint8_t bytes __attribute__((vector_size(16)));
  uint16_t words __attribute__((vector_size(16)));
  uint32_t longs __attribute__((vector_size(16)));
  uint64_t quads __attribute__((vector_size(16)));
} Register;

static inline int32_t limited(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}

// One statement for each of `count` elements; x is the destination's, y the source's.
#define EACH(count, statement) for (int i = 0; i < (count); i++) { statement; } break
#define SIGNED_BYTE(value) (int8_t)limited(value, -128, 127)
#define SIGNED_WORD(value) (int16_t)limited(value, -32768, 32767)
#define UNSIGNED_BYTE(value) (uint8_t)limited(value, 0, 255)
#define UNSIGNED_WORD(value) (uint16_t)limited(value, 0, 65535)

// SSE3 to SSE4.2 operations, by the numbers of `endicott_vector_wide`; NULL for others.
endicott_vector_routine endicott_vector_wide_extension(uint32_t operation);
endicott_vector_routine endicott_vector_narrow_extension(uint32_t operation);
#endif
