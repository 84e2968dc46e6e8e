// Integer, logical and shuffling operations on 8- and 16-byte registers. Source: the instruction
// reference of the AMD64 and Intel manuals (128-bit and 64-bit media instructions).
#include "Vector.h"
#include "VectorRegister.h"

// Shift counts are the whole low 64 bits of the source.
#define SHIFT(elements, count, bits, operator) \
  for (int i = 0; i < (count); i++)            \
    x->elements[i] = y.q[0] < bits ? x->elements[i] operator y.q[0] : 0; \
  break
#define ARITHMETIC_SHIFT(elements, count, bits) \
  for (int i = 0; i < (count); i++) x->elements[i] >>= y.q[0] < bits ? y.q[0] : bits - 1; break

// Operations that treat the register's elements alike, whatever its width: `bytes` is 8 or 16.
static inline __attribute__((always_inline)) void elementwise(uint32_t opcode, Register *x, Register y, int bytes) {
  const int words = bytes / 2, longs = bytes / 4, quads = bytes / 8;
  switch (opcode) {
    case 0x64: EACH(bytes, x->b[i] = x->sb[i] > y.sb[i] ? 0xFF : 0);
    case 0x65: EACH(words, x->w[i] = x->sw[i] > y.sw[i] ? 0xFFFF : 0);
    case 0x66: EACH(longs, x->d[i] = x->sd[i] > y.sd[i] ? 0xFFFFFFFF : 0);
    case 0x74: EACH(bytes, x->b[i] = x->b[i] == y.b[i] ? 0xFF : 0);
    case 0x75: EACH(words, x->w[i] = x->w[i] == y.w[i] ? 0xFFFF : 0);
    case 0x76: EACH(longs, x->d[i] = x->d[i] == y.d[i] ? 0xFFFFFFFF : 0);
    case 0xD1: SHIFT(w, words, 16, >>);
    case 0xD2: SHIFT(d, longs, 32, >>);
    case 0xD3: SHIFT(q, quads, 64, >>);
    case 0xD4: EACH(quads, x->q[i] += y.q[i]);
    case 0xD5: EACH(words, x->w[i] = (uint16_t)((int32_t)x->sw[i] * y.sw[i]));
    case 0xD8: EACH(bytes, x->b[i] = UNSIGNED_BYTE(x->b[i] - y.b[i]));
    case 0xD9: EACH(words, x->w[i] = UNSIGNED_WORD(x->w[i] - y.w[i]));
    case 0xDA: EACH(bytes, x->b[i] = x->b[i] < y.b[i] ? x->b[i] : y.b[i]);
    case 0x54: case 0xDB: EACH(quads, x->q[i] &= y.q[i]);
    case 0xDC: EACH(bytes, x->b[i] = UNSIGNED_BYTE(x->b[i] + y.b[i]));
    case 0xDD: EACH(words, x->w[i] = UNSIGNED_WORD(x->w[i] + y.w[i]));
    case 0xDE: EACH(bytes, x->b[i] = x->b[i] > y.b[i] ? x->b[i] : y.b[i]);
    case 0x55: case 0xDF: EACH(quads, x->q[i] = ~x->q[i] & y.q[i]);
    case 0xE0: EACH(bytes, x->b[i] = (uint8_t)((x->b[i] + y.b[i] + 1) >> 1));
    case 0xE1: ARITHMETIC_SHIFT(sw, words, 16);
    case 0xE2: ARITHMETIC_SHIFT(sd, longs, 32);
    case 0xE3: EACH(words, x->w[i] = (uint16_t)((x->w[i] + y.w[i] + 1) >> 1));
    case 0xE4: EACH(words, x->w[i] = (uint16_t)(((uint32_t)x->w[i] * y.w[i]) >> 16));
    case 0xE5: EACH(words, x->w[i] = (uint16_t)(((int32_t)x->sw[i] * y.sw[i]) >> 16));
    case 0xE8: EACH(bytes, x->sb[i] = SIGNED_BYTE(x->sb[i] - y.sb[i]));
    case 0xE9: EACH(words, x->sw[i] = SIGNED_WORD(x->sw[i] - y.sw[i]));
    case 0xEA: EACH(words, x->sw[i] = x->sw[i] < y.sw[i] ? x->sw[i] : y.sw[i]);
    case 0x56: case 0xEB: EACH(quads, x->q[i] |= y.q[i]);
    case 0xEC: EACH(bytes, x->sb[i] = SIGNED_BYTE(x->sb[i] + y.sb[i]));
    case 0xED: EACH(words, x->sw[i] = SIGNED_WORD(x->sw[i] + y.sw[i]));
    case 0xEE: EACH(words, x->sw[i] = x->sw[i] > y.sw[i] ? x->sw[i] : y.sw[i]);
    case 0x57: case 0xEF: EACH(quads, x->q[i] ^= y.q[i]);
    case 0xF1: SHIFT(w, words, 16, <<);
    case 0xF2: SHIFT(d, longs, 32, <<);
    case 0xF3: SHIFT(q, quads, 64, <<);
    case 0xF4: EACH(quads, x->q[i] = (x->q[i] & 0xFFFFFFFF) * (y.q[i] & 0xFFFFFFFF));
    case 0xF5:
      EACH(longs, x->d[i] = (uint32_t)((int32_t)x->sw[2 * i] * y.sw[2 * i])
                            + (uint32_t)((int32_t)x->sw[2 * i + 1] * y.sw[2 * i + 1]));
    case 0xF6:
      for (int group = 0; group < quads; group++) {
        uint32_t sum = 0;
        for (int i = 8 * group; i < 8 * group + 8; i++)
          sum += (uint32_t)(x->b[i] > y.b[i] ? x->b[i] - y.b[i] : y.b[i] - x->b[i]);
        x->q[group] = sum;
      }
      break;
    case 0xF8: EACH(bytes, x->b[i] -= y.b[i]);
    case 0xF9: EACH(words, x->w[i] -= y.w[i]);
    case 0xFA: EACH(longs, x->d[i] -= y.d[i]);
    case 0xFB: EACH(quads, x->q[i] -= y.q[i]);
    case 0xFC: EACH(bytes, x->b[i] += y.b[i]);
    case 0xFD: EACH(words, x->w[i] += y.w[i]);
    case 0xFE: EACH(longs, x->d[i] += y.d[i]);
  }
}

