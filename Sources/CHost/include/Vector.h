// Integer operations on MMX and XMM registers in portable C, for any host.
#ifndef ENDICOTT_VECTOR_H
#define ENDICOTT_VECTOR_H
#include <stdint.h>

// destination = destination OP source.
typedef void (*endicott_vector_routine)(void *destination, const void *source);

// The routine of an operation on 16 bytes, named by its second opcode byte (60-6D, 74-76, D1-FE,
// 54-57); UNPCKLPS 14, UNPCKHPS 15, UNPCKLPD 114, UNPCKHPD 115, PSLLDQ 173, PSRLDQ 273, MOVSLDUP
// 212, MOVSHDUP 216, MOVDDUP 312; those after 0F 38 by their third opcode byte above 2000. NULL for
// others.
endicott_vector_routine endicott_vector_wide(uint32_t operation);
// The same on the 8 bytes of an MMX register.
endicott_vector_routine endicott_vector_narrow(uint32_t operation);
// PSHUFD (operation 170), PSHUFHW (270), PSHUFLW (370), PSHUFW (070), SHUFPS (0C6), SHUFPD (1C6).
void endicott_vector_shuffle(uint32_t operation, void *destination, const void *source,
                             uint32_t immediate);
// Operations after 0F 3A with an immediate: BLENDPS (310C), BLENDPD (310D), PBLENDW (310E), PALIGNR
// (300F on MMX registers, 310F), INSERTPS (3121), MPSADBW (3142).
void endicott_vector_immediate(uint32_t operation, void *destination, const void *source,
                               uint32_t immediate);
// PBLENDVB (2110), BLENDVPS (2114), BLENDVPD (2115): elements of the source where the mask's sign
// bits are set.
void endicott_vector_blend(uint32_t operation, void *destination, const void *source,
                           const void *mask);
// Elements before the first zero of a string of 16 bytes; `immediate` is that of PCMPISTRI.
uint32_t endicott_string_length(const void *string, uint32_t immediate);
// PCMPESTRI and kin: the bits of the elements of the second string that match (IntRes2).
uint32_t endicott_string_compare(const void *first, uint32_t first_length, const void *second,
                                 uint32_t second_length, uint32_t immediate);
// PCMPESTRM and PCMPISTRM: the result's bits as a mask of 16 bytes.
void endicott_string_mask(void *destination, uint32_t result, uint32_t immediate);
// CRC32 of 1 to 8 bytes of a value, the lowest first, added to a sum.
uint32_t endicott_crc32(uint32_t sum, uint64_t value, uint32_t bytes);
// RCPPS (053), RCPSS (253), RSQRTPS (052), RSQRTSS (252): correctly rounded to 12 bits; denormal
// operands count as zeros and results below the normal range are zeros. No host's own tables.
void endicott_vector_approximate(uint32_t operation, void *destination, const void *source);
#endif
