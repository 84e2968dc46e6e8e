// The guest of Tests/Beside/qemu: the first process of a Linux that reads and writes its disk, or sends to
// another guest, and switches itself off. What it does is said on the kernel's command line:
// work=NAME,COUNT with NAME read, write, randread or randwrite (COUNT blocks of 4 KiB of /dev/vda, one after the
// other, past the page cache), send or receive (COUNT blocks of 64 KiB by TCP from 10.9.0.2 to 10.9.0.1).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { blockSize = 4096, chunkSize = 65536, port = 9000 };

static void die(const char *what) {
  printf("@@FAILED %s: %s\n", what, strerror(errno));
  fflush(stdout);
  sleep(1);
  reboot(RB_POWER_OFF);
}

static void module(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/lib/modules/%s.ko", name);
  int file = open(path, O_RDONLY);
  if (file < 0) die(path);
  if (syscall(SYS_finit_module, file, "", 0) < 0 && errno != EEXIST) die(path);
  close(file);
}

static void disk(const char *work, long count) {
  int writes = strstr(work, "write") != NULL, random = strncmp(work, "rand", 4) == 0;
  int file = -1;
  for (int tries = 0; file < 0 && tries < 500; tries++) {
    file = open("/dev/vda", O_RDWR | O_DIRECT);
    if (file < 0) usleep(10000);
  }
  uint64_t size;
  if (file < 0 || ioctl(file, BLKGETSIZE64, &size) < 0) die("/dev/vda");
  uint64_t blocks = size / blockSize, state = 1;
  unsigned char *block = aligned_alloc(blockSize, blockSize);
  memset(block, 0x5A, blockSize);
  for (long i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    uint64_t place = (random ? state >> 33 : (uint64_t)i) % blocks * blockSize;
    ssize_t done = writes ? pwrite(file, block, blockSize, place) : pread(file, block, blockSize, place);
    if (done != blockSize) die(work);
  }
}

static void address(int ends) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = {.ifr_name = "eth0"};
  struct sockaddr_in *a = (struct sockaddr_in *)&request.ifr_addr;
  a->sin_family = AF_INET;
  a->sin_addr.s_addr = htonl(0x0A090000 | ends);
  if (ioctl(s, SIOCSIFADDR, &request) < 0) die("address of eth0");
  a->sin_addr.s_addr = htonl(0xFFFFFF00);
  if (ioctl(s, SIOCSIFNETMASK, &request) < 0) die("network of eth0");
  if (ioctl(s, SIOCGIFFLAGS, &request) < 0) die("state of eth0");
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (ioctl(s, SIOCSIFFLAGS, &request) < 0) die("state of eth0");
  close(s);
}

static void network(int receives, long count) {
  static char chunk[chunkSize];
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x0A090001)};
  address(receives ? 1 : 2);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (receives) {
    int yes = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&peer, sizeof peer) < 0 || listen(s, 1) < 0) die("listen");
    int c = accept(s, NULL, NULL);
    if (c < 0) die("accept");
    long total = 0;
    ssize_t got;
    while ((got = read(c, chunk, chunkSize)) > 0) total += got;
    if (total != count * chunkSize) die("receive");
    // The sender is told of the end before this system is gone.
    close(c);
    sleep(1);
  } else {
    int tries = 0;
    while (connect(s, (struct sockaddr *)&peer, sizeof peer) < 0) {
      if (++tries > 100) die("connect");
      close(s);
      usleep(100000);
      s = socket(AF_INET, SOCK_STREAM, 0);
    }
    for (long i = 0; i < count; i++)
      for (size_t at = 0; at < chunkSize;) {
        ssize_t sent = write(s, chunk + at, chunkSize - at);
        if (sent <= 0) die("send");
        at += sent;
      }
    shutdown(s, SHUT_WR);
    struct timeval patience = {.tv_sec = 10};
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (read(s, chunk, 1) > 0) {}
  }
}

int main(void) {
  char line[1024] = "", work[32] = "read";
  long count = 0;
  mount("proc", "/proc", "proc", 0, "");
  mount("dev", "/dev", "devtmpfs", 0, "");
  int console = open("/dev/console", O_RDWR);
  for (int n = 0; console >= 0 && n < 3; n++) dup2(console, n);
  int commandLine = open("/proc/cmdline", O_RDONLY);
  if (commandLine < 0 || read(commandLine, line, sizeof line - 1) < 0) die("/proc/cmdline");
  char *said = strstr(line, "work=");
  if (!said || sscanf(said, "work=%31[a-z],%ld", work, &count) != 2) die("work=");
  static const char *const modules[] = {"virtio_ring", "virtio", "virtio_mmio", "virtio_blk", "failover",
    "net_failover", "virtio_net"};
  for (size_t n = 0; n < sizeof modules / sizeof *modules; n++) module(modules[n]);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  if (strcmp(work, "send") == 0 || strcmp(work, "receive") == 0)
    network(work[0] == 'r', count);
  else
    disk(work, count);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("@@DONE %s %ld %lld us\n", work, count,
    (end.tv_sec - begin.tv_sec) * 1000000LL + (end.tv_nsec - begin.tv_nsec) / 1000);
  fflush(stdout);
  reboot(RB_POWER_OFF);
  return 0;
}
