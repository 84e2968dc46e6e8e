// Windows of host address space for guest storage.
#ifndef ENDICOTT_HOST_MEMORY_H
#define ENDICOTT_HOST_MEMORY_H
#include <stdbool.h>
#include <stddef.h>

// Reserves `bytes` of zero pages that take host memory only when written; NULL when the host refuses.
void *endicott_reserve(size_t bytes);
// Whether the host would give `bytes` of address space now.
bool endicott_has_room(size_t bytes);
// Drops the contents of a range inside a window: it reads zero again.
void endicott_discard(void *start, size_t bytes);
// Says that a range is about to be filled: the host may give it in large pages.
void endicott_expect(void *start, size_t bytes);
// Gives a whole window back.
void endicott_release(void *start, size_t bytes);
#endif
