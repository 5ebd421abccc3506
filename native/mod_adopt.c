/*
 * Adopted sockets, PID 1's side (seccomp_unotify(2)): takes up one bind() or setsockopt() at a time, tells the script
 * what was to be bound or set, and answers as the script decides. Which socket answers which address is no business of
 * this file.
 *
 * Kernel quirks:
 * - The program's memory and descriptors are read through /proc with the file system ids of their owner: a
 * container's root has no CAP_SYS_PTRACE, and what it has counts by file system ids there.
 * - Between the notification and our reading the caller may die and its pid be used again: after each open
 * the notification is asked whether it still holds. What it reads then is still the caller's own word, which
 * gains nothing by lying: it only ever gets sockets of its own unit.
 * - SECCOMP_IOCTL_NOTIF_RECV insists on zeroed memory.
 */
#include "address.h"
#include "host.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

struct attempt {
    struct seccomp_notif notif;
    struct sockaddr_storage address;
    socklen_t address_len;
    int option_value;
    int fd_flags;      /* as in fdinfo: O_NONBLOCK, O_CLOEXEC */
    char protocol[32]; /* "TCP", "UDPv6", "UNIX-STREAM", … */
    char socket[32];   /* "socket:[INODE]": which one it is, whatever its number */
    char folder[PATH_MAX]; /* of a Unix path: from where it counts, the working or the root directory, in our terms */
};

static bool is_option(const struct attempt *a)
{
    return a->notif.data.nr == SYS_setsockopt;
}

static bool still_valid(int listener, uint64_t id)
{
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* ------------------------------------------------------------------------------------------------ reading
 * the caller */

static void become_owner(const struct stat *owner)
{
    if (geteuid() != 0 || (owner->st_uid == 0 && owner->st_gid == 0))
        return;
    setfsgid(owner->st_gid);
    setfsuid(owner->st_uid);
}

static void become_self(void)
{
    setfsuid(geteuid());
    setfsgid(getegid());
    /* Changing ids makes us non-dumpable. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static bool read_memory(const struct attempt *a, void *into, size_t len, uint64_t at)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/mem", a->notif.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = pread(fd, into, len, (off_t)at);
    int error = errno;
    close(fd);
    errno = n < 0 ? error : EFAULT;
    return n == (ssize_t)len;
}

static bool read_address(struct attempt *a)
{
    uint64_t len = a->notif.data.args[2];
    if (len < sizeof(sa_family_t) || len > sizeof a->address) {
        errno = EINVAL;
        return false;
    }
    a->address_len = (socklen_t)len;
    return read_memory(a, &a->address, (size_t)len, a->notif.data.args[1]);
}

static bool read_option(struct attempt *a)
{
    if (a->notif.data.args[4] >= sizeof a->option_value)
        return read_memory(a, &a->option_value, sizeof a->option_value, a->notif.data.args[3]);
    errno = EINVAL;
    return false;
}

/* The flags line of fdinfo is octal, and O_CLOEXEC is in it. */
static bool read_flags(struct attempt *a)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%u/fdinfo/%d", a->notif.pid, (int)a->notif.data.args[0]);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    const char *flags = strstr(text, "flags:");
    a->fd_flags = flags ? (int)strtol(flags + 6, NULL, 8) : 0;
    return flags != NULL;
}

static void read_protocol(struct attempt *a)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/fd/%d", a->notif.pid, (int)a->notif.data.args[0]);
    ssize_t n = getxattr(path, "system.sockprotoname", a->protocol, sizeof a->protocol - 1);
    a->protocol[n > 0 ? n : 0] = 0;
}

static void read_socket(struct attempt *a)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%u/fd/%d", a->notif.pid, (int)a->notif.data.args[0]);
    ssize_t n = readlink(path, a->socket, sizeof a->socket - 1);
    a->socket[n > 0 ? n : 0] = 0;
}

/* A path is the caller's: relative ones count from its working directory, others from its root. */
static void read_folder(struct attempt *a)
{
    char path[64];
    const struct sockaddr_un *address = (const struct sockaddr_un *)&a->address;
    a->folder[0] = 0;
    if (address->sun_family != AF_UNIX || a->address_len <= sizeof address->sun_family || !address->sun_path[0])
        return;
    snprintf(path, sizeof path, "/proc/%u/%s", a->notif.pid, address->sun_path[0] == '/' ? "root" : "cwd");
    ssize_t n = readlink(path, a->folder, sizeof a->folder - 1);
    a->folder[n > 0 ? n : 0] = 0;
}

static bool read_arguments(struct attempt *a)
{
    bool done = is_option(a) ? read_option(a) : read_address(a) && read_flags(a);
    if (!done)
        return false;
    read_socket(a);
    if (!is_option(a)) {
        read_protocol(a);
        read_folder(a);
    }
    return true;
}

