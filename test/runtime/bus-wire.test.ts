import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeMessage, METHOD_CALL, METHOD_RETURN } from "../../src/base/dbus/message.ts";
import { EAGAIN } from "../../src/host/errno.ts";
import { POLL_IN, POLL_OUT } from "../../src/host/native.ts";
import { openWire, type Wire, type WireHost } from "../../src/runtime/bus/bus-wire.ts";

const call = (member: string, body = "", unixFds = 0) =>
  encodeMessage({
    type: METHOD_CALL,
    serial: 1,
    path: "/",
    member,
    ...(body === "" ? {} : { signature: "s", body: [body] }),
    ...(unixFds === 0 ? {} : { unixFds }),
  });

/** A wire whose other end is the test: greeting "hi\n", then messages. */
function open(onMessage: (member: string, wire: Wire, fds: number[]) => void = () => undefined) {
  let ready = (_: number): void => undefined;
  const arriving: { text: string; fds: number[] }[] = [];
  const state = { sent: "", room: Number.POSITIVE_INFINITY, events: 0, closedFds: [] as number[], why: "" };
  const members: string[] = [];
  const bodies: unknown[] = [];
  const host: WireHost = {
    watch(_, events, callback) {
      state.events = events;
      ready = callback;
      return 0;
    },
    rewatch(_, events) {
      state.events = events;
      return 0;
    },
    unwatch: () => 0,
    close: (fd) => state.closedFds.push(fd),
    sendBytes(_, bytes) {
      const taken = bytes.slice(0, state.room);
      state.room -= taken.length;
      state.sent += taken;
      return taken === "" ? -EAGAIN : taken.length;
    },
    receiveMessageBytes() {
      const next = arriving.shift();
      if (next === undefined) return -EAGAIN;
      return { ...next, pid: 0, uid: 0, gid: 0, truncated: false, from: null };
    },
  };
  const wire = openWire(host, 5, "", {
    greet: (received) =>
      received.startsWith("hi\n")
        ? { answer: "ho\n", taken: 3, outcome: "done" }
        : { answer: "", taken: 0, outcome: received.length > 3 ? "failed" : "more" },
    message(arrived) {
      const { member = "" } = arrived.message;
      members.push(member);
      const body = arrived.body();
      bodies.push(body.ok ? body.value[0] : body.error);
      onMessage(member, wire, arrived.fds);
    },
    closed: (why) => {
      state.why = why;
    },
  });
  return {
    state,
    members,
    bodies,
    wire,
    arrive(text: string, fds: number[] = []) {
      arriving.push({ text, fds });
      if ((state.events & POLL_IN) !== 0 && !state.closedFds.includes(5)) ready(POLL_IN);
    },
    makeRoom(bytes: number) {
      state.room = bytes;
      if ((state.events & POLL_OUT) !== 0) ready(POLL_OUT);
    },
    /** The kernel's buffer still has something for us. */
    readOn() {
      while (arriving.length > 0 && (state.events & POLL_IN) !== 0) ready(POLL_IN);
    },
  };
}

const reply = { type: METHOD_RETURN, replySerial: 1, signature: "s", body: ["x".repeat(100_000)] };

describe("messages", () => {
  test("come in pieces, or several at a time, after the greeting", () => {
    const end = open();
    end.arrive("hi");
    const text = `\n${call("A")}${call("B", "body")}${call("C")}`;
    end.arrive(text.slice(0, 30));
    end.arrive(text.slice(30, text.length - 7));
    expect(end.members).toEqual(["A", "B"]);
    end.arrive(text.slice(-7));
    expect(end.members).toEqual(["A", "B", "C"]);
    expect(end.bodies[1]).toBe("body");
    expect(end.state.sent).toBe("ho\n");
  });

  test("bring descriptors, which are closed unless somebody takes them out", () => {
    const end = open((member, _, fds) => {
      if (member === "Takes") fds.shift();
    });
    end.arrive("hi\n");
    end.arrive(call("Takes", "", 2) + call("Leaves", "", 1), [10, 11, 12]);
    expect(end.state.closedFds).toEqual([11, 12]);
    end.arrive("l", [13]);
    end.wire.close();
    expect(end.state.closedFds).toEqual([11, 12, 13, 5]);
  });

  test("that are too long are passed over, but for who asks what", () => {
    const end = open();
    end.arrive("hi\n");
    const long = call("Long", "y".repeat(3_000_000));
    for (let at = 0; at < long.length; at += 65536) end.arrive(long.slice(at, at + 65536));
    end.arrive(call("Next"));
    expect(end.members).toEqual(["Long", "Next"]);
    expect(end.bodies[0]).toBe("the message is too long");
    expect(end.state.why).toBe("");
  });
});

describe("who doesn't read", () => {
  test("is not listened to for as long", () => {
    const end = open((_, wire) => wire.send(reply));
    end.arrive("hi\n");
    end.makeRoom(0);
    end.arrive(Array.from({ length: 20 }, (_, n) => call(`M${n}`)).join(""));
    const before = end.members.length;
    expect(before).toBeLessThan(5);
    expect(end.state.events).toBe(POLL_OUT);
    for (let i = 0; i < 20; i++) end.makeRoom(150_000);
    end.makeRoom(Number.POSITIVE_INFINITY);
    expect(end.members).toHaveLength(20);
    expect(end.state.events).toBe(POLL_IN);
  });

  test("is hung up on in the end", () => {
    const end = open();
    end.arrive("hi\n");
    end.makeRoom(0);
    for (let i = 0; i < 50 && end.state.why === ""; i++) end.wire.send(reply);
    expect(end.state.why).toBe("it does not read");
    expect(end.state.closedFds).toEqual([5]);
    expect(end.wire.send(reply)).toBeGreaterThan(0);
  });
});

test.each([
  ["what is no greeting", ["GET / HTTP/1.0\r\n\r\n"], "it does not know us, or we don't know it"],
  ["what is no message", ["hi\n", "GET / HTTP/1.0\r\n\r\n"], "it sends what is no message"],
  ["its end", ["hi\n", ""], "it is gone"],
])("%s ends it", (_, texts, why) => {
  const end = open();
  for (const text of texts) end.arrive(text);
  expect(end.state.why).toBe(why);
});

test("whatever comes, it is survived", () => {
  const valid = call("A", "body", 1) + call("B");
  const piece = fc.oneof(
    fc.constant(valid),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => String.fromCharCode(...bytes)),
    fc.nat(valid.length).map((cut) => valid.slice(0, cut)),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(300)), (pieces, cuts) => {
      const end = open((_, wire) => wire.send({ ...reply, body: ["short"] }));
      end.arrive("hi\n");
      let rest = pieces.join("");
      for (const cut of cuts) {
        if (rest !== "") end.arrive(rest.slice(0, cut) || rest, [20]);
        rest = rest.slice(cut);
      }
      end.wire.close();
      // Each descriptor that came was closed, and ours too.
      expect(end.state.closedFds.filter((fd) => fd === 5)).toHaveLength(1);
    }),
  );
});
