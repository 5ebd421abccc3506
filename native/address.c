/*
 * Socket addresses between the script's form and the kernel's.
 *
 * An abstract name's length is exact: no NUL is added, since every byte counts. A file system path gets its NUL where
 * there is room; 108 bytes without one are legal too.
 */
#include "address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

static int take_unix(JSContext *ctx, JSValueConst value, struct sockaddr_un *un, socklen_t *len)
{
	JSValue path = JS_GetPropertyStr(ctx, value, "path");
	struct text text = {0};
	int result = -EINVAL;
	if (JS_IsString(path) && take_text(ctx, path, &text)) {
		bool abstract = text.len > 0 && (text.bytes[0] == '@' || text.bytes[0] == 0);
		if (text.len > sizeof un->sun_path) {
			result = -ENAMETOOLONG;
		} else {
			memcpy(un->sun_path, text.bytes, text.len);
			if (abstract)
				un->sun_path[0] = 0;
			size_t end = text.len + (!abstract && text.len > 0 && text.len < sizeof un->sun_path);
			*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + end);
			result = 0;
		}
	}
	free_text(ctx, &text);
	JS_FreeValue(ctx, path);
	return result;
}

static int take_inet(JSContext *ctx, JSValueConst value, int family, struct sockaddr_storage *address, socklen_t *len)
{
	JSValue host = JS_GetPropertyStr(ctx, value, "host");
	struct text text = {0};
	int64_t port = get_int(ctx, value, "port", -1);
	int result = -EINVAL;
	if (JS_IsString(host) && port >= 0 && port <= 65535 && take_text(ctx, host, &text)) {
		if (family == AF_INET) {
			struct sockaddr_in *in = (struct sockaddr_in *)address;
			in->sin_port = htons((uint16_t)port);
			result = inet_pton(AF_INET, text.bytes, &in->sin_addr) == 1 ? 0 : -EINVAL;
			*len = sizeof *in;
		} else {
			struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
			in6->sin6_port = htons((uint16_t)port);
			in6->sin6_scope_id = (uint32_t)get_int(ctx, value, "scope", 0);
			result = inet_pton(AF_INET6, text.bytes, &in6->sin6_addr) == 1 ? 0 : -EINVAL;
			*len = sizeof *in6;
		}
	}
	free_text(ctx, &text);
	JS_FreeValue(ctx, host);
	return result;
}

static int take_family(JSContext *ctx, JSValueConst value)
{
	static const struct {
		const char *word;
		int family;
	} families[] = {{"inet", AF_INET},
			{"inet6", AF_INET6},
			{"unix", AF_UNIX},
			{"vsock", AF_VSOCK},
			{"netlink", AF_NETLINK}};
	JSValue word = JS_GetPropertyStr(ctx, value, "family");
	struct text text = {0};
	int family = -1;
	if (JS_IsString(word) && take_text(ctx, word, &text)) {
		for (int i = 0; i < ARRAY_LEN(families); i++) {
			if (strcmp(families[i].word, text.bytes) == 0)
				family = families[i].family;
		}
	}
	free_text(ctx, &text);
	JS_FreeValue(ctx, word);
	return family;
}

int take_address(JSContext *ctx, JSValueConst value, struct sockaddr_storage *address, socklen_t *len)
{
	memset(address, 0, sizeof *address);
	if (!JS_IsObject(value))
		return -EINVAL;
	int family = take_family(ctx, value);
	if (family < 0)
		return -EINVAL;
	address->ss_family = (sa_family_t)family;
	switch (family) {
	case AF_UNIX:
		return take_unix(ctx, value, (struct sockaddr_un *)address, len);
	case AF_VSOCK: {
		struct sockaddr_vm *vm = (struct sockaddr_vm *)address;
		vm->svm_cid = (unsigned)get_int(ctx, value, "cid", VMADDR_CID_ANY);
		vm->svm_port = (unsigned)get_int(ctx, value, "port", VMADDR_PORT_ANY);
		*len = sizeof *vm;
		return 0;
	}
	case AF_NETLINK: {
		struct sockaddr_nl *nl = (struct sockaddr_nl *)address;
		nl->nl_pid = (uint32_t)get_int(ctx, value, "pid", 0);
		nl->nl_groups = (uint32_t)get_int(ctx, value, "groups", 0);
		*len = sizeof *nl;
		return 0;
	}
	default:
		return take_inet(ctx, value, family, address, len);
	}
}

JSValue new_address(JSContext *ctx, const struct sockaddr_storage *address, socklen_t len)
{
	char host[INET6_ADDRSTRLEN];
	if (len < sizeof(sa_family_t))
		return JS_NULL;
	JSValue object = JS_NewObject(ctx);
	switch (address->ss_family) {
	case AF_INET: {
		const struct sockaddr_in *in = (const struct sockaddr_in *)address;
		set_text(ctx, object, "family", "inet");
		set_text(ctx, object, "host", inet_ntop(AF_INET, &in->sin_addr, host, sizeof host));
		set_int(ctx, object, "port", ntohs(in->sin_port));
		return object;
	}
	case AF_INET6: {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
		set_text(ctx, object, "family", "inet6");
		set_text(ctx, object, "host", inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host));
		set_int(ctx, object, "port", ntohs(in6->sin6_port));
		set_int(ctx, object, "scope", in6->sin6_scope_id);
		return object;
	}
	case AF_UNIX: {
		char path[sizeof(struct sockaddr_un)] = {0};
		size_t offset = offsetof(struct sockaddr_un, sun_path);
		size_t n = len > offset ? len - offset : 0;
		if (n > sizeof path)
			n = sizeof path;
		memcpy(path, ((const struct sockaddr_un *)address)->sun_path, n);
		if (n > 0 && path[0] == 0)
			path[0] = '@';
		else
			n = strnlen(path, n);
		set_text(ctx, object, "family", "unix");
		set_value(ctx, object, "path", new_text(ctx, path, n));
		return object;
	}
	case AF_VSOCK: {
		const struct sockaddr_vm *vm = (const struct sockaddr_vm *)address;
		set_text(ctx, object, "family", "vsock");
		set_int(ctx, object, "cid", vm->svm_cid);
		set_int(ctx, object, "port", vm->svm_port);
		return object;
	}
	case AF_NETLINK: {
		const struct sockaddr_nl *nl = (const struct sockaddr_nl *)address;
		set_text(ctx, object, "family", "netlink");
		set_int(ctx, object, "pid", nl->nl_pid);
		set_int(ctx, object, "groups", nl->nl_groups);
		return object;
	}
	default:
		JS_FreeValue(ctx, object);
		return JS_NULL;
	}
}
