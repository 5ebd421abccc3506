/** What test/container/fixtures/dumper.c writes about itself. */

/** A socket descriptor's own properties. */
export type DumpedSocket = {
  readonly family: "inet" | "inet6" | "unix" | "netlink" | "other";
  readonly type: "stream" | "dgram" | "seqpacket" | "raw" | "other";
  readonly listening: boolean;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly keepAlive: boolean;
  readonly passCredentials: boolean;
  readonly v6only?: boolean;
  /** "127.0.0.1:80", "[::1]:80", "/run/x.sock", "@abstract", null for a family without. */
  readonly address?: string | null;
  readonly peer?: string | null;
};

/** One open descriptor, all but those that the dumper itself opened. */
export type DumpedDescriptor = {
  readonly fd: number;
  readonly link: string;
  readonly access: "read" | "write" | "read-write" | "path";
  readonly nonblock: boolean;
  readonly append: boolean;
  readonly cloexec: boolean;
  readonly socket?: DumpedSocket;
};

/** The whole record. */
export type Dump = {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  readonly groups: readonly number[];
  readonly umask: string;
  readonly nice: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  /** NAME=value in the order found, so that a name given twice is seen twice. */
  readonly environ: readonly string[];
  readonly fds: readonly DumpedDescriptor[];
  /** Signal numbers. */
  readonly blocked: readonly number[];
  readonly ignored: readonly number[];
  /** Soft and hard limit by name: "nofile", "core", …; decimal or "infinity". */
  readonly limits: Readonly<Record<string, readonly [string, string]>>;
  /** Lines of /proc/self/status: CapEff, CapBnd, NoNewPrivs, … */
  readonly status: Readonly<Record<string, string>>;
};

/** A variable of the dumped environment; undefined when it was not set. */
export function variable(dump: Dump, name: string): string | undefined {
  return dump.environ.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
