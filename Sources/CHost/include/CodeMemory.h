// Memory for code that this process writes and runs.
#ifndef ENDICOTT_CODE_MEMORY_H
#define ENDICOTT_CODE_MEMORY_H
#include <stdbool.h>
#include <stddef.h>

// One memory at two addresses.
struct endicott_code_views {
  void *writable;
  void *executable;
};

// Maps `bytes` of new memory twice, once to write and once to run; false when the host refuses.
bool endicott_map_code(size_t bytes, struct endicott_code_views *views);
#endif
