// Integer operations on MMX and XMM registers in portable C, for any host.
#ifndef ENDICOTT_VECTOR_H
#define ENDICOTT_VECTOR_H
#include <stdint.h>

// destination = destination OP source.
typedef void (*endicott_vector_routine)(void *destination, const void *source);

// The routine of an operation on 16 bytes, named by its second opcode byte (60-6D, 74-76, D1-FE,
// 54-57); UNPCKLPS 14, UNPCKHPS 15, UNPCKLPD 114, UNPCKHPD 115, PSLLDQ 173, PSRLDQ 273. NULL for
// others.
endicott_vector_routine endicott_vector_wide(uint32_t operation);
// The same on the 8 bytes of an MMX register.
endicott_vector_routine endicott_vector_narrow(uint32_t operation);
// PSHUFD (operation 170), PSHUFHW (270), PSHUFLW (370), PSHUFW (070), SHUFPS (0C6), SHUFPD (1C6).
void endicott_vector_shuffle(uint32_t operation, void *destination, const void *source,
                             uint32_t immediate);
// RCPPS (053), RCPSS (253), RSQRTPS (052), RSQRTSS (252): correctly rounded to 12 bits; denormal
// operands count as zeros and results below the normal range are zeros. No host's own tables.
void endicott_vector_approximate(uint32_t operation, void *destination, const void *source);
#endif
