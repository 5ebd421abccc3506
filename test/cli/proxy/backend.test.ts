import { describe, expect, it } from "vitest";
import { parseBackend } from "../../../src/cli/proxy/backend.ts";

const services = (): string => "# x\nhttp\t80/tcp\twww\npostgresql 5432/tcp postgres # db\ndomain 53/udp\n";

describe("parseBackend", () => {
  it.each([
    ["/run/x", { kind: "unix", path: "/run/x" }],
    ["@x:1", { kind: "unix", path: "@x:1" }],
    ["localhost", { kind: "host", host: "localhost", port: 80 }],
    ["localhost:5432", { kind: "host", host: "localhost", port: 5432 }],
    ["db:postgres", { kind: "host", host: "db", port: 5432 }],
    ["127.0.0.1:http", { kind: "host", host: "127.0.0.1", port: 80 }],
    ["[::1]:8080", { kind: "host", host: "::1", port: 8080 }],
    ["[::1]", { kind: "host", host: "::1", port: 80 }],
    ["::1:7777", { kind: "host", host: "::1", port: 7777 }],
  ])("reads %s", (text, backend) => {
    expect(parseBackend(text, services)).toEqual({ ok: true, value: backend });
  });

  it.each([
    "",
    ":80",
    "[]:80",
    "localhost:",
    "localhost:0",
    "localhost:65536",
    "localhost:domain",
    `/${"x".repeat(107)}`,
  ])("refuses %s", (text) => {
    expect(parseBackend(text, services).ok).toBe(false);
  });
});
