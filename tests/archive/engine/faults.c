/* Preloaded, lets writes to files below the folder FAULT_FOLDER fail with the error number that the file FAULT_FILE
   holds, for as long as that file is there. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fault_of(int file)
{
    char link[64], name[4096], number[16] = "";
    const char *folder = getenv("FAULT_FOLDER"), *fault = getenv("FAULT_FILE");
    if (!folder || !fault)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, name, sizeof name - 1);
    name[size > 0 ? size : 0] = 0;
    if (strncmp(name, folder, strlen(folder)))
        return 0;
    int from = syscall(SYS_openat, AT_FDCWD, fault, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return 0;
    if (syscall(SYS_read, from, number, sizeof number - 1) < 0)
        number[0] = 0;
    syscall(SYS_close, from);
    return atoi(number);
}

#define FAILS(kind, name, parameters, ...) \
    kind name parameters \
    { \
        kind (*next) parameters = dlsym(RTLD_NEXT, #name); \
        errno = fault_of(file); \
        return errno ? -1 : next(__VA_ARGS__); \
    }

FAILS(ssize_t, write, (int file, const void *data, size_t size), file, data, size)
FAILS(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), file, data, size, at)
FAILS(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), file, data, size, at)
FAILS(int, fsync, (int file), file)
FAILS(int, fdatasync, (int file), file)
