// SSE3, SSSE3, SSE4.1 and SSE4.2 operations on integers without an immediate. Source: the
// instruction reference of the Intel manual. Opcodes are those after 0F 38.
#include "VectorRegister.h"

// Neighbours of the destination, then those of the source; a and b are one pair.
#define HORIZONTAL(element, type, count, expression)               \
  for (int i = 0; i < (count); i++) {                              \
    const Register *from = 2 * i < (count) ? x : &y;               \
    const int at = 2 * i % (count);                                \
    const type a = from->element[at], b = from->element[at + 1];   \
    result.element[i] = expression;                                \
  }                                                                \
  *x = result; break

#define SIGN(element, count) \
  EACH(count, x->element[i] = y.element[i] < 0 ? negated(x->element[i]) \
                                               : y.element[i] ? x->element[i] : 0)
#define PICK(element, count, operator) \
  EACH(count, x->element[i] = x->element[i] operator y.element[i] ? x->element[i] : y.element[i])
// `count` narrow elements of the source become wide ones.
#define EXTEND(wide, narrow, count) \
  for (int i = 0; i < (count); i++) result.wide[i] = y.narrow[i]; *x = result; break

static inline int32_t negated(int32_t value) { return (int32_t)(0 - (uint32_t)value); }
static inline uint32_t absolute(int32_t value) {
  return value < 0 ? 0 - (uint32_t)value : (uint32_t)value;
}

// What MMX and XMM registers have: SSSE3.
static inline __attribute__((always_inline)) void supplemental(uint32_t opcode, Register *x,
                                                               Register y, int bytes) {
  const int words = bytes / 2, longs = bytes / 4;
  Register result = {{0}};
  switch (opcode) {
    case 0x00:
      for (int i = 0; i < bytes; i++)
        result.b[i] = y.b[i] & 0x80 ? 0 : x->b[y.b[i] & (bytes - 1)];
      *x = result;
      break;
    case 0x01: HORIZONTAL(sw, int16_t, words, (int16_t)(a + b));
    case 0x02: HORIZONTAL(d, uint32_t, longs, a + b);
    case 0x03: HORIZONTAL(sw, int16_t, words, SIGNED_WORD(a + b));
    case 0x04:
      EACH(words, x->sw[i] = SIGNED_WORD(x->b[2 * i] * y.sb[2 * i]
                                         + x->b[2 * i + 1] * y.sb[2 * i + 1]));
    case 0x05: HORIZONTAL(sw, int16_t, words, (int16_t)(a - b));
    case 0x06: HORIZONTAL(d, uint32_t, longs, a - b);
    case 0x07: HORIZONTAL(sw, int16_t, words, SIGNED_WORD(a - b));
    case 0x08: SIGN(sb, bytes);
    case 0x09: SIGN(sw, words);
    case 0x0A: SIGN(sd, longs);
    case 0x0B: EACH(words, x->sw[i] = (int16_t)(((x->sw[i] * y.sw[i] >> 14) + 1) >> 1));
    case 0x1C: EACH(bytes, x->b[i] = (uint8_t)absolute(y.sb[i]));
    case 0x1D: EACH(words, x->w[i] = (uint16_t)absolute(y.sw[i]));
    case 0x1E: EACH(longs, x->d[i] = absolute(y.sd[i]));
  }
}

// PHMINPOSUW: the least word, its place behind it.
static inline void least_word(Register *x, Register y) {
  int place = 0;
  for (int i = 1; i < 8; i++)
    if (y.w[i] < y.w[place]) place = i;
  x->q[0] = y.w[place] | (uint64_t)place << 16;
  x->q[1] = 0;
}

// What XMM registers alone have: SSE4.1, SSE4.2, and the moves of SSE3 by their opcode after 0F.
static inline __attribute__((always_inline)) void extended(uint32_t opcode, Register *x,
                                                           Register y) {
  Register result = {{0}};
  switch (opcode) {
    case 0x20: EXTEND(sw, sb, 8);
    case 0x21: EXTEND(sd, sb, 4);
    case 0x22: EXTEND(sq, sb, 2);
    case 0x23: EXTEND(sd, sw, 4);
    case 0x24: EXTEND(sq, sw, 2);
    case 0x25: EXTEND(sq, sd, 2);
    case 0x28: EACH(2, x->sq[i] = (int64_t)x->sd[2 * i] * y.sd[2 * i]);
    case 0x29: EACH(2, x->q[i] = x->q[i] == y.q[i] ? ~0ULL : 0);
    case 0x2B:
      for (int i = 0; i < 4; i++) {
        result.w[i] = UNSIGNED_WORD(x->sd[i]);
        result.w[4 + i] = UNSIGNED_WORD(y.sd[i]);
      }
      *x = result;
      break;
    case 0x30: EXTEND(w, b, 8);
    case 0x31: EXTEND(d, b, 4);
    case 0x32: EXTEND(q, b, 2);
    case 0x33: EXTEND(d, w, 4);
    case 0x34: EXTEND(q, w, 2);
    case 0x35: EXTEND(q, d, 2);
    case 0x37: EACH(2, x->q[i] = x->sq[i] > y.sq[i] ? ~0ULL : 0);
    case 0x38: PICK(sb, 16, <);
    case 0x39: PICK(sd, 4, <);
    case 0x3A: PICK(w, 8, <);
    case 0x3B: PICK(d, 4, <);
    case 0x3C: PICK(sb, 16, >);
    case 0x3D: PICK(sd, 4, >);
    case 0x3E: PICK(w, 8, >);
    case 0x3F: PICK(d, 4, >);
    case 0x40: EACH(4, x->d[i] *= y.d[i]);
    case 0x41: least_word(x, y); break;
    case 0x212: EACH(4, x->d[i] = y.d[i & ~1]);
    case 0x216: EACH(4, x->d[i] = y.d[i | 1]);
    case 0x312: EACH(2, x->q[i] = y.q[0]);
  }
}

