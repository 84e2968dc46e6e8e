// The child that runs cases, and its parent's side (see CNativeStep.h).
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CNativeStep.h"

static const char *reason = "";

const char *native_step_reason(void) { return reason; }

#if defined(__x86_64__) && defined(__linux__)

#include <asm/ldt.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { floating_bytes = 416, trap_flag = 0x100, wait_milliseconds = 20000 };

// What parent and child share.
typedef struct {
  volatile uint32_t current;  // the case that runs
  uint32_t first, count, batch;
  native_case cases[2][native_batch_limit];
} shared_page;

struct native_stepper {
  shared_page *shared;
  const uint8_t *palettes;
  uint32_t palette_count;
  pid_t child;
  int request, answer;  // pipes
};

// The child's own state. The handler must not use thread-local storage while FS is the case's.
static struct {
  shared_page *shared;
  native_image image;
  uint8_t master[native_image_pages * native_page_bytes];
  uint64_t thread_base;
  int is_running;
  greg_t home[NGREG];
} child;

static inline uint16_t segment_selector(int which) {
  uint16_t value;
  switch (which) {
    case 0: __asm__ volatile("mov %%es, %0" : "=r"(value)); break;
    case 3: __asm__ volatile("mov %%ds, %0" : "=r"(value)); break;
    case 4: __asm__ volatile("mov %%fs, %0" : "=r"(value)); break;
    default: __asm__ volatile("mov %%gs, %0" : "=r"(value)); break;
  }
  return value;
}

static inline void load_segments(const native_state *state) {
  __asm__ volatile("mov %0, %%es" : : "r"(state->selectors[0]));
  __asm__ volatile("mov %0, %%ds" : : "r"(state->selectors[3]));
  __asm__ volatile("mov %0, %%fs" : : "r"(state->selectors[4]));
  __asm__ volatile("mov %0, %%gs" : : "r"(state->selectors[5]));
  if ((state->selectors[4] & ~3) == 0) __asm__ volatile("wrfsbase %0" : : "r"(state->bases[0]));
  if ((state->selectors[5] & ~3) == 0) __asm__ volatile("wrgsbase %0" : : "r"(state->bases[1]));
}

// Registers as instructions number them.
static const int general_order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                      REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                      REG_R12, REG_R13, REG_R14, REG_R15};

static void store_result(native_case *test, ucontext_t *context) {
  greg_t *registers = context->uc_mcontext.gregs;
  for (int index = 0; index < 16; index++)
    test->end.registers[index] = (uint64_t)registers[general_order[index]];
  test->end.pointer = (uint64_t)registers[REG_RIP];
  test->end.flags = (uint64_t)registers[REG_EFL];
  uint64_t selectors = (uint64_t)registers[REG_CSGSFS];
  test->end.selectors[1] = (uint16_t)selectors;
  test->end.selectors[2] = (uint16_t)(selectors >> 48);
  test->vector = (uint32_t)registers[REG_TRAPNO];
  test->error = (uint64_t)registers[REG_ERR];
  test->fault_address = (uint64_t)registers[REG_CR2];
  memcpy(test->end.floating, context->uc_mcontext.fpregs, floating_bytes);
  native_image_collect(&child.image, test);
  test->status = native_status_done;
}

static void begin(native_case *test, ucontext_t *context) {
  native_image_prepare(&child.image, test);
  greg_t *registers = context->uc_mcontext.gregs;
  for (int index = 0; index < 16; index++)
    registers[general_order[index]] = (greg_t)test->start.registers[index];
  registers[REG_RIP] = (greg_t)test->start.pointer;
  registers[REG_EFL] = (greg_t)test->start.flags;
  registers[REG_CSGSFS] =
      (greg_t)(test->start.selectors[1] | (uint64_t)test->start.selectors[2] << 48);
  // SS is to be taken as it is: UC_SIGCONTEXT_SS and UC_STRICT_RESTORE_SS.
  context->uc_flags |= 6;
  memcpy(context->uc_mcontext.fpregs, test->start.floating, floating_bytes);
}

