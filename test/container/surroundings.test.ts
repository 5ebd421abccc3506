/** Containers that lack what an init is used to: none of it may stop the boot. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StartOptions } from "./harness/container.ts";
import { isSanitized } from "./harness/sanitized.ts";
import { startUsher } from "./harness/usher.ts";

const install = "[Install]\nWantedBy=multi-user.target\n";

/** Into a container with a read-only root nothing can be copied. */
const mounted = {
  source: join(import.meta.dirname, "cases/surroundings/units"),
  target: "/etc/usher/units",
  mode: "ro",
} as const;

/** For what only a container's engine does to it elsewhere. */
const mayMount = { capAdd: ["SYS_ADMIN"], securityOpt: ["apparmor=unconfined", "seccomp=unconfined"] };

const surroundings: readonly ({ readonly name: string } & StartOptions)[] = [
  { name: "nothing but usher, FROM scratch", image: "usher-test:scratch" },
  { name: "a read-only root", readOnly: true },
  { name: "a read-only root FROM scratch", image: "usher-test:scratch", readOnly: true },
  { name: "a user without a name", user: "12345:54321" },
  { name: "a user without a name, on a read-only root", user: "12345", readOnly: true },
  { name: "a user without a name, FROM scratch", image: "usher-test:scratch", user: "12345" },
  { name: "no capability", capDrop: ["ALL"] },
  { name: "an empty /run of its own", tmpfs: { "/run": "" } },
  {
    name: "a closed standard input",
    entrypoint: ["sh", "-c", "exec /usr/bin/usher <&-"],
  },
  {
    name: "a terminal",
    tty: true,
  },
  {
    name: "no /run",
    entrypoint: ["sh", "-c", "rm -rf /run && exec /usr/bin/usher"],
  },
  {
    name: "a directory that is gone",
    entrypoint: ["sh", "-c", "mkdir /tmp/gone && cd /tmp/gone && rmdir /tmp/gone && exec /usr/bin/usher"],
  },
  {
    name: "signals that were blocked and ignored before",
    entrypoint: [
      "python3",
      "-c",
      'import os, signal\nsignal.pthread_sigmask(signal.SIG_SETMASK, range(1, 65))\nfor s in (1, 2, 15, 17): signal.signal(s, signal.SIG_IGN)\nos.execv("/usr/bin/usher", ["usher"])',
    ],
  },
  {
    name: "a masked /proc",
    ...mayMount,
    entrypoint: ["sh", "-c", "mount -t tmpfs none /proc && exec /usr/bin/usher"],
  },
  {
    name: "no /proc",
    ...mayMount,
    entrypoint: ["sh", "-c", "umount -l /proc && exec /usr/bin/usher"],
  },
  {
    name: "a masked /proc, for a user without a name and without capabilities",
    ...mayMount,
    entrypoint: [
      "sh",
      "-c",
      "mount -t tmpfs none /proc && exec setpriv --reuid=12345 --regid=12345 --clear-groups /usr/bin/usher",
    ],
  },
  {
    name: "a /proc that shows nobody else's processes",
    ...mayMount,
    entrypoint: [
      "sh",
      "-c",
      "mount -o remount,hidepid=2 /proc && exec setpriv --reuid=12345 --regid=12345 --clear-groups /usr/bin/usher",
    ],
  },
  { name: "few descriptors", ulimits: { nofile: { soft: 64, hard: 64 } } },
  { name: "little memory", memoryBytes: 24 * 1024 * 1024 },
  { name: "no network", networkMode: "none" },
];

describe.concurrent("boots and stops in order with", () => {
  test.for(surroundings)("$name", async ({ name, ...options }, context) => {
    context.skip(isSanitized && / \/proc/.test(name), "the sanitizer reads /proc/self/maps before main()");
    const units = options.readOnly === true ? { binds: [mounted] } : { case: "surroundings" };
    const box = await startUsher({ ...options, ...units }, context);
    await box.line(({ text }) => text.includes("here I am"));
    if (options.tty === true) await box.line(({ text }) => text.includes("Startup finished"));
    else await box.booted();
    // Without a network only the boot can be seen from here.
    if (options.networkMode !== "none") expect(await box.request(7001)).toMatch(/^\d+\n$/);
    await box.kill("SIGTERM");
    const { exitCode, sinceKillMs } = await box.exited();
    expect(exitCode).toBe(0);
    expect(sinceKillMs).toBeLessThan(3_000);
  });
});

