// The parts that SSE arithmetic is made of.
#ifndef ENDICOTT_FLOATING_POINT_COMPOSED_H
#define ENDICOTT_FLOATING_POINT_COMPOSED_H
#include <stdint.h>

// An operation of the SSE and SSE2 sets on the host's unit, with all exceptions masked; returns the
// flags that it raises so.
uint32_t endicott_sse_masked(uint32_t operation, void *destination, const void *source,
                             uint32_t immediate, uint32_t mxcsr);
#endif
