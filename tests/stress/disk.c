/* Writes down what a process asks of its disk, in the order in which it happens.

   Preloaded, it stands between a process and the C library. What is done to files below the folder DISK_FOLDER goes on
   as ever and is also written to the file DISK_LOG, which disk.py reads: for each operation its letter, the lengths of
   two names and of the data, an offset; then the names and the data. Pages of mapped files that have changed come as
   writes before the next operation. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define MAPS 64
#define NEXT(function) __typeof__(&function) next = dlsym(RTLD_NEXT, #function)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held from before an operation until it is written down */
static struct { char *at, *seen, name[PAGE]; size_t size; } maps[MAPS];
static const char *folder;
static int out = -1;

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("DISK_LOG");
    folder = getenv("DISK_FOLDER");
    if (folder && name)
        out = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int ours(const char *name)
{
    size_t size = folder ? strlen(folder) : 0;
    return out >= 0 && !strncmp(name, folder, size) && (name[size] == '/' || !name[size]);
}

static int named(int file, char *name)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, name, PAGE - 1);
    name[size > 0 ? size : 0] = 0;
    return ours(name);
}

static void put(const void *data, size_t size)
{
    if (syscall(SYS_write, out, data, size) != (ssize_t)size)
        abort();
}

static void record(char letter, const char *name, const char *other, const void *data, size_t size, uint64_t offset)
{
    uint64_t head[] = {letter, strlen(name), strlen(other), size, offset};
    put(head, sizeof head);
    put(name, head[1]);
    put(other, head[2]);
    put(data, size);
}

static void look_at_maps(void)
{
    for (int n = 0; n < MAPS; n++)
        for (size_t at = 0; maps[n].at && at < maps[n].size; at += PAGE) {
            size_t size = maps[n].size - at < PAGE ? maps[n].size - at : PAGE;
            if (memcmp(maps[n].at + at, maps[n].seen + at, size)) {
                memcpy(maps[n].seen + at, maps[n].at + at, size);
                record('w', maps[n].name, "", maps[n].seen + at, size, at);
            }
        }
}

static const char *mapped(const void *at)
{
    for (int n = 0; n < MAPS; n++)
        if (maps[n].at == at)
            return maps[n].name;
    return "";
}

static void note(char letter, const char *name, const char *other, uint64_t offset)
{
    if (ours(name)) {
        look_at_maps();
        record(letter, name, other, "", 0, offset);
    }
}

static void note_file(char letter, int file, const void *data, ssize_t size, off_t offset)
{
    char name[PAGE];
    if (size >= 0 && named(file, name)) {
        look_at_maps();
        record(letter, name, "", data, size, offset < 0 ? lseek(file, 0, SEEK_CUR) - size : offset);
    }
}

#define OPEN(function)                                      \
    int function(const char *name, int flags, ...)          \
    {                                                       \
        NEXT(function);                                     \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0; \
        va_end(rest);                                       \
        pthread_mutex_lock(&lock);                          \
        int known = !access(name, F_OK);                    \
        int file = next(name, flags, mode);                 \
        if (file >= 0 && !known)                            \
            note('c', name, "", 0);                         \
        if (file >= 0 && known && flags & O_TRUNC)          \
            note('t', name, "", 0);                         \
        pthread_mutex_unlock(&lock);                        \
        return file;                                        \
    }
OPEN(open)
OPEN(open64)

#define ON(type, function, parameters, arguments, noting) \
    type function parameters                              \
    {                                                     \
        NEXT(function);                                   \
        pthread_mutex_lock(&lock);                        \
        type done = next arguments;                       \
        if (done >= 0)                                    \
            noting;                                       \
        pthread_mutex_unlock(&lock);                      \
        return done;                                      \
    }
ON(int, mkdir, (const char *name, mode_t mode), (name, mode), note('d', name, "", 0))
ON(int, unlink, (const char *name), (name), note('u', name, "", 0))
ON(int, rename, (const char *name, const char *to), (name, to), note('r', name, to, 0))
ON(ssize_t, write, (int file, const void *data, size_t size), (file, data, size), note_file('w', file, data, done, -1))
ON(int, ftruncate, (int file, off_t size), (file, size), note_file('t', file, "", 0, size))
ON(int, ftruncate64, (int file, off_t size), (file, size), note_file('t', file, "", 0, size))
ON(int, fsync, (int file), (file), note_file('s', file, "", 0, 0))
ON(int, fdatasync, (int file), (file), note_file('s', file, "", 0, 0))
ON(int, msync, (void *at, size_t size, int flags), (at, size, flags), note('s', mapped(at), "", 0))

static void watch(char *at, size_t size, int protection, int flags, int file)
{
    char name[PAGE];
    int n = 0;
    if (at == MAP_FAILED || file < 0 || !(protection & PROT_WRITE && flags & MAP_SHARED) || !named(file, name))
        return;
    while (maps[n].at)
        if (++n == MAPS)
            abort();
    maps[n].size = size;
    maps[n].seen = memcpy(malloc(size), at, size);
    strcpy(maps[n].name, name);
    maps[n].at = at;
}

#define MAP(function)                                                                         \
    void *function(void *where, size_t size, int protection, int flags, int file, off_t from) \
    {                                                                                         \
        NEXT(function);                                                                       \
        pthread_mutex_lock(&lock);                                                            \
        void *at = next(where, size, protection, flags, file, from);                          \
        watch(at, size, protection, flags, file);                                             \
        pthread_mutex_unlock(&lock);                                                          \
        return at;                                                                            \
    }
MAP(mmap)
MAP(mmap64)

int munmap(void *at, size_t size)
{
    NEXT(munmap);
    pthread_mutex_lock(&lock);
    look_at_maps();
    for (int n = 0; n < MAPS; n++)
        if (maps[n].at == at) {
            maps[n].at = NULL;
            free(maps[n].seen);
        }
    int done = next(at, size);
    pthread_mutex_unlock(&lock);
    return done;
}
