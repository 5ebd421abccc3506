/** The little of tar that is needed to take one file out of a container, and to put symbolic links into one. */

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

/** A symbolic link: where it lies and what it says. */
export type Link = { readonly link: string; readonly to: string };

/** An archive of symbolic links. */
export function archiveLinks(links: readonly Link[]): Buffer {
  const headers = links.map(({ link, to }) => {
    const header = Buffer.alloc(block);
    if (Buffer.byteLength(link) > 100 || Buffer.byteLength(to) > 100) throw new Error(`too long: ${link}`);
    header.write(link.replace(/^\//, ""), 0);
    header.write("0000777\0" + "0000000\0" + "0000000\0" + "00000000000\0" + "00000000000\0", 100);
    header.write("        2", 148);
    header.write(to, 157);
    header.write("ustar\0" + "00", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return header;
  });
  return Buffer.concat([...headers, Buffer.alloc(2 * block)]);
}
