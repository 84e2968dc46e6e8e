// Floating point by the host's own units, under the guest's control words.
//
// Every function leaves the host's control words as the C library expects them (MXCSR 1F80, x87
// control word 037F, x87 stack empty). A host that is not an x86-64 serves the same functions in
// software. Pointers need no alignment; an XMM operand is 16 bytes, an x87 register 10.
#ifndef ENDICOTT_FLOATING_POINT_H
#define ENDICOTT_FLOATING_POINT_H
#include <stdint.h>

// An SSE operation is named by its mandatory prefix (0 none, 1 = 66, 2 = F3, 3 = F2) above the
// second byte of its opcode: ADDSD is 358. Those after 0F 3A have 3000 added: ROUNDSD is 310B.
//
// Runs one and returns the exception flags (MXCSR bits 0-5) that it raises under the guest's masks:
// an unmasked overflow or underflow with the precision flag of the result that an unbounded exponent
// would give, and only those found before the operation when one of these is unmasked. `immediate` is the predicate of CMPxx, or the immediate of ROUNDxx and DPPx; for
// conversions to and from a general register, nonzero means 64 bits wide. `destination` is read,
// where the instruction reads it, and written as if all exceptions were masked.
uint32_t endicott_sse_arithmetic(uint32_t operation, void *destination, const void *source,
                                 uint32_t immediate, uint32_t mxcsr);

// UCOMIS* (2E) and COMIS* (2F): the raised flags in bits 0-5, ZF PF CF in bits 14, 10 and 8.
uint32_t endicott_sse_compare(uint32_t operation, const void *first, const void *second,
                              uint32_t mxcsr);

// The x87 operations with two operands; the numbers 0-7 are those of opcode bits 3-5 of D8.
enum {
  endicott_x87_add = 0, endicott_x87_multiply = 1, endicott_x87_compare = 2,
  endicott_x87_subtract = 4, endicott_x87_subtract_reversed = 5, endicott_x87_divide = 6,
  endicott_x87_divide_reversed = 7,
  endicott_x87_unordered_compare = 8, endicott_x87_remainder = 9, endicott_x87_remainder1 = 10,
  endicott_x87_scale = 11,
};
// Where the second operand of a binary operation, the source of a load or the target of a store
// lies. Decimal is the 10-byte packed form.
enum {
  endicott_x87_register = 0, endicott_x87_single = 1, endicott_x87_double = 2,
  endicott_x87_word = 3, endicott_x87_doubleword = 4, endicott_x87_quadword = 5,
  endicott_x87_decimal = 6,
};
// The x87 operations with one operand.
enum {
  endicott_x87_square_root = 0, endicott_x87_round = 1, endicott_x87_extract = 2,
  endicott_x87_test = 3,
};

// Each returns the x87 status word after the operation, run under the guest's control word with
// its unmasked responses. `sticky` are the guest's exception flags before: bits 0-5 of the answer
// are sure only together with them.
uint32_t endicott_x87_binary(uint32_t operation, uint32_t form, void *result, const void *first,
                             const void *second, uint32_t control, uint32_t sticky);
// `result` takes two registers, 16 bytes apart; the second only for FXTRACT (the exponent).
uint32_t endicott_x87_unary(uint32_t operation, void *result, const void *operand,
                            uint32_t control, uint32_t sticky);
uint32_t endicott_x87_load(uint32_t form, void *result, const void *source, uint32_t control,
                           uint32_t sticky);
uint32_t endicott_x87_store(uint32_t form, void *target, const void *operand, uint32_t control,
                            uint32_t sticky);
// FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ by the low three bits of their opcode (E8-EE).
void endicott_x87_constant(uint32_t number, void *result, uint32_t control);
#endif
