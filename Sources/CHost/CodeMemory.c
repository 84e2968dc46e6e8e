#define _GNU_SOURCE
#include "CodeMemory.h"
#include <sys/mman.h>
#include <unistd.h>

bool endicott_map_code(size_t bytes, struct endicott_code_views *views) {
  int file = memfd_create("endicott-code", MFD_CLOEXEC);
  if (file < 0) return false;
  void *writable = MAP_FAILED, *executable = MAP_FAILED;
  if (ftruncate(file, (off_t)bytes) == 0) {
    writable = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    executable = mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
  }
  close(file);
  if (writable != MAP_FAILED && executable != MAP_FAILED) {
    views->writable = writable;
    views->executable = executable;
    return true;
  }
  if (writable != MAP_FAILED) munmap(writable, bytes);
  if (executable != MAP_FAILED) munmap(executable, bytes);
  return false;
}
