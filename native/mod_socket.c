/*
 * Sockets: making, naming, options, and who is at the other end. What travels through them is mod_message.c's.
 */
#include "address.h"

#include <linux/filter.h>
#include <mqueue.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static JSValue js_socket(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int domain, type, protocol;
	if (!take(ctx, argv, "iii", &domain, &type, &protocol))
		return JS_EXCEPTION;
	return new_code(ctx, socket(domain, type | SOCK_CLOEXEC, protocol));
}

static JSValue new_pair(JSContext *ctx, const int ends[2])
{
	JSValue array = JS_NewArray(ctx);
	JS_SetPropertyUint32(ctx, array, 0, JS_NewInt32(ctx, ends[0]));
	JS_SetPropertyUint32(ctx, array, 1, JS_NewInt32(ctx, ends[1]));
	return array;
}

static JSValue js_socketpair(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int domain, type, ends[2];
	if (!take(ctx, argv, "ii", &domain, &type))
		return JS_EXCEPTION;
	return socketpair(domain, type | SOCK_CLOEXEC, 0, ends) < 0 ? new_code(ctx, -1) : new_pair(ctx, ends);
}

/* bind and connect differ in one word. */
typedef int address_fn(int fd, const struct sockaddr *address, socklen_t len);

static JSValue with_address(JSContext *ctx, JSValueConst *argv, address_fn *fn)
{
	int fd;
	struct sockaddr_storage address;
	socklen_t len = 0;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	int result = take_address(ctx, argv[1], &address, &len);
	if (result < 0)
		return JS_NewInt32(ctx, result);
	return new_code(ctx, fn(fd, (struct sockaddr *)&address, len));
}

static JSValue js_bind(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	return with_address(ctx, argv, bind);
}

static JSValue js_connect(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	return with_address(ctx, argv, connect);
}

static JSValue js_listen(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, backlog;
	if (!take(ctx, argv, "ii", &fd, &backlog))
		return JS_EXCEPTION;
	return new_code(ctx, listen(fd, backlog));
}

static JSValue js_accept(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	bool nonblock;
	if (!take(ctx, argv, "ib", &fd, &nonblock))
		return JS_EXCEPTION;
	return new_code(ctx, accept4(fd, NULL, NULL, SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0)));
}

static JSValue js_shutdown(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, how;
	if (!take(ctx, argv, "ii", &fd, &how))
		return JS_EXCEPTION;
	return new_code(ctx, shutdown(fd, how));
}

/* --------------------------------------------------------------------------------------------------------- options */

static JSValue js_get_option(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, level, name, value = 0;
	socklen_t len = sizeof value;
	if (!take(ctx, argv, "iii", &fd, &level, &name))
		return JS_EXCEPTION;
	return new_code(ctx, getsockopt(fd, level, name, &value, &len) < 0 ? -1 : value);
}

static JSValue js_set_option(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, level, name, value;
	if (!take(ctx, argv, "iiii", &fd, &level, &name, &value))
		return JS_EXCEPTION;
	return new_code(ctx, setsockopt(fd, level, name, &value, sizeof value));
}

static JSValue js_set_option_text(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, level, name;
	struct text value = {0};
	if (!take(ctx, argv, "iiis", &fd, &level, &name, &value))
		return JS_EXCEPTION;
	JSValue result = new_code(ctx, setsockopt(fd, level, name, value.bytes, (socklen_t)value.len));
	free_text(ctx, &value);
	return result;
}

static JSValue js_get_option_text(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, level, name;
	char value[256];
	socklen_t len = sizeof value;
	if (!take(ctx, argv, "iii", &fd, &level, &name))
		return JS_EXCEPTION;
	if (getsockopt(fd, level, name, value, &len) < 0)
		return new_code(ctx, -1);
	return new_text(ctx, value, strnlen(value, len));
}

static JSValue js_set_option_bytes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, level, name;
	if (!take(ctx, argv, "iii", &fd, &level, &name))
		return JS_EXCEPTION;
	size_t len;
	uint8_t *bytes = take_bytes(ctx, argv[3], &len);
	if (!bytes)
		return JS_EXCEPTION;
	JSValue result = new_code(ctx, setsockopt(fd, level, name, bytes, (socklen_t)len));
	free(bytes);
	return result;
}

/* A classic filter, as bytes: SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF. */
static JSValue js_set_filter(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, option;
	if (!take(ctx, argv, "ii", &fd, &option))
		return JS_EXCEPTION;
	size_t len;
	uint8_t *bytes = take_bytes(ctx, argv[2], &len);
	if (!bytes)
		return JS_EXCEPTION;
	struct sock_fprog program = {
		.len = (unsigned short)(len / sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)bytes,
	};
	JSValue result = new_code(ctx, setsockopt(fd, SOL_SOCKET, option, &program, sizeof program));
	free(bytes);
	return result;
}

static JSValue js_socket_error(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd, error = 0;
	socklen_t len = sizeof error;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	return new_code(ctx, getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? -1 : error);
}

/* ------------------------------------------------------------------------------------------------------ who is who */

static JSValue js_address(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int peer)
{
	(void)this;
	(void)argc;
	int fd;
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	int result = peer ? getpeername(fd, (struct sockaddr *)&address, &len)
			  : getsockname(fd, (struct sockaddr *)&address, &len);
	if (result < 0)
		return new_code(ctx, -1);
	JSValue value = new_address(ctx, &address, len);
	return JS_IsNull(value) ? new_errno(ctx, EAFNOSUPPORT) : value;
}