/* A program that has given root up by itself is closed to its user, and open to CAP_SYS_PTRACE alone. */
static bool read_attempt(struct attempt *a)
{
    char path[32];
    struct stat owner;
    snprintf(path, sizeof path, "/proc/%u", a->notif.pid);
    if (stat(path, &owner) < 0)
        return false;
    become_owner(&owner);
    bool done = read_arguments(a);
    int error = errno;
    become_self();
    errno = error;
    return done || (errno == EACCES && read_arguments(a));
}

/* ----------------------------------------------------------------------------------------------------------
 * answering */

static int respond(int listener, uint64_t id, int error, uint32_t flags)
{
    struct seccomp_notif_resp response = {.id = id, .error = -error, .flags = flags};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* A 64-bit id doesn't fit a number of the script's: it travels as text. */
static bool take_id(JSContext *ctx, JSValueConst value, uint64_t *id)
{
    struct text text;
    if (!take_text(ctx, value, &text))
        return false;
    *id = strtoull(text.bytes, NULL, 16);
    free_text(ctx, &text);
    return true;
}

static JSValue describe_attempt(JSContext *ctx, const struct attempt *a)
{
    char id[20];
    snprintf(id, sizeof id, "%llx", (unsigned long long)a->notif.id);
    JSValue object = JS_NewObject(ctx);
    set_text(ctx, object, "call", is_option(a) ? "setsockopt" : "bind");
    set_text(ctx, object, "id", id);
    set_text(ctx, object, "socket", a->socket);
    if (is_option(a)) {
        set_int(ctx, object, "level", (int)a->notif.data.args[1]);
        set_int(ctx, object, "name", (int)a->notif.data.args[2]);
        set_int(ctx, object, "value", a->option_value);
        return object;
    }
    set_int(ctx, object, "pid", a->notif.pid);
    set_int(ctx, object, "fd", (int)a->notif.data.args[0]);
    set_text(ctx, object, "protocol", a->protocol);
    set_text(ctx, object, "folder", a->folder);
    set_value(ctx, object, "closeOnExec", JS_NewBool(ctx, (a->fd_flags & O_CLOEXEC) != 0));
    set_value(ctx, object, "nonblock", JS_NewBool(ctx, (a->fd_flags & O_NONBLOCK) != 0));
    set_value(ctx, object, "address", new_address(ctx, &a->address, a->address_len));
    return object;
}

/* The next call, or -ENOENT: its caller is gone; or another error: it could not be read and was let through. */
static JSValue js_adopt_next(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    (void)this;
    (void)argc;
    int listener;
    if (!take(ctx, argv, "i", &listener))
        return JS_EXCEPTION;
    struct attempt a = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &a.notif) < 0)
        return new_code(ctx, -1);
    bool read = read_attempt(&a);
    if (!still_valid(listener, a.notif.id))
        return new_errno(ctx, ENOENT);
    if (read)
        return describe_attempt(ctx, &a);
    int error = errno;
    respond(listener, a.notif.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    /* Without an option a program still runs as it did; without its address it isn't served. */
    return new_errno(ctx, is_option(&a) ? ENOENT : error);
}

/* The kernel carries the call out as if nobody had looked. */
static JSValue js_adopt_continue(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    (void)this;
    (void)argc;
    int listener;
    uint64_t id;
    if (!take(ctx, argv, "i", &listener) || !take_id(ctx, argv[1], &id))
        return JS_EXCEPTION;
    return new_code(ctx, respond(listener, id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
}

/* Puts `ours` in the place of the caller's descriptor, and lets bind() succeed. */
static JSValue js_adopt_replace(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    (void)this;
    (void)argc;
    int listener, ours, theirs;
    uint64_t id;
    bool cloexec;
    if (!take(ctx, argv, "i", &listener) || !take_id(ctx, argv[1], &id) ||
        !take(ctx, argv + 2, "iib", &ours, &theirs, &cloexec))
        return JS_EXCEPTION;
    struct seccomp_notif_addfd add = {
        .id = id,
        .flags = SECCOMP_ADDFD_FLAG_SETFD,
        .srcfd = (uint32_t)ours,
        .newfd = (uint32_t)theirs,
        .newfd_flags = cloexec ? O_CLOEXEC : 0,
    };
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0) {
        int error = errno;
        respond(listener, id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
        return new_errno(ctx, error);
    }
    return new_code(ctx, respond(listener, id, 0, 0));
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("adoptNext", 1, js_adopt_next),
    JS_CFUNC_DEF("adoptContinue", 2, js_adopt_continue),
    JS_CFUNC_DEF("adoptReplace", 5, js_adopt_replace),
};

void mod_adopt_init(JSContext *ctx, JSValueConst host)
{
    JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
