/**
 * Descriptors that services asked usher to keep over a restart (sd_notify(3), FDSTORE=1; systemd.service(5),
 * FileDescriptorStoreMax=). A stored descriptor that hangs up is dropped, unless it was stored with FDPOLL=0.
 */
import { type Native, POLL_ERROR, POLL_HANGUP } from "../../host/native.ts";

export interface StoredDescriptor {
  readonly fd: number;
  readonly name: string;
}

export interface FdStore {
  /** Takes the descriptors over; what is there already, or above `max`, is closed. Returns how many are kept now. */
  store(unit: string, fds: readonly number[], name: string, max: number, poll: boolean): number;
  remove(unit: string, name: string): number;
  release(unit: string): void;
  /** The last stored comes first, as systemd passes them. */
  list(unit: string): readonly StoredDescriptor[];
}

export function createFdStore(host: Native, onChange: (unit: string, count: number) => void): FdStore {
  const stores = new Map<string, StoredDescriptor[]>();
  const list = (unit: string): StoredDescriptor[] => stores.get(unit) ?? [];

  const drop = (unit: string, gone: (stored: StoredDescriptor) => boolean): number => {
    const kept: StoredDescriptor[] = [];
    for (const stored of list(unit)) {
      if (!gone(stored)) kept.push(stored);
      else {
        host.unwatch(stored.fd);
        host.close(stored.fd);
      }
    }
    if (kept.length === 0) stores.delete(unit);
    else stores.set(unit, kept);
    return kept.length;
  };

  return {
    store(unit, fds, name, max, poll) {
      for (const fd of fds) {
        const kept = list(unit);
        if (kept.length >= max || kept.some((stored) => sameFile(host, stored.fd, fd))) {
          host.close(fd);
          continue;
        }
        stores.set(unit, [{ fd, name }, ...kept]);
        if (!poll) continue;
        host.watch(fd, POLL_ERROR | POLL_HANGUP, () =>
          onChange(
            unit,
            drop(unit, (stored) => stored.fd === fd),
          ),
        );
      }
      return list(unit).length;
    },
    remove: (unit, name) => drop(unit, (stored) => stored.name === name),
    release: (unit) => void drop(unit, () => true),
    list,
  };
}

/** systemd keeps the same file only once (same_fd): one inode is as near as a container can tell without kcmp. */
function sameFile(host: Native, a: number, b: number): boolean {
  const first = host.fstat(a);
  const second = host.fstat(b);
  if (typeof first === "number" || typeof second === "number") return false;
  return first.device === second.device && first.inode === second.inode && first.kind === "socket";
}
