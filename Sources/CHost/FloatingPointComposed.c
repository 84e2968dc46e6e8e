// SSE arithmetic as guests see it: the host's operations, with what the host cannot be asked for
// while its exceptions are masked, and the operations of SSE3 and SSE4.1 made from those of SSE2.
#include "FloatingPointComposed.h"
#include "FloatingPoint.h"
#include <string.h>

enum {
  invalid = 0x01, zero_divide = 0x04, early = 0x07, overflow = 0x08, underflow = 0x10, precision = 0x20,
  flags = 0x3F, denormals_are_zeros = 0x40, flush_to_zero = 0x8000,
};
enum { ps = 0, pd = 1, ss = 2, sd = 3 };
enum { add = 0x58, multiply = 0x59, narrow = 0x5A, subtract = 0x5C, divide = 0x5E };

typedef union {
  uint32_t d[4];
  uint64_t q[2];
} Vector;

static int is_masked(uint32_t flag, uint32_t mxcsr) { return mxcsr >> 7 & flag; }
static uint32_t unmasked(uint32_t raised, uint32_t mxcsr) { return raised & ~(mxcsr >> 7) & flags; }

// An unmasked exception found before an operation hides those found after it.
static uint32_t seen(uint32_t raised, uint32_t mxcsr) {
  return unmasked(raised, mxcsr) & early ? raised & early : raised;
}

// An x87 register as it lies in storage.
typedef struct {
  uint64_t significand;
  uint16_t sign_exponent;
} __attribute__((packed)) Extended;

static Extended extended(const void *operand, int is_double, uint32_t mxcsr) {
  Extended result;
  uint64_t bits = 0;
  memcpy(&bits, operand, is_double ? 8 : 4);
  const uint64_t exponent = is_double ? 0x7FF0000000000000 : 0x7F800000;
  if (mxcsr & denormals_are_zeros && !(bits & exponent))
    bits &= is_double ? 0x8000000000000000 : 0x80000000;
  endicott_x87_load(is_double ? endicott_x87_double : endicott_x87_single, &result, &bits, 0x37F, 0);
  return result;
}

// Corrects the flags of one element for an unmasked overflow or underflow: the x87 unit, whose
// exponents suffice for all results, rounds to the element's precision.
static uint32_t by_unbounded_exponent(uint32_t opcode, int is_double, const void *first,
                                      const void *second, uint32_t raised, uint32_t mxcsr) {
  const int narrows = opcode == narrow;
  const float one = 1;
  Extended x = extended(narrows ? second : first, narrows || is_double, mxcsr), y, result;
  if (narrows) y = extended(&one, 0, mxcsr);
  else y = extended(second, is_double, mxcsr);
  const uint32_t control = 0x7F | (mxcsr >> 13 & 3) << 10 | (is_double && !narrows ? 0x200 : 0);
  const uint32_t number = opcode == add ? endicott_x87_add
                          : opcode == subtract ? endicott_x87_subtract
                          : opcode == divide ? endicott_x87_divide : endicott_x87_multiply;
  const uint32_t status =
    endicott_x87_binary(number, endicott_x87_register, &result, &x, &y, control, 0);
  const int least = 0x3FFF + (is_double && !narrows ? -1022 : -126);
  const int is_tiny = result.significand && (result.sign_exponent & 0x7FFF) < least;
  if (is_tiny ? is_masked(underflow, mxcsr)
              : !(raised & overflow) || is_masked(overflow, mxcsr)) return raised;
  raised &= ~(uint32_t)(underflow | precision);
  return raised | (status & precision) | (is_tiny ? underflow : 0);
}

// The flags of an operation that can overflow or underflow, when one of these is not masked.
static uint32_t unmasked_flags(uint32_t operation, const void *destination, const void *source,
                               uint32_t mxcsr) {
  const uint32_t opcode = operation & 0xFF, prefix = operation >> 8;
  const int is_double = prefix & 1, is_scalar = prefix & 2;
  const int size = is_double ? 8 : 4, count = is_scalar ? 1 : 16 / size;
  uint32_t all = 0;
  for (int i = 0; i < count; i++) {
    Vector x = {{0}}, y = {{0}};
    memcpy(&x, (const uint8_t *)destination + i * size, size);
    memcpy(&y, (const uint8_t *)source + i * size, size);
    const Vector first = x;
    uint32_t raised = endicott_sse_masked((is_double ? sd : ss) << 8 | opcode, &x, &y, 0, mxcsr);
    if (!(raised & (invalid | zero_divide)))
      raised = by_unbounded_exponent(opcode, is_double, &first, &y, raised, mxcsr);
    all |= raised;
  }
  return all;
}

