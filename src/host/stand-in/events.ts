/** `node:events` for pino, whose loggers emit "level-change" and nothing else. */

type Listener = (...values: unknown[]) => void;

const listeners: WeakMap<object, Map<string, Listener[]>> = new WeakMap();

function listenersOf(emitter: object, event: string): Listener[] {
  let events = listeners.get(emitter);
  if (events === undefined) {
    events = new Map();
    listeners.set(emitter, events);
  }
  let list = events.get(event);
  if (list === undefined) {
    list = [];
    events.set(event, list);
  }
  return list;
}

export class EventEmitter {
  on(event: string, listener: Listener): this {
    listenersOf(this, event).push(listener);
    return this;
  }

  emit(event: string, ...values: unknown[]): boolean {
    const list = listeners.get(this)?.get(event);
    for (const listener of list ?? []) {
      listener(...values);
    }
    return list !== undefined;
  }
}
