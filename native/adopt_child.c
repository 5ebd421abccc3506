/*
 * The child's side of adopted sockets (see mod_adopt.c). One filter: the native call table's bind() is notified, and
 * setsockopt() of the few options that a program sets on a socket before it binds it and never on a connection, so that
 * no connection is slower for it. Everything else passes; the kernel knows that of every call but these two without
 * running the filter. A call of another table (32-bit, x32) passes too, so that such a program simply isn't adopted.
 */
#include "adopt.h"
#include "host.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#error "which AUDIT_ARCH_… has this machine?"
#endif

#define LOAD(field)               BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define RETURN(action)            BPF_STMT(BPF_RET | BPF_K, action)
/* setsockopt(fd, level, name, …): ints, so the low half of the argument, which comes first. */
#define NOTIFY_OPTION(level, name)                                                                                     \
    LOAD(args[1]), SKIP_UNLESS(level, 3), LOAD(args[2]), SKIP_UNLESS(name, 1), RETURN(SECCOMP_RET_USER_NOTIF)

static int send_descriptor(int channel, int fd)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

int adopt_in_child(int channel)
{
    struct sock_filter code[] = {
        LOAD(arch),
        SKIP_UNLESS(NATIVE_ARCH, 34),
        LOAD(nr),
        SKIP_UNLESS(SYS_bind, 1),
        RETURN(SECCOMP_RET_USER_NOTIF),
        SKIP_UNLESS(SYS_setsockopt, 30),
        NOTIFY_OPTION(IPPROTO_IPV6, IPV6_V6ONLY),
        NOTIFY_OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO),
        NOTIFY_OPTION(IPPROTO_IP, IP_PKTINFO),
        NOTIFY_OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT),
        NOTIFY_OPTION(IPPROTO_TCP, TCP_FASTOPEN),
        NOTIFY_OPTION(SOL_SOCKET, SO_BROADCAST),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = (unsigned short)ARRAY_LEN(code), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return 0;
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (fd < 0)
        return 0;
    int sent = send_descriptor(channel, (int)fd);
    int error = errno;
    close((int)fd);
    errno = error;
    return sent;
}