static JSValue js_peer_credentials(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	int fd;
	struct ucred peer;
	socklen_t len = sizeof peer;
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return new_code(ctx, -1);
	JSValue object = JS_NewObject(ctx);
	set_int(ctx, object, "pid", peer.pid);
	set_int(ctx, object, "uid", peer.uid);
	set_int(ctx, object, "gid", peer.gid);
	return object;
}

static JSValue js_socket_info(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	static const struct {
		const char *property;
		int option;
	} rows[] = {{"domain", SO_DOMAIN}, {"type", SO_TYPE}, {"protocol", SO_PROTOCOL}, {"listening", SO_ACCEPTCONN}};
	int fd, values[ARRAY_LEN(rows)];
	if (!take(ctx, argv, "i", &fd))
		return JS_EXCEPTION;
	for (int i = 0; i < ARRAY_LEN(rows); i++) {
		socklen_t len = sizeof values[i];
		if (getsockopt(fd, SOL_SOCKET, rows[i].option, &values[i], &len) < 0)
			return JS_NULL;
	}
	JSValue object = JS_NewObject(ctx);
	for (int i = 0; i < ARRAY_LEN(rows); i++)
		set_value(ctx, object, rows[i].property,
			  rows[i].option == SO_ACCEPTCONN ? JS_NewBool(ctx, values[i]) : JS_NewInt32(ctx, values[i]));
	return object;
}

/*
 * Through ioctls on any socket: glibc's if_nametoindex does the same, but if_indextoname's netlink variants and
 * getaddrinfo's machinery stay out of the static binary.
 */
static int interface_request(unsigned long request, struct ifreq *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int result = ioctl(fd, request, interface);
	int error = errno;
	close(fd);
	errno = error;
	return result;
}

static JSValue js_interface_index(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text name = {0};
	struct ifreq interface = {0};
	if (!take(ctx, argv, "p", &name))
		return JS_EXCEPTION;
	int result = -1;
	if (name.len >= sizeof interface.ifr_name) {
		errno = ENODEV;
	} else {
		memcpy(interface.ifr_name, name.bytes, name.len);
		result = interface_request(SIOCGIFINDEX, &interface);
	}
	JSValue value = new_code(ctx, result < 0 ? -1 : interface.ifr_ifindex);
	free_text(ctx, &name);
	return value;
}

static JSValue js_interface_name(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct ifreq interface = {0};
	if (!take(ctx, argv, "i", &interface.ifr_ifindex))
		return JS_EXCEPTION;
	if (interface_request(SIOCGIFNAME, &interface) < 0)
		return new_code(ctx, -1);
	return new_text(ctx, interface.ifr_name, strnlen(interface.ifr_name, sizeof interface.ifr_name));
}

/* --------------------------------------------------------------------------------------------------- message queues */

static JSValue js_mq_open(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text name = {0};
	int flags;
	uint32_t mode;
	int64_t max_messages, size;
	if (!take(ctx, argv, "piull", &name, &flags, &mode, &max_messages, &size))
		return JS_EXCEPTION;
	struct mq_attr attributes = {.mq_maxmsg = (long)max_messages, .mq_msgsize = (long)size};
	JSValue result = new_code(ctx, mq_open(name.bytes, flags | O_CLOEXEC, (mode_t)mode,
					       max_messages > 0 && size > 0 ? &attributes : NULL));
	free_text(ctx, &name);
	return result;
}

static JSValue js_mq_unlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
	(void)this;
	(void)argc;
	struct text name = {0};
	if (!take(ctx, argv, "p", &name))
		return JS_EXCEPTION;
	JSValue result = new_code(ctx, mq_unlink(name.bytes));
	free_text(ctx, &name);
	return result;
}

static const JSCFunctionListEntry functions[] = {
	JS_CFUNC_DEF("socket", 3, js_socket),
	JS_CFUNC_DEF("socketpair", 2, js_socketpair),
	JS_CFUNC_DEF("bind", 2, js_bind),
	JS_CFUNC_DEF("connect", 2, js_connect),
	JS_CFUNC_DEF("listen", 2, js_listen),
	JS_CFUNC_DEF("accept", 2, js_accept),
	JS_CFUNC_DEF("shutdown", 2, js_shutdown),
	JS_CFUNC_DEF("getOption", 3, js_get_option),
	JS_CFUNC_DEF("setOption", 4, js_set_option),
	JS_CFUNC_DEF("setOptionText", 4, js_set_option_text),
	JS_CFUNC_DEF("getOptionText", 3, js_get_option_text),
	JS_CFUNC_DEF("setOptionBytes", 4, js_set_option_bytes),
	JS_CFUNC_DEF("setFilter", 3, js_set_filter),
	JS_CFUNC_DEF("socketError", 1, js_socket_error),
	JS_CFUNC_MAGIC_DEF("localAddress", 1, js_address, 0),
	JS_CFUNC_MAGIC_DEF("peerAddress", 1, js_address, 1),
	JS_CFUNC_DEF("peerCredentials", 1, js_peer_credentials),
	JS_CFUNC_DEF("socketInfo", 1, js_socket_info),
	JS_CFUNC_DEF("interfaceIndex", 1, js_interface_index),
	JS_CFUNC_DEF("interfaceName", 1, js_interface_name),
	JS_CFUNC_DEF("mqOpen", 5, js_mq_open),
	JS_CFUNC_DEF("mqUnlink", 1, js_mq_unlink),
};

void mod_socket_init(JSContext *ctx, JSValueConst host)
{
	JS_SetPropertyFunctionList(ctx, host, functions, ARRAY_LEN(functions));
}
