const http = require("node:http");
http.createServer((_, response) => response.end(`node ${process.env.LISTEN_FDS}\n`)).listen({ fd: 3 });
