//! A server whose socket comes from the crate listenfd.

use listenfd::ListenFd;
use std::io::{Read, Write};
use std::net::Shutdown;

fn main() -> std::io::Result<()> {
    let mut inherited = ListenFd::from_env();
    let listener = inherited.take_tcp_listener(0)?.expect("no socket was passed");
    for connection in listener.incoming() {
        let mut connection = connection?;
        connection.write_all(b"HTTP/1.0 200 OK\r\n\r\nlistenfd\n")?;
        connection.shutdown(Shutdown::Write)?;
        let _ = connection.read_to_end(&mut Vec::new());
    }
    Ok(())
}
