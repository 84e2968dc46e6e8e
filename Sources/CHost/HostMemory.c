#define _GNU_SOURCE
#include "HostMemory.h"
#include <stdint.h>
#include <sys/mman.h>

void *endicott_reserve(size_t bytes) {
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return NULL;
  madvise(start, bytes, MADV_NOHUGEPAGE);
  return start;
}

bool endicott_has_room(size_t bytes) {
  void *start = endicott_reserve(bytes);
  if (!start) return false;
  munmap(start, bytes);
  return true;
}

void endicott_expect(void *start, size_t bytes) {
  uintptr_t first = ((uintptr_t)start + 4095) & ~(uintptr_t)4095;
  uintptr_t end = ((uintptr_t)start + bytes) & ~(uintptr_t)4095;
  if (first < end) madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void endicott_discard(void *start, size_t bytes) { madvise(start, bytes, MADV_DONTNEED); }

void endicott_release(void *start, size_t bytes) { munmap(start, bytes); }
