import { describe, expect, it } from "vitest";
import { parseResolvConf } from "../../../src/base/dns/resolv-conf.ts";

describe("parseResolvConf", () => {
  it("has the C library's defaults", () => {
    expect(parseResolvConf("")).toEqual({
      servers: [{ host: "127.0.0.1", scope: null }],
      search: [],
      ndots: 1,
      timeoutSeconds: 5,
      attempts: 2,
      useTcp: false,
    });
  });

  it("reads what a container engine writes", () => {
    const text =
      "# made by the engine\nnameserver 127.0.0.11\nsearch a.test b.test.\noptions edns0 trust-ad ndots:0\n";
    expect(parseResolvConf(text)).toMatchObject({
      servers: [{ host: "127.0.0.11", scope: null }],
      search: ["a.test", "b.test"],
      ndots: 0,
    });
  });

  it("takes three servers at most, with the interface of a link-local one", () => {
    const text = "nameserver fe80::1%eth0\nnameserver 1.1.1.1\nnameserver ::1\nnameserver 9.9.9.9\n";
    expect(parseResolvConf(text).servers).toEqual([
      { host: "fe80::1", scope: "eth0" },
      { host: "1.1.1.1", scope: null },
      { host: "::1", scope: null },
    ]);
  });

  it("lets the last of domain and search win, and keeps options in their limits", () => {
    const text = "search a.test\ndomain b.test\noptions timeout:99 attempts:0 ndots:77 use-vc timeout:x\n";
    expect(parseResolvConf(text)).toMatchObject({
      search: ["b.test"],
      timeoutSeconds: 30,
      attempts: 1,
      ndots: 15,
      useTcp: true,
    });
  });
});
