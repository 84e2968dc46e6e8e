// What the process behind a switch's uplink uses: libslirp, and the confinement of a process that takes frames from
// hostile guests.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <slirp/libslirp.h>

// Whom the process becomes where it was started by root: nobody.
#define UPLINK_NOBODY 65534

// Leaves of the file system only reading of the resolver's configuration, by which libslirp finds name servers. A
// kernel without Landlock leaves what the user may.
static inline int uplink_confine_files(void) {
#ifdef SYS_landlock_create_ruleset
  struct landlock_ruleset_attr rules = {0};
  rules.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  int set = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
  if (set < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : errno;
  int file = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    struct landlock_path_beneath_attr beneath = {0};
    beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    beneath.parent_fd = file;
    (void)syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(file);
  }
  int failure = syscall(SYS_landlock_restrict_self, set, 0) == 0 ? 0 : errno;
  close(set);
  return failure;
#else
  return 0;
#endif
}

// Leaves of the system's calls those that libslirp, the C library and Swift make; all others fail by EPERM.
static inline int uplink_confine_calls(void) {
#ifdef __x86_64__
  static const uint32_t allowed[] = {
      SYS_read, SYS_readv, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_stat,
      SYS_open, SYS_openat, SYS_fcntl, SYS_ioctl, SYS_poll, SYS_ppoll,
      SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_shutdown, SYS_getsockname,
      SYS_getpeername, SYS_getsockopt, SYS_setsockopt, SYS_sendto, SYS_sendmsg, SYS_recvfrom, SYS_recvmsg,
      SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect,
      SYS_futex, SYS_sched_yield, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
      SYS_clock_gettime, SYS_gettimeofday, SYS_time, SYS_nanosleep, SYS_clock_nanosleep, SYS_restart_syscall,
      SYS_getpid, SYS_gettid, SYS_getuid, SYS_getrandom, SYS_uname, SYS_exit, SYS_exit_group, SYS_tgkill,
  };
  enum { count = sizeof allowed / sizeof allowed[0] };
  struct sock_filter code[count * 2 + 8];
  size_t length = 0;
#define UPLINK_STEP(...) code[length++] = (struct sock_filter)__VA_ARGS__
  UPLINK_STEP(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
  UPLINK_STEP(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  UPLINK_STEP(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  UPLINK_STEP(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
  for (size_t number = 0; number < count; number++) {
    UPLINK_STEP(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[number], 0, 1));
    UPLINK_STEP(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  UPLINK_STEP(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
#undef UPLINK_STEP
  struct sock_fprog program = {.len = (unsigned short)length, .filter = code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
#else
  return 0;
#endif
}

// Descriptors that the process may have, for all connections of a switch's guests together: a thousand, where the host
// lets it.
static inline int uplink_confine_descriptors(void) {
  struct rlimit descriptors;
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return errno;
  if (descriptors.rlim_max > 1024) descriptors.rlim_max = 1024;
  descriptors.rlim_cur = descriptors.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &descriptors) == 0 ? 0 : errno;
}

// Gives up what the process does not need: privileges, files, most calls, memory without end. It ends with the
// process that started it. The number of the error that keeps it from that, or 0.
static inline int uplink_confine(void) {
  // A kernel before 5.9 closes nothing here; all but the standard streams was to be closed at exec anyway.
  (void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
  struct rlimit none = {0, 0}, memory = {1ul << 32, 1ul << 32};
  if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0 ||
      setrlimit(RLIMIT_AS, &memory) != 0 || chdir("/") != 0)
    return errno;
  if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(UPLINK_NOBODY) != 0 || setuid(UPLINK_NOBODY) != 0))
    return errno;
  // To become somebody else would undo the first of these.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return errno;
  int failure = uplink_confine_descriptors();
  if (failure == 0) failure = uplink_confine_files();
  return failure != 0 ? failure : uplink_confine_calls();
}