static int can_leave_range(uint32_t operation) {
  switch (operation & 0xFF) {
    case add: case multiply: case subtract: case divide: return 1;
    case narrow: return operation >> 8 & 1;
    default: return 0;
  }
}

// One step of an operation: the host's, with the flags that the guest's masks ask for.
static uint32_t step(uint32_t operation, void *destination, const void *source,
                     uint32_t immediate, uint32_t mxcsr) {
  // With underflow unmasked FTZ has no effect.
  if (!is_masked(underflow, mxcsr)) mxcsr &= ~(uint32_t)flush_to_zero;
  if ((is_masked(underflow, mxcsr) && is_masked(overflow, mxcsr)) || !can_leave_range(operation))
    return endicott_sse_masked(operation, destination, source, immediate, mxcsr);
  Vector before;
  memcpy(&before, destination, 16);
  endicott_sse_masked(operation, destination, source, immediate, mxcsr);
  return unmasked_flags(operation, &before, source, mxcsr);
}

// Elements of a and b by their places, as SHUFPS and SHUFPD would choose them.
static Vector elements(const Vector *a, const Vector *b, int is_double, int odd) {
  Vector result;
  if (is_double) {
    result.q[0] = a->q[odd];
    result.q[1] = b->q[odd];
  } else {
    result.d[0] = a->d[odd];
    result.d[1] = a->d[2 + odd];
    result.d[2] = b->d[odd];
    result.d[3] = b->d[2 + odd];
  }
  return result;
}

// HADDPS, HADDPD, HSUBPS, HSUBPD.
static uint32_t horizontal(uint32_t opcode, Vector *x, const Vector *y, int is_double,
                           uint32_t mxcsr) {
  Vector even = elements(x, y, is_double, 0), odd = elements(x, y, is_double, 1);
  const uint32_t raised = step((is_double ? pd : ps) << 8 | opcode, &even, &odd, 0, mxcsr);
  *x = even;
  return raised;
}

// ADDSUBPS, ADDSUBPD: each step on elements that count, twice.
static uint32_t alternate(Vector *x, const Vector *y, int is_double, uint32_t mxcsr) {
  const uint32_t type = (is_double ? pd : ps) << 8;
  Vector even = elements(x, x, is_double, 0), odd = elements(x, x, is_double, 1);
  const Vector even_source = elements(y, y, is_double, 0);
  const Vector odd_source = elements(y, y, is_double, 1);
  const uint32_t raised = step(type | subtract, &even, &even_source, 0, mxcsr)
                          | step(type | add, &odd, &odd_source, 0, mxcsr);
  if (is_double) {
    *x = (Vector){.q = {even.q[0], odd.q[0]}};
  } else {
    *x = (Vector){.d = {even.d[0], odd.d[0], even.d[1], odd.d[1]}};
  }
  return raised;
}

// DPPS, DPPD: products of the chosen elements, added two and two. Each step sees its own exceptions;
// an unmasked one ends the operation.
static uint32_t dot_product(Vector *x, const Vector *y, int is_double, uint32_t immediate,
                            uint32_t mxcsr) {
  const uint32_t type = (is_double ? pd : ps) << 8;
  Vector product = *x, factor = *y;
  for (int i = 0; i < 4; i++)
    if (!(immediate >> (4 + (is_double ? i / 2 : i)) & 1)) product.d[i] = factor.d[i] = 0;
  uint32_t raised = seen(step(type | multiply, &product, &factor, 0, mxcsr), mxcsr);
  for (int round = is_double ? 1 : 0; round < 2 && !unmasked(raised, mxcsr); round++)
    raised |= seen(horizontal(add, &product, &(Vector){{0}}, is_double, mxcsr), mxcsr);
  for (int i = 0; i < 4; i++)
    x->d[i] = immediate >> (is_double ? i / 2 : i) & 1 ? product.d[is_double ? i & 1 : 0] : 0;
  return raised;
}

