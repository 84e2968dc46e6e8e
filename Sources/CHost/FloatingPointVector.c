// SSE and SSE2 arithmetic on the host's SSE unit.
#include "FloatingPoint.h"
#include "FloatingPointComposed.h"

enum { ps = 0, pd = 1, ss = 2, sd = 3 };
enum { all_masked = 0x1F80, flags = 0x3F };
static const uint32_t host_default = all_masked;

// Loads the guest's control, runs `body` with xmm0 = destination and xmm1 = source, collects the
// flags and restores the host's control.
#define UNDER_CONTROL(load, body, store)                                        \
  __asm__ volatile("ldmxcsr %[control]\n\t" load body store                     \
                   "stmxcsr %[control]\n\tldmxcsr %[host]"                      \
                   : [control] "+m"(control)                                    \
                   : [d] "r"(destination), [s] "r"(source), [host] "m"(host_default) \
                   : "xmm0", "xmm1", "rax", "memory")

#define LOAD_BOTH "movups (%[d]), %%xmm0\n\tmovups (%[s]), %%xmm1\n\t"
#define STORE_ALL "movups %%xmm0, (%[d])\n\t"

#define BINARY(instruction) \
  UNDER_CONTROL(LOAD_BOTH, instruction " %%xmm1, %%xmm0\n\t", STORE_ALL); break

#define FOUR(opcode, name)                    \
  case ps << 8 | opcode: BINARY(name "ps");   \
  case pd << 8 | opcode: BINARY(name "pd");   \
  case ss << 8 | opcode: BINARY(name "ss");   \
  case sd << 8 | opcode: BINARY(name "sd")