// PUNPCK*: elements of both, alternately: the lower halves, or the upper ones of 16 bytes. What the
// lower halves of two MMX operands in 16 bytes give has the MMX result in its lower half, that of
// PUNPCKH* in its upper one.
#define UNPACK_LOW(elements, ...) \
  result.elements = __builtin_shufflevector(x->elements, y.elements, __VA_ARGS__); *x = result; break
#define UNPACK_HIGH(elements, low, ...)                                                        \
  if (bytes == 16) {                                                                           \
    result.elements = __builtin_shufflevector(x->elements, y.elements, __VA_ARGS__);           \
    *x = result;                                                                               \
  } else {                                                                                     \
    rearranged_low(low, x, y);                                                                 \
    x->q[0] = x->q[1];                                                                         \
  }                                                                                            \
  break
// PACK*: the narrowed elements of the destination, then those of the source.
#define PACK(narrow, wide, count, limit)                        \
  for (int i = 0; i < (count); i++) {                           \
    result.narrow[i] = limit(x->wide[i]);                       \
    result.narrow[(count) + i] = limit(y.wide[i]);              \
  }                                                             \
  *x = result; break

static inline __attribute__((always_inline)) void rearranged_low(uint32_t opcode, Register *x,
                                                                 Register y) {
  Register result;
  switch (opcode) {
    case 0x60:
      UNPACK_LOW(bytes, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    case 0x61: UNPACK_LOW(words, 0, 8, 1, 9, 2, 10, 3, 11);
    case 0x14: case 0x62: UNPACK_LOW(longs, 0, 4, 1, 5);
    case 0x114: case 0x6C: UNPACK_LOW(quads, 0, 2);
  }
}

// Operations that move elements between places: true when `opcode` is one of them.
static inline __attribute__((always_inline)) int rearranged(uint32_t opcode, Register *x,
                                                            Register y, int bytes) {
  Register result = {{0}};
  switch (opcode) {
    case 0x60: case 0x61: case 0x14: case 0x62: case 0x114: case 0x6C:
      rearranged_low(opcode, x, y);
      break;
    case 0x68:
      UNPACK_HIGH(bytes, 0x60, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    case 0x69: UNPACK_HIGH(words, 0x61, 4, 12, 5, 13, 6, 14, 7, 15);
    case 0x15: case 0x6A: UNPACK_HIGH(longs, 0x62, 2, 6, 3, 7);
    case 0x115: case 0x6D: UNPACK_HIGH(quads, 0x6C, 1, 3);
    case 0x63: PACK(sb, sw, bytes / 2, SIGNED_BYTE);
    case 0x67: PACK(b, sw, bytes / 2, UNSIGNED_BYTE);
    case 0x6B: PACK(sw, sd, bytes / 4, SIGNED_WORD);
    default: return 0;
  }
  return 1;
}

// PSLLDQ and PSRLDQ: by the source's number of bytes.
static inline __attribute__((always_inline)) int shifted_by_bytes(uint32_t operation, Register *x,
                                                                  Register y) {
  const uint64_t bits = y.q[0] * 8;
  if (operation != 0x173 && operation != 0x273) return 0;
  unsigned __int128 value = (unsigned __int128)x->q[1] << 64 | x->q[0];
  if (y.q[0] > 15) value = 0;
  else value = operation == 0x173 ? value << bits : value >> bits;
  x->q[0] = (uint64_t)value;
  x->q[1] = (uint64_t)(value >> 64);
  return 1;
}

// One function for each operation, so that each is a few instructions: the switches above have a
// constant opcode in it.
#define WIDE(operation)                                                        \
  static void wide_##operation(void *destination, const void *source) {        \
    Register x, y;                                                             \
    memcpy(&x, destination, 16);                                               \
    memcpy(&y, source, 16);                                                    \
    if (!rearranged(operation, &x, y, 16) && !shifted_by_bytes(operation, &x, y)) \
      elementwise(operation, &x, y, 16);                                       \
    memcpy(destination, &x, 16);                                               \
  }
#define NARROW(operation)                                                      \
  static void narrow_##operation(void *destination, const void *source) {      \
    Register x = {{0}}, y = {{0}};                                             \
    memcpy(&x, destination, 8);                                                \
    memcpy(&y, source, 8);                                                     \
    if (!rearranged(operation, &x, y, 8)) elementwise(operation, &x, y, 8);    \
    memcpy(destination, &x, 8);                                                \
  }

