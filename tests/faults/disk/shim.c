/*
 * Preloaded into a process: tells everything that it does to the files of one folder, and lets some of it fail.
 *
 *   DISK_ROOT     the folder
 *   DISK_JOURNAL  where it is told: a line for each operation, behind a write its bytes
 *   DISK_FAIL     "sync:12:EIO": the 12th fsync fails so, and all after it; or "write:30:ENOSPC"
 *
 *   C path           created, or emptied
 *   W path offset n  n bytes written there; offset -1 appends
 *   S path           synced
 *   T path size      cut to a size
 *   R from to        renamed
 *   U path           removed
 *
 * LevelDB writes through stdio, whose own writes are inside libc and cannot be seen; so its calls are taken instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#undef fwrite_unlocked

#define REAL(name) ((__typeof__(&name))real(#name))

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char root[4096];
static const char *failing;
static long fail_at, writes, syncs;
static int fail_with;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
  const char *folder = getenv("DISK_ROOT"), *to = getenv("DISK_JOURNAL"), *fail = getenv("DISK_FAIL");
  if (!folder || !to) return;
  snprintf(root, sizeof root, "%s/", folder);
  journal = REAL(open)(to, O_WRONLY | O_CREAT | O_APPEND, 0644);
  char what[16], error[16];
  if (fail && sscanf(fail, "%15[a-z]:%ld:%15s", what, &fail_at, error) == 3) {
    failing = what[0] == 's' ? "sync" : "write";
    fail_with = strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
  }
}

static int ours(const char *path) { return journal >= 0 && path && strncmp(path, root, strlen(root)) == 0; }

static int path_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return ours(path);
}

static void tell(const void *bytes, size_t length, const char *format, ...) {
  char line[9000];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  pthread_mutex_lock(&mutex);
  if (REAL(write)(journal, line, n) != n) abort();
  if (length && REAL(write)(journal, bytes, length) != (ssize_t)length) abort();
  pthread_mutex_unlock(&mutex);
}

/* The writer's own notes never fail. */
static int fails(const char *what, long *count, const char *path) {
  if (!failing || strcmp(failing, what) != 0 || strcmp(path + strlen(root), "acks") == 0) return 0;
  if (__sync_add_and_fetch(count, 1) < fail_at) return 0;
  errno = fail_with;
  return 1;
}

static const char *name(const char *path) { return path + strlen(root); }

static int opened(int fd, const char *path, int flags) {
  if (fd >= 0 && ours(path) && (flags & (O_CREAT | O_TRUNC))) {
    /* An existing file that is merely opened has not changed. */
    if (flags & O_TRUNC || lseek(fd, 0, SEEK_END) == 0) tell(NULL, 0, "C %s\n", name(path));
    if (!(flags & O_APPEND)) lseek(fd, 0, SEEK_SET);
  }
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list a;
  va_start(a, flags);
  int mode = va_arg(a, int);
  va_end(a);
  return opened(REAL(open)(path, flags, mode), path, flags);
}

int open64(const char *path, int flags, ...) {
  va_list a;
  va_start(a, flags);
  int mode = va_arg(a, int);
  va_end(a);
  return opened(REAL(open64)(path, flags, mode), path, flags);
}

FILE *fopen(const char *path, const char *mode) {
  FILE *file = REAL(fopen)(path, mode);
  if (file && ours(path) && mode[0] == 'w') tell(NULL, 0, "C %s\n", name(path));
  return file;
}

FILE *fopen64(const char *path, const char *mode) {
  FILE *file = REAL(fopen64)(path, mode);
  if (file && ours(path) && mode[0] == 'w') tell(NULL, 0, "C %s\n", name(path));
  return file;
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file) {
  char path[4096];
  if (path_of(fileno(file), path, sizeof path)) {
    if (fails("write", &writes, path)) return 0;
    tell(bytes, size * count, "W %s -1 %zu\n", name(path), size * count);
  }
  return REAL(fwrite)(bytes, size, count, file);
}

size_t fwrite_unlocked(const void *bytes, size_t size, size_t count, FILE *file) {
  char path[4096];
  if (path_of(fileno(file), path, sizeof path)) {
    if (fails("write", &writes, path)) return 0;
    tell(bytes, size * count, "W %s -1 %zu\n", name(path), size * count);
  }
  return REAL(fwrite_unlocked)(bytes, size, count, file);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  char path[4096];
  if (fd != journal && path_of(fd, path, sizeof path)) {
    if (fails("write", &writes, path)) return -1;
    tell(bytes, count, "W %s -1 %zu\n", name(path), count);
  }
  return REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  char path[4096];
  if (path_of(fd, path, sizeof path)) {
    if (fails("write", &writes, path)) return -1;
    tell(bytes, count, "W %s %ld %zu\n", name(path), (long)offset, count);
  }
  return REAL(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  char path[4096];
  if (path_of(fd, path, sizeof path)) {
    if (fails("write", &writes, path)) return -1;
    tell(bytes, count, "W %s %ld %zu\n", name(path), (long)offset, count);
  }
  return REAL(pwrite64)(fd, bytes, count, offset);
}

static int synced(int fd, int (*sync)(int)) {
  char path[4096];
  int is_ours = path_of(fd, path, sizeof path);
  if (is_ours && fails("sync", &syncs, path)) return -1;
  int result = sync(fd);
  if (is_ours && result == 0) tell(NULL, 0, "S %s\n", name(path));
  return result;
}

int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int ftruncate(int fd, off_t size) {
  char path[4096];
  int result = REAL(ftruncate)(fd, size);
  if (result == 0 && path_of(fd, path, sizeof path)) tell(NULL, 0, "T %s %ld\n", name(path), (long)size);
  return result;
}

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int rename(const char *from, const char *to) {
  int result = REAL(rename)(from, to);
  if (result == 0 && ours(from)) tell(NULL, 0, "R %s %s\n", name(from), name(to));
  return result;
}

int unlink(const char *path) {
  int result = REAL(unlink)(path);
  if (result == 0 && ours(path)) tell(NULL, 0, "U %s\n", name(path));
  return result;
}