#define PREDICATE(type, number, name) \
  case type << 3 | number:            \
    UNDER_CONTROL(LOAD_BOTH, "cmp" name " $" #number ", %%xmm1, %%xmm0\n\t", STORE_ALL); break

#define PREDICATES(type, name)                                                     \
  PREDICATE(type, 0, name); PREDICATE(type, 1, name); PREDICATE(type, 2, name);    \
  PREDICATE(type, 3, name); PREDICATE(type, 4, name); PREDICATE(type, 5, name);    \
  PREDICATE(type, 6, name); PREDICATE(type, 7, name)

static uint32_t compare_by_predicate(uint32_t type, void *destination, const void *source,
                                     uint32_t predicate, uint32_t control) {
  switch (type << 3 | (predicate & 7)) {
    PREDICATES(ps, "ps");
    PREDICATES(pd, "pd");
    PREDICATES(ss, "ss");
    PREDICATES(sd, "sd");
  }
  return control & flags;
}

// A general register to the low element.
#define FROM_INTEGER(name)                                                                   \
  if (immediate)                                                                             \
    UNDER_CONTROL("movups (%[d]), %%xmm0\n\tmovq (%[s]), %%rax\n\t",                         \
                  name "q %%rax, %%xmm0\n\t", STORE_ALL);                                    \
  else                                                                                       \
    UNDER_CONTROL("movups (%[d]), %%xmm0\n\tmovl (%[s]), %%eax\n\t",                         \
                  name "l %%eax, %%xmm0\n\t", STORE_ALL);                                    \
  break
// The low element to a general register, zero-extended to 64 bits.
#define TO_INTEGER(name)                                                                     \
  if (immediate)                                                                             \
    UNDER_CONTROL("movups (%[s]), %%xmm1\n\t", name " %%xmm1, %%rax\n\t",                    \
                  "movq %%rax, (%[d])\n\t");                                                 \
  else                                                                                       \
    UNDER_CONTROL("movups (%[s]), %%xmm1\n\t", name " %%xmm1, %%eax\n\t",                    \
                  "movq %%rax, (%[d])\n\t");                                                 \
  break
// Two integers of an MMX operand to floating point, and back; without the host's MMX state.
#define FROM_PAIR(name, store)                                                               \
  UNDER_CONTROL("movq (%[s]), %%xmm1\n\t", name " %%xmm1, %%xmm0\n\t", store); break
#define TO_PAIR(load, name)                                                                  \
  UNDER_CONTROL(load " (%[s]), %%xmm1\n\t", name " %%xmm1, %%xmm0\n\t",                      \
                "movq %%xmm0, (%[d])\n\t"); break

uint32_t endicott_sse_masked(uint32_t operation, void *destination, const void *source,
                             uint32_t immediate, uint32_t mxcsr) {
  uint32_t control = (mxcsr & 0xFFC0) | all_masked;
  switch (operation) {
    FOUR(0x51, "sqrt");
    FOUR(0x58, "add");
    FOUR(0x59, "mul");
    FOUR(0x5C, "sub");
    FOUR(0x5D, "min");
    FOUR(0x5E, "div");
    FOUR(0x5F, "max");
    case ps << 8 | 0x5A: BINARY("cvtps2pd");
    case pd << 8 | 0x5A: BINARY("cvtpd2ps");
    case ss << 8 | 0x5A: BINARY("cvtss2sd");
    case sd << 8 | 0x5A: BINARY("cvtsd2ss");
    case ps << 8 | 0x5B: BINARY("cvtdq2ps");
    case pd << 8 | 0x5B: BINARY("cvtps2dq");
    case ss << 8 | 0x5B: BINARY("cvttps2dq");
    case pd << 8 | 0xE6: BINARY("cvttpd2dq");
    case ss << 8 | 0xE6: BINARY("cvtdq2pd");
    case sd << 8 | 0xE6: BINARY("cvtpd2dq");
    case ps << 8 | 0x2A: FROM_PAIR("cvtdq2ps", "movq %%xmm0, (%[d])\n\t");
    case pd << 8 | 0x2A: FROM_PAIR("cvtdq2pd", STORE_ALL);
    case ss << 8 | 0x2A: FROM_INTEGER("cvtsi2ss");
    case sd << 8 | 0x2A: FROM_INTEGER("cvtsi2sd");
    case ps << 8 | 0x2C: TO_PAIR("movq", "cvttps2dq");
    case pd << 8 | 0x2C: TO_PAIR("movups", "cvttpd2dq");
    case ss << 8 | 0x2C: TO_INTEGER("cvttss2si");
    case sd << 8 | 0x2C: TO_INTEGER("cvttsd2si");
    case ps << 8 | 0x2D: TO_PAIR("movq", "cvtps2dq");
    case pd << 8 | 0x2D: TO_PAIR("movups", "cvtpd2dq");
    case ss << 8 | 0x2D: TO_INTEGER("cvtss2si");
    case sd << 8 | 0x2D: TO_INTEGER("cvtsd2si");
    case ps << 8 | 0xC2:
    case pd << 8 | 0xC2:
    case ss << 8 | 0xC2:
    case sd << 8 | 0xC2:
      return compare_by_predicate(operation >> 8, destination, source, immediate, control);
  }
  return control & flags;
}

#define COMPARE(name)                                                           \
  __asm__ volatile("ldmxcsr %[control]\n\tmovups (%[a]), %%xmm0\n\t"            \
                   "movups (%[b]), %%xmm1\n\t" name " %%xmm1, %%xmm0\n\t"       \
                   "stmxcsr %[control]\n\tldmxcsr %[host]"                      \
                   : [control] "+m"(control), "=@ccz"(zero), "=@ccp"(parity), "=@ccc"(carry) \
                   : [a] "r"(first), [b] "r"(second), [host] "m"(host_default)  \
                   : "xmm0", "xmm1", "memory"); break

uint32_t endicott_sse_compare(uint32_t operation, const void *first, const void *second,
                              uint32_t mxcsr) {
  uint32_t control = (mxcsr & 0xFFC0) | all_masked;
  int zero = 0, parity = 0, carry = 0;
  switch (operation) {
    case ps << 8 | 0x2E: COMPARE("ucomiss");
    case pd << 8 | 0x2E: COMPARE("ucomisd");
    case ps << 8 | 0x2F: COMPARE("comiss");
    case pd << 8 | 0x2F: COMPARE("comisd");
  }
  uint32_t result = (uint32_t)zero << 6 | (uint32_t)parity << 2 | (uint32_t)carry;
  return (control & flags) | result << 8;
}
