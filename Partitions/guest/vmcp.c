/*
 * vmcp: gives CP commands from inside a Linux guest, as the program of that name in s390-tools does it: the answer
 * goes to standard output, and the exit status says how it went (0 done, 1 CP refused, 2 the buffer was too small for
 * the answer, 3 Linux, 4 options). The road is the port org.endicott.cp of a virtio console, which only root opens: a
 * line is a command, and its answer is a line with return code and number of bytes, and then so many bytes.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status { DONE, REFUSED, BUFFER_TOO_SMALL, LINUX, OPTIONS };

#define PORTS "/sys/class/virtio-ports"
#define NAME "org.endicott.cp\n"
#define LONGEST_COMMAND 240
#define SMALLEST_BUFFER 4096
#define LARGEST_BUFFER (1 << 20)
/* CP takes X'15' for the end of a line inside a text. */
#define END_OF_LINE 0x15

static void fail(enum status status, const char *form, ...) {
  va_list values;
  va_start(values, form);
  fputs("Error: ", stderr);
  vfprintf(stderr, form, values);
  fputc('\n', stderr);
  va_end(values);
  exit(status);
}

static long buffer_size(const char *text) {
  char *end;
  long size = strtol(text, &end, 10);
  int shift = toupper((unsigned char)*end) == 'K' ? 10 : toupper((unsigned char)*end) == 'M' ? 20 : 0;
  if (shift) end++;
  if (end == text || *end || size < 1 || size > LARGEST_BUFFER >> shift || size << shift < SMALLEST_BUFFER)
    fail(OPTIONS, "buffer needs to be between 4096 bytes and 1 megabyte");
  return size << shift;
}

/* The words as one command of at most 240 bytes. */
static void join(char *command, char **words, int is_folded) {
  size_t used = 0;
  if (!*words) fail(OPTIONS, "No command specified, try vmcp --help");
  for (; *words; words++) {
    size_t length = strlen(*words);
    if (used + (used > 0) + length > LONGEST_COMMAND)
      fail(OPTIONS, "The command is longer than %d characters", LONGEST_COMMAND);
    if (used) command[used++] = ' ';
    memcpy(command + used, *words, length + 1);
    used += length;
  }
  for (; is_folded && *command; command++) *command = toupper((unsigned char)*command);
}

/* Whether a port has the name; there may be ports of other programs. */
static int is_named(const char *port) {
  char path[sizeof PORTS + NAME_MAX + 8], name[64] = "";
  snprintf(path, sizeof path, PORTS "/%s/name", port);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  if (!fgets(name, sizeof name, file)) name[0] = 0;
  fclose(file);
  return !strcmp(name, NAME);
}

/* Opens the port; somebody else's command is waited for, 10 seconds long. */
static int open_port(void) {
  char path[NAME_MAX + 8] = "";
  struct dirent *entry;
  DIR *ports = opendir(PORTS);
  while (ports && (entry = readdir(ports)))
    if (is_named(entry->d_name)) snprintf(path, sizeof path, "/dev/%s", entry->d_name);
  if (ports) closedir(ports);
  if (!*path) fail(LINUX, "This partition has no port for CP commands (OPTION VMCP, module virtio_console)");
  for (int tries = 0; tries < 500; tries++) {
    int port = open(path, O_RDWR);
    if (port >= 0) return port;
    if (errno != EBUSY) break;
    usleep(20000);
  }
  fail(LINUX, "Could not open %s: %s", path, strerror(errno));
  return -1;
}

static void give(int port, const char *command) {
  char line[LONGEST_COMMAND + 1];
  size_t length = strlen(command), done = 0;
  for (size_t i = 0; i < length; i++) line[i] = command[i] == '\n' ? END_OF_LINE : command[i];
  line[length++] = '\n';
  while (done < length) {
    ssize_t count = write(port, line + done, length - done);
    if (count < 0) fail(LINUX, "Could not issue CP command: %s", strerror(errno));
    done += count;
  }
}

/* Reads some bytes of the answer, at least one. */
static size_t receive(int port, char *bytes, size_t most) {
  ssize_t count = read(port, bytes, most);
  if (count <= 0) fail(LINUX, "Could not read CP response: %s", count ? strerror(errno) : "the port is gone");
  return count;
}

int main(int count, char **words) {
  static const struct option names[] = {{"keepcase", no_argument, 0, 'k'}, {"buffer", required_argument, 0, 'b'},
                                        {"help", no_argument, 0, 'h'}, {"version", no_argument, 0, 'v'}, {0}};
  char command[LONGEST_COMMAND + 1], bytes[4096], heading[32];
  int is_folded = 1, option;
  long size = 8192;
  while ((option = getopt_long(count, words, "+kb:hv", names, 0)) >= 0) switch (option) {
      case 'k': is_folded = 0; break;
      case 'b': size = buffer_size(optarg); break;
      case 'h':
        puts("Usage: vmcp [-k] [-b SIZE] COMMAND\n\nGives a CP command and prints CP's answer.\n\n"
             "-k, --keepcase     leaves the command's case as it is\n"
             "-b, --buffer SIZE  most bytes of the answer, 4k to 1M; 8192 unless given\n"
             "-h, --help, -v, --version");
        return DONE;
      case 'v': puts("vmcp: CP commands for guests of Endicott, version 1"); return DONE;
      default: return OPTIONS;
    }
  join(command, words + optind, is_folded);

  int port = open_port();
  give(port, command);
  size_t used = 0;
  do {
    used += receive(port, heading + used, 1);
  } while (heading[used - 1] != '\n' && used < sizeof heading - 1);
  heading[used] = 0;
  int return_code;
  long length;
  if (sscanf(heading, "%d %ld", &return_code, &length) != 2) fail(LINUX, "CP's answer is not understood");
  for (long done = 0; done < length;) {
    long wanted = length - done < (long)sizeof bytes ? length - done : (long)sizeof bytes;
    long got = receive(port, bytes, wanted), shown = size - done;
    if (shown > 0) fwrite(bytes, 1, got < shown ? got : shown, stdout);
    done += got;
  }
  close(port);

  enum status status = DONE;
  if (return_code > 0) {
    fprintf(stderr, "Error: non-zero CP response for command '%s': #%d\n", command, return_code);
    status = REFUSED;
  }
  if (length > size) {
    fprintf(stderr, "Error: output (%ld bytes) was truncated, try --buffer to increase size\n", length);
    status = BUFFER_TOO_SMALL;
  }
  if (fflush(stdout)) fail(LINUX, "Could not write the answer: %s", strerror(errno));
  return status;
}