#define WIDE(number, statement)                                            \
  static void wide_##number(void *destination, const void *source) {       \
    Register x, y;                                                         \
    memcpy(&x, destination, 16);                                           \
    memcpy(&y, source, 16);                                                \
    statement;                                                             \
    memcpy(destination, &x, 16);                                           \
  }
#define WIDE_SUPPLEMENTAL(number) WIDE(number, supplemental(number, &x, y, 16))
#define WIDE_EXTENDED(number) WIDE(number, extended(number, &x, y))
#define NARROW_SUPPLEMENTAL(number)                                        \
  static void narrow_##number(void *destination, const void *source) {     \
    Register x = {{0}}, y = {{0}};                                         \
    memcpy(&x, destination, 8);                                            \
    memcpy(&y, source, 8);                                                 \
    supplemental(number, &x, y, 8);                                        \
    memcpy(destination, &x, 8);                                            \
  }

#define SUPPLEMENTAL(_)                                                                        \
  _(0x00) _(0x01) _(0x02) _(0x03) _(0x04) _(0x05) _(0x06) _(0x07) _(0x08) _(0x09) _(0x0A)       \
  _(0x0B) _(0x1C) _(0x1D) _(0x1E)
#define EXTENDED(_)                                                                            \
  _(0x20) _(0x21) _(0x22) _(0x23) _(0x24) _(0x25) _(0x28) _(0x29) _(0x2B) _(0x30) _(0x31)       \
  _(0x32) _(0x33) _(0x34) _(0x35) _(0x37) _(0x38) _(0x39) _(0x3A) _(0x3B) _(0x3C) _(0x3D)       \
  _(0x3E) _(0x3F) _(0x40) _(0x41)
#define MOVES(_) _(0x212) _(0x216) _(0x312)

SUPPLEMENTAL(WIDE_SUPPLEMENTAL)
SUPPLEMENTAL(NARROW_SUPPLEMENTAL)
EXTENDED(WIDE_EXTENDED)
MOVES(WIDE_EXTENDED)

#define WIDE_CASE(number) case 0x2000 | number: return wide_##number;
#define WIDE_MOVE_CASE(number) case number: return wide_##number;
#define NARROW_CASE(number) case 0x2000 | number: return narrow_##number;

endicott_vector_routine endicott_vector_wide_extension(uint32_t operation) {
  switch (operation) {
    SUPPLEMENTAL(WIDE_CASE)
    EXTENDED(WIDE_CASE)
    MOVES(WIDE_MOVE_CASE)
  }
  return NULL;
}

endicott_vector_routine endicott_vector_narrow_extension(uint32_t operation) {
  switch (operation) { SUPPLEMENTAL(NARROW_CASE) }
  return NULL;
}

void endicott_vector_blend(uint32_t operation, void *destination, const void *source,
                           const void *mask) {
  const int step = operation == 0x2115 ? 8 : operation == 0x2114 ? 4 : 1;
  uint8_t chosen[16], *target = destination;
  memcpy(chosen, source, 16);
  for (int i = 0; i < 16; i++)
    if (!(((const uint8_t *)mask)[i | (step - 1)] & 0x80)) chosen[i] = target[i];
  memcpy(destination, chosen, 16);
}

// PALIGNR: `bytes` of the source below the destination, from the immediate's place on.
static void align(uint8_t *destination, const uint8_t *source, uint32_t place, int bytes) {
  uint8_t both[48] = {0};
  memcpy(both, source, bytes);
  memcpy(both + bytes, destination, bytes);
  if (place > 32) place = 32;
  memcpy(destination, both + place, bytes);
}

// MPSADBW: sums of four absolute differences, at eight places of the destination.
static void sum_differences(Register *x, const Register *y, uint32_t immediate) {
  const uint8_t *block = x->b + (immediate & 4), *pattern = y->b + 4 * (immediate & 3);
  Register result;
  for (int i = 0; i < 8; i++) {
    uint32_t sum = 0;
    for (int j = 0; j < 4; j++) sum += absolute((int32_t)block[i + j] - pattern[j]);
    result.w[i] = (uint16_t)sum;
  }
  *x = result;
}

void endicott_vector_immediate(uint32_t operation, void *destination, const void *source,
                               uint32_t immediate) {
  Register x, y;
  if (operation == 0x300F) {
    align(destination, source, immediate, 8);
    return;
  }
  memcpy(&x, destination, 16);
  memcpy(&y, source, 16);
  switch (operation & 0xFF) {
    case 0x0C:
      for (int i = 0; i < 4; i++) if (immediate >> i & 1) x.d[i] = y.d[i];
      break;
    case 0x0D:
      for (int i = 0; i < 2; i++) if (immediate >> i & 1) x.q[i] = y.q[i];
      break;
    case 0x0E:
      for (int i = 0; i < 8; i++) if (immediate >> i & 1) x.w[i] = y.w[i];
      break;
    case 0x0F: align(x.b, y.b, immediate, 16); break;
    case 0x21:
      x.d[immediate >> 4 & 3] = y.d[immediate >> 6];
      for (int i = 0; i < 4; i++) if (immediate >> i & 1) x.d[i] = 0;
      break;
    case 0x42: sum_differences(&x, &y, immediate); break;
  }
  memcpy(destination, &x, 16);
}
