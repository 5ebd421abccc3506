/**
 * Checks of the C host, run inside it: `dist/usher-test --script` with this file bundled (see host.test.ts). Prints one
 * line a check: "ok NAME" or "not ok NAME: why". Each check cleans up after itself and leaves no descriptor open.
 */
import { type CaptureSink, native, POLL_IN, type SpawnRequest } from "../../src/host/native.ts";

const directory = `/tmp/usher-host-checks.${native.pid}`;
const utf8 = "grüße €😀";

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function same(actual: unknown, expected: unknown, what = "value"): void {
  if (show(actual) !== show(expected))
    throw new Error(`${what} is ${show(actual)}, expected ${show(expected)}`);
}

function number(value: number | object | string): number {
  if (typeof value !== "number" || value < 0) throw new Error(`expected success, got ${show(value)}`);
  return value;
}

function data<T>(value: T | number): T {
  if (typeof value === "number") throw new Error(`expected data, got ${value}`);
  return value;
}

/** Runs the loop until `done` says so; a check that hangs is ended by the test that runs this. */
function runUntil(done: () => boolean): void {
  const poll = (): void => {
    if (done()) native.stop();
    else native.setTimer(native.monotonic() + 1000);
  };
  native.onTimer(poll);
  native.setTimer(native.monotonic() + 1);
  native.run();
  native.setTimer(0);
}

const dead = new Map<number, readonly [number, number]>();
native.onSignal((signal) => {
  if (signal === 17) native.reap((pid, code, status) => void dead.set(pid, [code, status]));
});

function spawn(request: Partial<SpawnRequest> & { readonly argv: readonly string[] }): number {
  const result = native.spawn({
    file: request.argv[0] ?? "",
    env: ["PATH=/usr/bin:/bin"],
    fds: [-1, -1, -1],
    ...request,
  });
  return number(result.pid);
}

/** Standard output and exit code of a shell command. */
function shell(command: string, more: Partial<SpawnRequest> = {}): { text: string; status: number } {
  const [read, write] = data(native.pipe());
  const fds = [...(more.fds ?? [-1, -1, -1])];
  fds[1] = write;
  const pid = spawn({ ...more, argv: ["/bin/sh", "-c", command], fds });
  native.close(write);
  let text = "";
  let open = true;
  number(
    native.watch(read, POLL_IN, () => {
      const part = native.receive(read, 65536);
      if (typeof part === "number" || part === "") {
        open = false;
        native.close(read);
      } else {
        text += part;
      }
    }),
  );
  runUntil(() => !open && dead.has(pid));
  return { text, status: dead.get(pid)?.[1] ?? -1 };
}

function sink(more: Partial<CaptureSink> = {}): CaptureSink {
  return {
    tag: 7,
    pid: 42,
    stream: 0,
    before: ["a", "b", "c", "d", "e", "f", "g", "h"],
    after: "",
    suffix: "\n",
    json: true,
    timeFormat: "none",
    priority: 6,
    parsePrefix: true,
    ringPriorityMax: 7,
    ...more,
  };
}

/** What the framer makes of some bytes: the ring's entries. */
function frame(bytes: string, more: Partial<CaptureSink> = {}): [number, string][] {
  const [read, write] = data(native.pipe());
  const before = native.ringLastSeq();
  let ended = false;
  native.onCaptureEnd((fd, tag) => {
    same([fd, tag], [read, 7], "ended capture");
    ended = true;
  });
  same(native.captureStart(read, sink(more)), 0);
  native.setNonblock(write, true);
  let rest = bytes;
  runUntil(() => {
    const n = rest === "" ? 0 : native.sendBytes(write, rest);
    if (n > 0) rest = rest.slice(n);
    if (rest !== "") return false;
    native.close(write);
    return true;
  });
  runUntil(() => ended);
  return native.ringRead(before, 7, 10000).map((entry) => [entry.priority, entry.text]);
}

