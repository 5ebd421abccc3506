/**
 * PIDFile= of Type=forking services (systemd.service(5)). The file's parent may not exist yet: then its nearest
 * ancestor is watched, and again the next one as it appears. A pid is believed if its process lives and either
 * belongs to the unit or the file belongs to root, so that a service's user can't make usher signal a stranger.
 */
import { describe } from "../../host/errno.ts";
import { type Native, POLL_IN } from "../../host/native.ts";

const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const MASK = IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;

export interface PidFileAnswer {
  readonly pid: number | null;
  readonly message: string | null;
}

export interface PidFiles {
  read(unit: string, path: string): PidFileAnswer;
  /** Calls `changed` after everything that may have made or changed the file. */
  watch(unit: string, path: string, changed: () => void): void;
  unwatch(unit: string): void;
}

interface Watched {
  readonly path: string;
  readonly changed: () => void;
  watch: number;
}

export function createPidFiles(host: Native, belongs: (unit: string, pid: number) => boolean): PidFiles {
  const watched = new Map<string, Watched>();
  let inotify = -1;

  const arm = (entry: Watched): void => {
    entry.watch = host.inotifyAdd(inotify, nearestDirectory(host, entry.path), MASK);
  };
  const onEvents = (): void => {
    const events = host.inotifyRead(inotify);
    if (typeof events === "number") return;
    for (const entry of [...watched.values()]) {
      arm(entry);
      entry.changed();
    }
  };

  return {
    read: (unit, path) => readPidFile(host, path, (pid) => belongs(unit, pid)),
    watch(unit, path, changed) {
      if (inotify < 0) {
        inotify = host.inotifyInit();
        if (inotify < 0) return;
        host.watch(inotify, POLL_IN, onEvents);
      }
      const entry = { path, changed, watch: -1 };
      watched.set(unit, entry);
      arm(entry);
    },
    unwatch(unit) {
      const entry = watched.get(unit);
      watched.delete(unit);
      if (entry === undefined || entry.watch < 0) return;
      if (![...watched.values()].some((other) => other.watch === entry.watch))
        host.inotifyRemove(inotify, entry.watch);
    },
  };
}

function readPidFile(host: Native, path: string, belongs: (pid: number) => boolean): PidFileAnswer {
  const status = host.stat(path);
  const text = host.readFile(path, 64);
  if (typeof status === "number" || typeof text === "number") {
    return {
      pid: null,
      message: `cannot read ${path}: ${describe(typeof status === "number" ? status : Number(text))}`,
    };
  }
  const pid = /^\s*([0-9]{1,10})\s*$/.exec(text)?.[1];
  if (pid === undefined)
    return { pid: null, message: `${path}: found "${text.trim().slice(0, 40)}", expected a process id` };
  const number = Number(pid);
  if (number === host.pid || host.kill(number, 0) < 0)
    return { pid: null, message: `${path}: no process ${pid} to take over` };
  if (status.uid !== 0 && !belongs(number))
    return { pid: null, message: `${path}: process ${pid} is not of this unit, and the file isn't root's` };
  return { pid: number, message: null };
}

function nearestDirectory(host: Native, path: string): string {
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    const directory = path.slice(0, slash);
    if (host.access(directory, 0) >= 0) return directory;
  }
  return "/";
}