__attribute__((no_stack_protector)) static void on_signal(int number, siginfo_t *info,
                                                          void *argument) {
  (void)number;
  (void)info;
  native_state found;
  uint64_t plain_flags = 0x202;
  __asm__ volatile("rdfsbase %0" : "=r"(found.bases[0]));
  __asm__ volatile("rdgsbase %0" : "=r"(found.bases[1]));
  found.selectors[0] = segment_selector(0);
  found.selectors[3] = segment_selector(3);
  found.selectors[4] = segment_selector(4);
  found.selectors[5] = segment_selector(5);
  __asm__ volatile("mov %0, %%fs; wrfsbase %1" : : "r"(0), "r"(child.thread_base));
  // The kernel leaves NT and ID as the case made them.
  __asm__ volatile("push %0; popfq" : : "r"(plain_flags) : "cc", "memory");

  ucontext_t *context = argument;
  shared_page *shared = child.shared;
  native_case *cases = shared->cases[shared->batch];
  if (child.is_running) {
    native_case *test = &cases[shared->current];
    for (int index = 0; index < 6; index++)
      if (index != 1 && index != 2) test->end.selectors[index] = found.selectors[index];
    test->end.bases[0] = found.bases[0];
    test->end.bases[1] = found.bases[1];
    store_result(test, context);
    shared->current = shared->current + 1;
  } else {
    memcpy(child.home, context->uc_mcontext.gregs, sizeof child.home);
    child.is_running = 1;
    shared->current = shared->first;
  }
  if (shared->current < shared->count) {
    native_case *test = &cases[shared->current];
    begin(test, context);
    load_segments(&test->start);
    return;
  }
  child.is_running = 0;
  memcpy(context->uc_mcontext.gregs, child.home, sizeof child.home);
  context->uc_flags |= 6;
  uint16_t control = 0x37F;
  uint32_t vector_control = 0x1F80;
  memset(context->uc_mcontext.fpregs, 0, 24);
  memcpy(context->uc_mcontext.fpregs, &control, sizeof control);
  memcpy((uint8_t *)context->uc_mcontext.fpregs + 24, &vector_control, sizeof vector_control);
  __asm__ volatile("mov %0, %%es; mov %0, %%ds; mov %0, %%gs" : : "r"(0));
}

static uint8_t *map(uint64_t address, int pages, int rights) {
  void *wanted = (void *)(uintptr_t)address;
  void *got = mmap(wanted, (size_t)pages * native_page_bytes, rights,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  return got == wanted ? got : NULL;
}

static int map_window(const uint8_t *palettes, uint32_t palette_count) {
  // What the parent had mapped below 4 GiB would be there for wild addresses.
  munmap((void *)0x10000, 0xFFFF0000u);
  uint8_t *code = map(native_code_page, 2, PROT_READ | PROT_WRITE | PROT_EXEC);
  uint8_t *data = map(native_data_page, 2, PROT_READ | PROT_WRITE);
  uint8_t *constant = map(native_read_only_page, 1, PROT_READ | PROT_WRITE);
  uint8_t *top = map(NATIVE_TOP_PAGE, 1, PROT_READ | PROT_WRITE);
  if (!code || !data || !constant || !top) return 0;
  memcpy(constant, palettes + (size_t)palette_count * native_palette_pages * native_page_bytes,
         native_page_bytes);
  mprotect(constant, native_page_bytes, PROT_READ);
  child.image = (native_image){
      .pages = {code, code + native_page_bytes, data, data + native_page_bytes, top},
      .master = child.master,
      .palettes = palettes};
  native_image_open(&child.image);
  return 1;
}

static int install_segments(void) {
  const native_segment *segments = native_segments();
  for (unsigned index = 0; index < native_segment_count; index++) {
    struct user_desc wanted = {.entry_number = index,
                               .base_addr = segments[index].base,
                               .limit = segments[index].limit,
                               .seg_32bit = segments[index].is_big,
                               .contents = segments[index].contents,
                               .read_exec_only = segments[index].is_restricted,
                               .limit_in_pages = segments[index].in_pages,
                               .useable = 1};
    if (syscall(SYS_modify_ldt, 0x11, &wanted, sizeof wanted) != 0) return 0;
  }
  return 1;
}

static void catch_signals(void) {
  static uint8_t stack[1 << 16] __attribute__((aligned(64)));
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  static const int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS};
  // A fault of the handler itself must end the child, not pass for a case's.
  sigfillset(&action.sa_mask);
  for (unsigned index = 0; index < sizeof signals / sizeof *signals; index++)
    sigaction(signals[index], &action, NULL);
  sigset_t all;
  sigemptyset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
}

static void be_child(native_stepper *stepper, int request, int answer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  child.shared = stepper->shared;
  child.is_running = 0;
  __asm__ volatile("rdfsbase %0" : "=r"(child.thread_base));
  if (!map_window(stepper->palettes, stepper->palette_count)) _exit(2);
  if (!install_segments()) _exit(3);
  catch_signals();
  uint8_t byte;
  while (read(request, &byte, 1) == 1) {
    __asm__ volatile("int3" : : : "memory");
    if (write(answer, &byte, 1) != 1) break;
  }
  _exit(0);
}

