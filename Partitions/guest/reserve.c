/*
 * reserve: reservations of a SCSI disk by Linux's own calls (linux/pr.h), and a write and a read past all caches, whose
 * errors say what a reservation keeps off. The exit status is 0 when it was done, 1 when not; a line says why.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct registration { uint64_t old_key, new_key; uint32_t flags, pad; };
struct reservation { uint64_t key; uint32_t type, flags; };
struct preemption { uint64_t own_key, other_key; uint32_t type, flags; };
struct clearance { uint64_t key; uint32_t flags, pad; };

#define REGISTER _IOW('p', 200, struct registration)
#define RESERVE _IOW('p', 201, struct reservation)
#define RELEASE _IOW('p', 202, struct reservation)
#define PREEMPT _IOW('p', 203, struct preemption)
#define PREEMPT_ABORT _IOW('p', 204, struct preemption)
#define CLEAR _IOW('p', 205, struct clearance)

#define CHECK_CONDITION 2
#define RESERVATION_CONFLICT 0x18
#define BLOCK 4096

static int usage(void) {
  fputs("usage: reserve DISK register NEW [OLD] | reserve|release KEY TYPE | preempt|abort KEY OTHER TYPE |\n"
        "       clear KEY | write | read; keys hexadecimal, types 1 to 6 as in linux/pr.h\n", stderr);
  return 2;
}

static uint64_t key(char **words, int place) { return words[place] ? strtoull(words[place], NULL, 16) : 0; }

/* Gives an order; one that is answered with what happened before is given again. What the disk said is the low byte. */
static int order(int disk, unsigned long request, void *what) {
  int result = CHECK_CONDITION;
  for (int turn = 0; turn < 4 && result == CHECK_CONDITION; turn++) {
    result = ioctl(disk, request, what);
    if (result > 0) result &= 0xFF;
  }
  return result;
}

/* Moves the first block; the byte that a write writes is the last of the process's number. */
static int move(int disk, int is_write) {
  unsigned char *block;
  ssize_t count;
  if (posix_memalign((void **)&block, BLOCK, BLOCK)) return -1;
  memset(block, getpid(), BLOCK);
  count = is_write ? pwrite(disk, block, BLOCK, 0) : pread(disk, block, BLOCK, 0);
  return count == BLOCK ? 0 : -1;
}

static int perform(int disk, char **words) {
  const char *verb = words[0];
  if (!strcmp(verb, "write") || !strcmp(verb, "read")) return move(disk, verb[0] == 'w');
  if (!words[1]) exit(usage());
  if (!strcmp(verb, "register"))
    return order(disk, REGISTER, &(struct registration){key(words, 2), key(words, 1), 0, 0});
  if (!strcmp(verb, "clear")) return order(disk, CLEAR, &(struct clearance){key(words, 1), 0, 0});
  if (!words[2]) exit(usage());
  struct reservation held = {key(words, 1), atoi(words[2]), 0};
  if (!strcmp(verb, "reserve")) return order(disk, RESERVE, &held);
  if (!strcmp(verb, "release")) return order(disk, RELEASE, &held);
  if (!words[3]) exit(usage());
  struct preemption taken = {key(words, 1), key(words, 2), atoi(words[3]), 0};
  if (!strcmp(verb, "preempt")) return order(disk, PREEMPT, &taken);
  if (!strcmp(verb, "abort")) return order(disk, PREEMPT_ABORT, &taken);
  exit(usage());
}

int main(int count, char **words) {
  if (count < 3) return usage();
  int disk = open(words[1], O_RDWR | O_DIRECT);
  int result = disk < 0 ? -1 : perform(disk, words + 2);
  if (result < 0) {
    printf("%s: %s\n", words[2], errno == EBADE ? "reservation conflict (EBADE)" : strerror(errno));
  } else if (result > 0) {
    printf("%s: %s (status %d)\n", words[2],
           result == RESERVATION_CONFLICT ? "reservation conflict" : "refused", result);
  } else {
    printf("%s: done\n", words[2]);
  }
  return result != 0;
}