test("boots, serves and stops with all three streams closed", async () => {
  const box = await startUsher({
    entrypoint: ["sh", "-c", "exec /usr/bin/usher <&- >&- 2>&-"],
    case: "surroundings",
  });
  await box.run("until usherctl is-system-running --wait; do sleep 0.02; done");
  expect(await box.request(7001)).toMatch(/^\d+\n$/);
  await box.kill("SIGTERM");
  expect((await box.exited()).exitCode).toBe(0);
});

describe.concurrent("not being PID 1", () => {
  test("it adopts and reaps orphans, and leaves strangers alone", async (context) => {
    const box = await startUsher(
      {
        entrypoint: ["sh", "-c", "sleep 1000 & /usr/bin/usher; echo ended with $?; kill $!"],
        case: "surroundings",
        units: {
          "orphans.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/orphans 200\n${install}`,
        },
      },
      context,
    );
    await box.booted();
    const processes = await box.processes();
    expect(processes.filter(({ state }) => state.startsWith("Z"))).toEqual([]);
    const usher = processes.find(({ args }) => args === "/usr/bin/usher");
    expect(usher?.pid).toBeGreaterThan(1);
    expect(await box.request(7001)).toMatch(/^\d+\n$/);
    await box.run(`kill -TERM ${usher?.pid}`);
    await box.line(({ text }) => text === "ended with 0");
    // The shell's other child was alive until the shell itself ended it.
    expect((await box.exited()).exitCode).toBe(0);
  });
});

describe("a container that was socket-activated itself", () => {
  /** Binds what somebody outside would have bound, and gives it to usher as sd_listen_fds(3) has it. */
  const activator = (pid: string): string[] => [
    "python3",
    "-c",
    `import os, socket
def tcp(port):
    s = socket.socket(socket.AF_INET); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port)); s.listen(); return s
path = socket.socket(socket.AF_UNIX); path.bind("/tmp/outside.sock"); path.listen()
given = [tcp(9000), tcp(7002), path, tcp(9999)]
moved = [os.dup2(os.dup(s.fileno()), 100 + i) for i, s in enumerate(given)]
for i, fd in enumerate(moved): os.dup2(fd, 3 + i)
os.closerange(7, 200)
os.environ.update(LISTEN_FDS="4", LISTEN_FDNAMES="web:any:/tmp/outside.sock:left", LISTEN_PID=${pid})
os.execv("/usr/bin/usher", ["usher"])
`,
  ];
  const units = {
    "by-name.socket": `[Socket]\nListenStream=7001\nFileDescriptorName=web\nAccept=yes\n${install}`,
    "by-name@.service": "[Service]\nStandardInput=socket\nExecStart=/bin/echo by name\n",
    "by-address.socket": `[Socket]\nListenStream=7002\nListenStream=7003\n${install}`,
    "by-address.service": "[Service]\nExecStart=/opt/fixtures/dumper accept-all\n",
    "by-path.socket": `[Socket]\nListenStream=/tmp/outside.sock\nAccept=yes\n${install}`,
    "by-path@.service": "[Service]\nStandardInput=socket\nExecStart=/bin/echo by path\n",
  };

  test("its socket units take what they are given, by name or address; the rest is closed, and named", async () => {
    const box = await startUsher({ entrypoint: activator("str(os.getpid())"), units });
    await box.booted();
    expect(await box.request(9000)).toBe("by name\n");
    await expect(box.connect(7001)).rejects.toThrow("ECONNREFUSED");
    const inode = await box.run("stat -c %i /tmp/outside.sock");
    expect(
      await box.run(
        "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(\"/tmp/outside.sock\"); print(s.recv(99))'",
      ),
    ).toBe("b'by path\\n'\n");
    expect(await box.run("stat -c %i /tmp/outside.sock")).toBe(inode);
    expect(await box.request(7002)).toMatch(/^\d+\n$/);
    expect(await box.request(7003)).toMatch(/^\d+\n$/);
    expect(await box.run("systemctl list-sockets --no-legend by-address.socket")).toMatch(
      /^0\.0\.0\.0:7002 +by-address\.socket +by-address\.service\n\[::\]:7003 /,
    );
    expect(box.log.text()).toContain(
      "LISTEN_FDS: no socket unit that is up has FileDescriptorName=left or listens on 0.0.0.0:9999: closing descriptor 6",
    );
    await expect(box.connect(9999)).rejects.toThrow("ECONNREFUSED");
  });

  test("what is meant for another process is let be, and no service hears of it", async () => {
    const box = await startUsher({
      entrypoint: activator("'77'"),
      units: {
        ...units,
        "says.service": `[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env | grep -c LISTEN; true'\n${install}`,
      },
    });
    await box.line(({ text }) => text.includes('"unit":"says.service"') && text.includes('"msg":"0"'));
    await box.booted();
    expect(box.log.text()).not.toContain("LISTEN_FDS:");
    expect(await box.request(7001)).toBe("by name\n");
  });
});