// Operations that both MMX and XMM registers have, and those of XMM registers only.
#define COMMON(_)                                                                              \
  _(0x60) _(0x61) _(0x62) _(0x63) _(0x64) _(0x65) _(0x66) _(0x67) _(0x68) _(0x69) _(0x6A)       \
  _(0x6B) _(0x74) _(0x75) _(0x76) _(0xD1) _(0xD2) _(0xD3) _(0xD4) _(0xD5) _(0xD8) _(0xD9)       \
  _(0xDA) _(0xDB) _(0xDC) _(0xDD) _(0xDE) _(0xDF) _(0xE0) _(0xE1) _(0xE2) _(0xE3) _(0xE4)       \
  _(0xE5) _(0xE8) _(0xE9) _(0xEA) _(0xEB) _(0xEC) _(0xED) _(0xEE) _(0xEF) _(0xF1) _(0xF2)       \
  _(0xF3) _(0xF4) _(0xF5) _(0xF6) _(0xF8) _(0xF9) _(0xFA) _(0xFB) _(0xFC) _(0xFD) _(0xFE)
#define WIDE_ONLY(_)                                                                           \
  _(0x14) _(0x15) _(0x54) _(0x55) _(0x56) _(0x57) _(0x6C) _(0x6D) _(0x114) _(0x115) _(0x173)    \
  _(0x273)

COMMON(WIDE)
COMMON(NARROW)
WIDE_ONLY(WIDE)

#define WIDE_CASE(operation) case operation: return wide_##operation;
#define NARROW_CASE(operation) case operation: return narrow_##operation;

endicott_vector_routine endicott_vector_wide(uint32_t operation) {
  switch (operation) {
    COMMON(WIDE_CASE)
    WIDE_ONLY(WIDE_CASE)
  }
  return endicott_vector_wide_extension(operation);
}

endicott_vector_routine endicott_vector_narrow(uint32_t operation) {
  switch (operation) { COMMON(NARROW_CASE) }
  return endicott_vector_narrow_extension(operation);
}

// Element `index` of the 32-bit or 16-bit elements at `place`.
static inline uint64_t long_at(const void *place, uint32_t index) {
  uint32_t value;
  memcpy(&value, (const uint8_t *)place + 4 * index, 4);
  return value;
}

static inline uint64_t word_at(const void *place, uint32_t index) {
  uint16_t value;
  memcpy(&value, (const uint8_t *)place + 2 * index, 2);
  return value;
}

// Four 16-bit elements at `place`, chosen by the four fields of the immediate.
static inline uint64_t four_words(const void *place, uint32_t immediate) {
  return word_at(place, immediate & 3) | word_at(place, immediate >> 2 & 3) << 16
         | word_at(place, immediate >> 4 & 3) << 32 | word_at(place, immediate >> 6 & 3) << 48;
}