const checks: Record<string, () => void> = {
  "bytecode: what stays is used where it lies in the file"() {
    const { copiedBytecode } = native as unknown as { copiedBytecode(): number };
    const before = copiedBytecode();
    native.loadBlob("manager");
    same(copiedBytecode() - before, 0, "bytes copied");
    native.loadBlob("control");
    if (copiedBytecode() === before) throw new Error("what is counted is not what is copied");
  },
  "failures: a stack has files and lines of the source"() {
    const { main } = native.loadBlob("manager") as { main(early: unknown): void };
    try {
      main(null);
    } catch (error) {
      const stack = native.explainStack((error as Error).stack ?? "");
      if (/\(src\/runtime\/boot\/init\.ts:\d+\)\n.*\(src\/manager\.ts:\d+\)/.test(stack)) return;
      throw new Error(`the stack is ${stack}`, { cause: error });
    }
    throw new Error("nothing failed");
  },

  "text survives the round trip, bytes that aren't UTF-8 too"() {
    const path = `${directory}/\udcff-${utf8}`;
    same(native.writeFile(path, `x\udc80\udcfe${utf8}`, 0o644), 0);
    same(native.readFile(path, 1000), `x\udc80\udcfe${utf8}`);
    same(data(native.listDirectory(directory)), [{ name: `\udcff-${utf8}`, kind: "file" }]);
    same(data(native.stat(path)).size, 2 + 1 + 15);
    same(native.unlink(path), 0);
  },
  "files: limits, tail, replace, append, errors"() {
    const path = `${directory}/file`;
    same(native.readFile(path, 10), -2);
    same(native.replaceFile(path, "0123456789", 0o640), 0);
    same(data(native.stat(path)).mode, 0o640);
    same(native.readFile(path, 9), -27);
    same(native.readFile(path, 10), "0123456789");
    same(native.readFileTail(path, 3), "789");
    same(native.appendFile(path, "X", 0o600), 0);
    same(native.readFile(path, 100), "0123456789X");
    same(native.symlink("file", `${directory}/link`), 0);
    same(native.readlink(`${directory}/link`), "file");
    same(native.realpath(`${directory}/link`), path);
    same(data(native.lstat(`${directory}/link`)).kind, "link");
    same(native.access(path, 4), 0);
    same(native.readFile(`${directory}\0/file`, 10), -2, "a path with a NUL");
    same(native.removeTree(directory), 0);
    same(native.mkdir(directory, 0o700), 0);
  },
  "a tree is removed without following links"() {
    native.mkdir(`${directory}/keep`, 0o755);
    native.writeFile(`${directory}/keep/file`, "x", 0o644);
    native.mkdir(`${directory}/gone`, 0o755);
    native.mkdir(`${directory}/gone/deep`, 0o755);
    native.symlink("../keep", `${directory}/gone/link`);
    native.mkfifo(`${directory}/gone/fifo`, 0o600);
    same(native.removeTree(`${directory}/gone`), 0);
    same(native.stat(`${directory}/gone`), -2);
    same(native.readFile(`${directory}/keep/file`, 10), "x");
    same(native.removeTree("/"), -22);
    native.removeTree(`${directory}/keep`);
  },
  "a child gets its own pid in the variables asked for"() {
    const { text } = shell('echo "$LISTEN_PID $$ $A"', { env: ["A=1"], pidEnv: ["LISTEN_PID"] });
    const [listenPid, pid, a] = text.trim().split(" ");
    same([listenPid, a], [pid, "1"]);
  },
  "a child has exactly the descriptors asked for, in their places"() {
    const [read, write] = data(native.pipe());
    const { text } = shell(
      "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) ->.*/\\1/p' | sort -n | tr '\\n' ' '",
      {
        fds: [-1, -1, -1, write, read],
      },
    );
    native.close(read);
    native.close(write);
    // 5 is the directory that ls itself reads.
    same(text.trim(), "0 1 2 3 4 5");
  },
  "a child of many descriptors has exactly its own, and leaves the others alone"() {
    const many = Array.from({ length: 300 }, (_, i) => number(native.memfd("many", String(i))));
    const last = many.length - 1;
    const list = "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) ->.*/\\1/p' | sort -n | tr '\\n' ' '";
    for (let times = 0; times < 2; times++) {
      const fds = [-1, -1, -1, many[last] ?? -1, many[0] ?? -1];
      const { text } = shell(`cat /proc/self/fd/3; echo; cat /proc/self/fd/4; echo; ${list}`, { fds });
      same(text.trim(), `${last}\n0\n0 1 2 3 4 5`);
    }
    same(native.readFile(`/proc/self/fd/${many[last]}`, 10), String(last), "what the child had been given");
    const { status } = shell("exit 7", { fds: [-1, -1, -1, many[last] ?? -1, 9999] });
    same(status, 202, "a descriptor that is not there");
    for (const fd of many) native.close(fd);
  },
  "descriptors that stand in each other's place are swapped"() {
    const a = number(native.memfd("a", "first"));
    const b = number(native.memfd("b", "second"));
    const fds: number[] = [-1, -1, -1];
    while (fds.length < Math.max(a, b) + 1) fds.push(-1);
    fds[a] = b;
    fds[b] = a;
    const { text } = shell(`cat /proc/self/fd/${a}; echo; cat /proc/self/fd/${b}`, { fds });
    same(text, "second\nfirst");
    native.close(a);
    native.close(b);
  },
  "a failing step says which, and its child ends with systemd's status"() {
    const cases: [Partial<SpawnRequest>, number, string, number][] = [
      [{ file: "/nonexistent" }, 203, "exec", 2],
      [{ cwd: "/nonexistent" }, 200, "chdir", 2],
      [{ chroot: "/nonexistent" }, 210, "chroot", 2],
      [{ fds: [-1, 999, -1] }, 209, "stdout", 9],
      [{ cgroupProcs: "/nonexistent" }, 219, "cgroup", 2],
      [{ opens: [{ slot: 0, path: "/nonexistent/x", flags: 0, mode: 0 }] }, 208, "stdin", 2],
    ];
    for (const alwaysFork of [false, true]) {
      for (const [request, stage, step, errno] of cases) {
        let told: unknown;
        native.onSpawned((pid, toldStage, toldStep, toldErrno) => {
          told = [pid, toldStage, toldStep, toldErrno];
        });
        const result = native.spawn({
          file: "/bin/true",
          argv: ["true"],
          env: [],
          fds: [-1, -1, -1],
          alwaysFork,
          ...request,
        });
        number(result.pid);
        if (result.pending) runUntil(() => told !== undefined);
        else told = [result.pid, result.stage, result.step, result.errno];
        same(told, [result.pid, stage, step, errno]);
        runUntil(() => dead.has(result.pid));
        same(dead.get(result.pid), [1, stage], `end of the child that failed at ${step}`);
      }
    }
  },
  "session, group, umask, nice, limits, directory, no-new-privileges"() {
    const { text } = shell(
      "umask; nice; ulimit -n; pwd; grep NoNewPrivs /proc/self/status | tr -d '\\n\\tA-Za-z:'; echo; cut -d' ' -f6 /proc/$$/stat; echo $$",
      { umask: 0o27, nice: 5, limits: [[7, 123, 456]], cwd: "/usr", noNewPrivileges: true },
    );
    const lines = text.trim().split("\n");
    same(lines.slice(0, 5), ["0027", "5", "123", "/usr", "1"]);
    same(lines[5], lines[6], "session");
  },
  "signals are default and unblocked in a child, SIGPIPE is ignored or not as asked"() {
    const script = "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -s '\\t' ' '";
    same(shell(script).text, "SigBlk: 0000000000000000\nSigIgn: 0000000000001000\n");
    same(
      shell(script, { ignoreSigpipe: false }).text,
      "SigBlk: 0000000000000000\nSigIgn: 0000000000000000\n",
    );
  },
  "user, groups and capabilities change"() {
    if (native.identity().euid !== 0) return;
    const { text } = shell(
      "id -u; id -g; id -G; grep -E 'CapEff|CapBnd|CapAmb' /proc/self/status | tr -s '\\t' ' '",
      {
        uid: 1234,
        gid: 2345,
        groups: [2345, 3456],
        capBounding: "400",
        capAmbient: "400",
      },
    );
    same(text.trim().split("\n"), [
      "1234",
      "2345",
      "2345 3456",
      "CapEff: 0000000000000400",
      "CapBnd: 0000000000000400",
      "CapAmb: 0000000000000400",
    ]);
    // And nothing of it stuck to us.
    same(native.identity().euid, 0);
    same(typeof native.readFile("/proc/self/environ", 1 << 20), "string");
  },
  "an environment of another user's process is readable"() {
    const pid = spawn({
      argv: ["/bin/sleep", "100"],
      env: ["INVOCATION_ID=abc"],
      ...(native.identity().euid === 0 ? { uid: 1234, gid: 1234 } : {}),
    });
    // exec lets the parent go on before the new program's environment is in place.
    runUntil(() => native.processHasEnv(pid, "INVOCATION_ID=abc") === 1);
    same(native.processHasEnv(pid, "INVOCATION_ID=ab"), 0);
    same(native.processArgv(pid), ["/bin/sleep", "100"]);
    const all = data(native.processes());
    same(all.length % 6, 0);
    const at = all.findIndex((value, index) => index % 6 === 0 && value === pid);
    same(all[at + 1], native.pid, "parent");
    same(all.slice(at, at + 6), data(native.process(pid)), "the same by itself");
    const strangers = data(native.strangers()).filter((_, index) => index % 6 === 0);
    same(
      [strangers.includes(pid), strangers.includes(native.pid)],
      [false, false],
      "spawned here, and itself",
    );
    same(native.kill(pid, 9), 0);
    runUntil(() => dead.has(pid));
    same(dead.get(pid), [2, 9]);
    same([native.kill(0, 15), native.kill(-1, 15)], [-22, -22]);
  },
  "sockets: names, options, credentials"() {
    const listener = number(native.socket(2, 1, 0));
    same(native.setOption(listener, 1, 2, 1), 0);
    same(native.bind(listener, { family: "inet", host: "127.0.0.1", port: 0 }), 0);
    same(native.listen(listener, 10), 0);
    const name = data(native.localAddress(listener));
    same(native.socketInfo(listener), { domain: 2, type: 1, protocol: 6, listening: true });
    const client = number(native.socket(2, 1, 0));
    same(native.connect(client, name), 0);
    const server = number(native.accept(listener, true));
    same(native.peerAddress(server), data(native.localAddress(client)));
    same(native.receive(server, 10), -11);
    same(native.send(client, utf8), 15);
    same(native.receive(server, 100), utf8);
    same(native.sendBytes(server, "\x00\xff\x80"), 3);
    same(native.receiveBytes(client, 100), "\x00\xff\x80");
    same(native.getFlags(server) & 0o4000, 0o4000);
    for (const fd of [listener, client, server]) same(native.close(fd), 0);
    same(native.bind(0, { family: "inet", host: "localhost", port: 1 }), -22);
    same(native.socketInfo(0), null);
    const six = number(native.socket(10, 1, 0));
    // A container may have no IPv6 address.
    const bound = native.bind(six, { family: "inet6", host: "::1", port: 0, scope: 0 });
    if (bound !== -99) same(bound, 0);
    same(Object.keys(data(native.localAddress(six))), ["family", "host", "port", "scope"]);
    native.close(six);
    const abstract = number(native.socket(1, 1, 0));
    same(native.bind(abstract, { family: "unix", path: `@usher-check-${native.pid}` }), 0);
    same(native.localAddress(abstract), { family: "unix", path: `@usher-check-${native.pid}` });
    native.close(abstract);
    const [a, b] = data(native.socketpair(1, 1));
    same(data(native.peerCredentials(a)).pid, native.pid);
    same(native.peerAddress(a), { family: "unix", path: "" });
    native.close(a);
    native.close(b);
  },
  "a datagram brings credentials and descriptors, which are close-on-exec"() {
    const [a, b] = data(native.socketpair(1, 2));
    same(native.setOption(b, 1, 16, 1), 0);
    const file = number(native.memfd("passed", "hello"));
    same(native.sendMessage(a, "READY=1", null, [file, file], 0), 7);
    const message = data(native.receiveMessage(b, 4096));
    same(
      [message.text, message.pid, message.uid, message.truncated],
      ["READY=1", native.pid, native.identity().uid, false],
    );
    same(message.fds.length, 2);
    const passed = message.fds[0] ?? -1;
    same(native.seek(passed, 0), 0);
    same(native.receive(passed, 10), "hello");
    same(shell(`ls /proc/self/fd/${passed} 2>/dev/null | wc -l`).text.trim(), "0");
    for (const fd of [a, b, file, ...message.fds]) same(native.close(fd), 0);
  },
  "a stream brings bytes and descriptors, and its end"() {
    const [a, b] = data(native.socketpair(1, 1));
    same(native.sendMessage(a, "\u00e9", null, [a], 0), 2);
    native.close(a);
    const message = data(native.receiveMessageBytes(b, 4096));
    same([message.text, message.fds.length, message.truncated], ["\u00c3\u00a9", 1, false]);
    for (const fd of message.fds) same(native.close(fd), 0);
    same(data(native.receiveMessageBytes(b, 4096)).text, "");
    same(native.close(b), 0);
  },
  "lines: priorities, cutting, leftovers, bytes that aren't UTF-8"() {
    same(frame("<3>bad\nplain\n\n<30>daemon\n<x>y\r\nrest"), [
      [3, "bad"],
      [6, "plain"],
      [6, "<30>daemon"],
      [6, "<x>y"],
      [6, "rest"],
    ]);
    same(frame("<3>x\n", { parsePrefix: false, ringPriorityMax: 6 }), [[6, "<3>x"]]);
    same(frame("<7>debug\n<4>warn\n", { ringPriorityMax: 4 }), [[4, "warn"]]);
    same(frame("a\xffb\n"), [[6, "a\udcffb"]]);
    const long = frame(`<4>${"x".repeat(100_000)}\nnext\n`);
    same(
      long.map(([priority, text]) => [priority, text.length]),
      [
        [4, 48 * 1024 - 3],
        [4, 48 * 1024],
        [4, 100_000 - 96 * 1024 + 3],
        [6, 4],
      ],
    );
    const many = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
    same(
      frame(`${many.join("\n")}\n`).map(([, text]) => text),
      many,
    );
    same(
      frame("1\n2\n3\n4\n", { rateBurst: 2, rateIntervalUsec: 60_000_000 }).map(([, text]) => text),
      ["1", "2", "Suppressed 2 messages"],
    );
  },
  "lines become JSON or harmless text"() {
    const [read, write] = data(native.pipe());
    const code = [
      "const n=usherNative;const [r,w]=n.pipe();",
      "const s=(json,t)=>({tag:1,pid:2,stream:1,before:['','','','','','','P ',''],after:'|',suffix:'|\\n',json,timeFormat:t,priority:6,parsePrefix:false,ringPriorityMax:-1});",
      "n.captureStart(r,s(true,'none'));",
      "n.sendBytes(w,'q\"b\\\\ t\\tc\\x01\\xff\\xe2\\x82\\xac\\n');n.captureUpdate;",
      "n.onTimer(()=>{n.captureUpdate(r,s(false,'none'));n.sendBytes(w,'\\x1b[31mred\\x1b[2J\\x7f\\n');n.close(w)});",
      "n.setTimer(n.monotonic()+20000);n.onCaptureEnd(()=>n.stop());n.run();n.exit(0);",
    ].join("");
    same(native.writeFile(`${directory}/s.js`, code, 0o644), 0);
    const pid = spawn({
      argv: ["/proc/self/exe", "--script", `${directory}/s.js`],
      file: String(native.processExe(native.pid)),
      fds: [-1, write, 2],
    });
    native.close(write);
    let text = "";
    let open = true;
    native.watch(read, POLL_IN, () => {
      const part = native.receive(read, 4096);
      if (typeof part === "number" || part === "") {
        open = false;
        native.close(read);
      } else text += part;
    });
    runUntil(() => !open && dead.has(pid));
    same(text.split("\n"), ['P |q\\"b\\\\ t\\tc\\u0001\ufffd€|', "P |\x1b[31mred\\x1b[2J\\x7f\x1b[0m|", ""]);
  },
  "the ring is bounded and counts on"() {
    native.setRingLimit(64 * 1024);
    for (let index = 0; index < 2000; index++) native.ringAdd(9, 6, 1, `entry ${index} ${"x".repeat(100)}`);
    const kept = native.ringRead(0, 9, 10000);
    same(kept.length > 200 && kept.length < 600, true, `kept ${kept.length}`);
    same(kept[kept.length - 1]?.seq, native.ringLastSeq());
    same(
      native.ringTail(9, 2).map((entry) => entry.text.slice(0, 10)),
      ["entry 1998", "entry 1999"],
    );
    native.setRingLimit(1 << 20);
  },
  "splicing moves both ways and half-closes"() {
    const [client, a] = data(native.socketpair(1, 1));
    const [b, server] = data(native.socketpair(1, 1));
    let end: unknown;
    number(
      native.splicePair(a, b, (ab, ba, errno) => {
        end = [ab, ba, errno];
      }),
    );
    for (const fd of [client, server]) native.setNonblock(fd, true);
    const payload = "p".repeat(3_000_000);
    let sent = 0;
    let received = 0;
    let answered = "";
    let eof = false;
    runUntil(() => {
      if (sent < payload.length) {
        const n = native.send(client, payload.slice(sent, sent + 200_000));
        if (n > 0) sent += n;
        if (sent === payload.length) same(native.shutdown(client, 1), 0);
      }
      const part = native.receive(server, 1 << 20);
      if (part === "" && !eof) {
        eof = true;
        same(native.send(server, "done"), 4);
        native.shutdown(server, 1);
      } else if (typeof part === "string") received += part.length;
      const answer = native.receive(client, 100);
      if (typeof answer === "string") answered += answer;
      return end !== undefined;
    });
    same([received, answered, end], [3_000_000, "done", [3_000_000, 4, 0]]);
    same(native.spliceCount(), 0);
    native.close(client);
    native.close(server);
  },
  "a callback that throws, loops or recurses is reported and survived"() {
    const errors: string[] = [];
    native.onError((text) => void errors.push(text.split("\n")[0] ?? ""));
    native.setScriptLimits(64 << 20, 0, 50_000);
    const recurse = (depth: number): number => recurse(depth + 1) + 1;
    const steps: (() => void)[] = [
      () => {
        throw new Error("thrown");
      },
      () => {
        for (;;);
      },
      () => void recurse(0),
      () => void Promise.reject(new Error("rejected")),
      () => void /^(a+)+$/.test(`${"a".repeat(40)}b`),
      () => {
        const hog: string[] = [];
        for (;;) hog.push("x".repeat(1 << 20).concat(String(hog.length)));
      },
    ];
    let next = 0;
    native.onTimer(() => {
      native.setTimer(native.monotonic() + 1);
      const step = steps[next++];
      if (step === undefined) native.stop();
      else step();
    });
    native.setTimer(native.monotonic() + 1);
    native.run();
    native.setTimer(0);
    native.setScriptLimits(0, 0, 2_000_000);
    native.onError((text) => native.writeOut(2, `${text}\n`));
    same(errors, [
      "Error: thrown",
      "InternalError: interrupted",
      "InternalError: stack overflow",
      "Error: rejected",
      "InternalError: interrupted",
      "InternalError: out of memory",
    ]);
  },
  "a watcher of a closed descriptor is gone, its number can be watched anew"() {
    const [read, write] = data(native.pipe());
    number(native.watch(read, POLL_IN, () => undefined));
    same(
      native.watch(read, POLL_IN, () => undefined),
      -17,
    );
    same(native.close(read), 0);
    native.close(write);
    const [again, other] = data(native.pipe());
    same(again, read);
    let seen = 0;
    number(
      native.watch(again, POLL_IN, () => {
        seen++;
        native.unwatch(again);
      }),
    );
    native.send(other, "x");
    runUntil(() => seen > 0);
    same(seen, 1);
    native.close(again);
    native.close(other);
  },
  "inotify tells of a new file"() {
    const fd = number(native.inotifyInit());
    const watch = number(native.inotifyAdd(fd, directory, 0x100));
    native.writeFile(`${directory}/new`, "", 0o600);
    same(native.inotifyRead(fd), [watch, 0x100, "new"]);
    same(native.inotifyRead(fd), -11);
    native.close(fd);
    native.unlink(`${directory}/new`);
  },
  "orphans in thousands are reaped"() {
    if (native.setSubreaper(true) < 0) throw new Error("no subreaper");
    const before = dead.size;
    const script = "i=0; while [ $i -lt 1500 ]; do (exit 3 &) ; i=$((i+1)); done";
    const pid = spawn({ argv: ["/bin/sh", "-c", script] });
    runUntil(() => dead.has(pid) && dead.size - before >= 1501);
    same(dead.size - before, 1501);
  },
};

function openDescriptors(): string {
  return data(native.listDirectory("/proc/self/fd"))
    .map((entry) => entry.name)
    .join(" ");
}

native.onError((text) => native.writeOut(2, `${text}\n`));
same(native.mkdir(directory, 0o700), 0);
const wanted = native.argv[3];
// What is opened once and kept (output, the timer, places for a child's descriptors) is opened before these are counted.
native.writeOut(1, "");
native.writeOut(2, "");
const several = Array.from({ length: 20 }, () => number(native.memfd("several", "")));
shell("exit 0", { fds: [-1, -1, -1, several.at(-1) ?? -1] });
for (const fd of several) native.close(fd);
let failures = 0;
for (const [name, check] of Object.entries(checks)) {
  if (wanted !== undefined && !name.includes(wanted)) continue;
  const before = openDescriptors();
  try {
    check();
    same(openDescriptors(), before, "open descriptors");
    native.writeOut(1, `ok ${name}\n`);
  } catch (error) {
    failures++;
    native.writeOut(
      1,
      `not ok ${name}: ${native.explainStack(`${error}\n${(error as Error).stack ?? ""}`)}\n`,
    );
  }
}
native.removeTree(directory);
native.exit(failures === 0 ? 0 : 1);
