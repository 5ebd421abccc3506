/*
 * What travels through descriptors: text, bytes, and datagrams with credentials and descriptors.
 *
 * Descriptors that come along are close-on-exec from birth (MSG_CMSG_CLOEXEC) and are handed to the script, all of
 * them; where the control data was cut off the kernel has closed the rest itself.
 */
#include "address.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_READ (16 * 1024 * 1024)
#define MAX_FDS 253 /* SCM_MAX_FD */
#define SMALL 65536

/* Most reads are small and frequent: they share one buffer. */
static uint8_t small_buffer[SMALL];

static uint8_t *get_buffer(int64_t max)
{
	return max <= SMALL ? small_buffer : malloc((size_t)max);
}

static void put_buffer(uint8_t *buffer)
{
	if (buffer != small_buffer)
		free(buffer);
}

static JSValue js_receive(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int as_bytes)
{
	(void)this;
	(void)argc;
	int fd;
	int64_t max;
	if (!take(ctx, argv, "il", &fd, &max))
		return JS_EXCEPTION;
	if (max <= 0 || max > MAX_READ)
		return new_errno(ctx, EINVAL);
	uint8_t *buffer = get_buffer(max);
	if (!buffer)
		return new_errno(ctx, ENOMEM);
	ssize_t n;
	do {
		n = read(fd, buffer, (size_t)max);
	} while (n < 0 && errno == EINTR);
	JSValue value = n < 0      ? new_code(ctx, -1)
			: as_bytes ? new_bytes(ctx, buffer, (size_t)n)
				   : new_text(ctx, (const char *)buffer, (size_t)n);
	put_buffer(buffer);
	return value;
}

static ssize_t send_some(int fd, const void *bytes, size_t len)
{
	ssize_t n;
	do {
		n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == ENOTSOCK)
			n = write(fd, bytes, len); /* SIGPIPE is ignored in this process */
	} while (n < 0 && errno == EINTR);
	return n;
}

static JSValue js_send(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	struct text text = {0};
	if (!take(ctx, argv, "is", &fd, &text))
		return JS_EXCEPTION;
	JSValue result = new_code(ctx, send_some(fd, text.bytes, text.len));
	free_text(ctx, &text);
	return result;
}

static JSValue js_send_bytes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	size_t len;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	uint8_t *bytes = take_bytes(ctx, argv[1], &len);
	if (!bytes)
		return JS_EXCEPTION;
	JSValue result = new_code(ctx, send_some(fd, bytes, len));
	free(bytes);
	return result;
}

static JSValue js_send_to(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	size_t len;
	struct sockaddr_storage address;
	socklen_t address_len = 0;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	int result = take_address(ctx, argv[2], &address, &address_len);
	if (result < 0)
		return JS_NewInt32(ctx, result);
	uint8_t *bytes = take_bytes(ctx, argv[1], &len);
	if (!bytes)
		return JS_EXCEPTION;
	JSValue code = new_code(ctx, sendto(fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&address, address_len));
	free(bytes);
	return code;
}

/* ---------------------------------------------------------------------------------------- datagrams with attachments
 */

static void read_control(JSContext *ctx, struct msghdr *message, JSValueConst fds, struct ucred *sender)
{
	uint32_t count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(sender, CMSG_DATA(c), sizeof *sender);
		} else if (c->cmsg_type == SCM_RIGHTS) {
			size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			for (size_t i = 0; i < n; i++) {
				int fd;
				memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
				JS_SetPropertyUint32(ctx, fds, count++, JS_NewInt32(ctx, fd));
			}
		}
	}
}