describe("descriptors", () => {
  test("PID 1 keeps none of those that it was sent or that came and went", async (context) => {
    const sender = `#!/usr/bin/python3
import array, os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
def send(text, count):
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]
    s.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
    for fd in fds:
        os.close(fd)
for _ in range(20):
    send(b"FDSTORE=1", 3)
    send(b"STATUS=nobody asked for these", 3)
    send(b"garbage", 3)
s.send(b"READY=1")
`;
    const box = await startUsher(
      {
        files: { "/opt/sender": sender },
        units: {
          "sender.service": `[Service]\nType=notify\nRemainAfterExit=yes\nExecStart=/opt/sender\n`,
          "echo.socket": `[Socket]\nListenStream=7001\nAccept=yes\n${install}`,
          "echo@.service": "[Service]\nStandardInput=socket\nExecStart=/bin/cat\n",
        },
      },
      context,
    );
    await box.booted();
    const open = async (): Promise<number> => Number(await box.run("ls /proc/1/fd | wc -l"));
    const before = await open();
    await box.run("systemctl start sender.service");
    for (let count = 0; count < 20; count++) expect(await box.request(7001, "hello")).toBe("hello");
    // The last connections are closed when their instances have been cleared away.
    await expect.poll(open, { timeout: 5_000 }).toBe(before);
  });

  test("a service has 0, 1, 2 and what it was passed, whatever usher itself was given", async (context) => {
    const box = await startUsher(
      {
        entrypoint: ["sh", "-c", "exec 5</etc/hostname 9</etc/passwd /usr/bin/usher"],
        units: {
          "plain.service": `[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper dump /tmp/plain.json\n${install}`,
          "passed.socket": "[Socket]\nListenStream=7001\nListenStream=7002\n",
          "passed.service": `[Unit]\nRequires=passed.socket\nAfter=passed.socket\n[Service]\nType=oneshot\nExecStart=/opt/fixtures/dumper dump /tmp/passed.json\n${install}`,
        },
      },
      context,
    );
    await box.booted();
    const fds = async (name: string): Promise<number[]> =>
      (await box.readJson<{ fds: { fd: number }[] }>(`/tmp/${name}.json`)).fds.map(({ fd }) => fd).sort();
    expect(await fds("plain")).toEqual([0, 1, 2]);
    expect(await fds("passed")).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("beside another init, systemd's directories", () => {
  const units = { "mine.service": `[Service]\nExecStart=/bin/echo mine runs\n${install}` };
  const other = "/etc/systemd/system/other.service";
  const theirs = { [other]: `[Service]\nExecStart=/bin/echo theirs runs\n${install}` };
  const wants = "/etc/systemd/system/multi-user.target.wants";
  const entrypoint = ["sh", "-c", `mkdir -p ${wants} && ln -s ${other} ${wants} && /usr/bin/usher; exit $?`];

  test("count in a container", async (context) => {
    const box = await startUsher({ units, files: theirs, entrypoint }, context);
    await box.line(({ text }) => text.includes("theirs runs"));
  });

  test("are left alone on the machine itself", async (context) => {
    const box = await startUsher({ units, files: theirs, entrypoint, machineNamespaces: true }, context);
    await box.line(({ text }) => text.includes("mine runs"));
    expect((await box.exec(["usherctl", "show", "-p", "LoadState", "other.service"])).stdout).toBe(
      "LoadState=not-found\n",
    );
  });
});
