/* The floor of a durable publication: copy a file, fsync, rename, fsync the folder.
   usage: durable-copy SOURCE FOLDER; for each line on standard input one round, its microseconds on standard output. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
  char line[16];
  if (count != 3) return 2;
  int folder = open(arguments[2], O_RDONLY | O_DIRECTORY);
  if (folder < 0) return 1;
  while (fgets(line, sizeof line, stdin)) {
    struct timespec began, ended;
    struct stat status;
    clock_gettime(CLOCK_MONOTONIC, &began);
    int source = open(arguments[1], O_RDONLY);
    int target = openat(folder, "copy.new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (source < 0 || target < 0 || fstat(source, &status)) return 1;
    for (off_t done = 0; done < status.st_size;) {
      ssize_t sent = sendfile(target, source, &done, status.st_size - done);
      if (sent <= 0) return 1;
    }
    if (fsync(target) || close(target) || close(source)) return 1;
    if (renameat(folder, "copy.new", folder, "copy") || fsync(folder)) return 1;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    printf("%ld\n", (ended.tv_sec - began.tv_sec) * 1000000L + (ended.tv_nsec - began.tv_nsec) / 1000);
    fflush(stdout);
  }
  return 0;
}