// Two 32-bit elements at `place`, chosen by the two lowest fields of the immediate.
static inline uint64_t two_longs(const void *place, uint32_t immediate) {
  return long_at(place, immediate & 3) | long_at(place, immediate >> 2 & 3) << 32;
}

void endicott_vector_shuffle(uint32_t operation, void *destination, const void *source,
                             uint32_t immediate) {
  const uint8_t *upper = (const uint8_t *)source + 8;
  Register result;
  switch (operation) {
    case 0x070:
      result.q[0] = four_words(source, immediate);
      memcpy(destination, &result, 8);
      return;
    case 0x170:
      result.quads[0] = two_longs(source, immediate);
      result.quads[1] = two_longs(source, immediate >> 4);
      break;
    case 0x270:
      memcpy(&result, source, 8);
      result.quads[1] = four_words(upper, immediate);
      break;
    case 0x370:
      memcpy(&result.q[1], upper, 8);
      result.quads[0] = four_words(source, immediate);
      break;
    case 0x0C6:
      result.quads[0] = two_longs(destination, immediate);
      result.quads[1] = two_longs(source, immediate >> 4);
      break;
    default:  // 1C6
      memcpy(&result.q[0], (const uint8_t *)destination + 8 * (immediate & 1), 8);
      memcpy(&result.q[1], (const uint8_t *)source + 8 * (immediate >> 1 & 1), 8);
  }
  memcpy(destination, &result, 16);
}

// The reciprocal of a normal positive significand of 24 bits, as 12 bits with the hidden one;
// `exponent` is the biased exponent of the result.
static uint32_t reciprocal(uint32_t value) {
  const uint32_t sign = value & 0x80000000, biased = value >> 23 & 0xFF;
  const uint64_t significand = (value & 0x7FFFFF) | 0x800000;
  if (biased == 0xFF) return value & 0x7FFFFF ? value | 0x400000 : sign;
  if (biased == 0) return sign | 0x7F800000;
  // 1/1.m lies in (0.5, 1]: 2^47/s in (2^23, 2^24]; keep 12 bits, ties cannot be exact but at 1.
  int32_t exponent = 253 - (int32_t)biased;
  uint64_t rounded;
  if (significand == 0x800000) {
    rounded = 0x800;
    exponent += 1;
  } else {
    rounded = (((uint64_t)1 << 36) / significand + 1) >> 1;  // (2^11, 2^12]
    if (rounded == 0x1000) { rounded = 0x800; exponent += 1; }
  }
  if (exponent <= 0) return sign;
  return sign | (uint32_t)exponent << 23 | (uint32_t)(rounded & 0x7FF) << 12;
}

// The reciprocal square root: the largest 13-bit fraction whose square times the value does not
// exceed one, then rounded to 12 bits.
static uint32_t reciprocal_square_root(uint32_t value) {
  const uint32_t sign = value & 0x80000000, biased = value >> 23 & 0xFF;
  if (biased == 0xFF && (value & 0x7FFFFF)) return value | 0x400000;
  if (biased == 0) return sign | 0x7F800000;
  if (sign) return 0xFFC00000;
  if (biased == 0xFF) return 0;
  // value = s * 2^(2k), s in [1, 4) as a multiple of 2^-23.
  const int32_t power = (int32_t)biased - 127, half = power >> 1;
  const uint64_t scaled = (uint64_t)((value & 0x7FFFFF) | 0x800000) << (power & 1);
  if (scaled == 0x800000) return (uint32_t)(127 - half) << 23;
  // root in (2^12, 2^13): root^2 * scaled <= 2^(26+23).
  uint64_t root = 0;
  for (uint64_t bit = 0x1000; bit; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next * scaled <= (uint64_t)1 << 49) root = next;
  }
  uint64_t rounded = (root + 1) >> 1;
  uint32_t exponent = (uint32_t)(126 - half);
  if (rounded == 0x1000) { rounded = 0x800; exponent += 1; }
  return exponent << 23 | (uint32_t)(rounded & 0x7FF) << 12;
}

void endicott_vector_approximate(uint32_t operation, void *destination, const void *source) {
  const int count = operation >> 8 ? 1 : 4;
  uint32_t elements[4];
  memcpy(elements, source, 4 * count);
  for (int i = 0; i < count; i++)
    elements[i] = (operation & 0xFF) == 0x53 ? reciprocal(elements[i])
                                             : reciprocal_square_root(elements[i]);
  memcpy(destination, elements, 4 * count);
}
