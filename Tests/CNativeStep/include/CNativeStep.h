// Runs single instructions on the host's own processor by signal stepping, faults included.
//
// A child process maps a small window of linear addresses, enters every case through the context of
// a signal handler with TF set (or up to an INT3 behind the code), and hands back what the next
// signal finds: registers, vector, error code, CR2 and the changed memory. A wild store harms the
// child alone, which is then started again.
#ifndef C_NATIVE_STEP_H
#define C_NATIVE_STEP_H

#include <stdint.h>

// Linear addresses of the window's pages, in child and simulation alike. The pages between them,
// and all others of the low half, are absent.
enum {
  native_code_page = 0x30001000,       // two pages, writable and executable
  native_data_page = 0x30004000,       // two pages, writable, not executable
  native_read_only_page = 0x30006000,  // one page
};
// The page below 4 GiB, writable.
#define NATIVE_TOP_PAGE 0xFFFFF000u

enum {
  native_page_bytes = 4096,
  // Pages that are compared: two of code, two of data, the top page.
  native_image_pages = 5,
  native_palette_pages = 3,
  native_chunk_bytes = 64,
  native_change_limit = 24,
  native_patch_limit = 2,
  native_code_limit = 32,
  native_batch_limit = 256,
  native_segment_count = 16,
};

// The state of a user program; selectors and bases are those of ES CS SS DS FS GS and of FS GS;
// `floating` is the first part of FXSAVE's image.
typedef struct {
  uint64_t registers[16];
  uint64_t pointer;
  uint64_t flags;
  uint64_t bases[2];
  uint16_t selectors[6];
  uint8_t floating[416];
} native_state;

// 16 bytes of data that a case has unlike its palette.
typedef struct {
  uint32_t offset;  // from the first data page
  uint8_t bytes[16];
} native_patch;

// A piece of memory that is not as it was.
typedef struct {
  uint32_t chunk;  // page of the image * 64 + piece of 64 bytes
  uint8_t bytes[native_chunk_bytes];
} native_change;

enum {
  native_status_waiting = 0,
  native_status_done = 1,
  native_status_child_died = 2,
};

// One instruction with the state that it starts from, and what it leaves.
typedef struct {
  native_state start;
  uint64_t place;  // linear address of the code
  uint32_t code_count;
  uint8_t code[native_code_limit];
  uint32_t palette;
  uint32_t floating_number;  // which image `floating` came from, for whoever made the case
  uint32_t patch_count;
  native_patch patches[native_patch_limit];

  uint32_t status;
  uint32_t vector;
  uint64_t error;
  uint64_t fault_address;  // CR2
  native_state end;
  uint32_t change_count;
  uint64_t change_digest;
  native_change changes[native_change_limit];
} native_case;

// A segment of the local descriptor table, as modify_ldt takes it.
typedef struct {
  uint32_t base;
  uint32_t limit;
  uint8_t is_big;
  uint8_t contents;  // 0 data, 1 expand-down data, 2 code
  uint8_t is_restricted;  // read-only data, execute-only code
  uint8_t in_pages;
} native_segment;

// Memory of a window, the child's or the simulation's, with what it should hold.
typedef struct {
  uint8_t *pages[native_image_pages];
  uint8_t *master;  // the same pages as they were before the case
  const uint8_t *palettes;
  uint32_t palette;
} native_image;

// Fills code pages with INT3 and data pages with the first palette.
void native_image_open(native_image *image);
// Puts a case's code and data in place.
void native_image_prepare(native_image *image, const native_case *test);
// Records what changed since, and puts it back; returns a bit for each page that was changed.
uint32_t native_image_collect(native_image *image, native_case *test);

// Adds a change to a case, as native_image_collect does.
void native_image_record(native_case *test, uint32_t chunk, const uint8_t *bytes);

// Descriptors of the local table; entry n has selector 8 * n + 7.
const native_segment *native_segments(void);

typedef struct native_stepper native_stepper;

// Starts a child. `palettes` are `palette_count` images of the data pages and the top page, and a
// last page for the read-only page. Returns null where the host cannot do it; `native_step_reason`
// says why.
native_stepper *native_step_open(const uint8_t *palettes, uint32_t palette_count);
const char *native_step_reason(void);
// The cases of batch 0 or 1.
native_case *native_step_batch(native_stepper *stepper, uint32_t batch);
// Lets the child run the first `count` cases of a batch.
void native_step_start(native_stepper *stepper, uint32_t batch, uint32_t count);
// Waits for them; returns how often the child had to be started again.
uint32_t native_step_finish(native_stepper *stepper);
void native_step_close(native_stepper *stepper);

#endif
