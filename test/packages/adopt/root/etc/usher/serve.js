require("node:http")
  .createServer((_, response) => response.end(`node ${process.pid}\n`))
  .listen(Number(process.argv[2]));