// A number of `fraction` explicit bits rounded to an integer; adds the flags that this raises.
static uint64_t rounded(uint64_t bits, int fraction, int is_double, uint32_t mode, uint32_t mxcsr,
                        uint32_t *raised) {
  const uint64_t largest = is_double ? 0x7FF : 0xFF, sign = bits >> (is_double ? 63 : 31);
  const uint64_t exponent = bits >> fraction & largest;
  const uint64_t rest_of_one = ((uint64_t)1 << fraction) - 1;
  const uint64_t zero = sign << (is_double ? 63 : 31);
  if (exponent == largest) {
    const uint64_t quiet = (uint64_t)1 << (fraction - 1);
    if (!(bits & rest_of_one) || bits & quiet) return bits;
    *raised |= invalid;
    return bits | quiet;
  }
  if (!exponent && (mxcsr & denormals_are_zeros || !(bits & rest_of_one))) return zero;
  const int power = (int)exponent - (int)(largest >> 1);
  if (power >= fraction) return bits;
  int rises = mode == 1 ? sign != 0 : mode == 2 && !sign;
  if (power < 0) {
    *raised |= precision;
    if (mode == 0) rises = power == -1 && (bits & rest_of_one);
    return zero | (rises ? (largest >> 1) << fraction : 0);
  }
  const uint64_t unit = (uint64_t)1 << (fraction - power), rest = bits & (unit - 1);
  if (!rest) return bits;
  *raised |= precision;
  if (mode == 0) rises = rest > unit / 2 || (rest == unit / 2 && bits & unit);
  return bits - rest + (rises ? unit : 0);
}

// ROUNDPS, ROUNDPD, ROUNDSS, ROUNDSD. The immediate's low bits are the mode, 4 takes MXCSR's, 8
// hides the precision flag.
static uint32_t round_elements(uint32_t opcode, Vector *x, const Vector *y, uint32_t immediate,
                               uint32_t mxcsr) {
  const int is_double = opcode & 1, count = opcode & 2 ? 1 : is_double ? 2 : 4;
  const uint32_t mode = immediate & 4 ? mxcsr >> 13 & 3 : immediate & 3;
  uint32_t raised = 0;
  for (int i = 0; i < count; i++) {
    if (is_double) x->q[i] = rounded(y->q[i], 52, 1, mode, mxcsr, &raised);
    else x->d[i] = (uint32_t)rounded(y->d[i], 23, 0, mode, mxcsr, &raised);
  }
  return immediate & 8 ? raised & ~(uint32_t)precision : raised;
}

uint32_t endicott_sse_arithmetic(uint32_t operation, void *destination, const void *source,
                                 uint32_t immediate, uint32_t mxcsr) {
  Vector x, y;
  uint32_t raised;
  switch (operation) {
    case 0x17C: case 0x37C: case 0x17D: case 0x37D: case 0x1D0: case 0x3D0: case 0x3108:
    case 0x3109: case 0x310A: case 0x310B: case 0x3140: case 0x3141: break;
    default: return seen(step(operation, destination, source, immediate, mxcsr), mxcsr);
  }
  memcpy(&x, destination, 16);
  memcpy(&y, source, 16);
  const int is_prefixed = operation >> 8 == 1;
  switch (operation & 0xFF) {
    case 0x7C: raised = horizontal(add, &x, &y, is_prefixed, mxcsr); break;
    case 0x7D: raised = horizontal(subtract, &x, &y, is_prefixed, mxcsr); break;
    case 0xD0: raised = alternate(&x, &y, is_prefixed, mxcsr); break;
    case 0x40: case 0x41: raised = dot_product(&x, &y, operation & 1, immediate, mxcsr); break;
    default: raised = round_elements(operation & 0xFF, &x, &y, immediate, mxcsr);
  }
  memcpy(destination, &x, 16);
  return operation >> 4 == 0x314 ? raised : seen(raised, mxcsr);
}
