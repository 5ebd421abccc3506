/**
 * Debian's servers as they are, none of which knows that it is started by a connection: asleep, woken by its own
 * client, restarted twenty times under load, stopped when nobody is connected, woken again. All in one container, with
 * the engine's default profile and capabilities, each as its own user. A few of them are container tests as well
 * (test/container/adopt-servers.test.ts).
 */

import { servers } from "./adopt/servers.ts";
import { testServers } from "./adopt/suite.ts";

testServers(Object.keys(servers), "usher-test:adopt");
