// x87 arithmetic on the host's x87 unit, one operation at a time.
//
// Between calls the host's x87 stack is empty and its control word the default; its exception flags
// are left sticky, because clearing them costs more than the operation. So the flags read after an
// operation are the guest's own only if those from before are among the guest's, and masked (a guest
// under IGNNE# goes on with an error that the host's unit would raise): `prepare` clears them
// otherwise. An unmasked exception leaves the host's error summary set; then everything is taken out
// by FNSAVE, which neither waits nor faults and leaves the unit initialised.
#include "FloatingPoint.h"
#include <string.h>

enum { flags = 0x3F };
static const uint16_t host_default = 0x037F;

static inline void prepare(uint32_t sticky, uint32_t control) {
  uint16_t before;
  __asm__ volatile("fnstsw %0" : "=a"(before));
  if (before & flags & ~(sticky & control)) __asm__ volatile("fnclex");
}

// FNSAVE's 32-bit form: 28 bytes of environment, then ST(0) to ST(7).
struct saved {
  uint8_t environment[28];
  uint8_t registers[8][10];
};

#define ALL_REGISTERS                                                                     \
  "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "memory"

// Runs `body` under the guest's control word, then `take` to empty the stack; or FNSAVE.
#define UNDER_CONTROL(body, take)                                                         \
  __asm__ volatile("fldcw %[control]\n\t" body                                            \
                   "fnstsw %%ax\n\ttestb $0x80, %%al\n\tjnz 1f\n\t" take                  \
                   "jmp 2f\n1:\n\tfnsave %[saved]\n2:\n\tfldcw %[host]"                   \
                   : "=&a"(status), [saved] "+m"(saved)                                   \
                   : [control] "m"(control_word), [host] "m"(host_default),               \
                     [r] "r"(result), [a] "r"(first), [b] "r"(second)                     \
                   : ALL_REGISTERS)

#define LOCALS                                                                            \
  uint16_t status = 0, control_word = (uint16_t)control;                                  \
  struct saved saved;                                                                     \
  prepare(sticky, control)

// Both in registers: `second` in ST(1), `first` in ST(0).
#define IN_REGISTERS(instruction)                                                         \
  UNDER_CONTROL("fldt (%[b])\n\tfldt (%[a])\n\t" instruction " %%st(1), %%st\n\t",        \
                "fstpt (%[r])\n\tfstp %%st(0)\n\t"); break
#define FROM_MEMORY(instruction)                                                          \
  UNDER_CONTROL("fldt (%[a])\n\t" instruction " (%[b])\n\t", "fstpt (%[r])\n\t"); break

#define CASES(operation, name, integer)                                                   \
  case operation << 4 | endicott_x87_register: IN_REGISTERS(name);                        \
  case operation << 4 | endicott_x87_single: FROM_MEMORY(name "s");                       \
  case operation << 4 | endicott_x87_double: FROM_MEMORY(name "l");                       \
  case operation << 4 | endicott_x87_word: FROM_MEMORY(integer "s");                      \
  case operation << 4 | endicott_x87_doubleword: FROM_MEMORY(integer "l")

#define TWO_REGISTERS(operation, instruction)                                             \
  case operation << 4 | endicott_x87_register:                                            \
    UNDER_CONTROL("fldt (%[b])\n\tfldt (%[a])\n\t" instruction "\n\t",                    \
                  "fstpt (%[r])\n\tfstp %%st(0)\n\t"); break

