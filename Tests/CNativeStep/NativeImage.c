// Memory of the window: what a case finds there, and what it changes.
#include <string.h>

#include "CNativeStep.h"

enum { code_pages = 2, chunks_per_page = native_page_bytes / native_chunk_bytes };

static const uint8_t breakpoint = 0xCC;

static void put(native_image *image, uint32_t offset, const uint8_t *bytes, uint32_t count) {
  while (count > 0 && offset < native_image_pages * native_page_bytes) {
    uint32_t page = offset / native_page_bytes, inside = offset % native_page_bytes;
    uint32_t part = native_page_bytes - inside;
    if (part > count) part = count;
    memcpy(image->pages[page] + inside, bytes, part);
    memcpy(image->master + offset, bytes, part);
    offset += part;
    bytes += part;
    count -= part;
  }
}

static const uint8_t *palette(const native_image *image) {
  return image->palettes + (size_t)image->palette * native_palette_pages * native_page_bytes;
}

void native_image_open(native_image *image) {
  for (int page = 0; page < code_pages; page++) {
    memset(image->pages[page], breakpoint, native_page_bytes);
    memset(image->master + page * native_page_bytes, breakpoint, native_page_bytes);
  }
  image->palette = 0;
  put(image, code_pages * native_page_bytes, palette(image),
      native_palette_pages * native_page_bytes);
}

// Code past the second page is not there.
static uint32_t code_room(const native_case *test, uint32_t *offset) {
  *offset = (uint32_t)(test->place - native_code_page);
  uint32_t end = code_pages * native_page_bytes;
  if (*offset >= end) return 0;
  return test->code_count < end - *offset ? test->code_count : end - *offset;
}

void native_image_prepare(native_image *image, const native_case *test) {
  if (test->palette != image->palette) {
    image->palette = test->palette;
    put(image, code_pages * native_page_bytes, palette(image),
        native_palette_pages * native_page_bytes);
  }
  for (uint32_t index = 0; index < test->patch_count; index++) {
    const native_patch *patch = &test->patches[index];
    put(image, code_pages * native_page_bytes + patch->offset, patch->bytes,
        sizeof patch->bytes);
  }
  uint32_t offset;
  uint32_t count = code_room(test, &offset);
  put(image, offset, test->code, count);
}

void native_image_record(native_case *test, uint32_t chunk, const uint8_t *bytes) {
  uint64_t words[native_chunk_bytes / 8];
  memcpy(words, bytes, sizeof words);
  uint64_t digest = test->change_digest ^ chunk;
  for (int word = 0; word < native_chunk_bytes / 8; word++) {
    digest = (digest ^ words[word]) * 0x9E3779B97F4A7C15u;
    digest ^= digest >> 29;
  }
  test->change_digest = digest;
  if (test->change_count < native_change_limit) {
    native_change *change = &test->changes[test->change_count];
    change->chunk = chunk;
    memcpy(change->bytes, bytes, native_chunk_bytes);
  }
  test->change_count++;
}

static void undo(native_image *image, const native_case *test) {
  static const uint8_t breakpoints[native_code_limit] = {
      [0 ... native_code_limit - 1] = breakpoint};
  uint32_t offset;
  uint32_t count = code_room(test, &offset);
  put(image, offset, breakpoints, count);
  for (uint32_t index = 0; index < test->patch_count; index++) {
    uint32_t at = test->patches[index].offset;
    put(image, code_pages * native_page_bytes + at, palette(image) + at,
        sizeof test->patches[index].bytes);
  }
}

uint32_t native_image_collect(native_image *image, native_case *test) {
  uint32_t changed = 0;
  test->change_count = 0;
  test->change_digest = 0;
  for (uint32_t page = 0; page < native_image_pages; page++) {
    uint8_t *memory = image->pages[page];
    const uint8_t *master = image->master + page * native_page_bytes;
    if (memcmp(memory, master, native_page_bytes) == 0) continue;
    changed |= 1u << page;
    for (uint32_t chunk = 0; chunk < chunks_per_page; chunk++) {
      uint32_t at = chunk * native_chunk_bytes;
      if (memcmp(memory + at, master + at, native_chunk_bytes) == 0) continue;
      native_image_record(test, page * chunks_per_page + chunk, memory + at);
      memcpy(memory + at, master + at, native_chunk_bytes);
    }
  }
  undo(image, test);
  return changed;
}

const native_segment *native_segments(void) {
  static const native_segment segments[native_segment_count] = {
      // 0-3: code of 32 bits, flat and small; of 16 bits, at the window and small.
      {.base = 0, .limit = 0xFFFFF, .is_big = 1, .contents = 2, .in_pages = 1},
      {.base = native_code_page, .limit = 0x1FF7, .is_big = 1, .contents = 2},
      {.base = 0x30000000, .limit = 0xFFFF, .contents = 2},
      {.base = native_code_page, .limit = 0x0FFF, .contents = 2},
      // 4-7: stacks of 32 bits, flat and expand-down; of 16 bits, full and expand-down.
      {.base = 0, .limit = 0xFFFFF, .is_big = 1, .in_pages = 1},
      {.base = 0x30000000, .limit = 0x4FFF, .is_big = 1, .contents = 1},
      {.base = 0x30000000, .limit = 0xFFFF},
      {.base = 0x30000000, .limit = 0x47FF, .contents = 1},
      // 8-13: data that end in the second data page, that wrap at 4 GiB, of 64 KiB, read-only,
      // execute-only code, code that can be read.
      {.base = 0x30000000, .limit = 0x5F33, .is_big = 1},
      {.base = 0xF0000000, .limit = 0xFFFFF, .is_big = 1, .in_pages = 1},
      {.base = native_data_page, .limit = 0xFFFF},
      {.base = 0x30000000, .limit = 0x0FFFF, .is_big = 1, .is_restricted = 1},
      {.base = 0x30000000, .limit = 0x0FFFF, .is_big = 1, .contents = 2, .is_restricted = 1},
      {.base = 0x30000000, .limit = 0x5FFF, .is_big = 1, .contents = 2},
      // 14: expand-down data with a limit of pages. 15: 32-bit data of 16 bytes.
      {.base = 0x30000000, .limit = 0x3, .is_big = 1, .contents = 1, .in_pages = 1},
      {.base = native_data_page, .limit = 15, .is_big = 1},
  };
  return segments;
}