static int start_child(native_stepper *stepper) {
  int request[2], answer[2];
  if (pipe2(request, O_CLOEXEC) != 0) return 0;
  if (pipe2(answer, O_CLOEXEC) != 0) {
    close(request[0]);
    close(request[1]);
    return 0;
  }
  stepper->child = fork();
  if (stepper->child == 0) {
    close(request[1]);
    close(answer[0]);
    be_child(stepper, request[0], answer[1]);
  }
  close(request[0]);
  close(answer[1]);
  stepper->request = request[1];
  stepper->answer = answer[0];
  return stepper->child > 0;
}

// Returns the child's exit status, or -1 when a signal ended it.
static int end_child(native_stepper *stepper) {
  int status = 0;
  kill(stepper->child, SIGKILL);
  while (waitpid(stepper->child, &status, 0) < 0 && errno == EINTR) {
  }
  close(stepper->request);
  close(stepper->answer);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

native_case *native_step_batch(native_stepper *stepper, uint32_t batch) {
  return stepper->shared->cases[batch];
}

static void ask(native_stepper *stepper, uint32_t first) {
  uint8_t byte = 0;
  stepper->shared->first = first;
  stepper->shared->current = first;
  while (write(stepper->request, &byte, 1) < 0 && errno == EINTR) {
  }
}

void native_step_start(native_stepper *stepper, uint32_t batch, uint32_t count) {
  stepper->shared->batch = batch;
  stepper->shared->count = count;
  for (uint32_t index = 0; index < count; index++)
    stepper->shared->cases[batch][index].status = native_status_waiting;
  ask(stepper, 0);
}

static int is_answered(native_stepper *stepper) {
  struct pollfd wanted = {.fd = stepper->answer, .events = POLLIN};
  int ready;
  do ready = poll(&wanted, 1, wait_milliseconds);
  while (ready < 0 && errno == EINTR);
  uint8_t byte;
  return ready == 1 && read(stepper->answer, &byte, 1) == 1;
}

uint32_t native_step_finish(native_stepper *stepper) {
  uint32_t deaths = 0;
  shared_page *shared = stepper->shared;
  while (!is_answered(stepper)) {
    uint32_t current = shared->current;
    end_child(stepper);
    if (current < shared->count)
      shared->cases[shared->batch][current].status = native_status_child_died;
    deaths++;
    if (!start_child(stepper)) return deaths;
    ask(stepper, current + 1);
  }
  return deaths;
}

static int can_step(void) {
  const unsigned long has_base_instructions = 2;
  if (!(getauxval(AT_HWCAP2) & has_base_instructions)) {
    reason = "the kernel does not let programs use RDFSBASE and WRFSBASE";
    return 0;
  }
  if ((uintptr_t)&on_signal < 0x100000000u) {
    reason = "the program lies below 4 GiB";
    return 0;
  }
  return 1;
}

native_stepper *native_step_open(const uint8_t *palettes, uint32_t palette_count) {
  if (!can_step()) return NULL;
  native_stepper *stepper = calloc(1, sizeof *stepper);
  if (!stepper) return NULL;
  stepper->palettes = palettes;
  stepper->palette_count = palette_count;
  stepper->shared = mmap(NULL, sizeof(shared_page), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  reason = "no memory or no process";
  if (stepper->shared == MAP_FAILED || !start_child(stepper)) {
    free(stepper);
    return NULL;
  }
  // An empty batch shows whether the child came up.
  native_step_start(stepper, 0, 0);
  if (is_answered(stepper)) return stepper;
  int status = end_child(stepper);
  reason = status == 2   ? "the window's addresses are taken"
           : status == 3 ? "the kernel has no modify_ldt"
                         : "the child process died";
  munmap(stepper->shared, sizeof(shared_page));
  free(stepper);
  return NULL;
}

void native_step_close(native_stepper *stepper) {
  end_child(stepper);
  munmap(stepper->shared, sizeof(shared_page));
  free(stepper);
}

#else

native_stepper *native_step_open(const uint8_t *palettes, uint32_t palette_count) {
  (void)palettes;
  (void)palette_count;
  reason = "the host is not x86-64 Linux";
  return 0;
}

native_case *native_step_batch(native_stepper *stepper, uint32_t batch) {
  (void)stepper;
  (void)batch;
  return 0;
}

void native_step_start(native_stepper *stepper, uint32_t batch, uint32_t count) {
  (void)stepper;
  (void)batch;
  (void)count;
}

uint32_t native_step_finish(native_stepper *stepper) {
  (void)stepper;
  return 0;
}

void native_step_close(native_stepper *stepper) { (void)stepper; }

#endif