uint32_t endicott_x87_binary(uint32_t operation, uint32_t form, void *result, const void *first,
                             const void *second, uint32_t control, uint32_t sticky) {
  LOCALS;
  switch (operation << 4 | form) {
    CASES(endicott_x87_add, "fadd", "fiadd");
    CASES(endicott_x87_multiply, "fmul", "fimul");
    CASES(endicott_x87_subtract, "fsub", "fisub");
    CASES(endicott_x87_subtract_reversed, "fsubr", "fisubr");
    CASES(endicott_x87_divide, "fdiv", "fidiv");
    CASES(endicott_x87_divide_reversed, "fdivr", "fidivr");
    case endicott_x87_compare << 4 | endicott_x87_single: FROM_MEMORY("fcoms");
    case endicott_x87_compare << 4 | endicott_x87_double: FROM_MEMORY("fcoml");
    case endicott_x87_compare << 4 | endicott_x87_word: FROM_MEMORY("ficoms");
    case endicott_x87_compare << 4 | endicott_x87_doubleword: FROM_MEMORY("ficoml");
    TWO_REGISTERS(endicott_x87_compare, "fcom %%st(1)");
    TWO_REGISTERS(endicott_x87_unordered_compare, "fucom %%st(1)");
    TWO_REGISTERS(endicott_x87_remainder, "fprem");
    TWO_REGISTERS(endicott_x87_remainder1, "fprem1");
    TWO_REGISTERS(endicott_x87_scale, "fscale");
  }
  if (status & 0x80) memcpy(result, saved.registers[0], 10);
  return status;
}

#define ONE_REGISTER(instruction)                                                         \
  UNDER_CONTROL("fldt (%[a])\n\t" instruction "\n\t", "fstpt (%[r])\n\t"); break

uint32_t endicott_x87_unary(uint32_t operation, void *result, const void *operand,
                            uint32_t control, uint32_t sticky) {
  const void *first = operand, *second = operand;
  LOCALS;
  switch (operation) {
    case endicott_x87_square_root: ONE_REGISTER("fsqrt");
    case endicott_x87_round: ONE_REGISTER("frndint");
    case endicott_x87_test: ONE_REGISTER("ftst");
    case endicott_x87_extract:
      UNDER_CONTROL("fldt (%[a])\n\tfxtract\n\t", "fstpt (%[r])\n\tfstpt 16(%[r])\n\t"); break;
  }
  if (status & 0x80) {
    memcpy(result, saved.registers[0], 10);
    if (operation == endicott_x87_extract) memcpy((uint8_t *)result + 16, saved.registers[1], 10);
  }
  return status;
}

#define LOAD(instruction) \
  UNDER_CONTROL(instruction " (%[a])\n\t", "fstpt (%[r])\n\t"); break

uint32_t endicott_x87_load(uint32_t form, void *result, const void *source, uint32_t control,
                           uint32_t sticky) {
  const void *first = source, *second = source;
  LOCALS;
  switch (form) {
    case endicott_x87_single: LOAD("flds");
    case endicott_x87_double: LOAD("fldl");
    case endicott_x87_word: LOAD("filds");
    case endicott_x87_doubleword: LOAD("fildl");
    case endicott_x87_quadword: LOAD("fildll");
    case endicott_x87_decimal: LOAD("fbld");
  }
  if (status & 0x80) memcpy(result, saved.registers[0], 10);
  return status;
}

#define STORE(instruction) \
  UNDER_CONTROL("fldt (%[a])\n\t" instruction " (%[r])\n\t", ""); break

uint32_t endicott_x87_store(uint32_t form, void *target, const void *operand, uint32_t control,
                            uint32_t sticky) {
  const void *first = operand, *second = operand;
  void *result = target;
  LOCALS;
  switch (form) {
    case endicott_x87_single: STORE("fstps");
    case endicott_x87_double: STORE("fstpl");
    case endicott_x87_word: STORE("fistps");
    case endicott_x87_doubleword: STORE("fistpl");
    case endicott_x87_quadword: STORE("fistpll");
    case endicott_x87_decimal: STORE("fbstp");
  }
  return status;
}

#define CONSTANT(number, name)                                                            \
  case number:                                                                            \
    __asm__ volatile("fldcw %[control]\n\t" name "\n\tfstpt (%[r])\n\tfldcw %[host]"      \
                     :: [control] "m"(control_word), [host] "m"(host_default),            \
                        [r] "r"(result) : ALL_REGISTERS); break

void endicott_x87_constant(uint32_t number, void *result, uint32_t control) {
  uint16_t control_word = (uint16_t)(control | flags);
  switch (number) {
    CONSTANT(0, "fld1");
    CONSTANT(1, "fldl2t");
    CONSTANT(2, "fldl2e");
    CONSTANT(3, "fldpi");
    CONSTANT(4, "fldlg2");
    CONSTANT(5, "fldln2");
    CONSTANT(6, "fldz");
  }
}
