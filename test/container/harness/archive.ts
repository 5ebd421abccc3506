/** The little of tar that is needed to take one file out of a container. */

const block = 512;

/** The content of the first regular file of a tar archive, as the engine sends it for one path. */
export function readFirstFile(archive: Buffer): Buffer {
  for (let offset = 0; offset + block <= archive.length; ) {
    const header = archive.subarray(offset, offset + block);
    const size = Number.parseInt(header.toString("latin1", 124, 136).replaceAll("\0", "").trim() || "0", 8);
    const type = header.toString("latin1", 156, 157);
    if (type === "0" || type === "\0") {
      return archive.subarray(offset + block, offset + block + size);
    }
    // Long names and times come in entries of their own before the file's.
    offset += block + Math.ceil(size / block) * block;
  }
  throw new Error("no regular file in the archive");
}
