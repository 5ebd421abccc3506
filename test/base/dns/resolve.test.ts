import { describe, expect, it } from "vitest";
import { TYPE_A, TYPE_AAAA, TYPE_CNAME } from "../../../src/base/dns/message.ts";
import { type DnsTransport, type Exchange, resolveHost } from "../../../src/base/dns/resolve.ts";
import { encodeResponse, record, wireName } from "./response.ts";

type Asked = {
  readonly server: string;
  readonly protocol: string;
  readonly name: string;
  readonly type: number;
};
/** Messages that come back for a question; none: silence. */
type Server = (asked: Asked, id: number) => readonly string[];

const nameAndType = (message: string): { name: string; type: number } => {
  const labels: string[] = [];
  let at = 12;
  while (message.charCodeAt(at) !== 0) {
    const length = message.charCodeAt(at);
    labels.push(message.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: (message.charCodeAt(at + 1) << 8) | message.charCodeAt(at + 2) };
};

function network(
  files: { hosts?: string; conf?: string },
  server: Server,
): { transport: DnsTransport; asked: Asked[] } {
  const asked: Asked[] = [];
  let lastId = 100;
  const transport: DnsTransport = {
    readFile: (path) => (path === "/etc/hosts" ? files.hosts : files.conf) ?? "",
    randomId: () => ++lastId,
    exchange: async ({ server: { host }, protocol, message, accept }: Exchange) => {
      const question = { server: host, protocol, ...nameAndType(message) };
      asked.push(question);
      const id = (message.charCodeAt(0) << 8) | message.charCodeAt(1);
      return server(question, id).some(accept);
    },
  };
  return { transport, asked };
}

const address = (asked: Asked, id: number, data: string): string =>
  encodeResponse({ id, question: asked, answers: [record(wireName(asked.name), asked.type, data)] });
const failure = (asked: Asked, id: number, rcode: number): string =>
  encodeResponse({ id, question: asked, flags: 0x8180 | rcode });
const silent: Server = () => [];
const absent: Server = (asked, id) => [failure(asked, id, 3)];

/** Knows one name with an IPv4 address. */
const knows =
  (name: string, data = "\xc0\0\x02\x01"): Server =>
  (asked, id) => {
    if (asked.name !== name) return absent(asked, id);
    return [asked.type === TYPE_A ? address(asked, id, data) : encodeResponse({ id, question: asked })];
  };

const conf = "nameserver 10.0.0.1\nnameserver 10.0.0.2\n";

describe("without a server", () => {
  it.each([
    ["127.0.0.1", ["127.0.0.1"]],
    ["2001:db8::1", ["2001:db8::1"]],
    ["localhost", ["127.0.0.1", "::1"]],
    ["db.localhost.", ["127.0.0.1", "::1"]],
  ])("knows %s", async (name, addresses) => {
    const { transport, asked } = network({}, silent);
    expect(await resolveHost(transport, name)).toEqual({ ok: true, value: addresses });
    expect(asked).toEqual([]);
  });

  it("reads /etc/hosts: any case, aliases, comments, several lines for a name", async () => {
    const hosts =
      "# x\n192.0.2.1 Alpha db # db2\nnonsense db\n::1 localhost\n2001:db8::2\tDB.\n192.0.2.1 db\n";
    const { transport } = network({ hosts }, silent);
    expect(await resolveHost(transport, "dB")).toEqual({ ok: true, value: ["192.0.2.1", "2001:db8::2"] });
  });

  it("lets /etc/hosts say what localhost is", async () => {
    const { transport } = network({ hosts: "127.0.0.9 localhost\n" }, silent);
    expect(await resolveHost(transport, "localhost")).toEqual({ ok: true, value: ["127.0.0.9"] });
  });

  it.each(["", "a b", "a..b", "1.2.3.4:5"])("refuses %j without asking anybody", async (name) => {
    const { transport, asked } = network({ conf }, silent);
    expect(await resolveHost(transport, name)).toMatchObject({ ok: false, error: { kind: "invalid" } });
    expect(asked).toEqual([]);
  });
});

describe("with servers", () => {
  it("gives IPv4 addresses before IPv6 ones, through aliases", async () => {
    const { transport } = network({ conf }, (asked, id) => {
      const data = asked.type === TYPE_A ? "\xc0\0\x02\x01" : `\x20\x01${"\0".repeat(13)}\x01`;
      const answers = [
        record(wireName("www.x"), TYPE_CNAME, wireName("y")),
        record(wireName("y"), asked.type, data),
      ];
      return [encodeResponse({ id, question: asked, answers })];
    });
    expect(await resolveHost(transport, "www.x")).toEqual({ ok: true, value: ["192.0.2.1", "2001::1"] });
  });

  it("asks the next server when one is silent or fails, and the first again after the last", async () => {
    const { transport, asked } = network({ conf }, (question, id) => {
      if (question.server === "10.0.0.2") return [failure(question, id, 2)];
      return asked.filter(({ type }) => type === question.type).length > 2 ? knows("a.b")(question, id) : [];
    });
    expect(await resolveHost(transport, "a.b")).toEqual({ ok: true, value: ["192.0.2.1"] });
    const servers = asked.filter(({ type }) => type === TYPE_A).map(({ server }) => server);
    expect(servers).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.1"]);
  });

  it("says that nobody could be asked, after as many attempts as the file says", async () => {
    const { transport, asked } = network({ conf: `${conf}options attempts:3\n` }, silent);
    expect(await resolveHost(transport, "a.b")).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    expect(asked.filter(({ type }) => type === TYPE_AAAA)).toHaveLength(6);
  });

  it("says that a name does not exist", async () => {
    const { transport } = network({ conf }, absent);
    expect(await resolveHost(transport, "a.b")).toMatchObject({ ok: false, error: { kind: "not-found" } });
  });

  it("goes through the search list first for a name with few dots, last for one with many", async () => {
    const search = `${conf}search one.test two.test\noptions ndots:2\n`;
    const order = async (name: string): Promise<string[]> => {
      const { transport, asked } = network({ conf: search }, absent);
      await resolveHost(transport, name);
      return asked.filter(({ type }) => type === TYPE_A).map((question) => question.name);
    };
    expect(await order("db")).toEqual(["db.one.test", "db.two.test", "db"]);
    expect(await order("a.b.c")).toEqual(["a.b.c", "a.b.c.one.test", "a.b.c.two.test"]);
    expect(await order("db.")).toEqual(["db"]);
  });

  it("asks again by TCP when the answer was cut", async () => {
    const { transport, asked } = network({ conf }, (question, id) => {
      if (question.protocol === "tcp") return knows("a.b")(question, id);
      return [encodeResponse({ id, question, flags: 0x8380 })];
    });
    expect(await resolveHost(transport, "a.b")).toEqual({ ok: true, value: ["192.0.2.1"] });
    expect(asked.filter(({ type }) => type === TYPE_A).map(({ protocol }) => protocol)).toEqual([
      "udp",
      "tcp",
    ]);
  });

  it("passes over what answers another question, another id, or nothing sensible", async () => {
    const { transport } = network({ conf }, (question, id) => [
      "junk",
      address({ ...question, name: "evil.test" }, id, "\x06\x06\x06\x06"),
      address(question, id ^ 1, "\x06\x06\x06\x06"),
      ...knows("a.b")(question, id),
    ]);
    expect(await resolveHost(transport, "a.b")).toEqual({ ok: true, value: ["192.0.2.1"] });
  });

  it("asks with a different id each time", async () => {
    const ids = new Set<number>();
    const { transport } = network({ conf }, (question, id) => {
      ids.add(id);
      return absent(question, id);
    });
    await resolveHost(transport, "a.b");
    expect(ids.size).toBe(2);
  });

  it("asks the server on this machine where no file names one", async () => {
    const { transport, asked } = network(
      { conf: "nameserver nonsense\n# nameserver 1.1.1.1\n" },
      knows("a.b"),
    );
    await resolveHost(transport, "a.b");
    expect(new Set(asked.map(({ server }) => server))).toEqual(new Set(["127.0.0.1"]));
  });
});