static JSValue js_receive_message(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int as_bytes)
{
	(void)this;
	(void)argc;
	int fd;
	int64_t max;
	if (!take(ctx, argv, "il", &fd, &max))
		return JS_EXCEPTION;
	if (max <= 0 || max > MAX_READ)
		return new_errno(ctx, EINVAL);
	uint8_t *buffer = get_buffer(max);
	if (!buffer)
		return new_errno(ctx, ENOMEM);
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MAX_FDS * sizeof(int)) + 64];
	} control;
	struct sockaddr_storage from = {0};
	struct iovec part = {.iov_base = buffer, .iov_len = (size_t)max};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof from,
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof control};
	ssize_t n;
	do {
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		JSValue code = new_code(ctx, -1);
		put_buffer(buffer);
		return code;
	}
	struct ucred sender = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
	JSValue object = JS_NewObject(ctx);
	JSValue fds = JS_NewArray(ctx);
	read_control(ctx, &message, fds, &sender);
	set_value(ctx, object, "text",
		  as_bytes ? new_bytes(ctx, buffer, (size_t)n) : new_text(ctx, (const char *)buffer, (size_t)n));
	set_int(ctx, object, "pid", sender.pid);
	set_int(ctx, object, "uid", sender.uid == (uid_t)-1 ? -1 : (int64_t)sender.uid);
	set_int(ctx, object, "gid", sender.gid == (gid_t)-1 ? -1 : (int64_t)sender.gid);
	set_value(ctx, object, "fds", fds);
	set_value(ctx, object, "truncated", JS_NewBool(ctx, (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0));
	set_value(ctx, object, "from", new_address(ctx, &from, message.msg_namelen));
	put_buffer(buffer);
	return object;
}

/* Appends one control message; the caller's buffer is large enough. */
static void add_control(struct msghdr *message, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)message->msg_control + message->msg_controllen);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	message->msg_controllen += CMSG_SPACE(len);
}

static JSValue js_send_message(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, as_pid;
	struct text text = {0};
	struct sockaddr_storage address;
	socklen_t address_len = 0;
	int fds[MAX_FDS];
	uint32_t count = array_length(ctx, argv[3]);
	if (count > MAX_FDS)
		return new_errno(ctx, EINVAL);
	for (uint32_t i = 0; i < count; i++) {
		JSValue item = JS_GetPropertyUint32(ctx, argv[3], i);
		int failed = JS_ToInt32(ctx, &fds[i], item);
		JS_FreeValue(ctx, item);
		if (failed)
			return JS_EXCEPTION;
	}
	if (!JS_IsNull(argv[2]) && !JS_IsUndefined(argv[2])) {
		int result = take_address(ctx, argv[2], &address, &address_len);
		if (result < 0)
			return JS_NewInt32(ctx, result);
	}
	if (JS_ToInt32(ctx, &as_pid, argv[4]) < 0 || !take(ctx, argv, "is", &fd, &text))
		return JS_EXCEPTION;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)text.bytes, .iov_len = text.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
	if (address_len > 0) {
		message.msg_name = &address;
		message.msg_namelen = address_len;
	}
	if (count > 0)
		add_control(&message, SCM_RIGHTS, fds, count * sizeof(int));
	if (as_pid > 0) {
		struct ucred self = {.pid = as_pid, .uid = getuid(), .gid = getgid()};
		add_control(&message, SCM_CREDENTIALS, &self, sizeof self);
	}
	if (message.msg_controllen == 0)
		message.msg_control = NULL;
	ssize_t n;
	do {
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	JSValue code = new_code(ctx, n);
	free_text(ctx, &text);
	return code;
}

static JSValue js_bytes_readable(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, waiting = 0;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	return new_code(ctx, ioctl(fd, FIONREAD, &waiting) < 0 ? -1 : waiting);
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_MAGIC_DEF("receive", 2, js_receive, 0),
	JS_CFUNC_MAGIC_DEF("receiveBytes", 2, js_receive, 1),
	JS_CFUNC_DEF("send", 2, js_send),
	JS_CFUNC_DEF("sendBytes", 2, js_send_bytes),
	JS_CFUNC_DEF("sendTo", 3, js_send_to),
	JS_CFUNC_MAGIC_DEF("receiveMessage", 2, js_receive_message, 0),
	JS_CFUNC_MAGIC_DEF("receiveMessageBytes", 2, js_receive_message, 1),
	JS_CFUNC_DEF("sendMessage", 5, js_send_message),
	JS_CFUNC_DEF("bytesReadable", 1, js_bytes_readable),
};

void mod_message_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
